//! A lane's state as bytes, written in slices while the lane goes on. Pure.
//!
//! Format (version [`FORMAT`]): one version byte, then frames, each a little-endian `u32` length and a postcard
//! value: first the [`Header`], then `(row, customer)` in any order of rows, last an empty frame. The header is as of
//! [`LaneState::snapshot_begin`], and so is every customer: one that is about to change is written before he does.
//! Area sums, timers and the census are derived and rebuilt.

use serde::{Deserialize, Serialize};

use super::customer::Customer;
use super::customers::Row;
use super::erased::Erased;
use super::lane::LaneState;
use crate::decide::Ledger;
use crate::home::{CellTable, SiteRef};
use crate::neighbourhood::Hours;
use crate::units::{Lane, Millis, Minute};

/// The version of the lane's format. A change of any serialised type is a new version with a migration.
pub const FORMAT: u8 = 6;

/// The format before, which is read as well: its customers end without `Track::at_home`.
pub const FORMER_FORMAT: u8 = 5;

/// An empty `Track::at_home`, as postcard writes it.
const NO_HOURS: [u8; 4] = [0; 4];

#[derive(Serialize, Deserialize)]
struct Header {
    lane: Lane,
    lanes: u16,
    clock: Option<Millis>,
    reached: Option<Minute>,
    cells: CellTable,
    ledger: Ledger,
    erased: Erased,
    /// What area sums hold that no customer does.
    hours: Vec<(SiteRef, i32, Hours)>,
    rows: u32,
    free: Vec<Row>,
}

/// Why bytes are not a lane's state.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RestoreError {
    #[error("the state is of format {found}, this build reads formats {FORMER_FORMAT} and {FORMAT}")]
    Version { found: u8 },
    #[error("the state is of lane {found} of {of}, not of lane {lane} of {lanes}")]
    OtherLane { found: Lane, of: u16, lane: Lane, lanes: u16 },
    #[error("the state ends in the middle")]
    Truncated,
    #[error("the state does not decode: {0}")]
    Corrupt(String),
}

/// A snapshot being written: which rows are still to be written, and what was written early.
#[derive(Debug)]
pub struct Cursor {
    next: Row,
    end: Row,
    /// Rows at or above `next` that are already written.
    early: std::collections::BTreeSet<Row>,
    out: Vec<u8>,
}

impl Cursor {
    /// Writes a row that is about to change, unless it is written or was not there when the snapshot began.
    pub(super) fn save(&mut self, row: Row, customer: Option<&Customer>) {
        if row < self.next || row >= self.end || !self.early.insert(row) {
            return;
        }
        if let Some(customer) = customer {
            frame(&mut self.out, &(row, customer));
        }
    }
}

fn frame(out: &mut Vec<u8>, value: &impl Serialize) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let taken = std::mem::take(out);
    *out = postcard::to_extend(value, taken).expect("plain structs serialise into memory");
    let length = u32::try_from(out.len() - start - 4).expect("a frame is far below 4 GiB");
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

impl LaneState {
    fn header(&self) -> Header {
        Header {
            lane: self.lane,
            lanes: self.lanes,
            clock: self.clock,
            reached: self.reached,
            cells: self.cells.clone(),
            ledger: self.ledger.clone(),
            erased: self.erased.clone(),
            hours: self.areas.hours(),
            rows: self.customers.rows(),
            free: self.customers.free().to_vec(),
        }
    }

    /// Begins a snapshot of the state as it is now. One that was begun before is given up.
    pub fn snapshot_begin(&mut self) {
        let mut out = vec![FORMAT];
        frame(&mut out, &self.header());
        self.cursor =
            Some(Cursor { next: 0, end: self.customers.rows(), early: std::collections::BTreeSet::new(), out });
    }

