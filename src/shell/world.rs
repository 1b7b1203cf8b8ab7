//! The two views that every instance reads whole: the cell inventory and the areas' verdicts. Shell.
//!
//! One thread per view follows its topic from the beginning and never commits. What it reads stands in a map for
//! whoever asks (HTTP), and in a bounded list of changes from which each worker brings its own copy up to date
//! between epochs, so that the view is constant within one. A worker that fell too far behind copies the map.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use dashmap::DashMap;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::bad_cells::BadCells;
use super::dead_letter::DeadLetter;
use super::intake;
use super::journal::WorldOffsets;
use super::kafka;
use super::metrics::{Metrics, View};
use super::settings::Settings;
use crate::ingest::{Cell, Mapping, decode_cell};
use crate::limits::WORLD_CHANGES_MAX;
use crate::neighbourhood::AreaRow;
use crate::pipeline::World;
use crate::units::{AreaId, CellId};

/// One row that changed; `None`: it is gone.
#[derive(Debug, Clone)]
enum Change {
    Cell(CellId, Option<Arc<Cell>>),
    Area(AreaId, Option<Arc<AreaRow>>),
}

#[derive(Debug, Default)]
struct Log {
    changes: VecDeque<Change>,
    /// Changes ever made, those that are no longer in the list among them.
    count: u64,
    offsets: WorldOffsets,
}

/// What the two threads have read.
#[derive(Debug)]
pub struct Views {
    pub cells: DashMap<CellId, Arc<Cell>, foldhash::fast::FixedState>,
    pub areas: DashMap<AreaId, Arc<AreaRow>, foldhash::fast::FixedState>,
    log: Mutex<Log>,
    /// [`Log::count`], to be looked at without the lock.
    count: AtomicU64,
    loaded: [AtomicBool; 2],
    stop: AtomicBool,
    /// Rows of the inventory that could not be read.
    pub bad_cells: BadCells,
    mapping: Mapping,
    metrics: Arc<Metrics>,
}

/// A worker's own copy.
#[derive(Debug, Clone)]
pub struct Copy {
    pub world: Arc<World>,
    pub offsets: WorldOffsets,
    seen: u64,
}

/// How long the leaders of a view's topic are asked for before it is read.
const LEADER: Duration = Duration::from_secs(1);

fn index(view: View) -> usize {
    view as usize
}

