//! What the engine is told: names, times and bounds, all of them already checked. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::{Config, OnReplayGap, Store, TimeMode, Topics};
use crate::ingest::Input;
use crate::units::Partitioner;

/// The settings of one instance.
#[derive(Debug, Clone)]
pub struct Settings {
    pub brokers: String,
    /// Properties for every client, secrets included: never to be logged.
    pub properties: BTreeMap<String, String>,
    /// Name of the deployment: begins every `transactional.id`.
    pub deployment: String,
    pub group: String,
    /// Begins `group.instance.id`; another one on every instance, the same after a restart.
    pub instance: String,
    /// Worker threads; 0: as many as cores, at most one per lane.
    pub workers: u16,
    pub topics: Topics,
    pub time: TimeMode,
    pub epoch: Duration,
    pub transaction_timeout: Duration,
    pub session_timeout: Duration,
    pub max_poll_interval: Duration,
    pub request_timeout: Duration,
    /// `None`: any partition is right for any key.
    pub partitioner: Option<Partitioner>,
    pub store: Store,
    pub snapshot_records: u64,
    pub snapshot_after: Duration,
    pub park: Duration,
    pub on_replay_gap: OnReplayGap,
    /// Decide and journal, emit nothing.
    pub shadow: bool,
    /// How often the broker is asked for partitions' ends.
    pub lag_interval: Duration,
    /// Where this instance answers `/v1`; told to the others through the committed offsets.
    pub url: Option<String>,
}

impl Settings {
    /// From a checked configuration.
    #[must_use]
    pub fn new(config: &Config, shadow: bool) -> Self {
        let kafka = &config.written.kafka;
        let ms = |ms: u32| Duration::from_millis(u64::from(ms));
        Self {
            brokers: kafka.brokers.clone(),
            properties: config.properties.clone(),
            deployment: config.written.deployment.name.clone(),
            group: kafka.group.clone(),
            instance: config.instance.clone(),
            workers: kafka.workers,
            topics: config.written.topics.clone(),
            time: config.written.time.mode,
            epoch: ms(kafka.epoch_ms),
            transaction_timeout: ms(kafka.transaction_timeout_ms),
            session_timeout: ms(kafka.session_timeout_ms),
            max_poll_interval: ms(kafka.max_poll_interval_ms),
            request_timeout: ms(kafka.request_timeout_ms),
            partitioner: kafka.partitioner.partitioner(),
            store: config.store.clone(),
            snapshot_records: config.written.state.snapshot_records,
            snapshot_after: Duration::from_secs(u64::from(config.written.state.snapshot_seconds)),
            park: Duration::from_secs(u64::from(config.written.state.park_seconds)),
            on_replay_gap: config.written.state.on_replay_gap,
            shadow,
            lag_interval: ms(kafka.lag_interval_ms),
            url: None,
        }
    }

    /// The topic of an input.
    #[must_use]
    pub fn topic(&self, input: Input) -> &str {
        match input {
            Input::Crm => &self.topics.crm,
            Input::Outcomes => &self.topics.outcomes,
            Input::Surveys => &self.topics.surveys,
            Input::Contacts => &self.topics.contacts,
            Input::Probes => &self.topics.probes,
            Input::Cells => &self.topics.cells,
        }
    }

    /// The keyed input of a topic.
    #[must_use]
    pub fn keyed_input(&self, topic: &str) -> Option<Input> {
        Input::KEYED.into_iter().find(|input| self.topic(*input) == topic)
    }

    /// `group.instance.id` of a worker. librdkafka sorts members by it as text, hence the zeros.
    #[must_use]
    pub fn member(&self, worker: u16) -> String {
        format!("{}-{worker:03}", self.instance)
    }

    /// `transactional.id` of a worker.
    #[must_use]
    pub fn transactional_id(&self, worker: u16) -> String {
        format!("{}-{}-{worker:03}", self.deployment, self.instance)
    }
}
