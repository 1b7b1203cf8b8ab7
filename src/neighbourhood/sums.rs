//! The sums of one area in one lane. Pure. Everything added can be taken away exactly.

use std::cmp::Ordering;

use super::contribution::{Contribution, Ground};
use super::count::{AreaCount, CellCount, HexCount, VERSION};
use super::days::{DaySums, Hours};
use super::homes::Homes;
use super::scope::Hexagon;
use crate::home::{CellRef, CellTable, SiteRef};
use crate::limits::{AREA_DAYS, CELLS_PER_AREA_MAX, HEXAGONS_PER_AREA_MAX};
use crate::qos::Bins;
use crate::units::{Cause, Day, Minute};

/// Homes of one hexagon on one cell: 16 bytes, since at 2 million homes a lane there may be nearly as many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    hex: Hexagon,
    cell: Option<CellRef>,
    homes: u32,
}

/// Degraded homes of one hexagon on one cell, by cause; kept apart, since few homes are degraded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct BadSpot {
    at: (Hexagon, Option<CellRef>, Cause, Ground),
    homes: u32,
}

const DAYS: i32 = AREA_DAYS.cast_signed() as i32;

/// What changed since the last publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Dirty {
    #[default]
    No,
    /// Samples only: told every quarter of an hour.
    Samples,
    /// Something a verdict may turn on: told at the next minute.
    Homes,
}

#[derive(Debug, Clone)]
pub(super) struct AreaSums {
    pub site: SiteRef,
    pub dirty: Dirty,
    /// When it was published, with the local day, while that is not told.
    pub published: Option<(Minute, Day)>,
    /// Whether the topic may hold a row, so that emptiness is told once.
    pub told: bool,
    pub homes: Homes,
    no_service: u32,
    contacts: u32,
    at_risk_cents: u64,
    cells: Vec<(CellRef, Homes)>,
    spots: Vec<Spot>,
    bad_spots: Vec<BadSpot>,
    days: [(Day, DaySums); AREA_DAYS],
    pub bins: Bins,
    /// ISO week (weeks since 1970) up to which the hours have faded, and the hours.
    pub hours: (i32, Hours),
}

/// Adds one to, or takes one from, the counter of `key` in a sorted list; empty counters leave it.
fn bump<T, K: Ord>(
    list: &mut Vec<T>,
    key: &K,
    up: bool,
    of: impl Fn(&T) -> K,
    count: impl Fn(&mut T) -> &mut u32,
    new: impl Fn() -> T,
) {
    match (list.binary_search_by(|entry| of(entry).cmp(key)), up) {
        (Ok(at), true) => *count(&mut list[at]) += 1,
        (Ok(at), false) => {
            let left = count(&mut list[at]);
            *left -= 1;
            if *left == 0 {
                list.remove(at);
            }
        }
        (Err(at), true) => list.insert(at, new()),
        (Err(_), false) => debug_assert!(false, "only what was added is taken away"),
    }
}

impl AreaSums {
    pub(super) fn new(site: SiteRef) -> Self {
        Self {
            site,
            dirty: Dirty::No,
            published: None,
            told: false,
            homes: Homes::default(),
            no_service: 0,
            contacts: 0,
            at_risk_cents: 0,
            cells: Vec::new(),
            spots: Vec::new(),
            bad_spots: Vec::new(),
            days: [(Day(i32::MIN), DaySums::default()); AREA_DAYS],
            bins: Bins::default(),
            hours: (0, Hours::default()),
        }
    }

    /// Adds a home (`up`), or takes it away.
    pub(super) fn count(&mut self, c: &Contribution, up: bool) {
        let step = |count: u32, by: u32| if up { count + by } else { count.saturating_sub(by) };
        self.no_service = step(self.no_service, c.no_service.into());
        self.contacts = step(self.contacts, c.contacts.into());
        let at_risk = u64::from(c.at_risk_cents());
        self.at_risk_cents = if up { self.at_risk_cents + at_risk } else { self.at_risk_cents.saturating_sub(at_risk) };
        self.homes.count(c.trouble(), up);
        if let Some(cell) = c.cell() {
            self.count_cell(cell, c, up);
        }
        if let Some(hex) = c.hexagon() {
            self.count_spot(hex, c, up);
        }
    }

    fn count_cell(&mut self, cell: CellRef, c: &Contribution, up: bool) {
        let at = match self.cells.binary_search_by_key(&cell.0, |(cell, _)| cell.0) {
            Ok(at) => at,
            Err(at) => {
                self.cells.insert(at, (cell, Homes::default()));
                at
            }
        };
        self.cells[at].1.count(c.trouble(), up);
        if self.cells[at].1.homes == 0 {
            self.cells.remove(at);
        }
    }

