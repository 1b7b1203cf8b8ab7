//! Records whose key is what their value names, as files hold them. Pure.

use super::check::Record;
use super::decode::{key_text, observation, sized, value_text};
use super::fields::{CellField, ContactField, CrmField, Field, ProbeField, SLOTS, SurveyField};
use super::mapping::Mapping;
use super::raw::Raw;
use super::records::{self, Context};
use super::{Cell, Input, Observation, Rejection, decode, decode_cell};
use crate::units::Id;

/// A record of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Unkeyed {
    Keyed(Observation),
    Cell(Box<Cell>),
}

/// What stands for the key of an outcome, which names neither customer nor area, while it is decoded.
const NO_KEY: &str = "?";

/// Decodes a value that came without a key: the customer or cell it names is its key. An outcome names neither, so
/// its key stays empty.
///
/// # Errors
/// As [`decode`]; a value that names nobody lacks a `customer_id`.
pub fn decode_unkeyed(input: Input, value: &[u8], mapping: &Mapping) -> Result<Unkeyed, Rejection> {
    sized(Some(value))?;
    let text = value_text(value)?;
    let mut slots = [const { Raw::Absent }; SLOTS];
    mapping.fill(input, "", text, &mut slots)?;
    let key = own_key(input, &slots)?;
    key_text(Some(key.as_bytes()))?;
    // The slots are filled once, unless the mapping takes a field from the key that is known only now.
    let again = mapping.reads_key(input);
    let context = Context { key: &key, absent_positions: mapping.absent_positions(input) };
    if input == Input::Cells {
        let cell = if again {
            decode_cell(Some(key.as_bytes()), Some(value), mapping)?.1
        } else {
            Some(records::cell(&slots, &context)?)
        };
        return cell.map(|cell| Unkeyed::Cell(Box::new(cell))).ok_or_else(|| missing(CellField::CellId.name()));
    }
    let mut said = if again {
        decode(input, Some(key.as_bytes()), Some(value), mapping)?
    } else {
        observation(input, &mut slots, &context)?
    };
    if let Observation::Outcome(outcome) = &mut said {
        outcome.key = Id::default();
    }
    Ok(Unkeyed::Keyed(said))
}

fn missing(field: &str) -> Rejection {
    Rejection::new(super::RejectCode::MissingField, field)
}

fn own_key(input: Input, slots: &[Raw<'_>]) -> Result<Id, Rejection> {
    let key = match input {
        Input::Probes => Record::<ProbeField>::new(slots).text(ProbeField::CustomerId)?,
        Input::Contacts => Record::<ContactField>::new(slots).text(ContactField::CustomerId)?,
        Input::Surveys => Record::<SurveyField>::new(slots).text(SurveyField::CustomerId)?,
        Input::Crm => Record::<CrmField>::new(slots).text(CrmField::CustomerId)?,
        Input::Cells => Record::<CellField>::new(slots).text(CellField::CellId)?,
        Input::Outcomes => Some(NO_KEY),
    };
    let name = if input == Input::Cells { CellField::CellId.name() } else { ProbeField::CustomerId.name() };
    key.map(Id::new).ok_or_else(|| missing(name))
}
