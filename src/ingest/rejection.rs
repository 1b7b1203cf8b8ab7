//! Why a record is not folded. Pure.

use crate::limits::DETAIL_BYTES_MAX;
use crate::units::words;

words! {
    /// The code of a dead letter; a metric label and the header `dlq.reason`.
    RejectCode {
        NotJson = "not_json",
        NotUtf8 = "not_utf8",
        EmptyValue = "empty_value",
        WrongType = "wrong_type",
        MissingField = "missing_field",
        /// Wall mode: more than 5 min ahead of the machine's clock. Input mode: more than 24 h ahead of both neighbours.
        Future = "future",
        OutOfRange = "out_of_range",
        BadPosition = "bad_position",
        KeyMissing = "key_missing",
        KeyMismatch = "key_mismatch",
        /// The key does not hash to the partition it came in.
        Misrouted = "misrouted",
        TooLarge = "too_large",
        /// A null value on a topic that is not compacted.
        Tombstone = "tombstone",
        /// A contact with neither reason code nor text.
        EmptyContact = "empty_contact",
    }
}

/// A refused record: the code, and a detail that names the field and what was wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub code: RejectCode,
    pub detail: String,
}

impl Rejection {
    pub fn new(code: RejectCode, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        // A parser may quote all that it did not expect.
        if detail.len() > DETAIL_BYTES_MAX {
            detail.truncate(detail.floor_char_boundary(DETAIL_BYTES_MAX));
            detail.push('…');
        }
        Self { code, detail }
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}
