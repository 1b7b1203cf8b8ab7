//! A simulated town sent to a broker, and what its topics say afterwards.

use std::collections::BTreeMap;

use homeqos::ingest::{Input, Mapping, Observation, decode, decode_cell};
use homeqos::pipeline::World;
use homeqos::sim::{SimRecord, Town};
use serde_json::Value;

use super::broker::Broker;
use super::records::{Read, Sent, produce, read_all};
use super::topics::Deployment;

/// Records in one produce call: what is sent keeps its order over the inputs to within so many.
const BATCH: usize = 20_000;

fn sent(record: SimRecord) -> Sent {
    Sent {
        key: Some(record.key),
        value: record.value.map(String::into_bytes),
        timestamp: record.ts.map(|ts| ts.0),
        partition: None,
    }
}

/// Sends the inventory and the customers, which have no time; returns how many of each input.
pub(crate) fn send_rows(town: &Town, broker: &Broker, deployment: &Deployment) -> BTreeMap<Input, u64> {
    send(town.records().take_while(|r| r.ts.is_none()), broker, deployment)
}

/// Sends everything else, in the order of time; returns how many of each input.
pub(crate) fn send_events(town: &Town, broker: &Broker, deployment: &Deployment) -> BTreeMap<Input, u64> {
    send(town.records().skip_while(|r| r.ts.is_none()), broker, deployment)
}

fn send(records: impl Iterator<Item = SimRecord>, broker: &Broker, deployment: &Deployment) -> BTreeMap<Input, u64> {
    let mut counts = BTreeMap::new();
    let mut waiting: BTreeMap<Input, Vec<Sent>> = BTreeMap::new();
    let mut held = 0;
    let mut records = records.peekable();
    while let Some(record) = records.next() {
        *counts.entry(record.input).or_default() += 1;
        waiting.entry(record.input).or_default().push(sent(record));
        held += 1;
        if held == BATCH || records.peek().is_none() {
            for (input, batch) in std::mem::take(&mut waiting) {
                produce(broker, &deployment.topic(input.as_str()), batch);
            }
            held = 0;
        }
    }
    counts
}

/// The town as a lane takes it: its inventory, and every other record decoded, in the order of time.
pub(crate) fn decoded(town: &Town) -> (World, Vec<Observation>) {
    let (mut world, mut records) = (World::default(), Vec::new());
    for record in town.records() {
        let (key, value) = (record.key.as_bytes(), record.value.as_ref().map(String::as_bytes));
        if record.input == Input::Cells {
            let (id, cell) = decode_cell(Some(key), value, &Mapping::identity()).expect("a sound cell");
            world.cells.apply(&id, cell.map(std::sync::Arc::new));
        } else {
            records.push(decode(record.input, Some(key), value, &Mapping::identity()).expect("a sound record"));
        }
    }
    (world, records)
}

/// The topics of the keyed inputs.
pub(crate) fn keyed_topics(deployment: &Deployment) -> Vec<String> {
    Input::KEYED.iter().map(|input| deployment.topic(input.as_str())).collect()
}

/// Everything on `cem.actions`, as a plain `read_committed` consumer sees it.
#[derive(Debug)]
pub(crate) struct Actions(pub(crate) Vec<Read>);

impl Actions {
    pub(crate) fn read(broker: &Broker, deployment: &Deployment) -> Self {
        Self(read_all(broker, &deployment.topic("offers")))
    }

    /// `offer.made`, `ticket.opened`, …: the type without what all types share.
    pub(crate) fn word(action: &Read) -> String {
        let kind = action.header("ce_type").strip_prefix("org.homeqos.").unwrap_or_default();
        kind.strip_suffix(".v1").unwrap_or_default().to_owned()
    }

    /// Messages by type, as metrics name it: `offer_made`.
    pub(crate) fn by_type(&self) -> BTreeMap<String, u64> {
        count(self.0.iter().map(|a| Self::word(a).replace('.', "_")))
    }

    /// Messages by kind; a withdrawal is of the kind that was made.
    pub(crate) fn by_kind(&self) -> BTreeMap<String, u64> {
        let offering = |body: &Value| {
            let item = &body["recommendationItem"][0]["product"]["productOffering"]["id"];
            item.as_str().map(str::to_owned)
        };
        let bodies: Vec<_> = self.0.iter().map(Read::json).collect();
        let id = |body: &Value| body["id"].as_str().unwrap_or_default().to_owned();
        let made: BTreeMap<_, _> = bodies.iter().filter_map(|b| Some((id(b), offering(b)?))).collect();
        let kind = |body: &Value| made.get(&id(body)).cloned().unwrap_or_else(|| "network_ticket".to_owned());
        count(bodies.iter().map(kind))
    }

    /// Tickets that are open or taken up, by cause.
    pub(crate) fn open_tickets(&self) -> BTreeMap<String, u64> {
        let mut last: BTreeMap<String, (u64, String, bool)> = BTreeMap::new();
        for action in self.0.iter().filter(|a| Self::word(a).starts_with("ticket.")) {
            let body = action.json();
            let revision = body["revision"].as_u64().unwrap_or_default();
            let open = !matches!(Self::word(action).as_str(), "ticket.resolved" | "ticket.cancelled");
            let cause = body["reason"].as_str().unwrap_or_default().to_owned();
            let entry = last.entry(body["id"].as_str().unwrap_or_default().to_owned()).or_default();
            if revision >= entry.0 {
                *entry = (revision, cause, open);
            }
        }
        count(last.into_values().filter(|(.., open)| *open).map(|(_, cause, _)| cause))
    }
}

/// How often each word comes.
pub(crate) fn count(words: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    words.fold(BTreeMap::new(), |mut counts, word| {
        *counts.entry(word).or_default() += 1;
        counts
    })
}
