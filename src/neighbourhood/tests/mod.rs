//! The stage as a whole: a street's story told in counts and minutes. Pure.

mod life;
mod links;
mod restore;
mod table;

use std::sync::Arc;

use super::*;
use crate::ingest::{Cell, Inventory, Outcome, OutcomeStatus};
use crate::perception::CellPeers;
use crate::units::{Cause, Day, LatLon, Minute, Rat, Zone};

/// 2026-10-19T06:00Z, a Monday.
const START: Minute = Minute(29_873_160);
const HOUR: i32 = 60;
const DAY: i32 = 24 * HOUR;

fn name(area: &str, cause: &str, scope: &str, since: &str) -> String {
    format!("tk_{area}/{cause}/{scope}/{since}")
}

/// A town of area lanes: here one lane, its view fed by its own rows as the areas topic would.
struct Town {
    lane: AreaLane,
    view: AreaView,
    cells: Inventory,
    rules: Rules,
    zone: Zone,
    now: Minute,
    /// What was told, all in all.
    told: Vec<TicketMessage>,
    rows: Vec<(crate::units::AreaId, Option<AreaRow>)>,
    tombstones: Vec<String>,
}

impl Town {
    fn new() -> Self {
        let mut cells = Inventory::default();
        for (site, lat) in [("16419", 45.7612), ("16420", 45.7700), ("99999", 46.5)] {
            for sector in ["a", "b"] {
                let id = format!("{site}-{sector}");
                let pos = LatLon::new(lat, 4.8391).unwrap();
                let cell = Cell {
                    cell_id: id.as_str().into(),
                    site_id: site.into(),
                    pos,
                    rat: Rat::Lte,
                    azimuth_deg: None,
                    band: None,
                    tilt_deg: None,
                    power_dbm: None,
                    neighbours: Vec::new(),
                };
                cells.apply(&id, Some(Arc::new(cell)));
            }
        }
        Self {
            lane: AreaLane::default(),
            view: AreaView::default(),
            cells,
            rules: Rules::default(),
            zone: Zone::named("Europe/Paris").unwrap(),
            now: START,
            told: Vec::new(),
            rows: Vec::new(),
            tombstones: Vec::new(),
        }
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut AreaLane, &Context<'_>, &mut AreaReport) -> T) -> T {
        let ctx =
            Context { cells: &self.cells, view: &self.view, rules: &self.rules, zone: &self.zone, name_ticket: &name };
        let mut report = AreaReport::default();
        let out = act(&mut self.lane, &ctx, &mut report);
        for (area, row) in &report.rows {
            self.view.apply(area, row.clone().map(Arc::new));
        }
        self.told.extend(report.tickets);
        self.rows.extend(report.rows);
        self.tombstones.extend(report.tombstones);
        out
    }

    /// The given lane counts these homes in the area now.
    fn count(&mut self, area: &str, lane: u16, count: AreaCount) {
        let count = Some(Box::new(AreaCount { as_of: self.now, ..count }));
        let record = CountRecord::Count { area: area.into(), lane, count };
        self.with(|l, ctx, report| l.fold(record, ctx, report));
    }

    /// Site 16419 as one lane sees it: `degraded` of `homes` by interference, and samples folded so far.
    fn interference(&mut self, homes: u32, degraded: u32, samples: u32) {
        let today = self.zone.local(self.now.start()).day;
        let count = homes_of(homes, Cause::Interference, degraded);
        self.count("16419", 0, AreaCount { days: vec![(today, day(samples, 0))], ..count });
        self.tick();
    }

    fn outcome(&mut self, ticket: &str, status: OutcomeStatus) {
        let ts = self.now.start();
        let outcome = Some(Outcome { key: "16419".into(), action_id: ticket.into(), ts, status });
        let record = CountRecord::Outcome { area: "16419".into(), action_id: ticket.into(), outcome };
        self.with(|l, ctx, report| l.fold(record, ctx, report));
        self.tick();
    }

    fn tick(&mut self) {
        let now = self.now;
        self.with(|l, ctx, report| l.tick(now, ctx, report));
    }

    /// Time passes, a tick every ten minutes.
    fn pass(&mut self, minutes: i32) {
        let end = self.now.plus(minutes);
        while self.now < end {
            self.now = Minute((self.now.0 + 10).min(end.0));
            self.tick();
        }
    }

    fn events(&self) -> Vec<(&'static str, u32)> {
        self.told.iter().map(|t| (t.event.as_str(), t.revision)).collect()
    }

    fn verdict(&self) -> Option<&Verdict> {
        self.lane.row("16419")?.verdicts.first()
    }

    fn state(&self) -> &'static str {
        self.verdict().map_or("clear", |v| v.state.as_str())
    }
}

fn empty() -> AreaCount {
    AreaCount {
        version: VERSION,
        as_of: START,
        site: Homes::default(),
        no_service: 0,
        contacts: 0,
        value_at_risk_cents: 0,
        cells: Vec::new(),
        hexagons: Vec::new(),
        days: Vec::new(),
        bins: crate::qos::Bins::default(),
        hours: Hours::default(),
    }
}

/// Two thirds of the homes on cell a, one third on cell b, the degraded ones alike.
fn homes_of(homes: u32, cause: Cause, degraded: u32) -> AreaCount {
    let part = |num: u32| {
        let mut part = Homes { homes: homes * num / 3, ..Homes::default() };
        part.degraded[cause.index()] = degraded * num / 3;
        part
    };
    let mut site = Homes { homes, ..Homes::default() };
    site.degraded[cause.index()] = degraded;
    let cells = [("16419-a", part(2)), ("16419-b", part(1))];
    let cells = cells.into_iter().map(|(cell, homes)| CellCount { cell: cell.into(), homes }).collect();
    AreaCount { site, cells, contacts: 11, value_at_risk_cents: 1_430_000, ..empty() }
}

fn day(samples: u32, poor_quality: u32) -> DaySums {
    DaySums { samples, poor_quality, ..DaySums::default() }
}
