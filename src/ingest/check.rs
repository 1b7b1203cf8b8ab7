//! From slots to values: types, ranges, vocabularies, sentinels. Pure.
//!
//! Each accessor answers `None` for an absent value or a sentinel and a [`Rejection`] that names the field, what
//! was found and what is allowed.

use std::marker::PhantomData;
use std::ops::RangeInclusive;

use crate::limits::{ID_BYTES_MAX, LIST_MAX};
use crate::units::{Id, LatLon, Millis};

use super::fields::Field;
use super::raw::Raw;
use super::timestamp;
use super::{RejectCode, Rejection};

/// Bytes of a refused value that a detail quotes.
const QUOTED_BYTES: usize = 40;

/// One record's slots, read by field.
pub(super) struct Record<'s, 'a, F> {
    slots: &'s [Raw<'a>],
    fields: PhantomData<F>,
}

/// A closed vocabulary.
pub(super) trait Word: Copy + 'static {
    const ALL: &'static [Self];
    fn as_str(self) -> &'static str;
    fn parse(text: &str) -> Option<Self>;
}

macro_rules! word {
    ($($name:ty),+) => { $(
        impl Word for $name {
            const ALL: &'static [Self] = Self::ALL;
            fn as_str(self) -> &'static str { self.as_str() }
            fn parse(text: &str) -> Option<Self> { Self::parse(text) }
        }
    )+ };
}
word!(super::ProbeKind, super::OutcomeStatus, crate::units::Rat, crate::units::Segment);

impl<'s, 'a, F: Field> Record<'s, 'a, F> {
    pub(super) fn new(slots: &'s [Raw<'a>]) -> Self {
        Self { slots, fields: PhantomData }
    }

    fn raw(&self, field: F) -> &'s Raw<'a> {
        &self.slots[field.slot()]
    }

    pub(super) fn text(&self, field: F) -> Result<Option<&'s str>, Rejection> {
        match self.raw(field) {
            raw if raw.is_nothing() => Ok(None),
            Raw::Str(text) => Ok(Some(text)),
            other => Err(wrong_type(field.name(), "text", other)),
        }
    }

    /// Text of an identifier's length.
    pub(super) fn id(&self, field: F) -> Result<Option<Id>, Rejection> {
        self.text(field)?.map(|text| id(field.name(), text)).transpose()
    }

    pub(super) fn word<W: Word>(&self, field: F) -> Result<Option<W>, Rejection> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        W::parse(text).map(Some).ok_or_else(|| {
            let words: Vec<&str> = W::ALL.iter().map(|w| w.as_str()).collect();
            let detail = format!("{}: `{}` is none of {}", field.name(), quoted(text), words.join(", "));
            Rejection::new(RejectCode::OutOfRange, detail)
        })
    }

    /// A number, whatever its size.
    pub(super) fn any_number(&self, field: F) -> Result<Option<f64>, Rejection> {
        match self.raw(field) {
            raw if raw.is_nothing() => Ok(None),
            // A source's -0 is its 0: a probe sent again with the other sign is the same probe.
            Raw::Num(n) => Ok(Some(*n + 0.0)),
            other => Err(wrong_type(field.name(), "a number", other)),
        }
    }

    pub(super) fn number(&self, field: F, range: RangeInclusive<f64>) -> Result<Option<f32>, Rejection> {
        Ok(self.any_number(field)?.map(|n| in_range(field.name(), n, range)).transpose()?.map(|n| n as f32))
    }

    /// A number without a fraction; `4.0` is one.
    pub(super) fn whole(&self, field: F, range: RangeInclusive<u16>) -> Result<Option<u16>, Rejection> {
        self.any_number(field)?.map(|n| whole(field.name(), n, &range)).transpose()
    }

    pub(super) fn flag(&self, field: F) -> Result<Option<bool>, Rejection> {
        match self.raw(field) {
            raw if raw.is_nothing() => Ok(None),
            Raw::Bool(flag) => Ok(Some(*flag)),
            other => Err(wrong_type(field.name(), "true or false", other)),
        }
    }

    /// RFC 3339, or epoch milliseconds as a number or as text.
    pub(super) fn time(&self, field: F) -> Result<Option<Millis>, Rejection> {
        let ms = match self.raw(field) {
            raw if raw.is_nothing() => return Ok(None),
            Raw::Num(n) => n.floor(),
            Raw::Str(text) => timestamp::parse(text).map(|at| at.0 as f64).ok_or_else(|| {
                let detail = format!("{}: `{}` is neither RFC 3339 nor epoch milliseconds", field.name(), quoted(text));
                Rejection::new(RejectCode::WrongType, detail)
            })?,
            other => return Err(wrong_type(field.name(), "RFC 3339 text or epoch milliseconds", other)),
        };
        Ok(Some(Millis(in_range(field.name(), ms, 0.0..=timestamp::LAST_MS)? as i64)))
    }

    /// The elements of a list; a sentinel is an empty one.
    pub(super) fn list(&self, field: F) -> Result<&'s [Raw<'a>], Rejection> {
        match self.raw(field) {
            raw if raw.is_nothing() => Ok(&[]),
            Raw::List(items) if items.len() > LIST_MAX => {
                let detail = format!("{}: more than {LIST_MAX} elements", field.name());
                Err(Rejection::new(RejectCode::OutOfRange, detail))
            }
            Raw::List(items) => Ok(items),
            other => Err(wrong_type(field.name(), "a list", other)),
        }
    }

    /// A position: both coordinates, or neither, or a pair that the mapping calls absent.
    pub(super) fn position(&self, lat: F, lon: F, absent: &[(f64, f64)]) -> Result<Option<LatLon>, Rejection> {
        let (lat_name, lon_name) = (lat.name(), lon.name());
        let (lat, lon) = match (self.any_number(lat)?, self.any_number(lon)?) {
            (None, None) => return Ok(None),
            (Some(lat), Some(lon)) => (lat, lon),
            (Some(_), None) => return Err(bad_position(format!("{lat_name} without {lon_name}"))),
            (None, Some(_)) => return Err(bad_position(format!("{lon_name} without {lat_name}"))),
        };
        if absent.contains(&(lat, lon)) {
            return Ok(None);
        }
        let place = LatLon::new(lat, lon);
        place.map(Some).ok_or_else(|| {
            bad_position(format!("{lat_name}, {lon_name}: ({}, {}) is no place", shown(lat), shown(lon)))
        })
    }
}

