//! What comes out of the core. Pure.

use std::collections::VecDeque;

use crate::act::Action;
use crate::decide::Decision;
use crate::ingest::{Outcome, Rejection};
use crate::units::AreaId;

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Folded,
    /// Older than the window's reach: counted, neither folded nor a dead letter.
    Late,
    Duplicate,
    /// Of a customer who is erased: nothing of it is kept.
    Erased,
    Rejected(Rejection),
    /// An outcome of a ticket: sent on to the area stage.
    Forwarded,
    /// A tombstone of a customer nobody knows.
    Control,
}

/// A row for `homeqos.area-counts`: key `area|lane`; `None` is a tombstone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRow {
    /// Decides the partition (murmur2 of the area alone).
    pub area: AreaId,
    pub key: String,
    pub value: Option<String>,
}

/// A ticket's outcome that arrived in a customer lane: becomes the record `area|outcome|action_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    pub area: AreaId,
    pub outcome: Outcome,
}

/// What follows from steps and ticks; accumulates over an epoch.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub actions: Vec<Action>,
    pub decisions: Vec<Decision>,
    pub counts: Vec<CountRow>,
    pub forwards: Vec<Forward>,
    /// Decisions that a replay would have taken otherwise than recorded; none of them is acted on.
    pub divergences: u64,
}

impl Report {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.decisions.is_empty() && self.counts.is_empty() && self.forwards.is_empty()
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// How the instance runs at this moment; the shell says it, the core obeys and the journal keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    /// Decide and journal, emit nothing.
    pub shadow: bool,
    /// History is being folded: candidates are held (`backfill`).
    pub backfill: bool,
    pub offers_enabled: bool,
    /// Wall mode, and the lane's clock is more than 15 min behind it.
    pub stale_inputs: bool,
}

impl Default for Mode {
    fn default() -> Self {
        Self { shadow: false, backfill: false, offers_enabled: true, stale_inputs: false }
    }
}

/// Where decisions come from.
#[derive(Debug)]
pub enum Tape<'a> {
    /// They are taken now.
    Live(Mode),
    /// They were taken: these, in their order, are applied at their minute and removed from the queue.
    Replay(&'a mut VecDeque<Decision>),
}
