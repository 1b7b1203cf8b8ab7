//! From the values of a source to one of our fields. Pure.

use std::borrow::Cow;

use compact_str::CompactString;

use super::super::check::quoted;
use super::super::fields::Shape;
use super::super::raw::Raw;
use super::super::{RejectCode, Rejection};
use super::time::TimeFormat;
use super::written::{Scalar, Shown};

/// One of our fields, and the places it may come from.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) slot: usize,
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) picks: Vec<Pick>,
}

#[derive(Debug, Clone)]
pub(super) struct Pick {
    pub(super) from: Origin,
    pub(super) when: Vec<(usize, Test)>,
    /// The source's words and ours, sorted by the source's.
    pub(super) words: Vec<(CompactString, CompactString)>,
    pub(super) other_words: Option<CompactString>,
    pub(super) scale: f64,
    pub(super) offset: f64,
    pub(super) time: TimeFormat,
}

#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// Position among the mapping's sources.
    Source(usize),
    Key,
    Constant(Scalar),
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Shown(Shown),
    OneOf(Vec<Scalar>),
}

impl Scalar {
    /// Whether the source says this; `loose` compares a number with text that writes one.
    #[expect(clippy::float_cmp, reason = "a sentinel is that very number")]
    pub(super) fn is(&self, raw: &Raw<'_>, loose: bool) -> bool {
        match (self, raw) {
            (Self::Text(text), Raw::Str(found)) => text == found,
            (Self::Number(n), Raw::Num(found)) => n == found,
            (Self::Number(n), Raw::Str(found)) if loose => found.parse() == Ok(*n),
            (Self::Flag(flag), Raw::Bool(found)) => flag == found,
            _ => false,
        }
    }

    fn raw(&self) -> Raw<'_> {
        match self {
            Self::Text(text) => Raw::Str(Cow::Borrowed(text)),
            Self::Number(n) => Raw::Num(*n),
            Self::Flag(flag) => Raw::Bool(*flag),
        }
    }
}

impl Target {
    /// The value of the first pick that gives one; `Absent` if none does.
    pub(super) fn value<'a>(&'a self, values: &[Raw<'a>], key: &'a str, loose: bool) -> Result<Raw<'a>, Rejection> {
        for pick in &self.picks {
            if !pick.when.iter().all(|(source, test)| test.holds(&values[*source], loose)) {
                continue;
            }
            let raw = match &pick.from {
                Origin::Source(source) => values[*source].clone(),
                Origin::Key => Raw::Str(Cow::Borrowed(key)),
                Origin::Constant(value) => value.raw(),
            };
            if raw.is_nothing() {
                continue;
            }
            let raw = pick.worded(raw);
            if !raw.is_nothing() {
                return self.converted(pick, raw, loose);
            }
        }
        Ok(Raw::Absent)
    }

    fn converted<'a>(&self, pick: &Pick, raw: Raw<'a>, loose: bool) -> Result<Raw<'a>, Rejection> {
        if self.shape == Shape::Time {
            return self.time(pick, raw);
        }
        let raw = if loose { loosened(self.shape, raw) } else { raw };
        Ok(match raw {
            Raw::Num(n) if self.shape == Shape::Number => Raw::Num(n * pick.scale + pick.offset),
            raw => raw,
        })
    }

    fn time<'a>(&self, pick: &Pick, raw: Raw<'a>) -> Result<Raw<'a>, Rejection> {
        if matches!(pick.time, TimeFormat::Usual) {
            return Ok(raw);
        }
        pick.time.read(&raw).map(Raw::Num).ok_or_else(|| {
            let found = if let Raw::Str(text) = &raw { quoted(text) } else { raw.kind() };
            let detail = format!("{}: `{found}` is no time in the mapping's format", self.name);
            Rejection::new(RejectCode::WrongType, detail)
        })
    }
}

impl Test {
    fn holds(&self, raw: &Raw<'_>, loose: bool) -> bool {
        match self {
            Self::Shown(Shown::Present) => !raw.is_nothing(),
            Self::Shown(Shown::Absent) => raw.is_nothing(),
            Self::OneOf(values) => values.iter().any(|value| value.is(raw, loose)),
        }
    }
}

impl Pick {
    /// Our word for the source's, if the mapping has words.
    fn worded<'a>(&'a self, raw: Raw<'a>) -> Raw<'a> {
        if self.words.is_empty() && self.other_words.is_none() {
            return raw;
        }
        let text = match &raw {
            Raw::Str(text) => Cow::Borrowed(text.as_ref()),
            Raw::Num(n) => Cow::Owned(n.to_string()),
            Raw::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            _ => return raw,
        };
        let ours = match self.words.binary_search_by(|(theirs, _)| theirs.as_str().cmp(&text)) {
            Ok(at) => Some(&self.words[at].1),
            Err(_) => self.other_words.as_ref(),
        };
        ours.map_or(raw.clone(), |ours| Raw::Str(Cow::Borrowed(ours)))
    }
}

/// The greatest integer up to which 64-bit floats count one by one.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// What a field of that shape makes of text, or text of a number. What does not convert stays, to be refused.
fn loosened(shape: Shape, raw: Raw<'_>) -> Raw<'_> {
    match (shape, raw) {
        (Shape::Number, Raw::Str(text)) => text.parse().map_or(Raw::Str(text), Raw::Num),
        (Shape::Text, Raw::Num(n)) if n.fract() == 0.0 && n.abs() < EXACT => Raw::Str((n as i64).to_string().into()),
        (Shape::Flag, Raw::Num(0.0)) => Raw::Bool(false),
        (Shape::Flag, Raw::Num(1.0)) => Raw::Bool(true),
        (Shape::Flag, Raw::Str(text)) => match text.as_ref() {
            "1" | "true" | "True" | "TRUE" | "yes" | "Yes" => Raw::Bool(true),
            "0" | "false" | "False" | "FALSE" | "no" | "No" => Raw::Bool(false),
            _ => Raw::Str(text),
        },
        (Shape::Numbers, Raw::Str(text)) => parted(&text, |part| part.parse().map_or(Raw::Null, Raw::Num)),
        (Shape::Texts, Raw::Str(text)) => parted(&text, |part| Raw::Str(part.to_owned().into())),
        (_, raw) => raw,
    }
}

/// A list that was written as text, parted by semicolons.
fn parted(text: &str, item: impl Fn(&str) -> Raw<'static>) -> Raw<'static> {
    Raw::List(text.split(';').map(|part| item(part.trim())).collect())
}
