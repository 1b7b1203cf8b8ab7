//! Which place is the home. Pure.
//!
//! Nights decide, with three exceptions that only whole days tell: the workplace of the night (nights there, days
//! elsewhere), the road (nights nowhere), and the holiday (nights there, but the days of before do not go on).
//! Where nights and the CRM address disagree, the address holds until nights confirm another place; a confirmed
//! place wins over an address at which hardly a night was heard. An address never turns a workplace of the night
//! into a home.

use super::nights::RING;
use super::place::{NONE, Place, sum};
use super::state::is_within;
use super::stays::DAYS_AHEAD;
use super::{CellTable, HomeState, HomeStatus, Rules};
use crate::limits::NIGHTS;

/// Hours of a night: what a valid night weighs beside the hours stayed by day.
const NIGHT_HOURS: u32 = 9;

/// What the nights say of a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    pub(super) status: HomeStatus,
    pub(super) nights: u8,
}

/// A place chosen, and whether for its days rather than its nights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Choice {
    place: u8,
    by_day: bool,
}

/// Hours of rest and stay in 28 nights and days.
fn total_hours(place: &Place) -> u32 {
    NIGHT_HOURS * place.nights.count_ones() + place.day_hours()
}

/// How many of these nights were followed by a long stay at the place on the next day.
fn followed(nights: u32, by: &Place) -> u32 {
    // The date of night i is bit i + DAYS_AHEAD of the days' ring; the next date is one bit lower.
    (nights << (DAYS_AHEAD - 1) & by.days).count_ones()
}

/// How many of the seven weekdays saw a night or a long stay there. A workplace has five or six.
fn weekdays(place: &Place) -> u32 {
    (place.weekdays[0] | place.weekdays[1]).count_ones()
}

/// Dates with a valid night or a long stay by day.
fn rests(place: &Place) -> u32 {
    (place.nights | place.days >> DAYS_AHEAD) & RING
}

/// Nights are worked at `work` and slept off at `home`: long stays at `home` follow the nights at `work`, which are
/// hardly ever followed by one at `work` itself; `home` is where most hours are spent. Since a day job beside a bed
/// that is seldom heard looks alike, half of the stays must follow such a night, and every day of the week must
/// have seen one. An address at `home` makes less do.
fn is_night_work(work: &Place, home: &Place, is_declared: bool) -> bool {
    let nights = work.nights.count_ones();
    let (there, back) = (followed(work.nights, home), followed(work.nights, work));
    if nights < 3 || there < 3 || back * 4 > nights {
        return false;
    }
    let (at_home, at_work) = (total_hours(home), total_hours(work));
    if is_declared {
        return at_home >= at_work;
    }
    let nights_at_home = home.nights.count_ones();
    let is_whole_week = match weekdays(home) {
        7 => true,
        6 => nights_at_home >= 2.max(nights / 8),
        _ => false,
    };
    there * 2 >= nights.max(home.days.count_ones()) && at_home * 2 >= at_work * 3 && is_whole_week
}

/// Whether the CRM address lies at this place: near what was measured there, else near one of its sites.
pub(super) fn is_near_address(state: &HomeState, place: &Place, cells: &CellTable, rules: &Rules) -> bool {
    let Some(address) = state.address else { return false };
    if place.is_located() {
        return place.pos().is_some_and(|pos| is_within(pos, address, rules.radius_m));
    }
    let is_near = |pos| is_within(pos, address, rules.radius_m);
    place.pos().is_some_and(is_near) || place.heard().any(|(c, _)| cells.site_pos(cells.site(c)).is_some_and(is_near))
}

/// Share of the observed night half-hours (by day: of all hours of rest and stay) spent at the place.
fn share(state: &HomeState, place: &Place, by_day: bool) -> f32 {
    if by_day {
        return ratio(total_hours(place), state.places.iter().map(total_hours).sum());
    }
    ratio(place.rank().1, sum(state.observed))
}

/// Share of the nights seen since it became the home that were valid there: what a holiday takes from the share of
/// half-hours, and what a move leaves of it, are no doubts.
fn share_since(state: &HomeState, place: &Place) -> f32 {
    let oldest = NIGHTS as u32 - 1;
    let age = u32::try_from(state.newest.0.saturating_sub(state.since.0)).unwrap_or(0).min(oldest);
    let since = RING >> (oldest - age);
    ratio((place.nights & since).count_ones(), (state.seen & since).count_ones())
}

fn ratio(part: u32, whole: u32) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// How well a place is known as the home.
pub(super) fn status(state: &HomeState, at: u8, cells: &CellTable, rules: &Rules) -> Verdict {
    status_as(state, Choice { place: at, by_day: state.by_day && state.home == at }, cells, rules)
}

