//! Identifiers. Pure.

use compact_str::CompactString;

/// A text identifier as the source wrote it. Up to 24 bytes live inline, without allocation.
pub type Id = CompactString;
/// A customer, whole as the operator's systems name him; never hashed in memory.
pub type CustomerId = CompactString;
/// A cell: ECGI or NCGI as text.
pub type CellId = CompactString;
/// A radio site (an eNB, a gNB, or the inventory's own name).
pub type SiteId = CompactString;
/// An area is a site: what operations repair.
pub type AreaId = CompactString;

/// A lane: one partition number of all keyed inputs, with one writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Lane(pub u16);

impl std::fmt::Display for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}
