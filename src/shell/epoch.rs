//! An epoch as a value: all that one lane's next commit says, kept until it is known to have committed. Pure.

use crate::ingest::{Input, RejectCode};
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

/// What became of the records of one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InputTally {
    pub consumed: u64,
    pub folded: u64,
    pub late: u64,
    pub duplicate: u64,
    pub control: u64,
    pub forwarded: u64,
    pub erased: u64,
    pub rejected: [u64; RejectCode::ALL.len()],
}

impl InputTally {
    /// Whether every consumed offset is accounted for (DESIGN §3.8).
    #[must_use]
    pub fn balanced(&self) -> bool {
        let rejected: u64 = self.rejected.iter().sum();
        self.consumed
            == self.folded + rejected + self.late + self.duplicate + self.control + self.forwarded + self.erased
    }
}

/// The counts of an epoch; they count when it has committed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally(pub [InputTally; Input::KEYED.len()]);

impl Tally {
    pub fn of(&mut self, input: Input) -> &mut InputTally {
        &mut self.0[input.index()]
    }

    /// Offsets consumed over all inputs.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.0.iter().map(|input| input.consumed).sum()
    }
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
    pub tally: Tally,
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
