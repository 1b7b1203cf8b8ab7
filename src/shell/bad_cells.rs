//! Rows of the cell inventory that cannot be read, on their way to the dead letters. Shell.
//!
//! Every instance reads the inventory whole, so every one of them meets such a row, and again at every start. One lane
//! tells the dead letters of them, the first: its commits say how far it has told, and whoever owns it next goes on from
//! there. The others keep what they met in case the lane comes to them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::dead_letter::DeadLetter;
use super::lane::{CustomerLane, Env};
use crate::limits::BAD_CELLS_BYTES_MAX;
use crate::units::Lane;

/// The lane that tells of them.
pub const TELLS: Lane = Lane(0);

/// How far a lane has told: the next offset of each partition of the inventory.
pub type Told = Vec<i64>;

/// What was met since the start.
#[derive(Debug, Default)]
pub struct BadCells {
    kept: Mutex<Kept>,
    /// Rows ever met, to be looked at without the lock.
    met: AtomicU64,
}

#[derive(Debug, Default)]
struct Kept {
    letters: VecDeque<DeadLetter>,
    bytes: usize,
}

fn size(letter: &DeadLetter) -> usize {
    let of = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    size_of::<DeadLetter>() + of(&letter.raw.key) + of(&letter.raw.value) + letter.rejection.detail.len()
}

impl BadCells {
    /// Keeps a row's dead letter. Of more than is kept, the oldest goes: it stays counted and in the log.
    pub fn put(&self, letter: DeadLetter) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += size(&letter);
        kept.letters.push_back(letter);
        while kept.bytes > BAD_CELLS_BYTES_MAX {
            let Some(oldest) = kept.letters.pop_front() else { break };
            kept.bytes -= size(&oldest);
        }
        self.met.fetch_add(1, Ordering::Release);
    }

    /// Rows met since the start.
    #[must_use]
    pub fn met(&self) -> u64 {
        self.met.load(Ordering::Acquire)
    }

    /// The dead letters of rows that are not told yet, and `told` moved behind them.
    pub fn take(&self, told: &mut Told) -> Vec<DeadLetter> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut news = Vec::new();
        for letter in &kept.letters {
            let Ok(partition) = usize::try_from(letter.raw.partition) else { continue };
            if told.len() <= partition {
                told.resize(partition + 1, 0);
            }
            // A partition's rows were met in their order.
            if letter.raw.offset >= told[partition] {
                told[partition] = letter.raw.offset + 1;
                news.push(letter.clone());
            }
        }
        news
    }
}

impl CustomerLane {
    /// Whether this lane has dead letters of the inventory to tell.
    pub(super) fn has_bad_cells(&self, env: &Env<'_>) -> bool {
        self.lane == TELLS && env.bad_cells.met() != self.bad_cells_met
    }

    /// The dead letters of the inventory that the epoch to be cut tells.
    pub(super) fn take_bad_cells(&mut self, env: &Env<'_>) -> Vec<DeadLetter> {
        if !self.has_bad_cells(env) {
            return Vec::new();
        }
        self.bad_cells_met = env.bad_cells.met();
        env.bad_cells.take(&mut self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::{RejectCode, Rejection};
    use crate::shell::dead_letter::Raw;

    fn letter(partition: i32, offset: i64, bytes: usize) -> DeadLetter {
        let raw = Raw::new("cem.cells", partition, offset, None, Some(b"cell"), Some(&vec![b'x'; bytes]));
        DeadLetter { raw, rejection: Rejection::new(RejectCode::NotJson, "x") }
    }

    fn places(letters: &[DeadLetter]) -> Vec<(i32, i64)> {
        letters.iter().map(|letter| (letter.raw.partition, letter.raw.offset)).collect()
    }

    #[test]
    fn each_row_is_told_once_and_another_owner_goes_on_from_what_was_told() {
        let bad = BadCells::default();
        let mut told = Told::new();
        assert!(bad.take(&mut told).is_empty() && told.is_empty());
        for (partition, offset) in [(0, 3), (2, 7), (0, 9)] {
            bad.put(letter(partition, offset, 10));
        }
        assert_eq!(places(&bad.take(&mut told)), [(0, 3), (2, 7), (0, 9)]);
        assert_eq!((told.clone(), bad.met()), (vec![10, 0, 8], 3));
        assert!(bad.take(&mut told).is_empty());
        bad.put(letter(1, 0, 10));
        assert_eq!(places(&bad.take(&mut told)), [(1, 0)]);
        assert_eq!(places(&bad.take(&mut vec![4])), [(2, 7), (0, 9), (1, 0)], "an owner that stood elsewhere");
    }

    #[test]
    fn of_more_than_fits_the_newest_are_kept() {
        let bad = BadCells::default();
        let each = 64 << 10;
        let fit = i64::try_from(BAD_CELLS_BYTES_MAX / each).unwrap();
        (0..fit + 5).for_each(|offset| bad.put(letter(0, offset, each)));
        let kept = places(&bad.take(&mut Told::new()));
        assert!((kept.len() as i64) < fit + 1 && kept.last() == Some(&(0, fit + 4)), "{}", kept.len());
    }
}
