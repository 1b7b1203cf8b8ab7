//! A worker's membership of the group: what the group asks of it, and how it ends. Shell.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;

use super::kafka::{give_back, tells_our_log};

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
    /// The client has been told to close.
    closing: AtomicBool,
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

    fn note(&self, event: GroupEvent) {
        self.owed.store(true, Ordering::Release);
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push_back(event);
        self.waiting.store(true, Ordering::Release);
    }
}

tells_our_log!(Membership);

impl ConsumerContext for Membership {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let assigned = code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(Ordering::Acquire) {
            // A client that was told to close asks to revoke what it has, and waits for the answer. It does not wait for
            // that to an assignment it had asked for before: it may be gone by then, and an answer to a client that is
            // gone never comes back (librdkafka issue 4884).
            if !assigned && !consumer.closed() {
                give_back(consumer);
            }
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
    // What the group has asked, heard or not, is answered while the client still takes answers.
    for _ in 0..LAST_WORDS {
        let heard = consumer.poll(Duration::ZERO).is_some();
        match membership.event() {
            // Nothing is taken. The client rests with that; handed back, it would ask the group again.
            Some(GroupEvent::Assigned(_)) => {
                if let Err(error) = consumer.assign(&TopicPartitionList::new()) {
                    tracing::debug!(%error, "the group's last word could not be answered");
                }
            }
            None if !membership.owed.load(Ordering::Acquire) => {
                if heard {
                    continue;
                }
                break;
            }
            _ => give_back(&consumer),
        }
        membership.answered();
    }
    membership.closing.store(true, Ordering::Release);
    let (closed, told) = channel::<()>();
    let closing = std::thread::Builder::new().name("closing".to_owned()).spawn(move || {
        drop(consumer);
        drop(closed);
    });
    closing.is_err() || told.recv_timeout(CLOSES_WITHIN) != Err(RecvTimeoutError::Timeout)
}
