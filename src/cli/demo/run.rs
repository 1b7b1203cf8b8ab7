//! One run of the demo: an embedded broker, the engine, the town's records in, everything it said out. Shell.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer as _};
use serde_json::Value;

use crate::act::{IdKey, Ids};
use crate::cli::ConfigOptions;
use crate::cli::progress::Progress;
use crate::config::Topics;
use crate::ingest::{Input, Mapping};
use crate::pipeline::{Policy, RuleBook};
use crate::shell::clock;
use crate::shell::engine::{self, Control, Exit, RunConfig};
use crate::shell::http::{Ask, Lanes as _};
use crate::shell::metrics::Metrics;
use crate::shell::registry::Registry;
use crate::shell::settings::Settings;
use crate::sim::{SimRecord, Town};
use crate::units::{Partitioner, Zone};

/// The embedded broker keeps 5 MiB a partition and drops the oldest: at 300 bytes a probe, evenly keyed over eight
/// partitions, this many unread records are a quarter of it.
const UNREAD_MAX: u64 = 30_000;
/// What the lanes have not read must be no more than some hours of the town's life: a ticket is known to them one or two
/// epochs after it was opened, and in a town that lives a day in a second that is soon a day.
const UNREAD_PER_CUSTOMER: u64 = 10;
/// How often the producer looks, in records.
const LOOK_EVERY: u64 = 2_000;
/// A demo that makes no progress for this long is broken, and says so.
const PATIENCE: Duration = Duration::from_mins(1);
const INPUT_PARTITIONS: i32 = 8;
const AREA_PARTITIONS: i32 = 16;

/// What a run gives.
#[derive(Debug)]
pub struct Outcome {
    /// CloudEvents type and body, in the order of the topic.
    pub actions: Vec<(String, Value)>,
    pub views: BTreeMap<String, Value>,
    /// The accounts of the records, in one paragraph.
    pub account: String,
    pub zone: Zone,
}

struct Demo<'t> {
    town: &'t Town,
    topics: Topics,
    producer: BaseProducer,
    metrics: Arc<Metrics>,
    produced: BTreeMap<Input, u64>,
}

/// Runs the town through the real pipeline.
pub fn run(town: &Town) -> anyhow::Result<Outcome> {
    let cluster = MockCluster::<DefaultProducerContext>::new(1).context("the embedded broker does not start")?;
    let brokers = cluster.bootstrap_servers();
    let folder = std::env::temp_dir().join(format!("homeqos-demo-{}", std::process::id()));
    let settings = settings(&brokers, &folder)?;
    create_topics(&cluster, &settings.topics)?;
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &brokers)
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "20")
        .set("queue.buffering.max.messages", "200000")
        .create()?;
    let metrics = Arc::new(Metrics::new());
    let topics = settings.topics.clone();
    let mut demo = Demo { town, topics, producer, metrics: Arc::clone(&metrics), produced: BTreeMap::new() };
    let outcome = demo.go(settings, metrics);
    let _ = std::fs::remove_dir_all(&folder);
    outcome
}

fn settings(brokers: &str, folder: &std::path::Path) -> anyhow::Result<Settings> {
    let set = [
        format!("kafka.brokers={brokers}"),
        "kafka.instance=demo".to_owned(),
        // A group of one: where two join, the embedded broker refuses the follower's SyncGroup that comes before the
        // leader's, and lets it wait for a whole session time-out until it may join again.
        "kafka.workers=1".to_owned(),
        "time.mode=input".to_owned(),
        format!("state.store=file://{}", folder.display()),
    ];
    let options = ConfigOptions { config: None, set: set.to_vec() };
    let config = options.load(Vec::new()).map_err(|failure| anyhow::anyhow!("{failure}"))?;
    Ok(Settings::new(&config, false))
}

