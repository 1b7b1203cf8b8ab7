//! All areas of one customer lane. Pure.
//!
//! Derived: after a restart it is filled again from the customers. What a home adds is in its [`Contribution`], its
//! bins and its panes; whoever changes one of them says so here.

use super::contribution::Contribution;
use super::count::{AreaCount, count_key};
use super::days::{DaySums, Hours};
use super::sums::{AreaSums, Dirty};
use super::view::AreaView;
use crate::home::{CellTable, SiteRef};
use crate::qos::{BinHits, Bins};
use crate::units::{AreaId, Day, Lane, LocalTime, Minute};

/// Minutes between publications of areas where only samples came and a verdict stands: they are its evidence.
const SAMPLES_MINUTES: i32 = 15;
/// Everywhere else samples only feed what other areas are compared with. At 250 million customers in 128 lanes a row
/// every quarter of an hour would be a record out for every two or three probes in.
const QUIET_QUARTERS: u32 = 24;

/// One record for `homeqos.area-counts`.
#[derive(Debug, Clone, PartialEq)]
pub struct CountRow {
    pub area: AreaId,
    /// `area|lane`.
    pub key: String,
    /// `None`: no home is left, a tombstone.
    pub value: Option<AreaCount>,
}

/// One probe folded at home.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    pub local: LocalTime,
    /// Whether its grade was poor; `None`: no grade.
    pub poor: Option<bool>,
    /// What the home's pane of that day gained.
    pub gained: DaySums,
    /// Which of its bins.
    pub bins: BinHits,
}

/// Sums per area; an area has a slot from its first home on, so at most one per site of the lane.
#[derive(Debug, Clone, Default)]
pub struct AreaTable {
    /// The slot of a site, `u32::MAX` for none.
    index: Vec<u32>,
    slots: Vec<AreaSums>,
    /// Slots to publish at the next minute, and at the next quarter of an hour; a slot may be in both once.
    at_minute: Vec<u32>,
    at_quarter: Vec<u32>,
    /// Slots that are published and not told.
    untold: Vec<u32>,
}

const NO_SLOT: u32 = u32::MAX;

impl AreaTable {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn at(&mut self, site: SiteRef) -> u32 {
        let at = site.0 as usize;
        if self.index.len() <= at {
            self.index.resize(at + 1, NO_SLOT);
        }
        if self.index[at] == NO_SLOT {
            self.index[at] = self.slots.len() as u32;
            self.slots.push(AreaSums::new(site));
        }
        self.index[at]
    }

    /// The sums of a site, noted as changed.
    fn change(&mut self, site: SiteRef, what: Dirty) -> &mut AreaSums {
        let at = self.at(site);
        let slot = &mut self.slots[at as usize];
        if slot.dirty < what {
            slot.dirty = what;
            let list = if what == Dirty::Homes { &mut self.at_minute } else { &mut self.at_quarter };
            list.push(at);
        }
        slot
    }

    /// Counts a home.
    pub fn add(&mut self, home: &Contribution) {
        self.change(home.area, Dirty::Homes).count(home, true);
    }

    /// Takes away a home exactly as it was added.
    pub fn remove(&mut self, home: &Contribution) {
        self.change(home.area, Dirty::Homes).count(home, false);
    }

