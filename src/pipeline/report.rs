//! What comes out of the core. Pure.

use std::collections::VecDeque;

use crate::act::Action;
use crate::decide::{Decision, Mode, Reason};
use crate::ingest::{Outcome, Rejection};
use crate::neighbourhood::CountRow;
use crate::units::{AreaId, CustomerId, Minute};

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

/// Where decisions come from.
#[derive(Debug)]
pub enum Tape<'a> {
    /// They are taken now.
    Live(Mode),
    /// They were taken: these, in their order, are applied at their minute and removed from the queue.
    Replay(&'a mut VecDeque<Decision>),
}

fn minute(decision: &Decision) -> Minute {
    decision.at.minute()
}

/// Taken when a record was folded, not when a minute was evaluated: the record takes it again.
fn follows_a_record(decision: &Decision) -> bool {
    decision.reason == Reason::CustomerErased
}

impl Tape<'_> {
    /// The minute of the next recorded decision, if this is a replay.
    #[must_use]
    pub fn next_at(&self) -> Option<Minute> {
        match self {
            Self::Live(_) => None,
            Self::Replay(recorded) => recorded.iter().find(|decision| !follows_a_record(decision)).map(minute),
        }
    }

    /// Takes the first recorded decision about `customer` that was taken at `now` or before and is `wanted`.
    pub fn take(&mut self, customer: &str, now: Minute, wanted: impl Fn(&Decision) -> bool) -> Option<Decision> {
        let Self::Replay(recorded) = self else { return None };
        let reach = recorded.iter().take_while(|decision| decision.at.minute() <= now);
        let at = reach.enumerate().find(|(_, d)| d.customer == customer && wanted(d)).map(|(at, _)| at)?;
        recorded.remove(at)
    }

    /// Takes the next recorded decision of `now` or before, whoever it is about.
    pub fn take_any(&mut self, now: Minute) -> Option<Decision> {
        let Self::Replay(recorded) = self else { return None };
        let due = recorded.iter().take_while(|decision| minute(decision) <= now);
        let at = due.enumerate().find(|(_, decision)| !follows_a_record(decision)).map(|(at, _)| at)?;
        recorded.remove(at)
    }

    /// Whom the recorded decisions of `now` or before are about: whatever made the lane look at them then.
    pub fn concerned(&self, now: Minute) -> impl Iterator<Item = &CustomerId> {
        let recorded = match self {
            Self::Live(_) => None,
            Self::Replay(recorded) => Some(recorded.iter()),
        };
        let due = recorded.into_iter().flatten().take_while(move |decision| minute(decision) <= now);
        due.filter(|decision| !follows_a_record(decision)).map(|decision| &decision.customer)
    }

    #[must_use]
    pub fn mode(&self) -> Option<Mode> {
        match self {
            Self::Live(mode) => Some(*mode),
            Self::Replay(_) => None,
        }
    }
}
