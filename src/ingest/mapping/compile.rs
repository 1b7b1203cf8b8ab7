//! A mapping as written → what decoding runs. Pure.

use std::borrow::Cow;

use super::super::fields::{self, Shape};
use super::super::raw::Raw;
use super::super::{Input, RejectCode, Rejection, json};
use super::csv::{self, Columns};
use super::names::Trie;
use super::pick::{Origin, Pick, Target, Test};
use super::time::TimeFormat;
use super::units;
use super::written::{Condition, FieldSpec, Format, Scalar, SourceSpec};
use crate::limits::MAPPING_SOURCES_MAX;

/// The source that is the record's key.
const KEY: &str = "@key";

/// One input's mapping, compiled.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    form: Form,
    sources: Vec<Source>,
    targets: Vec<Target>,
    loose: bool,
}

#[derive(Debug, Clone)]
enum Form {
    Json(Trie),
    /// Without columns until the header row is known.
    Csv {
        delimiter: u8,
        columns: Option<Columns>,
    },
}

/// A field of the source that is read.
#[derive(Debug, Clone)]
struct Source {
    path: String,
    /// Named by the mapping, so that a CSV header without it is an error.
    listed: bool,
    sentinels: Vec<Scalar>,
}

impl Compiled {
    /// # Errors
    /// With a sentence that names the field and what is wrong with it.
    pub(super) fn new(input: Input, spec: &SourceSpec) -> Result<Self, String> {
        let table = fields::table(input);
        if let Some(unknown) = spec.fields.keys().find(|name| !table.iter().any(|(known, _)| known == name)) {
            let known: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
            return Err(format!("fields.{unknown}: no field of {input}, which has {}", known.join(", ")));
        }
        let mut sources = Vec::new();
        let mut targets = Vec::new();
        for (slot, (name, shape)) in table.into_iter().enumerate() {
            let picks = match spec.fields.get(name) {
                None => vec![own(source(&mut sources, name, false))],
                Some(picks) => picks
                    .0
                    .iter()
                    .map(|field| pick(name, shape, field, &mut sources))
                    .collect::<Result<_, _>>()
                    .map_err(|detail| format!("fields.{name}: {detail}"))?,
            };
            targets.push(Target { slot, name, shape, picks });
        }
        if sources.len() > MAPPING_SOURCES_MAX {
            return Err(format!("{} source fields, at most {MAPPING_SOURCES_MAX}", sources.len()));
        }
        for source in &mut sources {
            source.sentinels.extend(spec.sentinels.iter().cloned());
        }
        let form = match spec.format {
            Format::Json => Form::Json(Trie::new(sources.iter().map(|s| s.path.as_str()))?),
            Format::Csv => Form::Csv { delimiter: delimiter(spec)?, columns: None },
        };
        let mut compiled = Self { form, sources, targets, loose: spec.loose_types || spec.format == Format::Csv };
        if !spec.columns.is_empty() {
            let names: Vec<Cow<'_, str>> = spec.columns.iter().map(|name| Cow::Borrowed(name.as_str())).collect();
            compiled.set_columns(&names)?;
        }
        Ok(compiled)
    }

