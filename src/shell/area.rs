//! One lane of areas at work: counts in, rows and tickets out. Shell.
//!
//! Its state is two compacted topics, so it has neither journal nor snapshot: it is loaded from them to the end
//! captured then, every area is judged once, and it goes on. Its committed offset, and the mark beside it, are the
//! record of its epochs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;
use rdkafka::message::{BorrowedMessage, Message as _};

use super::clock::Steps;
use super::committed;
use super::draft;
use super::epoch::{Epoch, Output, Owner, Target};
use super::feed::{Feed, Polled};
use super::kafka::Reader;
use super::lane::{Env, Round};
use super::membership::Membership;
use super::metrics::EpochCounts;
use super::settings::Settings;
use super::whole::whole;
use crate::act::ticket;
use crate::config::TimeMode;
use crate::neighbourhood::{AreaLane, AreaReport, AreaRow, Context, CountKey, CountRecord};
use crate::pipeline::{Policy, World};
use crate::units::{Millis, Minute};

/// As [`super::lane`]: without records for this long, the clock follows the tick.
const IDLE_AFTER: Duration = Duration::from_secs(2);

/// An area lane as loading left it.
#[derive(Debug)]
pub struct Loaded {
    pub partition: u16,
    lane: AreaLane,
    report: AreaReport,
    /// Next offset of the counts topic.
    cursor: i64,
    number: u64,
    took: Duration,
}

/// An area lane at work.
#[derive(Debug)]
pub struct AreaSeat {
    pub partition: u16,
    lane: AreaLane,
    report: AreaReport,
    cursor: i64,
    committed: i64,
    /// The last committed epoch.
    number: u64,
    pub pending: Option<Epoch>,
    /// Every area was judged once after loading.
    judged: bool,
    at_end: bool,
    last_record: Instant,
    /// The instance's clock at a moment.
    clock: Option<(Millis, Instant)>,
    pub took: Duration,
}

