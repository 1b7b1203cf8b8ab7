//! An epoch as a value: all that one lane's next commit says, kept until it is known to have committed. Pure.

use super::bad_cells::Told;
use super::metrics::EpochCounts;
use crate::units::Lane;

/// Who an epoch belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A lane of customers: a partition number of the keyed inputs.
    Customers(Lane),
    /// A lane of areas: a partition of `homeqos.area-counts`.
    Areas(u16),
}

/// A topic that the engine writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Offers,
    Tickets,
    AreaCounts,
    Areas,
    Journal,
    DeadLetters,
}

/// One record to produce: the same bytes at every attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub target: Target,
    /// `None`: where the key hashes to.
    pub partition: Option<u16>,
    pub key: Option<Vec<u8>>,
    /// `None`: a tombstone.
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, String)>,
}

/// One lane's next commit.
#[derive(Debug, Clone)]
pub struct Epoch {
    pub owner: Owner,
    pub number: u64,
    pub outputs: Vec<Output>,
    /// (topic, next offset) of every partition of the lane, changed or not: the group's generation, which goes with
    /// them, is the fence.
    pub offsets: Vec<(String, i64)>,
    /// How far the dead letters of the cell inventory are told, where this lane tells them.
    pub cells: Told,
    /// What it did; it counts when it has committed.
    pub counts: EpochCounts,
}

impl Epoch {
    /// The partition number of its offsets.
    #[must_use]
    pub fn partition(&self) -> i32 {
        match self.owner {
            Owner::Customers(lane) => i32::from(lane.0),
            Owner::Areas(partition) => i32::from(partition),
        }
    }
}
