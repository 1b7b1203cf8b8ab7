//! The lane's map of customers: rows in chunks that never move, found by the whole id. Pure.
//!
//! Rows are numbered by the order in which they came; a freed number is used again, last freed first. Whatever
//! walks the rows walks them by number, so no hasher's order is ever seen. A chunk is allocated whole, so that
//! growth never copies what is there.

use hashbrown::HashTable;

use super::customer::{Customer, Track};
use crate::limits::TOUCHED_MAX;
use crate::units::CustomerId;

/// Rows a chunk holds: 64 KiB at 64 bytes a row.
const CHUNK: usize = 1024;

/// A customer's row number in his lane.
pub type Row = u32;

/// All customers of a lane.
#[derive(Debug, Default)]
pub struct Customers {
    chunks: Vec<Vec<Option<Customer>>>,
    /// 32 bits of the id's hash beside the row, so that growth rehashes without touching rows.
    table: HashTable<(u32, Row)>,
    free: Vec<Row>,
    rows: u32,
}

fn hash32(id: &str) -> u32 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let mut hasher = foldhash::fast::FixedState::with_seed(0x686f_6d65).build_hasher();
    hasher.write(id.as_bytes());
    (hasher.finish() >> 32) as u32
}

/// Spreads 32 bits over the 64 the table wants.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Customers {
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Row numbers in use lie below this.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }

    #[must_use]
    pub fn find(&self, id: &str) -> Option<Row> {
        let hash = hash32(id);
        let same = |entry: &(u32, Row)| entry.0 == hash && self.get(entry.1).is_some_and(|row| row.id == id);
        self.table.find(spread(hash), same).map(|entry| entry.1)
    }

    /// The row of `id`, made if there is none; `true` if it was made.
    pub fn find_or_insert(&mut self, id: &CustomerId) -> (Row, bool) {
        if let Some(row) = self.find(id) {
            return (row, false);
        }
        let row = self.free.pop().unwrap_or(self.rows);
        self.put(row, Customer::new(id.clone()));
        (row, true)
    }

    /// Puts a customer into a row that is free, as insertion and restoring do.
    pub fn put(&mut self, row: Row, customer: Customer) {
        let hash = hash32(&customer.id);
        self.grow_to(row + 1);
        self.chunks[row as usize / CHUNK][row as usize % CHUNK] = Some(customer);
        self.table.insert_unique(spread(hash), (hash, row), |entry| spread(entry.0));
    }

    fn grow_to(&mut self, rows: u32) {
        while self.rows < rows {
            if let Some(chunk) = self.chunks.last_mut().filter(|chunk| chunk.len() < CHUNK) {
                chunk.push(None);
            } else {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(None);
                self.chunks.push(chunk);
            }
            self.rows += 1;
        }
    }

    pub fn remove(&mut self, row: Row) -> Option<Customer> {
        let customer = self.chunks.get_mut(row as usize / CHUNK)?.get_mut(row as usize % CHUNK)?.take()?;
        let hash = hash32(&customer.id);
        if let Ok(entry) = self.table.find_entry(spread(hash), |entry| entry.1 == row) {
            entry.remove();
        }
        self.free.push(row);
        Some(customer)
    }

    #[must_use]
    pub fn get(&self, row: Row) -> Option<&Customer> {
        self.chunks.get(row as usize / CHUNK)?.get(row as usize % CHUNK)?.as_ref()
    }

    /// Asks memory for all that folding probes of these customers, or looking at them, will read: for all of them at once,
    /// step by step from the map to what lies behind their rows. One after another each step would be waited for.
    pub fn touch<'a>(&self, ids: impl Iterator<Item = &'a str>) {
        let mut rows = [0; TOUCHED_MAX];
        // By the hash alone: whose row it is stands in the row, which is far.
        let found = ids.filter_map(|id| {
            let hash = hash32(id);
            self.table.find(spread(hash), |entry| entry.0 == hash).map(|entry| entry.1)
        });
        let known = rows.iter_mut().zip(found).map(|(row, found)| *row = found).count();
        self.touch_rows(&rows[..known]);
    }

    /// The same for rows.
    pub fn touch_rows(&self, rows: &[Row]) {
        let tracks = || rows.iter().filter_map(|row| self.get(*row)?.track.as_deref());
        let near = tracks().count();
        let inline = tracks().map(Track::touch).fold(0, u32::wrapping_add);
        let behind = tracks().map(Track::touch_behind).fold(0, u32::wrapping_add);
        std::hint::black_box((near, inline, behind));
    }

    pub fn get_mut(&mut self, row: Row) -> Option<&mut Customer> {
        self.chunks.get_mut(row as usize / CHUNK)?.get_mut(row as usize % CHUNK)?.as_mut()
    }

    /// All customers by row number.
    pub fn iter(&self) -> impl Iterator<Item = (Row, &Customer)> {
        self.chunks.iter().flatten().enumerate().filter_map(|(row, slot)| slot.as_ref().map(|c| (row as Row, c)))
    }

    /// Free rows in the order in which they were freed; a snapshot keeps them, so that a restored lane numbers on
    /// as the lost one would have.
    #[must_use]
    pub fn free(&self) -> &[Row] {
        &self.free
    }

    /// Completes a restored map: `rows` numbers were in use or free.
    pub fn finish_restore(&mut self, rows: u32, free: Vec<Row>) {
        self.grow_to(rows);
        self.free = free;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_found_by_their_whole_id_and_freed_rows_are_used_again() {
        let mut customers = Customers::default();
        for n in 0..5000 {
            let id = CustomerId::from(format!("C{n:07}"));
            assert_eq!(customers.find_or_insert(&id), (n, true));
        }
        assert_eq!(customers.find("C0004321"), Some(4321));
        assert_eq!(customers.find("C9"), None);
        assert_eq!(customers.remove(4321).unwrap().id, "C0004321");
        assert_eq!(customers.find("C0004321"), None);
        assert_eq!(customers.find_or_insert(&"a customer with a long identifier".into()), (4321, true));
        assert_eq!((customers.len(), customers.rows()), (5000, 5000));
    }

    #[test]
    fn a_restored_map_numbers_on_as_the_lost_one() {
        let mut lost = Customers::default();
        for id in ["a", "b", "c", "d"] {
            lost.find_or_insert(&id.into());
        }
        lost.remove(1);
        lost.remove(3);
        let mut restored = Customers::default();
        for (row, customer) in lost.iter() {
            restored.put(row, Customer::new(customer.id.clone()));
        }
        restored.finish_restore(lost.rows(), lost.free().to_vec());
        for id in ["e", "f", "g"] {
            assert_eq!(lost.find_or_insert(&id.into()), restored.find_or_insert(&id.into()));
        }
    }
}
