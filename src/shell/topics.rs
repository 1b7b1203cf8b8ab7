//! What the topics must be, and making those that are missing. Shell.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;

use super::clock::Deadline;
use super::{Settings, kafka};
use crate::config::Topics;

const DAY_MS: u64 = 86_400_000;
/// Ten times the largest record that is read, rounded: room for an epoch's journal record.
const MESSAGE_BYTES_MAX: u32 = 4 << 20;

/// What a topic is for; the settings follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Keyed by customer; partition n is lane n.
    Keyed,
    /// The same, compacted: customer rows.
    KeyedCompacted,
    /// Read whole by everybody.
    Cells,
    /// Keyed by area, compacted.
    Areas,
    /// One record per epoch; partition n is lane n's.
    Journal,
    /// Actions and dead letters.
    Out,
}

impl Role {
    #[must_use]
    pub fn compacted(self) -> bool {
        matches!(self, Self::KeyedCompacted | Self::Cells | Self::Areas)
    }

    /// Whether it must have as many partitions as the others of its kind: partition n of each makes lane n.
    #[must_use]
    pub fn makes_lanes(self) -> bool {
        matches!(self, Self::Keyed | Self::KeyedCompacted | Self::Journal)
    }

    /// How long records are kept; `None` where compaction decides.
    fn kept_days(self) -> Option<u64> {
        match self {
            Self::Keyed => Some(7),
            Self::Journal | Self::Out => Some(30),
            Self::KeyedCompacted | Self::Cells | Self::Areas => None,
        }
    }
}

/// One topic that a deployment needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// Its key in `[topics]`.
    pub key: &'static str,
    pub name: String,
    pub role: Role,
}

/// All topics; offers and tickets once when they share one.
#[must_use]
pub fn needed(topics: &Topics) -> Vec<Needed> {
    let role = |key: &str| match key {
        "crm" => Role::KeyedCompacted,
        "cells" => Role::Cells,
        "area_counts" | "areas" => Role::Areas,
        "journal" => Role::Journal,
        "offers" | "tickets" | "dead_letters" => Role::Out,
        _ => Role::Keyed,
    };
    let mut all: Vec<Needed> = Vec::new();
    for (key, name) in topics.named() {
        if all.iter().all(|topic| topic.name != name) {
            all.push(Needed { key, name: name.to_owned(), role: role(key) });
        }
    }
    all
}

/// How many partitions and copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Partitions of the keyed inputs, the journal and the outputs.
    pub lanes: u16,
    /// Partitions of the two area topics.
    pub area_lanes: u16,
    /// Copies of each partition.
    pub replication: i32,
}

/// The partitions and the settings that a new topic gets.
#[must_use]
pub fn settings(topic: &Needed, sizes: Sizes) -> (u16, Vec<(&'static str, String)>) {
    let partitions = match topic.role {
        Role::Cells => 1,
        Role::Areas => sizes.area_lanes,
        _ => sizes.lanes,
    };
    let cleanup = if topic.role.compacted() { "compact" } else { "delete" };
    let mut config = vec![("cleanup.policy", cleanup.to_owned()), ("max.message.bytes", MESSAGE_BYTES_MAX.to_string())];
    if let Some(days) = topic.role.kept_days() {
        config.push(("retention.ms", (days * DAY_MS).to_string()));
    }
    (partitions, config)
}

/// Remembers the last error that librdkafka told, since a time-out alone does not say why.
#[derive(Debug, Default)]
pub struct Reasons(Mutex<Option<String>>);

impl Reasons {
    /// The last error told; empty when there was none.
    #[must_use]
    pub fn last(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    fn note(&self, reason: &str) {
        // `[thrd:127.0.0.1:1/bootstrap]: 127.0.0.1:1/bootstrap: Connect to … failed: …`: who says it does not matter.
        let reason = reason.rsplit_once("]: ").map_or(reason, |(_, said)| said);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }
}

impl ClientContext for Reasons {
    fn stats(&self, _: Statistics) {}

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, "{message}");
        if matches!(level, RDKafkaLogLevel::Error | RDKafkaLogLevel::Critical) {
            self.note(message);
        }
    }

    fn error(&self, _: KafkaError, reason: &str) {
        self.note(reason);
    }
}

