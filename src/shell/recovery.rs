//! A lane made again: the newest sound snapshot, and the journal's epochs folded after it. Shell.
//!
//! The producer has fenced its predecessor before this begins. Then: the stable committed offsets, which no open
//! transaction can still change, and the mark beside them, which names the lane's last epoch; the newest snapshot
//! that is whole and ours; the journal from where the snapshot stands to that epoch, its runs folded in their order
//! with the decisions they record. What is not on record is not decided again.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rdkafka::consumer::Consumer as _;

use super::bad_cells::Told;
use super::clock::Steps;
use super::committed::{self, Committed};
use super::draft::{BACKFILL, CRM_FIRST, Stamp};
use super::intake::Intake;
use super::journal::Record;
use super::journal_reader::JournalReader;
use super::lane::Start;
use super::metrics::{Metrics, SnapshotResult};
use super::mutant::{self, Mutant};
use super::readers::Readers;
use super::rebuilt::Rebuilt;
use super::refusal::{Failed, refused};
use super::replay::Inputs;
use super::runs::Ends;
use super::settings::Settings;
use super::snapshot_file::{self, Header};
use super::store::Snapshots;
use crate::config::{OnReplayGap, TimeMode};
use crate::ingest::Input;
use crate::pipeline::{LaneState, Policy, World};
use crate::units::{Lane, Millis};

const STRANGER: &str = "it is of another cluster, group, set of topics or lane";

/// What recoveries of one worker share.
pub struct Recovery {
    pub settings: Arc<Settings>,
    pub stamp: Arc<Stamp>,
    pub policy: Arc<Policy>,
    pub intake: Intake,
    pub snapshots: Snapshots,
    pub metrics: Arc<Metrics>,
    pub(super) readers: Readers,
    /// How long the CRM topic keeps a tombstone, once it was asked.
    pub tombstones_kept: OnceLock<Duration>,
}

impl Recovery {
    /// Clients for the recoveries of one worker.
    pub fn new(
        settings: Arc<Settings>,
        stamp: Arc<Stamp>,
        policy: Arc<Policy>,
        intake: Intake,
        snapshots: Snapshots,
        metrics: Arc<Metrics>,
    ) -> Result<Self> {
        let readers = Readers::new(&settings)?;
        Ok(Self { settings, stamp, policy, intake, snapshots, metrics, readers, tombstones_kept: OnceLock::new() })
    }

    /// Reads through new clients from now on. A client may lose the group's coordinator for good when the broker restarts
    /// behind a bad network: each of its questions then runs out of time, while another client's are answered at once
    /// (fault seed 33002).
    pub(super) fn renew(&mut self) {
        match Readers::new(&self.settings) {
            Ok(readers) => {
                tracing::warn!(
                    "recovery was not answered for longer than any transaction lives: it asks through new clients"
                );
                self.readers = readers;
            }
            Err(error) => tracing::warn!("no new client could be made, recovery goes on with the old ones: {error:#}"),
        }
    }

    /// The stable committed offsets of a lane.
    pub fn committed(&self, lane: Lane) -> Result<Committed> {
        let settings = &self.settings;
        let limit = settings.transaction_timeout * 2 + settings.request_timeout;
        self.readers.reach_coordinator()?;
        committed::wait(self.readers.committed.as_ref(), &self.stamp.inputs, i32::from(lane.0), limit)
    }

    /// The lane as its last committed epoch left it; an empty one where nothing was ever committed.
    pub fn restore(&self, lane: Lane, world: &World) -> Result<Start, Failed> {
        let mut steps = Steps::begin();
        let committed = self.committed(lane)?;
        steps.done("committed");
        let mut journal = JournalReader::open(self, lane)?;
        steps.done("journal");
        if committed.epoch.is_none() && committed.ends.iter().all(Option::is_none) && journal.is_empty() {
            return self.cold(lane, journal.end());
        }
        let mut rebuilt = self.base(lane, &committed, journal.low())?;
        steps.done("snapshot");
        let (from, crm) = (rebuilt.number, rebuilt.cursor[Input::Crm.index()]);
        self.replay(lane, &mut rebuilt, &committed, &mut journal, world)?;
        if rebuilt.number == 0 && committed.ends.iter().all(Option::is_none) {
            // Whoever had the lane before died in its first epoch: the journal holds only what was aborted.
            return self.cold(lane, journal.end());
        }
        self.agrees(lane, &rebuilt, &committed)?;
        steps.done("replay");
        let seen = journal.newest().max(rebuilt.snapshot_at);
        drop(journal);
        let gone = self.gone(lane, &rebuilt.state, seen, rebuilt.cursor[Input::Crm.index()] > crm)?;
        let took = steps.done("crm");
        let (epochs, customers) = (rebuilt.number - from, rebuilt.state.census().customers);
        tracing::info!(lane = lane.0, epoch = rebuilt.number, epochs, customers, steps = steps.text(), "lane restored");
        Ok(Start { gone, told: committed.cells, ..self.start(lane, rebuilt, took)? })
    }

