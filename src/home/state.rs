//! What is remembered of one customer's whereabouts, and the step that folds a sighting into it. Pure.

use serde::{Deserialize, Serialize};

use super::gather::NOBODY;
use super::nights::{Heed, NightSlot};
use super::place::{NONE, Place, WEEKS};
use super::stays::{cell_bit, half_hour, place_bit};
use super::{CellRef, CellTable, Presence, Rules, Sighted, Sighting};
use crate::units::{Day, LatLon, Millis};

/// Memory: at most 180 bytes inline (tested), and a place's 60-odd on the heap for each of at most four places.
///
/// Numbers of places are stable: a place that leaves makes its number vacant, so whatever refers to it stays right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HomeState {
    pub(super) places: Vec<Place>,
    /// The CRM address.
    pub(super) address: Option<LatLon>,
    /// The address has changed and has not been judged since.
    pub(super) address_is_new: bool,
    /// The newest night heard, by its evening; bit 0 of every ring.
    pub(super) newest: Day,
    /// The older night that is open for late records, and how many nights before the newest it is.
    pub(super) late_night: Day,
    pub(super) late_age: u8,
    /// Half-hours heard anywhere: of the newest night, of the late one.
    pub(super) observed_tonight: [u32; 2],
    /// Night half-hours heard anywhere, by week of nights.
    pub(super) observed: [u8; WEEKS],
    /// Nights in which the customer was heard.
    pub(super) seen: u32,
    /// Nights in which no place held half of what was heard.
    pub(super) restless: u32,
    /// Nights since the current week of the ring began, and which of the counts is its.
    pub(super) turned: u8,
    pub(super) week: u8,
    /// The newest half-hour heard by day or night, and the one heard before it.
    pub(super) now: i32,
    pub(super) before: i32,
    /// Cells and places heard in `now`: see [`cell_bit`], [`place_bit`].
    pub(super) heard: u32,
    /// Places heard in `before`.
    pub(super) heard_before: u8,
    /// The last sighting with a cell, in seconds since 1970, its cell and its place.
    last_at_s: u32,
    last_cell: u32,
    pub(super) last_place: u8,
    /// A cell heard by day whose site is no place yet: in `now`, in `before`.
    pub(super) strangers: [u32; 2],
    /// Nights on which two places served side by side.
    pub(super) pairs: Pairs,
    /// The place whose panes are in slot 0 (the one that leads) and in slot 1.
    pub(super) slots: [u8; 2],
    /// The home, once known; then it is in slot 0.
    pub(super) home: u8,
    /// The leading place's cell whose site is the area.
    pub(super) area: u8,
    /// What was judged in the current half-hour is judged again when it is over: what came later in it counts too.
    pub(super) judged_early: bool,
    /// The home was confirmed by nights, and has not fallen below `provisional_share` since.
    pub(super) confirmed: bool,
    /// The home took over from another.
    pub(super) moved: bool,
    /// The home is where the days are spent, since the nights are spent at work or on the road.
    pub(super) by_day: bool,
    pub(super) since: Day,
}

/// Two bits for each pair of the four places: nights, up to 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Pairs(u16);

impl Pairs {
    fn shift(a: usize, b: usize) -> usize {
        let (low, high) = (a.min(b), a.max(b));
        // (0,1) (0,2) (1,2) (0,3) (1,3) (2,3)
        2 * (high * (high - 1) / 2 + low)
    }

    pub(super) fn get(self, a: usize, b: usize) -> u8 {
        (self.0 >> Self::shift(a, b) & 3) as u8
    }

    pub(super) fn count(&mut self, a: usize, b: usize) {
        if self.get(a, b) < 3 {
            self.0 += 1 << Self::shift(a, b);
        }
    }

    /// Forgets all that is known of a place.
    pub(super) fn forget(&mut self, place: usize) {
        for other in (0..crate::limits::PLACES_MAX).filter(|&other| other != place) {
            self.0 &= !(3 << Self::shift(place, other));
        }
    }
}

impl Default for HomeState {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            address: None,
            address_is_new: false,
            newest: Self::NEVER,
            late_night: Self::NEVER,
            late_age: 0,
            observed_tonight: [0; 2],
            observed: [0; WEEKS],
            seen: 0,
            restless: 0,
            turned: 0,
            week: 0,
            now: Self::NEVER.0,
            before: Self::NEVER.0,
            heard: 0,
            heard_before: 0,
            last_at_s: 0,
            last_cell: u32::MAX,
            last_place: NONE,
            strangers: [NOBODY; 2],
            pairs: Pairs::default(),
            slots: [NONE; 2],
            home: NONE,
            area: NONE,
            judged_early: false,
            confirmed: false,
            moved: false,
            by_day: false,
            since: Self::NEVER,
        }
    }
}

/// Seconds since 1970; before it is 0, after 2106 the greatest.
fn seconds(at: Millis) -> u32 {
    u32::try_from(at.0.div_euclid(Millis::SECOND).max(0)).unwrap_or(u32::MAX)
}

