//! A deployment of one's own on a shared broker: its topics, its group, its folder, its configuration file.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use super::broker::Broker;
use super::{scratch, wait_for};

/// The keys of `[topics]` with what follows the prefix in our names, and how the topic is kept (DESIGN §4).
const TOPICS: [(&str, &str, Kept); 12] = [
    ("probes", "cem.network-probes", Kept::Input),
    ("contacts", "cem.care-contacts", Kept::Input),
    ("crm", "cem.crm-customers", Kept::CompactedInput),
    ("surveys", "cem.survey-responses", Kept::Input),
    ("outcomes", "cem.action-outcomes", Kept::Input),
    ("cells", "cem.cells", Kept::Cells),
    ("area_counts", "homeqos.area-counts", Kept::Areas),
    ("areas", "homeqos.areas", Kept::Areas),
    ("journal", "homeqos.journal", Kept::Output),
    ("offers", "cem.actions", Kept::Output),
    ("tickets", "cem.actions", Kept::Output),
    ("dead_letters", "cem.dead-letters", Kept::Output),
];

#[derive(Clone, Copy, PartialEq)]
enum Kept {
    Input,
    CompactedInput,
    Cells,
    Areas,
    Output,
}

/// The names and the folder of one test's deployment.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) name: String,
    /// Partitions of the keyed inputs, of the journal and of the outputs.
    pub(crate) lanes: i32,
    pub(crate) area_lanes: i32,
    pub(crate) folder: PathBuf,
}

impl Deployment {
    pub(crate) fn new(name: &str, lanes: i32) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = scratch::folder(&name);
        // The key of a test is no secret; the same one everywhere, so that ids of two runs can be compared.
        std::fs::write(folder.join("homeqos.key"), "5a".repeat(32)).expect("a key file");
        Self { name, lanes, area_lanes: 4, folder }
    }

    /// The topic of a key of `[topics]`.
    pub(crate) fn topic(&self, key: &str) -> String {
        let found = TOPICS.iter().find(|(k, ..)| *k == key);
        format!("{}.{}", self.name, found.unwrap_or_else(|| panic!("no topic `{key}`")).1)
    }

    /// Creates all topics with the settings of the design; retention is left out, since replayed records are old.
    pub(crate) fn create_topics(&self, broker: &Broker) {
        self.create_where(broker, |_| true, None, &[]);
    }

    /// Creates what is not written with an epoch's outputs.
    pub(crate) fn create_inputs(&self, broker: &Broker) {
        self.create_where(broker, |kept| kept != Kept::Output, None, &[]);
    }

    /// Creates journal, actions and dead letters on nodes 1 and 2, led by the first; both must have a record before it
    /// counts.
    pub(crate) fn create_outputs_on_two(&self, broker: &Broker) {
        let places = vec![&[1, 2][..]; self.lanes as usize];
        let both = [("min.insync.replicas", "2")];
        self.create_where(broker, |kept| kept == Kept::Output, Some(&places), &both);
    }

    fn create_where(
        &self,
        broker: &Broker,
        wanted: impl Fn(Kept) -> bool,
        places: Option<&[&[i32]]>,
        more: &[(&str, &str)],
    ) {
        let named: Vec<_> = TOPICS.iter().filter(|(key, _, kept)| *key != "tickets" && wanted(*kept)).collect();
        let names: Vec<_> = named.iter().map(|(key, ..)| self.topic(key)).collect();
        let topics: Vec<_> = named
            .iter()
            .zip(&names)
            .map(|((_, _, kept), name)| {
                let partitions = match kept {
                    Kept::Cells => 1,
                    Kept::Areas => self.area_lanes,
                    _ => self.lanes,
                };
                let compacted = matches!(kept, Kept::CompactedInput | Kept::Cells | Kept::Areas);
                let cleanup = if compacted { "compact" } else { "delete" };
                let replication = places.map_or(TopicReplication::Fixed(1), TopicReplication::Variable);
                let topic = NewTopic::new(name, partitions, replication)
                    .set("cleanup.policy", cleanup)
                    .set("retention.ms", "-1")
                    .set("max.message.bytes", "4194304");
                more.iter().fold(topic, |topic, (name, value)| topic.set(name, value))
            })
            .collect();
        create(broker, &topics);
    }

    /// Writes `NAME.toml` for one instance and returns its path. `overrides` is TOML whose values win.
    pub(crate) fn config(&self, broker: &Broker, instance: &str, http_port: u16, overrides: &str) -> PathBuf {
        let mut text = format!(
            "[deployment]\nname = {0:?}\n[kafka]\nbrokers = {1:?}\ngroup = {0:?}\ninstance = {instance:?}\n\
             lag_interval_ms = 200\n[identity]\nkey_file = {2:?}\n[state]\nstore = {3:?}\n\
             [http]\nlisten = \"127.0.0.1:{http_port}\"\n[log]\nformat = \"human\"\n[topics]\n",
            self.name,
            broker.bootstrap(),
            self.folder.join("homeqos.key").display().to_string(),
            format!("file:{}", self.folder.join("state").display()),
        );
        for (key, ..) in TOPICS {
            let _ = writeln!(text, "{key} = {:?}", self.topic(key));
        }
        let mut config: toml::Table = text.parse().expect("our own TOML");
        merge(&mut config, overrides.parse().expect("the overrides are TOML"));
        let path = self.folder.join(format!("{instance}.toml"));
        std::fs::write(&path, toml::to_string(&config).expect("TOML")).expect("a configuration file");
        path
    }
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => merge(old, new),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

/// Creates topics and waits until the broker has done so.
pub(crate) fn create(broker: &Broker, topics: &[NewTopic<'_>]) {
    let client: AdminClient<DefaultClientContext> = broker.client().create().expect("an admin client");
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let results = runtime.block_on(client.create_topics(topics, &options)).expect("topics are created");
    for result in results {
        result.expect("each topic is created");
    }
    // Created is not yet led: ask each partition for its end until one does answer.
    let asker: BaseConsumer = broker.client().create().expect("a consumer");
    for topic in topics {
        for partition in 0..topic.num_partitions {
            wait_for(&format!("a leader of {} {partition}", topic.name), Duration::from_mins(1), || {
                asker.fetch_watermarks(topic.name, partition, Duration::from_secs(5)).ok()
            });
        }
    }
}
