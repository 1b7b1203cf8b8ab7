//! A worker: one thread, one consumer, one producer, and its lanes. Shell.
//!
//! Round by round: serve the group, take back restored lanes, fold, and when the epoch's time has come commit what all
//! lanes have done in one transaction. While an epoch is not known to have committed nothing is folded beyond it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, SyncSender};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use super::area::AreaSeat;
use super::clock::{self, now};
use super::engine::{Exit, Shared};
use super::feed::Feed;
use super::intake::Intake;
use super::kafka::TransactionalProducer;
use super::lane::{CustomerLane, Env, Feeds};
use super::membership::{GroupConsumer, Membership, leave};
use super::metrics::{Activity, LaneStage, LaneState, Metrics};
use super::registry::Question;
use super::restorer::{Back, Restorer};
use super::store::Uploaded;
use super::world;
use crate::limits::EPOCH_RECORDS_MAX;
use crate::units::Lane;

/// Records folded of one lane before the next lane's turn.
const TURN: usize = 1024;

/// An idle worker looks around at least this often.
const NAP: Duration = Duration::from_millis(10);

/// A worker whose lanes wait for another worker's lanes looks again after this long.
const WAIT: Duration = Duration::from_millis(1);

/// A customer lane's place at a worker: its queues, and the lane once it is there.
#[derive(Debug)]
pub struct Seat {
    pub feeds: Feeds,
    pub lane: Option<Box<CustomerLane>>,
    pub state: LaneState,
}

/// An area lane's place at a worker.
#[derive(Debug)]
pub struct AreaPlace {
    pub feed: Feed<Membership>,
    pub lane: Option<Box<AreaSeat>>,
}

/// A lane that was taken away, with the time at which it is forgotten.
#[derive(Debug)]
pub struct Parked {
    pub lane: Box<CustomerLane>,
    pub until: Instant,
}

/// A worker and all that is its own.
pub struct Worker {
    pub(super) number: u16,
    /// Signs what it commits: no other worker of any process has this name.
    pub(super) name: String,
    pub(super) shared: Arc<Shared>,
    pub(super) intake: Intake,
    pub(super) consumer: Arc<GroupConsumer>,
    /// `None` after a transaction of unknown outcome: a new one must fence the old one first.
    pub(super) producer: Option<TransactionalProducer>,
    /// The new producer has fenced the old one, and nobody has yet looked which epochs are there.
    pub(super) doubt: bool,
    /// Since when a lane that the group has not yet taken away is known to have another owner.
    pub(super) overtaken_at: Option<Instant>,
    pub(super) restorer: Restorer,
    pub(super) seats: BTreeMap<Lane, Seat>,
    pub(super) areas: BTreeMap<u16, AreaPlace>,
    pub(super) parked: BTreeMap<Lane, Parked>,
    pub(super) world: world::Copy,
    pub(super) mailbox: SyncSender<Question>,
    pub(super) questions: Receiver<Question>,
    pub(super) done: Sender<Uploaded>,
    pub(super) uploads: Receiver<Uploaded>,
    /// When the first record of the open epoch was folded.
    pub(super) began: Option<Instant>,
    /// A failed attempt is not repeated before this.
    pub(super) again_at: Option<Instant>,
    pub(super) joined: bool,
    pub(super) figures_at: Instant,
    pub(super) exit: Option<Exit>,
    /// Grows with every assignment and revocation.
    pub(super) generation: u64,
}

/// Where a worker's time goes.
struct Spent<'m> {
    metrics: &'m Metrics,
    since: Instant,
}

impl<'m> Spent<'m> {
    fn begin(metrics: &'m Metrics) -> Self {
        Self { metrics, since: now() }
    }

