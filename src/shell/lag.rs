//! How far the lanes are behind the ends of their partitions. Shell.

use std::time::Duration;

use anyhow::Result;
use dashmap::DashMap;
use rdkafka::consumer::Consumer as _;

use super::clock::Deadline;
use super::engine::Shared;
use super::kafka;
use super::metrics::LaneStage;
use super::runs::Ends;
use crate::ingest::Input;
use crate::units::Lane;

/// The last stable offsets of the lanes' inputs, asked now and then.
#[derive(Debug, Default)]
pub struct Lag {
    ends: DashMap<Lane, Ends>,
}

impl Lag {
    /// Records between `cursor` and the ends, by input; 0 while the ends are not known.
    #[must_use]
    pub fn records(&self, lane: Lane, cursor: Ends) -> [u64; Input::KEYED.len()] {
        let ends = self.ends.get(&lane).map_or(cursor, |ends| *ends);
        std::array::from_fn(|at| u64::try_from(ends[at] - cursor[at]).unwrap_or(0))
    }

    /// Asks the broker until the instance stops.
    pub fn follow(&self, shared: &Shared) -> Result<()> {
        let settings = &shared.settings;
        let reader = kafka::reader(settings, true, 1 << 10)?;
        while !shared.stopping() {
            for lane in shared.registry.owned(LaneStage::Customer) {
                let mut ends = Ends::default();
                for (topic, end) in shared.stamp.inputs.iter().zip(&mut ends) {
                    let asked = reader.fetch_watermarks(topic, i32::from(lane.0), settings.request_timeout);
                    *end = asked.map_or(0, |(_, high)| high);
                }
                self.ends.insert(lane, ends);
            }
            let next = Deadline::after(settings.lag_interval);
            while !next.passed() && !shared.stopping() {
                std::thread::sleep(Duration::from_millis(50).min(next.left()));
            }
        }
        Ok(())
    }
}
