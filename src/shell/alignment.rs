//! How far the lanes of an instance may be apart while they go through history. Shell.
//!
//! The area stage adds up what all lanes tell of the same days. Live, they all tell of the same minute; through a
//! backlog each would go as fast as its partition is delivered, and days of one would be added to other days of
//! another. So where the inputs' time rules, no lane goes far ahead of the slowest. A lane that has read everything, or
//! has folded nothing for a while, keeps nobody waiting.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::units::{Lane, Millis};

/// An hour: small beside the days that are compared, and many records of a town worth the name.
const APART_MAX_MS: i64 = Millis::HOUR;

/// A lane that has folded nothing for this long is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

const NOBODY: i64 = i64::MAX;

/// The clocks of the lanes that others wait for.
#[derive(Debug)]
pub struct Alignment {
    begin: Instant,
    lanes: Vec<Told>,
}

#[derive(Debug)]
struct Told {
    clock: AtomicI64,
    /// When a record was last folded, in milliseconds since `begin`.
    at: AtomicU64,
}

impl Alignment {
    #[must_use]
    pub fn new(lanes: u16, begin: Instant) -> Self {
        let told = |_| Told { clock: AtomicI64::new(NOBODY), at: AtomicU64::new(0) };
        Self { begin, lanes: (0..lanes).map(told).collect() }
    }

    /// Tells how far a lane is and when it last folded a record; `None`: it is not to be waited for.
    pub fn tell(&self, lane: Lane, clock: Option<Millis>, folded: Instant) {
        let Some(told) = self.lanes.get(usize::from(lane.0)) else { return };
        told.at.store(self.since_begin(folded), Ordering::Relaxed);
        told.clock.store(clock.map_or(NOBODY, |clock| clock.0), Ordering::Relaxed);
    }

    /// Up to where a lane may fold now.
    #[must_use]
    pub fn until(&self, lane: Lane, now: Instant) -> Millis {
        let fresh = self.since_begin(now).saturating_sub(PATIENCE.as_millis() as u64);
        let others = self.lanes.iter().enumerate().filter(|(at, _)| *at != usize::from(lane.0));
        let waited = others.filter(|(_, told)| told.at.load(Ordering::Relaxed) >= fresh);
        let slowest = waited.map(|(_, told)| told.clock.load(Ordering::Relaxed)).min().unwrap_or(NOBODY);
        Millis(slowest.saturating_add(APART_MAX_MS))
    }

    fn since_begin(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.begin).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::clock::now;

    const HOUR: i64 = Millis::HOUR;

    #[test]
    fn a_lane_goes_an_hour_ahead_of_the_slowest_other_and_the_slowest_as_far_as_the_next() {
        let begin = now();
        let lanes = Alignment::new(3, begin);
        assert_eq!(lanes.until(Lane(0), begin), Millis(i64::MAX), "alone");
        lanes.tell(Lane(0), Some(Millis(10 * HOUR)), begin);
        lanes.tell(Lane(1), Some(Millis(12 * HOUR)), begin);
        assert_eq!(lanes.until(Lane(0), begin), Millis(13 * HOUR));
        assert_eq!(lanes.until(Lane(1), begin), Millis(11 * HOUR));
        assert_eq!(lanes.until(Lane(2), begin), Millis(11 * HOUR));
    }

    #[test]
    fn who_has_read_everything_or_stands_still_is_not_waited_for() {
        let begin = now();
        let lanes = Alignment::new(2, begin);
        lanes.tell(Lane(0), Some(Millis(0)), begin);
        let later = begin + PATIENCE;
        assert_eq!(lanes.until(Lane(1), later), Millis(HOUR));
        assert_eq!(lanes.until(Lane(1), later + Duration::from_millis(1)), Millis(i64::MAX));
        lanes.tell(Lane(0), Some(Millis(0)), later);
        assert_eq!(lanes.until(Lane(1), later), Millis(HOUR));
        lanes.tell(Lane(0), None, later);
        assert_eq!(lanes.until(Lane(1), later), Millis(i64::MAX));
    }
}
