//! One partition of the area topics: counts in, verdicts and tickets out. Pure.
//!
//! Its state is the newest row of every lane and the area's own row. Time moves by the rows' `as_of` and by the tick;
//! whatever becomes due is judged at the minute at which it was due, so that where a batch of rows is cut shows
//! nowhere.

use std::collections::{BTreeMap, BTreeSet};

use super::count::{AreaCount, CountKey, RowError, outcome_key};
use super::find::find;
use super::judge::judge;
use super::message::TicketMessage;
use super::outcomes::awaits;
use super::row::{AreaRow, Verdict};
use super::rules::{Rules, Switch};
use super::totals::Totals;
use super::view::AreaView;
use crate::ingest::{Inventory, Outcome};
use crate::limits::OUTCOMES_PER_AREA_MAX;
use crate::units::{AreaId, Id, Minute, Zone};

/// What names a ticket: area, cause it opened with, scope, local date.
pub type NameTicket<'a> = &'a dyn Fn(&str, &str, &str, &str) -> String;

/// What an area lane reads and does not own.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub cells: &'a Inventory,
    pub view: &'a AreaView,
    pub rules: &'a Rules,
    pub zone: &'a Zone,
    pub name_ticket: NameTicket<'a>,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// One record of `homeqos.area-counts`.
#[derive(Debug, Clone, PartialEq)]
pub enum CountRecord {
    /// A lane's row, `None` where its count fell to zero.
    Count { area: AreaId, lane: u16, count: Option<Box<AreaCount>> },
    /// A forwarded outcome, `None` where a row has taken it.
    Outcome { area: AreaId, action_id: Id, outcome: Option<Outcome> },
}

impl CountRecord {
    /// # Errors
    /// When key or value are none of ours, or of a newer format.
    pub fn parse(key: &str, value: Option<&[u8]>) -> Result<Self, RowError> {
        match CountKey::parse(key).ok_or_else(|| RowError::Malformed(format!("key {key:?}")))? {
            CountKey::Lane { area, lane } => {
                let count = value.map(AreaCount::parse).transpose()?.map(Box::new);
                Ok(Self::Count { area: area.into(), lane, count })
            }
            CountKey::Outcome { area, action_id } => {
                let outcome = value.map(serde_json::from_slice).transpose();
                let outcome = outcome.map_err(|e| RowError::Malformed(e.to_string()))?;
                Ok(Self::Outcome { area: area.into(), action_id: action_id.into(), outcome })
            }
        }
    }
}

/// What one or more judgements led to, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AreaReport {
    /// Rows for `homeqos.areas`; `None` is a tombstone.
    pub rows: Vec<(AreaId, Option<AreaRow>)>,
    /// Messages for the tickets topic.
    pub tickets: Vec<TicketMessage>,
    /// Keys of `homeqos.area-counts` whose outcome a row has taken.
    pub tombstones: Vec<String>,
    /// Findings for which a row had no room.
    pub no_room: u32,
    /// Outcomes that name no ticket of their area, or came in greater number than can wait.
    pub outcomes_ignored: u32,
}

/// One area of the lane.
#[derive(Debug, Clone, Default)]
pub(super) struct Area {
    pub counts: BTreeMap<u16, Box<AreaCount>>,
    pub row: Option<AreaRow>,
    /// Outcomes that wait, and whether the topic holds their tombstone already.
    pub outcomes: Vec<(Outcome, bool)>,
    due: Option<Minute>,
}

/// One partition of area-counts.
#[derive(Debug, Clone, Default)]
pub struct AreaLane {
    areas: BTreeMap<AreaId, Area>,
    due: BTreeSet<(Minute, AreaId)>,
    clock: Minute,
    /// The version of the view at the last tick: when it changes, open tickets look for links.
    seen: u64,
}

impl AreaLane {
    /// Takes a record of the counts topic during restore, judging nothing.
    pub fn load_count(&mut self, record: CountRecord, report: &mut AreaReport) {
        // An outcome's tombstone may have been written for an older outcome of the same ticket: what the row has taken
        // is known by the row itself, so the outcome stays until that is asked.
        match record {
            CountRecord::Outcome { area, action_id, outcome: None } => {
                let waiting = self.areas.get_mut(&area).into_iter().flat_map(|area| &mut area.outcomes);
                waiting.filter(|(o, _)| o.action_id == action_id).for_each(|(_, gone)| *gone = true);
            }
            CountRecord::Outcome { area, outcome: Some(outcome), .. } => {
                let waiting = &mut self.areas.entry(area).or_default().outcomes;
                // Read from the beginning, the topic may hold more than can ever wait: the newest matter.
                if waiting.len() >= OUTCOMES_PER_AREA_MAX {
                    waiting.remove(0);
                    report.outcomes_ignored += 1;
                }
                waiting.push((outcome, false));
            }
            count @ CountRecord::Count { .. } => self.put(count, report),
        }
    }

    /// Takes a record of the areas topic during restore.
    pub fn load_row(&mut self, area: &str, row: Option<AreaRow>) {
        self.clock = self.clock.max(row.as_ref().map_or(self.clock, |r| r.as_of));
        self.areas.entry(area.into()).or_default().row = row;
    }

