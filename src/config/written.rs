//! The configuration as written: one struct per section of the file. Pure.
//!
//! `config/homeqos.toml` holds the same keys with the same defaults (a test compares them), so either can be read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::decide::Offers;
use crate::units::Partitioner;
use crate::{decide, home, neighbourhood, perception, qos};

/// The whole file. Every section may be left out, and every key of a section.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Written {
    pub deployment: Deployment,
    pub kafka: Kafka,
    pub topics: Topics,
    pub time: Time,
    pub identity: Identity,
    pub state: State,
    pub http: Http,
    pub log: Log,
    /// `[inputs.<name>]`, name one of `crm`, `outcomes`, `surveys`, `contacts`, `probes`, `cells`.
    pub inputs: BTreeMap<String, InputSource>,
    /// Where is home?
    pub home: home::Rules,
    /// What is the quality there?
    pub qos: qos::Rules,
    /// Is it perceived as a problem?
    pub perception: perception::Rules,
    /// Does the whole neighbourhood suffer?
    pub area: neighbourhood::Rules,
    /// What is the right act, if any?
    pub decide: decide::Rules,
    /// Whether acts that are offers may leave.
    pub offers: Offers,
}

/// Whose homeqos this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deployment {
    /// Name of the deployment: it begins every `transactional.id` and stands in `ce_source` (`/homeqos/<name>`). One
    /// per Kafka cluster and group of topics. Letters, digits, `.`, `_`, `-`. Default `homeqos`.
    pub name: String,
}

/// The connection to Kafka and how work is cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// `host:port`, several separated by commas. Default `127.0.0.1:9092`.
    pub brokers: String,
    /// Consumer group. Instances of one deployment share it and divide the lanes. Default `homeqos`.
    pub group: String,
    /// Name of this instance within the group, the same after a restart and different from every other instance's: it
    /// begins `group.instance.id` and `transactional.id`. Empty: the machine's host name. Default empty.
    pub instance: String,
    /// Worker threads; 0: as many as cores, at most one per lane. Default 0.
    pub workers: u16,
    /// How producers of the keyed inputs choose the partition of a key: `murmur2` (Java clients), `crc32` (librdkafka's
    /// default) or `trust` (do not check; then one customer must never come in two partitions). Default `murmur2`.
    pub partitioner: Routing,
    /// Longest time between commits, ms. Shorter: lower delay; longer: more throughput. Default 200.
    pub epoch_ms: u32,
    /// A transaction that is open longer is aborted by the broker, ms; below `session_timeout_ms`. Default 15 000.
    pub transaction_timeout_ms: u32,
    /// A member silent for this long loses its lanes, ms; the broker's `group.max.session.timeout.ms` bounds it.
    /// Default 45 000.
    pub session_timeout_ms: u32,
    /// A worker that does not poll for this long loses its lanes, ms; at least `session_timeout_ms`. Default 300 000.
    pub max_poll_interval_ms: u32,
    /// How long an answer of the broker is waited for at start-up and in commands, ms. Default 10 000.
    pub request_timeout_ms: u32,
    /// How often the broker is asked for partitions' ends, for the lag, ms. Default 5 000.
    pub lag_interval_ms: u32,
    /// librdkafka properties, passed to every client as they are: `"security.protocol" = "SASL_SSL"`, … Those that
    /// homeqos sets itself are refused.
    pub properties: BTreeMap<String, String>,
    /// librdkafka properties whose value is the content of a file: `"sasl.password" = "/run/secrets/kafka"`.
    pub secret_files: BTreeMap<String, PathBuf>,
}

/// What is compared with a keyed record's partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Routing {
    Murmur2,
    Crc32,
    /// Nothing: any partition is right.
    Trust,
}

impl Routing {
    /// The partitioner to compare with; `None` with `trust`.
    #[must_use]
    pub fn partitioner(self) -> Option<Partitioner> {
        match self {
            Self::Murmur2 => Some(Partitioner::Murmur2),
            Self::Crc32 => Some(Partitioner::Crc32),
            Self::Trust => None,
        }
    }
}

