//! One customer's row. Pure.
//!
//! Memory is the product's price: a customer known only to CRM costs his row (at most 96 bytes with its place in
//! the map), and only who is measured at a place gets a track and panes.

use serde::{Deserialize, Serialize};

use crate::decide::{CrmFacts, Memory};
use crate::home::{CellRef, HomeState, HomeStatus};
use crate::limits::RECENT_PROBES;
use crate::neighbourhood::{Contribution, Hexagon};
use crate::perception;
use crate::qos::{AtHome, Elsewhere, Episode, Panes};
use crate::units::{Cause, CustomerId, LatLon, MaybeMinute, Millis};

/// A row of the lane's map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    pub crm: Option<CrmFacts>,
    pub track: Option<Box<Track>>,
}

impl Customer {
    #[must_use]
    pub fn new(id: CustomerId) -> Self {
        Self { id, crm: None, track: None }
    }

    pub fn track_mut(&mut self) -> &mut Track {
        self.track.get_or_insert_default()
    }

    /// Bytes of the row itself, beside its place in the map and its track.
    #[must_use]
    pub fn row_bytes(&self) -> usize {
        size_of::<Self>() + if self.id.is_heap_allocated() { self.id.capacity() } else { 0 }
    }

    /// Bytes of the row that the census counts.
    #[must_use]
    pub fn counted_bytes(&self) -> u64 {
        self.row_bytes() as u64 + self.track.as_ref().map_or(0, |track| u64::from(track.counted_bytes))
    }
}

/// All that was measured, felt and done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Track {
    pub home: HomeState,
    /// Panes of the home (slot 0) and of the place beside it (slot 1).
    pub panes: [Panes; 2],
    pub episode: Episode,
    pub elsewhere: Elsewhere,
    /// What is wrong at home began with a step, and `elsewhere` was heard since.
    pub sudden: bool,
    /// Since when the home is in trouble of its own, without breaks that are worth the name.
    pub trouble_since: MaybeMinute,
    pub recent: Recent,
    /// Where the next of them goes.
    pub recent_next: u8,
    pub perception: perception::Memory,
    pub decisions: Option<Box<Memory>>,
    /// The slot of the home's own panes.
    pub home_slot: u8,
    /// What this home adds to its area's sums at this moment.
    pub contribution: Option<Contribution>,
    /// The position whose hexagon the contribution holds.
    pub(super) hexagon_of: HexagonOf,
    /// The slot whose bins are in the area's sums.
    pub binned: Option<PaneSlot>,
    pub(super) last_cell: LastCell,
    /// When the customer was last heard at home.
    pub home_seen: MaybeMinute,
    /// Since when panes and areas remember: a repair before it needs no restart.
    pub panes_since: MaybeMinute,
    /// The valid timer; entries of the agenda that differ are void.
    pub due: MaybeMinute,
    /// Changed since the last evaluation.
    pub dirty: bool,
    /// What the census counts this customer as, and (below) the bytes of this track that it counts.
    pub counted: Counted,
    /// The newest samples at home by working hours; the last field of the state, see [`super::snapshot`].
    pub at_home: AtHome,
    /// Depends on how vectors grew, so it is no part of the state.
    #[serde(skip)]
    pub counted_bytes: u32,
}

/// The allocator rounds the next eight bytes up by 64.
const _: () = assert!(size_of::<Track>() <= 312);

/// One of a track's two panes: a type of its own, so that "none" costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaneSlot {
    First,
    Second,
}

impl PaneSlot {
    #[must_use]
    pub fn of(slot: u8) -> Self {
        if slot == 0 { Self::First } else { Self::Second }
    }
}

/// A customer's place in the lane's census.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counted {
    pub home: Option<HomeStatus>,
    pub suffering: Option<Cause>,
    pub felt: bool,
}

impl Track {
    pub fn decisions_mut(&mut self) -> &mut Memory {
        self.decisions.get_or_insert_default()
    }

    pub(super) fn bytes(&self) -> usize {
        let panes: usize = self.panes.iter().map(Panes::heap_bytes).sum();
        let decisions = self.decisions.as_ref().map_or(0, |memory| size_of::<Memory>() + memory.heap_bytes());
        size_of::<Self>() + self.home.heap_bytes() + panes + decisions + self.perception.heap_bytes()
    }

    /// Reads a word here and there, so that what lies between them is near: see [`super::customers::Customers::touch`].
    pub(super) fn touch(&self) -> u32 {
        let within = self.recent.high[0] ^ self.recent.high[RECENT_PROBES - 1] ^ self.last_cell.cell;
        within ^ self.counted_bytes ^ u32::from(self.dirty) ^ u32::from(self.home_slot) ^ self.home.touch()
    }

    /// The same for what lies behind the track's pointers.
    pub(super) fn touch_behind(&self) -> u32 {
        self.home.touch_behind() ^ self.panes[usize::from(self.home_slot)].touch()
    }

