//! The engine: workers, views and their common things, from start to stop. Shell.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{channel, sync_channel};

use anyhow::{Context as _, Result, anyhow};
use rdkafka::consumer::Consumer as _;
use tokio::runtime::Handle;

use super::alignment::Alignment;
use super::clock::{self, now};
use super::draft::Stamp;
use super::intake::Intake;
use super::kafka;
use super::lag::Lag;
use super::metrics::{Metrics, View};
use super::recovery::Recovery;
use super::registry::Registry;
use super::restorer::Restorer;
use super::settings::Settings;
use super::store::Snapshots;
use super::worker::Worker;
use super::world::{self, Views};
use crate::ingest::{Input, Mapping};
use crate::limits::QUESTIONS_MAX;
use crate::neighbourhood::Switch;
use crate::pipeline::Policy;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// It was told to stop and did so in order.
    Clean,
    /// Another process has taken this instance's name.
    Fenced(String),
    /// No lane can be recovered.
    Refused(String),
    /// The broker does not answer, or lacks what is needed.
    Broker(String),
}

impl Exit {
    /// The process's exit code: 0, 5, 4, 3.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Broker(_) => 3,
            Self::Refused(_) => 4,
            Self::Fenced(_) => 5,
        }
    }
}

/// What an instance runs with.
#[derive(Debug)]
pub struct RunConfig {
    pub settings: Settings,
    pub policy: Policy,
    pub mapping: Mapping,
}

/// How a run is told to stop.
#[derive(Debug, Default)]
pub struct Control {
    stop: AtomicBool,
}

impl Control {
    /// Finish the epoch, write the snapshots, and end.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    #[must_use]
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// What the workers of an instance share.
#[derive(Debug)]
pub struct Shared {
    pub settings: Arc<Settings>,
    pub policy: Arc<Policy>,
    pub stamp: Arc<Stamp>,
    pub metrics: Arc<Metrics>,
    pub registry: Arc<Registry>,
    pub views: Arc<Views>,
    pub snapshots: Snapshots,
    pub lag: Lag,
    pub control: Arc<Control>,
    /// The greatest time folded by the instance.
    pub instance_clock: AtomicI64,
    pub alignment: Alignment,
    pub workers: u16,
    /// A worker has ended in trouble: the others end too.
    pub failed: AtomicBool,
}

impl Shared {
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.control.stopping() || self.failed.load(Ordering::Acquire)
    }
}

/// What the broker says of our topics.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ground {
    cluster: String,
    lanes: u16,
    area_lanes: u16,
    /// Partitions of the inventory.
    cells: u16,
}

fn ground(settings: &Settings) -> Result<Ground> {
    let reader = kafka::reader(settings, true, 1 << 10)?;
    let metadata = reader.fetch_metadata(None, settings.request_timeout).context("the broker does not answer")?;
    let partitions = |topic: &str| -> Result<u16> {
        let found = metadata.topics().iter().find(|t| t.name() == topic).map_or(0, |t| t.partitions().len());
        anyhow::ensure!(found > 0, "topic {topic} does not exist; `homeqos topics create` makes it");
        Ok(u16::try_from(found)?)
    };
    let lanes = partitions(&settings.topics.probes)?;
    for input in Input::KEYED {
        let (topic, found) = (settings.topic(input), partitions(settings.topic(input))?);
        anyhow::ensure!(
            found == lanes,
            "{topic} has {found} partitions and {} has {lanes}: they must be equal",
            settings.topics.probes
        );
    }
    let journal = partitions(&settings.topics.journal)?;
    anyhow::ensure!(
        journal >= lanes,
        "{} has {journal} partitions, the inputs have {lanes}: a lane's journal needs its own",
        settings.topics.journal
    );
    let (area_lanes, areas) = (partitions(&settings.topics.area_counts)?, partitions(&settings.topics.areas)?);
    anyhow::ensure!(
        area_lanes == areas,
        "{} and {} must have equally many partitions, they have {area_lanes} and {areas}",
        settings.topics.area_counts,
        settings.topics.areas
    );
    let cells = partitions(&settings.topics.cells)?;
    let cluster = reader.client().fetch_cluster_id(settings.request_timeout).unwrap_or_default();
    Ok(Ground { cluster, lanes, area_lanes, cells })
}

/// Runs an instance until `control` says stop or it cannot go on. Blocks; `runtime` carries the snapshots' uploads.
pub fn run(
    config: RunConfig,
    metrics: Arc<Metrics>,
    registry: Arc<Registry>,
    control: Arc<Control>,
    runtime: &Handle,
) -> Result<Exit> {
    let RunConfig { settings, policy, mapping } = config;
    let ground = match ground(&settings) {
        Ok(ground) => ground,
        Err(error) => return Ok(Exit::Broker(format!("{error:#}"))),
    };
    let snapshots = Snapshots::open(&settings, runtime)?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = match settings.workers {
        0 => u16::try_from(cores)?.min(ground.lanes),
        n => n.min(ground.lanes),
    };
    let stamp = Stamp {
        cluster: ground.cluster,
        lanes: ground.lanes,
        code: env!("CARGO_PKG_VERSION").to_owned(),
        policy: policy.hash().to_owned(),
        key: policy.ids.key().fingerprint(),
        area_lanes: ground.area_lanes,
        inputs: Input::KEYED.iter().map(|input| settings.topic(*input).to_owned()).collect(),
    };
    metrics.shadow(settings.shadow);
    metrics.offers_enabled(registry.offers_enabled.load(Ordering::Relaxed));
    registry.expect(ground.lanes, usize::from(workers));
    let shared = Arc::new(Shared {
        views: Views::new(mapping.clone(), Arc::clone(&metrics)),
        settings: Arc::new(settings),
        policy: Arc::new(policy),
        stamp: Arc::new(stamp),
        metrics,
        registry,
        snapshots,
        lag: Lag::default(),
        control,
        instance_clock: AtomicI64::new(i64::MIN),
        alignment: Alignment::new(ground.lanes, now()),
        workers,
        failed: AtomicBool::new(false),
    });
    let exit = work(&shared, &mapping, ground.cells);
    shared.views.stop();
    exit
}

