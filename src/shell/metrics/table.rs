//! Every metric, declared once: name, kind, labels, what it says, when to alert. Shell.
//!
//! `docs/metrics.md` is the same table for people; a test compares the two.

use prometheus::core::Collector;
use prometheus::{CounterVec, Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry};

use super::lanes::{LaneStage, LaneState};
use super::{Activity, EpochResult, SnapshotResult, View, event_word};
use crate::act::EventType;
use crate::decide::Reason;
use crate::ingest::{Input, RejectCode};
use crate::units::{ActionKind, Cause};

/// A label and all its words.
type Label = (&'static str, fn() -> Vec<&'static str>);

const INPUT: Label = ("input", || Input::KEYED.iter().map(|w| w.as_str()).collect());
const REJECT: Label = ("reason", || RejectCode::ALL.iter().map(|w| w.as_str()).collect());
const HOLD: Label = ("reason", || Reason::ALL.iter().map(|w| w.as_str()).collect());
const CAUSE: Label = ("cause", || Cause::ALL.iter().map(|w| w.as_str()).collect());
const STATUS: Label = ("status", || super::lanes::HOME_STATUS.to_vec());
const KIND: Label = ("kind", || ActionKind::ALL.iter().map(|w| w.as_str()).collect());
const TYPE: Label = ("type", || EventType::ALL.iter().map(|w| event_word(*w)).collect());
const STAGE: Label = ("stage", || LaneStage::ALL.iter().map(|w| w.as_str()).collect());
const STATE: Label = ("state", || LaneState::ALL.iter().map(|w| w.as_str()).collect());
const EPOCH: Label = ("result", || EpochResult::ALL.iter().map(|w| w.as_str()).collect());
const SNAPSHOT: Label = ("result", || SnapshotResult::ALL.iter().map(|w| w.as_str()).collect());
const VIEW: Label = ("view", || View::ALL.iter().map(|w| w.as_str()).collect());
const ACTIVITY: Label = ("activity", || Activity::ALL.iter().map(|w| w.as_str()).collect());
const VERSION: Label = ("version", || vec![env!("CARGO_PKG_VERSION")]);

/// Seconds: from a commit that waits for nothing to the transaction's time-out.
const SECONDS: [f64; 13] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];
/// Records: powers of 4 up to the bound of an epoch.
const RECORDS: [f64; 9] = [1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0];

/// Makes a metric of its kind, with every word of every label at 0.
trait Declare {
    fn declare(name: &str, help: String, labels: &[Label], buckets: &[f64]) -> prometheus::Result<Self>
    where
        Self: Sized;
}

impl Declare for IntCounter {
    fn declare(name: &str, help: String, _: &[Label], _: &[f64]) -> prometheus::Result<Self> {
        Self::with_opts(Opts::new(name, help))
    }
}

impl Declare for Gauge {
    fn declare(name: &str, help: String, _: &[Label], _: &[f64]) -> prometheus::Result<Self> {
        Self::with_opts(Opts::new(name, help))
    }
}

impl Declare for Histogram {
    fn declare(name: &str, help: String, _: &[Label], buckets: &[f64]) -> prometheus::Result<Self> {
        Self::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))
    }
}

impl Declare for IntCounterVec {
    fn declare(name: &str, help: String, labels: &[Label], _: &[f64]) -> prometheus::Result<Self> {
        let vec = Self::new(Opts::new(name, help), &labels.iter().map(|l| l.0).collect::<Vec<_>>())?;
        for words in combinations(labels) {
            vec.with_label_values(&words);
        }
        Ok(vec)
    }
}

impl Declare for CounterVec {
    fn declare(name: &str, help: String, labels: &[Label], _: &[f64]) -> prometheus::Result<Self> {
        let vec = Self::new(Opts::new(name, help), &labels.iter().map(|l| l.0).collect::<Vec<_>>())?;
        for words in combinations(labels) {
            vec.with_label_values(&words);
        }
        Ok(vec)
    }
}

