//! The thread that brings a worker's lanes back, so that those at work go on meanwhile. Shell.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::area::{self, Loaded};
use super::clock::now;
use super::lane::{CustomerLane, Start};
use super::recovery::Recovery;
use super::refusal::Failed;
use super::settings::Settings;
use super::world::Views;
use crate::units::Lane;

/// What a worker asks for.
#[derive(Debug)]
pub enum Order {
    /// The lane, which may be the parked one where nobody else has written since.
    Lane {
        lane: Lane,
        parked: Option<Box<CustomerLane>>,
    },
    Area(u16),
}

/// What comes back.
#[derive(Debug)]
pub enum Back {
    /// The parked lane may go on.
    Resumed(Box<CustomerLane>),
    Restored(Box<Start>),
    Area(Box<Loaded>),
    /// It must not go on; the sentence says why.
    Refused(Lane, String),
}

/// A worker's end of the thread.
#[derive(Debug)]
pub struct Restorer {
    orders: Sender<(u64, Order)>,
    back: Receiver<(u64, Back)>,
    /// Of the newest order: older ones are of an assignment that no longer is.
    newest: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

/// After a failure that may pass, the next attempt waits this long.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

struct Restoring {
    recovery: Recovery,
    settings: Arc<Settings>,
    views: Arc<Views>,
    newest: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    /// Lanes made again for an assignment that ended meanwhile: the next one may ask for them too.
    kept: BTreeMap<Lane, Box<Start>>,
}

impl Restorer {
    /// Starts the thread; `worker` is woken when something comes back.
    pub fn start(recovery: Recovery, views: Arc<Views>, name: String, worker: Thread) -> std::io::Result<Self> {
        let (orders, inbox) = channel::<(u64, Order)>();
        let (send, back) = channel();
        let (newest, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let restoring = Restoring {
            settings: Arc::clone(&recovery.settings),
            recovery,
            views,
            newest: Arc::clone(&newest),
            stop: Arc::clone(&stop),
            kept: BTreeMap::new(),
        };
        std::thread::Builder::new().name(name).spawn(move || restoring.work(&inbox, &send, &worker))?;
        Ok(Self { orders, back, newest, stop })
    }

    /// Asks for a lane. What comes back carries the same `generation`.
    pub fn order(&self, generation: u64, order: Order) {
        // The thread ends only with this handle.
        let _ = self.orders.send((generation, order));
        // Afterwards: who finds its own order to be over finds the next one in the queue.
        self.newest.fetch_max(generation, Ordering::Release);
    }

    /// What has come back since the last call.
    pub fn back(&self) -> Option<(u64, Back)> {
        self.back.try_recv().ok()
    }
}

impl Drop for Restorer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}

impl Restoring {
    /// Serves one order after the other, those that are over left out.
    fn work(mut self, inbox: &Receiver<(u64, Order)>, send: &Sender<(u64, Back)>, worker: &Thread) {
        let mut next = inbox.recv().ok();
        while let Some((generation, order)) = next {
            match self.serve(generation, order) {
                None if self.stopped() => return,
                None => {}
                Some(Back::Restored(start)) if self.is_over(generation) => drop(self.kept.insert(start.lane, start)),
                Some(done) => {
                    if send.send((generation, done)).is_err() {
                        return;
                    }
                    worker.unpark();
                }
            }
            next = inbox.try_recv().ok().or_else(|| {
                self.kept.clear();
                inbox.recv().ok()
            });
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Whether the lanes have been dealt anew since.
    fn is_over(&self, generation: u64) -> bool {
        self.newest.load(Ordering::Acquire) > generation
    }

    /// `None` when the worker no longer wants it, or nothing any more.
    fn serve(&mut self, generation: u64, order: Order) -> Option<Back> {
        let mut parked = match order {
            Order::Area(partition) => return self.area(generation, partition),
            Order::Lane { lane, parked } => (lane, parked),
        };
        loop {
            if self.stopped() || self.is_over(generation) {
                return None;
            }
            let (lane, began) = (parked.0, now());
            match self.lane(lane, &mut parked.1) {
                Ok(back) => return Some(back),
                Err(Failed::Refused(why)) => return Some(Back::Refused(lane, why)),
                Err(Failed::Later(error)) => {
                    tracing::warn!(lane = lane.0, "not restored yet: {error:#}");
                    self.again(began);
                }
            }
        }
    }

    fn lane(&mut self, lane: Lane, parked: &mut Option<Box<CustomerLane>>) -> Result<Back, Failed> {
        if let Some(kept) = parked.as_ref().map(|lane| lane.number) {
            let committed = self.recovery.committed(lane)?;
            if committed.epoch.unwrap_or(0) == kept
                && let Some(lane) = parked.take()
            {
                tracing::info!(lane = lane.lane.0, epoch = kept, "lane resumed");
                return Ok(Back::Resumed(lane));
            }
            *parked = None;
        }
        if let Some(kept) = self.kept.remove(&lane)
            && self.recovery.committed(lane)?.epoch.unwrap_or(0) == kept.number
        {
            return Ok(Back::Restored(kept));
        }
        // The views stand before any lane folds: what is judged is judged by the inventory and the verdicts.
        while !self.views.loaded() {
            if self.stopped() {
                return Err(Failed::Later(anyhow::anyhow!("the worker ends")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let world = self.views.copy().world;
        Ok(Back::Restored(Box::new(self.recovery.restore(lane, &world)?)))
    }

    /// After a failed attempt. One that has taken so long has asked in vain: who has not been answered for the life of any
    /// transaction asks with a new client.
    fn again(&mut self, began: Instant) {
        if now().duration_since(began) >= self.settings.transaction_timeout * 2 {
            self.recovery.renew();
        }
        std::thread::sleep(AGAIN_AFTER);
    }

    fn area(&mut self, generation: u64, partition: u16) -> Option<Back> {
        loop {
            if self.stopped() || self.is_over(generation) {
                return None;
            }
            let began = now();
            match area::load(&self.settings, &self.recovery.readers.second, partition) {
                Ok(loaded) => return Some(Back::Area(Box::new(loaded))),
                Err(error) => {
                    tracing::warn!(area_lane = partition, "not loaded yet: {error:#}");
                    self.again(began);
                }
            }
        }
    }
}
