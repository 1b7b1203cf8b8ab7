//! The nights of the last four weeks: which half-hours were heard where, and which nights were valid. Pure.
//!
//! Two nights are open at a time, half-hour by half-hour: the newest, and one older one for late records (usually
//! the night before). A night that is neither has its valid bit only; a later record opens it anew.

use super::place::{NONE, Place, WEEKS};
use super::{HomeState, Rules};
use crate::limits::NIGHTS;
use crate::units::{Day, LocalTime};

/// The nights a ring remembers.
pub(super) const RING: u32 = (1 << NIGHTS) - 1;
/// Nights of a week, as running counts are kept.
const WEEK: u8 = 7;
/// How far the rings move at most between two heard nights. A silent night is no evidence of absence (Wi-Fi
/// offload, phone off), so silence ages what is known more slowly than time.
const SILENCE_AGES: i32 = 3;

/// A half-hour of a night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NightSlot {
    /// The evening's date.
    pub(super) date: Day,
    /// Half-hours since the night began, by the wall clock: an hour that is repeated when clocks go back has the
    /// same slots twice, one that is skipped has none.
    pub(super) slot: u8,
}

impl NightSlot {
    /// `None` by day.
    pub(super) fn of(local: LocalTime, rules: &Rules) -> Option<Self> {
        let (hour, date) = (local.hour(), local.day);
        if hour >= rules.night_from_hour {
            Some(Self { date, slot: ((local.minute - rules.night_from_hour * 60) / 30) as u8 })
        } else if hour < rules.night_to_hour {
            let evening = (24 - rules.night_from_hour) * 2;
            Some(Self { date: date.plus(-1), slot: (evening + local.minute / 30) as u8 })
        } else {
            None
        }
    }
}

/// At least two half-hours in two different hours.
fn is_valid(slots: u32) -> bool {
    const EVEN: u32 = 0x5555_5555;
    ((slots | slots >> 1) & EVEN).count_ones() >= 2
}

/// What a night half-hour changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heed {
    /// Nothing: it was known, or is older than the ring.
    Known,
    /// A further half-hour of this place.
    Slot,
    /// And with it the night became valid there.
    ValidNight,
}

impl HomeState {
    /// The open night's number of nights ago, if the night is within the ring.
    fn age_of(&self, date: Day) -> Option<u32> {
        if date == self.newest {
            return Some(0);
        }
        if date == self.late_night {
            return Some(u32::from(self.late_age));
        }
        let age = u32::try_from(self.newest.0.saturating_sub(date.0)).ok()?;
        (age < NIGHTS as u32).then_some(age)
    }

    /// Which week's count a night of this age belongs to.
    fn week_of(&self, age: u32) -> usize {
        let weeks_ago = (age as usize + usize::from(WEEK - 1 - self.turned)) / usize::from(WEEK);
        (usize::from(self.week) + WEEKS - weeks_ago.min(WEEKS - 1)) % WEEKS
    }

    /// Marks a half-hour of a night as heard at a place. The night must not be newer than the newest.
    pub(super) fn mark(&mut self, place: u8, night: NightSlot) -> Heed {
        let Some(age) = self.age_of(night.date) else { return Heed::Known };
        let (bit, at) = (1_u32 << night.slot, usize::from(place));
        let is_newest = age == 0;
        if !is_newest && night.date != self.late_night {
            if self.places[at].nights >> age & 1 == 1 {
                return Heed::Known;
            }
            self.open_late(night.date, age);
        }
        let week = self.week_of(age);
        let any = &mut self.observed_tonight[usize::from(!is_newest)];
        if *any & bit == 0 {
            *any |= bit;
            self.observed[week] = self.observed[week].saturating_add(1);
        }
        self.seen |= 1 << age;
        let place = &mut self.places[at];
        let slots = if is_newest { &mut place.tonight } else { &mut place.late };
        if *slots & bit != 0 {
            return Heed::Known;
        }
        *slots |= bit;
        let is_valid = is_valid(*slots);
        place.slots[week] = place.slots[week].saturating_add(1);
        if !is_valid || place.nights >> age & 1 == 1 {
            return Heed::Slot;
        }
        place.nights |= 1 << age;
        place.rest_on(night.date);
        Heed::ValidNight
    }

    fn open_late(&mut self, date: Day, age: u32) {
        (self.late_night, self.late_age) = (date, age as u8);
        self.observed_tonight[1] = 0;
        for place in &mut self.places {
            place.late = 0;
        }
    }

    /// A night slept through: the phone was heard at the place late in the evening and early in the morning, with
    /// nothing between. It counts as the two half-hours a valid night needs.
    pub(super) fn mark_slept(&mut self, place: u8, date: Day) -> bool {
        if self.newest < date {
            self.begin_night(date);
        }
        let Some(age) = self.age_of(date) else { return false };
        let week = self.week_of(age);
        let place = &mut self.places[usize::from(place)];
        if place.nights >> age & 1 == 1 {
            return false;
        }
        place.nights |= 1 << age;
        place.rest_on(date);
        place.slots[week] = place.slots[week].saturating_add(2);
        self.observed[week] = self.observed[week].saturating_add(2);
        self.seen |= 1 << age;
        true
    }