    /// The hexagon of the home's position.
    #[must_use]
    pub fn hexagon(&self, pos: Option<LatLon>) -> Option<Hexagon> {
        let known = self.contribution.as_ref().and_then(Contribution::hexagon);
        known.filter(|_| self.hexagon_of == HexagonOf::at(pos)).or_else(|| pos.and_then(Hexagon::at))
    }

    /// Whether a call that drops at `ts` on `cell` drops within `within` of a change of cell.
    #[must_use]
    pub fn changed_cell_within(&self, cell: Option<CellRef>, ts: Millis, within: i64) -> bool {
        let last = &self.last_cell;
        let Some(known) = last.cell() else { return false };
        if cell.is_some_and(|cell| cell != known) {
            return (0..=within).contains(&ts.since(last.seen));
        }
        let change = last.seen.plus(-i64::from(last.for_ms));
        last.for_ms < u32::MAX && (0..=within).contains(&ts.since(change))
    }

    /// Notes the cell a record was heard on.
    pub fn hear(&mut self, cell: CellRef, ts: Millis) {
        let last = &mut self.last_cell;
        if ts < last.seen {
            return;
        }
        last.for_ms = match last.cell() {
            Some(known) if known != cell => 0,
            _ => last.for_ms.saturating_add(u32::try_from(ts.since(last.seen)).unwrap_or(u32::MAX)),
        };
        (last.cell, last.seen) = (cell.0, ts);
    }
}

/// 32 bits of a position: finding its hexagon costs as much as the rest of an evaluation, and homes do not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HexagonOf(u32);

impl HexagonOf {
    #[must_use]
    pub fn at(pos: Option<LatLon>) -> Self {
        // Positions a few metres apart differ; two of one customer that do not are in all likelihood far apart.
        Self(pos.map_or(0, |pos| (pos.lat_e5 as u32).wrapping_mul(0x9E37_79B1) ^ (pos.lon_e5 as u32)))
    }
}

/// The cell heard last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastCell {
    /// `u32::MAX`: none; a lane interns far fewer.
    cell: u32,
    /// How long it had been heard in a row when it was heard last; full: since it was the first, or for 49 days.
    for_ms: u32,
    seen: Millis,
}

impl LastCell {
    fn cell(&self) -> Option<CellRef> {
        (self.cell != u32::MAX).then_some(CellRef(self.cell))
    }
}

impl Default for LastCell {
    fn default() -> Self {
        Self { cell: u32::MAX, for_ms: u32::MAX, seen: Millis::default() }
    }
}

/// The fingerprints of the last probes, so that one delivered twice folds once: 48 bits of each, in two rows, so that
/// eight are compared at once. Two probes of a customer are mistaken for one another once in 2⁴⁵ probes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    high: [u32; RECENT_PROBES],
    low: [u16; RECENT_PROBES],
}

impl Recent {
    /// `false` if it is among the remembered; otherwise it is remembered in place of the oldest, which stands at `next`.
    pub fn is_new(&mut self, print: u64, next: &mut u8) -> bool {
        // Zero marks an empty place; a fingerprint of zero is as good as any other number.
        let (high, low) = (((print >> 32) as u32).max(1), (print >> 16) as u16);
        if (0..RECENT_PROBES).any(|at| self.high[at] == high && self.low[at] == low) {
            return false;
        }
        let at = usize::from(*next) % RECENT_PROBES;
        (self.high[at], self.low[at]) = (high, low);
        *next = (at + 1) as u8 % RECENT_PROBES as u8;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_a_duplicate_among_the_last_eight_only() {
        let (mut recent, mut next) = (Recent::default(), 0);
        let mut is_new = |print| recent.is_new(print, &mut next);
        let print = |n: u64| n << 40 | n << 20;
        assert!(is_new(print(7)) && !is_new(print(7)));
        for n in 100..108 {
            assert!(is_new(print(n)));
        }
        assert!(is_new(print(7)));
        assert!(is_new(0) && !is_new(0));
    }

    #[test]
    fn a_row_known_only_to_crm_stays_small() {
        assert!(size_of::<Option<Customer>>() <= 72, "{}", size_of::<Option<Customer>>());
    }

    #[test]
    fn a_drop_follows_a_handover_within_ten_seconds_only() {
        let (a, b) = (CellRef(1), CellRef(2));
        let mut track = Track::default();
        let at = |s: i64| Millis(1_000_000 + s * 1000);
        track.hear(a, at(0));
        assert!(!track.changed_cell_within(Some(a), at(5), 10_000), "the first cell is no change");
        assert!(track.changed_cell_within(Some(b), at(5), 10_000));
        assert!(!track.changed_cell_within(Some(b), at(50), 10_000), "nobody knows when it changed");
        track.hear(b, at(60));
        assert!(track.changed_cell_within(None, at(65), 10_000));
        assert!(!track.changed_cell_within(None, at(75), 10_000));
    }
}
