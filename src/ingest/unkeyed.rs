//! Records whose key is what their value names, as files hold them. Pure.

use super::check::Record;
use super::decode::value_text;
use super::fields::{CellField, ContactField, CrmField, Field, ProbeField, SLOTS, SurveyField};
use super::mapping::Mapping;
use super::raw::Raw;
use super::{Cell, Input, Observation, Rejection, decode, decode_cell};
use crate::limits::RECORD_BYTES_MAX;

/// A record of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Unkeyed {
    Keyed(Observation),
    Cell(Box<Cell>),
}

/// Decodes a value that came without a key: the customer or cell it names is its key. An outcome names neither, so
/// its key stays empty.
///
/// # Errors
/// As [`decode`]; a value that names nobody lacks a `customer_id`.
pub fn decode_unkeyed(input: Input, value: &[u8], mapping: &Mapping) -> Result<Unkeyed, Rejection> {
    let key = if value.len() > RECORD_BYTES_MAX { None } else { own_key(input, value, mapping)? };
    let key = key.unwrap_or_else(|| "?".to_owned());
    if input == Input::Cells {
        let (_, cell) = decode_cell(Some(key.as_bytes()), Some(value), mapping)?;
        return cell.map(|cell| Unkeyed::Cell(Box::new(cell))).ok_or_else(|| missing(CellField::CellId.name()));
    }
    let mut observation = decode(input, Some(key.as_bytes()), Some(value), mapping)?;
    if let Observation::Outcome(outcome) = &mut observation {
        outcome.key = crate::units::Id::default();
    }
    Ok(Unkeyed::Keyed(observation))
}

fn missing(field: &str) -> Rejection {
    Rejection::new(super::RejectCode::MissingField, field)
}

fn own_key(input: Input, value: &[u8], mapping: &Mapping) -> Result<Option<String>, Rejection> {
    let text = value_text(value)?;
    let mut slots = [const { Raw::Absent }; SLOTS];
    mapping.fill(input, "", text, &mut slots)?;
    let key = match input {
        Input::Probes => Record::<ProbeField>::new(&slots).text(ProbeField::CustomerId)?,
        Input::Contacts => Record::<ContactField>::new(&slots).text(ContactField::CustomerId)?,
        Input::Surveys => Record::<SurveyField>::new(&slots).text(SurveyField::CustomerId)?,
        Input::Crm => Record::<CrmField>::new(&slots).text(CrmField::CustomerId)?,
        Input::Cells => Record::<CellField>::new(&slots).text(CellField::CellId)?,
        Input::Outcomes => return Ok(None),
    };
    let name = if input == Input::Cells { CellField::CellId.name() } else { ProbeField::CustomerId.name() };
    key.map(|key| Some(key.to_owned())).ok_or_else(|| missing(name))
}