    /// Appends about `budget_bytes` more of the snapshot to `out`; `true` when it is complete. An empty `out` with room for
    /// them costs no copy.
    pub fn snapshot_slice(&mut self, budget_bytes: usize, out: &mut Vec<u8>) -> bool {
        let Some(cursor) = &mut self.cursor else { return true };
        while cursor.next < cursor.end && cursor.out.len() < budget_bytes {
            let row = cursor.next;
            cursor.next += 1;
            if !cursor.early.remove(&row)
                && let Some(customer) = self.customers.get(row)
            {
                frame(&mut cursor.out, &(row, customer));
            }
        }
        if out.is_empty() {
            std::mem::swap(out, &mut cursor.out);
        } else {
            out.append(&mut cursor.out);
        }
        let complete = cursor.next == cursor.end;
        if complete {
            out.extend_from_slice(&[0; 4]);
            self.cursor = None;
        }
        complete
    }

    /// The whole state at once.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        frame(&mut out, &self.header());
        for (row, customer) in self.customers.iter() {
            frame(&mut out, &(row, customer));
        }
        out.extend_from_slice(&[0; 4]);
        out
    }

    /// 128 bits over the whole state; equal states have equal hashes. Costs a pass over all customers.
    #[must_use]
    pub fn hash(&self) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = Vec::new();
        frame(&mut buffer, &self.header());
        for (row, customer) in self.customers.iter() {
            if buffer.len() > 1 << 16 {
                hasher.update(&buffer);
                buffer.clear();
            }
            frame(&mut buffer, &(row, customer));
        }
        hasher.update(&buffer);
        let mut hash = [0; 16];
        hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        hash
    }

    /// The state from all slices joined. What is derived of it is rebuilt.
    pub fn restore(lane: Lane, lanes: u16, bytes: &[u8]) -> Result<Self, RestoreError> {
        let (&found, mut rest) = bytes.split_first().ok_or(RestoreError::Truncated)?;
        if ![FORMER_FORMAT, FORMAT].contains(&found) {
            return Err(RestoreError::Version { found });
        }
        let header: Header = decode(next_frame(&mut rest)?)?;
        if (header.lane, header.lanes) != (lane, lanes) {
            return Err(RestoreError::OtherLane { found: header.lane, of: header.lanes, lane, lanes });
        }
        let mut state = Self::with_cells(lane, lanes, header.cells);
        (state.clock, state.reached, state.is_resuming) = (header.clock, header.reached, true);
        state.areas.restore_hours(&header.hours);
        (state.ledger, state.erased) = (header.ledger, header.erased);
        loop {
            let frame = next_frame(&mut rest)?;
            if frame.is_empty() {
                break;
            }
            let (row, customer) = if found == FORMAT { decode(frame)? } else { decode(&[frame, &NO_HOURS].concat())? };
            state.adopt(row, customer)?;
        }
        state.customers.finish_restore(header.rows, header.free);
        Ok(state)
    }

    /// Takes in a restored customer and what is derived of him.
    fn adopt(&mut self, row: Row, mut customer: Customer) -> Result<(), RestoreError> {
        if self.customers.get(row).is_some() || self.customers.find(&customer.id).is_some() {
            return Err(RestoreError::Corrupt(format!("row {row} is there twice")));
        }
        self.census.customers += 1;
        if let Some(track) = customer.track.as_deref_mut() {
            track.counted_bytes = u32::try_from(track.bytes()).unwrap_or(u32::MAX);
        }
        self.census.state_bytes += customer.counted_bytes();
        if let Some(track) = customer.track.as_deref() {
            self.census.recount(super::customer::Counted::default(), track.counted);
            if let Some(contribution) = &track.contribution {
                self.areas.add(contribution);
                track.rebin(&mut self.areas);
            }
            if let Some(due) = track.due.get() {
                self.agenda.set(due, row);
            }
            if track.dirty {
                self.agenda.mark(row);
            }
        }
        self.customers.put(row, customer);
        Ok(())
    }
}

fn next_frame<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], RestoreError> {
    let (length, after) = rest.split_first_chunk::<4>().ok_or(RestoreError::Truncated)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (frame, after) = after.split_at_checked(length).ok_or(RestoreError::Truncated)?;
    *rest = after;
    Ok(frame)
}

fn decode<'a, T: Deserialize<'a>>(frame: &'a [u8]) -> Result<T, RestoreError> {
    postcard::from_bytes(frame).map_err(|error| RestoreError::Corrupt(error.to_string()))
}