impl rdkafka::consumer::ConsumerContext for Reasons {}

/// What became of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    Created { partitions: u16 },
    Existed,
}

/// The administration of a cluster.
pub struct Admin {
    client: AdminClient<Reasons>,
    runtime: tokio::runtime::Runtime,
    limit: Duration,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}

impl Admin {
    pub fn new(of: &Settings) -> anyhow::Result<Self> {
        let client = kafka::base(of).create_with_context(Reasons::default())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(Self { client, runtime, limit: of.request_timeout })
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new().request_timeout(Some(self.limit)).operation_timeout(Some(self.limit))
    }

    /// Creates the topic unless it is there.
    pub fn create(&self, topic: &Needed, sizes: Sizes) -> KafkaResult<Made> {
        let (partitions, config) = settings(topic, sizes);
        let mut new = NewTopic::new(&topic.name, i32::from(partitions), TopicReplication::Fixed(sizes.replication));
        for (name, value) in &config {
            new = new.set(name, value);
        }
        let results = self.runtime.block_on(self.client.create_topics([&new], &self.options()))?;
        match results.into_iter().next() {
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(Made::Existed),
            Some(Err((_, code))) => Err(KafkaError::AdminOp(code)),
            _ => Ok(Made::Created { partitions }),
        }
    }

    /// Waits until the broker knows the topic: it learns of a new one a moment after it was created.
    pub fn wait_for(&self, topic: &str) -> KafkaResult<()> {
        let deadline = Deadline::after(self.limit);
        loop {
            let metadata = self.client.inner().fetch_metadata(Some(topic), self.limit)?;
            if metadata.topics().first().is_some_and(|found| found.error().is_none() && !found.partitions().is_empty())
            {
                return Ok(());
            }
            if deadline.passed() {
                return Err(KafkaError::AdminOp(RDKafkaErrorCode::OperationTimedOut));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// One setting of each topic; `None` where it may not be read.
    pub fn setting(&self, topics: &[Needed], name: &str) -> KafkaResult<Vec<Option<String>>> {
        let asked: Vec<_> = topics.iter().map(|topic| ResourceSpecifier::Topic(&topic.name)).collect();
        let answers = self.runtime.block_on(self.client.describe_configs(&asked, &self.options()))?;
        let value = |topic: &Needed| {
            let of_topic = answers.iter().flatten().find(|resource| {
                matches!(&resource.specifier, rdkafka::admin::OwnedResourceSpecifier::Topic(name) if *name == topic.name)
            });
            of_topic.and_then(|resource| resource.get(name)?.value.clone())
        };
        Ok(topics.iter().map(value).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_and_tickets_in_one_topic_need_it_once() {
        let mut topics = Topics::default();
        assert_eq!(needed(&topics).len(), 11);
        topics.tickets = "cem.tickets".to_owned();
        assert_eq!(needed(&topics).len(), 12);
    }

    #[test]
    fn new_topics_are_as_the_design_lists_them() {
        let sizes = Sizes { lanes: 8, area_lanes: 16, replication: 3 };
        let of = |key: &str| {
            let all = needed(&Topics::default());
            settings(all.iter().find(|topic| topic.key == key).unwrap(), sizes)
        };
        let has = |key: &str, name: &str, value: &str| of(key).1.contains(&(name, value.to_owned()));
        assert_eq!((of("probes").0, of("cells").0, of("areas").0, of("journal").0), (8, 1, 16, 8));
        assert!(has("probes", "retention.ms", "604800000") && has("probes", "cleanup.policy", "delete"));
        assert!(has("journal", "retention.ms", "2592000000") && has("crm", "cleanup.policy", "compact"));
        assert!(["probes", "crm", "areas", "offers"].iter().all(|key| has(key, "max.message.bytes", "4194304")));
    }
}
