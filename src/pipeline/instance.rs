//! A whole deployment in one process without a broker: all lanes and the area stage on the one-minute grid. Pure.
//!
//! What `replay`, the scenarios and the properties run. Records come in merged order; the greatest time folded is
//! the tick. At every minute that is crossed the lanes evaluate and publish, the area stage judges, and its verdicts
//! are seen by the lanes from the next minute on.

use std::sync::Arc;

use super::lane::LaneState;
use super::policy::{Policy, World};
use super::report::{Fate, Report, Tape};
use crate::act::{Action, ticket};
use crate::decide::{Decision, Mode};
use crate::ingest::{Cell, Observation};
use crate::neighbourhood::{AreaLane, AreaReport, Context, CountKey, CountRecord, Switch};
use crate::units::{CellId, Lane, Millis, Minute, Partitioner};

/// The deployment.
#[derive(Debug)]
pub struct Instance {
    policy: Policy,
    mode: Mode,
    partitioner: Partitioner,
    lanes: Vec<LaneState>,
    areas: AreaLane,
    world: World,
    /// The minute up to which all is evaluated.
    reached: Option<Minute>,
    /// The greatest time folded.
    clock: Option<Millis>,
    report: Report,
    /// Messages and decisions not yet taken, in order.
    actions: Vec<Action>,
    decisions: Vec<Decision>,
}

impl Instance {
    #[must_use]
    pub fn new(policy: Policy, lanes: u16, partitioner: Partitioner, mode: Mode) -> Self {
        Self {
            mode,
            partitioner,
            lanes: (0..lanes).map(|lane| LaneState::new(Lane(lane), lanes, &policy)).collect(),
            policy,
            areas: AreaLane::default(),
            world: World::default(),
            reached: None,
            clock: None,
            report: Report::default(),
            actions: Vec::new(),
            decisions: Vec::new(),
        }
    }

    /// A row of the inventory, or its removal.
    pub fn cell(&mut self, id: &CellId, cell: Option<Cell>) {
        self.world.cells.apply(id, cell.map(Arc::new));
    }

    /// The lane a key belongs to.
    #[must_use]
    pub fn lane_of(&self, key: &str) -> Lane {
        Lane(self.partitioner.partition(key.as_bytes(), self.lanes.len() as u16))
    }

    /// Folds one record.
    pub fn push(&mut self, observation: &Observation) -> Fate {
        if let Some(ts) = observation.ts() {
            self.advance(ts.minute());
            self.clock = self.clock.max(Some(ts));
        }
        let lane = self.lane_of(observation.key());
        let (world, policy) = (&self.world, &self.policy);
        let mut tape = Tape::Live(self.mode);
        let state = &mut self.lanes[usize::from(lane.0)];
        let fate = state.step(observation, world, policy, &mut tape, &mut self.report);
        state.tell_counts(&mut self.report);
        if !self.report.is_empty() {
            self.absorb();
        }
        fate
    }

    /// Lets time pass up to `until`.
    pub fn run_until(&mut self, until: Millis) {
        self.advance(until.minute());
        self.clock = self.clock.max(Some(until));
    }

    fn advance(&mut self, to: Minute) {
        let Some(mut at) = self.reached else {
            self.reached = Some(to);
            self.tick(to);
            return;
        };
        while at < to {
            let lanes = self.lanes.iter().filter_map(LaneState::next_due).min();
            let next = [lanes, self.areas.next_due()].into_iter().flatten().min();
            let Some(next) = next.map(|next| next.max(at.plus(1))).filter(|next| *next < to) else { break };
            self.tick(next);
            at = next;
        }
        if at < to {
            self.tick(to);
        }
        self.reached = self.reached.max(Some(to));
    }

    /// One minute of the grid: lanes, then areas.
    fn tick(&mut self, now: Minute) {
        for lane in &mut self.lanes {
            lane.tick(now.start(), &self.world, &self.policy, &mut Tape::Live(self.mode), &mut self.report);
            lane.tell_counts(&mut self.report);
        }
        self.absorb();
        if self.policy.area.stage == Switch::On {
            let mut report = AreaReport::default();
            self.areas.tick(now, &area_context(&self.world, &self.policy, &name(&self.policy)), &mut report);
            self.absorb_areas(report);
        }
    }

    /// Sorts what the lanes reported to where it goes.
    fn absorb(&mut self) {
        let report = std::mem::take(&mut self.report);
        self.actions.extend(report.actions);
        self.decisions.extend(report.decisions);
        if self.policy.area.stage == Switch::Off {
            return;
        }
        let mut areas = AreaReport::default();
        let counts = report.counts.into_iter().filter_map(|row| {
            let Some(CountKey::Lane { lane, .. }) = CountKey::parse(&row.key) else { return None };
            Some(CountRecord::Count { area: row.area, lane, count: row.value.map(Box::new) })
        });
        let outcomes = report.forwards.into_iter().map(|f| CountRecord::Outcome {
            area: f.area,
            action_id: f.outcome.action_id.clone(),
            outcome: Some(f.outcome),
        });
        for record in counts.chain(outcomes) {
            let namer = name(&self.policy);
            self.areas.fold(record, &area_context(&self.world, &self.policy, &namer), &mut areas);
        }
        self.absorb_areas(areas);
    }

    fn absorb_areas(&mut self, report: AreaReport) {
        for (area, row) in report.rows {
            self.world.areas.apply(&area, row.map(Arc::new));
        }
        let policy = &self.policy;
        self.actions.extend(report.tickets.iter().map(|message| ticket(message, &policy.deployment, policy.hash())));
    }

    /// The actions since the last call, in order.
    pub fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// The decisions since the last call, in order.
    pub fn take_decisions(&mut self) -> Vec<Decision> {
        std::mem::take(&mut self.decisions)
    }

    #[must_use]
    pub fn lanes(&self) -> &[LaneState] {
        &self.lanes
    }

    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    #[must_use]
    pub fn clock(&self) -> Option<Millis> {
        self.clock
    }

    /// Views of all customers, by lane and id.
    pub fn views(&self) -> impl Iterator<Item = serde_json::Value> {
        self.lanes.iter().flat_map(|lane| {
            let mut ids: Vec<_> = lane.customers().collect();
            ids.sort_unstable();
            ids.into_iter().filter_map(|id| lane.view(id, &self.world, &self.policy))
        })
    }
}

fn name(policy: &Policy) -> impl Fn(&str, &str, &str, &str) -> String {
    |area, cause, scope, since| policy.ids.ticket(area, cause, scope, since)
}

fn area_context<'a>(
    world: &'a World,
    policy: &'a Policy,
    name_ticket: &'a dyn Fn(&str, &str, &str, &str) -> String,
) -> Context<'a> {
    Context { cells: &world.cells, view: &world.areas, rules: &policy.area, zone: &policy.zone, name_ticket }
}
