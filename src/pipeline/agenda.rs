//! Who is to be looked at, and when: timers by grid minute, and who changed since the last minute. Pure.

use std::collections::BTreeMap;

use super::customers::Row;
use crate::units::Minute;

/// The lane's agenda. A customer has at most one valid timer, kept in his row; entries that no longer match
/// it are passed over when they come up.
#[derive(Debug, Default)]
pub struct Agenda {
    /// A calendar: nearly all timers stand in the hour after midnight, so its minutes are few and their lists long.
    timers: BTreeMap<Minute, Vec<Row>>,
    /// Changed since the last evaluation; each row stands here once (its row says so).
    dirty: Vec<Row>,
}

impl Agenda {
    pub fn set(&mut self, due: Minute, row: Row) {
        self.timers.entry(due).or_default().push(row);
    }

    pub fn mark(&mut self, row: Row) {
        self.dirty.push(row);
    }

    /// The earliest timer, valid or not: nothing is due before it.
    #[must_use]
    pub fn earliest(&self) -> Option<Minute> {
        self.timers.first_key_value().map(|(due, _)| *due)
    }

    #[must_use]
    pub fn has_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Takes the earliest minute whose timers are due at `now` or before.
    pub fn pop_due(&mut self, now: Minute) -> Option<(Minute, Vec<Row>)> {
        Some(self.timers.first_entry().filter(|first| *first.key() <= now)?.remove_entry())
    }

    /// Takes all who changed.
    pub fn take_dirty(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.dirty)
    }

    /// Drops the timers that are not `valid`, when invalid ones could outnumber the valid by far.
    pub fn compact(&mut self, valid: impl Fn(Minute, Row) -> bool) {
        self.timers.retain(|due, rows| {
            rows.retain(|row| valid(*due, *row));
            !rows.is_empty()
        });
    }

    #[must_use]
    pub fn timers(&self) -> usize {
        self.timers.values().map(Vec::len).sum()
    }
}
