//! The present figures of the lanes, summed when Prometheus asks. Shell.

use std::collections::BTreeMap;

use super::table::Table;
use crate::ingest::Input;
use crate::units::{Cause, Causes, Lane, Millis, words};

/// How sure a home is, in the order of [`LaneFigures::homes`].
pub(super) const HOME_STATUS: [&str; 4] = ["unknown", "provisional", "confirmed", "declared"];

words! {
    /// Which stage a lane belongs to.
    LaneStage { Customer = "customer", Area = "area" }
}

words! {
    /// What a lane is doing.
    LaneState {
        Restoring = "restoring",
        Running = "running",
        /// Too many of its records are misrouted.
        Paused = "paused",
        /// Revoked, and kept for a while in case it comes back.
        Parked = "parked",
        /// It cannot be recovered; the log says why.
        Refused = "refused",
    }
}

/// One lane at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneFigures {
    pub state: LaneState,
    pub customers: u64,
    /// Customers by how sure their home is: unknown, provisional, confirmed, declared.
    pub homes: [u64; HOME_STATUS.len()],
    pub suffering: Causes<u64>,
    /// Customers who perceive a problem.
    pub felt: u64,
    /// Of an area lane.
    pub tickets_open: Causes<u64>,
    pub state_bytes: u64,
    /// Records between the last committed offset and the partition's end, by [`Input::index`].
    pub lag_records: [u64; Input::KEYED.len()],
    /// Tick minus the newest folded event time, by [`Input::index`]; 0 when read to the end.
    pub event_lag_seconds: [f64; Input::KEYED.len()],
    /// When the newest snapshot was written; `None` before the first.
    pub snapshot_at: Option<Millis>,
    pub snapshot_bytes: u64,
    /// How long this process' newest snapshot of it took; 0 before the first.
    pub snapshot_seconds: f64,
    /// Records a recovery would replay now.
    pub replay_debt: u64,
    /// How long this lane's last recovery took; 0 when it started empty.
    pub recovery_seconds: f64,
}

impl LaneFigures {
    /// An empty lane in the given state.
    #[must_use]
    pub fn new(state: LaneState) -> Self {
        Self {
            state,
            customers: 0,
            homes: [0; HOME_STATUS.len()],
            suffering: [0; Cause::ALL.len()],
            felt: 0,
            tickets_open: [0; Cause::ALL.len()],
            state_bytes: 0,
            lag_records: [0; Input::KEYED.len()],
            event_lag_seconds: [0.0; Input::KEYED.len()],
            snapshot_at: None,
            snapshot_bytes: 0,
            snapshot_seconds: 0.0,
            replay_debt: 0,
            recovery_seconds: 0.0,
        }
    }
}

/// All lanes this instance knows of.
#[derive(Debug, Default)]
pub(super) struct Lanes(BTreeMap<(LaneStage, Lane), LaneFigures>);

impl Lanes {
    pub(super) fn put(&mut self, stage: LaneStage, lane: Lane, figures: LaneFigures) {
        self.0.insert((stage, lane), figures);
    }

    pub(super) fn remove(&mut self, stage: LaneStage, lane: Lane) {
        self.0.remove(&(stage, lane));
    }

    /// Lanes whose figures are this instance's: a parked lane's customers are counted by their new owner.
    fn owned(&self) -> impl Iterator<Item = &LaneFigures> {
        self.0.values().filter(|figures| figures.state != LaneState::Parked)
    }

    fn sum(&self, of: impl Fn(&LaneFigures) -> u64) -> f64 {
        self.owned().map(of).sum::<u64>() as f64
    }

    fn greatest(&self, of: impl Fn(&LaneFigures) -> f64) -> f64 {
        self.owned().map(of).fold(0.0, f64::max)
    }

    pub(super) fn publish(&self, table: &Table, now: Millis) {
        for stage in LaneStage::ALL {
            for state in LaneState::ALL {
                let n = self.0.iter().filter(|((s, _), f)| s == stage && f.state == *state).count();
                table.lanes.with_label_values(&[stage.as_str(), state.as_str()]).set(n as f64);
            }
        }
        for input in Input::KEYED {
            let (label, at) = ([input.as_str()], input.index());
            table.lag_records.with_label_values(&label).set(self.sum(|f| f.lag_records[at]));
            table.event_lag_seconds.with_label_values(&label).set(self.greatest(|f| f.event_lag_seconds[at]));
        }
        for (at, status) in HOME_STATUS.iter().enumerate() {
            table.homes.with_label_values(&[status]).set(self.sum(|f| f.homes[at]));
        }
        for cause in Cause::ALL {
            let (label, at) = ([cause.as_str()], cause.index());
            table.suffering.with_label_values(&label).set(self.sum(|f| f.suffering[at]));
            table.tickets_open.with_label_values(&label).set(self.sum(|f| f.tickets_open[at]));
        }
        table.customers.set(self.sum(|f| f.customers));
        table.felt.set(self.sum(|f| f.felt));
        table.state_bytes.set(self.sum(|f| f.state_bytes));
        table.snapshot_bytes.set(self.sum(|f| f.snapshot_bytes));
        table.snapshot_seconds.set(self.greatest(|f| f.snapshot_seconds));
        table.replay_debt.set(self.sum(|f| f.replay_debt));
        table.recovery_seconds.set(self.greatest(|f| f.recovery_seconds));
        let age = |f: &LaneFigures| f.snapshot_at.map_or(0.0, |at| now.since(at).max(0) as f64 / 1_000.0);
        table.snapshot_age.set(self.greatest(age));
    }
}