    fn start(&self, lane: Lane, rebuilt: Rebuilt, took: Duration) -> Result<Start> {
        let said = |word: &str| rebuilt.mode.iter().any(|w| w == word);
        let backfill = said(BACKFILL) && self.settings.time == TimeMode::Wall;
        let backfill_to = backfill.then(|| self.ends(lane).map(|ends| ends.map(|(_, high)| high))).transpose()?;
        let crm_first = said(CRM_FIRST);
        Ok(Start {
            lane,
            number: rebuilt.number,
            cursor: rebuilt.cursor,
            journal: rebuilt.journal,
            crm_first,
            gone: Vec::new(),
            told: Told::new(),
            backfill_to,
            debt: rebuilt.replayed,
            snapshot_at: rebuilt.snapshot_at,
            snapshot_bytes: rebuilt.snapshot_bytes,
            recovery: took,
            state: rebuilt.state,
        })
    }

    /// First and last stable offsets of the lane's inputs.
    fn ends(&self, lane: Lane) -> Result<[(i64, i64); Input::KEYED.len()]> {
        let mut ends = [(0, 0); Input::KEYED.len()];
        for (topic, end) in self.stamp.inputs.iter().zip(&mut ends) {
            *end = self
                .readers
                .committed
                .fetch_watermarks(topic, i32::from(lane.0), self.settings.request_timeout)
                .with_context(|| format!("the ends of {topic} partition {lane}"))?;
        }
        Ok(ends)
    }

    /// A lane of which nothing is known. What stands in the topics now is history.
    fn cold(&self, lane: Lane, journal: i64) -> Result<Start, Failed> {
        let ends = self.ends(lane)?;
        let history = ends.iter().any(|(low, high)| high > low);
        let backfill = history && self.settings.time == TimeMode::Wall;
        tracing::info!(lane = lane.0, history, "lane starts empty");
        Ok(Start {
            lane,
            state: LaneState::new(lane, self.stamp.lanes, &self.policy),
            number: 0,
            cursor: ends.map(|(low, _)| low),
            journal,
            crm_first: !mutant::is(Mutant::BarrierSkipped),
            gone: Vec::new(),
            told: Told::new(),
            backfill_to: backfill.then(|| ends.map(|(_, high)| high)),
            debt: 0,
            snapshot_at: None,
            snapshot_bytes: 0,
            recovery: Duration::ZERO,
        })
    }

    /// The newest sound snapshot at or before the last committed epoch; else the empty state, if the journal reaches
    /// back to the first epoch.
    fn base(&self, lane: Lane, committed: &Committed, journal_low: i64) -> Result<Rebuilt, Failed> {
        for (epoch, path, bytes) in self.snapshots.list(lane).context("the snapshot store cannot be listed")? {
            if committed.epoch.is_some_and(|last| epoch > last) {
                // Of an epoch that did not commit, or of somebody else: only the second needs the operator.
                if self.snapshots.header(&path).is_ok_and(|header| !self.is_ours(&header, lane)) {
                    self.metrics.snapshot(SnapshotResult::Skipped);
                    tracing::warn!(lane = lane.0, path, "snapshot passed over: {STRANGER}");
                }
                continue;
            }
            match self.load(lane, &path, journal_low) {
                Ok(mut rebuilt) => {
                    rebuilt.snapshot_bytes = bytes;
                    return Ok(rebuilt);
                }
                Err(why) => {
                    self.metrics.snapshot(SnapshotResult::Skipped);
                    tracing::warn!(lane = lane.0, path, "snapshot passed over: {why:#}");
                }
            }
        }
        Ok(Rebuilt {
            state: LaneState::new(lane, self.stamp.lanes, &self.policy),
            number: 0,
            cursor: Ends::default(),
            journal: journal_low,
            mode: Vec::new(),
            replayed: 0,
            snapshot_at: None,
            snapshot_bytes: 0,
        })
    }

    fn is_ours(&self, header: &Header, lane: Lane) -> bool {
        header.is_of(lane, &self.settings.group, &self.stamp)
    }

    fn load(&self, lane: Lane, path: &str, journal_low: i64) -> Result<Rebuilt> {
        let (header, payload) = snapshot_file::read(&self.snapshots.read(path)?)?;
        anyhow::ensure!(self.is_ours(&header, lane), STRANGER);
        anyhow::ensure!(
            header.lanes == self.stamp.lanes,
            "it is of {} lanes, there are {}",
            header.lanes,
            self.stamp.lanes
        );
        anyhow::ensure!(header.key == self.stamp.key, "it was made with another identity key");
        anyhow::ensure!(header.journal >= journal_low, "the journal no longer reaches back to it");
        let state = LaneState::restore(lane, self.stamp.lanes, &payload)?;
        Ok(Rebuilt {
            state,
            number: header.epoch,
            cursor: header.ends.0,
            journal: header.journal,
            mode: header.mode,
            replayed: 0,
            snapshot_at: Some(Millis(header.written_at)),
            snapshot_bytes: 0,
        })
    }