/// The names of the topics. `homeqos topics create` makes those that are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Topics {
    /// In, keyed by customer. Default `cem.network-probes`.
    pub probes: String,
    /// In, keyed by customer. Default `cem.care-contacts`.
    pub contacts: String,
    /// In, keyed by customer, compacted. Default `cem.crm-customers`.
    pub crm: String,
    /// In, keyed by customer. Default `cem.survey-responses`.
    pub surveys: String,
    /// In, keyed by customer, or by area for a ticket's outcome. Default `cem.action-outcomes`.
    pub outcomes: String,
    /// In, keyed by cell, compacted, read whole. Default `cem.cells`.
    pub cells: String,
    /// Internal, compacted. Default `homeqos.area-counts`.
    pub area_counts: String,
    /// Internal, compacted, read whole. Default `homeqos.areas`.
    pub areas: String,
    /// Internal: one record per epoch. Default `homeqos.journal`.
    pub journal: String,
    /// Out: offers, keyed by customer. Default `cem.actions`.
    pub offers: String,
    /// Out: tickets, keyed by area. The same topic as `offers` unless access must be divided. Default `cem.actions`.
    pub tickets: String,
    /// Out: records that could not be folded, with the reason. Default `cem.dead-letters`.
    pub dead_letters: String,
}

/// What time it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Time {
    /// IANA zone in which nights, days and quiet hours are told. Default `Europe/Paris`.
    pub zone: String,
    /// `wall`: the machine's clock, for live topics. `input`: the greatest time read so far, for replays and backfills.
    /// Default `wall`.
    pub mode: TimeMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeMode {
    Wall,
    Input,
}

/// The secret that ids are made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// File with 64 hexadecimal digits, made by `homeqos topics create`; every instance needs the same one. The variable
    /// `HOMEQOS_KEY` (the digits themselves) wins over it. Default `homeqos.key`, in the working directory.
    pub key_file: PathBuf,
}

/// Snapshots of the lanes and recovery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// Where snapshots go: `file:PATH` (a directory), or `s3://…`, `gs://…`, `az://…` in builds with that feature.
    /// Several instances need a store they share. Default `file:homeqos-state`, in the working directory.
    pub store: String,
    /// A snapshot is due when this many records would have to be replayed, summed over the instance's lanes.
    /// Default 1 000 000.
    pub snapshot_records: u64,
    /// A snapshot is due at the latest after this many seconds with changes. Default 900.
    pub snapshot_seconds: u32,
    /// How long a lane that was taken away is kept in memory, in case it comes back, seconds. Default 60.
    pub park_seconds: u32,
    /// What to do when inputs that a recovery needs are deleted already: `refuse` the lane, or `accept` the loss (what
    /// was decided still comes from the journal). Default `refuse`.
    pub on_replay_gap: OnReplayGap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnReplayGap {
    Refuse,
    Accept,
}

/// `/metrics`, `/livez`, `/readyz` and `/v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// `address:port` to listen on; port 0 takes a free one and says which; empty: no HTTP. Beyond loopback, `/v1` is
    /// served only with a token, since it tells of customers. Default `127.0.0.1:9464`.
    pub listen: String,
    /// File with the bearer token that every request for `/v1` must carry; empty: no token, `/v1` on loopback only. The
    /// variable `HOMEQOS_TOKEN` (the token itself) wins over it. Default empty.
    pub token_file: PathBuf,
    /// PEM file with the certificate chain, the server's own first; empty: plain HTTP. Default empty.
    pub tls_certificate: PathBuf,
    /// PEM file with the certificate's private key. Default empty.
    pub tls_key: PathBuf,
    /// A proxy that speaks TLS stands before `listen`, so that a token may be asked for in plain HTTP beyond loopback.
    /// Default false.
    pub behind_tls_proxy: bool,
}

/// What is told on stderr.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `human`, `json`, or `auto`: human on a terminal, JSON otherwise. Default `auto`.
    pub format: LogFormat,
    /// Least level, and exceptions by module: `info`, `warn,homeqos::shell=debug`. Default `info`.
    pub filter: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Auto,
    Human,
    Json,
}

/// How one input's records are read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InputSource {
    /// `identity` (our field names) or the path of a mapping file. Default `identity`.
    pub mapping: Option<PathBuf>,
}