    /// The time since the last call was spent on this.
    fn on(&mut self, activity: Activity) {
        let now = now();
        self.metrics.worked(activity, now.duration_since(self.since).as_secs_f64());
        self.since = now;
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Worker {
    /// Works until told to stop, or until it cannot go on. However it ends, the group is left in order: a client that is
    /// dropped while it waits for an answer of ours would hold the process up for ever.
    pub fn run(mut self) -> Result<Exit> {
        let worked =
            catch_unwind(AssertUnwindSafe(|| self.work_on())).unwrap_or_else(|_| Err(anyhow!("it has panicked")));
        // One worker that ends ends the instance: its lanes are dealt to others only when the process goes.
        self.shared.failed.store(true, Ordering::Release);
        if let Err(error) = &worked {
            tracing::error!(worker = self.number, "the worker cannot go on, and the instance ends: {error:#}");
        }
        let exit = self.exit.take().unwrap_or(Exit::Clean);
        self.close();
        worked.map(|()| exit)
    }

    fn work_on(&mut self) -> Result<()> {
        let metrics = Arc::clone(&self.shared.metrics);
        let mut spent = Spent::begin(&metrics);
        while self.exit.is_none() {
            self.serve_group()?;
            self.take_back();
            if self.shared.stopping() {
                self.finish();
                break;
            }
            if self.is_sending() {
                self.send()?;
                spent.on(Activity::Commit);
                continue;
            }
            self.between_epochs();
            spent.on(Activity::Upkeep);
            let nap = self.fold();
            spent.on(Activity::Fold);
            if self.is_due(nap.is_none()) {
                self.cut(false);
                self.send()?;
                spent.on(Activity::Commit);
            } else if let Some(nap) = nap {
                std::thread::park_timeout(nap);
                spent.on(Activity::Idle);
            }
        }
        Ok(())
    }

    /// Folds a turn of every lane; answers how long nothing more is expected, `None` if there may be more at once.
    fn fold(&mut self) -> Option<Duration> {
        let env = env(&self.shared, &self.world, &self.intake);
        let (mut busy, mut waits, mut folded) = (false, false, false);
        for seat in self.seats.values_mut() {
            let Some(lane) = &mut seat.lane else { continue };
            let round = lane.fold(&seat.feeds, &env, TURN);
            busy |= round.more;
            waits |= round.waits;
            folded |= round.records > 0 || lane.tick(&env) || lane.has_bad_cells(&env);
        }
        for place in self.areas.values_mut() {
            let Some(lane) = &mut place.lane else { continue };
            busy |= lane.fold(&place.feed, &env, TURN).more;
            lane.tick(&env);
            folded |= lane.is_dirty();
        }
        if folded && self.began.is_none() {
            self.began = Some(now());
        }
        (!busy).then_some(if waits { WAIT } else { NAP })
    }

    /// Whether the open epoch is to be cut: its time is up, it has grown to the bound of memory, or it spans so much of
    /// the inputs' time that the neighbourhood is to hear of it.
    fn is_due(&self, busy: bool) -> bool {
        let Some(began) = self.began else { return false };
        let lanes = || self.seats.values().filter_map(|seat| seat.lane.as_ref());
        let full = || lanes().map(|lane| lane.draft_records()).sum::<u64>() >= EPOCH_RECORDS_MAX as u64;
        let long = || lanes().any(|lane| lane.draft_is_long(self.shared.settings.time));
        let (age, epoch) = (now().duration_since(began), self.shared.settings.epoch);
        age >= epoch || (busy && full()) || (age >= epoch / 8 && long())
    }

    /// Cuts what every lane has folded. `announce`: also where there is only a snapshot to tell of.
    pub(super) fn cut(&mut self, announce: bool) {
        let env = env(&self.shared, &self.world, &self.intake);
        for lane in self.seats.values_mut().filter_map(|seat| seat.lane.as_mut()) {
            lane.cut(&env, &self.world.offsets, &self.shared.stamp, announce);
        }
        for lane in self.areas.values_mut().filter_map(|place| place.lane.as_mut()) {
            lane.cut(&env, &self.shared.settings.topics.area_counts);
        }
    }

    /// Puts restored lanes to work.
    fn take_back(&mut self) {
        while let Some((generation, back)) = self.restorer.back() {
            // What was ordered before the lanes were dealt anew may have been overtaken by another owner.
            if generation != self.generation {
                continue;
            }
            match back {
                Back::Resumed(lane) => self.work(lane),
                Back::Restored(start) => {
                    let lane = CustomerLane::new(*start, self.shared.settings.time, now());
                    self.work(Box::new(lane));
                }
                Back::Area(loaded) => {
                    if let Some(place) = self.areas.get_mut(&loaded.partition) {
                        let partition = Lane(loaded.partition);
                        place.lane = Some(Box::new(AreaSeat::new(*loaded, now())));
                        self.shared.registry.put(LaneStage::Area, partition, LaneState::Running, &self.mailbox);
                    }
                }
                Back::Refused(lane, why) => self.refused(lane, &why),
            }
        }
    }

    fn work(&mut self, mut lane: Box<CustomerLane>) {
        let Some(seat) = self.seats.get_mut(&lane.lane) else { return };
        lane.rewind(self.shared.settings.time);
        self.shared.registry.put(LaneStage::Customer, lane.lane, LaneState::Running, &self.mailbox);
        seat.state = LaneState::Running;
        seat.lane = Some(lane);
    }

    fn refused(&mut self, lane: Lane, why: &str) {
        tracing::error!(lane = lane.0, "{why}");
        if let Some(seat) = self.seats.get_mut(&lane) {
            seat.state = LaneState::Refused;
        }
        self.shared.registry.put(LaneStage::Customer, lane, LaneState::Refused, &self.mailbox);
        if self.shared.registry.all_refused() {
            self.exit = Some(Exit::Refused(why.to_owned()));
        }
    }

    /// Gives everything back.
    fn close(mut self) {
        if self.joined {
            self.shared.registry.left();
        }
        // The queues hold the consumer; it closes when the last of them is gone.
        self.seats.clear();
        self.areas.clear();
        self.producer = None;
        if !leave(self.consumer) {
            tracing::warn!(
                "the group was not left in order: the client does not close; its lanes move when the session ends"
            );
        }
    }
}

/// What lanes read while they fold.
pub(super) fn env<'a>(shared: &'a Shared, world: &'a world::Copy, intake: &'a Intake) -> Env<'a> {
    Env {
        world: &world.world,
        policy: &shared.policy,
        intake,
        time: shared.settings.time,
        shadow: shared.settings.shadow,
        offers_enabled: shared.registry.offers_enabled.load(Ordering::Relaxed),
        wall: clock::wall(),
        now: now(),
        instance_clock: &shared.instance_clock,
        alignment: &shared.alignment,
        lag: &shared.lag,
        bad_cells: &shared.views.bad_cells,
    }
}