impl Declare for GaugeVec {
    fn declare(name: &str, help: String, labels: &[Label], _: &[f64]) -> prometheus::Result<Self> {
        let vec = Self::new(Opts::new(name, help), &labels.iter().map(|l| l.0).collect::<Vec<_>>())?;
        for words in combinations(labels) {
            vec.with_label_values(&words);
        }
        Ok(vec)
    }
}

/// Every choice of one word per label.
fn combinations(labels: &[Label]) -> Vec<Vec<&'static str>> {
    labels.iter().fold(vec![vec![]], |all, label| {
        let extend = |words: Vec<&'static str>| {
            (label.1)().into_iter().map(move |word| words.iter().copied().chain([word]).collect())
        };
        all.into_iter().flat_map(extend).collect()
    })
}

fn register<M: Declare + Collector + Clone + 'static>(
    registry: &Registry,
    (name, labels, buckets): (&str, &[Label], &[f64]),
    (what, alert): (&str, &str),
) -> M {
    let help = if alert.is_empty() { what.to_owned() } else { format!("{what}; alert: {alert}") };
    let metric =
        M::declare(name, help, labels, buckets).expect("a metric's name and labels are constants that a test uses");
    registry.register(Box::new(metric.clone())).expect("a metric's name is declared once");
    metric
}

