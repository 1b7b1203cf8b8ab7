//! Fourteen days of one home, and two ISO weeks of bins. Pure.
//!
//! The day that is being lived and its week stand open; the days and the week behind it are packed ([`super::packed`]),
//! since late records are few and a day closes once.

use serde::{Deserialize, Serialize};

use super::bins::{BinHits, Bins, WeekBins};
use super::grade::Grade;
use super::opened::{Opened, age, week};
use super::packed;
use super::pane::Pane;
use super::rules::Rules;
use crate::ingest::Probe;
use crate::limits::PANE_DAYS;
use crate::units::{Day, LocalTime};

/// Panes of one place. Nothing is allocated before the first probe; then a block, and a second one with the second day.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Panes(Option<Box<Ring>>);

/// The day `newest` with its ISO week, and what lies before both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ring {
    newest: Day,
    today: Pane,
    week: WeekBins,
    past: Box<[u8]>,
}

const _: () = assert!(size_of::<Ring>() <= 96);
const _: () = assert!(size_of::<Panes>() == 8);

/// Days behind the newest that the ring reaches.
const PAST_DAYS: usize = PANE_DAYS - 1;
type Past = packed::Past<PAST_DAYS>;

/// The ring's length as a number of days.
const DAYS: i32 = PANE_DAYS as i32;

impl Ring {
    fn at(newest: Day) -> Self {
        Self { newest, today: Pane::default(), week: WeekBins::default(), past: Box::default() }
    }

    fn oldest(&self) -> Day {
        self.newest.plus(1 - DAYS)
    }

    /// How many days before the newest; `None` where the ring does not reach.
    fn age(&self, day: Day) -> Option<usize> {
        age(self.newest, day)
    }

    fn past(&self) -> Past {
        Past::unpack(&self.past)
    }

    fn pane(&self, day: Day) -> Option<Pane> {
        let age = self.age(day)?;
        Some(if age == 0 { self.today } else { self.past().days[age - 1] })
    }

    /// The panes by their age in days.
    fn panes(&self) -> ([Pane; PANE_DAYS], WeekBins) {
        let mut panes = [Pane::default(); PANE_DAYS];
        panes[0] = self.today;
        let week = Past::unpack_into(&self.past, &mut panes[1..]);
        (panes, week)
    }

    /// Counts a probe of a day before the newest. The oldest pane may lie in the third week back, whose bins are gone:
    /// the day counts it, no bin does.
    fn fold_late(
        &mut self,
        age: usize,
        weeks_back: i32,
        count: impl FnOnce(&mut Pane, &mut WeekBins) -> BinHits,
    ) -> BinHits {
        let mut past = self.past();
        let pane = &mut past.days[age - 1];
        let hits = match weeks_back {
            0 => count(pane, &mut self.week),
            1 => count(pane, &mut past.week),
            _ => {
                count(pane, &mut WeekBins::default());
                BinHits::default()
            }
        };
        self.past = past.pack();
        hits
    }

    /// Moves on to `today`, which must be later than `newest`; returns the bins of the weeks left behind.
    fn roll(&mut self, today: Day) -> Bins {
        let steps = usize::try_from(today.0.saturating_sub(self.newest.0)).unwrap_or(PANE_DAYS);
        let mut left = Bins::default();
        let before = match week(today).saturating_sub(week(self.newest)) {
            0 => None,
            weeks => {
                left.add(&Past::unpack_week(&self.past).bins());
                let ended = std::mem::take(&mut self.week);
                Some(if weeks == 1 {
                    ended
                } else {
                    left.add(&ended.bins());
                    WeekBins::default()
                })
            }
        };
        self.past = Past::rolled(&self.past, before, &self.today, steps);
        self.today = Pane::default();
        self.newest = today;
        left
    }

    fn is_empty(&self) -> bool {
        self.today.is_empty() && self.week == WeekBins::default() && self.past.is_empty()
    }

    fn bins(&self) -> Bins {
        let mut sum = self.week.bins();
        sum.add(&Past::unpack_week(&self.past).bins());
        sum
    }
}

impl Panes {
    /// Reads a word of it, so that it is near.
    pub(crate) fn touch(&self) -> u32 {
        self.0.as_ref().map_or(0, |ring| u32::from(ring.today.samples) ^ ring.newest.0.cast_unsigned())
    }

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
        let age = ring.age(local.day)?;
        let weeks_back = week(ring.newest) - week(local.day);
        let count = |pane: &mut Pane, bins: &mut WeekBins| pane.fold(bins, p, grade, local, drop_after_handover, rules);
        if age == 0 {
            return Some(count(&mut ring.today, &mut ring.week));
        }
        Some(ring.fold_late(age, weeks_back, count))
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
        let left = self.0.take()?.bins();
        (!left.is_empty()).then_some(left)
    }

    /// What the bins of both weeks hold.
    #[must_use]
    pub fn bins(&self) -> Bins {
        self.0.as_ref().map(|ring| ring.bins()).unwrap_or_default()
    }

    /// The pane of a day, if the ring reaches it.
    #[must_use]
    pub fn pane(&self, day: Day) -> Option<Pane> {
        self.0.as_ref()?.pane(day)
    }

    /// The days that hold anything, oldest first, with their panes.
    pub fn days(&self) -> impl Iterator<Item = (Day, Pane)> {
        self.0.iter().flat_map(|ring| {
            let (panes, _) = ring.panes();
            let oldest = ring.oldest();
            let days = panes.into_iter().rev().enumerate().map(move |(step, pane)| (oldest.plus(step as i32), pane));
            days.filter(|(_, pane)| !pane.is_empty())
        })
    }

    /// The days unpacked and scored, for whoever asks more than one thing of them.
    #[must_use]
    pub fn open(&self, rules: &Rules) -> Opened {
        let Some(ring) = &self.0 else { return Opened::NOTHING };
        let (panes, before) = ring.panes();
        Opened::new(ring.newest, &panes, [ring.week, before], rules)
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |ring| size_of::<Ring>() + ring.past.len())
    }
}