impl HomeState {
    /// Reads a word of it, so that it is near.
    pub(crate) fn touch(&self) -> u32 {
        self.heard ^ self.seen
    }

    /// Reads a word of what lies behind it.
    pub(crate) fn touch_behind(&self) -> u32 {
        self.places.first().map_or(0, Place::touch) ^ self.places.last().map_or(0, Place::touch)
    }

    pub(super) const NEVER: Day = Day(i32::MIN);

    /// Folds one sighting and says where it was made. Sightings may come late and in any order; times are never
    /// negative in what ingest lets through.
    pub fn observe(&mut self, s: &Sighting, cells: &CellTable, rules: &Rules) -> Sighted {
        let Some(cell) = s.cell else {
            let presence = self.presence_without_cell(s, cells, rules);
            return Sighted { presence, panes: Sighted::UNMOVED, judged: false };
        };
        let now = half_hour(s.local);
        if cell.0 == self.last_cell && now == self.now {
            // The usual case: the same cell in the same half-hour tells nothing new but its time and position.
            self.last_at_s = self.last_at_s.max(seconds(s.ts));
            let place = self.last_place;
            self.fix(place, s, rules);
            return Sighted {
                presence: self.presence_at(place, s, cells, rules),
                panes: Sighted::UNMOVED,
                judged: false,
            };
        }
        let slots = self.slots;
        let is_over = now > self.now;
        let (place, is_telling) = self.hear(s, cell, now, cells, rules);
        self.fix(place, s, rules);
        if seconds(s.ts) >= self.last_at_s {
            (self.last_at_s, self.last_cell, self.last_place) = (seconds(s.ts), cell.0, place);
        }
        // Places that left have lost their slots by now; their numbers may already stand for others.
        let kept = self.slots;
        let again = is_over && std::mem::take(&mut self.judged_early);
        self.judged_early |= is_telling;
        let judged = is_telling || again || self.address_is_new;
        if judged {
            self.judge(cells, rules);
        }
        let is_unmoved = kept == slots && self.slots == slots;
        let panes = if is_unmoved { Sighted::UNMOVED } else { self.panes_moved(kept) };
        Sighted { presence: self.presence_at(place, s, cells, rules), panes, judged }
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.places.capacity() * size_of::<Place>()
    }

    /// The CRM address, or that there is none. The same address again changes nothing.
    pub fn declare(&mut self, pos: Option<LatLon>) {
        if pos != self.address {
            self.address = pos;
            self.address_is_new = true;
        }
    }

    /// Where the half-hours heard are counted. Says the place, if any, and whether anything happened that could
    /// change what is known of the home.
    fn hear(&mut self, s: &Sighting, cell: CellRef, now: i32, cells: &CellTable, rules: &Rules) -> (u8, bool) {
        let night = NightSlot::of(s.local, rules);
        let is_late = now < self.now;
        let mut is_telling = now > self.now && self.begin_half_hour(now, rules);
        if let Some(night) = night.filter(|night| night.date > self.newest) {
            self.begin_night(night.date);
            is_telling |= self.gather(cells, rules);
        }
        let at_address = self.address.is_some() && self.is_at_address(s, cell, cells, rules);
        let (place, at) = self.locate(cell, night.is_some(), at_address, is_late, cells, rules);
        if place == NONE {
            return (NONE, is_telling);
        }
        is_telling |= self.home == NONE && (at_address || self.slots.contains(&NONE));
        let heed = night.map_or(Heed::Known, |night| self.mark(place, night));
        let is_new_slot = if is_late {
            heed != Heed::Known
        } else {
            let bit = at.map_or(0, |at| cell_bit(place, at));
            let is_first = self.heard & bit == 0;
            if !self.heard_at(place) {
                is_telling |= self.credit_stay(place, rules);
            }
            self.heard |= bit | place_bit(place);
            is_first
        };
        if let Some(at) = at.filter(|_| is_new_slot) {
            self.places[usize::from(place)].weigh(at, night.is_some());
        }
        (place, is_telling || heed == Heed::ValidNight)
    }

    fn fix(&mut self, place: u8, s: &Sighting, rules: &Rules) {
        if let (Some(pos), Some(place)) = (s.pos, self.places.get_mut(usize::from(place))) {
            place.fix(pos, NightSlot::of(s.local, rules).is_some());
        }
    }

    fn presence_at(&self, place: u8, s: &Sighting, cells: &CellTable, rules: &Rules) -> Presence {
        if self.slots[0] == NONE {
            return Presence::Unknown;
        }
        let slot = self.slots.iter().position(|&p| p == place && p != NONE);
        let (Some(slot), Some(at)) = (slot, self.place(place)) else { return Presence::Away };
        // Who is at home by day, and at work by night, is heard at home by day only.
        let cell = s.cell.or_else(|| self.cell_heard_last());
        if !self.by_day && cell.and_then(|cell| at.find(cell)).is_some_and(|cell| at.is_next_door(cell)) {
            return Presence::Away;
        }
        let is_far = s.pos.is_some_and(|pos| {
            self.home_pos(at, cells, rules).is_some_and(|home| !is_within(pos, home, rules.radius_m))
        });
        if is_far { Presence::Away } else { Presence::Home { slot: slot as u8 } }
    }