/// Starts the threads and waits for the workers. `cells`: partitions of the inventory.
fn work(shared: &Arc<Shared>, mapping: &Mapping, cells: u16) -> Result<Exit> {
    std::thread::scope(|scope| {
        let mut followers = Vec::new();
        for (view, partitions) in [(View::Cells, cells), (View::Areas, shared.stamp.area_lanes)] {
            let shared = Arc::clone(shared);
            let follower = std::thread::Builder::new().name(format!("view-{view}")).spawn_scoped(scope, move || {
                let ended = world::follow(&shared.settings, &shared.views, view, partitions);
                if ended.is_err() {
                    shared.failed.store(true, Ordering::Release);
                }
                ended.with_context(|| format!("{view}, which every instance reads whole, cannot be read"))
            })?;
            followers.push(follower);
        }
        {
            let shared = Arc::clone(shared);
            std::thread::Builder::new().name("lag".to_owned()).spawn_scoped(scope, move || {
                if let Err(error) = shared.lag.follow(&shared) {
                    tracing::warn!("lag is not told: {error:#}");
                }
            })?;
        }
        let mut threads = Vec::new();
        for number in 0..shared.workers {
            let (shared, mapping) = (Arc::clone(shared), mapping.clone());
            let thread =
                std::thread::Builder::new().name(format!("worker-{number}")).spawn_scoped(scope, move || {
                    let ended = start(&shared, mapping, number).and_then(Worker::run);
                    // One that did not even start ends the instance as well.
                    shared.failed.store(true, Ordering::Release);
                    ended
                })?;
            threads.push(thread);
        }
        let mut exit = Ok(Exit::Clean);
        for thread in threads {
            let ended = thread.join().unwrap_or_else(|_| Err(anyhow!("a worker has panicked")));
            if !matches!(ended, Ok(Exit::Clean)) {
                exit = ended;
            }
        }
        shared.views.stop();
        for follower in followers {
            let ended = follower.join().unwrap_or_else(|_| Err(anyhow!("a view's thread has panicked")));
            if let (Err(error), Ok(Exit::Clean)) = (ended, &exit) {
                exit = Ok(Exit::Broker(format!("{error:#}")));
            }
        }
        exit
    })
}

fn start(shared: &Arc<Shared>, mapping: Mapping, number: u16) -> Result<Worker> {
    let settings = &shared.settings;
    let intake = Intake { mapping, partitioner: settings.partitioner, lanes: shared.stamp.lanes };
    // What is fetched ahead is bounded per partition: some 256 MiB over the lanes this worker is likely to have.
    let lanes = shared.stamp.lanes.div_ceil(shared.workers).max(1);
    let queue_kib = ((256 << 10) / u32::from(lanes)).clamp(2 << 10, 64 << 10);
    let consumer = Arc::new(kafka::group_consumer(settings, number, queue_kib)?);
    let recovery = Recovery::new(
        Arc::clone(settings),
        Arc::clone(&shared.stamp),
        Arc::clone(&shared.policy),
        intake.clone(),
        shared.snapshots.clone(),
        Arc::clone(&shared.metrics),
    )?;
    let name = format!("restorer-{number}");
    let restorer = Restorer::start(recovery, Arc::clone(&shared.views), name, std::thread::current())?;
    let (mailbox, questions) = sync_channel(QUESTIONS_MAX);
    let (done, uploads) = channel();
    let mut worker = Worker {
        number,
        name: clock::fresh_name(&settings.member(number)),
        shared: Arc::clone(shared),
        intake,
        consumer,
        producer: None,
        doubt: false,
        overtaken_at: None,
        restorer,
        seats: BTreeMap::new(),
        areas: BTreeMap::new(),
        parked: BTreeMap::new(),
        world: shared.views.copy(),
        mailbox,
        questions,
        done,
        uploads,
        began: None,
        again_at: None,
        joined: false,
        figures_at: now(),
        exit: None,
        generation: 0,
    };
    // The predecessor is fenced before anything is asked of what it committed.
    while !worker.has_producer() {
        if shared.stopping() {
            worker.exit = Some(Exit::Clean);
            return Ok(worker);
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let mut topics: Vec<&str> = Input::KEYED.iter().map(|input| settings.topic(*input)).collect();
    if shared.policy.area.stage == Switch::On {
        topics.push(&settings.topics.area_counts);
    }
    worker.consumer.subscribe(&topics)?;
    Ok(worker)
}
