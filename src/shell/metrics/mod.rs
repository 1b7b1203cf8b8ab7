//! Metrics: what happened, for Prometheus. Shell.
//!
//! In: the counts of each epoch once it has committed ([`EpochCounts`]), and the present figures of each lane
//! ([`LaneFigures`]). Out: text format 0.0.4. What must hold: every metric is declared once, in `table.rs`, as
//! `docs/metrics.md` says it; each word of each label exists from the start at 0; no id is a label; a worker touches a
//! metric once per epoch, never per record.

mod counts;
mod lanes;
mod table;

use std::sync::{Mutex, PoisonError};

use prometheus::{Encoder as _, Registry, TextEncoder};

pub use counts::{EpochCounts, InputCounts};
pub use lanes::{LaneFigures, LaneStage, LaneState};
use table::Table;

use crate::act::EventType;
use crate::ingest::{Input, RejectCode};
use crate::units::{ActionKind, Lane, Millis, words};

words! {
    /// How an epoch ended.
    EpochResult {
        Committed = "committed",
        Aborted = "aborted",
        /// The commit's answer was lost; the journal tells.
        Unknown = "unknown",
        /// Its lane had gone.
        Dropped = "dropped",
    }
}

words! {
    /// How a snapshot ended.
    SnapshotResult {
        Written = "written",
        Failed = "failed",
        /// Found at recovery and not usable.
        Skipped = "skipped",
    }
}

words! {
    /// What every instance reads whole.
    View { Cells = "cells", Areas = "areas" }
}

words! {
    /// What a worker spends its time on.
    Activity {
        /// Records read, decoded and stepped through the core.
        Fold = "fold",
        /// Epochs cut, sent and committed.
        Commit = "commit",
        /// Between epochs: snapshots, views of the world, questions, the group.
        Upkeep = "upkeep",
        Idle = "idle",
    }
}

