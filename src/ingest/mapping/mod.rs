//! How a source's own fields become ours. Pure.
//!
//! In: a [`MappingFile`], and a record in its source's form (JSON or a row of CSV). Out: the same slots that a record
//! under our own names fills, so that every check of a value is made once, in one place.
//! What must hold: the identity written out as a mapping decodes like the identity; a field that the mapping does not
//! list is read under its own name; nothing that a mapping cannot convert becomes a value.

mod compile;
mod csv;
mod names;
mod pick;
mod time;
mod units;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use csv::{CsvRows, csv_rows};
pub use written::{Condition, FieldSpec, Format, MappingFile, Picks, Scalar, Shown, SourceSpec};

use super::decode::fill_identity;
use super::raw::Raw;
use super::{Input, Rejection};
use compile::Compiled;

/// The mappings of all inputs, compiled. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// By [`Input::index`]; `None` is the identity.
    inputs: [Option<Arc<Source>>; Input::ALL.len()],
}

#[derive(Debug, Clone)]
struct Source {
    absent_positions: Vec<(f64, f64)>,
    /// `None`: JSON under our own names.
    compiled: Option<Compiled>,
}

/// Why a mapping cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// No TOML, an unknown key, or a value of the wrong type; the parser's words, with line and column.
    #[error("{0}")]
    Syntax(String),
    #[error("mapping of {input}: {detail}")]
    Meaning { input: Input, detail: String },
}

impl Mapping {
    /// Every input as JSON under our own field names.
    #[must_use]
    pub fn identity() -> Self {
        Self::default()
    }

    /// # Errors
    /// The first thing wrong with the file's mappings.
    pub fn new(file: &MappingFile) -> Result<Self, MappingError> {
        file.inputs.iter().try_fold(Self::identity(), |mapping, (input, spec)| mapping.with(*input, spec))
    }

    /// This mapping with one input read as `spec` says.
    ///
    /// # Errors
    /// When `spec` names fields, units, zones or patterns that do not exist, or contradicts itself.
    pub fn with(mut self, input: Input, spec: &SourceSpec) -> Result<Self, MappingError> {
        // Fields that the specification reads under their own names need no mapping, and are read faster without.
        let compiled = Compiled::new(input, spec).map_err(|detail| MappingError::Meaning { input, detail })?;
        let compiled = (!is_identity(spec)).then_some(compiled);
        let absent_positions = spec.absent_positions.clone();
        self.inputs[input.index()] = Some(Arc::new(Source { absent_positions, compiled }));
        Ok(self)
    }

    /// This mapping for CSV files with this header row (a byte-order mark before it is skipped).
    ///
    /// # Errors
    /// When the input is no CSV, the row is none, or it lacks a column that the mapping lists.
    pub fn with_header(&self, input: Input, row: &[u8]) -> Result<Self, MappingError> {
        let meaning = |detail: String| MappingError::Meaning { input, detail };
        let source = self.inputs[input.index()].as_deref();
        let compiled = source.and_then(|source| source.compiled.as_ref());
        let compiled = compiled.ok_or_else(|| meaning("its records are JSON and have no header row".to_owned()))?;
        let row = simdutf8::basic::from_utf8(row).map_err(|_| meaning("the header row is not UTF-8".to_owned()))?;
        let compiled = compiled.with_header(row.strip_prefix('\u{feff}').unwrap_or(row)).map_err(meaning)?;
        let absent_positions = self.absent_positions(input).to_vec();
        let mut mapping = self.clone();
        mapping.inputs[input.index()] = Some(Arc::new(Source { absent_positions, compiled: Some(compiled) }));
        Ok(mapping)
    }

    fn compiled(&self, input: Input) -> Option<&Compiled> {
        self.inputs[input.index()].as_ref().and_then(|source| source.compiled.as_ref())
    }

    /// The delimiter of an input whose records are rows of CSV; `None` for JSON.
    #[must_use]
    pub fn csv_delimiter(&self, input: Input) -> Option<u8> {
        self.compiled(input).and_then(Compiled::delimiter)
    }

    /// Whether an input is CSV whose columns only a header row can tell: right for files, wrong for a topic.
    #[must_use]
    pub fn needs_header(&self, input: Input) -> bool {
        self.compiled(input).is_some_and(Compiled::needs_header)
    }

    /// Pairs of latitude and longitude that the source writes for "unknown".
    pub(super) fn absent_positions(&self, input: Input) -> &[(f64, f64)] {
        self.inputs[input.index()].as_ref().map_or(&[], |source| &source.absent_positions)
    }

    pub(super) fn fill<'a>(
        &'a self,
        input: Input,
        key: &'a str,
        text: &'a str,
        slots: &mut [Raw<'a>],
    ) -> Result<(), Rejection> {
        match self.compiled(input) {
            None => fill_identity(input, text, slots),
            Some(compiled) => compiled.fill(key, text, slots),
        }
    }

    /// Whether some field of an input is taken from the record's key.
    pub(super) fn reads_key(&self, input: Input) -> bool {
        self.compiled(input).is_some_and(Compiled::reads_key)
    }

    /// Whether an input is read by a compiled mapping rather than by our own names.
    #[cfg(test)]
    pub(super) fn is_compiled(&self, input: Input) -> bool {
        self.compiled(input).is_some()
    }

    /// The identity through the compiled path, which is otherwise taken by mappings that change something.
    #[cfg(test)]
    pub(super) fn compiled_identity() -> Self {
        Input::ALL.iter().fold(Self::identity(), |mut mapping, input| {
            let compiled = Compiled::new(*input, &SourceSpec::default()).expect("the identity compiles");
            mapping.inputs[input.index()] =
                Some(Arc::new(Source { absent_positions: Vec::new(), compiled: Some(compiled) }));
            mapping
        })
    }
}

/// Whether every field is read from JSON under its own name, as it is.
fn is_identity(spec: &SourceSpec) -> bool {
    let rest = SourceSpec { absent_positions: Vec::new(), fields: BTreeMap::new(), ..spec.clone() };
    let own = |(name, picks): (&String, &Picks)| matches!(picks.0.as_slice(), [pick] if *pick == FieldSpec { source: Some(name.clone()), ..FieldSpec::default() });
    rest == SourceSpec::default() && spec.fields.iter().all(own)
}
