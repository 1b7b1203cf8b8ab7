//! Which buffered record of a lane folds next. Pure.
//!
//! Five inputs meet in a lane, each in its partition's order. The record with the smallest time folds first, ties in
//! the order of [`Input::KEYED`]; records of one partition never overtake one another, so a record's place is the
//! running maximum of the times of its partition. While an input has nothing buffered and its end has not been
//! reached, nothing folds: its next record could be the oldest.
//!
//! In input time a record more than a day ahead of both its neighbours in its partition is `future`: one broken clock
//! must not move the lane's. A record that runs ahead of the one before it waits for the one behind it.

use std::collections::VecDeque;

use crate::ingest::Input;
use crate::units::Millis;

/// Records that may wait behind a doubtful one because they have no time to judge it by; then it is `future`.
const DOUBT_MAX: usize = 64;

/// What [`Merge::pop`] hands out.
#[derive(Debug, PartialEq, Eq)]
pub struct Next<T> {
    pub input: Input,
    pub item: T,
    /// Its place in the order: a time, where it or one before it had any.
    pub place: Option<Millis>,
    /// More than a day ahead of both its neighbours.
    pub future: bool,
}

#[derive(Debug)]
struct Line<T> {
    /// Next of this input to fold, with its place in the order.
    head: Option<(i64, bool, T)>,
    /// A doubtful record and what came behind it.
    doubt: VecDeque<(Option<i64>, T)>,
    /// Running maximum of the times seen.
    newest: Option<i64>,
    /// What the first record is compared with, there being none before it.
    before: Option<i64>,
    /// The partition was read to its end, and nothing has come since.
    at_end: bool,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { head: None, doubt: VecDeque::new(), newest: None, before: None, at_end: false }
    }
}

impl<T> Line<T> {
    fn place(&mut self, ts: Option<i64>, future: bool, item: T) {
        let place = match ts {
            Some(ts) if !future => {
                let place = self.newest.map_or(ts, |newest| newest.max(ts));
                self.newest = Some(place);
                place
            }
            // A record without a time of its own folds where it stands.
            _ => self.newest.unwrap_or(i64::MIN),
        };
        self.head = Some((place, future, item));
    }

    /// Moves the oldest of the doubtful to the head, if its doubt is settled (`forced`: it is taken as good).
    fn settle(&mut self, ahead_ms: i64, forced: bool) {
        while self.head.is_none() {
            let Some(&(Some(ts), _)) = self.doubt.front() else {
                let Some((ts, item)) = self.doubt.pop_front() else { return };
                self.place(ts, false, item);
                continue;
            };
            let ahead = self.doubts(Some(ts), ahead_ms);
            let behind = self.doubt.iter().skip(1).find_map(|(ts, _)| *ts);
            let future = match behind {
                _ if !ahead => false,
                Some(behind) => ts > behind.saturating_add(ahead_ms),
                None if self.doubt.len() > DOUBT_MAX => true,
                None if forced => false,
                None => return,
            };
            if let Some((ts, item)) = self.doubt.pop_front() {
                self.place(ts, future, item);
            }
        }
    }
}

/// The ordering buffer of one lane: one record ahead per input.
#[derive(Debug)]
pub struct Merge<T> {
    lines: [Line<T>; Input::KEYED.len()],
    /// How far ahead of its neighbours a record is doubted; `None`: never (wall time judges by the clock).
    doubt_ms: Option<i64>,
    /// While set, only CRM rows fold: the barrier of a lane that starts from nothing.
    crm_first: bool,
    /// What lies beyond this time waits.
    until: i64,
}

impl<T> Merge<T> {
    /// `clock`: the lane's, which stands for the record before the first one read.
    #[must_use]
    pub fn new(doubt_ms: Option<i64>, clock: Option<Millis>, crm_first: bool) -> Self {
        let mut lines: [Line<T>; Input::KEYED.len()] = std::array::from_fn(|_| Line::default());
        for line in &mut lines {
            line.before = clock.map(|clock| clock.0);
        }
        Self { lines, doubt_ms, crm_first, until: i64::MAX }
    }

    /// From now on no record is doubted, and those that are in doubt pass: the machine's clock judges from here on.
    pub fn believe(&mut self) {
        self.doubt_ms = None;
        self.lines.iter_mut().for_each(|line| line.settle(i64::MAX, true));
    }

    /// Whether the input has nothing to fold; then its partition should be asked.
    #[must_use]
    pub fn wants(&self, input: Input) -> bool {
        self.lines[input.index()].head.is_none()
    }

    /// Whether the input was read to its end.
    #[must_use]
    pub fn at_end(&self, input: Input) -> bool {
        self.lines[input.index()].at_end
    }

    /// Whether the input was read to its end and nothing of it waits.
    #[must_use]
    pub fn ended_empty(&self, input: Input) -> bool {
        let line = &self.lines[input.index()];
        line.at_end && line.head.is_none() && line.doubt.is_empty()
    }

    /// The barrier stands until the CRM rows have been read to their end, or [`Merge::lift`].
    #[must_use]
    pub fn crm_first(&self) -> bool {
        self.crm_first
    }

    pub fn lift(&mut self) {
        self.crm_first = false;
    }

