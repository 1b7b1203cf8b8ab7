//! Broker and topics: reachable, there, divided alike, kept as they must be. Shell.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;

use super::{Finding, Level};
use crate::shell::clock::Deadline;
use crate::shell::topics::{Admin, Needed, Reasons, needed};
use crate::shell::{Settings, kafka};

/// How long what a broker does not know yet is asked for again.
const PATIENCE: Duration = Duration::from_secs(3);

/// Errors that pass by themselves.
pub(super) fn is_passing(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::OperationTimedOut
            | RDKafkaErrorCode::NotLeaderForPartition
            | RDKafkaErrorCode::LeaderNotAvailable
            | RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownPartition
    )
}

/// A broker that answered.
pub(super) struct Cluster {
    pub(super) settings: Settings,
    pub(super) consumer: BaseConsumer<Reasons>,
    pub(super) topics: Vec<Needed>,
    brokers: usize,
    /// Partitions of the topics that are there, or why they cannot be seen.
    partitions: BTreeMap<String, Result<u16, RDKafkaRespErr>>,
}

impl Cluster {
    /// Asks for metadata until the time-out.
    pub(super) fn reach(settings: &Settings) -> Result<Self, Finding> {
        let refused = |level, said: String| Finding::new(level, said);
        let mut client = kafka::base(settings);
        client
            .set_log_level(rdkafka::config::RDKafkaLogLevel::Info)
            .set("group.id", &settings.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", "50");
        let consumer: BaseConsumer<Reasons> = client.create_with_context(Reasons::default()).map_err(|error| {
            refused(Level::RefusedConfiguration, format!("`kafka.properties`: librdkafka refuses them: {error}"))
        })?;
        let topics = needed(&settings.topics);
        let mut cluster =
            Self { settings: settings.clone(), consumer, topics, brokers: 0, partitions: BTreeMap::new() };
        cluster.look().map_err(|error| {
            // Why a connection failed is told through the queue that polling empties.
            cluster.told();
            let reason = cluster.consumer.context().last();
            let reason = if reason.is_empty() { error.to_string() } else { reason };
            let said = format!(
                "`kafka.brokers` = \"{}\": no broker answered within {} ms ({reason}); check the address, that the \
                 broker runs, and security.protocol in kafka.properties",
                settings.brokers,
                settings.request_timeout.as_millis()
            );
            refused(Level::RefusedBroker, said)
        })?;
        Ok(cluster)
    }

    /// Sees each topic. One that is not there is asked for again for a while, since a broker learns of a topic that has
    /// just been created a moment after whoever created it.
    fn look(&mut self) -> KafkaResult<()> {
        let deadline = Deadline::after(self.settings.request_timeout);
        let patience = Deadline::after(PATIENCE.min(self.settings.request_timeout));
        for topic in &self.topics {
            loop {
                let left = deadline.left().max(Duration::from_millis(100));
                let metadata = self.consumer.fetch_metadata(Some(&topic.name), left)?;
                self.brokers = metadata.brokers().len();
                let Some(found) = metadata.topics().first() else { break };
                let count = u16::try_from(found.partitions().len()).unwrap_or(u16::MAX);
                let seen = found.error().map_or(Ok(count), Err);
                let unknown = matches!(seen, Ok(0) | Err(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART));
                self.partitions.insert(topic.name.clone(), seen);
                if !unknown || patience.passed() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(())
    }

    /// What librdkafka has told since the last look. A time-out alone does not say why nobody answered.
    pub(super) fn told(&self) -> Vec<KafkaError> {
        let mut errors = Vec::new();
        while let Some(event) = self.consumer.poll(Duration::ZERO) {
            errors.extend(event.err());
        }
        errors
    }

    /// First and next offset of a partition, asked for again while its leader is being found.
    pub(super) fn ends(&self, topic: &str, partition: i32) -> KafkaResult<(i64, i64)> {
        let patience = Deadline::after(PATIENCE.min(self.settings.request_timeout));
        loop {
            let answer = self.consumer.fetch_watermarks(topic, partition, self.settings.request_timeout);
            match &answer {
                Err(error) if error.rdkafka_error_code().is_some_and(is_passing) && !patience.passed() => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                _ => return answer,
            }
        }
    }

    pub(super) fn reached(&self) -> Finding {
        Finding::new(Level::Fine, format!("broker reached at {} ({} known)", self.settings.brokers, self.brokers))
    }

    /// Lanes, once the topics are known to be alike.
    pub(super) fn lanes(&self) -> u16 {
        self.partitions(&self.settings.topics.probes)
    }

    /// Partitions of a topic that is there.
    pub(super) fn partitions(&self, topic: &str) -> u16 {
        self.partitions.get(topic).and_then(|seen| seen.ok()).unwrap_or(0)
    }

    /// Each topic is there; those that make lanes have as many partitions.
    pub(super) fn topics(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for topic in &self.topics {
            let (key, name) = (topic.key, &topic.name);
            let said = match self.partitions.get(name) {
                Some(Ok(n)) if *n > 0 => continue,
                Some(Err(RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)) => format!(
                    "topic {name} (`topics.{key}`): access is denied; `homeqos check --print-acls` prints what is needed"
                ),
                _ => format!(
                    "topic {name} (`topics.{key}`) does not exist; create it with `homeqos topics create`, or name the \
                     right one"
                ),
            };
            found.push(Finding::new(Level::RefusedBroker, said));
        }
        if found.is_empty() {
            found.push(self.equal_counts());
            found.extend(self.equal_areas());
        }
        found
    }

    /// An area's counts and its row lie in partitions of the same number: one owner.
    fn equal_areas(&self) -> Option<Finding> {
        let names = &self.settings.topics;
        let (counts, areas) = (self.partitions(&names.area_counts), self.partitions(&names.areas));
        (counts != areas).then(|| {
            let said = format!(
                "topics {} ({counts} partitions) and {} ({areas}) must have the same number, since partition n of both is \
                 area lane n; before the first start delete the two and run `homeqos topics create` again",
                names.area_counts, names.areas
            );
            Finding::new(Level::RefusedBroker, said)
        })
    }

    fn equal_counts(&self) -> Finding {
        let making: Vec<&Needed> = self.topics.iter().filter(|topic| topic.role.makes_lanes()).collect();
        let mut by_count: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for topic in making {
            by_count.entry(self.partitions(&topic.name)).or_default().push(&topic.name);
        }
        if by_count.len() == 1 {
            let lanes = by_count.keys().next().copied().unwrap_or(0);
            return Finding::new(Level::Fine, format!("{} topics found, {lanes} lanes", self.topics.len()));
        }
        let listed: Vec<String> =
            by_count.iter().map(|(count, names)| format!("{count} partitions: {}", names.join(", "))).collect();
        let most = by_count.keys().next_back().copied().unwrap_or(0);
        let said = format!(
            "the keyed inputs and the journal must have the same number of partitions, since partition n of each is \
             lane n; found {}. Before the first start, bring all of them to {most} (`kafka-topics.sh --alter --partitions \
             {most}`) and write the inputs again; a deployment that has run keeps the number it began with",
            listed.join("; ")
        );
        Finding::new(Level::RefusedBroker, said)
    }

    /// How topics are cleaned. A wrong policy loses records, but later: it warns.
    pub(super) fn cleanup(&self) -> Vec<Finding> {
        let unknown = |error: String| {
            let said =
                format!("how topics are kept could not be read ({error}); DescribeConfigs on them lets it be checked");
            vec![Finding::new(Level::Note, said)]
        };
        let policies = match Admin::new(&self.settings) {
            Ok(admin) => admin.setting(&self.topics, "cleanup.policy"),
            Err(error) => return unknown(error.to_string()),
        };
        let policies = match policies {
            Ok(policies) => policies,
            Err(error) => return unknown(error.to_string()),
        };
        if policies.iter().any(Option::is_none) {
            return unknown("not authorized".to_owned());
        }
        let mut found = Vec::new();
        for (topic, policy) in self.topics.iter().zip(policies.into_iter().flatten()) {
            let needs = if topic.role.compacted() { "compact" } else { "delete" };
            if policy == needs {
                continue;
            }
            let lost = if topic.role.compacted() {
                "rows that do not change would be deleted, and a new lane would not know them"
            } else {
                "all but the newest record of a key would be deleted"
            };
            found.push(Finding::new(
                Level::Warning,
                format!(
                    "topic {} (`topics.{}`) has cleanup.policy={policy}, and needs {needs}: {lost}; `kafka-configs.sh \
                     --alter --entity-type topics --entity-name {} --add-config cleanup.policy={needs}`",
                    topic.name, topic.key, topic.name
                ),
            ));
        }
        if found.is_empty() {
            found.push(Finding::new(Level::Fine, "every topic is kept as it must be (cleanup.policy)"));
        }
        found
    }
}
