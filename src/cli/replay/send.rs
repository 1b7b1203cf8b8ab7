//! `homeqos replay DIR --to-topics`: the records of the files into the topics of a broker. Shell.
//!
//! The same files, mappings, keys and order as a replay without a broker; each value leaves as its line holds it, so
//! that what is malformed becomes a dead letter where it is read, as it would have been when live.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::files::{FileRecord, Merged, Partition, Said};
use crate::cli::progress::Progress;
use crate::cli::{Failure, Kind};
use crate::config::Config;
use crate::ingest::{Input, Observation};
use crate::shell::loader::{Loader, Outgoing};
use crate::shell::tail::{Span, tail};
use crate::shell::{Settings, clock};
use crate::units::{Millis, Partitioner};

/// What became of one input's records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// Read from the file, up to the time where it stops.
    pub read: u64,
    /// Answered for by the broker.
    pub arrived: u64,
    /// Sent without a key, which makes them dead letters.
    pub keyless: u64,
    /// Not sent: without a key, for a compacted topic, which takes none.
    pub held_back: u64,
    /// Of those without a key: outcomes of an action that is not on the topics.
    pub unknown_action: u64,
}

/// The accounts of all inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary(pub BTreeMap<Input, Sent>);

impl Summary {
    /// A table for people, and a sentence for each thing that needs one.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out =
            format!("{:<10} {:>10} {:>10} {:>12} {:>10}\n", "input", "read", "sent", "without key", "not sent");
        for (input, sent) in &self.0 {
            let Sent { read, arrived, keyless, held_back, .. } = sent;
            let _ = writeln!(out, "{:<10} {read:>10} {arrived:>10} {keyless:>12} {held_back:>10}", input.as_str());
        }
        for (input, sent) in &self.0 {
            if sent.unknown_action > 0 {
                let _ = writeln!(
                    out,
                    "{} outcomes have no key, and their action is on no topic: they will be dead letters (key_missing); \
                     wrap such a line as {{\"key\": CUSTOMER OR AREA, \"value\": …}}",
                    sent.unknown_action
                );
            }
            if sent.held_back > 0 {
                let _ = writeln!(
                    out,
                    "{} lines of {input}.jsonl name nobody, and a compacted topic takes no record without a key: they \
                     were not sent; `homeqos replay DIR --dead-letters FILE` tells which and why",
                    sent.held_back
                );
            }
        }
        out
    }
}

/// Sends what `dir` holds, up to `until`.
pub fn send(dir: &Path, config: &Config, until: Option<Millis>) -> Result<Summary, Failure> {
    let settings = Settings::new(config, false);
    let partitioner = settings.partitioner.unwrap_or(Partitioner::Murmur2);
    let loader = Loader::new(&settings).map_err(|said| Failure::new(Kind::Configuration, said))?;
    let broker = |said: String| Failure::new(Kind::Broker, said);
    // Which lane a record is in decides no more here than which neighbour a broken clock is compared with.
    let lanes = loader.partitions(&settings, Input::Probes).map_err(broker)?;
    let mut files = Merged::open(dir, Partition { partitioner, lanes }, |_| config.mapping.clone())?;
    let mut sender = Sender { settings, loader, partitioner, partitions: BTreeMap::new(), actions: None };
    let progress = Progress::bytes("sending", files.bytes());
    let mut summary = Summary::default();
    for n in 0_u64.. {
        let Some(mut record) = files.take()? else { break };
        if n.is_multiple_of(super::PROGRESS_RECORDS) {
            progress.set(files.bytes_read());
        }
        let sent = summary.0.entry(record.input).or_default();
        if until.is_none_or(|until| record.ts.is_none_or(|ts| ts <= until)) {
            sender.take(&mut record, sent).map_err(broker)?;
        }
        files.recycle(record);
    }
    sender.loader.finish().map_err(broker)?;
    progress.finish();
    for (input, sent) in &mut summary.0 {
        sent.arrived = sender.loader.arrived(*input);
    }
    Ok(summary)
}

struct Sender {
    settings: Settings,
    loader: Loader,
    partitioner: Partitioner,
    partitions: BTreeMap<Input, u16>,
    /// Whom each action on the topics was for; read when the first outcome without a key comes.
    actions: Option<BTreeMap<String, String>>,
}

impl Sender {
    fn take(&mut self, record: &mut FileRecord, sent: &mut Sent) -> Result<(), String> {
        sent.read += 1;
        if record.key.is_none() && self.outcome_without_key(record)? {
            sent.unknown_action += 1;
        }
        let compacted = matches!(record.input, Input::Crm | Input::Cells);
        if record.key.is_none() {
            if compacted {
                sent.held_back += 1;
                return Ok(());
            }
            sent.keyless += 1;
        }
        let partitions = self.partitions(record.input)?;
        let partition = record.key.as_deref().map_or(0, |key| self.partitioner.partition(key.as_bytes(), partitions));
        // A broker refuses times that are much ahead of its own; the record's own time is in its value.
        let now = clock::wall();
        let timestamp = record.ts.filter(|ts| ts.0 > 0).map(|ts| ts.min(now).0);
        self.loader.send(Outgoing {
            input: record.input,
            line: record.offset,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            timestamp,
            partition,
        })
    }

    fn partitions(&mut self, input: Input) -> Result<u16, String> {
        if let Some(known) = self.partitions.get(&input) {
            return Ok(*known);
        }
        let found = self.loader.partitions(&self.settings, input)?;
        self.partitions.insert(input, found);
        Ok(found)
    }

    /// Gives an outcome whose file has no keys that of its action; whether the action is unknown.
    fn outcome_without_key(&mut self, record: &mut FileRecord) -> Result<bool, String> {
        let Ok(Said::Keyed(Observation::Outcome(outcome))) = &record.said else { return Ok(false) };
        if self.actions.is_none() {
            self.actions = Some(known_actions(&self.settings)?);
        }
        let found = self.actions.as_ref().and_then(|actions| actions.get(outcome.action_id.as_str()));
        record.key = found.map(|key| key.as_str().into());
        Ok(found.is_none())
    }
}

/// Whom the actions on the topics were for.
fn known_actions(settings: &Settings) -> Result<BTreeMap<String, String>, String> {
    let mut topics = vec![settings.topics.offers.as_str(), settings.topics.tickets.as_str()];
    topics.dedup();
    let mut known = BTreeMap::new();
    tail(settings, &topics, Span::All, false, |record| {
        let id = record.headers.iter().find(|(name, _)| name == "ce_id").and_then(|(_, id)| id.rsplit_once('.'));
        if let (Some((action_id, _)), Some(key)) = (id, &record.key) {
            known.insert(action_id.to_owned(), String::from_utf8_lossy(key).into_owned());
        }
        true
    })?;
    Ok(known)
}
