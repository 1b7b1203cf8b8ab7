//! Where the partitions of the lanes begin and end, hence how far the lanes are behind. Shell.

use std::time::{Duration, Instant};

use anyhow::Result;
use dashmap::DashMap;
use rdkafka::consumer::Consumer as _;

use super::clock::{Deadline, now};
use super::engine::Shared;
use super::kafka;
use super::metrics::LaneStage;
use super::runs::Ends;
use crate::ingest::Input;
use crate::units::Lane;

/// The beginnings and last stable offsets of the lanes' inputs, asked now and then.
#[derive(Debug, Default)]
pub struct Lag {
    ends: DashMap<Lane, Seen>,
}

/// What the broker answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Where the partitions begin: what lies before was deleted.
    pub begins: Ends,
    pub ends: Ends,
    /// Before the question left.
    pub asked: Instant,
}

impl Lag {
    /// Records between `cursor` and the ends, by input; 0 while the ends are not known.
    #[must_use]
    pub fn records(&self, lane: Lane, cursor: Ends) -> [u64; Input::KEYED.len()] {
        let ends = self.seen(lane).map_or(cursor, |seen| seen.ends);
        std::array::from_fn(|at| u64::try_from(ends[at] - cursor[at]).unwrap_or(0))
    }

    /// The last answer about a lane.
    #[must_use]
    pub fn seen(&self, lane: Lane) -> Option<Seen> {
        self.ends.get(&lane).map(|seen| *seen)
    }

    /// Asks the broker until the instance stops.
    pub fn follow(&self, shared: &Shared) -> Result<()> {
        let settings = &shared.settings;
        let reader = kafka::reader(settings, true, 1 << 10)?;
        while !shared.stopping() {
            for lane in shared.registry.owned(LaneStage::Customer) {
                let asked = now();
                let (mut begins, mut ends) = (Ends::default(), Ends::default());
                let mut answers = shared.stamp.inputs.iter().zip(begins.iter_mut().zip(&mut ends));
                let complete = answers.all(|(topic, (begin, end))| {
                    let answer = reader.fetch_watermarks(topic, i32::from(lane.0), settings.request_timeout);
                    answer.is_ok_and(|(low, high)| {
                        (*begin, *end) = (low, high);
                        true
                    })
                });
                if complete {
                    self.ends.insert(lane, Seen { begins, ends, asked });
                }
            }
            let next = Deadline::after(settings.lag_interval);
            while !next.passed() && !shared.stopping() {
                std::thread::sleep(Duration::from_millis(50).min(next.left()));
            }
        }
        Ok(())
    }
}