impl Views {
    #[must_use]
    pub fn new(mapping: Mapping, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            cells: DashMap::default(),
            areas: DashMap::default(),
            log: Mutex::default(),
            count: AtomicU64::new(0),
            loaded: Default::default(),
            stop: AtomicBool::new(false),
            bad_cells: BadCells::default(),
            mapping,
            metrics,
        })
    }

    /// Whether both topics were read to their end at least once.
    #[must_use]
    pub fn loaded(&self) -> bool {
        self.loaded.iter().all(|loaded| loaded.load(Ordering::Acquire))
    }

    /// Lets the threads end.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// A copy of all that is known.
    #[must_use]
    pub fn copy(&self) -> Copy {
        let mut copy = Copy { world: Arc::default(), offsets: WorldOffsets::default(), seen: 0 };
        self.recopy(&mut copy);
        copy
    }

    /// Brings a copy up to date; `true` if anything changed.
    pub fn update(&self, copy: &mut Copy) -> bool {
        let count = self.count.load(Ordering::Acquire);
        if copy.seen == count {
            return false;
        }
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = usize::try_from(log.count - copy.seen).unwrap_or(usize::MAX);
        if behind > log.changes.len() {
            drop(log);
            self.recopy(copy);
            return true;
        }
        let world = Arc::make_mut(&mut copy.world);
        for change in log.changes.range(log.changes.len() - behind..) {
            match change {
                Change::Cell(id, cell) => world.cells.apply(id, cell.clone()),
                Change::Area(id, row) => world.areas.apply(id, row.clone()),
            }
        }
        copy.offsets.clone_from(&log.offsets);
        copy.seen = log.count;
        true
    }

    /// Puts every row in place and removes those that are gone. The versions go on growing, since lanes remember them.
    fn recopy(&self, copy: &mut Copy) {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let world = Arc::make_mut(&mut copy.world);
        let gone: Vec<CellId> = world.cells.iter().map(|cell| cell.cell_id.clone()).collect();
        for id in gone.iter().filter(|id| !self.cells.contains_key(*id)) {
            world.cells.apply(id, None);
        }
        let gone: Vec<AreaId> = world.areas.iter().map(|row| row.area.clone()).collect();
        for id in gone.iter().filter(|id| !self.areas.contains_key(*id)) {
            world.areas.apply(id, None);
        }
        // In the order of the ids, so that equal maps make equal copies.
        let mut cells: Vec<_> = self.cells.iter().map(|e| (e.key().clone(), Arc::clone(e.value()))).collect();
        cells.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (id, cell) in cells {
            world.cells.apply(&id, Some(cell));
        }
        let mut areas: Vec<_> = self.areas.iter().map(|e| (e.key().clone(), Arc::clone(e.value()))).collect();
        areas.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (id, row) in areas {
            world.areas.apply(&id, Some(row));
        }
        copy.offsets.clone_from(&log.offsets);
        copy.seen = log.count;
    }

    /// Takes one record of a view. The maps change under the list's lock, so that a copy of the map and the list's
    /// count always agree.
    fn take(&self, view: View, partition: usize, next: i64, change: Option<Change>) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let offsets = match view {
            View::Cells => &mut log.offsets.cells,
            View::Areas => &mut log.offsets.areas,
        };
        if let Some(offset) = offsets.get_mut(partition) {
            *offset = next;
        }
        let Some(change) = change else { return };
        match &change {
            Change::Cell(id, Some(cell)) => drop(self.cells.insert(id.clone(), Arc::clone(cell))),
            Change::Cell(id, None) => drop(self.cells.remove(id)),
            Change::Area(id, Some(row)) => drop(self.areas.insert(id.clone(), Arc::clone(row))),
            Change::Area(id, None) => drop(self.areas.remove(id)),
        }
        log.changes.push_back(change);
        if log.changes.len() > WORLD_CHANGES_MAX {
            log.changes.pop_front();
        }
        log.count += 1;
        self.count.store(log.count, Ordering::Release);
    }

    fn parse(&self, view: View, message: &BorrowedMessage<'_>) -> Result<Change> {
        match view {
            View::Cells => {
                let (id, cell) = decode_cell(message.key(), message.payload(), &self.mapping).map_err(|rejection| {
                    let error = anyhow::anyhow!("{rejection}");
                    self.bad_cells.put(DeadLetter { raw: intake::raw(message), rejection });
                    error
                })?;
                Ok(Change::Cell(id, cell.map(Arc::new)))
            }
            View::Areas => {
                let area = AreaId::new(std::str::from_utf8(message.key().unwrap_or_default())?);
                let row = message.payload().map(AreaRow::parse).transpose()?;
                Ok(Change::Area(area, row.map(Arc::new)))
            }
        }
    }
}

/// Follows one view, whose topic has so many partitions, until [`Views::stop`]. An error ends it only where nothing can be
/// read at all.
pub fn follow(settings: &Settings, views: &Views, view: View, partitions: u16) -> Result<()> {
    let topic = match view {
        View::Cells => &settings.topics.cells,
        View::Areas => &settings.topics.areas,
    };
    let consumer = kafka::reader(settings, true, 16 << 10)?;
    {
        let mut log = views.log.lock().unwrap_or_else(PoisonError::into_inner);
        match view {
            View::Cells => log.offsets.cells = vec![0; usize::from(partitions)],
            View::Areas => log.offsets.areas = vec![0; usize::from(partitions)],
        }
    }
    // Finds the topic's leaders at once, where the client by itself takes half a second; without a broker it goes on.
    let _ = consumer.fetch_watermarks(topic, 0, LEADER);
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, i32::from(partition), Offset::Beginning)?;
    }
    consumer.assign(&list).context("a view's topic could not be assigned")?;
    let mut ended = vec![false; usize::from(partitions)];
    while !views.stop.load(Ordering::Acquire) {
        match consumer.poll(Duration::from_millis(100)) {
            None => {}
            Some(Ok(message)) => {
                let parsed = views.parse(view, &message);
                let unreadable = u64::from(parsed.is_err());
                if let Err(error) = &parsed {
                    tracing::warn!(view = view.as_str(), offset = message.offset(), %error, "a row cannot be read");
                }
                let partition = usize::try_from(message.partition()).unwrap_or(usize::MAX);
                views.take(view, partition, message.offset() + 1, parsed.ok());
                let rows = if view == View::Cells { views.cells.len() } else { views.areas.len() };
                views.metrics.view(view, rows, 1, unreadable);
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                if let Some(ended) = usize::try_from(partition).ok().and_then(|at| ended.get_mut(at)) {
                    *ended = true;
                }
                if ended.iter().all(|ended| *ended) && !views.loaded[index(view)].swap(true, Ordering::AcqRel) {
                    tracing::info!(view = view.as_str(), "read whole");
                }
            }
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => return Err(error.into()),
            Some(Err(error)) => tracing::debug!(view = view.as_str(), %error, "a view cannot be read at the moment"),
        }
    }
    Ok(())
}
