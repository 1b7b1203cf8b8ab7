//! The Kafka clients of the engine and what they are told. Shell.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, ProducerContext};

use super::membership::{GroupConsumer, Membership};
use super::settings::Settings;

/// Tells the log of this context's client to ours, and its statistics to nobody: the default prints them whole.
macro_rules! tells_our_log {
    ($context:ty) => {
        impl rdkafka::client::ClientContext for $context {
            fn stats(&self, _: rdkafka::statistics::Statistics) {}

            fn log(&self, level: rdkafka::config::RDKafkaLogLevel, facility: &str, message: &str) {
                $crate::shell::kafka::tell(level, facility, message);
            }

            fn error(&self, error: rdkafka::error::KafkaError, reason: &str) {
                $crate::shell::kafka::tell_error(&error, reason);
            }
        }
    };
}
pub(super) use tells_our_log;

/// A client of whom nothing but its log is asked.
#[derive(Debug, Default)]
pub struct Quiet;

pub(super) fn tell(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::error!(facility, "{message}");
        }
        RDKafkaLogLevel::Warning => tracing::warn!(facility, "{message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(facility, "{message}"),
        RDKafkaLogLevel::Debug => tracing::debug!(facility, "{message}"),
    }
}

pub(super) fn tell_error(error: &KafkaError, reason: &str) {
    // The end of a partition is told as an error, and is none.
    if error.rdkafka_error_code() != Some(RDKafkaErrorCode::PartitionEOF) {
        tracing::warn!(%error, "{reason}");
    }
}

tells_our_log!(Quiet);

impl ConsumerContext for Quiet {}

/// Notes where journal records came to lie, and whether any delivery failed.
#[derive(Debug, Default)]
pub struct Deliveries {
    /// (token, offset) of records sent with a token other than 0.
    placed: Mutex<Vec<(usize, i64)>>,
    failed: AtomicU64,
}

impl Deliveries {
    /// Takes what was noted since the last call.
    pub fn take(&self) -> Vec<(usize, i64)> {
        std::mem::take(&mut *self.placed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Deliveries that failed so far.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Acquire)
    }
}

tells_our_log!(Deliveries);

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, token: usize) {
        use rdkafka::message::Message as _;
        match result {
            Ok(message) if token != 0 => {
                let mut placed = self.placed.lock().unwrap_or_else(PoisonError::into_inner);
                placed.push((token, message.offset()));
            }
            Ok(_) => {}
            Err(_) => {
                self.failed.fetch_add(1, Ordering::AcqRel);
            }
        }
    }
}

pub type Reader = BaseConsumer<Quiet>;
pub type TransactionalProducer = BaseProducer<Deliveries>;

/// How a partition that a reader has drained tells more records from the end, and how long an idle fetch waits: it
/// bounds how late an input's end is known, hence how long a record waits for its elders.
const FETCH_WAIT: Duration = Duration::from_millis(50);

/// The properties every client shares.
#[must_use]
pub fn base(settings: &Settings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.extend(settings.properties.iter().map(|(name, value)| (name.clone(), value.clone())));
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("client.id", format!("homeqos-{}", settings.instance))
        .set("topic.metadata.refresh.interval.ms", "30000")
        .set("reconnect.backoff.max.ms", "1000");
    config
}

fn fetching(config: &mut ClientConfig, queue_kib: u32) {
    config
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", FETCH_WAIT.as_millis().to_string())
        .set("fetch.queue.backoff.ms", "2")
        .set("fetch.message.max.bytes", "1048576")
        .set("queued.min.messages", "100000")
        .set("queued.max.messages.kbytes", queue_kib.to_string());
}

/// The consumer of a worker: a static member with `range` assignment, reading what is committed.
///
/// `queue_kib` bounds what is fetched ahead of one partition.
pub fn group_consumer(settings: &Settings, worker: u16, queue_kib: u32) -> KafkaResult<GroupConsumer> {
    let mut config = base(settings);
    fetching(&mut config, queue_kib);
    let heartbeat = (settings.session_timeout.as_millis() / 5).clamp(100, 3_000);
    config
        .set("group.id", &settings.group)
        .set("group.instance.id", settings.member(worker))
        .set("group.protocol", "classic")
        .set("partition.assignment.strategy", "range")
        .set("isolation.level", "read_committed")
        .set("session.timeout.ms", settings.session_timeout.as_millis().to_string())
        .set("heartbeat.interval.ms", heartbeat.to_string())
        .set("max.poll.interval.ms", settings.max_poll_interval.as_millis().to_string());
    config.create_with_context(Membership::default())
}

/// A consumer that is no member of the group: for recovery, the shared views, and questions. With `committed` it
/// reads what is committed and answers last stable offsets, otherwise high watermarks.
pub fn reader(settings: &Settings, committed: bool, queue_kib: u32) -> KafkaResult<Reader> {
    let mut config = base(settings);
    fetching(&mut config, queue_kib);
    config
        .set("group.id", &settings.group)
        .set("isolation.level", if committed { "read_committed" } else { "read_uncommitted" });
    config.create_with_context(Quiet)
}

/// Ends a consumer's reading; it may be assigned anew.
pub fn give_back<C: ConsumerContext>(consumer: &BaseConsumer<C>) {
    if let Err(error) = consumer.unassign() {
        tracing::debug!(%error, "partitions could not be given back");
    }
}

/// The producer of a worker. Its keyed records without a partition go where Java clients would send them.
pub fn producer(settings: &Settings, worker: u16) -> KafkaResult<TransactionalProducer> {
    let mut config = base(settings);
    config
        .set("transactional.id", settings.transactional_id(worker))
        .set("transaction.timeout.ms", settings.transaction_timeout.as_millis().to_string())
        // A record that cannot be delivered within the transaction's life fails it.
        .set("message.timeout.ms", settings.transaction_timeout.as_millis().to_string())
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "2")
        .set("batch.size", "1000000")
        .set("message.max.bytes", "4194304")
        .set("compression.codec", "lz4")
        .set("queue.buffering.max.messages", "200000")
        .set("queue.buffering.max.kbytes", "262144");
    config.create_with_context(Deliveries::default())
}
