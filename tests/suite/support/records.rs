//! Records in and out of a broker by plain clients that share nothing with the product.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::metadata::MetadataPartition;
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};

use super::broker::Broker;
use super::{now, wait_for};

const LIMIT: Duration = Duration::from_mins(1);

/// What is sent: key, value (`None`: a tombstone), and the record's own time in ms.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    pub(crate) key: Option<String>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) timestamp: Option<i64>,
    /// `None`: where the key hashes to.
    pub(crate) partition: Option<i32>,
}

impl Sent {
    pub(crate) fn new(key: &str, value: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.to_owned()), value: Some(value.into()), ..Self::default() }
    }

    pub(crate) fn tombstone(key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..Self::default() }
    }
}

/// Sends records in order, partitioned as Java clients do, and waits until all are acknowledged.
pub(crate) fn produce(broker: &Broker, topic: &str, records: impl IntoIterator<Item = Sent>) -> usize {
    let mut config = broker.client();
    config.set("partitioner", "murmur2_random").set("compression.type", "lz4").set("linger.ms", "5");
    config.set("enable.idempotence", "true").set("queue.buffering.max.messages", "200000");
    config.set("message.max.bytes", "4194304");
    let producer: ThreadedProducer<_> = config.create().expect("a producer");
    let mut sent = 0;
    for one in records {
        let mut record = BaseRecord::<str, [u8]>::to(topic);
        record.key = one.key.as_deref();
        record.payload = one.value.as_deref();
        record.timestamp = one.timestamp;
        record.partition = one.partition;
        while let Err((error, back)) = producer.send(record) {
            assert_eq!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::QueueFull), "{topic}: {error}");
            record = back;
            producer.poll(Duration::from_millis(10));
        }
        sent += 1;
    }
    producer.flush(LIMIT).expect("all records are acknowledged");
    sent
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// The topic's time, ms.
    pub(crate) timestamp: Option<i64>,
    pub(crate) key: Option<String>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: BTreeMap<String, String>,
}

impl Read {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(self.value.as_deref().unwrap_or(b"null")).expect("the value is JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Everything committed in a topic up to now, as a `read_committed` consumer sees it, by partition and offset.
pub(crate) fn read_all(broker: &Broker, topic: &str) -> Vec<Read> {
    read_as(broker, topic, "read_committed")
}

/// Everything in a topic, aborted and open transactions included.
pub(crate) fn read_uncommitted(broker: &Broker, topic: &str) -> Vec<Read> {
    read_as(broker, topic, "read_uncommitted")
}

fn read_as(broker: &Broker, topic: &str, isolation: &str) -> Vec<Read> {
    let mut config = broker.client();
    config.set("group.id", "tests-reader").set("enable.auto.commit", "false").set("isolation.level", isolation);
    config.set("enable.partition.eof", "true").set("fetch.wait.max.ms", "50");
    let consumer: BaseConsumer = config.create().expect("a consumer");
    // The last stable offset for a read_committed client, the high watermark otherwise. Markers may stand before it,
    // so a partition is read to its end when a record reaches it or when the client says it is there.
    let mut ends = BTreeMap::new();
    let mut assignment = TopicPartitionList::new();
    for partition in partitions(&consumer, topic) {
        let (low, high) = wait_for("watermarks", LIMIT, || consumer.fetch_watermarks(topic, partition, LIMIT).ok());
        if low < high {
            ends.insert(partition, high);
            assignment.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset");
        }
    }
    consumer.assign(&assignment).expect("an assignment");
    let (mut found, limit) = (Vec::new(), now() + LIMIT);
    while !ends.is_empty() {
        assert!(now() < limit, "{topic} was not read to its end: {ends:?} are missing");
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => {
                if message.offset() + 1 >= ends.get(&message.partition()).copied().unwrap_or(i64::MAX) {
                    ends.remove(&message.partition());
                }
                found.push(owned(&message));
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => drop(ends.remove(&partition)),
            Some(Err(error)) => assert!(error.rdkafka_error_code().is_some(), "{topic}: {error}"),
            None => {}
        }
    }
    found.sort_by_key(|r| (r.partition, r.offset));
    found
}

fn owned(message: &rdkafka::message::BorrowedMessage<'_>) -> Read {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let header = |h: rdkafka::message::Header<'_, &[u8]>| (h.key.to_owned(), h.value.map(text).unwrap_or_default());
    Read {
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis(),
        key: message.key().map(text),
        value: message.payload().map(<[u8]>::to_vec),
        headers: message.headers().map(|all| all.iter().map(header).collect()).unwrap_or_default(),
    }
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> Vec<i32> {
    let metadata = consumer.fetch_metadata(Some(topic), LIMIT).expect("metadata");
    let mut partitions: Vec<_> = metadata.topics()[0].partitions().iter().map(MetadataPartition::id).collect();
    assert!(!partitions.is_empty(), "there is no topic {topic}");
    partitions.sort_unstable();
    partitions
}

/// A group's committed offsets by partition, with the metadata text of each; partitions without one are left out.
pub(crate) fn committed(broker: &Broker, group: &str, topic: &str) -> BTreeMap<i32, (i64, String)> {
    let consumer: BaseConsumer = broker.client().set("group.id", group).create().expect("a consumer");
    let mut asked = TopicPartitionList::new();
    for partition in partitions(&consumer, topic) {
        asked.add_partition(topic, partition);
    }
    // The coordinator may be on its way from or to this broker.
    let answer = wait_for("committed offsets", LIMIT, || consumer.committed_offsets(asked.clone(), LIMIT).ok());
    let offset = |o: Offset| if let Offset::Offset(offset) = o { Some(offset) } else { None };
    let elements = answer.elements();
    elements.iter().filter_map(|e| Some((e.partition(), (offset(e.offset())?, e.metadata().to_owned())))).collect()
}

/// The ends of a topic's partitions as a `read_uncommitted` client sees them.
pub(crate) fn ends(broker: &Broker, topic: &str) -> BTreeMap<i32, i64> {
    let mut config = broker.client();
    let consumer: BaseConsumer = config.set("isolation.level", "read_uncommitted").create().expect("a consumer");
    // A broker that has just started may not lead yet.
    let end = |p| wait_for("watermarks", LIMIT, || consumer.fetch_watermarks(topic, p, LIMIT).ok()).1;
    partitions(&consumer, topic).into_iter().map(|p| (p, end(p))).collect()
}

/// Waits until the group has committed everything that is in the topics now.
pub(crate) fn wait_consumed(broker: &Broker, group: &str, topics: &[String], limit: Duration) {
    for topic in topics {
        let ends = ends(broker, topic);
        wait_for(&format!("{group} to commit {topic} up to {ends:?}"), limit, || {
            let done = committed(broker, group, topic);
            ends.iter().all(|(p, end)| *end == 0 || done.get(p).is_some_and(|(o, _)| o >= end)).then_some(())
        });
    }
}
