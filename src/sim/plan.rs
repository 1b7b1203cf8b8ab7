//! Where a person is, hour by hour, on one day from 04:00 to 04:00. Pure.

use arrayvec::ArrayVec;

use super::dice::{Dice, Purpose};
use super::people::{Person, PersonKind, PlaceId, Population};
use crate::units::Day;

/// First and last minute of a day as people live it, counted from midnight: the night belongs to its evening.
pub(crate) const DAY_START: u16 = 4 * 60;
pub(crate) const DAY_END: u16 = 28 * 60;

/// One day's stays: each begins at its minute and lasts until the next.
#[derive(Debug, Clone)]
pub(crate) struct DayPlan {
    stays: ArrayVec<(u16, PlaceId), 12>,
    home: PlaceId,
}

impl DayPlan {
    pub(crate) fn new(person: &Person, population: &Population, seed: u64, day: Day) -> Self {
        let mut dice = Dice::new(seed, Purpose::Plan, u64::from(person.number), day.0 as u64);
        let mut plan = Self { stays: ArrayVec::new(), home: person.home_on(day) };
        if let Some((_, _, resort)) = person.holiday.filter(|(from, until, _)| day >= *from && day < *until) {
            plan.stay(DAY_START, resort);
            return plan;
        }
        match person.kind {
            PersonKind::NightWorker => plan.night_shift(person, population, day, &mut dice),
            PersonKind::TwoHomes => plan.two_homes(person, population, day, &mut dice),
            PersonKind::StaysHome => plan.free_day(population, &mut dice),
            _ if day.weekday() >= 5 => plan.free_day(population, &mut dice),
            _ => plan.working_day(person, population, &mut dice),
        }
        if person.moved.is_some_and(|(moved, _)| moved == day) {
            // The day of the move begins in the old flat; the evening is spent in the new one.
            plan.stays.insert(0, (DAY_START, person.home));
            plan.stays[1].0 = plan.stays[1].0.max(8 * 60);
            plan.stays.retain({
                let mut last = 0;
                move |(at, _)| {
                    let keep = *at >= last;
                    last = last.max(*at);
                    keep
                }
            });
        }
        plan
    }

    /// The place at a minute of [`DAY_START`]..[`DAY_END`].
    pub(crate) fn place(&self, minute: u16) -> PlaceId {
        let after = self.stays.partition_point(|(from, _)| *from <= minute);
        self.stays.get(after.saturating_sub(1)).map_or(self.home, |(_, place)| *place)
    }

    pub(crate) fn is_home(&self, minute: u16) -> bool {
        self.place(minute) == self.home
    }

    fn stay(&mut self, from: u16, place: PlaceId) {
        if !self.stays.is_full() {
            self.stays.push((from, place));
        }
    }

    fn working_day(&mut self, person: &Person, population: &Population, dice: &mut Dice) {
        let leave = around(470.0, 35.0, dice);
        let back = around(1_055.0, 40.0, dice).max(leave + 240);
        self.stay(DAY_START, self.home);
        self.stay(leave, anywhere(population, dice));
        self.stay(leave + 28, person.work.unwrap_or(self.home));
        self.stay(back, anywhere(population, dice));
        self.stay(back + 28, self.home);
        if dice.chance(0.2) {
            let out = (back + 28).max(around(1_180.0, 25.0, dice));
            self.stay(out, anywhere(population, dice));
            self.stay(out + dice.between(90.0, 220.0) as u16, self.home);
        }
    }

    fn free_day(&mut self, population: &Population, dice: &mut Dice) {
        self.stay(DAY_START, self.home);
        for (middle, chance) in [(630.0, 0.6), (900.0, 0.5), (1_200.0, 0.25)] {
            if dice.chance(chance) {
                let out = around(middle, 25.0, dice);
                self.stay(out, anywhere(population, dice));
                self.stay(out + dice.between(50.0, 150.0) as u16, self.home);
            }
        }
    }

    /// Five shifts a week, from evening to dawn; the morning after a shift begins at work.
    fn night_shift(&mut self, person: &Person, population: &Population, day: Day, dice: &mut Dice) {
        let off = (i32::try_from(person.number % 7).unwrap_or(0), i32::try_from((person.number + 1) % 7).unwrap_or(0));
        let works = |day: Day| day.weekday() != off.0 && day.weekday() != off.1;
        let work = person.work.unwrap_or(self.home);
        if works(day.plus(-1)) {
            self.stay(DAY_START, work);
            let end = around(350.0, 15.0, dice);
            self.stay(end, anywhere(population, dice));
            self.stay(end + 30, self.home);
        } else {
            self.stay(DAY_START, self.home);
        }
        if dice.chance(0.35) {
            let out = around(990.0, 30.0, dice);
            self.stay(out, anywhere(population, dice));
            self.stay(out + dice.between(40.0, 120.0) as u16, self.home);
        }
        if works(day) {
            let leave = around(1_245.0, 15.0, dice);
            self.stay(leave, anywhere(population, dice));
            self.stay(leave + 30, work);
        }
    }

    /// The week at the main home, the weekend from Friday evening to Sunday evening at the other.
    fn two_homes(&mut self, person: &Person, population: &Population, day: Day, dice: &mut Dice) {
        let second = person.second.unwrap_or(self.home);
        match day.weekday() {
            4 => {
                self.working_day(person, population, dice);
                self.stays.truncate(4);
                let leave = self.stays.last().map_or(1_080, |(at, _)| at + 28);
                self.stay(leave + 60, second);
            }
            5 | 6 => {
                self.stay(DAY_START, second);
                if dice.chance(0.6) {
                    let out = around(660.0, 30.0, dice);
                    self.stay(out, anywhere(population, dice));
                    self.stay(out + 100, second);
                }
                if day.weekday() == 6 {
                    self.stay(around(1_150.0, 30.0, dice), self.home);
                }
            }
            _ => self.working_day(person, population, dice),
        }
    }
}

fn anywhere(population: &Population, dice: &mut Dice) -> PlaceId {
    population.public[dice.below(population.public.len())]
}

/// A minute of the day around a usual one, never more than three deviations off.
fn around(usual: f64, spread: f64, dice: &mut Dice) -> u16 {
    (usual + spread * dice.normal().clamp(-3.0, 3.0)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_has_its_names() {
        // 2026-10-09 is a Friday.
        assert_eq!(Day(20_735).weekday(), 4);
    }
}
