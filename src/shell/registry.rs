//! Who owns which lane in this process, and how to ask him. Shell.
//!
//! Workers put their lanes here as they come and go; HTTP reads them and leaves questions in a worker's mailbox, to be
//! answered between two epochs.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

use dashmap::DashMap;
use serde_json::Value;
use tokio::sync::oneshot;

use super::http::{Ask, LaneStatus, Lanes};
use super::metrics::{LaneStage, LaneState};
use crate::units::{Lane, Partitioner};

/// A question about a customer, for the worker that owns him.
#[derive(Debug)]
pub struct Question {
    pub lane: Lane,
    pub customer: String,
    pub answer: oneshot::Sender<Option<Value>>,
}

#[derive(Debug)]
struct Entry {
    state: LaneState,
    mailbox: SyncSender<Question>,
}

/// The lanes of this process.
#[derive(Debug)]
pub struct Registry {
    lanes: DashMap<(LaneStage, Lane), Entry>,
    /// Partitions of the keyed inputs; 0 until they are known.
    partitions: AtomicU16,
    /// How keys are spread; `None`: anyhow, so every lane must be asked.
    partitioner: Option<Partitioner>,
    pub offers_enabled: AtomicBool,
    /// Workers that have joined the group and live.
    working: AtomicUsize,
    workers: AtomicUsize,
    /// A worker has ended: by order, or in trouble.
    ended: AtomicBool,
}

impl Registry {
    #[must_use]
    pub fn new(partitioner: Option<Partitioner>, offers_enabled: bool) -> Self {
        Self {
            lanes: DashMap::new(),
            partitions: AtomicU16::new(0),
            partitioner,
            offers_enabled: AtomicBool::new(offers_enabled),
            working: AtomicUsize::new(0),
            workers: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        }
    }

    /// How many lanes there are in all, and how many workers this process means to have.
    pub fn expect(&self, partitions: u16, workers: usize) {
        self.partitions.store(partitions, Ordering::Relaxed);
        self.workers.store(workers, Ordering::Relaxed);
    }

    /// A worker has joined the group for the first time.
    pub fn joined(&self) {
        self.working.fetch_add(1, Ordering::Relaxed);
    }

    /// A worker that had joined has ended.
    pub fn left(&self) {
        self.working.fetch_sub(1, Ordering::Relaxed);
        self.ended.store(true, Ordering::Relaxed);
    }

    pub fn put(&self, stage: LaneStage, lane: Lane, state: LaneState, mailbox: &SyncSender<Question>) {
        self.lanes.insert((stage, lane), Entry { state, mailbox: mailbox.clone() });
    }

    pub fn remove(&self, stage: LaneStage, lane: Lane) {
        self.lanes.remove(&(stage, lane));
    }

    /// The lanes of a stage that this process owns.
    #[must_use]
    pub fn owned(&self, stage: LaneStage) -> Vec<Lane> {
        self.lanes.iter().filter(|entry| entry.key().0 == stage).map(|entry| entry.key().1).collect()
    }

    /// Whether every customer lane that this process owns is refused: there is nothing left to work for. A worker that has
    /// not joined yet may still bring lanes that are not.
    #[must_use]
    pub fn all_refused(&self) -> bool {
        if self.working.load(Ordering::Relaxed) < self.workers.load(Ordering::Relaxed) {
            return false;
        }
        let mut customer = self.lanes.iter().filter(|entry| entry.key().0 == LaneStage::Customer).peekable();
        customer.peek().is_some() && customer.all(|entry| entry.state == LaneState::Refused)
    }

    fn ask_lane(&self, lane: Lane, customer: &str) -> Ask {
        let Some(entry) = self.lanes.get(&(LaneStage::Customer, lane)) else {
            return Ask::Elsewhere { lane: lane.0 };
        };
        if !matches!(entry.state, LaneState::Running | LaneState::Paused) {
            return Ask::Restoring { lane: lane.0 };
        }
        let (answer, receive) = oneshot::channel();
        match entry.mailbox.try_send(Question { lane, customer: customer.to_owned(), answer }) {
            Ok(()) => Ask::Sent(receive),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Ask::Busy,
        }
    }
}

impl Lanes for Registry {
    fn statuses(&self) -> Vec<LaneStatus> {
        let status = |stage: LaneStage, lane: Lane, state: LaneState| LaneStatus {
            stage: stage.as_str(),
            lane: lane.0,
            state: state.as_str(),
            ready: matches!(state, LaneState::Running | LaneState::Parked),
        };
        let mut all: Vec<_> = self.lanes.iter().map(|e| status(e.key().0, e.key().1, e.value().state)).collect();
        all.sort_unstable_by_key(|status| (status.stage, status.lane));
        all
    }

    fn offers_enabled(&self) -> bool {
        self.offers_enabled.load(Ordering::Relaxed)
    }

    fn alive(&self) -> bool {
        !self.ended.load(Ordering::Relaxed)
    }

    fn joined(&self) -> bool {
        let workers = self.workers.load(Ordering::Relaxed);
        workers > 0 && self.working.load(Ordering::Relaxed) >= workers
    }

    fn ask(&self, customer: &str) -> Ask {
        let partitions = self.partitions.load(Ordering::Relaxed);
        // With `trust` nobody can tell the lane from the key: with one lane here it is that one's.
        let lane = match self.partitioner {
            Some(partitioner) => Lane(partitioner.partition(customer.as_bytes(), partitions)),
            None => self.owned(LaneStage::Customer).first().copied().unwrap_or(Lane(0)),
        };
        self.ask_lane(lane, customer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    fn registry() -> Registry {
        let registry = Registry::new(Some(Partitioner::Murmur2), true);
        registry.expect(1, 1);
        registry
    }

    #[test]
    fn a_question_goes_to_the_lanes_owner_once_the_lane_runs_and_the_mailbox_has_room() {
        let registry = registry();
        let (mailbox, questions) = sync_channel(1);
        assert!(matches!(registry.ask("C1"), Ask::Elsewhere { lane: 0 }));
        registry.put(LaneStage::Customer, Lane(0), LaneState::Restoring, &mailbox);
        assert!(matches!(registry.ask("C1"), Ask::Restoring { lane: 0 }));
        registry.put(LaneStage::Customer, Lane(0), LaneState::Running, &mailbox);
        assert!(matches!(registry.ask("C1"), Ask::Sent(_)));
        assert_eq!(questions.recv().unwrap().customer, "C1");
        assert!(matches!(registry.ask("C1"), Ask::Sent(_)));
        assert!(matches!(registry.ask("C2"), Ask::Busy));
    }

    #[test]
    fn a_process_is_joined_once_all_its_workers_are_and_lives_until_one_ends() {
        let registry = registry();
        assert!(registry.alive() && !Lanes::joined(&registry));
        registry.joined();
        assert!(registry.alive() && Lanes::joined(&registry));
        registry.left();
        assert!(!registry.alive() && !Lanes::joined(&registry));
    }

    #[test]
    fn a_process_has_nothing_to_do_when_all_its_lanes_are_refused_and_only_then() {
        let registry = registry();
        let (mailbox, _questions) = sync_channel(1);
        assert!(!registry.all_refused());
        registry.put(LaneStage::Customer, Lane(0), LaneState::Refused, &mailbox);
        registry.put(LaneStage::Area, Lane(0), LaneState::Running, &mailbox);
        assert!(!registry.all_refused(), "a worker is still on its way to the group");
        registry.joined();
        assert!(registry.all_refused());
        registry.put(LaneStage::Customer, Lane(1), LaneState::Running, &mailbox);
        assert!(!registry.all_refused());
    }
}
