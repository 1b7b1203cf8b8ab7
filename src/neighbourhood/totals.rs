//! One area summed over the lanes. Pure.

use std::collections::BTreeMap;

use super::count::AreaCount;
use super::days::{DaySums, Hours};
use super::homes::Homes;
use super::scope::{Hexagon, Scope};
use crate::qos::Bins;
use crate::units::{CellId, Day};

/// The sum of an area's rows: the same whatever the order in which they are added.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    pub site: Homes,
    pub cells: BTreeMap<CellId, Homes>,
    /// Per hexagon and serving cell (`None`: not known), so that a spot can be told from its cell.
    pub hexagons: BTreeMap<(Hexagon, Option<CellId>), Homes>,
    pub no_service: u32,
    pub contacts: u32,
    pub value_at_risk_cents: u64,
    pub days: BTreeMap<Day, DaySums>,
    pub bins: Bins,
    pub hours: Hours,
}

impl Totals {
    pub fn add(&mut self, row: &AreaCount) {
        self.site = self.site.plus(&row.site);
        for cell in &row.cells {
            let sum = self.cells.entry(cell.cell.clone()).or_default();
            *sum = sum.plus(&cell.homes);
        }
        for hex in &row.hexagons {
            let sum = self.hexagons.entry((hex.hex, hex.cell.clone())).or_default();
            *sum = sum.plus(&hex.homes);
        }
        self.no_service = self.no_service.saturating_add(row.no_service);
        self.contacts = self.contacts.saturating_add(row.contacts);
        self.value_at_risk_cents = self.value_at_risk_cents.saturating_add(row.value_at_risk_cents);
        for (day, sums) in &row.days {
            self.days.entry(*day).or_default().add(*sums);
        }
        self.bins.add(&row.bins);
        self.hours.add(&row.hours);
    }

    /// The homes of a scope.
    #[must_use]
    pub fn homes(&self, scope: &Scope) -> Homes {
        match scope {
            Scope::Site => self.site,
            Scope::Cell(id) => self.cells.get(id).copied().unwrap_or_default(),
            Scope::Hexagon(hex) => self.by_cell(*hex).fold(Homes::default(), |sum, (_, homes)| sum.plus(homes)),
        }
    }

    /// A hexagon's homes by the cell that serves them.
    pub fn by_cell(&self, hex: Hexagon) -> impl Iterator<Item = (Option<&CellId>, &Homes)> {
        let from = (hex, None);
        self.hexagons.range(from..).take_while(move |((h, _), _)| *h == hex).map(|((_, cell), n)| (cell.as_ref(), n))
    }

    /// The hexagons that hold homes, in order.
    pub fn spots(&self) -> impl Iterator<Item = Hexagon> {
        let mut last = None;
        self.hexagons.keys().filter_map(move |(hex, _)| (last.replace(*hex) != Some(*hex)).then_some(*hex))
    }

    /// The newest day with samples.
    #[must_use]
    pub fn newest_day(&self) -> Option<Day> {
        self.days.iter().rev().find(|(_, sums)| sums.samples > 0).map(|(day, _)| *day)
    }

    /// Samples taken on `mark.day` after the mark, and on the days since.
    #[must_use]
    pub fn since(&self, mark: &Mark) -> DaySums {
        let mut sum = DaySums::default();
        for (day, sums) in self.days.range(mark.day..) {
            sum.add(if *day == mark.day { sums.since(mark.sums) } else { *sums });
        }
        sum
    }

    /// A mark to count from: today's sums as they stand.
    #[must_use]
    pub fn mark(&self, today: Day) -> Mark {
        Mark { day: today, sums: self.days.get(&today).copied().unwrap_or_default() }
    }

    /// Sums of the `n` days up to and with `today`.
    #[must_use]
    pub fn last_days(&self, today: Day, n: i32) -> DaySums {
        self.days.range(today.plus(1 - n)..=today).fold(DaySums::default(), |mut sum, (_, day)| {
            sum.add(*day);
            sum
        })
    }
}

/// From when new samples are counted: a day, and what it had already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    pub day: Day,
    pub sums: DaySums,
}
