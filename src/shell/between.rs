//! What a worker does between two epochs: the view brought up to date, questions answered, snapshots, figures; and
//! the orderly end. Shell.

use std::time::Duration;

use super::clock::{self, Deadline, now};
use super::draft;
use super::journal::Offsets;
use super::lane::CustomerLane;
use super::metrics::{LaneFigures, LaneStage, LaneState, SnapshotResult};
use super::snapshot_file::Header;
use super::store::Uploaded;
use super::worker::Worker;
use crate::ingest::Input;
use crate::units::{Causes, Lane};

/// Questions answered between two epochs.
const ANSWERS: usize = 64;

/// The lanes' figures are told this often.
const FIGURES_EVERY: Duration = Duration::from_secs(1);

/// Snapshots kept of a lane.
const KEPT: usize = 2;

/// A stop has 30 s: this much for the last epoch, and this much for the last snapshots.
const LAST_EPOCH: Duration = Duration::from_secs(8);
const LAST_SNAPSHOTS: Duration = Duration::from_secs(15);

impl Worker {
    /// To be called while nothing is folded that has not committed.
    pub(super) fn between_epochs(&mut self) {
        if self.began.is_some() {
            return;
        }
        self.shared.views.update(&mut self.world);
        self.answer();
        self.collect_uploads();
        self.unpark_expired();
        self.snapshots();
        if now().duration_since(self.figures_at) >= FIGURES_EVERY {
            self.figures_at = now();
            self.tell_figures();
        }
    }

    fn answer(&mut self) {
        for question in self.questions.try_iter().take(ANSWERS) {
            let lane = self.seats.get(&question.lane).and_then(|seat| seat.lane.as_ref());
            // A sender that is dropped tells that the lane is gone.
            let Some(lane) = lane else { continue };
            let view = lane.state.view(&question.customer, &self.world.world, &self.shared.policy);
            let _ = question.answer.send(view);
        }
    }

    fn collect_uploads(&mut self) {
        while let Ok(uploaded) = self.uploads.try_recv() {
            self.uploaded(&uploaded);
        }
    }

    fn uploaded(&mut self, uploaded: &Uploaded) {
        let lane = self.seats.get_mut(&uploaded.lane).and_then(|seat| seat.lane.as_mut());
        let Some(lane) = lane else { return };
        let counts = lane.snapshots.ended(uploaded, self.shared.snapshots.id(), now());
        match &uploaded.result {
            Ok(()) if counts => {
                self.shared.metrics.snapshot(SnapshotResult::Written);
                tracing::info!(
                    lane = uploaded.lane.0,
                    bytes = uploaded.bytes,
                    path = uploaded.path,
                    "snapshot written"
                );
                let (group, stamp) = (&self.shared.settings.group, &self.shared.stamp);
                drop(self.shared.snapshots.prune(uploaded.lane, KEPT, group, stamp));
            }
            Ok(()) => {}
            Err(error) => {
                self.shared.metrics.snapshot(SnapshotResult::Failed);
                tracing::warn!(lane = uploaded.lane.0, "snapshot failed: {error:#}");
            }
        }
    }

    /// Writes slices of the snapshots under way, and begins the one that is due.
    fn snapshots(&mut self) {
        let settings = &self.shared.settings;
        let mut lanes: Vec<&mut Box<CustomerLane>> =
            self.seats.values_mut().filter_map(|seat| seat.lane.as_mut()).collect();
        let mut writing = false;
        for lane in &mut lanes {
            let CustomerLane { snapshots, state, .. } = &mut ***lane;
            snapshots.slice(state);
            writing |= snapshots.is_writing();
        }
        if writing {
            return;
        }
        let owed: u64 = lanes.iter().map(|lane| lane.snapshots.debt()).sum();
        let bound = settings.snapshot_records / u64::from(self.shared.workers.max(1));
        let at = now();
        let due = |lane: &CustomerLane| {
            lane.snapshots.is_due(at, settings.snapshot_after) || (owed >= bound && lane.snapshots.may_begin(at))
        };
        let next = lanes.iter_mut().filter(|lane| due(lane)).max_by_key(|lane| lane.snapshots.debt());
        if let Some(lane) = next {
            let header = header(&self.shared, lane);
            let CustomerLane { snapshots, state, .. } = &mut ***lane;
            snapshots.begin(state, header, &self.shared.snapshots, self.done.clone(), at);
        }
    }

    /// The lanes' present figures, for the metrics.
    pub(super) fn tell_figures(&mut self) {
        self.tell_overtaken();
        for (lane, seat) in &mut self.seats {
            let paused = seat.lane.as_ref().is_some_and(|lane| lane.paused.is_some());
            if paused && seat.state != LaneState::Paused {
                seat.state = LaneState::Paused;
                self.shared.registry.put(LaneStage::Customer, *lane, LaneState::Paused, &self.mailbox);
            }
            let mut figures = LaneFigures::new(seat.state);
            if let Some(there) = &seat.lane {
                fill(&mut figures, there);
                figures.lag_records = self.shared.lag.records(*lane, there.cursor());
                figures.event_lag_seconds = event_lag(there);
            }
            self.shared.metrics.lane(LaneStage::Customer, *lane, figures);
        }
        for (partition, place) in &self.areas {
            let state = if place.lane.is_some() { LaneState::Running } else { LaneState::Restoring };
            let mut figures = LaneFigures::new(state);
            if let Some(there) = &place.lane {
                figures.recovery_seconds = there.took.as_secs_f64();
                figures.tickets_open = self.tickets_open(*partition);
            }
            self.shared.metrics.lane(LaneStage::Area, Lane(*partition), figures);
        }
    }

