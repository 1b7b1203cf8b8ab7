//! The second telling: a deployment on the same grid as `pipeline::Instance`, that is lost at the end of every epoch.
//!
//! At a crash each lane is dropped and rebuilt as recovery does it: the newest snapshot, the runs since (records and
//! ticks), the recorded decisions applied and none taken. The area stage is rebuilt from what its two compacted topics
//! hold, judges once, and goes on. What was said before the crash is said; nothing may be said twice or be missing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use homeqos::act::ticket;
use homeqos::cli::replay::{FileRecord, Said as Line, Tallies};
use homeqos::ingest::Observation;
use homeqos::neighbourhood::{AreaLane, AreaReport, AreaRow, Context, CountKey, CountRecord, Switch, outcome_key};
use homeqos::pipeline::{Fate, LaneState, Mode, Policy, Report, Tape, World};
use homeqos::units::{AreaId, Lane, Millis, Minute, Partitioner};
use serde_json::{Value, json};

use super::story::Story;
use super::telling::{Said, headers, mode, until};

/// A snapshot is taken at every third epoch's end, so that recoveries replay up to three epochs.
const SNAPSHOT_EPOCHS: usize = 3;

/// An item of a journal's runs.
enum Run {
    Record(Observation),
    Tick(Millis),
}

/// A lane, and what would survive it.
struct Kept {
    state: LaneState,
    snapshot: Vec<u8>,
    runs: Vec<Run>,
    decisions: VecDeque<homeqos::decide::Decision>,
}

struct Deployment {
    policy: Policy,
    mode: Mode,
    world: World,
    lanes: Vec<Kept>,
    areas: AreaLane,
    /// What the compacted topics of the area stage hold.
    counts: BTreeMap<String, CountRecord>,
    rows: BTreeMap<AreaId, AreaRow>,
    reached: Option<Minute>,
    clock: Option<Millis>,
    said: Said,
}

/// Tells the records of a story with a crash at the end of every epoch.
pub(super) fn tell(story: &Story, records: &[FileRecord]) -> Said {
    let mut deployment = Deployment::new(story);
    let until = until(story);
    let (mut in_epoch, mut epochs) = (0, 0);
    for record in records {
        if until.is_some_and(|until| record.ts.is_some_and(|ts| ts > until)) {
            continue;
        }
        deployment.take(record);
        in_epoch += 1;
        if in_epoch == story.epoch_records {
            (in_epoch, epochs) = (0, epochs + 1);
            deployment.crash(epochs % SNAPSHOT_EPOCHS == 0);
        }
    }
    deployment.crash(false);
    assert!(epochs > 2, "{}: {epochs} epochs are hardly a test; make `epoch_records` smaller", story.folder.display());
    if let Some(until) = until.or(deployment.clock) {
        deployment.advance(until.minute());
        deployment.clock = deployment.clock.max(Some(until));
    }
    deployment.finish()
}

fn lane_of(key: &str, lanes: usize) -> usize {
    usize::from(Partitioner::Murmur2.partition(key.as_bytes(), lanes as u16))
}

impl Deployment {
    fn new(story: &Story) -> Self {
        let policy = story.config().policy(Story::key());
        let lane = |lane| {
            let state = LaneState::new(Lane(lane), story.lanes, &policy);
            Kept { snapshot: state.to_bytes(), state, runs: Vec::new(), decisions: VecDeque::new() }
        };
        let lanes = (0..story.lanes).map(lane).collect();
        Self {
            mode: mode(story),
            world: World::default(),
            lanes,
            policy,
            areas: AreaLane::default(),
            counts: BTreeMap::new(),
            rows: BTreeMap::new(),
            reached: None,
            clock: None,
            said: Said { actions: vec![], decisions: vec![], views: vec![], accounts: Tallies::default() },
        }
    }

    fn take(&mut self, record: &FileRecord) {
        let fate = match &record.said {
            Ok(Line::Cell(id, cell)) => {
                self.world.cells.apply(id, cell.as_deref().cloned().map(Arc::new));
                Fate::Folded
            }
            Ok(Line::Keyed(observation)) => self.push(observation),
            Err(rejection) => Fate::Rejected(rejection.clone()),
        };
        self.said.accounts.count(record.input, &fate);
    }

    fn push(&mut self, observation: &Observation) -> Fate {
        if let Some(ts) = observation.ts() {
            self.advance(ts.minute());
            self.clock = self.clock.max(Some(ts));
        }
        let (at, mut report) = (lane_of(observation.key(), self.lanes.len()), Report::default());
        let lane = &mut self.lanes[at];
        let mut tape = Tape::Live(self.mode);
        let fate = lane.state.step(observation, &self.world, &self.policy, &mut tape, &mut report);
        lane.state.tell_counts(&mut report);
        lane.runs.push(Run::Record(observation.clone()));
        lane.decisions.extend(report.decisions.iter().cloned());
        self.absorb(report);
        fate
    }

    /// As `Instance::advance`: minutes at which nothing is due are passed over.
    fn advance(&mut self, to: Minute) {
        let Some(mut at) = self.reached.replace(to.max(self.reached.unwrap_or(to))) else { return self.tick(to) };
        while at < to {
            let lanes = self.lanes.iter().filter_map(|lane| lane.state.next_due()).min();
            let next = [lanes, self.areas.next_due()].into_iter().flatten().min().unwrap_or(to);
            at = next.max(at.plus(1)).min(to);
            self.tick(at);
        }
    }

