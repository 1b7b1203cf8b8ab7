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
}

impl<T> Merge<T> {
    /// `clock`: the lane's, which stands for the record before the first one read.
    #[must_use]
    pub fn new(doubt_ms: Option<i64>, clock: Option<Millis>, crm_first: bool) -> Self {
        let mut lines: [Line<T>; Input::KEYED.len()] = std::array::from_fn(|_| Line::default());
        for line in &mut lines {
            line.before = clock.map(|clock| clock.0);
        }
        Self { lines, doubt_ms, crm_first }
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
        let least = self.lines.iter().filter_map(|line| line.head.as_ref().map(|(place, ..)| *place)).min();
        let far = |least: i64| clock.is_none_or(|clock| least > clock.0.saturating_add(Millis::MINUTE));
        !self.crm_first && least.is_some_and(far) && Input::KEYED.into_iter().any(|input| self.ended_empty(input))
    }

    /// The record that folds next; `None` while an input must be waited for, or when all is folded.
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
        self.take(first?.1)
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
mod tests {
    use super::*;

    fn merge() -> Merge<u32> {
        Merge::new(None, None, false)
    }

    fn folded(merge: &mut Merge<u32>) -> Vec<u32> {
        std::iter::from_fn(|| merge.pop().map(|next| next.item)).collect()
    }

    #[test]
    fn nothing_folds_while_an_input_behind_its_end_has_nothing_buffered() {
        let mut merge = merge();
        merge.put(Input::Probes, Some(Millis(10)), 1);
        assert_eq!(merge.pop(), None);
        for input in [Input::Crm, Input::Outcomes, Input::Surveys] {
            merge.ended(input);
        }
        assert_eq!(merge.pop(), None);
        merge.put(Input::Contacts, Some(Millis(5)), 2);
        assert_eq!(merge.pop().unwrap().item, 2);
        assert_eq!(merge.pop(), None);
        merge.ended(Input::Contacts);
        assert_eq!(merge.pop().unwrap().item, 1);
        assert!(!merge.idle());
        merge.ended(Input::Probes);
        assert!(merge.idle());
    }

    #[test]
    fn the_smallest_time_folds_first_and_ties_fold_in_the_fixed_order() {
        let mut merge = merge();
        for (at, input) in Input::KEYED.into_iter().rev().enumerate() {
            merge.put(input, Some(Millis(7)), at as u32);
        }
        let mut order = Vec::new();
        while let Some(next) = merge.pop() {
            merge.ended(next.input);
            order.push(next.input);
        }
        assert_eq!(order, Input::KEYED);
    }

    #[test]
    fn a_record_never_overtakes_its_own_partition() {
        let mut merge = merge();
        for input in [Input::Crm, Input::Outcomes, Input::Surveys] {
            merge.ended(input);
        }
        merge.put(Input::Probes, Some(Millis(100)), 1);
        merge.put(Input::Contacts, Some(Millis(50)), 2);
        assert_eq!(merge.pop().unwrap().item, 2);
        // Older than the probe, but behind a contact of time 50 only: it still folds before the probe.
        merge.put(Input::Contacts, Some(Millis(20)), 3);
        assert_eq!(merge.pop().unwrap().item, 3);
        merge.put(Input::Contacts, Some(Millis(120)), 4);
        assert_eq!(merge.pop().unwrap().item, 1);
        merge.put(Input::Probes, Some(Millis(90)), 5);
        assert_eq!(merge.pop().unwrap().item, 5);
    }

    #[test]
    fn crm_rows_fold_before_all_else_until_their_end_at_a_cold_start() {
        let mut merge: Merge<u32> = Merge::new(None, None, true);
        merge.put(Input::Probes, Some(Millis(1)), 1);
        for input in [Input::Outcomes, Input::Surveys, Input::Contacts] {
            merge.ended(input);
        }
        assert_eq!(merge.pop(), None);
        merge.put(Input::Crm, Some(Millis(9_000)), 2);
        assert_eq!(merge.pop().unwrap().item, 2);
        assert_eq!(merge.pop(), None);
        merge.ended(Input::Crm);
        assert_eq!(merge.pop().unwrap().item, 1);
        assert!(!merge.crm_first());
    }