/// Calls `with` on what an area lane reads.
fn context<T>(world: &World, policy: &Policy, with: impl FnOnce(&Context<'_>) -> T) -> T {
    let name_ticket = |area: &str, cause: &str, scope: &str, since: &str| policy.ids.ticket(area, cause, scope, since);
    with(&Context {
        cells: &world.cells,
        view: &world.areas,
        rules: &policy.area,
        zone: &policy.zone,
        name_ticket: &name_ticket,
    })
}

/// Reads both topics' partition to the end that is stable now. `reader` must not be reading anything else.
pub fn load(settings: &Settings, reader: &Arc<Reader>, partition: u16) -> Result<Loaded> {
    let mut steps = Steps::begin();
    let limit = settings.transaction_timeout * 2 + settings.request_timeout;
    let counts = std::slice::from_ref(&settings.topics.area_counts);
    let found = committed::wait(reader, counts, i32::from(partition), limit)?;
    let (mut lane, mut report) = (AreaLane::default(), AreaReport::default());
    steps.done("committed");
    whole(settings, reader, &settings.topics.areas, partition, |message| {
        let area = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
        match message.payload().map(AreaRow::parse).transpose() {
            Ok(row) => lane.load_row(&area, row),
            Err(error) => tracing::warn!(area_lane = partition, %error, "an area's row cannot be read"),
        }
    })?;
    steps.done("rows");
    let cursor = load_counts(settings, reader, partition, &mut lane, &mut report)?;
    let took = steps.done("counts");
    tracing::info!(area_lane = partition, areas = lane.figures().0, steps = steps.text(), "area lane loaded");
    let committed = found.ends.first().copied().flatten().unwrap_or(0);
    let number = found.epoch.unwrap_or(0);
    Ok(Loaded { partition, lane, report, cursor: cursor.max(committed), number, took })
}

/// Takes the newest count of every lane and all outcomes; answers the next offset. Older counts are not even parsed: the
/// topic holds many of them until it is compacted.
fn load_counts(
    settings: &Settings,
    reader: &Arc<Reader>,
    partition: u16,
    lane: &mut AreaLane,
    report: &mut AreaReport,
) -> Result<i64> {
    let mut cursor = 0;
    let mut newest: BTreeMap<String, (i64, Option<Vec<u8>>)> = BTreeMap::new();
    whole(settings, reader, &settings.topics.area_counts, partition, |message| {
        cursor = message.offset() + 1;
        let key = String::from_utf8_lossy(message.key().unwrap_or_default());
        if matches!(CountKey::parse(&key), Some(CountKey::Lane { .. })) {
            newest.insert(key.into_owned(), (message.offset(), message.payload().map(<[u8]>::to_vec)));
        } else if let Some(record) = parsed(partition, message.offset(), &key, message.payload()) {
            lane.load_count(record, report);
        }
    })?;
    let mut newest: Vec<_> = newest.into_iter().collect();
    newest.sort_unstable_by_key(|(_, (offset, _))| *offset);
    for (key, (offset, value)) in newest {
        if let Some(record) = parsed(partition, offset, &key, value.as_deref()) {
            lane.load_count(record, report);
        }
    }
    Ok(cursor)
}

fn record(partition: u16, message: &BorrowedMessage<'_>) -> Option<CountRecord> {
    let key = String::from_utf8_lossy(message.key().unwrap_or_default());
    parsed(partition, message.offset(), &key, message.payload())
}

fn parsed(partition: u16, offset: i64, key: &str, value: Option<&[u8]>) -> Option<CountRecord> {
    match CountRecord::parse(key, value) {
        Ok(record) => Some(record),
        Err(error) => {
            tracing::warn!(area_lane = partition, offset, %error, "a count cannot be read");
            None
        }
    }
}

impl AreaSeat {
    #[must_use]
    pub fn new(loaded: Loaded, now: Instant) -> Self {
        Self {
            partition: loaded.partition,
            lane: loaded.lane,
            report: loaded.report,
            cursor: loaded.cursor,
            committed: loaded.cursor,
            number: loaded.number,
            pending: None,
            judged: false,
            at_end: false,
            last_record: now,
            clock: None,
            took: loaded.took,
        }
    }

    /// Open tickets, and areas known.
    #[must_use]
    pub fn figures(&self) -> (usize, usize) {
        self.lane.figures()
    }

    /// Folds up to `budget` records.
    pub fn fold(&mut self, feed: &Feed<Membership>, env: &Env<'_>, budget: usize) -> Round {
        if !self.judged {
            self.judged = true;
            let (lane, report) = (&mut self.lane, &mut self.report);
            context(env.world, env.policy, |context| lane.judge_all(context, report));
        }
        let mut round = Round::default();
        while round.records < budget {
            let (partition, cursor) = (self.partition, self.cursor);
            let polled = feed.poll(Duration::ZERO, |message| {
                let fresh = message.offset() >= cursor;
                (message.offset(), fresh.then(|| record(partition, message)).flatten())
            });
            match polled {
                Polled::Record((offset, record)) => {
                    self.at_end = false;
                    if offset < self.cursor {
                        continue;
                    }
                    self.cursor = offset + 1;
                    self.last_record = env.now;
                    self.clock = None;
                    round.records += 1;
                    let (lane, report) = (&mut self.lane, &mut self.report);
                    if let Some(record) = record {
                        context(env.world, env.policy, |context| lane.fold(record, context, report));
                    }
                }
                Polled::End => self.at_end = true,
                Polled::Nothing | Polled::Failed(_) => break,
            }
        }
        round.more = round.records == budget;
        round
    }

    /// Lets time pass in an idle lane, as far as something is due.
    pub fn tick(&mut self, env: &Env<'_>) {
        if !self.at_end || env.now.duration_since(self.last_record) <= IDLE_AFTER {
            return;
        }
        let now = match env.time {
            TimeMode::Wall => env.wall,
            // Counts of what the instance has folded may be on their way: the clock of a while ago is safe.
            TimeMode::Input => {
                let clock = Millis(env.instance_clock.load(Ordering::Relaxed));
                let (then, at) = *self.clock.get_or_insert((clock, env.now));
                if at <= self.last_record || env.now.duration_since(at) <= IDLE_AFTER {
                    return;
                }
                self.clock = Some((clock, env.now));
                then
            }
        };
        // Minutes before the first count say nothing.
        let begun = self.lane.clock() > Minute::default() && now.0 > 0;
        if begun && self.lane.next_due().is_some_and(|due| due <= now.minute()) {
            let (lane, report) = (&mut self.lane, &mut self.report);
            context(env.world, env.policy, |context| lane.tick(now.minute(), context, report));
        }
    }

    fn is_clean(&self) -> bool {
        let report = &self.report;
        let silent = report.rows.is_empty() && report.tickets.is_empty() && report.tombstones.is_empty();
        silent && self.cursor == self.committed
    }

    /// There is something to commit.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.is_clean()
    }

    /// Makes what was folded since the last cut an epoch.
    pub fn cut(&mut self, env: &Env<'_>, counts_topic: &str) {
        if self.pending.is_some() || self.is_clean() {
            return;
        }
        let report = std::mem::take(&mut self.report);
        if report.no_room > 0 || report.outcomes_ignored > 0 {
            let (no_room, ignored) = (report.no_room, report.outcomes_ignored);
            tracing::warn!(area_lane = self.partition, no_room, ignored, "findings without room, outcomes ignored");
        }
        let mut counts = EpochCounts::default();
        let mut outputs = Vec::with_capacity(report.rows.len() + report.tickets.len() + report.tombstones.len());
        let here = |target, key: String, value: Option<String>| Output {
            target,
            partition: Some(self.partition),
            key: Some(key.into_bytes()),
            value: value.map(String::into_bytes),
            headers: Vec::new(),
        };
        for message in report.tickets.iter().filter(|_| !env.shadow) {
            let action = ticket(message, &env.policy.deployment, env.policy.hash());
            counts.action(&action);
            outputs.push(draft::action(action));
        }
        for (area, row) in report.rows {
            outputs.push(here(Target::Areas, area.to_string(), row.map(|row| row.to_json())));
        }
        outputs.extend(report.tombstones.into_iter().map(|key| here(Target::AreaCounts, key, None)));
        self.committed = self.cursor;
        self.pending = Some(Epoch {
            owner: Owner::Areas(self.partition),
            number: self.number + 1,
            outputs,
            offsets: vec![(counts_topic.to_owned(), self.cursor)],
            cells: Vec::new(),
            counts,
        });
    }

    /// The pending epoch has committed.
    pub fn committed(&mut self) -> Option<Epoch> {
        let epoch = self.pending.take()?;
        self.number = epoch.number;
        Some(epoch)
    }
}