fn bad_position(detail: String) -> Rejection {
    Rejection::new(RejectCode::BadPosition, detail)
}

/// What a field that must be there is rejected with when it is not.
pub(super) fn required<T, F: Field>(field: F, value: Option<T>) -> Result<T, Rejection> {
    value.ok_or_else(|| Rejection::new(RejectCode::MissingField, field.name()))
}

pub(super) fn id(name: &str, text: &str) -> Result<Id, Rejection> {
    if text.len() > ID_BYTES_MAX {
        let detail = format!("{name}: {} bytes, at most {ID_BYTES_MAX}", text.len());
        return Err(Rejection::new(RejectCode::OutOfRange, detail));
    }
    Ok(Id::new(text))
}

/// A refused number as a detail quotes it: 1e300 written out would be 301 digits.
fn shown(n: f64) -> String {
    let plain = n == 0.0 || (1e-6..1e18).contains(&n.abs());
    if plain { n.to_string() } else { format!("{n:e}") }
}

fn in_range(name: &str, n: f64, range: RangeInclusive<f64>) -> Result<f64, Rejection> {
    if range.contains(&n) {
        return Ok(n);
    }
    let detail = format!("{name}: {} is outside {}..{}", shown(n), range.start(), range.end());
    Err(Rejection::new(RejectCode::OutOfRange, detail))
}

fn whole(name: &str, n: f64, range: &RangeInclusive<u16>) -> Result<u16, Rejection> {
    let n = in_range(name, n, f64::from(*range.start())..=f64::from(*range.end()))?;
    if n.fract() != 0.0 {
        return Err(Rejection::new(RejectCode::WrongType, format!("{name}: {} is no whole number", shown(n))));
    }
    Ok(n as u16)
}

/// An element of a list of whole numbers; `None` for a sentinel.
pub(super) fn whole_item(name: &str, item: &Raw<'_>, range: &RangeInclusive<u16>) -> Result<Option<u16>, Rejection> {
    match item {
        raw if raw.is_nothing() => Ok(None),
        Raw::Num(n) => whole(name, *n, range).map(Some),
        other => Err(wrong_type(name, "a list of whole numbers", other)),
    }
}

/// An element of a list of identifiers; `None` for a sentinel.
pub(super) fn id_item(name: &str, item: &Raw<'_>) -> Result<Option<Id>, Rejection> {
    match item {
        raw if raw.is_nothing() => Ok(None),
        Raw::Str(text) => id(name, text).map(Some),
        other => Err(wrong_type(name, "a list of texts", other)),
    }
}

fn wrong_type(name: &str, expected: &str, found: &Raw<'_>) -> Rejection {
    let detail = match found {
        Raw::Str(text) => format!("{name}: expected {expected}, found the text `{}`", quoted(text)),
        other => format!("{name}: expected {expected}, found {}", other.kind()),
    };
    Rejection::new(RejectCode::WrongType, detail)
}

/// The beginning of a text, for messages.
pub(super) fn quoted(text: &str) -> &str {
    &text[..text.floor_char_boundary(QUOTED_BYTES)]
}
