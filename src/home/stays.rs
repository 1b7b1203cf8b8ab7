//! Stays: how long a customer remains at a place by day, and nights slept through in silence. Pure.
//!
//! A stay runs from one half-hour in which a place was heard to the next heard half-hour, if the place is heard in
//! both: whatever was silent between was spent there. Order within a half-hour does not matter.

use super::gather::NOBODY;
use super::place::{CELLS_PER_PLACE, NONE};
use super::{HomeState, Rules};
use crate::limits::PLACES_MAX;
use crate::units::{Day, LocalTime};

/// Half-hours of a day.
pub(super) const HALF_HOURS: i32 = 48;

/// Rings of days have room for the days since the newest night: bit `DAYS_AHEAD + i` is night i's date.
pub(super) const DAYS_AHEAD: u8 = 3;

/// A night counts as slept through from this long before its beginning (half-hours)…
const EVENING_MARGIN: i32 = 2;
/// …to this long after its end.
const MORNING_MARGIN: i32 = 4;

/// Half-hours of the local calendar; one that a clock change repeats has the same number.
pub(super) fn half_hour(local: LocalTime) -> i32 {
    local.day.0.saturating_mul(HALF_HOURS).saturating_add(i32::from(local.minute / 30))
}

fn day_of(half_hour: i32) -> Day {
    Day(half_hour.div_euclid(HALF_HOURS))
}

impl HomeState {
    /// The local day of the newest sighting.
    pub(super) fn last_day(&self) -> Day {
        day_of(self.now)
    }

    /// Begins a newer half-hour: what was heard in the last one becomes what was heard before.
    pub(super) fn begin_half_hour(&mut self, now: i32, rules: &Rules) -> bool {
        let mut changed = false;
        if self.now != Self::NEVER.0 {
            changed = day_of(now) > day_of(self.now) && self.end_day(rules);
            self.before = self.now;
            self.strangers = [NOBODY, self.strangers[0]];
            self.heard_before = (0..self.places.len() as u8).filter(|&p| self.heard_at(p)).fold(0, |m, p| m | 1 << p);
        }
        self.now = now;
        self.heard = 0;
        changed
    }

    /// Credits the stay that ends in the current half-hour, at the first sighting of the place in it. True when a
    /// night was slept through and became valid by it.
    pub(super) fn credit_stay(&mut self, place: u8, rules: &Rules) -> bool {
        if self.heard_before >> place & 1 == 0 {
            return false;
        }
        let (from, to) = (self.before, self.now);
        let gap = to.saturating_sub(from);
        if gap > (i32::from(rules.silence_hours) + 2) * 2 {
            return false;
        }
        let slept = self.slept_through(place, from, to, rules);
        if gap <= i32::from(rules.silence_hours) * 2 {
            let week = usize::from(self.week);
            let place = &mut self.places[usize::from(place)];
            if day_of(from) != day_of(to) {
                let hours = (by_day(from, to, day_of(from), rules) + 1) / 2;
                place.stay_hours[week] = place.stay_hours[week].saturating_add(hours as u8);
            }
            place.today = place.today.saturating_add(by_day(from, to, day_of(to), rules) as u8);
        }
        slept
    }

    /// From an evening to the next morning without a word from anywhere else.
    fn slept_through(&mut self, place: u8, from: i32, to: i32, rules: &Rules) -> bool {
        let noon = HALF_HOURS / 2;
        let evening = day_of(from - noon);
        let night_from = evening.0 * HALF_HOURS + i32::from(rules.night_from_hour) * 2;
        let night_to = (evening.0 + 1) * HALF_HOURS + i32::from(rules.night_to_hour) * 2;
        let middle = i32::midpoint(night_from, night_to);
        let is_night = from >= night_from - EVENING_MARGIN && from < middle && to >= middle;
        is_night && to - from >= 8 && to <= night_to + MORNING_MARGIN && self.mark_slept(place, evening)
    }

    /// Ends the day: stays of `stay_hours` and more are marked. True when any was.
    fn end_day(&mut self, rules: &Rules) -> bool {
        let day = day_of(self.now);
        let week = usize::from(self.week);
        // Days silent at night share the last bit ahead: like the nights' rings, they age slowly.
        let ahead = day.0.saturating_sub(self.newest.0).min(i32::from(DAYS_AHEAD));
        let bit = i32::from(DAYS_AHEAD) - ahead;
        let mut any = false;
        for place in &mut self.places {
            let today = std::mem::take(&mut place.today);
            place.stay_hours[week] = place.stay_hours[week].saturating_add(today.div_ceil(2));
            if today >= rules.stay_hours * 2 && bit < 32 && self.newest != Self::NEVER {
                place.days |= 1 << bit;
                place.rest_on(day);
                any = true;
            }
        }
        any
    }

    /// Whether the place was heard in the current half-hour.
    pub(super) fn heard_at(&self, place: u8) -> bool {
        self.heard & place_bit(place) != 0
    }

    /// Whether the home was heard in this half-hour or in the one before.
    pub(super) fn heard_home_just_now(&self) -> bool {
        let home = self.slots[0];
        home != NONE && (self.heard_at(home) || (self.before + 1 == self.now && self.heard_before >> home & 1 == 1))
    }
}

/// Bits 0..24 of `heard` are the cells of the four places, six each; bits 24..28 the places.
pub(super) fn cell_bit(place: u8, cell: u8) -> u32 {
    1 << (usize::from(place) * CELLS_PER_PLACE + usize::from(cell))
}

pub(super) fn place_bit(place: u8) -> u32 {
    1 << (PLACES_MAX * CELLS_PER_PLACE + usize::from(place))
}

const _: () = assert!(PLACES_MAX * (CELLS_PER_PLACE + 1) <= 32, "cells and places share one word");

/// Half-hours after `from` up to `to` that lie in the daytime of `day`.
fn by_day(from: i32, to: i32, day: Day, rules: &Rules) -> i32 {
    let begins = day.0 * HALF_HOURS + i32::from(rules.night_to_hour) * 2;
    let ends = day.0 * HALF_HOURS + i32::from(rules.night_from_hour) * 2;
    (to.min(ends) - from.max(begins)).max(0)
}