    fn replay(
        &self,
        lane: Lane,
        rebuilt: &mut Rebuilt,
        committed: &Committed,
        journal: &mut JournalReader,
        world: &World,
    ) -> Result<(), Failed> {
        let done = |rebuilt: &Rebuilt| committed.epoch == Some(rebuilt.number);
        if done(rebuilt) {
            return Ok(());
        }
        journal.seek(rebuilt.journal)?;
        let mut inputs: Option<Inputs> = None;
        while let Some((offset, record)) = journal.next()? {
            rebuilt.journal = offset + 1;
            if record.epoch <= rebuilt.number {
                continue;
            }
            self.fits(lane, rebuilt, &record)?;
            if rebuilt.number == 0 {
                rebuilt.cursor = record.start.0;
            }
            let inputs = match &mut inputs {
                Some(inputs) => inputs,
                None => inputs.insert(self.inputs(lane, rebuilt.cursor)?),
            };
            self.fold(rebuilt, record, inputs, world)?;
            if done(rebuilt) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether a journal record goes on where the state stands, and is ours.
    fn fits(&self, lane: Lane, rebuilt: &Rebuilt, record: &Record) -> Result<(), Failed> {
        if record.cluster != self.stamp.cluster {
            return Err(refused(
                lane,
                "its journal was written on another cluster; name new topics, or restore the old cluster",
            ));
        }
        if record.lanes != self.stamp.lanes {
            let (was, is) = (record.lanes, self.stamp.lanes);
            return Err(refused(
                lane,
                format!(
                    "the inputs had {was} partitions and have {is}; put the former number back, or name a new journal topic and group to start anew"
                ),
            ));
        }
        if record.key != self.stamp.key {
            return Err(refused(lane, "its journal was written with another identity key; put the former key back"));
        }
        if record.epoch != rebuilt.number + 1 {
            let (have, next) = (rebuilt.number, record.epoch);
            return Err(refused(
                lane,
                format!(
                    "the journal goes on at epoch {next} and the newest snapshot within reach is of epoch {have}; make the store that holds a later one reachable (state.store)"
                ),
            ));
        }
        if record.parts > 0 {
            let (epoch, topic) = (record.epoch, &self.settings.topics.journal);
            return Err(refused(lane, format!("parts of the record of epoch {epoch} are missing in {topic}")));
        }
        Ok(())
    }

    fn inputs(&self, lane: Lane, cursor: Ends) -> Result<Inputs, Failed> {
        let ends = self.ends(lane)?;
        for (at, (low, _)) in ends.iter().enumerate() {
            if *low <= cursor[at] || Input::KEYED[at] == Input::Crm {
                continue;
            }
            let gap = format!(
                "{} records of {} that its recovery needs are deleted",
                low - cursor[at],
                self.stamp.inputs[at]
            );
            match self.settings.on_replay_gap {
                OnReplayGap::Refuse => {
                    return Err(refused(lane, format!("{gap}; state.on_replay_gap = \"accept\" goes on without them")));
                }
                OnReplayGap::Accept => tracing::warn!(lane = lane.0, "{gap}: going on without them, as configured"),
            }
        }
        Ok(Inputs::open(&self.readers.committed, &self.stamp.inputs, lane, cursor)?)
    }

    /// Whether the state stands where the group's offsets stand.
    fn agrees(&self, lane: Lane, rebuilt: &Rebuilt, committed: &Committed) -> Result<(), Failed> {
        if let Some(epoch) = committed.epoch.filter(|epoch| *epoch != rebuilt.number) {
            let have = rebuilt.number;
            return Err(refused(
                lane,
                format!(
                    "its last epoch is {epoch} and the journal ends at {have}; records of {} are missing",
                    self.settings.topics.journal
                ),
            ));
        }
        let moved =
            Input::KEYED.iter().find(|i| committed.ends[i.index()].is_some_and(|end| end != rebuilt.cursor[i.index()]));
        if let Some(input) = moved {
            let (topic, at) = (&self.stamp.inputs[input.index()], input.index());
            let (is, was) = (committed.ends[at].unwrap_or_default(), rebuilt.cursor[at]);
            return Err(refused(
                lane,
                format!("somebody moved the committed offset of {topic} to {is}, it was {was}; put it back"),
            ));
        }
        if committed.ends.iter().all(Option::is_none) {
            tracing::warn!(lane = lane.0, "the group's offsets have expired; the journal tells where the lane stands");
        }
        Ok(())
    }
}
