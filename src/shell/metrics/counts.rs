//! What one epoch did, in plain numbers: an addition per record, nothing shared. Pure.

use crate::act::{Action, EventType};
use crate::decide::{Decision, Reason, Verdict};
use crate::ingest::{Input, RejectCode};
use crate::pipeline::{Fate, Report};
use crate::units::ActionKind;

/// What became of one input's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InputCounts {
    /// Offsets taken: delivered records plus skipped offsets.
    pub consumed: u64,
    pub folded: u64,
    /// By [`RejectCode`].
    pub rejected: [u64; RejectCode::ALL.len()],
    pub late: u64,
    pub duplicate: u64,
    /// Skipped offsets (markers, aborted, compacted) and tombstones of unknown customers.
    pub control: u64,
    pub forwarded: u64,
    pub erased: u64,
}

impl InputCounts {
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejected.iter().sum()
    }

    /// Adds another lane's or epoch's counts.
    pub fn add(&mut self, other: &Self) {
        self.consumed += other.consumed;
        self.folded += other.folded;
        self.late += other.late;
        self.duplicate += other.duplicate;
        self.control += other.control;
        self.forwarded += other.forwarded;
        self.erased += other.erased;
        self.rejected.iter_mut().zip(other.rejected).for_each(|(a, b)| *a += b);
    }

    /// `consumed = folded + rejected + late + duplicate + control + forwarded + erased`.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let ends = self.folded + self.late + self.duplicate + self.control + self.forwarded + self.erased;
        self.consumed == ends + self.rejected()
    }
}

/// What one epoch did. It is told to the metrics once, when the epoch has committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochCounts {
    /// By [`Input::index`]; the keyed inputs are the first.
    pub inputs: [InputCounts; Input::KEYED.len()],
    holds: [u64; Reason::ALL.len()],
    actions: [[u64; EventType::ALL.len()]; ActionKind::ALL.len()],
    /// Records folded without a cell because the lane's table of cells is full.
    pub cells_overflow: u64,
    /// Decisions that a replay would have taken otherwise than recorded.
    pub divergences: u64,
    /// Rows of the cell inventory that went to the dead letters, by [`RejectCode`].
    pub bad_cells: [u64; RejectCode::ALL.len()],
}

impl Default for EpochCounts {
    fn default() -> Self {
        Self {
            inputs: Default::default(),
            holds: [0; Reason::ALL.len()],
            actions: [[0; EventType::ALL.len()]; ActionKind::ALL.len()],
            cells_overflow: 0,
            divergences: 0,
            bad_cells: [0; RejectCode::ALL.len()],
        }
    }
}

impl EpochCounts {
    /// One delivered record and its fate. Records of the inventory are not keyed, hence not counted here.
    pub fn record(&mut self, input: Input, fate: &Fate) {
        let Some(counts) = self.inputs.get_mut(input.index()) else { return };
        counts.consumed += 1;
        match fate {
            Fate::Folded => counts.folded += 1,
            Fate::Late => counts.late += 1,
            Fate::Duplicate => counts.duplicate += 1,
            Fate::Erased => counts.erased += 1,
            Fate::Forwarded => counts.forwarded += 1,
            Fate::Control => counts.control += 1,
            Fate::Rejected(rejection) => counts.rejected[rejection.code as usize] += 1,
        }
    }

    /// Offsets that were passed over: transaction markers, aborted and compacted records.
    pub fn skipped(&mut self, input: Input, offsets: u64) {
        if let Some(counts) = self.inputs.get_mut(input.index()) {
            counts.consumed += offsets;
            counts.control += offsets;
        }
    }

    /// What came out of the core in this epoch.
    pub fn report(&mut self, report: &Report) {
        report.actions.iter().for_each(|action| self.action(action));
        report.decisions.iter().for_each(|decision| self.decision(decision));
        self.divergences += report.divergences;
    }

    pub fn action(&mut self, action: &Action) {
        self.actions[action.kind as usize][action.event as usize] += 1;
    }

    /// Counts a decision not to act. A hold-out or shadow withholds an act, and so is among them.
    pub fn decision(&mut self, decision: &Decision) {
        if matches!(decision.verdict, Verdict::Held | Verdict::Withheld) {
            self.holds[decision.reason as usize] += 1;
        }
    }

    /// Delivered records and skipped offsets of all inputs.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.inputs.iter().map(|counts| counts.consumed).sum()
    }

    /// The reasons of decisions not to act, those that occurred.
    pub fn holds(&self) -> impl Iterator<Item = (Reason, u64)> {
        Reason::ALL.iter().map(|reason| (*reason, self.holds[*reason as usize])).filter(|(_, n)| *n > 0)
    }

    /// Messages to the actions topics, those that occurred.
    pub fn actions(&self) -> impl Iterator<Item = (ActionKind, EventType, u64)> {
        let each = |kind: ActionKind| EventType::ALL.iter().map(move |event| (kind, *event));
        let all = ActionKind::ALL.iter().flat_map(move |kind| each(*kind));
        all.map(|(kind, event)| (kind, event, self.actions[kind as usize][event as usize])).filter(|(_, _, n)| *n > 0)
    }

    /// Adds another lane's counts of the same transaction.
    pub fn add(&mut self, other: &Self) {
        self.inputs.iter_mut().zip(&other.inputs).for_each(|(mine, theirs)| mine.add(theirs));
        self.holds.iter_mut().zip(other.holds).for_each(|(a, b)| *a += b);
        self.actions.iter_mut().flatten().zip(other.actions.iter().flatten()).for_each(|(a, b)| *a += b);
        self.cells_overflow += other.cells_overflow;
        self.divergences += other.divergences;
        self.bad_cells.iter_mut().zip(other.bad_cells).for_each(|(a, b)| *a += b);
    }
}
