//! Ingest: bytes → [`Observation`] | [`Rejection`]. Pure.
//!
//! In: a record's key and value as a topic or a file delivered them, and the input's mapping. Out: a validated
//! observation whose every field is in range, or the one reason why it is none.
//! What must hold: nothing undecodable passes, nothing valid is refused, a sentinel is an absent value, and no
//! decoding depends on a clock (`future` and `misrouted` are judged by those who have one).

mod check;
mod decode;
mod fields;
mod fingerprint;
mod inventory;
mod json;
mod mapping;
mod observation;
mod probe;
mod raw;
mod records;
mod rejection;
#[cfg(test)]
mod tests;
mod timestamp;
mod unkeyed;

pub use decode::{decode, decode_cell};
pub use inventory::{Cell, Inventory};
pub use mapping::{
    Condition, CsvRows, FieldSpec, Format, Mapping, MappingError, MappingFile, Picks, Scalar, Shown, SourceSpec,
    csv_rows,
};
pub use observation::{
    Channel, Consent, Contact, CrmRow, DeviceCaps, Input, Observation, Outcome, OutcomeStatus, Probe, ProbeKind, Survey,
};
pub use rejection::{RejectCode, Rejection};
pub use unkeyed::{Unkeyed, decode_unkeyed};