/// How well the chosen place would be known.
fn status_as(state: &HomeState, choice: Choice, cells: &CellTable, rules: &Rules) -> Verdict {
    let Some(place) = state.place(choice.place) else { return Verdict { status: HomeStatus::Unknown, nights: 0 } };
    let is_home = state.home == choice.place;
    let nights = if choice.by_day { rests(place).count_ones() } else { place.nights.count_ones() };
    let (share, since) = (share(state, place, choice.by_day), if is_home { share_since(state, place) } else { 0.0 });
    let confirms = if is_home && state.confirmed { rules.provisional_share } else { rules.confirmed_share };
    // Only where it took over from another home do the nights since speak for themselves.
    let since_moved = if is_home && state.moved { since } else { 0.0 };
    let kept = if is_home && state.confirmed { since } else { since_moved };
    let is_known = nights >= rules.nights_min;
    let status = if is_known && share.max(kept) >= confirms {
        HomeStatus::Confirmed
    } else if is_near_address(state, place, cells, rules) {
        HomeStatus::Declared
    } else if is_known && share.max(since) >= rules.provisional_share {
        HomeStatus::Provisional
    } else {
        HomeStatus::Unknown
    };
    Verdict { status, nights: nights as u8 }
}

impl HomeState {
    /// Takes stock: the home, its area, and whose panes are in which slot.
    pub(super) fn judge(&mut self, cells: &CellTable, rules: &Rules) {
        self.address_is_new = false;
        let choice = if self.place(self.home).is_none() {
            self.first_choice(cells, rules)
        } else {
            Some(self.next_choice(cells, rules))
        };
        let Some(choice) = choice else { return };
        let Some(place) = self.place(choice.place) else { return };
        let first_night =
            rests(place).checked_ilog2().map_or(self.last_day(), |age| self.newest.plus(-age.cast_signed()));
        self.by_day = choice.by_day;
        if self.home != choice.place {
            let is_first = self.home == NONE;
            if is_first && status_as(self, choice, cells, rules).status == HomeStatus::Unknown {
                self.by_day = false;
            } else {
                (self.home, self.since, self.moved) = (choice.place, first_night, !is_first);
                self.confirmed = false;
            }
        }
        self.confirmed = self.home != NONE && status_as(self, choice, cells, rules).status == HomeStatus::Confirmed;
        let second = self.second(choice.place);
        if self.slots[0] != choice.place {
            self.area = NONE;
        }
        self.slots = [choice.place, second];
        self.settle_area(cells, rules);
    }

    /// Slots after a step, told in the slots before it. Vacated places have already lost theirs.
    pub(super) fn panes_moved(&self, before: [u8; 2]) -> [Option<u8>; 2] {
        self.slots.map(|place| {
            let from = before.iter().position(|&old| old == place && place != NONE);
            from.map(|slot| slot as u8)
        })
    }

    fn numbers(&self) -> impl Iterator<Item = (u8, &Place)> {
        self.places.iter().enumerate().filter(|(_, p)| !p.is_vacant()).map(|(at, p)| (at as u8, p))
    }

    /// The place with most valid nights, then half-hours.
    pub(super) fn night_leader(&self) -> Option<u8> {
        let is_of_note = |p: &Place| p.rank() != (0, 0) || p.days != 0;
        let rank = |p: &Place| (p.rank(), p.days.count_ones(), p.name());
        self.numbers().filter(|(_, p)| is_of_note(p)).max_by_key(|&(_, p)| rank(p)).map(|(at, _)| at)
    }

    /// The place near the CRM address that was heard most.
    fn address_place(&self, cells: &CellTable, rules: &Rules) -> Option<u8> {
        self.address?;
        let near = self.numbers().filter(|(_, p)| is_near_address(self, p, cells, rules));
        near.max_by_key(|&(_, p)| (p.rank(), p.heard().map(|(_, w)| w).sum::<u32>(), p.name())).map(|(at, _)| at)
    }

    /// The place where the days are spent, if the nights of `leader` are worked or `nights` are never still.
    fn day_choice(&self, leader: u8, cells: &CellTable, rules: &Rules) -> Option<u8> {
        let work = self.place(leader)?;
        let others = self.numbers().filter(|&(at, _)| at != leader);
        let slept_off = others.filter(|(_, p)| is_night_work(work, p, is_near_address(self, p, cells, rules)));
        let longest = slept_off.max_by_key(|&(_, p)| (total_hours(p), p.name())).map(|(at, _)| at);
        longest.or_else(|| {
            let is_on_the_road =
                self.restless.count_ones() >= 4 && self.restless.count_ones() * 2 >= self.seen.count_ones();
            let days = self.numbers().filter(|(_, p)| weekdays(p) >= 6);
            let longest = days.max_by_key(|&(_, p)| (total_hours(p), p.name())).map(|(at, _)| at);
            longest.filter(|_| is_on_the_road)
        })
    }

    /// Whether nights confirm a place.
    fn is_lived_at(&self, at: u8, rules: &Rules) -> bool {
        self.place(at).is_some_and(|p| p.rank().0 >= rules.nights_min && share(self, p, false) >= rules.confirmed_share)
    }