/// The process's metrics, in a registry of their own. Shared by all threads; every method takes `&self`.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    table: Table,
    lanes: Mutex<lanes::Lanes>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All series at 0.
    #[must_use]
    pub fn new() -> Self {
        let registry = Registry::new();
        let table = Table::register(&registry);
        table.build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        table.offers_enabled.set(1.0);
        Self { registry, table, lanes: Mutex::default() }
    }

    /// Adds what an epoch did, once it has committed. `epoch_seconds`: from its first record to its commit.
    pub fn committed(&self, counts: &EpochCounts, epoch_seconds: f64, commit_seconds: f64) {
        self.epoch(EpochResult::Committed);
        self.table.epoch_seconds.observe(epoch_seconds);
        self.table.commit_seconds.observe(commit_seconds);
        self.table.epoch_records.observe(counts.records() as f64);
        for input in Input::KEYED {
            self.add_input(input, &counts.inputs[input.index()]);
        }
        for (reason, n) in counts.holds() {
            self.table.holds.with_label_values(&[reason.as_str()]).inc_by(n);
        }
        for (kind, event, n) in counts.actions() {
            self.table.actions.with_label_values(&[kind.as_str(), event_word(event)]).inc_by(n);
        }
        self.table.cells_overflow.inc_by(counts.cells_overflow);
        self.table.replay_divergence.inc_by(counts.divergences);
        self.add_dead_letters(&counts.bad_cells);
    }

    fn add_dead_letters(&self, by_code: &[u64; RejectCode::ALL.len()]) {
        for (code, n) in RejectCode::ALL.iter().zip(by_code).filter(|(_, n)| **n > 0) {
            self.table.dead_letters.with_label_values(&[code.as_str()]).inc_by(*n);
        }
    }

    fn add_input(&self, input: Input, counts: &InputCounts) {
        let (table, label) = (&self.table, [input.as_str()]);
        for (vec, n) in [
            (&table.consumed, counts.consumed),
            (&table.folded, counts.folded),
            (&table.late, counts.late),
            (&table.duplicate, counts.duplicate),
            (&table.control, counts.control),
            (&table.forwarded, counts.forwarded),
            (&table.erased, counts.erased),
        ] {
            if n > 0 {
                vec.with_label_values(&label).inc_by(n);
            }
        }
        for code in RejectCode::ALL.iter().copied() {
            let n = counts.rejected[code as usize];
            if n > 0 {
                table.rejected.with_label_values(&[input.as_str(), code.as_str()]).inc_by(n);
            }
        }
        self.add_dead_letters(&counts.rejected);
    }

    /// An epoch that ended otherwise than by a commit; commits are told by [`Metrics::committed`].
    pub fn epoch(&self, result: EpochResult) {
        self.table.epochs.with_label_values(&[result.as_str()]).inc();
    }

    /// Messages of the area stage, once committed: tickets.
    pub fn action(&self, kind: ActionKind, event: EventType) {
        self.table.actions.with_label_values(&[kind.as_str(), event_word(event)]).inc();
    }

    /// Records folded again during a recovery.
    pub fn replayed(&self, input: Input, n: u64) {
        self.table.replayed.with_label_values(&[input.as_str()]).inc_by(n);
    }

    /// Records that retention deleted before they were read.
    pub fn overtaken(&self, input: Input, records: u64) {
        self.table.overtaken.with_label_values(&[input.as_str()]).inc_by(records);
    }

    /// Decisions that a replay would have taken otherwise than recorded.
    pub fn diverged(&self, n: u64) {
        self.table.replay_divergence.inc_by(n);
    }

    pub fn state_hash_mismatch(&self) {
        self.table.state_hash_mismatch.inc();
    }

    pub fn broken_invariant(&self) {
        self.table.broken_invariants.inc();
    }

    /// Time a worker has spent.
    pub fn worked(&self, activity: Activity, seconds: f64) {
        self.table.worker_seconds.with_label_values(&[activity.as_str()]).inc_by(seconds);
    }

    pub fn rebalanced(&self) {
        self.table.rebalances.inc();
    }

    pub fn fenced(&self) {
        self.table.fenced.inc();
    }

    pub fn snapshot(&self, result: SnapshotResult) {
        self.table.snapshots.with_label_values(&[result.as_str()]).inc();
    }

    /// `rows`: rows of the view now; the other two are added: records read into it, and those that were unreadable.
    pub fn view(&self, view: View, rows: usize, read: u64, rejected: u64) {
        self.table.view_rows.with_label_values(&[view.as_str()]).set(rows as f64);
        self.table.view_records.with_label_values(&[view.as_str()]).inc_by(read);
        self.table.view_rejected.with_label_values(&[view.as_str()]).inc_by(rejected);
    }

    pub fn offers_enabled(&self, enabled: bool) {
        self.table.offers_enabled.set(f64::from(u8::from(enabled)));
    }

    pub fn shadow(&self, shadow: bool) {
        self.table.shadow.set(f64::from(u8::from(shadow)));
    }

    /// The present figures of a lane; they replace the lane's former ones.
    pub fn lane(&self, stage: LaneStage, lane: Lane, figures: LaneFigures) {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).put(stage, lane, figures);
    }

    /// The lane is no longer this instance's.
    pub fn lane_gone(&self, stage: LaneStage, lane: Lane) {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).remove(stage, lane);
    }

    /// Everything, as Prometheus reads it. `now` is the machine's clock: ages grow between epochs.
    #[must_use]
    pub fn render(&self, now: Millis) -> String {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).publish(&self.table, now);
        self.table.resident_bytes.set(resident_bytes() as f64);
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "metrics could not be rendered");
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// `offer_made` of `org.homeqos.offer.made.v1`.
fn event_word(event: EventType) -> &'static str {
    match event {
        EventType::OfferMade => "offer_made",
        EventType::OfferWithdrawn => "offer_withdrawn",
        EventType::TicketOpened => "ticket_opened",
        EventType::TicketUpdated => "ticket_updated",
        EventType::TicketResolved => "ticket_resolved",
        EventType::TicketReopened => "ticket_reopened",
        EventType::TicketEscalated => "ticket_escalated",
        EventType::TicketCancelled => "ticket_cancelled",
    }
}

/// Resident memory of this process; 0 where the system does not tell.
#[must_use]
pub fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests;