/// `field: kind "name" [labels] (buckets) "what" "when to alert";`
macro_rules! table {
    ($($field:ident: $kind:ty, $name:literal [$($label:ident),*] $(buckets $buckets:ident)? $what:literal $alert:literal;)+) => {
        /// All metrics, registered.
        #[derive(Debug)]
        pub(super) struct Table { $(#[doc = $what] pub(super) $field: $kind,)+ }

        impl Table {
            pub(super) fn register(registry: &Registry) -> Self {
                Self { $($field: register(registry, ($name, &[$($label),*], &<[&[f64]]>::concat(&[$(&$buckets)?])), ($what, $alert)),)+ }
            }
        }
    };
}

table! {
    consumed: IntCounterVec, "homeqos_records_consumed_total" [INPUT] "offsets taken: delivered records plus skipped ones" "stands still while lag grows";
    folded: IntCounterVec, "homeqos_records_folded_total" [INPUT] "records that reached a customer's state" "";
    rejected: IntCounterVec, "homeqos_records_rejected_total" [INPUT, REJECT] "records that went to the dead letters" "above 1 % of the consumed over 15 min";
    late: IntCounterVec, "homeqos_records_late_total" [INPUT] "records older than every window" "above 5 % over 1 h";
    duplicate: IntCounterVec, "homeqos_records_duplicate_total" [INPUT] "records folded before" "above 20 % over 1 h";
    control: IntCounterVec, "homeqos_records_control_total" [INPUT] "skipped offsets and tombstones of unknown customers" "";
    forwarded: IntCounterVec, "homeqos_records_forwarded_total" [INPUT] "outcomes of tickets, handed to the area stage" "";
    erased: IntCounterVec, "homeqos_records_erased_total" [INPUT] "erasures, and records of erased customers" "";
    replayed: IntCounterVec, "homeqos_records_replayed_total" [INPUT] "records folded again during recovery" "";
    overtaken: IntCounterVec, "homeqos_records_overtaken_total" [INPUT] "records that retention deleted before they were read; they are among the skipped offsets" "any";
    lag_records: GaugeVec, "homeqos_lag_records" [INPUT] "records between the last committed offset and the partition's end, over all lanes" "grows for 15 min";
    event_lag_seconds: GaugeVec, "homeqos_event_lag_seconds" [INPUT] "tick minus the newest folded event time of the slowest lane" "above 300 for 10 min";
    view_rows: GaugeVec, "homeqos_view_rows" [VIEW] "rows held whole by this instance" "cells at 0";
    view_records: IntCounterVec, "homeqos_view_records_total" [VIEW] "records read into a view" "";
    view_rejected: IntCounterVec, "homeqos_view_rejected_total" [VIEW] "records of a view that could not be read" "any";
    cells_overflow: IntCounter, "homeqos_cells_overflow_total" [] "records folded without a cell because the lane's table of cells is full" "any";
    epochs: IntCounterVec, "homeqos_epochs_total" [EPOCH] "epochs, by how they ended" "aborted or unknown above 1 a minute";
    epoch_seconds: Histogram, "homeqos_epoch_seconds" [] buckets SECONDS "from an epoch's first record to its commit" "p99 above 2 s for 10 min";
    commit_seconds: Histogram, "homeqos_commit_seconds" [] buckets SECONDS "the transaction's commit alone" "p99 above 1 s for 10 min";
    epoch_records: Histogram, "homeqos_epoch_records" [] buckets RECORDS "records of one epoch" "";
    worker_seconds: CounterVec, "homeqos_worker_seconds_total" [ACTIVITY] "time of the worker threads by what they do; the share that is not idle says how near saturation is" "idle below 10 % for 15 min";
    lanes: GaugeVec, "homeqos_lanes" [STAGE, STATE] "lanes of this instance by state" "refused or paused above 0";
    rebalances: IntCounter, "homeqos_rebalances_total" [] "assignments received" "above 6 in 30 min";
    fenced: IntCounter, "homeqos_fenced_total" [] "times another member had taken over" "";
    customers: Gauge, "homeqos_customers" [] "customers with state" "falls by more than 5 % in 10 min without a change of lanes";
    state_bytes: Gauge, "homeqos_state_bytes" [] "bytes of the lanes' state, heap included" "above 80 % of the memory given";
    resident_bytes: Gauge, "homeqos_resident_bytes" [] "resident memory of the process" "";
    snapshot_age: Gauge, "homeqos_snapshot_age_seconds" [] "age of the oldest newest-snapshot among the lanes" "above 3600";
    snapshot_bytes: Gauge, "homeqos_snapshot_bytes" [] "bytes of the lanes' newest snapshots" "";
    snapshot_seconds: Gauge, "homeqos_snapshot_seconds" [] "time a lane's newest snapshot took until the store had it, the longest among the lanes" "";
    snapshots: IntCounterVec, "homeqos_snapshots_total" [SNAPSHOT] "snapshots by how they ended" "failed";
    replay_debt: Gauge, "homeqos_replay_debt_records" [] "records a recovery would replay now" "above 5 M";
    recovery_seconds: Gauge, "homeqos_recovery_seconds" [] "how long the last recovery of a lane took" "";
    replay_divergence: IntCounter, "homeqos_replay_divergence_total" [] "recorded decisions that today's code or policy would not take again" "any, except after a deployment";
    state_hash_mismatch: IntCounter, "homeqos_state_hash_mismatch_total" [] "a replayed state's hash differs from the journal's" "any with unchanged code";
    broken_invariants: IntCounter, "homeqos_broken_invariants_total" [] "assertions of the core that did not hold" "any";
    homes: GaugeVec, "homeqos_homes" [STATUS] "customers by how sure their home is" "";
    suffering: GaugeVec, "homeqos_suffering" [CAUSE] "customers with a problem at home, by diagnosed cause" "doubles within 1 h";
    felt: Gauge, "homeqos_felt" [] "customers who perceive a problem" "";
    tickets_open: GaugeVec, "homeqos_tickets_open" [CAUSE] "tickets open or taken up, of the area lanes owned" "";
    actions: IntCounterVec, "homeqos_actions_total" [KIND, TYPE] "messages committed to the actions topics" "";
    holds: IntCounterVec, "homeqos_holds_total" [HOLD] "decisions not to act, by the reason that decided" "surge";
    offers_enabled: Gauge, "homeqos_offers_enabled" [] "1 while offers may leave" "0 for 1 h";
    shadow: Gauge, "homeqos_shadow" [] "1 in --shadow" "";
    build_info: GaugeVec, "homeqos_build_info" [VERSION] "always 1" "two versions for 1 day";
    dead_letters: IntCounterVec, "homeqos_dead_letters_total" [REJECT] "records written to the dead-letter topic" "";
}