    /// The leading place while no home is known.
    fn first_choice(&self, cells: &CellTable, rules: &Rules) -> Option<Choice> {
        let declared = self.address_place(cells, rules);
        let Some(leader) = self.night_leader() else {
            return declared.map(|place| Choice { place, by_day: false });
        };
        let day = self.day_choice(leader, cells, rules);
        let choice = Choice { place: day.unwrap_or(leader), by_day: day.is_some_and(|day| day != leader) };
        match declared {
            Some(place) if place != choice.place && !self.is_lived_at(choice.place, rules) => {
                Some(Choice { place, by_day: false })
            }
            _ => Some(choice),
        }
    }

    /// The home once one is known: it stays unless it was a workplace of the night, an address nobody lives at, or
    /// the customer has moved.
    fn next_choice(&self, cells: &CellTable, rules: &Rules) -> Choice {
        let stay = Choice { place: self.home, by_day: self.by_day };
        let (Some(home), Some(leader)) = (self.place(self.home), self.night_leader()) else { return stay };
        let is_lived_at = self.is_lived_at(leader, rules);
        if leader == self.home {
            if let Some(place) = self.day_choice(leader, cells, rules).filter(|&day| day != leader) {
                return Choice { place, by_day: true };
            }
        } else if self.place(leader).is_some_and(|p| self.is_worked(p, home, cells, rules)) {
            return Choice { by_day: true, ..stay };
        } else if home.rank().0 < rules.nights_min
            && !self.by_day
            && is_lived_at
            && is_near_address(self, home, cells, rules)
        {
            return Choice { place: leader, by_day: false };
        }
        let stay = Choice { by_day: self.by_day && leader != self.home, ..stay };
        let moved = self.numbers().find(|&(at, p)| at != self.home && self.has_moved(home, at, p, cells, rules));
        moved.map_or(stay, |(place, _)| Choice { place, by_day: false })
    }

    /// Whether nights at `work` are slept off at the home. Once that is so, it stays so while days are still spent
    /// at the home after the last nights at work.
    fn is_worked(&self, work: &Place, home: &Place, cells: &CellTable, rules: &Rules) -> bool {
        let latest = work.nights & self.last_seen_nights(rules.move_window);
        is_night_work(work, home, is_near_address(self, home, cells, rules))
            || self.by_day && followed(latest, home) >= 2
    }

    /// Another place has won most of the last nights, and it is no holiday: it is the declared address, or has more
    /// nights than a holiday lasts, or the same third place is visited by day as before.
    fn has_moved(&self, home: &Place, at: u8, place: &Place, cells: &CellTable, rules: &Rules) -> bool {
        let latest = self.last_seen_nights(rules.move_window);
        let won = (place.nights & latest).count_ones();
        let lost = (home.nights & latest).count_ones();
        let is_winning = won >= rules.move_nights && lost <= rules.move_window - rules.move_nights;
        if !is_winning || self.seen.count_ones() < rules.move_seen || self.is_worked(place, home, cells, rules) {
            return false;
        }
        let nights = place.nights.count_ones();
        let life_goes_on = || {
            let mut third = self.numbers().filter(|&(other, _)| other != at && other != self.home);
            third.any(|(_, third)| followed(home.nights, third) >= 3 && followed(place.nights, third) >= 3)
        };
        is_near_address(self, place, cells, rules)
            || nights >= rules.move_nights_alone
            || nights >= rules.nights_min && life_goes_on()
    }

    /// The second place worth panes: before a home is known any that was stayed at, then one with nights of its
    /// own. The one that has them already keeps them against one that is a single night ahead.
    fn second(&self, lead: u8) -> u8 {
        let least = if self.home == NONE { 0 } else { 2 };
        let worth =
            self.numbers().filter(|&(at, p)| at != lead && p.rank().0 >= least && (p.rank() != (0, 0) || p.days != 0));
        let best = worth.max_by_key(|&(at, p)| {
            let (nights, slots) = p.rank();
            (nights + u32::from(nights > 0 && self.slots.contains(&at)), slots, p.name())
        });
        best.map_or(NONE, |(at, _)| at)
    }

    /// The area: the site with most night slots, changed only when another has `area_factor` times as many.
    fn settle_area(&mut self, cells: &CellTable, rules: &Rules) {
        let Some(place) = self.place(self.slots[0]) else { return };
        let sites = place.sites(cells);
        let Some(&(best, most)) = sites.first() else { return };
        let current = place.site_at(self.area, cells).unwrap_or(best);
        let weight = sites.iter().find(|(site, _)| *site == current).map_or(0, |(_, weight)| *weight);
        let area = if most as f32 >= weight as f32 * rules.area_factor { best } else { current };
        self.area = place.main_cell_of(area, cells);
    }
}
