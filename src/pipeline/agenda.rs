//! Who is to be looked at, and when: timers by grid minute, and who changed since the last minute. Pure.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::customers::Row;
use crate::units::Minute;

/// The lane's agenda. A customer has at most one valid timer, kept in his row; entries that no longer match
/// it are passed over when they come up.
#[derive(Debug, Default)]
pub struct Agenda {
    timers: BinaryHeap<Reverse<(Minute, Row)>>,
    /// Changed since the last evaluation; each row stands here once (its row says so).
    dirty: Vec<Row>,
}

impl Agenda {
    pub fn set(&mut self, due: Minute, row: Row) {
        self.timers.push(Reverse((due, row)));
    }

    pub fn mark(&mut self, row: Row) {
        self.dirty.push(row);
    }

    /// The earliest timer, valid or not: nothing is due before it.
    #[must_use]
    pub fn earliest(&self) -> Option<Minute> {
        self.timers.peek().map(|Reverse((due, _))| *due)
    }

    #[must_use]
    pub fn has_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Takes a timer that is due at `now` or before.
    pub fn pop_due(&mut self, now: Minute) -> Option<(Minute, Row)> {
        let due = self.timers.peek().is_some_and(|Reverse((due, _))| *due <= now);
        due.then(|| self.timers.pop().map(|Reverse(entry)| entry)).flatten()
    }

    /// Takes all who changed.
    pub fn take_dirty(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.dirty)
    }

    /// Drops the timers that are not `valid`, when invalid ones could outnumber the valid by far.
    pub fn compact(&mut self, valid: impl Fn(Minute, Row) -> bool) {
        let kept: Vec<_> = self.timers.drain().filter(|Reverse((due, row))| valid(*due, *row)).collect();
        self.timers = kept.into();
    }

    #[must_use]
    pub fn timers(&self) -> usize {
        self.timers.len()
    }
}
