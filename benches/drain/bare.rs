//! The baselines: two plain consumers that read the same records, and, the second time, decode them.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use homeqos::ingest::{Input, Mapping, decode};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};

use super::support::broker::Broker;
use super::support::{now, records};

const CONSUMERS: usize = 2;

thread_local! {
    static IDENTITY: Mapping = Mapping::identity();
}

/// Decodes a probe as the product does.
pub(crate) fn decode_probe(message: &BorrowedMessage<'_>) {
    IDENTITY.with(|mapping| {
        black_box(decode(Input::Probes, message.key(), message.payload(), mapping).expect("a good probe"));
    });
}

/// Records a second from `from` to the ends, by two consumers of half the partitions each. The clock begins with the
/// assignment: what is fetched ahead counts too.
pub(crate) fn drain(broker: &Broker, topic: &str, from: &BTreeMap<i32, i64>, each: fn(&BorrowedMessage<'_>)) -> f64 {
    let ends = records::ends(broker, topic);
    let consumers: Vec<(BaseConsumer, TopicPartitionList, i64)> = (0..CONSUMERS)
        .map(|number| {
            let mut mine = TopicPartitionList::new();
            let mut left = 0;
            for (partition, end) in ends.iter().filter(|(p, _)| **p as usize % CONSUMERS == number) {
                let start = from.get(partition).copied().unwrap_or(0);
                mine.add_partition_offset(topic, *partition, Offset::Offset(start)).expect("an offset");
                left += end - start;
            }
            let mut config = broker.client();
            config.set("group.id", "bare").set("enable.auto.commit", "false").set("fetch.queue.backoff.ms", "2");
            config.set("queued.max.messages.kbytes", "262144").set("queued.min.messages", "1000000");
            let consumer: BaseConsumer = config.create().expect("a consumer");
            (consumer, mine, left)
        })
        .collect();
    let total: i64 = consumers.iter().map(|(.., left)| left).sum();
    let spans: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = consumers
            .into_iter()
            .map(|(consumer, mine, mut left)| {
                scope.spawn(move || {
                    let began = now();
                    consumer.assign(&mine).expect("an assignment");
                    while left > 0 {
                        let Some(message) = consumer.poll(Duration::from_secs(30)) else { panic!("nothing comes") };
                        let message = message.expect("a record");
                        each(&message);
                        left -= 1;
                    }
                    (began, now())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let begin = spans.iter().map(|span| span.0).min().expect("two spans");
    let end = spans.iter().map(|span| span.1).max().expect("two spans");
    total as f64 / end.duration_since(begin).as_secs_f64()
}
