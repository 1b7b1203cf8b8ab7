//! Fourteen days of one home in a ring, and two ISO weeks of bins. Pure.

use serde::{Deserialize, Serialize};

use super::bins::{BinHits, Bins, WeekBins};
use super::grade::Grade;
use super::pane::Pane;
use super::recent::Recent;
use super::rules::Rules;
use super::window::{Window, WindowBuilder};
use crate::ingest::Probe;
use crate::limits::PANE_DAYS;
use crate::units::{Day, LocalTime};

/// Panes of one place. Nothing is allocated before the first probe; then one block.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Panes(Option<Box<Ring>>);

/// The day `newest` and the 13 before it, each at its day's number modulo 14; the ISO week of `newest` and the one
/// before, each at its week's number modulo 2. A day or week not seen is zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ring {
    newest: Day,
    days: [Pane; PANE_DAYS],
    weeks: [WeekBins; 2],
}

const _: () = assert!(size_of::<Ring>() <= 484);
const _: () = assert!(size_of::<Panes>() == 8);

/// The ring's length as a number of days.
const DAYS: i32 = 14;
const _: () = assert!(DAYS as usize == PANE_DAYS);

/// ISO weeks begin on Monday; 1970-01-01 was a Thursday.
fn week(day: Day) -> i32 {
    day.0.saturating_add(3).div_euclid(7)
}

fn slot(day: Day) -> usize {
    day.0.rem_euclid(DAYS) as usize
}

fn week_slot(week: i32) -> usize {
    week.rem_euclid(2) as usize
}

impl Ring {
    fn at(newest: Day) -> Self {
        Self { newest, days: [Pane::default(); PANE_DAYS], weeks: [WeekBins::default(); 2] }
    }

    fn oldest(&self) -> Day {
        self.newest.plus(1 - DAYS)
    }

    fn pane(&self, day: Day) -> Option<&Pane> {
        (self.oldest()..=self.newest).contains(&day).then(|| &self.days[slot(day)])
    }

    /// Moves on to `today`, which must be later than `newest`; returns the bins of the weeks left behind.
    fn roll(&mut self, today: Day) -> Bins {
        let steps = today.0.saturating_sub(self.newest.0).min(DAYS);
        for step in 0..steps {
            self.days[slot(today.plus(-step))] = Pane::default();
        }
        let weeks = week(today).saturating_sub(week(self.newest)).min(2);
        let mut left = Bins::default();
        for step in 0..weeks {
            let old = &mut self.weeks[week_slot(week(today).saturating_sub(step))];
            left.add(&old.bins());
            *old = WeekBins::default();
        }
        self.newest = today;
        left
    }

    fn is_empty(&self) -> bool {
        self.days.iter().all(Pane::is_empty) && self.weeks.iter().all(|week| *week == WeekBins::default())
    }

    /// Score of the 10th percentile of each week's sessions, by week slot.
    fn p10_scores(&self, rules: &Rules) -> [Option<f32>; 2] {
        self.weeks.map(|week| {
            let bins = week.bins();
            let kbps = bins.throughput_quantile_kbps(0.10).filter(|_| bins.sessions() >= rules.p10_sessions_min)?;
            Some(rules.scores.throughput_p10_mbps.log(kbps / 1000.0))
        })
    }
}

impl Panes {
    /// Folds a probe taken at home into its own local day, and tells which bins it incremented; `None` when that
    /// day is behind the ring's reach (late: nothing was folded).
    ///
    /// A later day than any before rolls the ring. What then leaves the bins is told by [`Panes::roll`] only: call
    /// it first wherever sums of bins are kept.
    #[inline]
    pub fn fold(
        &mut self,
        p: &Probe,
        grade: Option<Grade>,
        local: LocalTime,
        drop_after_handover: bool,
        rules: &Rules,
    ) -> Option<BinHits> {
        let ring = self.0.get_or_insert_with(|| Box::new(Ring::at(local.day)));
        if local.day > ring.newest {
            ring.roll(local.day);
        }
        if local.day < ring.oldest() {
            return None;
        }
        let mut beyond = WeekBins::default();
        // The oldest pane may lie in the third week back, whose bins are gone: the day counts it, no bin does.
        let in_bins = week(ring.newest) - week(local.day) < 2;
        let bins = if in_bins { &mut ring.weeks[week_slot(week(local.day))] } else { &mut beyond };
        let hits = ring.days[slot(local.day)].fold(bins, p, grade, local, drop_after_handover, rules);
        Some(if in_bins { hits } else { BinHits::default() })
    }

