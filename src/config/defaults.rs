//! The defaults of the sections that belong to no stage. Pure.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::written::{
    Deployment, Http, Identity, Kafka, Log, LogFormat, OnReplayGap, Routing, State, Time, TimeMode, Topics,
};

impl Default for Deployment {
    fn default() -> Self {
        Self { name: "homeqos".to_owned() }
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".to_owned(),
            group: "homeqos".to_owned(),
            instance: String::new(),
            workers: 0,
            partitioner: Routing::Murmur2,
            epoch_ms: 200,
            transaction_timeout_ms: 15_000,
            session_timeout_ms: 45_000,
            max_poll_interval_ms: 300_000,
            request_timeout_ms: 10_000,
            lag_interval_ms: 5_000,
            properties: BTreeMap::new(),
            secret_files: BTreeMap::new(),
        }
    }
}

impl Default for Topics {
    fn default() -> Self {
        Self {
            probes: "cem.network-probes".to_owned(),
            contacts: "cem.care-contacts".to_owned(),
            crm: "cem.crm-customers".to_owned(),
            surveys: "cem.survey-responses".to_owned(),
            outcomes: "cem.action-outcomes".to_owned(),
            cells: "cem.cells".to_owned(),
            area_counts: "homeqos.area-counts".to_owned(),
            areas: "homeqos.areas".to_owned(),
            journal: "homeqos.journal".to_owned(),
            offers: "cem.actions".to_owned(),
            tickets: "cem.actions".to_owned(),
            dead_letters: "cem.dead-letters".to_owned(),
        }
    }
}

impl Default for Time {
    fn default() -> Self {
        Self { zone: "Europe/Paris".to_owned(), mode: TimeMode::Wall }
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self { key_file: PathBuf::from("homeqos.key") }
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            store: "file:homeqos-state".to_owned(),
            snapshot_records: 1_000_000,
            snapshot_seconds: 900,
            park_seconds: 60,
            on_replay_gap: OnReplayGap::Refuse,
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:9464".to_owned(),
            token_file: PathBuf::new(),
            tls_certificate: PathBuf::new(),
            tls_key: PathBuf::new(),
            behind_tls_proxy: false,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Auto, filter: "info".to_owned() }
    }
}
