//! Records that retention deleted before their lane had read them. Pure.
//!
//! A client whose next record is gone goes on with the oldest there is and tells nobody. Its lane sees offsets passed
//! over, as it does at every transaction's marker; the partition's beginning, asked after that, tells the two apart.

use std::time::Instant;

use super::lag::Seen;
use super::runs::Ends;
use crate::ingest::Input;

/// Gaps kept of an input until the next answer; of more, the largest.
const GAPS_MAX: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    from: i64,
    to: i64,
    at: Instant,
}

/// Gaps in what a lane was given to read.
#[derive(Debug, Default)]
pub struct Overtaken {
    /// Next offset of each input.
    next: Ends,
    gaps: [Vec<Gap>; Input::KEYED.len()],
}

impl Overtaken {
    /// From now on the inputs are read from here.
    pub fn rewind(&mut self, next: Ends) {
        self.next = next;
    }

    /// A record was delivered.
    #[inline]
    pub fn read(&mut self, input: Input, offset: i64, at: Instant) {
        let next = &mut self.next[input.index()];
        let from = std::mem::replace(next, (*next).max(offset + 1));
        if offset > from {
            self.passed(input, Gap { from, to: offset, at });
        }
    }

    fn passed(&mut self, input: Input, gap: Gap) {
        let gaps = &mut self.gaps[input.index()];
        gaps.push(gap);
        if gaps.len() > GAPS_MAX {
            let length = |at: &usize| gaps[*at].to - gaps[*at].from;
            if let Some(least) = (0..gaps.len()).min_by_key(length) {
                gaps.remove(least);
            }
        }
    }

    /// How many of the offsets passed over lie before the beginnings of the partitions, by input. Each gap is told
    /// once, by the first answer to a question that was asked after it was seen.
    pub fn lost(&mut self, seen: &Seen) -> [u64; Input::KEYED.len()] {
        std::array::from_fn(|input| {
            let answered = self.gaps[input].extract_if(.., |gap| gap.at < seen.asked);
            answered.map(|gap| (seen.begins[input].min(gap.to) - gap.from).max(0).unsigned_abs()).sum()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::shell::clock::now;

    fn seen(begin: i64, asked: Instant) -> Seen {
        Seen { begins: [begin; 5], ends: [1_000; 5], asked }
    }

    #[test]
    fn what_lies_before_the_beginning_is_lost_and_a_marker_is_not() {
        let (begin, mut overtaken) = (now(), Overtaken::default());
        overtaken.rewind([10; 5]);
        overtaken.read(Input::Probes, 10, begin);
        overtaken.read(Input::Probes, 12, begin);
        let later = begin + Duration::from_secs(1);
        assert_eq!(overtaken.lost(&seen(0, later)), [0; 5], "a marker");
        overtaken.read(Input::Probes, 40, later);
        assert_eq!(overtaken.lost(&seen(40, later)), [0; 5], "asked before it was seen");
        let lost = overtaken.lost(&seen(40, later + Duration::from_secs(1)));
        assert_eq!(lost[Input::Probes.index()], 27);
        assert_eq!(overtaken.lost(&seen(40, later + Duration::from_secs(2))), [0; 5], "told once");
    }

    #[test]
    fn what_is_read_again_is_no_gap_and_of_many_gaps_the_largest_are_kept() {
        let (begin, mut overtaken) = (now(), Overtaken::default());
        overtaken.read(Input::Crm, 500, begin);
        overtaken.rewind([0; 5]);
        overtaken.read(Input::Crm, 0, begin);
        (0..100).for_each(|n| overtaken.read(Input::Crm, 2 * n, begin));
        assert_eq!(overtaken.gaps[Input::Crm.index()].len(), GAPS_MAX);
        assert_eq!(overtaken.lost(&seen(500, begin + Duration::from_secs(1)))[0], 500 + GAPS_MAX as u64 - 1);
    }
}