    /// What retention took before it was read.
    fn tell_overtaken(&mut self) {
        for (lane, there) in self.seats.iter_mut().filter_map(|(lane, seat)| Some((lane, seat.lane.as_mut()?))) {
            let Some(seen) = self.shared.lag.seen(*lane) else { continue };
            let lost = there.overtaken.lost(&seen);
            for (input, records) in Input::KEYED.into_iter().zip(lost).filter(|(_, records)| *records > 0) {
                self.shared.metrics.overtaken(input, records);
                tracing::error!(
                    lane = lane.0,
                    topic = self.shared.settings.topic(input),
                    records,
                    "records were deleted before they were read: retention has overtaken the lane; keep them longer \
                     (retention.ms, retention.bytes) or add an instance"
                );
            }
        }
    }

    /// Open tickets of an area lane by cause, as the view of the areas has them.
    fn tickets_open(&self, partition: u16) -> Causes<u64> {
        let mut open = Causes::default();
        let mine = |area: &str| draft::area_partition(area, self.shared.stamp.area_lanes) == partition;
        for row in self.world.world.areas.ticketed().filter(|row| mine(&row.area)) {
            row.verdicts.iter().filter(|v| v.has_open_ticket()).for_each(|v| open[v.cause.index()] += 1);
        }
        open
    }

    /// The orderly end: what is folded commits, what is committed is snapshotted, and the journal says so.
    pub(super) fn finish(&mut self) {
        let deadline = Deadline::after(LAST_EPOCH);
        self.cut(false);
        self.send_until(deadline);
        if self.is_sending() {
            tracing::warn!(worker = self.number, "the last epoch did not commit; it is made again at the next start");
            return;
        }
        let mut awaited = 0;
        for seat in self.seats.values_mut() {
            let Some(lane) = &mut seat.lane else { continue };
            // One under way of this very epoch is the last one: it only has to be waited for.
            if !lane.snapshots.is_writing_of(lane.number) {
                lane.snapshots.give_up();
                if !lane.snapshots.may_begin(now() + LAST_SNAPSHOTS * 4) {
                    continue;
                }
                let header = header(&self.shared, lane);
                let CustomerLane { snapshots, state, .. } = &mut **lane;
                snapshots.begin(state, header, &self.shared.snapshots, self.done.clone(), now());
            }
            let CustomerLane { snapshots, state, .. } = &mut **lane;
            snapshots.finish(state);
            awaited += 1;
        }
        let deadline = Deadline::after(LAST_SNAPSHOTS);
        while awaited > 0 && !deadline.passed() {
            // Uploads that were given up above end too.
            let Ok(uploaded) = self.uploads.recv_timeout(deadline.left()) else { break };
            let ours = self
                .seats
                .get(&uploaded.lane)
                .is_some_and(|s| s.lane.as_ref().is_some_and(|l| l.snapshots.is_writing()));
            self.uploaded(&uploaded);
            let open = self
                .seats
                .get(&uploaded.lane)
                .is_some_and(|s| s.lane.as_ref().is_some_and(|l| l.snapshots.is_writing()));
            awaited -= usize::from(ours && !open);
        }
        self.cut(true);
        self.send_until(Deadline::after(Duration::from_secs(3)));
    }

    fn send_until(&mut self, deadline: Deadline) {
        while self.is_sending() && !deadline.passed() {
            let sent = self.send().and_then(|()| self.serve_group());
            if let Err(error) = sent {
                tracing::warn!(worker = self.number, "{error:#}");
                return;
            }
            if self.exit.is_some() {
                return;
            }
        }
    }
}

fn header(shared: &super::engine::Shared, lane: &CustomerLane) -> Header {
    Header {
        cluster: shared.stamp.cluster.clone(),
        topics: shared.stamp.inputs.clone(),
        group: shared.settings.group.clone(),
        lane: lane.lane,
        lanes: shared.stamp.lanes,
        epoch: lane.number,
        ends: Offsets(lane.cursor()),
        journal: lane.journal,
        policy: shared.stamp.policy.clone(),
        code: shared.stamp.code.clone(),
        key: shared.stamp.key.clone(),
        written_at: clock::wall().0,
        mode: lane.words(),
    }
}

fn fill(figures: &mut LaneFigures, lane: &CustomerLane) {
    let census = lane.state.census();
    figures.customers = census.customers;
    for (status, customers) in &census.homes {
        figures.homes[*status as usize] = *customers;
    }
    figures.suffering = census.suffering;
    figures.felt = census.felt;
    figures.state_bytes = census.state_bytes;
    figures.snapshot_at = lane.snapshots.at;
    figures.snapshot_bytes = lane.snapshots.bytes;
    figures.snapshot_seconds = lane.snapshots.took.as_secs_f64();
    figures.replay_debt = lane.snapshots.debt();
    figures.recovery_seconds = lane.recovery.as_secs_f64();
}

/// Clock minus the newest folded time of each input that is not read to its end.
fn event_lag(lane: &CustomerLane) -> [f64; Input::KEYED.len()] {
    let wall = clock::wall();
    let mut lag = [0.0; Input::KEYED.len()];
    for input in Input::KEYED {
        if let Some(newest) = lane.newest[input.index()].filter(|_| !lane.at_end(input)) {
            lag[input.index()] = (wall.since(newest).max(0) as f64) / 1000.0;
        }
    }
    lag
}
