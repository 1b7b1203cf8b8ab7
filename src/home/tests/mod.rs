//! Every pitfall of finding a home, as a test. Pure.
//!
//! The tests tell a customer's days as people would (`at("home", 21:00..=23:30)`), in Paris, from Monday 5 October
//! 2026 on unless they say otherwise.

mod basics;
mod limits;
mod people;
mod presence;
mod properties;
mod table;

use std::sync::Arc;

use crate::home::{CellTable, Home, HomeState, Presence, Rules, Sighted, Sighting};
use crate::ingest::{Cell, Inventory};
use crate::units::{CellId, Day, LatLon, Millis, Rat, SiteId, Zone};

/// 2026-10-05, a Monday.
pub(super) const MONDAY: i32 = 20_731;

/// One customer in a town.
pub(super) struct Story {
    pub(super) state: HomeState,
    pub(super) cells: CellTable,
    pub(super) inventory: Inventory,
    pub(super) rules: Rules,
    pub(super) zone: Zone,
    pub(super) monday: Day,
    pub(super) last: Sighted,
    /// Every answer in which panes moved.
    pub(super) moves: Vec<[Option<u8>; 2]>,
}

impl Story {
    pub(super) fn new() -> Self {
        Self {
            state: HomeState::default(),
            cells: CellTable::default(),
            inventory: Inventory::default(),
            rules: Rules::default(),
            zone: Zone::named("Europe/Paris").unwrap(),
            monday: Day(MONDAY),
            last: Sighted { presence: Presence::Unknown, panes: Sighted::UNMOVED, judged: false },
            moves: Vec::new(),
        }
    }

    /// Puts a cell into the inventory, `east_m` metres east of the town's middle.
    pub(super) fn mast(mut self, cell: &str, site: &str, east_m: f64) -> Self {
        let row = Cell {
            cell_id: CellId::new(cell),
            site_id: SiteId::new(site),
            pos: town(east_m),
            rat: Rat::Lte,
            azimuth_deg: None,
            band: None,
            tilt_deg: None,
            power_dbm: None,
            neighbours: Vec::new(),
        };
        self.inventory.apply(cell, Some(Arc::new(row)));
        self.cells.refresh(&self.inventory);
        self
    }

    /// One sighting, `minute` minutes after the midnight that begins day `day` (minutes may exceed a day).
    pub(super) fn see(&mut self, day: i32, minute: i32, cell: &str, pos: Option<LatLon>) -> Presence {
        let (day, minute) = (day + minute.div_euclid(1440), minute.rem_euclid(1440));
        let ts = self.zone.instant(self.monday.plus(day), minute as u16);
        self.see_at(ts, Some(cell), pos)
    }

    pub(super) fn see_at(&mut self, ts: Millis, cell: Option<&str>, pos: Option<LatLon>) -> Presence {
        self.observe(ts, cell, pos, false)
    }

    /// Whether a sighting at another place, the home heard `minutes` ago, may be one at home.
    pub(super) fn may_be_home(&mut self, day: i32, minute: i32, cell: &str, pos: Option<LatLon>, minutes: i32) -> bool {
        let ts = self.zone.instant(self.monday.plus(day), minute as u16);
        let cell = self.cells.intern(cell, Some(Rat::Lte), &self.inventory);
        let s = Sighting { ts, local: self.zone.local(ts), cell, pos, out_of_service: false };
        self.state.may_be_home(&s, Some(minutes), &self.cells, &self.rules)
    }

    /// A record of no service.
    pub(super) fn dark(&mut self, day: i32, minute: i32) -> Presence {
        let ts = self.zone.instant(self.monday.plus(day), minute as u16);
        self.observe(ts, None, None, true)
    }

    fn observe(&mut self, ts: Millis, cell: Option<&str>, pos: Option<LatLon>, out_of_service: bool) -> Presence {
        let cell = cell.map(|cell| self.cells.intern(cell, Some(Rat::Lte), &self.inventory).unwrap());
        let s = Sighting { ts, local: self.zone.local(ts), cell, pos, out_of_service };
        self.last = self.state.observe(&s, &self.cells, &self.rules);
        if self.last.panes != Sighted::UNMOVED {
            self.moves.push(self.last.panes);
        }
        self.last.presence
    }

    pub(super) fn silent_cell(&mut self, day: i32, minute: i32) -> Presence {
        let ts = self.zone.instant(self.monday.plus(day), minute as u16);
        self.see_at(ts, None, None)
    }

    /// A stay: a sighting each `every` minutes from hour `from` to hour `to` of a day (hours may exceed 24).
    pub(super) fn stay(&mut self, day: i32, from: f64, to: f64, cell: &str, every: i32) {
        let (mut minute, end) = ((from * 60.0) as i32, (to * 60.0) as i32);
        while minute <= end {
            self.see(day, minute, cell, None);
            minute += every;
        }
    }

    /// An ordinary working day: at work from 9 to 18, at home in the evening and the next morning.
    pub(super) fn working_day(&mut self, day: i32, home: &str, work: &str) {
        self.stay(day, 9.0, 17.5, work, 45);
        self.stay(day, 18.7, 23.5, home, 40);
        self.stay(day, 30.5, 31.8, home, 40);
    }

    pub(super) fn free_day(&mut self, day: i32, home: &str) {
        self.stay(day, 9.0, 23.5, home, 50);
        self.stay(day, 30.5, 31.8, home, 40);
    }

    /// Days `from..to`: Monday to Friday at work, weekends at home.
    pub(super) fn ordinary(&mut self, days: std::ops::Range<i32>, home: &str, work: &str) {
        for day in days {
            if day.rem_euclid(7) < 5 { self.working_day(day, home, work) } else { self.free_day(day, home) }
        }
    }

    pub(super) fn home(&self) -> Home {
        self.state.home(self.state.last_day(), &self.cells, &self.rules)
    }

    /// The home's site by name.
    pub(super) fn site(&self) -> Option<String> {
        self.home().site.map(|site| self.cells.site_id(site).to_string())
    }
}

pub(super) fn town(east_m: f64) -> LatLon {
    // A degree of longitude at 45.76° N is 77.6 km.
    LatLon::new(45.76, 4.84 + east_m / 77_580.0).unwrap()
}
