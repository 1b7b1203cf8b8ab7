//! The town's records, one after the other. Pure.

use super::care::Said;
use super::day::DayOf;
use super::event::Event;
use super::render;
use super::town::Town;
use crate::ingest::Input;
use crate::units::{Day, Millis};

/// One record as a topic would carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimRecord {
    pub input: Input,
    pub key: String,
    /// The event time; absent for cells and CRM rows, which have none.
    pub ts: Option<Millis>,
    /// JSON; absent for a tombstone.
    pub value: Option<String>,
}

/// Cells and CRM rows, then all else by time; at the same time in the order of [`Input::KEYED`].
#[derive(Debug)]
pub struct Records<'a> {
    town: &'a Town,
    cell: usize,
    customer: usize,
    care: usize,
    day: i32,
    /// Events of the day under way, the latest first, and those that reach into a later day.
    events: Vec<Event>,
    /// The second showing of a record that arrives twice.
    again: Option<SimRecord>,
}

impl<'a> Records<'a> {
    pub(super) fn new(town: &'a Town) -> Self {
        Self { town, cell: 0, customer: 0, care: 0, day: 0, events: Vec::new(), again: None }
    }

    /// The next day's events join those left over; `false` when the town's days are over.
    fn next_day(&mut self) -> bool {
        if self.day >= i32::from(self.town.spec.days) {
            return false;
        }
        let day = self.town.spec.start.plus(self.day);
        for person in 0..self.town.people.len() {
            DayOf::write(self.town, person, day, &mut self.events);
        }
        self.day += 1;
        self.events.sort_unstable_by_key(|e| std::cmp::Reverse((e.ts, e.person, e.number)));
        true
    }

    /// The next event that belongs to a day already drawn: a call may end after its day.
    fn peek_event(&mut self) -> Option<&Event> {
        loop {
            let over = self.day >= i32::from(self.town.spec.days);
            let border = self.town.day_start(Day(self.town.spec.start.0 + self.day)).0;
            if self.events.last().is_some_and(|e| over || e.ts < border) {
                return self.events.last();
            }
            if !self.next_day() {
                return None;
            }
        }
    }

    fn care_record(&mut self) -> Option<SimRecord> {
        let said = self.town.care.get(self.care)?;
        self.care += 1;
        let input = match said.what {
            Said::Contact { .. } => Input::Contacts,
            Said::Survey { .. } => Input::Surveys,
        };
        let value = render::care(self.town, said, self.care);
        let key = self.town.people[said.person as usize].id();
        Some(SimRecord { input, key, ts: Some(said.ts), value: Some(value) })
    }

    fn still(&mut self) -> Option<SimRecord> {
        if self.cell < self.town.cells.len() {
            let value = Some(render::cell(self.town, self.cell));
            let key = self.town.cells[self.cell].id.clone();
            self.cell += 1;
            return Some(SimRecord { input: Input::Cells, key, ts: None, value });
        }
        let person = self.town.people.get(self.customer)?;
        let value = Some(render::crm(self.town, self.customer));
        self.customer += 1;
        Some(SimRecord { input: Input::Crm, key: person.id(), ts: None, value })
    }
}

impl Iterator for Records<'_> {
    type Item = SimRecord;

    fn next(&mut self) -> Option<SimRecord> {
        if let Some(again) = self.again.take() {
            return Some(again);
        }
        if let Some(record) = self.still() {
            return Some(record);
        }
        loop {
            let event = self.peek_event().copied();
            let care = self.town.care.get(self.care).map(|said| said.ts.0);
            let Some(event) = event else {
                return self.care_record();
            };
            if care.is_some_and(|at| at <= event.ts) {
                return self.care_record();
            }
            self.events.pop();
            let town = self.town;
            let luck = super::dice::unit_of(render::fortune(town, &event));
            if luck < town.spec.probes_lost {
                continue;
            }
            let (key, ts) = (town.people[event.person as usize].id(), Some(Millis(event.ts)));
            let record = SimRecord { input: Input::Probes, key, ts, value: Some(render::probe(town, &event)) };
            if luck > 1.0 - town.spec.probes_repeated {
                self.again = Some(record.clone());
            }
            return Some(record);
        }
    }
}
