//! One partition as its lane reads it. Shell.
//!
//! Every partition has a queue of its own, so that a lane can take the next record of one input and leave another's
//! where it is, librdkafka bounds what is fetched ahead, and the end of a partition is told for that partition. The
//! queues are split off *before* the partitions are assigned: then nothing of them reaches the consumer's own queue.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;

/// What a partition had to say.
#[derive(Debug, PartialEq, Eq)]
pub enum Polled<T> {
    Record(T),
    /// Read to its end, as far as is committed.
    End,
    Nothing,
    /// A failure that concerns the whole consumer.
    Failed(KafkaError),
}

/// A partition's queue.
pub struct Feed<C: ConsumerContext> {
    queue: PartitionQueue<C>,
}

impl<C: ConsumerContext> std::fmt::Debug for Feed<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Feed")
    }
}

impl<C: ConsumerContext> Feed<C> {
    /// Splits the partition off the consumer's queue; call it before the partition is assigned. `wake` is called when
    /// something comes into the empty queue, from a thread of librdkafka's.
    #[must_use]
    pub fn split(
        consumer: &Arc<BaseConsumer<C>>,
        topic: &str,
        partition: i32,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Option<Self> {
        let mut queue = consumer.split_partition_queue(topic, partition)?;
        queue.set_nonempty_callback(wake);
        Some(Self { queue })
    }

    /// The next record, read by `read` while librdkafka holds it.
    pub fn poll<T>(&self, wait: Duration, read: impl FnOnce(&BorrowedMessage<'_>) -> T) -> Polled<T> {
        match self.queue.poll(wait) {
            None => Polled::Nothing,
            Some(Ok(message)) => Polled::Record(read(&message)),
            Some(Err(KafkaError::PartitionEOF(_))) => Polled::End,
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => Polled::Failed(error),
            Some(Err(error)) => {
                // The client goes on by itself: it reconnects, looks for the leader, asks again.
                tracing::debug!(%error, "a partition cannot be read at the moment");
                Polled::Nothing
            }
        }
    }

    /// The next record that is here by now. An end is told only where nothing lies behind it: each fetch that caught up
    /// with the writers has left one in the queue, however many have followed since.
    pub fn next<T>(&self, mut read: impl FnMut(&BorrowedMessage<'_>) -> T) -> Polled<T> {
        past_ends(|| self.poll(Duration::ZERO, &mut read))
    }
}

fn past_ends<T>(mut poll: impl FnMut() -> Polled<T>) -> Polled<T> {
    let mut ended = false;
    loop {
        match poll() {
            Polled::End => ended = true,
            Polled::Nothing if ended => return Polled::End,
            polled => return polled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is polled one after another from a queue that holds `queue`.
    fn polled(queue: &[Polled<u8>]) -> Vec<Polled<u8>> {
        let mut queue = queue.iter().map(|polled| match polled {
            Polled::Record(record) => Polled::Record(*record),
            _ => Polled::End,
        });
        let mut next = || past_ends(|| queue.next().unwrap_or(Polled::Nothing));
        let mut seen = Vec::new();
        loop {
            match next() {
                Polled::Nothing => return seen,
                polled => seen.push(polled),
            }
        }
    }

    #[test]
    fn an_end_is_told_only_where_nothing_lies_behind_it() {
        use Polled::{End, Record};
        assert_eq!(polled(&[]), []);
        assert_eq!(polled(&[End]), [End]);
        assert_eq!(polled(&[Record(1), End, Record(2), End, End, Record(3)]), [Record(1), Record(2), Record(3)]);
        assert_eq!(polled(&[End, Record(1), End]), [Record(1), End]);
        assert_eq!(polled(&[Record(1), End, End]), [Record(1), End]);
    }
}
