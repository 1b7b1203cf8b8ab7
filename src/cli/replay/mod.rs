//! `homeqos replay DIR`: files → actions, without a broker. Shell: it reads and writes files.
//!
//! The whole pipeline with its area stage, in one process and in input time: equal input gives equal output, byte for
//! byte.

mod command;
mod files;
mod output;
mod send;
mod tally;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use command::{Args, run};
pub use files::{FileRecord, InputFile, Merged, Partition, Said};
use output::{ActionLine, DeadLetterLine, JsonLines};
pub use tally::{Tallies, Tally};

use super::progress::Progress;
use crate::act::ActionTopic;
use crate::decide::Mode;
use crate::ingest::{Input, Mapping, Observation, RejectCode, Rejection};
use crate::pipeline::{Fate, Instance, Policy};
use crate::units::Millis;

/// What to read and where to write.
#[derive(Debug, Clone)]
pub struct Options {
    pub dir: PathBuf,
    pub actions: Option<PathBuf>,
    pub customers: Option<PathBuf>,
    pub decisions: Option<PathBuf>,
    pub dead_letters: Option<PathBuf>,
    pub partition: Partition,
    /// Time stops here; at the last time read if absent.
    pub until: Option<Millis>,
    /// Views are also written of these instants, in their order.
    pub views_at: Vec<Millis>,
    pub mode: Mode,
    pub offers_topic: String,
    pub tickets_topic: String,
}

/// What a replay did.
#[derive(Debug)]
pub struct Summary {
    pub tallies: Tallies,
    /// Messages by CloudEvents type.
    pub actions: BTreeMap<&'static str, u64>,
    pub customers: u64,
    pub state_bytes: u64,
}

/// How often the progress bar is told, in records: a bar costs more than a record.
const PROGRESS_RECORDS: u64 = 1 << 10;

struct Replay<'o> {
    options: &'o Options,
    instance: Instance,
    tallies: Tallies,
    counts: BTreeMap<&'static str, u64>,
    /// Whom an action was for, so that an outcome without a key finds its customer or area.
    keys: BTreeMap<String, String>,
    actions: JsonLines,
    decisions: JsonLines,
    dead_letters: JsonLines,
    customers: JsonLines,
    /// How many of the dates of views are behind.
    viewed: usize,
}

/// Runs a replay to its end.
pub fn replay(options: &Options, policy: Policy, mapping: impl Fn(Input) -> Mapping) -> anyhow::Result<Summary> {
    let mut files = Merged::open(&options.dir, options.partition, mapping)?;
    let progress = Progress::bytes("replaying", files.bytes());
    let instance = Instance::new(policy, options.partition.lanes, options.partition.partitioner, options.mode);
    let mut replay = Replay {
        options,
        instance,
        tallies: Tallies::default(),
        counts: BTreeMap::new(),
        keys: BTreeMap::new(),
        actions: JsonLines::create(options.actions.as_deref())?,
        decisions: JsonLines::create(options.decisions.as_deref())?,
        dead_letters: JsonLines::create(options.dead_letters.as_deref())?,
        customers: JsonLines::create(options.customers.as_deref())?,
        viewed: 0,
    };
    for n in 0_u64.. {
        let Some(mut record) = files.take()? else { break };
        if n.is_multiple_of(PROGRESS_RECORDS) {
            progress.set(files.bytes_read());
        }
        if options.until.is_none_or(|until| record.ts.is_none_or(|ts| ts <= until)) {
            if let Some(ts) = record.ts {
                replay.views_before(ts)?;
            }
            replay.take(&mut record)?;
        }
        files.recycle(record);
    }
    progress.finish();
    replay.finish()
}

impl Replay<'_> {
    fn take(&mut self, record: &mut FileRecord) -> anyhow::Result<()> {
        if record.input == Input::Outcomes && record.key.is_none() {
            self.find_key(record);
        }
        let fate = match &record.said {
            Ok(Said::Cell(id, cell)) => {
                self.instance.cell(id, cell.as_deref().cloned());
                Fate::Folded
            }
            Ok(Said::Keyed(observation)) => self.instance.push(observation),
            Err(rejection) => Fate::Rejected(rejection.clone()),
        };
        if let Fate::Rejected(rejection) = &fate {
            self.dead_letters.write(&DeadLetterLine::of(record, rejection))?;
        }
        self.tallies.count(record.input, &fate);
        self.drain()
    }

    /// An outcome's file has no keys of its own: the action tells whose it is.
    fn find_key(&self, record: &mut FileRecord) {
        if let Ok(Said::Keyed(Observation::Outcome(outcome))) = &mut record.said {
            let found = self.keys.get(outcome.action_id.as_str());
            record.key = found.map(|key| key.as_str().into());
            if let Some(key) = found {
                outcome.key = key.as_str().into();
            } else {
                let detail = "an outcome without a key, of an action that this replay did not make";
                record.said = Err(Rejection::new(RejectCode::KeyMissing, detail));
            }
        }
    }

    /// Writes what came out since the last record.
    fn drain(&mut self) -> anyhow::Result<()> {
        for action in self.instance.take_actions() {
            *self.counts.entry(action.event.as_str()).or_default() += 1;
            if let Some((_, id)) = action.headers.iter().find(|(name, _)| name == "ce_id") {
                let action_id = id.rsplit_once('.').map_or(id.as_str(), |(action_id, _)| action_id);
                self.keys.insert(action_id.to_owned(), action.key.clone());
            }
            let topic = |topic| match topic {
                ActionTopic::Offers => self.options.offers_topic.as_str(),
                ActionTopic::Tickets => self.options.tickets_topic.as_str(),
            };
            self.actions.write(&ActionLine::of(&action, topic)?)?;
        }
        for decision in self.instance.take_decisions() {
            self.decisions.write(&decision)?;
        }
        Ok(())
    }

    /// Views of the dates that lie before a record's time: nothing that comes later is in them.
    fn views_before(&mut self, ts: Millis) -> anyhow::Result<()> {
        while let Some(at) = self.options.views_at.get(self.viewed).filter(|at| **at < ts) {
            self.viewed += 1;
            self.instance.run_until(*at);
            self.drain()?;
            self.write_views()?;
        }
        Ok(())
    }

    fn write_views(&mut self) -> anyhow::Result<()> {
        if self.options.customers.is_some() {
            for view in self.instance.views() {
                self.customers.write(&view)?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<Summary> {
        if let Some(until) = self.options.until.or(self.instance.clock()) {
            self.instance.run_until(until);
        }
        self.drain()?;
        self.write_views()?;
        for file in [self.customers, self.actions, self.decisions, self.dead_letters] {
            file.finish()?;
        }
        let census =
            |of: fn(&crate::pipeline::Census) -> u64| self.instance.lanes().iter().map(|l| of(l.census())).sum();
        Ok(Summary {
            tallies: self.tallies,
            actions: self.counts,
            customers: census(|census| census.customers),
            state_bytes: census(|census| census.state_bytes),
        })
    }
}
