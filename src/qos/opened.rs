//! A home's days unpacked and scored: one pass over the bytes, whatever the number of questions. Pure.

use super::bins::WeekBins;
use super::pane::Pane;
use super::recent::Recent;
use super::rules::Rules;
use super::score::{Parts, Qoe};
use super::window::{DayScore, Window, WindowBuilder};
use crate::limits::PANE_DAYS;
use crate::units::Day;

/// What [`super::Panes::open`] gives: the fourteen days, or nothing.
#[derive(Debug, Clone)]
pub struct Opened(Option<Days>);

#[derive(Debug, Clone)]
struct Days {
    newest: Day,
    /// By age in days.
    panes: [Pane; PANE_DAYS],
    /// Of the days that are supported.
    scores: [Option<Scored>; PANE_DAYS],
}

/// A supported day's score and what it is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scored {
    pub day: DayScore,
    pub parts: Parts,
}

impl Scored {
    /// `None` for a day without the samples that make it count.
    fn of(day: Day, pane: &Pane, p10_score: Option<f32>, rules: &Rules) -> Option<Self> {
        let samples = u32::from(pane.samples);
        if pane.is_empty() || samples < rules.day_samples_min {
            return None;
        }
        let parts = pane.parts(p10_score, rules);
        let qoe = parts.score(&rules.weights)?;
        Some(Self { day: DayScore { day, samples, share_poor: pane.poor() as f32 / samples as f32, qoe }, parts })
    }
}

/// The score of a window without a supported day: all its days as one.
pub(super) fn pooled(window: &Window, today: Day, rules: &Rules) -> Option<Qoe> {
    let mut all = window.sums.as_day();
    // The one figure that is of a day, and no share or mean.
    all.no_service_s /= u16::from(window.seen_days.max(1));
    let Scored { day, parts } = Scored::of(today, &all, None, rules)?;
    let (score, samples) = (day.qoe, day.samples);
    Some(Qoe { score, worst: score, latest: score, mean: score, parts, days: 0, samples })
}

/// A day before a step is fine below this part of `share_poor_bad`.
const STEP_FINE: f32 = 2.0 / 3.0;

/// Share of the days after a step that are poor.
const STEP_POOR_DAYS: f32 = 0.7;

/// ISO weeks begin on Monday; 1970-01-01 was a Thursday.
pub(super) fn week(day: Day) -> i32 {
    day.0.saturating_add(3).div_euclid(7)
}

/// How many days `day` lies before `newest`; `None` where the panes do not reach.
pub(super) fn age(newest: Day, day: Day) -> Option<usize> {
    let age = usize::try_from(newest.0.checked_sub(day.0)?).ok()?;
    (age < PANE_DAYS).then_some(age)
}

/// Score of the 10th percentile of a week's sessions.
fn p10_score(week: &WeekBins, rules: &Rules) -> Option<f32> {
    if week.sessions() < rules.p10_sessions_min {
        return None;
    }
    let kbps = week.throughput_quantile_kbps(0.10)?;
    Some(rules.scores.throughput_p10_mbps.log(kbps / 1000.0))
}

impl Opened {
    pub(super) const NOTHING: Self = Self(None);

    /// Days by their age, and the bins of the newest one's ISO week and of the week before it.
    pub(super) fn new(newest: Day, panes: &[Pane; PANE_DAYS], weeks: [WeekBins; 2], rules: &Rules) -> Self {
        let p10 = weeks.map(|bins| p10_score(&bins, rules));
        let scores = std::array::from_fn(|age| {
            let day = newest.plus(-(age as i32));
            let weeks_back = usize::try_from(week(newest) - week(day)).unwrap_or(usize::MAX);
            Scored::of(day, &panes[age], p10.get(weeks_back).copied().flatten(), rules)
        });
        Self(Some(Days { newest, panes: *panes, scores }))
    }

    /// A day with its score, if the days reach it.
    fn scored(&self, day: Day) -> Option<(&Pane, Option<&Scored>)> {
        let days = self.0.as_ref()?;
        let age = age(days.newest, day)?;
        Some((&days.panes[age], days.scores[age].as_ref()))
    }

    /// The pane of a day, if the days reach it.
    #[must_use]
    pub fn pane(&self, day: Day) -> Option<&Pane> {
        self.scored(day).map(|(pane, _)| pane)
    }

    /// Whether the radio turned poor from one day to the next, and for how many days it has been so: first only fine days,
    /// two at least, then one or more of which most are poor. Days are the supported ones up to `today`. What a building
    /// does it does from the first day.
    #[must_use]
    pub fn stepped(&self, today: Day, rules: &Rules) -> Option<u8> {
        let (mut fine, mut poor, mut since) = (0_u8, 0_u8, 0_u8);
        for pane in (0..PANE_DAYS as i32).rev().filter_map(|back| self.pane(today.plus(-back))) {
            if u32::from(pane.samples) < rules.day_samples_min {
                continue;
            }
            let share = pane.poor() as f32 / f32::from(pane.samples);
            if since == 0 && share < STEP_FINE * rules.share_poor_bad {
                fine += 1;
            } else {
                since += 1;
                poor += u8::from(share >= rules.share_poor_bad);
            }
        }
        (fine >= 2 && since > 0 && f32::from(poor) >= STEP_POOR_DAYS * f32::from(since)).then_some(since)
    }

    /// How many of the latest supported days up to `today`, in a row, were not bad against `target`.
    #[must_use]
    pub fn good_run(&self, today: Day, target: f32, rules: &Rules) -> u8 {
        let days = (0..PANE_DAYS as i32).filter_map(|back| self.scored(today.plus(-back))?.1);
        days.take_while(|scored| !scored.day.is_bad(target, rules)).count() as u8
    }

    /// The last `days` days up to and including `today`; days after it do not count.
    #[must_use]
    pub fn window(&self, today: Day, days: u8, rules: &Rules) -> Window {
        let [window] = self.windows(today, [days], rules);
        window
    }

    /// Several windows in one pass; `days` must ascend.
    pub(super) fn windows<const N: usize>(&self, today: Day, days: [u8; N], rules: &Rules) -> [Window; N] {
        let mut builder = WindowBuilder::default();
        let mut back = 0;
        days.map(|length| {
            while back < i32::from(length) {
                if let Some((pane, scored)) = self.scored(today.plus(-back)) {
                    builder.day(pane, scored, rules);
                }
                back += 1;
            }
            builder.window(length, rules)
        })
    }

    /// The newest samples up to and including `today` that say enough, as far as they are there.
    pub(super) fn recent(&self, today: Day, rules: &Rules) -> Recent {
        let mut recent = Recent::default();
        for pane in (0..Recent::DAYS_MAX).filter_map(|back| self.pane(today.plus(-back))) {
            recent.day(pane, rules);
            if recent.is_enough(rules) {
                break;
            }
        }
        recent
    }
}