    fn count_spot(&mut self, hex: Hexagon, c: &Contribution, up: bool) {
        let cell = c.cell();
        let number = |cell: Option<CellRef>| cell.map(|c| c.0);
        let key = (hex, number(cell));
        let spot = || Spot { hex, cell, homes: 1 };
        bump(&mut self.spots, &key, up, |s| (s.hex, number(s.cell)), |s| &mut s.homes, spot);
        if let Some((cause, ground)) = c.trouble() {
            let at = (hex, cell, cause, ground);
            let order = |(hex, cell, cause, ground): (Hexagon, Option<CellRef>, Cause, Ground)| {
                (hex, number(cell), cause, ground)
            };
            let spot = || BadSpot { at, homes: 1 };
            bump(&mut self.bad_spots, &order(at), up, |s| order(s.at), |s| &mut s.homes, spot);
        }
    }

    /// Adds to a day, or takes from it. Days that the ring has passed are neither kept nor missed.
    pub(super) fn day(&mut self, day: Day, sums: DaySums, up: bool) {
        let slot = &mut self.days[day.0.rem_euclid(DAYS) as usize];
        match (day.cmp(&slot.0), up) {
            (Ordering::Less, _) | (Ordering::Greater, false) => {}
            (Ordering::Greater, true) => *slot = (day, sums),
            (Ordering::Equal, true) => slot.1.add(sums),
            (Ordering::Equal, false) => slot.1.sub(sums),
        }
    }

    pub(super) fn hour(&mut self, day: Day, hour: u16, poor: bool) {
        // 1970-01-01 was a Thursday: ISO weeks begin three days before it.
        let week = (day.0 + 3).div_euclid(7);
        if week > self.hours.0 {
            for _ in 0..(week - self.hours.0).min(32) {
                self.hours.1.fade();
            }
            self.hours.0 = week;
        }
        self.hours.1.hit(hour, poor);
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<(CellRef, Homes)>()
            + self.spots.capacity() * size_of::<Spot>()
            + self.bad_spots.capacity() * size_of::<BadSpot>()
    }

    /// The row as it stands; `None` when no home is left.
    pub(super) fn row(&self, as_of: Minute, today: Day, table: &CellTable) -> Option<AreaCount> {
        let in_reach = |day: Day| day <= today && day > today.plus(-(DAYS));
        let mut days: Vec<_> = self.days.iter().filter(|(d, sums)| in_reach(*d) && !sums.is_empty()).copied().collect();
        days.sort_by_key(|(day, _)| *day);
        (self.homes.homes > 0).then(|| AreaCount {
            version: VERSION,
            as_of,
            site: self.homes,
            no_service: self.no_service,
            contacts: self.contacts,
            value_at_risk_cents: self.at_risk_cents,
            cells: self.cell_counts(table),
            hexagons: self.hex_counts(table),
            days,
            bins: self.bins,
            hours: self.hours.1,
        })
    }

    fn cell_counts(&self, table: &CellTable) -> Vec<CellCount> {
        let cells =
            self.cells.iter().map(|(cell, homes)| CellCount { cell: table.cell_id(*cell).clone(), homes: *homes });
        let mut cells: Vec<CellCount> = cells.collect();
        keep(&mut cells, CELLS_PER_AREA_MAX, |c| &c.homes, |a, b| a.cell.cmp(&b.cell));
        cells
    }

    fn hex_counts(&self, table: &CellTable) -> Vec<HexCount> {
        let mut bad = self.bad_spots.iter().peekable();
        let mut hexes = Vec::with_capacity(self.spots.len());
        for spot in &self.spots {
            let mut homes = Homes { homes: spot.homes, ..Homes::default() };
            // Both lists are in the order of hexagon and cell, and a bad spot is a spot.
            while let Some(BadSpot { at: (_, _, cause, ground), homes: n }) =
                bad.next_if(|b| (b.at.0, b.at.1) == (spot.hex, spot.cell))
            {
                homes.degrade(*cause, *ground, *n);
            }
            hexes.push(HexCount { hex: spot.hex, cell: spot.cell.map(|c| table.cell_id(c).clone()), homes });
        }
        keep(&mut hexes, HEXAGONS_PER_AREA_MAX, |h| &h.homes, |a, b| (a.hex, &a.cell).cmp(&(b.hex, &b.cell)));
        hexes
    }
}

/// Keeps the `max` with the most degraded, then the most homes, then the first names; in the order of names.
fn keep<T>(list: &mut Vec<T>, max: usize, homes: impl Fn(&T) -> &Homes, by_name: impl Fn(&T, &T) -> Ordering) {
    if list.len() > max {
        let rank = |entry: &T| (homes(entry).all_degraded(), homes(entry).homes);
        list.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| by_name(a, b)));
        list.truncate(max);
    }
    list.sort_by(by_name);
}