    /// Moves every ring to a newer night. The night that was newest stays open for late records.
    pub(super) fn begin_night(&mut self, date: Day) {
        if self.newest == Self::NEVER {
            self.newest = date;
            return;
        }
        self.end_night();
        let by = date.0.saturating_sub(self.newest.0).clamp(1, SILENCE_AGES) as u32;
        (self.late_night, self.late_age) = (self.newest, by as u8);
        self.observed_tonight = [0, self.observed_tonight[0]];
        for place in &mut self.places {
            place.late = std::mem::take(&mut place.tonight);
            place.nights = place.nights << by & RING;
            place.days <<= by;
        }
        self.seen = self.seen << by & RING;
        self.restless = self.restless << by & RING;
        self.newest = date;
        self.turned += by as u8;
        if self.turned >= WEEK {
            self.turned -= WEEK;
            self.week = (self.week + 1) % WEEKS as u8;
            let week = usize::from(self.week);
            self.observed[week] = 0;
            self.places.iter_mut().for_each(|place| place.turn_week(week));
        }
    }

    /// Draws from the newest night what only a whole night tells: who served side by side, and whether it was still.
    fn end_night(&mut self) {
        let heard = self.observed_tonight[0].count_ones();
        let longest = self.places.iter().map(|p| p.tonight.count_ones()).max().unwrap_or(0);
        if heard >= 4 && longest * 2 < heard {
            self.restless |= 1;
        }
        for a in 0..self.places.len() {
            for b in a + 1..self.places.len() {
                if served_together(self.places[a].tonight, self.places[b].tonight) {
                    self.pairs.count(a, b);
                }
            }
        }
    }

    /// The nights of the last `count` on which the customer was heard at all.
    pub(super) fn last_seen_nights(&self, count: u32) -> u32 {
        let mut seen = self.seen;
        while seen.count_ones() > count {
            // The oldest night is the highest bit.
            seen ^= 1 << seen.ilog2();
        }
        seen
    }

    pub(super) fn place(&self, at: u8) -> Option<&Place> {
        if at == NONE { None } else { self.places.get(usize::from(at)).filter(|p| !p.is_vacant()) }
    }
}

/// Whether two sites took turns in a night (as co-serving ones do) rather than one after the other (as on the way
/// from one to the other). A shared half-hour tells the first only if one of the two was heard both before and
/// after it, or both were in a neighbouring one.
fn served_together(a: u32, b: u32) -> bool {
    let (either, mut shared) = (a | b, a & b);
    while shared != 0 {
        let slot = shared & shared.wrapping_neg();
        shared ^= slot;
        let before = either & (slot - 1);
        let after = either & !(slot | (slot - 1));
        let before = if before == 0 { 0 } else { 1 << before.ilog2() };
        let after = after & after.wrapping_neg();
        let in_both = |neighbour: u32| neighbour & a & b != 0;
        let around = |site: u32| site & before != 0 && site & after != 0;
        if in_both(before) || in_both(after) || around(a) || around(b) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Millis, Zone};

    fn slot(zone: &Zone, utc: &str) -> Option<(i32, u8)> {
        let at = Millis(utc.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let monday = 20_745; // 2026-10-19
        NightSlot::of(zone.local(at), &Rules::default()).map(|n| (n.date.0 - monday, n.slot))
    }

    #[test]
    fn a_night_is_21_to_6_by_the_wall_clock_and_belongs_to_its_evening() {
        let paris = Zone::named("Europe/Paris").unwrap();
        assert_eq!(slot(&paris, "2026-10-19T18:59:59Z"), None);
        assert_eq!(slot(&paris, "2026-10-19T19:00:00Z"), Some((0, 0)));
        assert_eq!(slot(&paris, "2026-10-19T22:10:00Z"), Some((0, 6)));
        assert_eq!(slot(&paris, "2026-10-20T03:59:00Z"), Some((0, 17)));
        assert_eq!(slot(&paris, "2026-10-20T04:00:00Z"), None);
    }

    #[test]
    fn the_repeated_hour_of_autumn_has_the_same_slots_twice() {
        let paris = Zone::named("Europe/Paris").unwrap();
        assert_eq!(slot(&paris, "2026-10-25T00:10:00Z"), slot(&paris, "2026-10-25T01:10:00Z"));
        assert_eq!(slot(&paris, "2026-10-25T01:10:00Z"), Some((5, 10)));
    }

    #[test]
    fn the_skipped_hour_of_spring_leaves_the_slots_after_it_in_place() {
        let paris = Zone::named("Europe/Paris").unwrap();
        let (before, after) = (slot(&paris, "2026-03-29T00:59:00Z"), slot(&paris, "2026-03-29T01:00:00Z"));
        assert_eq!(before.unwrap().1, 9);
        assert_eq!(after.unwrap().1, 12);
    }

    #[test]
    fn two_half_hours_of_one_hour_make_no_valid_night() {
        assert!(!is_valid(0b11));
        assert!(is_valid(0b110));
        assert!(is_valid(1 | 1 << 17));
        assert!(!is_valid(0b1000));
    }

    #[test]
    fn taking_turns_is_told_from_leaving() {
        assert!(served_together(0b1111, 0b0110), "in and out of the second while the first stays");
        assert!(served_together(0b1110, 0b0100), "the first before and after");
        assert!(!served_together(0b0011, 0b1110), "from one to the other");
        assert!(!served_together(0b10_0011, 0b11_1110), "there and back again, a night's work");
        assert!(!served_together(0b0011, 0b1100), "never at once");
    }
}
