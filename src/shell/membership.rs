//! A worker's membership of the group: what the group asks of it, and how it ends. Shell.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;

use super::kafka::{give_back, tell, tell_error};

/// The consumer of a worker.
pub type GroupConsumer = BaseConsumer<Membership>;

/// How long a worker's consumer may take to close.
const CLOSES_WITHIN: Duration = Duration::from_secs(5);

/// Of the group and of errors, heard before the client is told to close: far more than there can be.
const LAST_WORDS: usize = 1_000;

/// What the group did to this member. The callback only notes it: the worker does what it needs first, and then
/// assigns or unassigns, which is what lets the group go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupEvent {
    Assigned(Vec<(String, i32)>),
    /// `lost`: the group has gone on without us, nothing can be committed any more.
    Revoked {
        lost: bool,
    },
}

/// A worker's membership of the group.
#[derive(Debug, Default)]
pub struct Membership {
    events: Mutex<VecDeque<GroupEvent>>,
    waiting: AtomicBool,
    /// An event was noted, and neither `assign` nor `unassign` has followed: the client waits for one of them, and tells
    /// no other event until then.
    owed: AtomicBool,
    /// The worker is leaving: whatever the group asks for is granted at once.
    leaving: AtomicBool,
    /// The client has been told to close.
    closing: AtomicBool,
    /// The group has asked for something since this was last looked at.
    asked: AtomicBool,
}

impl Membership {
    /// The next event, in order.
    pub fn event(&self) -> Option<GroupEvent> {
        if !self.waiting.load(Ordering::Acquire) {
            return None;
        }
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let event = events.pop_front();
        self.waiting.store(!events.is_empty(), Ordering::Release);
        event
    }

    /// To be called after `assign` or `unassign`: the event is answered.
    pub fn answered(&self) {
        self.owed.store(false, Ordering::Release);
    }

    /// Lets the group go on without a lane for us.
    ///
    /// A client that was told to close asks to revoke what it has, and waits for the answer. It does not wait for that
    /// to an assignment it had asked for before: it may be gone by then, and an answer to a client that is gone never
    /// comes back (librdkafka issue 4884).
    fn grant(&self, consumer: &BaseConsumer<Self>, assigned: bool) {
        let done = match (assigned, self.closing.load(Ordering::Acquire)) {
            (true, false) => consumer.assign(&TopicPartitionList::new()),
            (false, false) => consumer.unassign(),
            (false, true) if !consumer.closed() => consumer.unassign(),
            (_, true) => Ok(()),
        };
        if let Err(error) = done {
            tracing::debug!(%error, "the group's last word could not be answered");
        }
    }

    fn note(&self, event: GroupEvent) {
        self.owed.store(true, Ordering::Release);
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push_back(event);
        self.waiting.store(true, Ordering::Release);
    }
}

impl ClientContext for Membership {
    fn stats(&self, _: Statistics) {}

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tell(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tell_error(&error, reason);
    }
}

impl ConsumerContext for Membership {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let assigned = code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        self.asked.store(true, Ordering::Release);
        if self.leaving.load(Ordering::Acquire) {
            self.grant(consumer, assigned);
        } else if assigned {
            let named = partitions.elements().iter().map(|p| (p.topic().to_owned(), p.partition())).collect();
            self.note(GroupEvent::Assigned(named));
        } else {
            let failed = code != RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS;
            self.note(GroupEvent::Revoked { lost: failed || consumer.assignment_lost() });
        }
    }
}

/// Closes the consumer; answers whether it closed in time. It is not waited for for ever: the client asks the group for a
/// last word, and where that does not come the process is to end all the same. A static member is known by its name when
/// it comes back. Whatever else holds the consumer, as its partitions' queues do, is to be dropped before.
pub fn leave(consumer: Arc<GroupConsumer>) -> bool {
    let membership = consumer.context();
    membership.leaving.store(true, Ordering::Release);
    if membership.owed.load(Ordering::Acquire) {
        give_back(&consumer);
    }
    // What the group has asked and nobody has heard yet is answered while the client still takes answers.
    for _ in 0..LAST_WORDS {
        membership.asked.store(false, Ordering::Release);
        if consumer.poll(Duration::ZERO).is_none() && !membership.asked.load(Ordering::Acquire) {
            break;
        }
    }
    membership.closing.store(true, Ordering::Release);
    let (closed, told) = channel::<()>();
    let closing = std::thread::Builder::new().name("closing".to_owned()).spawn(move || {
        drop(consumer);
        drop(closed);
    });
    closing.is_err() || told.recv_timeout(CLOSES_WITHIN) != Err(RecvTimeoutError::Timeout)
}