    /// Whether a record of `day` would be folded when the newest day is `newest`.
    #[must_use]
    pub fn reaches(newest: Day, day: Day) -> bool {
        day > newest.plus(-DAYS)
    }

    /// The newest day seen or rolled to; `None` while empty.
    #[must_use]
    pub fn newest(&self) -> Option<Day> {
        self.0.as_ref().map(|ring| ring.newest)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Moves the ring on to `today`; returns the bins that left, to be taken from the area's sums. An earlier day
    /// changes nothing; a ring that has become empty is given back.
    pub fn roll(&mut self, today: Day) -> Option<Bins> {
        let ring = self.0.as_mut().filter(|ring| today > ring.newest)?;
        let left = ring.roll(today);
        if ring.is_empty() {
            self.0 = None;
        }
        (!left.is_empty()).then_some(left)
    }

    /// Starts anew (a repair, a move); returns the bins that left.
    pub fn restart(&mut self) -> Option<Bins> {
        let left = self.0.take()?.weeks.iter().fold(Bins::default(), |mut sum, week| {
            sum.add(&week.bins());
            sum
        });
        (!left.is_empty()).then_some(left)
    }

    /// What the bins of both weeks hold.
    #[must_use]
    pub fn bins(&self) -> Bins {
        let mut sum = Bins::default();
        for week in self.0.iter().flat_map(|ring| &ring.weeks) {
            sum.add(&week.bins());
        }
        sum
    }

    /// The pane of a day, if the ring reaches it.
    #[must_use]
    pub fn pane(&self, day: Day) -> Option<&Pane> {
        self.0.as_ref()?.pane(day)
    }

    /// The days that hold anything, oldest first, with their panes.
    pub fn days(&self) -> impl Iterator<Item = (Day, &Pane)> {
        self.0.iter().flat_map(|ring| {
            let days = (0..PANE_DAYS as i32).map(|step| ring.oldest().plus(step));
            days.filter_map(|day| ring.pane(day).filter(|pane| !pane.is_empty()).map(|pane| (day, pane)))
        })
    }

    /// How many of the latest supported days up to `today`, in a row, were not bad against `target`.
    #[must_use]
    pub fn good_run(&self, today: Day, target: f32, rules: &Rules) -> u8 {
        let mut run = 0;
        for back in 0..PANE_DAYS as i32 {
            let day = self.window(today.plus(-back), 1, rules).latest;
            match day {
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
        let p10 = self.0.as_ref().map_or([None; 2], |ring| ring.p10_scores(rules));
        let mut back = 0;
        days.map(|length| {
            while back < i32::from(length) {
                let day = today.plus(-back);
                if let Some((ring, pane)) = self.0.as_ref().and_then(|ring| Some((ring, ring.pane(day)?))) {
                    let binned = week(ring.newest) - week(day) < 2;
                    let score = if binned { p10[week_slot(week(day))] } else { None };
                    builder.day(day, pane, score, rules);
                }
                back += 1;
            }
            builder.window(length, rules)
        })
    }

    /// The newest samples up to and including `today` that say enough, as far as they are there.
    pub(super) fn recent(&self, today: Day, rules: &Rules) -> Recent {
        let mut recent = Recent::default();
        let days = (0..Recent::DAYS_MAX).filter_map(|back| self.pane(today.plus(-back)));
        for pane in days {
            recent.day(pane, rules);
            if recent.is_enough(rules) {
                break;
            }
        }
        recent
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |_| size_of::<Ring>())
    }
}