    fn tick(&mut self, now: Minute) {
        let mut all = Report::default();
        for lane in &mut self.lanes {
            let (mut report, mut tape) = (Report::default(), Tape::Live(self.mode));
            lane.state.tick(now.start(), &self.world, &self.policy, &mut tape, &mut report);
            lane.state.tell_counts(&mut report);
            lane.runs.push(Run::Tick(now.start()));
            lane.decisions.extend(report.decisions.iter().cloned());
            all.actions.append(&mut report.actions);
            all.decisions.append(&mut report.decisions);
            all.counts.append(&mut report.counts);
            all.forwards.append(&mut report.forwards);
        }
        self.absorb(all);
        self.judge(|areas, context, report| areas.tick(now, context, report));
    }

    fn absorb(&mut self, report: Report) {
        for action in &report.actions {
            self.act(action);
        }
        let decisions = report.decisions.iter().map(|decision| serde_json::to_value(decision).expect("JSON"));
        self.said.decisions.extend(decisions);
        for row in report.counts {
            if let Some(CountKey::Lane { lane, .. }) = CountKey::parse(&row.key) {
                self.count(row.key, CountRecord::Count { area: row.area, lane, count: row.value.map(Box::new) });
            }
        }
        for forward in report.forwards {
            let (area, action_id) = (forward.area, forward.outcome.action_id.clone());
            let key = outcome_key(&area, &action_id);
            self.count(key, CountRecord::Outcome { area, action_id, outcome: Some(forward.outcome) });
        }
    }

    /// A record of the counts topic: kept as compaction keeps it, and folded.
    fn count(&mut self, key: String, record: CountRecord) {
        self.counts.insert(key, record.clone());
        self.judge(|areas, context, report| areas.fold(record, context, report));
    }

    fn judge(&mut self, judge: impl FnOnce(&mut AreaLane, &Context<'_>, &mut AreaReport)) {
        let (policy, mut report) = (&self.policy, AreaReport::default());
        if policy.area.stage == Switch::Off {
            return;
        }
        let name = |area: &str, cause: &str, scope: &str, since: &str| policy.ids.ticket(area, cause, scope, since);
        let (cells, view) = (&self.world.cells, &self.world.areas);
        let context = Context { cells, view, rules: &policy.area, zone: &policy.zone, name_ticket: &name };
        judge(&mut self.areas, &context, &mut report);
        for key in &report.tombstones {
            self.counts.remove(key);
        }
        for (area, row) in report.rows {
            match &row {
                Some(row) => drop(self.rows.insert(area.clone(), row.clone())),
                None => drop(self.rows.remove(&area)),
            }
            self.world.areas.apply(&area, row.map(Arc::new));
        }
        let messages: Vec<_> =
            report.tickets.iter().map(|message| ticket(message, &policy.deployment, policy.hash())).collect();
        for action in &messages {
            self.act(action);
        }
    }

    fn act(&mut self, action: &homeqos::act::Action) {
        let value: Value = serde_json::from_str(&action.body).expect("a body is JSON");
        self.said.actions.push(json!({"key": action.key, "headers": headers(&action.headers), "value": value}));
    }

    /// Everything is lost but what is in topics and stores.
    fn crash(&mut self, snapshot: bool) {
        for at in 0..self.lanes.len() {
            self.recover(at);
            if snapshot {
                let lane = &mut self.lanes[at];
                lane.snapshot = lane.state.to_bytes();
                lane.runs.clear();
                lane.decisions.clear();
            }
        }
        let (counts, rows) = (self.counts.clone(), self.rows.clone());
        self.areas = AreaLane::default();
        self.judge(|areas, context, report| {
            for record in counts.into_values() {
                areas.load_count(record, report);
            }
            for (area, row) in rows {
                areas.load_row(&area, Some(row));
            }
            areas.judge_all(context, report);
        });
    }

    fn recover(&mut self, at: usize) {
        let lanes = self.lanes.len() as u16;
        let lane = &mut self.lanes[at];
        let mut state = LaneState::restore(Lane(at as u16), lanes, &lane.snapshot).expect("a snapshot restores");
        let (mut recorded, mut report) = (lane.decisions.clone(), Report::default());
        for run in &lane.runs {
            let mut tape = Tape::Replay(&mut recorded);
            match run {
                Run::Record(record) => {
                    state.step(record, &self.world, &self.policy, &mut tape, &mut report);
                }
                Run::Tick(now) => state.tick(*now, &self.world, &self.policy, &mut tape, &mut report),
            }
        }
        state.counts_were_told();
        assert!(recorded.is_empty(), "recorded decisions that were not applied: {recorded:?}");
        assert_eq!(report.divergences, 0, "the same code decides the same");
        lane.state = state;
    }

    fn finish(mut self) -> Said {
        for lane in &self.lanes {
            let mut ids: Vec<_> = lane.state.customers().collect();
            ids.sort_unstable();
            let views = ids.into_iter().filter_map(|id| lane.state.view(id, &self.world, &self.policy));
            self.said.views.extend(views);
        }
        self.said
    }
}
