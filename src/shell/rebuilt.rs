//! A lane's state under reconstruction, and one epoch after the other folded into it as the journal tells it. Shell.

use std::collections::{BTreeSet, VecDeque};

use super::clock::Deadline;
use super::failpoint::{self, Point};
use super::journal::{Record, hash_text};
use super::recovery::Recovery;
use super::refusal::Failed;
use super::replay::Inputs;
use super::runs::{Ends, Run};
use crate::decide::{Decision, Reason};
use crate::ingest::Observation;
use crate::pipeline::{LaneState, Report, Tape, World};
use crate::units::{CustomerId, Millis};

/// A state under reconstruction.
pub(super) struct Rebuilt {
    pub(super) state: LaneState,
    pub(super) number: u64,
    pub(super) cursor: Ends,
    /// Next offset of the journal.
    pub(super) journal: i64,
    /// What held after the last epoch, as the journal words it.
    pub(super) mode: Vec<String>,
    /// Records folded since the snapshot: what the next recovery would fold again.
    pub(super) replayed: u64,
    pub(super) snapshot_at: Option<Millis>,
    pub(super) snapshot_bytes: u64,
}

/// Whom an epoch erased. A tombstone is compacted away in time: who was erased stays so without it, unless CRM has taken
/// him in again since.
struct Gone(BTreeSet<CustomerId>);

impl Gone {
    /// Records that do not say `erased` tell by their decisions alone.
    fn of(record: &Record) -> Self {
        let withdrawn = record.decisions.iter().filter(|decision| decision.reason == Reason::CustomerErased);
        Self(record.erased.iter().chain(withdrawn.map(|decision| &decision.customer)).cloned().collect())
    }

    /// A row that is still in the topic where the tombstone may be gone was written after it; a tombstone that is there
    /// erases by itself.
    fn see(&mut self, observation: &Observation) {
        match observation {
            Observation::Crm(row) => drop(self.0.remove(&row.customer_id)),
            Observation::Erase(id) => drop(self.0.remove(id)),
            _ => {}
        }
    }
}

impl Recovery {
    /// Folds one epoch as the journal tells it.
    pub(super) fn fold(
        &self,
        rebuilt: &mut Rebuilt,
        record: Record,
        inputs: &mut Inputs,
        world: &World,
    ) -> Result<(), Failed> {
        failpoint::pass(Point::Replay);
        let mut decisions: VecDeque<Decision> = record.decisions.iter().cloned().collect();
        let mut gone = Gone::of(&record);
        let mut report = Report::default();
        let limit = Deadline::after(self.settings.max_poll_interval);
        for run in &record.runs.0 {
            let mut tape = Tape::Replay(&mut decisions);
            match *run {
                Run::Tick(at) => rebuilt.state.tick(at, world, &self.policy, &mut tape, &mut report),
                Run::Rejected { input, offsets } => {
                    rebuilt.cursor[input.index()] += offsets;
                    inputs.skip(input, rebuilt.cursor[input.index()], &self.intake, limit)?;
                }
                Run::Folded { input, offsets } => {
                    rebuilt.cursor[input.index()] += offsets;
                    let (state, end) = (&mut rebuilt.state, rebuilt.cursor[input.index()]);
                    let mut folded = 0;
                    loop {
                        let records = inputs.next(input, end, &self.intake, limit)?;
                        if records.is_empty() {
                            break;
                        }
                        folded += records.len() as u64;
                        state.touch(records.iter().flatten().map(Observation::key));
                        for observation in records.into_iter().flatten() {
                            gone.see(&observation);
                            state.step(&observation, world, &self.policy, &mut tape, &mut report);
                        }
                    }
                    rebuilt.replayed += folded;
                    self.metrics.replayed(input, folded);
                }
            }
        }
        // Decisions of a minute that this code never reached are applied all the same, and the clock stands where it
        // stood, also where the records that moved it are deleted.
        let last = decisions.back().map(|decision| decision.at).max(record.clock.map(Millis));
        if let Some(last) = last.filter(|last| !decisions.is_empty() || rebuilt.state.clock() < Some(*last)) {
            let mut tape = Tape::Replay(&mut decisions);
            rebuilt.state.tick(last, world, &self.policy, &mut tape, &mut report);
        }
        for id in gone.0 {
            let mut tape = Tape::Replay(&mut decisions);
            rebuilt.state.step(&Observation::Erase(id), world, &self.policy, &mut tape, &mut report);
        }
        rebuilt.state.counts_were_told();
        self.metrics.diverged(report.divergences + decisions.len() as u64);
        if record.hash.as_ref().is_some_and(|hash| *hash != hash_text(rebuilt.state.hash())) {
            self.metrics.state_hash_mismatch();
            let same = record.code == self.stamp.code && record.policy == self.stamp.policy;
            tracing::warn!(
                lane = record.lane.0,
                epoch = record.epoch,
                same,
                "the state differs from the journal's hash"
            );
        }
        rebuilt.number = record.epoch;
        rebuilt.cursor = record.end.0;
        rebuilt.mode = record.mode;
        Ok(())
    }
}