    fn set_columns(&mut self, names: &[Cow<'_, str>]) -> Result<(), String> {
        match &mut self.form {
            Form::Json(_) => Err("`columns` and header rows go with `format = \"csv\"`".to_owned()),
            Form::Csv { columns, .. } => {
                *columns = Some(Columns::new(names, self.sources.iter().map(|s| (s.path.as_str(), s.listed)))?);
                Ok(())
            }
        }
    }

    /// The same mapping for files with this header row.
    pub(super) fn with_header(&self, row: &str) -> Result<Self, String> {
        let mut compiled = self.clone();
        let names = csv::cells(row, self.delimiter().unwrap_or(b','))?;
        compiled.set_columns(&names)?;
        Ok(compiled)
    }

    /// Of CSV.
    pub(super) fn delimiter(&self) -> Option<u8> {
        match self.form {
            Form::Json(_) => None,
            Form::Csv { delimiter, .. } => Some(delimiter),
        }
    }

    /// Whether it can decode nothing before it is told the header row.
    pub(super) fn needs_header(&self) -> bool {
        matches!(self.form, Form::Csv { columns: None, .. })
    }

    /// Whether some field is taken from the record's key.
    pub(super) fn reads_key(&self) -> bool {
        self.targets.iter().any(|target| target.picks.iter().any(|pick| matches!(pick.from, Origin::Key)))
    }

    /// Fills our slots from one record of the source.
    pub(super) fn fill<'a>(&'a self, key: &'a str, text: &'a str, slots: &mut [Raw<'a>]) -> Result<(), Rejection> {
        let mut values = [const { Raw::Absent }; MAPPING_SOURCES_MAX];
        let values = &mut values[..self.sources.len()];
        match &self.form {
            Form::Json(trie) => json::fill(text, trie, values)?,
            Form::Csv { columns: Some(columns), delimiter } => columns.fill(text, *delimiter, values)?,
            Form::Csv { columns: None, .. } => {
                let detail = "the mapping knows no columns: it needs `columns`, or a file with a header row";
                return Err(Rejection::new(RejectCode::WrongType, detail));
            }
        }
        for (source, value) in self.sources.iter().zip(values.iter_mut()) {
            if source.sentinels.iter().any(|sentinel| sentinel.is(value, self.loose)) {
                *value = Raw::Null;
            }
        }
        for target in &self.targets {
            slots[target.slot] = target.value(values, key, self.loose)?;
        }
        Ok(())
    }
}

fn delimiter(spec: &SourceSpec) -> Result<u8, String> {
    match spec.delimiter.unwrap_or(',') {
        '"' | '\r' | '\n' => Err("`delimiter` cannot be a quote or the end of a line".to_owned()),
        c => u8::try_from(c).ok().filter(u8::is_ascii).ok_or_else(|| format!("`delimiter` {c:?} is not ASCII")),
    }
}

/// The position of a path among the sources, added if it is new.
fn source(sources: &mut Vec<Source>, path: &str, listed: bool) -> usize {
    if let Some(at) = sources.iter().position(|source| source.path == path) {
        sources[at].listed |= listed;
        return at;
    }
    sources.push(Source { path: path.to_owned(), listed, sentinels: Vec::new() });
    sources.len() - 1
}

/// A field under its own name.
fn own(source: usize) -> Pick {
    Pick {
        from: Origin::Source(source),
        when: Vec::new(),
        words: Vec::new(),
        other_words: None,
        scale: 1.0,
        offset: 0.0,
        time: TimeFormat::Usual,
    }
}

fn pick(name: &str, shape: Shape, spec: &FieldSpec, sources: &mut Vec<Source>) -> Result<Pick, String> {
    let from = match (&spec.source, &spec.value) {
        (Some(path), None) if path == KEY => Origin::Key,
        (Some(path), None) => Origin::Source(source(sources, path, true)),
        (None, Some(value)) => Origin::Constant(value.clone()),
        (Some(_), Some(_)) => return Err("`source` or `value`, not both".to_owned()),
        (None, None) => return Err("needs a `source` or a `value`".to_owned()),
    };
    match &from {
        Origin::Source(at) => sources[*at].sentinels.extend(spec.sentinels.iter().cloned()),
        _ if !spec.sentinels.is_empty() => return Err("`sentinels` go with a field of the source".to_owned()),
        _ => {}
    }
    let scale = match (&spec.unit, spec.scale) {
        (Some(_), Some(_)) => return Err("`unit` or `scale`, not both".to_owned()),
        (Some(unit), None) => units::factor(name, unit).map_err(|known| match known.as_slice() {
            [] => "has no unit".to_owned(),
            known => format!("unit `{unit}` is none of {}", known.join(", ")),
        })?,
        (None, scale) => scale.unwrap_or(1.0),
    };
    let scaled = spec.unit.is_some() || spec.scale.is_some() || spec.offset.is_some();
    if scaled && shape != Shape::Number {
        return Err("only a number has a unit, a scale or an offset".to_owned());
    }
    if shape != Shape::Time && (spec.time_format.is_some() || spec.zone.is_some()) {
        return Err("only a time has a `time_format` or a `zone`".to_owned());
    }
    let mut when = Vec::new();
    for (path, condition) in &spec.when {
        let test = match condition {
            Condition::Shown(shown) => Test::Shown(*shown),
            Condition::OneOf(values) => Test::OneOf(values.clone()),
        };
        when.push((source(sources, path, true), test));
    }
    let words = spec.map.iter().filter(|(theirs, _)| *theirs != "*");
    Ok(Pick {
        when,
        words: words.map(|(theirs, ours)| (theirs.into(), ours.into())).collect(),
        other_words: spec.map.get("*").map(Into::into),
        scale,
        offset: spec.offset.unwrap_or(0.0),
        time: TimeFormat::new(spec.time_format.as_deref(), spec.zone.as_deref())?,
        from,
    })
}