    fn cell_heard_last(&self) -> Option<CellRef> {
        (self.last_cell != u32::MAX).then_some(CellRef(self.last_cell))
    }

    /// A record without a cell belongs to the place seen at most an hour before, with nothing seen since; one that
    /// says where it was made, at home, belongs there. Who comes home into an outage is heard there by no cell at all:
    /// at night he is taken to be where his nights are spent, while he cannot have gone far.
    fn presence_without_cell(&mut self, s: &Sighting, cells: &CellTable, rules: &Rules) -> Presence {
        let silence = i64::from(seconds(s.ts)) - i64::from(self.last_at_s);
        if (0..=i64::from(rules.linger_minutes) * 60).contains(&silence) && self.last_cell != u32::MAX {
            // Who is out of service is still there: through an outage of hours each record vouches for the next.
            if s.out_of_service {
                self.last_at_s = seconds(s.ts);
            }
            return self.presence_at(self.last_place, s, cells, rules);
        }
        let (Some(pos), Some(home)) = (s.pos, self.place(self.slots[0])) else {
            return if s.out_of_service && self.sleeps_at_home(s, silence, cells, rules) {
                Presence::Home { slot: 0 }
            } else {
                Presence::Unknown
            };
        };
        match self.home_pos(home, cells, rules) {
            Some(home) if is_within(pos, home, rules.radius_m) => Presence::Home { slot: 0 },
            Some(_) => Presence::Away,
            None => Presence::Unknown,
        }
    }
}

/// As far as sites beside the home's reach into it.
const REACHES_IN_M: u16 = 2_000;
/// What is heard of such a site so long after the home was probably heard at home.
const JUST_HEARD_MINUTES: i32 = 180;

impl HomeState {
    /// Whether the sighting is a night's, of someone whose nights confirmed his home and who was heard shortly before
    /// (`silence`, in seconds) and not far from it: who is on holiday where there is no network is not at home.
    fn sleeps_at_home(&self, s: &Sighting, silence: i64, cells: &CellTable, rules: &Rules) -> bool {
        let lately = (0..=i64::from(rules.no_service_hours) * 3600).contains(&silence);
        let at_home = self.confirmed && !self.by_day && self.slots[0] == self.home;
        lately && at_home && NightSlot::of(s.local, rules).is_some() && self.is_last_heard_near(cells, rules)
    }

    /// Whether the last cell heard lies within `no_service_km` of home; so does one whose place is not known.
    fn is_last_heard_near(&self, cells: &CellTable, rules: &Rules) -> bool {
        let heard = self.cell_heard_last().and_then(|cell| cells.cell_pos(cell));
        let home = self.place(self.home).and_then(|place| self.home_pos(place, cells, rules));
        let metres = u32::from(rules.no_service_km) * 1_000;
        heard.zip(home).is_none_or(|(heard, home)| is_within(heard, home, metres))
    }

    /// Whether what was heard of another place may all the same have been heard at home: it says so itself; or its site
    /// stands beside the home, and the home was heard `minutes` ago; or nobody knows where it stands, and the home
    /// was heard just now.
    #[must_use]
    pub fn may_be_home(&self, s: &Sighting, minutes: Option<i32>, cells: &CellTable, rules: &Rules) -> bool {
        let Some(place) = self.place(self.slots[0]) else { return false };
        let home = self.home_pos(place, cells, rules);
        if let (Some(home), Some(pos)) = (home, s.pos) {
            return is_within(pos, home, rules.radius_m);
        }
        let home = home.or_else(|| place.main_site(cells).and_then(|site| cells.site_pos(site)));
        let Some((home, site)) = home.zip(s.cell.and_then(|cell| cells.cell_pos(cell))) else {
            return self.heard_home_just_now();
        };
        minutes.is_some_and(|minutes| minutes <= JUST_HEARD_MINUTES) && is_within(site, home, REACHES_IN_M)
    }
}

/// Whether two positions are at most `metres` apart. Decides near ones without trigonometry.
pub(super) fn is_within(a: LatLon, b: LatLon, metres: impl Into<u64>) -> bool {
    const METRES_PER_E5: u64 = 2; // 1.112 of latitude, less of longitude: the double is on the safe side
    let (north, east) = (u64::from(a.lat_e5.abs_diff(b.lat_e5)), u64::from(a.lon_e5.abs_diff(b.lon_e5)));
    let metres = metres.into();
    if (north + east) * METRES_PER_E5 <= metres {
        return true;
    }
    north <= metres && a.metres_to(b) <= metres as f64
}
