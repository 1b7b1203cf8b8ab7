//! Which sites are one place: the site of a sighting is found among the places, joins one, or begins one. Pure.

use super::place::{NONE, Place};
use super::state::is_within;
use super::stays::{cell_bit, place_bit};
use super::{CellRef, CellTable, HomeState, Rules, Sighting};
use crate::limits::PLACES_MAX;

/// "No stranger".
pub(super) const NOBODY: u32 = u32::MAX;

/// Half-hours within which a site must be heard again by day to be a place.
const VISIT: i32 = 4;

impl HomeState {
    /// The place of a cell, and the cell's number there (`None`: not one of those remembered).
    ///
    /// By night, and near the CRM address, every site has a place. By day a site that has none gets one when it is
    /// heard in a second half-hour: the way to work leaves no trace.
    pub(super) fn locate(
        &mut self,
        cell: CellRef,
        is_night: bool,
        at_address: bool,
        is_late: bool,
        cells: &CellTable,
        rules: &Rules,
    ) -> (u8, Option<u8>) {
        for (place, known) in self.places.iter().enumerate() {
            if let Some(at) = known.find(cell) {
                return (place as u8, Some(at));
            }
        }
        let site = cells.site(cell);
        if let Some(place) = self.places.iter().position(|p| p.serves(site, cells)) {
            return (place as u8, self.join(place, cell, is_night, cells));
        }
        if is_night || at_address {
            return self.admit(cell, is_night, cells, rules);
        }
        if is_late {
            return (NONE, None);
        }
        let waits = |&stranger: &u32| stranger != NOBODY && cells.site(CellRef(stranger)) == site;
        if self.strangers[1..].iter().any(waits) && self.now - self.before <= VISIT {
            return self.admit_by_day(cell, cells, rules);
        }
        // The lowest of a half-hour's strangers is the one waited for, so that their order says nothing.
        self.strangers[0] = self.strangers[0].min(cell.0);
        (NONE, None)
    }

    fn join(&mut self, place: usize, cell: CellRef, is_night: bool, cells: &CellTable) -> Option<u8> {
        let keep = if self.slots[0] == place as u8 { self.area } else { NONE };
        let before = self.places[place].cells;
        let at = self.places[place].add_cell(cell, keep, is_night, cells)?;
        for (number, (old, new)) in before.iter().zip(&self.places[place].cells).enumerate() {
            if old != new {
                self.heard &= !cell_bit(place as u8, number as u8);
            }
        }
        Some(at)
    }

    /// Joins the nearest place within reach of its main site, else begins a place.
    fn admit(&mut self, cell: CellRef, is_night: bool, cells: &CellTable, rules: &Rules) -> (u8, Option<u8>) {
        match self.place_within_reach(cell, cells, rules) {
            Some(place) => match self.join(place, cell, is_night, cells) {
                Some(at) => (place as u8, Some(at)),
                None => (NONE, None),
            },
            None => (self.begin_place(cell), Some(0)),
        }
    }

    /// A site that keeps being heard by day. Beside a place that has nights it is none of its own: it may be the
    /// shop next door, and joins when a night says that it serves the home too.
    fn admit_by_day(&mut self, cell: CellRef, cells: &CellTable, rules: &Rules) -> (u8, Option<u8>) {
        if let Some(place) = self.place_within_reach(cell, cells, rules) {
            if self.places[place].nights != 0 || self.places[place].tonight != 0 {
                return (NONE, None);
            }
            return (place as u8, self.join(place, cell, false, cells));
        }
        let place = self.begin_place(cell);
        // It was heard in the half-hour before already: the stay began then.
        self.heard_before |= 1 << place;
        (place, Some(0))
    }

    fn place_within_reach(&self, cell: CellRef, cells: &CellTable, rules: &Rules) -> Option<usize> {
        let here = cells.site_pos(cells.site(cell))?;
        let reach = self.places.iter().enumerate().filter_map(|(at, place)| {
            let there = cells.site_pos(place.main_site(cells)?)?;
            is_within(here, there, rules.radius_m).then(|| (here.metres_to(there) as u32, at))
        });
        reach.min().map(|(_, at)| at)
    }

