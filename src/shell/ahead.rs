//! Records read ahead of their turn, so that the rows they fold into are asked for together. Pure.
//!
//! A customer lies anywhere in the lane's memory, and what is far is waited for: one after another, that is a tenth of
//! the work. So an input is read a few records at a time, and the lane touches the rows of all of them before the
//! first takes its place in the order.

use std::collections::VecDeque;

use super::feed::Polled;
use super::intake::Slot;
use crate::ingest::Input;
use crate::units::Millis;

/// A record as it was read, with its time.
pub type Read = (Option<Millis>, Slot);

#[derive(Debug, Default)]
struct Line {
    records: VecDeque<Read>,
    /// Behind them the partition was at its end when they were read.
    ended: bool,
}

/// What was read of each input and has no place in the order yet.
#[derive(Debug, Default)]
pub struct Ahead {
    lines: [Line; Input::KEYED.len()],
}

impl Ahead {
    /// Reads up to `max` records of an input of which nothing is left, or to the one before the offset `until`; answers
    /// what the partition had to say. `poll` answers `None` for a record that was folded already.
    pub fn read(
        &mut self,
        input: Input,
        max: usize,
        until: i64,
        mut poll: impl FnMut() -> Polled<Option<Read>>,
    ) -> Polled<()> {
        let line = &mut self.lines[input.index()];
        let mut polled = 0;
        while polled < max {
            match poll() {
                Polled::Record(read) => {
                    polled += 1;
                    line.ended = false;
                    let last = read.as_ref().is_some_and(|(_, slot)| slot.offset + 1 >= until);
                    line.records.extend(read);
                    if last {
                        break;
                    }
                }
                Polled::End => {
                    line.ended = true;
                    break;
                }
                Polled::Failed(error) if polled == 0 => return Polled::Failed(error),
                // A failure behind records is told again, or it is over.
                Polled::Nothing | Polled::Failed(_) => break,
            }
        }
        match polled {
            0 if std::mem::take(&mut line.ended) => Polled::End,
            0 => Polled::Nothing,
            _ => Polled::Record(()),
        }
    }

    /// Whether all records of an input that were read are taken.
    pub fn is_empty(&self, input: Input) -> bool {
        self.lines[input.index()].records.is_empty()
    }

    /// The oldest record of an input that was read and not taken.
    pub fn take(&mut self, input: Input) -> Option<Read> {
        self.lines[input.index()].records.pop_front()
    }

    /// Whom an input's records are about, oldest first.
    pub fn keys(&self, input: Input) -> impl Iterator<Item = &str> {
        self.lines[input.index()].records.iter().filter_map(|(_, slot)| slot.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::{RejectCode, Rejection};
    use crate::shell::dead_letter::{DeadLetter, Raw};
    use crate::shell::intake::Item;

    fn record(offset: i64) -> Polled<Option<Read>> {
        let raw = Raw::new("t", 0, offset, None, None, None);
        let letter = DeadLetter { raw, rejection: Rejection::new(RejectCode::NotJson, "x") };
        Polled::Record(Some((None, Slot { offset, item: Item::Bad(Box::new(letter)) })))
    }

    /// What is told and taken when a partition says `said`, asked again and again.
    fn told(until: i64, said: Vec<Polled<Option<Read>>>) -> Vec<String> {
        let (mut ahead, mut said, mut told) = (Ahead::default(), said.into_iter(), Vec::new());
        while said.len() > 0 || ahead.lines[0].ended {
            let polled = ahead.read(Input::KEYED[0], 3, until, || said.next().unwrap_or(Polled::Nothing));
            let taken = std::iter::from_fn(|| ahead.take(Input::KEYED[0])).map(|(_, slot)| slot.offset);
            told.push(format!("{polled:?} {:?}", taken.collect::<Vec<_>>()));
        }
        told
    }

    #[test]
    fn records_are_read_a_few_at_a_time_and_an_end_is_told_behind_them() {
        let said = vec![record(0), record(1), record(2), record(3), Polled::End, Polled::Nothing];
        assert_eq!(told(i64::MAX, said), ["Record(()) [0, 1, 2]", "Record(()) [3]", "End []"]);
    }

    #[test]
    fn an_end_that_more_has_followed_is_no_end() {
        let said = vec![record(0), Polled::End, record(1), Polled::Nothing, Polled::Nothing];
        assert_eq!(told(i64::MAX, said), ["Record(()) [0]", "Record(()) [1]", "Nothing []"]);
    }

    #[test]
    fn from_an_offset_on_nothing_is_read_before_its_turn() {
        let said = vec![record(0), record(1), record(2), record(3)];
        assert_eq!(told(2, said), ["Record(()) [0, 1]", "Record(()) [2]", "Record(()) [3]"]);
    }

    #[test]
    fn what_was_folded_already_is_news_and_no_record() {
        assert_eq!(told(i64::MAX, vec![Polled::Record(None), Polled::Nothing]), ["Record(()) []"]);
    }
}