fn create_topics(cluster: &MockCluster<'_, DefaultProducerContext>, topics: &Topics) -> anyhow::Result<()> {
    let keyed = [&topics.probes, &topics.contacts, &topics.crm, &topics.surveys, &topics.outcomes];
    let eight = [&topics.journal, &topics.offers, &topics.dead_letters];
    for topic in keyed.into_iter().chain(eight) {
        cluster.create_topic(topic, INPUT_PARTITIONS, 1)?;
    }
    for topic in [&topics.area_counts, &topics.areas] {
        cluster.create_topic(topic, AREA_PARTITIONS, 1)?;
    }
    cluster.create_topic(&topics.cells, 1, 1)?;
    Ok(())
}

impl Demo<'_> {
    fn go(&mut self, settings: Settings, metrics: Arc<Metrics>) -> anyhow::Result<Outcome> {
        let zone = Zone::named(&self.town.spec.zone)?;
        let brokers = settings.brokers.clone();
        // The demo's key is no secret: it only names this town's actions.
        let ids = Ids::new(IdKey::new([0x5e; 32]));
        let policy = Policy::new("demo", zone.clone(), RuleBook::default(), ids);
        let registry = Arc::new(Registry::new(Some(Partitioner::Murmur2), true));
        let control = Arc::new(Control::default());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;

        let mut records = self.town.records().peekable();
        while let Some(record) = records.next_if(|record| record.ts.is_none()) {
            self.produce(&record)?;
        }
        self.flush()?;
        let engine = {
            let config = RunConfig { settings, policy, mapping: Mapping::identity() };
            let (registry, control) = (Arc::clone(&registry), Arc::clone(&control));
            let handle = runtime.handle().clone();
            std::thread::spawn(move || engine::run(config, metrics, registry, control, &handle))
        };
        let days = i64::from(self.town.spec.days);
        let begin = self.town.truth.start;
        let progress = Progress::count("days lived", days as u64);
        for record in records {
            self.produce(&record)?;
            if let Some(ts) = record.ts {
                progress.set((ts.since(begin) / crate::units::Millis::DAY) as u64);
            }
            self.wait_for_lanes(&engine)?;
        }
        self.flush()?;
        progress.finish();
        self.wait_until("all records are consumed", &engine, |demo| demo.unread() == 0)?;
        let actions = self.read_actions(&brokers)?;
        let views = self.read_views(&registry)?;
        control.stop();
        let exit = engine.join().map_err(|_| anyhow::anyhow!("the engine panicked"))??;
        ensure!(exit == Exit::Clean, "the engine ended with {exit:?}");
        Ok(Outcome { actions, views, account: self.account()?, zone })
    }

    fn produce(&mut self, record: &SimRecord) -> anyhow::Result<()> {
        let topic = match record.input {
            Input::Crm => &self.topics.crm,
            Input::Outcomes => &self.topics.outcomes,
            Input::Surveys => &self.topics.surveys,
            Input::Contacts => &self.topics.contacts,
            Input::Probes => &self.topics.probes,
            Input::Cells => &self.topics.cells,
        };
        let at = record.ts.unwrap_or(self.town.truth.start).0;
        let mut message = BaseRecord::to(topic).key(record.key.as_str()).timestamp(at);
        if let Some(value) = &record.value {
            message = message.payload(value.as_str());
        }
        while let Err((error, again)) = self.producer.send(message) {
            match error.rdkafka_error_code() {
                Some(rdkafka::types::RDKafkaErrorCode::QueueFull) => self.producer.poll(Duration::from_millis(10)),
                _ => bail!("the embedded broker takes no record: {error}"),
            }
            message = again;
        }
        *self.produced.entry(record.input).or_default() += 1;
        Ok(())
    }

    fn flush(&self) -> anyhow::Result<()> {
        self.producer.flush(Duration::from_secs(30)).context("the embedded broker does not take the records")
    }

    /// Records produced that no lane has taken yet.
    fn unread(&self) -> u64 {
        let text = self.metrics.render(clock::wall());
        let keyed = Input::KEYED.iter();
        let produced: u64 = keyed.map(|input| self.produced.get(input).copied().unwrap_or(0)).sum();
        produced.saturating_sub(counter(&text, "homeqos_records_consumed_total"))
    }

    fn wait_for_lanes(&self, engine: &std::thread::JoinHandle<anyhow::Result<Exit>>) -> anyhow::Result<()> {
        let produced: u64 = self.produced.values().sum();
        if !produced.is_multiple_of(LOOK_EVERY) {
            return Ok(());
        }
        self.producer.poll(Duration::ZERO);
        let unread_max = (u64::from(self.town.spec.customers) * UNREAD_PER_CUSTOMER).min(UNREAD_MAX);
        self.wait_until("the lanes keep up", engine, |demo| demo.unread() < unread_max)
    }

    fn wait_until(
        &self,
        what: &str,
        engine: &std::thread::JoinHandle<anyhow::Result<Exit>>,
        done: impl Fn(&Self) -> bool,
    ) -> anyhow::Result<()> {
        let (mut since, mut last) = (clock::now(), self.unread());
        while !done(self) {
            ensure!(!engine.is_finished(), "the engine ended before {what}");
            let unread = self.unread();
            if unread != last {
                (since, last) = (clock::now(), unread);
            }
            ensure!(since.elapsed() < PATIENCE, "nothing has moved for {PATIENCE:?} while waiting until {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Reads the actions topic until nothing more comes: the last verdicts follow the last records.
    fn read_actions(&self, brokers: &str) -> anyhow::Result<Vec<(String, Value)>> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", "homeqos-demo-reader")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .create()?;
        consumer.subscribe(&[&self.topics.offers])?;
        let (mut actions, mut heard) = (Vec::new(), clock::now());
        // A join of the embedded broker takes 3 s; after the first message a short silence is the end.
        while heard.elapsed() < if actions.is_empty() { Duration::from_secs(8) } else { Duration::from_secs(2) } {
            let Some(message) = consumer.poll(Duration::from_millis(100)) else { continue };
            let message = message?;
            heard = clock::now();
            let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
            let event = headers.filter(|header| header.key == "ce_type").find_map(|header| header.value);
            let event = event.map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default();
            actions.push((event, serde_json::from_slice(message.payload().unwrap_or(b"null"))?));
        }
        Ok(actions)
    }

    fn read_views(&self, registry: &Registry) -> anyhow::Result<BTreeMap<String, Value>> {
        let mut views = BTreeMap::new();
        for person in &self.town.truth.people {
            let id = &person.customer_id;
            let since = clock::now();
            let view = loop {
                match registry.ask(id) {
                    Ask::Sent(answer) => break answer.blocking_recv().ok().flatten(),
                    Ask::Busy if since.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(2)),
                    _ => bail!("no lane answers for {id}"),
                }
            };
            views.extend(view.map(|view| (id.clone(), view)));
        }
        Ok(views)
    }

    /// The accounts of DESIGN's identity; an error when they do not add up or a record is missing.
    fn account(&self) -> anyhow::Result<String> {
        let text = self.metrics.render(clock::wall());
        let consumed = counter(&text, "homeqos_records_consumed_total");
        let kinds = ["folded", "rejected", "late", "duplicate", "control", "forwarded", "erased"];
        let counts: Vec<(&str, u64)> =
            kinds.iter().map(|kind| (*kind, counter(&text, &format!("homeqos_records_{kind}_total")))).collect();
        let accounted: u64 = counts.iter().map(|(_, count)| count).sum();
        let produced: u64 = Input::KEYED.iter().filter_map(|input| self.produced.get(input)).sum();
        let control = counts.iter().find(|(kind, _)| *kind == "control").map_or(0, |(_, count)| *count);
        ensure!(consumed == accounted, "{consumed} records consumed, {accounted} accounted for");
        ensure!(consumed - control == produced, "{produced} records produced, {} consumed", consumed - control);
        let parts: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        Ok(format!("Every record is accounted for: {consumed} consumed = {}.", parts.join(" + ")))
    }
}

/// The sum of a counter over its labels, as a scrape shows it.
fn counter(text: &str, name: &str) -> u64 {
    let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let values = text.lines().filter(of_name).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    values.sum::<f64>() as u64
}