    fn begin_place(&mut self, cell: CellRef) -> u8 {
        let at = self.places.iter().position(Place::is_vacant).unwrap_or(self.places.len());
        if at < PLACES_MAX {
            if at == self.places.len() {
                self.places.reserve_exact(1);
                self.places.push(Place::vacant());
            }
        } else {
            return self.replace_weakest(cell);
        }
        self.places[at] = Place::new(cell);
        at as u8
    }

    /// Fewest nights leave first (a day with a long stay counts as one, so that the workplace does not give way to
    /// a night out); then fewest half-hours by night and day; then the one of the newer cell. The leading place
    /// never leaves.
    fn replace_weakest(&mut self, cell: CellRef) -> u8 {
        let weakest = (0..self.places.len()).filter(|&at| at as u8 != self.slots[0]).min_by_key(|&at| {
            let place = &self.places[at];
            let (nights, slots) = place.rank();
            let half_hours = slots + 2 * place.day_hours() + u32::from(place.today);
            (nights + place.days.count_ones(), half_hours, place.name())
        });
        // With four places there are always three that do not lead.
        let at = weakest.unwrap_or(PLACES_MAX - 1);
        self.vacate(at);
        self.places[at] = Place::new(cell);
        at as u8
    }

    /// A place leaves; what pointed to it points to nothing.
    fn vacate(&mut self, at: usize) {
        self.places[at] = Place::vacant();
        self.forget_number(at);
    }

    fn forget_number(&mut self, at: usize) {
        let number = at as u8;
        self.pairs.forget(at);
        self.heard_before &= !(1 << at);
        self.heard &= !place_bit(number);
        for cell in 0..super::place::CELLS_PER_PLACE {
            self.heard &= !cell_bit(number, cell as u8);
        }
        let [first, second] = &mut self.slots;
        for pointer in [first, second, &mut self.home, &mut self.last_place] {
            if *pointer == number {
                *pointer = NONE;
            }
        }
    }

    /// At the end of a night: places that took turns serving become one, idle ones leave. True when any did.
    pub(super) fn gather(&mut self, cells: &CellTable, rules: &Rules) -> bool {
        let mut changed = false;
        for a in 0..self.places.len() {
            for b in a + 1..self.places.len() {
                if self.pairs.get(a, b) >= rules.together_nights {
                    // The leading place keeps its number, and with it its panes.
                    let (into, from) = if self.slots[0] == b as u8 { (b, a) } else { (a, b) };
                    self.merge(into, from, cells);
                    changed = true;
                }
            }
        }
        let kept = [self.night_leader().unwrap_or(NONE), self.home];
        for at in 0..self.places.len() {
            if !kept.contains(&(at as u8)) && !self.places[at].is_vacant() && self.places[at].is_idle() {
                self.vacate(at);
                changed = true;
            }
        }
        while self.places.last().is_some_and(Place::is_vacant) {
            self.places.pop();
            changed = true;
        }
        if self.places.capacity() > self.places.len() + 1 {
            self.places.shrink_to_fit();
        }
        changed
    }

    fn merge(&mut self, into: usize, from: usize, cells: &CellTable) {
        let other = std::mem::replace(&mut self.places[from], Place::vacant());
        let keep = if self.slots[0] == into as u8 { self.area } else { NONE };
        self.places[into].absorb(&other, keep, cells);
        let (was_last, was_home) = (self.last_place == from as u8, self.home == from as u8);
        self.forget_number(from);
        if was_last {
            self.last_place = into as u8;
        }
        if was_home {
            self.home = into as u8;
        }
    }

    /// Whether a sighting was made at the CRM address: by its own position, else by where its site stands.
    pub(super) fn is_at_address(&self, s: &Sighting, cell: CellRef, cells: &CellTable, rules: &Rules) -> bool {
        let here = s.pos.or_else(|| cells.site_pos(cells.site(cell)));
        here.zip(self.address).is_some_and(|(here, address)| is_within(here, address, rules.radius_m))
    }
}