    /// From now on only what lies at or before this time folds.
    pub fn hold_beyond(&mut self, until: Millis) {
        self.until = until.0;
    }

    /// Whether [`Merge::hold_beyond`] keeps what is buffered from folding.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.least().is_some_and(|least| least > self.until)
    }

    /// The earliest place buffered.
    fn least(&self) -> Option<i64> {
        self.lines.iter().filter_map(|line| line.head.as_ref().map(|(place, ..)| *place)).min()
    }

    /// Whether a record of this time runs so far ahead of what came before it in its partition that the one behind it
    /// must be seen first.
    #[must_use]
    pub fn doubts(&self, input: Input, ts: Millis) -> bool {
        let line = &self.lines[input.index()];
        let ahead_ms = self.doubt_ms.filter(|_| input != Input::Crm);
        ahead_ms.is_some_and(|ahead_ms| line.doubts(Some(ts.0), ahead_ms))
    }

    /// Takes the next record of a partition. `ts`: its time, the topic's for a CRM row, none for a refused record.
    pub fn put(&mut self, input: Input, ts: Option<Millis>, item: T) {
        let doubt_ms = self.doubt_ms.filter(|_| input != Input::Crm);
        let line = &mut self.lines[input.index()];
        line.at_end = false;
        let ts = ts.map(|ts| ts.0);
        match doubt_ms {
            None if line.doubt.is_empty() && line.head.is_none() => line.place(ts, false, item),
            Some(ahead_ms) if line.doubt.is_empty() && line.head.is_none() && !line.doubts(ts, ahead_ms) => {
                line.place(ts, false, item);
            }
            _ => {
                line.doubt.push_back((ts, item));
                line.settle(doubt_ms.unwrap_or(i64::MAX), false);
            }
        }
    }

    /// The partition was read to its end.
    pub fn ended(&mut self, input: Input) {
        self.lines[input.index()].at_end = true;
    }

    /// Whether a doubtful record waits for one that may never come; after a while, [`Merge::trust`] lets it pass.
    #[must_use]
    pub fn in_doubt(&self) -> bool {
        self.lines.iter().any(|line| line.head.is_none() && !line.doubt.is_empty())
    }

    /// Takes the doubtful as good where their partition is at its end.
    pub fn trust(&mut self) {
        let ahead_ms = self.doubt_ms.unwrap_or(i64::MAX);
        self.lines.iter_mut().filter(|line| line.at_end).for_each(|line| line.settle(ahead_ms, true));
    }

    /// Nothing is buffered and every input is at its end.
    #[must_use]
    pub fn idle(&self) -> bool {
        Input::KEYED.into_iter().all(|input| self.ended_empty(input))
    }

    /// Whether the record that folds next lies more than a minute beyond the lane's clock, and some input was at its end
    /// when last heard of: then news of that input may be on its way, and be older.
    #[must_use]
    pub fn leaps(&self, clock: Option<Millis>) -> bool {
        let far = |least: i64| clock.is_none_or(|clock| least > clock.0.saturating_add(Millis::MINUTE));
        !self.crm_first
            && self.least().is_some_and(far)
            && Input::KEYED.into_iter().any(|input| self.ended_empty(input))
    }

    /// Place and input of the record that folds next; `None` while an input must be waited for, or there is none.
    fn first(&self) -> Option<(i64, Input)> {
        let mut first: Option<(i64, Input)> = None;
        for input in Input::KEYED {
            let line = &self.lines[input.index()];
            match &line.head {
                Some((place, ..)) if first.is_none_or(|(best, _)| *place < best) => first = Some((*place, input)),
                Some(_) => {}
                None if line.at_end && line.doubt.is_empty() => {}
                None => return None,
            }
        }
        first
    }

    /// Where the lane goes on, once everything that may lie before it has been heard.
    #[must_use]
    pub fn next_place(&self) -> Option<Millis> {
        let (place, _) = self.first()?;
        (place != i64::MIN).then_some(Millis(place))
    }

    /// The record that folds next; `None` while an input must be waited for, or when all is folded that may be.
    pub fn pop(&mut self) -> Option<Next<T>> {
        let crm = &self.lines[Input::Crm.index()];
        if self.crm_first {
            if crm.head.is_some() {
                return self.take(Input::Crm);
            }
            if !crm.at_end {
                return None;
            }
            self.crm_first = false;
        }
        let (place, input) = self.first()?;
        if place > self.until {
            return None;
        }
        self.take(input)
    }

    fn take(&mut self, input: Input) -> Option<Next<T>> {
        let ahead_ms = self.doubt_ms.unwrap_or(i64::MAX);
        let line = &mut self.lines[input.index()];
        let (place, future, item) = line.head.take()?;
        if !line.doubt.is_empty() {
            line.settle(ahead_ms, false);
        }
        let place = (place != i64::MIN).then_some(Millis(place));
        Some(Next { input, item, place, future })
    }
}

impl<T> Line<T> {
    fn doubts(&self, ts: Option<i64>, ahead_ms: i64) -> bool {
        let before = self.newest.or(self.before);
        ts.is_some_and(|ts| before.is_none_or(|before| ts > before.saturating_add(ahead_ms)))
    }
}

#[cfg(test)]
mod tests;
