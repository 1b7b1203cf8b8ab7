//! How a source's own fields become ours. Pure.

use super::decode::fill_identity;
use super::raw::Raw;
use super::{Input, Rejection};

/// The mappings of all inputs, compiled.
#[derive(Debug, Clone, Default)]
pub struct Mapping {}

impl Mapping {
    /// Every input as JSON under our own field names.
    #[must_use]
    pub fn identity() -> Self {
        Self::default()
    }

    /// Pairs of latitude and longitude that the source writes for "unknown".
    #[expect(clippy::unused_self, reason = "the identity has none")]
    pub(super) fn absent_positions(&self, _input: Input) -> &[(f64, f64)] {
        &[]
    }

    #[expect(clippy::unused_self, reason = "the identity needs nothing")]
    pub(super) fn fill<'a>(
        &'a self,
        input: Input,
        _key: &'a str,
        text: &'a str,
        slots: &mut [Raw<'a>],
    ) -> Result<(), Rejection> {
        fill_identity(input, text, slots)
    }
}
