//! Files' records into topics: a producer that tells of every record whether it arrived. Shell.
//!
//! Idempotent, so that a retry neither doubles nor reorders; no transaction, since a load that fails is told and not
//! undone. What waits for the broker is bounded: a full queue makes the sender wait.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use rdkafka::statistics::Statistics;

use super::kafka;
use super::settings::Settings;
use crate::ingest::Input;

/// Records that wait for the broker: a second's worth of a fast load.
const WAITING_RECORDS_MAX: u32 = 100_000;
/// Their bytes, KiB: at 0.6 MB/s, a slow line, the last of them leaves within the minute it is given.
const WAITING_KIB_MAX: u32 = 32_768;
/// A record that has not arrived after so many time-outs of one answer has failed: a minute by default.
const TIMEOUTS: u32 = 6;

/// What the broker answered so far.
#[derive(Debug, Default)]
struct Answers {
    /// By [`Input::index`].
    arrived: [AtomicU64; Input::ALL.len()],
    /// The first record that failed: its input's index, its line, why.
    failed: Mutex<Option<(usize, u64, KafkaError)>>,
}

impl ClientContext for Answers {
    fn stats(&self, _: Statistics) {}

    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, "{reason}");
    }
}

/// Input and line of a record in one word: what comes back with its answer.
fn token(input: Input, line: u64) -> usize {
    line as usize * Input::ALL.len() + input.index()
}

impl ProducerContext for Answers {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, token: usize) {
        let (line, input) = ((token / Input::ALL.len()) as u64, token % Input::ALL.len());
        match result {
            Ok(_) => {
                self.arrived[input].fetch_add(1, Ordering::Relaxed);
            }
            Err((error, _)) => {
                let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                failed.get_or_insert_with(|| (input, line, error.clone()));
            }
        }
    }
}

/// One record to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'r> {
    pub input: Input,
    /// Its line in its file, from 0.
    pub line: u64,
    pub key: Option<&'r str>,
    /// `None`: a tombstone.
    pub value: Option<&'r [u8]>,
    /// Epoch milliseconds; `None`: now.
    pub timestamp: Option<i64>,
    pub partition: u16,
}

/// A producer for the inputs' topics.
pub struct Loader {
    producer: BaseProducer<Answers>,
    topics: BTreeMap<Input, String>,
    limit: Duration,
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").finish_non_exhaustive()
    }
}

impl Loader {
    /// # Errors
    /// With a sentence, when librdkafka refuses the properties.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let limit = settings.request_timeout * TIMEOUTS;
        let mut config = kafka::base(settings);
        config
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", limit.as_millis().to_string())
            .set("linger.ms", "20")
            .set("batch.size", "1000000")
            .set("message.max.bytes", "4194304")
            .set("compression.codec", "lz4")
            .set("queue.buffering.max.messages", WAITING_RECORDS_MAX.to_string())
            .set("queue.buffering.max.kbytes", WAITING_KIB_MAX.to_string());
        let producer = config
            .create_with_context(Answers::default())
            .map_err(|error| format!("`kafka.properties`: librdkafka refuses them: {error}"))?;
        let topics = Input::ALL.iter().map(|input| (*input, settings.topic(*input).to_owned())).collect();
        Ok(Self { producer, topics, limit })
    }

    /// How many partitions an input's topic has.
    ///
    /// # Errors
    /// With a sentence that says what to do, when no broker answers or the topic is not there.
    pub fn partitions(&self, settings: &Settings, input: Input) -> Result<u16, String> {
        let topic = &self.topics[&input];
        let metadata =
            self.producer.client().fetch_metadata(Some(topic), settings.request_timeout).map_err(|error| {
                format!(
                    "no broker answered at `kafka.brokers` = \"{}\" within {} ms ({error}); `homeqos check` tells why",
                    settings.brokers,
                    settings.request_timeout.as_millis()
                )
            })?;
        let found = metadata.topics().first().filter(|found| found.error().is_none());
        match found.map_or(0, |found| found.partitions().len()) {
            0 => Err(format!("topic {topic} (`topics.{input}`) cannot be seen; `homeqos topics create` makes it")),
            count => Ok(u16::try_from(count).unwrap_or(u16::MAX)),
        }
    }

    /// Sends one record; waits while too many wait for the broker.
    ///
    /// # Errors
    /// With a sentence, when this record or an earlier one could not be sent.
    pub fn send(&self, record: Outgoing<'_>) -> Result<(), String> {
        let mut message = BaseRecord::with_opaque_to(&self.topics[&record.input], token(record.input, record.line))
            .partition(i32::from(record.partition));
        message.key = record.key;
        message.payload = record.value;
        message.timestamp = record.timestamp;
        loop {
            self.failure()?;
            match self.producer.send(message) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    message = back;
                    self.producer.poll(Duration::from_millis(10));
                }
                Err((error, _)) => return Err(self.sentence(record.input.index(), record.line, &error)),
            }
        }
        if record.line.is_multiple_of(256) {
            self.producer.poll(Duration::ZERO);
        }
        Ok(())
    }

    /// Waits until every record has been answered for.
    ///
    /// # Errors
    /// With a sentence, when one of them did not arrive.
    pub fn finish(&self) -> Result<(), String> {
        // A record is answered for within its own time; the rest is for the answer's way here.
        let flushed = self.producer.flush(self.limit + Duration::from_secs(5));
        self.failure()?;
        flushed.map_err(|error| format!("the broker has not taken all records within {:?} ({error})", self.limit))
    }

    /// Records of an input that arrived so far.
    #[must_use]
    pub fn arrived(&self, input: Input) -> u64 {
        self.producer.context().arrived[input.index()].load(Ordering::Relaxed)
    }

    fn failure(&self) -> Result<(), String> {
        let failed = self.producer.context().failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.as_ref().map_or(Ok(()), |(input, line, error)| Err(self.sentence(*input, *line, error)))
    }

    fn sentence(&self, input: usize, line: u64, error: &KafkaError) -> String {
        use RDKafkaErrorCode as Code;
        let input = Input::ALL[input];
        let topic = &self.topics[&input];
        let advice = match error.rdkafka_error_code() {
            Some(Code::MessageSizeTooLarge) => "raise the topic's max.message.bytes, or take the line out",
            Some(Code::TopicAuthorizationFailed | Code::ClusterAuthorizationFailed) => {
                "give this user Write on the topic"
            }
            Some(Code::InvalidTimestamp) => "let the topic take old records (message.timestamp.before.max.ms)",
            Some(Code::MessageTimedOut) => {
                "look after the broker (`homeqos check`); kafka.request_timeout_ms says how long it is waited for"
            }
            _ => "`homeqos check` looks at broker, topics and rights",
        };
        format!("line {} of {input}.jsonl did not reach topic {topic}: {error}; {advice}", line + 1)
    }
}
