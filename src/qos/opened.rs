//! A home's days unpacked: one pass over the bytes, whatever the number of questions. Pure.

use super::bins::WeekBins;
use super::pane::Pane;
use super::recent::Recent;
use super::rules::Rules;
use super::window::{Window, WindowBuilder};
use crate::limits::PANE_DAYS;
use crate::units::Day;

/// What [`super::Panes::open`] gives: the fourteen days and both weeks of bins, or nothing.
#[derive(Debug, Clone)]
pub struct Opened(pub(super) Option<Days>);

#[derive(Debug, Clone)]
pub(super) struct Days {
    pub newest: Day,
    /// By age in days.
    pub panes: [Pane; PANE_DAYS],
    /// The newest day's ISO week, and the one before it.
    pub weeks: [WeekBins; 2],
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
fn p10_score(week: WeekBins, rules: &Rules) -> Option<f32> {
    let bins = week.bins();
    if bins.sessions() < rules.p10_sessions_min {
        return None;
    }
    let kbps = bins.throughput_quantile_kbps(0.10)?;
    Some(rules.scores.throughput_p10_mbps.log(kbps / 1000.0))
}

impl Opened {
    /// The pane of a day, if the days reach it.
    #[must_use]
    pub fn pane(&self, day: Day) -> Option<&Pane> {
        let days = self.0.as_ref()?;
        Some(&days.panes[age(days.newest, day)?])
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
        let mut run = 0;
        for back in 0..PANE_DAYS as i32 {
            match self.window(today.plus(-back), 1, rules).latest {
                Some(day) if day.is_bad(target, rules) => break,
                Some(_) => run += 1,
                None => {}
            }
        }
        run
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
        let known = self.0.as_ref();
        let p10 = known.map(|known| known.weeks.map(|week| p10_score(week, rules)));
        let mut back = 0;
        days.map(|length| {
            while back < i32::from(length) {
                let day = today.plus(-back);
                if let Some((known, age)) = known.and_then(|known| Some((known, age(known.newest, day)?))) {
                    let weeks_back = usize::try_from(week(known.newest) - week(day)).unwrap_or(usize::MAX);
                    let score = p10.and_then(|scores| scores.get(weeks_back).copied().flatten());
                    builder.day(day, &known.panes[age], score, rules);
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
