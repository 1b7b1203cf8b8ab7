//! A simulated town's records, in topics and through the core alone.

use std::collections::BTreeSet;

use homeqos::ingest::{Input, Mapping, decode, decode_cell};
use homeqos::pipeline::{Instance, Mode, Policy};
use homeqos::sim::{SimRecord, Town, TownSpec};
use homeqos::units::{Millis, Partitioner};

use crate::support::broker::Broker;
use crate::support::records::{Sent, produce};
use crate::support::topics::Deployment;

/// The records of a town, and one record of a stranger per lane that moves every lane's clock to the same end.
pub(super) fn records(spec: &TownSpec, lanes: u16) -> Vec<SimRecord> {
    let town = Town::build(spec);
    let mut all: Vec<SimRecord> = town.records().collect();
    let last = all.iter().filter_map(|r| r.ts).max().expect("a town has events");
    for hours in [1, 2, 3] {
        for lane in 0..lanes {
            all.push(stranger(lane, lanes, last.plus(hours * Millis::HOUR)));
        }
    }
    all
}

/// A probe of somebody of whom nothing else is known, in the given lane.
pub(super) fn stranger(lane: u16, lanes: u16, ts: Millis) -> SimRecord {
    let of = |n: &u32| Partitioner::Murmur2.partition(format!("stranger-{n}").as_bytes(), lanes) == lane;
    let key = format!("stranger-{}", (0..1_000_000).find(of).expect("some key hashes there"));
    let value = format!(r#"{{"customer_id":"{key}","ts":{},"kind":"measurement","rat":"lte","rsrp_dbm":-90}}"#, ts.0);
    SimRecord { input: Input::Probes, key, ts: Some(ts), value: Some(value) }
}

/// Writes the records to the deployment's topics, each with its own time.
pub(super) fn preload(broker: &Broker, deployment: &Deployment, records: &[SimRecord]) {
    for input in Input::ALL {
        let of = records.iter().filter(|r| r.input == *input).map(|r| Sent {
            key: Some(r.key.clone()),
            value: r.value.clone().map(String::into_bytes),
            timestamp: r.ts.map(|ts| ts.0),
            partition: None,
        });
        produce(broker, &deployment.topic(input.as_str()), of);
    }
}

/// What the core alone makes of the records: the ids of its actions, `ce_id`s, and how many records there were.
pub(super) fn reference(records: &[SimRecord], policy: Policy, lanes: u16) -> BTreeSet<String> {
    core(records, policy, lanes).take_actions().iter().map(ce_id).collect()
}

/// What the core alone makes in a lane of nothing but time, once it has the records: the ids of its actions up to `until`.
pub(super) fn by_waiting(
    records: &[SimRecord],
    policy: Policy,
    lanes: u16,
    lane: u16,
    until: Millis,
) -> BTreeSet<String> {
    let mut instance = core(records, policy, lanes);
    drop(instance.take_actions());
    instance.run_until(until);
    let of_lane = |action: &&homeqos::act::Action| Partitioner::Murmur2.partition(action.key.as_bytes(), lanes) == lane;
    instance.take_actions().iter().filter(of_lane).map(ce_id).collect()
}

/// The core alone, after the records.
fn core(records: &[SimRecord], policy: Policy, lanes: u16) -> Instance {
    let mapping = Mapping::identity();
    let mut instance = Instance::new(policy, lanes, Partitioner::Murmur2, Mode::default());
    for record in records {
        let (key, value) = (Some(record.key.as_bytes()), record.value.as_deref().map(str::as_bytes));
        if record.input == Input::Cells {
            let (id, cell) = decode_cell(key, value, &mapping).expect("a good cell");
            instance.cell(&id, cell);
        } else {
            instance.push(&decode(record.input, key, value, &mapping).expect("a good record"));
        }
    }
    instance
}

fn ce_id(action: &homeqos::act::Action) -> String {
    action.headers.iter().find(|(name, _)| name == "ce_id").map(|(_, id)| id.clone()).expect("every action has an id")
}