    #[test]
    fn a_record_that_leaps_ahead_of_the_clock_is_told_while_another_input_may_have_news() {
        let mut merge: Merge<u32> = Merge::new(None, None, false);
        let all = [Input::Crm, Input::Outcomes, Input::Surveys, Input::Contacts, Input::Probes];
        for input in all {
            merge.ended(input);
        }
        assert!(!merge.leaps(Some(Millis(0))), "nothing is buffered");
        merge.put(Input::Contacts, Some(Millis(2 * Millis::MINUTE)), 1);
        assert!(merge.leaps(Some(Millis(0))) && merge.leaps(None));
        assert!(!merge.leaps(Some(Millis(Millis::MINUTE))));
        for input in [Input::Crm, Input::Outcomes, Input::Surveys, Input::Probes] {
            merge.put(input, Some(Millis(3 * Millis::MINUTE)), 2);
        }
        assert!(!merge.leaps(Some(Millis(0))), "every input has been heard");
    }

    fn doubting() -> Merge<u32> {
        let mut merge = Merge::new(Some(Millis::DAY), None, false);
        for input in [Input::Crm, Input::Outcomes, Input::Surveys, Input::Contacts] {
            merge.ended(input);
        }
        merge
    }

    #[test]
    fn a_record_more_than_a_day_ahead_of_both_neighbours_is_future_and_moves_nothing() {
        let mut merge = doubting();
        let mut seen = Vec::new();
        for (n, ts) in [1_000, 2_000, 90 * Millis::DAY, 3_000, 4_000].into_iter().enumerate() {
            merge.put(Input::Probes, Some(Millis(ts)), n as u32);
            while let Some(next) = merge.pop() {
                seen.push((next.item, next.future));
            }
        }
        assert_eq!(seen, [(0, false), (1, false), (2, true), (3, false), (4, false)]);
    }

    #[test]
    fn a_gap_of_days_is_no_fault_of_the_record_behind_it() {
        let mut merge = doubting();
        merge.put(Input::Probes, Some(Millis(0)), 1);
        assert_eq!(merge.pop(), None, "the first record has no neighbour before it and waits for the next");
        merge.put(Input::Probes, Some(Millis(5)), 2);
        assert_eq!(folded(&mut merge), [1, 2]);
        merge.put(Input::Probes, Some(Millis(10 * Millis::DAY)), 3);
        assert!(folded(&mut merge).is_empty());
        merge.put(Input::Probes, Some(Millis(10 * Millis::DAY + 1)), 4);
        assert_eq!(folded(&mut merge), [3, 4]);
    }

    #[test]
    fn the_last_record_is_trusted_when_nothing_comes_behind_it() {
        let mut merge = doubting();
        merge.put(Input::Probes, Some(Millis(10 * Millis::DAY)), 3);
        assert!(merge.in_doubt());
        merge.trust();
        assert!(folded(&mut merge).is_empty(), "its partition has not been read to the end");
        merge.ended(Input::Probes);
        merge.trust();
        assert_eq!(folded(&mut merge), [3]);
    }

    #[test]
    fn records_without_a_time_neither_settle_a_doubt_nor_wait_for_ever() {
        let mut merge = doubting();
        merge.put(Input::Probes, Some(Millis(90 * Millis::DAY)), 0);
        for n in 1..=DOUBT_MAX as u32 {
            merge.put(Input::Probes, None, n);
        }
        let first = merge.pop().unwrap();
        assert_eq!((first.item, first.future), (0, true));
        assert_eq!(folded(&mut merge).len(), DOUBT_MAX);
    }
}
