//! Where epochs are cut, snapshots are taken or a lane is lost changes nothing that comes out.
//!
//! One lane folds a simulated town once straight through. Then the same records are folded in pieces: after every piece
//! the lane is written, dropped and restored, from slices of a snapshot that was begun earlier and finished while
//! folding went on, its recorded decisions replayed from there. Every message, decision, count and view, and the hash
//! of the state, must be the same.

use std::collections::VecDeque;

use homeqos::act::{IdKey, Ids};
use homeqos::ingest::Observation;
use homeqos::pipeline::{LaneState, Mode, Policy, Report, RuleBook, Tape, World};
use homeqos::sim::{Town, TownSpec};
use homeqos::units::{Lane, Zone};
use proptest::prelude::*;

struct Stage {
    policy: Policy,
    world: World,
    records: Vec<Observation>,
}

fn stage(seed: u64) -> Stage {
    let spec = TownSpec { customers: 100, days: 17, deep_indoor_share: 0.3, ..TownSpec::demo(seed) };
    let town = Town::build(&spec);
    let zone = Zone::named(&spec.zone).expect("the town's zone");
    let mut rules = RuleBook::default();
    rules.decide.holdout_share = 0.2;
    let policy = Policy::new("cuts", zone, rules, Ids::new(IdKey::new([9; 32])));
    let (world, records) = crate::support::town::decoded(&town);
    Stage { policy, world, records }
}

/// All that a lane said, in order, and what it is in the end.
#[derive(Debug, PartialEq)]
struct Said {
    actions: Vec<String>,
    decisions: Vec<String>,
    counts: Vec<String>,
    views: Vec<String>,
    hash: [u8; 16],
}

impl Said {
    fn new() -> Self {
        Self { actions: vec![], decisions: vec![], counts: vec![], views: vec![], hash: [0; 16] }
    }

    fn take(&mut self, report: &mut Report) {
        self.actions.extend(report.actions.drain(..).map(|action| format!("{action:?}")));
        self.decisions.extend(report.decisions.drain(..).map(|decision| format!("{decision:?}")));
        let count = |row: homeqos::pipeline::CountRow| format!("{} {:?}", row.key, row.value);
        self.counts.extend(report.counts.drain(..).map(count));
        report.clear();
    }

    fn finish(&mut self, lane: &LaneState, stage: &Stage) {
        let mut ids: Vec<_> = lane.customers().collect();
        ids.sort();
        self.views =
            ids.iter().map(|id| lane.view(id, &stage.world, &stage.policy).expect("known").to_string()).collect();
        self.hash = lane.hash();
    }
}

fn fold(lane: &mut LaneState, records: &[Observation], stage: &Stage, report: &mut Report) {
    for record in records {
        lane.step(record, &stage.world, &stage.policy, &mut Tape::Live(Mode::default()), report);
        lane.tell_counts(report);
    }
}

fn straight(stage: &Stage) -> Said {
    let (mut said, mut report) = (Said::new(), Report::default());
    let mut lane = LaneState::new(Lane(0), 1, &stage.policy);
    fold(&mut lane, &stage.records, stage, &mut report);
    said.take(&mut report);
    said.finish(&lane, stage);
    said
}

/// Folds up to `cut` with a snapshot begun at `begun`; then the lane is lost and rebuilt from the snapshot and the
/// recorded decisions.
fn crash(lane: LaneState, piece: &[Observation], begun: usize, stage: &Stage, said: &mut Said) -> LaneState {
    let (mut lane, mut report, mut bytes) = (lane, Report::default(), Vec::new());
    fold(&mut lane, &piece[..begun], stage, &mut report);
    said.take(&mut report);
    lane.snapshot_begin();
    let mut recorded = VecDeque::new();
    for record in &piece[begun..] {
        fold(&mut lane, std::slice::from_ref(record), stage, &mut report);
        lane.snapshot_slice(200, &mut bytes);
        recorded.extend(report.decisions.iter().cloned());
        said.take(&mut report);
    }
    while !lane.snapshot_slice(1 << 20, &mut bytes) {}
    let lost = lane.hash();
    let mut lane = LaneState::restore(Lane(0), 1, &bytes).expect("a snapshot restores");
    for record in &piece[begun..] {
        let mut tape = Tape::Replay(&mut recorded);
        lane.step(record, &stage.world, &stage.policy, &mut tape, &mut report);
    }
    lane.counts_were_told();
    assert_eq!(report.divergences, 0, "the same code decides the same");
    assert!(recorded.is_empty(), "every recorded decision was applied: {recorded:?}");
    assert_eq!(lane.hash(), lost, "replayed state");
    lane
}

#[test]
fn any_cut_into_epochs_and_crashes_says_the_same() {
    let stage = stage(11);
    let whole = straight(&stage);
    let (actions, decisions) = (whole.actions.len(), whole.decisions.len());
    assert!(
        actions > 0 && decisions > 5,
        "the town gives something to decide: {actions} actions, {decisions} decisions"
    );
    let cuts = proptest::collection::vec((0.0..1.0f64, 0.0..1.0f64), 1..6);
    proptest!(ProptestConfig { cases: 4, ..ProptestConfig::default() }, |(mut cuts in cuts)| {
        cuts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut said = Said::new();
        let mut lane = LaneState::new(Lane(0), 1, &stage.policy);
        let mut from = 0;
        for (cut, begun) in cuts.into_iter().chain([(1.0, 0.5)]) {
            let to = ((stage.records.len() as f64 * cut) as usize).max(from);
            let piece = &stage.records[from..to];
            lane = crash(lane, piece, (piece.len() as f64 * begun) as usize, &stage, &mut said);
            from = to;
        }
        said.finish(&lane, &stage);
        prop_assert_eq!(&said.actions, &whole.actions);
        prop_assert_eq!(&said.decisions, &whole.decisions);
        prop_assert_eq!(&said.views, &whole.views);
        prop_assert_eq!(said.hash, whole.hash);
    });
}