    /// Judges every area once, after all is loaded.
    pub fn judge_all(&mut self, ctx: &Context<'_>, report: &mut AreaReport) {
        let clock = self.clock;
        let areas: Vec<AreaId> = self.areas.keys().cloned().collect();
        for id in areas {
            if let Some(area) = self.areas.get_mut(&id) {
                let row = area.row.as_ref();
                let told = |o: &Outcome| row.is_none_or(|row| !awaits(row, o));
                for (outcome, _) in area.outcomes.iter().filter(|(o, gone)| told(o) && !gone) {
                    report.tombstones.push(outcome_key(&id, &outcome.action_id));
                }
                area.outcomes.retain(|(o, _)| !told(o));
            }
            self.schedule(&id, clock);
        }
        self.run(clock, ctx, report);
    }

    /// Folds one record. What became due before its minute is judged first.
    pub fn fold(&mut self, record: CountRecord, ctx: &Context<'_>, report: &mut AreaReport) {
        if let CountRecord::Count { count: Some(count), .. } = &record
            && count.as_of > self.clock
        {
            self.run(count.as_of.plus(-1), ctx, report);
            self.clock = count.as_of;
        }
        self.put(record, report);
    }

    /// Moves the clock and judges what is due.
    pub fn tick(&mut self, now: Minute, ctx: &Context<'_>, report: &mut AreaReport) {
        if ctx.view.version() != self.seen {
            self.seen = ctx.view.version();
            let open = |area: &Area| area.row.iter().flat_map(|r| &r.verdicts).any(Verdict::has_open_ticket);
            let linked: Vec<AreaId> = self.areas.iter().filter(|(_, a)| open(a)).map(|(id, _)| id.clone()).collect();
            let at = self.clock.max(now);
            for area in linked {
                self.schedule(&area, at);
            }
        }
        self.run(now, ctx, report);
        self.clock = self.clock.max(now);
    }

    /// The greatest minute seen.
    #[must_use]
    pub fn clock(&self) -> Minute {
        self.clock
    }

    /// When something is to be judged without any further record.
    #[must_use]
    pub fn next_due(&self) -> Option<Minute> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Areas known, and tickets open among them.
    #[must_use]
    pub fn figures(&self) -> (usize, usize) {
        let verdicts = self.areas.values().filter_map(|a| a.row.as_ref()).flat_map(|r| &r.verdicts);
        (self.areas.len(), verdicts.filter(|v| v.has_open_ticket()).count())
    }

    /// An area's row as it stands.
    #[must_use]
    pub fn row(&self, area: &str) -> Option<&AreaRow> {
        self.areas.get(area)?.row.as_ref()
    }

    fn put(&mut self, record: CountRecord, report: &mut AreaReport) {
        let mut at = self.clock;
        let area = match record {
            CountRecord::Count { area, lane, count } => {
                let known = self.areas.entry(area.clone()).or_default();
                match count {
                    Some(count) => {
                        self.clock = self.clock.max(count.as_of);
                        at = self.clock;
                        known.counts.insert(lane, count);
                    }
                    None => {
                        known.counts.remove(&lane);
                    }
                }
                area
            }
            CountRecord::Outcome { outcome: None, .. } => return,
            CountRecord::Outcome { area, outcome: Some(outcome), .. } => {
                let known = self.areas.entry(area.clone()).or_default();
                at = at.max(outcome.ts.minute());
                if known.outcomes.len() < OUTCOMES_PER_AREA_MAX {
                    known.outcomes.push((outcome, false));
                } else {
                    report.outcomes_ignored += 1;
                    report.tombstones.push(outcome_key(&area, &outcome.action_id));
                }
                area
            }
        };
        self.schedule(&area, at);
    }

    /// Notes that an area is to be judged at `at`, or sooner if it already is.
    fn schedule(&mut self, area: &AreaId, at: Minute) {
        let Some(known) = self.areas.get_mut(area) else { return };
        if known.due.is_some_and(|due| due <= at) {
            return;
        }
        if let Some(due) = known.due.replace(at) {
            self.due.remove(&(due, area.clone()));
        }
        self.due.insert((at, area.clone()));
    }

    /// Judges everything due up to `until`, each area at its own minute.
    fn run(&mut self, until: Minute, ctx: &Context<'_>, report: &mut AreaReport) {
        if ctx.rules.stage == Switch::Off {
            return;
        }
        while let Some((at, id)) = self.due.first().filter(|(at, _)| *at <= until).cloned() {
            self.due.remove(&(at, id.clone()));
            let Some(area) = self.areas.get_mut(&id) else { continue };
            area.due = None;
            let silent = ctx.rules.silent_days * 24 * 60;
            area.counts.retain(|_, count| count.as_of.plus(silent) > at);
            let mut totals = Totals::default();
            area.counts.values().for_each(|count| totals.add(count));
            let findings = find(&totals, ctx.zone.local(at.start()).day, ctx.rules);
            judge(&id, area, at, &totals, &findings, ctx, report);
            match super::judge::due(area, at, ctx.rules) {
                Some(next) => self.schedule(&id, next),
                None if area.row.is_none() && area.counts.is_empty() => {
                    self.areas.remove(&id);
                }
                None => {}
            }
        }
    }
}