    /// Puts `new` in the place of `old`; nothing happens if they are equal.
    pub fn replace(&mut self, old: Option<&Contribution>, new: Option<&Contribution>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.remove(old);
        }
        if let Some(new) = new {
            self.add(new);
        }
    }

    /// Adds a home's bins: when the home joins the area.
    pub fn add_bins(&mut self, area: SiteRef, bins: &Bins) {
        self.change(area, Dirty::Samples).bins.add(bins);
    }

    /// Takes a home's bins away: when a week rolls out of its panes, when they are restarted, when the home leaves.
    pub fn sub_bins(&mut self, area: SiteRef, bins: &Bins) {
        self.change(area, Dirty::Samples).bins.sub(bins);
    }

    /// Adds one day of a home's panes ([`DaySums`] from its pane): when the home joins the area.
    pub fn add_day(&mut self, area: SiteRef, day: Day, sums: DaySums) {
        self.change(area, Dirty::Samples).day(day, sums, true);
    }

    /// Takes one day away: when panes are restarted or the home leaves. Days older than a week need not be told.
    pub fn sub_day(&mut self, area: SiteRef, day: Day, sums: DaySums) {
        self.change(area, Dirty::Samples).day(day, sums, false);
    }

    /// Adds what one probe added to its home.
    pub fn hit(&mut self, area: SiteRef, hit: &Hit) {
        let slot = self.change(area, Dirty::Samples);
        slot.bins.hit(&hit.bins);
        slot.day(hit.local.day, hit.gained, true);
        if let Some(poor) = hit.poor {
            slot.hour(hit.local.day, hit.local.hour(), poor);
        }
    }

    /// Homes seen in an area of this lane.
    #[must_use]
    pub fn homes(&self, area: SiteRef) -> u32 {
        let slot = self.index.get(area.0 as usize).copied().filter(|at| *at != NO_SLOT);
        slot.map_or(0, |at| self.slots[at as usize].homes.homes)
    }

    /// The next minute after `reached` at which something is to be published; `None`: nothing waits.
    #[must_use]
    pub fn due(&self, reached: Minute) -> Option<Minute> {
        let next = reached.plus(1);
        let to_quarter = (-next.0).rem_euclid(SAMPLES_MINUTES);
        let quarter = (!self.at_quarter.is_empty()).then(|| next.plus(to_quarter));
        if self.at_minute.is_empty() { quarter } else { Some(next) }
    }

    /// Publishes what changed: a row of each such area waits from then on to be told. Where only samples came, an area
    /// waits for the next quarter of an hour, or, where `view` holds no verdict, for its own quarter out of six hours.
    pub fn publish(&mut self, as_of: Minute, today: Day, cells: &CellTable, view: &AreaView) {
        if as_of.0.rem_euclid(SAMPLES_MINUTES) == 0 {
            let turn = as_of.0.div_euclid(SAMPLES_MINUTES).rem_euclid(QUIET_QUARTERS as i32) as u32;
            let slots = &self.slots;
            let is_due = |at: &mut u32| {
                let slot = &slots[*at as usize];
                slot.site.0 % QUIET_QUARTERS == turn
                    || view.get(cells.site_id(slot.site)).is_some_and(|row| !row.verdicts.is_empty())
            };
            self.at_minute.extend(self.at_quarter.extract_if(.., is_due));
        }
        for at in self.at_minute.drain(..) {
            let slot = &mut self.slots[at as usize];
            // Noted twice, or published meanwhile because homes changed too.
            let is_changed = std::mem::take(&mut slot.dirty) != Dirty::No;
            if is_changed && slot.published.replace((as_of, today)).is_none() {
                self.untold.push(at);
            }
        }
    }

    /// The rows of the areas published since they were last told, in the order of their keys; each as the area stands now,
    /// and once, however many minutes it was published at.
    pub fn tell(&mut self, cells: &CellTable, lane: Lane) -> Vec<CountRow> {
        let mut rows = Vec::with_capacity(self.untold.len());
        for at in self.untold.drain(..) {
            let slot = &mut self.slots[at as usize];
            let Some((as_of, today)) = slot.published.take() else { continue };
            let value = slot.row(as_of, today, cells);
            let known = std::mem::replace(&mut slot.told, value.is_some());
            if known || value.is_some() {
                let area = cells.site_id(slot.site).clone();
                rows.push(CountRow { key: count_key(&area, lane), area, value });
            }
        }
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        rows
    }

    /// What is published was told before: by the epochs that are replayed.
    pub fn was_told(&mut self) {
        for at in self.untold.drain(..) {
            let slot = &mut self.slots[at as usize];
            (slot.published, slot.told) = (None, slot.homes.homes > 0);
        }
    }

    /// The hours, which no customer's state holds, for the lane's snapshot; in the order of the areas' numbers.
    #[must_use]
    pub fn hours(&self) -> Vec<(SiteRef, i32, Hours)> {
        let mut hours: Vec<_> =
            self.slots.iter().filter(|s| !s.hours.1.is_empty()).map(|s| (s.site, s.hours.0, s.hours.1)).collect();
        hours.sort_by_key(|(site, ..)| site.0);
        hours
    }

    /// Puts the hours of a snapshot in place.
    pub fn restore_hours(&mut self, hours: &[(SiteRef, i32, Hours)]) {
        for (site, week, sums) in hours {
            let at = self.at(*site);
            self.slots[at as usize].hours = (*week, *sums);
        }
    }

    /// Bytes on the heap, for the gauge of memory per customer.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let slots: usize = self.slots.iter().map(AreaSums::heap_bytes).sum();
        let lists = self.at_minute.capacity() + self.at_quarter.capacity() + self.untold.capacity();
        (self.index.capacity() + lists) * size_of::<u32>() + self.slots.capacity() * size_of::<AreaSums>() + slots
    }
}
