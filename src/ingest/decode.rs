//! A record's bytes → what it says, or why it says nothing. Pure.

use crate::limits::{ID_BYTES_MAX, RECORD_BYTES_MAX};
use crate::units::{CellId, CustomerId};

use super::fields::{CellField, ContactField, CrmField, OutcomeField, ProbeField, SLOTS, SurveyField};
use super::json::{self, Own};
use super::mapping::Mapping;
use super::raw::Raw;
use super::records::{self, Context};
use super::{Cell, Input, Observation, RejectCode, Rejection, probe};

/// Decodes one record of an input keyed by customer. A null value erases the customer on the CRM topic and is a
/// `tombstone` elsewhere. A probe under our own field names costs no heap allocation while its ids are at most
/// 24 bytes and none of its texts is escaped.
///
/// # Errors
/// The first thing wrong with the record: size, value, key, encoding, JSON, then field by field.
pub fn decode(
    input: Input,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    mapping: &Mapping,
) -> Result<Observation, Rejection> {
    let Some(value) = sized(value)? else {
        if input != Input::Crm {
            return Err(Rejection::new(RejectCode::Tombstone, "a null value on a topic that is not compacted"));
        }
        return Ok(Observation::Erase(CustomerId::new(key_text(key)?)));
    };
    let (key, text) = (key_text(key)?, value_text(value)?);
    let mut slots = [const { Raw::Absent }; SLOTS];
    let context = Context { key, absent_positions: mapping.absent_positions(input) };
    mapping.fill(input, key, text, &mut slots)?;
    observation(input, &mut slots, &context)
}

/// What the filled slots of a keyed input say.
pub(super) fn observation(
    input: Input,
    slots: &mut [Raw<'_>],
    context: &Context<'_>,
) -> Result<Observation, Rejection> {
    Ok(match input {
        Input::Probes => Observation::Probe(probe::build(slots, context)?),
        Input::Contacts => Observation::Contact(Box::new(records::contact(slots, context)?)),
        Input::Surveys => Observation::Survey(records::survey(slots, context)?),
        Input::Outcomes => Observation::Outcome(records::outcome(slots, context)?),
        Input::Crm => Observation::Crm(Box::new(records::crm(slots, context)?)),
        Input::Cells => {
            return Err(Rejection::new(RejectCode::WrongType, "a row of the cell inventory is no customer's record"));
        }
    })
}

/// Decodes one row of the cell inventory; `None` removes the cell (a tombstone).
///
/// # Errors
/// As [`decode`].
pub fn decode_cell(
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    mapping: &Mapping,
) -> Result<(CellId, Option<Cell>), Rejection> {
    let Some(value) = sized(value)? else { return Ok((CellId::new(key_text(key)?), None)) };
    let (key, text) = (key_text(key)?, value_text(value)?);
    let mut slots = [const { Raw::Absent }; SLOTS];
    let context = Context { key, absent_positions: mapping.absent_positions(Input::Cells) };
    mapping.fill(Input::Cells, key, text, &mut slots)?;
    let cell = records::cell(&slots, &context)?;
    Ok((cell.cell_id.clone(), Some(cell)))
}

/// Fills the slots of an input from JSON under our own field names.
pub(super) fn fill_identity<'a>(input: Input, text: &'a str, slots: &mut [Raw<'a>]) -> Result<(), Rejection> {
    match input {
        Input::Probes => json::fill(text, Own::<ProbeField>::names(), slots),
        Input::Contacts => json::fill(text, Own::<ContactField>::names(), slots),
        Input::Surveys => json::fill(text, Own::<SurveyField>::names(), slots),
        Input::Outcomes => json::fill(text, Own::<OutcomeField>::names(), slots),
        Input::Crm => json::fill(text, Own::<CrmField>::names(), slots),
        Input::Cells => json::fill(text, Own::<CellField>::names(), slots),
    }
}

/// The value, unless it is too large to be looked at.
pub(super) fn sized(value: Option<&[u8]>) -> Result<Option<&[u8]>, Rejection> {
    match value {
        Some(value) if value.len() > RECORD_BYTES_MAX => {
            let detail = format!("{} bytes, at most {RECORD_BYTES_MAX}", value.len());
            Err(Rejection::new(RejectCode::TooLarge, detail))
        }
        value => Ok(value),
    }
}

pub(super) fn value_text(value: &[u8]) -> Result<&str, Rejection> {
    if value.is_empty() {
        return Err(Rejection::new(RejectCode::EmptyValue, "a value of no bytes"));
    }
    simdutf8::basic::from_utf8(value).map_err(|_| not_utf8("the value"))
}

pub(super) fn key_text(key: Option<&[u8]>) -> Result<&str, Rejection> {
    let key = key.filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| Rejection::new(RejectCode::KeyMissing, "the record has no key"))?;
    if key.len() > ID_BYTES_MAX {
        let detail = format!("key: {} bytes, at most {ID_BYTES_MAX}", key.len());
        return Err(Rejection::new(RejectCode::OutOfRange, detail));
    }
    simdutf8::basic::from_utf8(key).map_err(|_| not_utf8("the key"))
}

fn not_utf8(what: &str) -> Rejection {
    Rejection::new(RejectCode::NotUtf8, format!("{what} is not UTF-8"))
}
