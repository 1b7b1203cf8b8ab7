//! Slots → contacts, surveys, outcomes, CRM rows, cells. Pure.

use crate::limits::CONTACT_TEXT_BYTES_MAX;
use crate::units::{CellId, CustomerId, Id};

use super::check::{Record, id, id_item, required, whole_item};
use super::fields::{CellField, ContactField, CrmField, Field, OutcomeField, SurveyField};
use super::raw::Raw;
use super::{Cell, Channel, Consent, Contact, CrmRow, DeviceCaps, Outcome, RejectCode, Rejection, Survey};

/// What a record is read with, beside its slots.
pub(super) struct Context<'c> {
    /// The record's key: not empty.
    pub(super) key: &'c str,
    /// Positions that the source writes for "unknown".
    pub(super) absent_positions: &'c [(f64, f64)],
}

/// The body must name whom the key names: a lane owns what its keys say.
pub(super) fn body_is_of<F: Field>(key: &str, field: F, record: &Record<'_, '_, F>) -> Result<(), Rejection> {
    let name = required(field, record.text(field)?)?;
    if name == key {
        return Ok(());
    }
    id(field.name(), name)?;
    Err(Rejection::new(RejectCode::KeyMismatch, format!("the record's key differs from its {}", field.name())))
}

pub(super) fn contact(slots: &[Raw<'_>], context: &Context<'_>) -> Result<Contact, Rejection> {
    use ContactField as F;
    let record = Record::<F>::new(slots);
    body_is_of(context.key, F::CustomerId, &record)?;
    let reason_code = record.id(F::ReasonCode)?.filter(|code| !code.trim().is_empty());
    let text = record.text(F::Text)?.filter(|text| !text.trim().is_empty());
    let contact = Contact {
        contact_id: required(F::ContactId, record.id(F::ContactId)?)?,
        customer_id: CustomerId::new(context.key),
        ts: required(F::Ts, record.time(F::Ts)?)?,
        channel: record.id(F::Channel)?,
        reason_code,
        text: text.map(|text| text[..text.floor_char_boundary(CONTACT_TEXT_BYTES_MAX)].to_owned()),
        resolved: record.flag(F::Resolved)?,
    };
    if contact.reason_code.is_none() && contact.text.is_none() {
        return Err(Rejection::new(RejectCode::EmptyContact, "neither reason_code nor text"));
    }
    Ok(contact)
}

pub(super) fn survey(slots: &[Raw<'_>], context: &Context<'_>) -> Result<Survey, Rejection> {
    use SurveyField as F;
    let record = Record::<F>::new(slots);
    body_is_of(context.key, F::CustomerId, &record)?;
    let survey = Survey {
        customer_id: CustomerId::new(context.key),
        ts: required(F::Ts, record.time(F::Ts)?)?,
        nps: record.whole(F::Nps, 0..=10)?.map(|n| n as u8),
        // Scales differ by source (1…5, 0…100, −2…2); beyond these bounds it is none.
        csat: record.number(F::Csat, -1_000.0..=1_000.0)?,
        about: record.id(F::About)?,
    };
    if survey.nps.is_none() && survey.csat.is_none() {
        return Err(Rejection::new(RejectCode::MissingField, "nps or csat"));
    }
    Ok(survey)
}

pub(super) fn outcome(slots: &[Raw<'_>], context: &Context<'_>) -> Result<Outcome, Rejection> {
    use OutcomeField as F;
    let record = Record::<F>::new(slots);
    Ok(Outcome {
        key: Id::new(context.key),
        action_id: required(F::ActionId, record.id(F::ActionId)?)?,
        ts: required(F::Ts, record.time(F::Ts)?)?,
        status: required(F::Status, record.word(F::Status)?)?,
    })
}

pub(super) fn crm(slots: &[Raw<'_>], context: &Context<'_>) -> Result<CrmRow, Rejection> {
    use CrmField as F;
    let record = Record::<F>::new(slots);
    body_is_of(context.key, F::CustomerId, &record)?;
    Ok(CrmRow {
        customer_id: CustomerId::new(context.key),
        churn_risk: record.number(F::ChurnRisk, 0.0..=1.0)?,
        // A customer may be worth less than nothing.
        clv_eur: record.number(F::ClvEur, -1e6..=1e7)?,
        arpu_eur: record.number(F::ArpuEur, 0.0..=1e5)?,
        segment: record.word(F::Segment)?,
        // A century.
        tenure_months: record.whole(F::TenureMonths, 0..=1_200)?,
        consent: Consent {
            network_care: record.flag(F::NetworkCare)?,
            marketing: record.flag(F::Marketing)?,
            location: record.flag(F::Location)?,
        },
        // A channel we cannot use is no error: the catalogue's own is used.
        channel_preference: record.text(F::ChannelPreference)?.and_then(Channel::parse),
        has_fixed_broadband: record.flag(F::HasFixedBroadband)?,
        device: DeviceCaps {
            vowifi: record.flag(F::Vowifi)?,
            volte: record.flag(F::Volte)?,
            nr: record.flag(F::Nr)?,
            bands: bands(&record)?,
        },
        has_femtocell: record.flag(F::HasFemtocell)?,
        home: record.position(F::HomeLat, F::HomeLon, context.absent_positions)?,
    })
}

/// Band numbers go up to 1024 (3GPP); the mask holds those below 64, which is all LTE bands that matter here, and
/// leaves out the others.
fn bands(record: &Record<'_, '_, CrmField>) -> Result<u64, Rejection> {
    let mut mask = 0;
    for item in record.list(CrmField::Bands)? {
        if let Some(band @ 1..64) = whole_item(CrmField::Bands.name(), item, &(1..=1024))? {
            mask |= 1 << band;
        }
    }
    Ok(mask)
}

pub(super) fn cell(slots: &[Raw<'_>], context: &Context<'_>) -> Result<Cell, Rejection> {
    use CellField as F;
    let record = Record::<F>::new(slots);
    body_is_of(context.key, F::CellId, &record)?;
    let neighbours = record.list(F::Neighbours)?.iter().map(|item| id_item(F::Neighbours.name(), item));
    Ok(Cell {
        cell_id: CellId::new(context.key),
        site_id: required(F::SiteId, record.id(F::SiteId)?)?,
        pos: required(F::Lat, record.position(F::Lat, F::Lon, context.absent_positions)?)?,
        rat: required(F::Rat, record.word(F::Rat)?)?,
        azimuth_deg: record.number(F::AzimuthDeg, 0.0..=360.0)?,
        band: record.whole(F::Band, 1..=1024)?,
        tilt_deg: record.number(F::TiltDeg, -90.0..=90.0)?,
        power_dbm: record.number(F::PowerDbm, -50.0..=100.0)?,
        neighbours: neighbours.filter_map(Result::transpose).collect::<Result<_, _>>()?,
    })
}
