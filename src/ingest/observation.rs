//! What the stages read: one validated record of one input. Pure.

use serde::{Deserialize, Serialize};

use crate::units::{CellId, CustomerId, Id, LatLon, Millis, Rat, Segment, words};

words! {
    /// The inputs. The order of the keyed ones breaks ties between records of the same time.
    Input {
        Crm = "crm",
        Outcomes = "outcomes",
        Surveys = "surveys",
        Contacts = "contacts",
        Probes = "probes",
        Cells = "cells",
    }
}

impl Input {
    /// The inputs keyed by customer, in the order in which records of the same time fold.
    pub const KEYED: [Self; 5] = [Self::Crm, Self::Outcomes, Self::Surveys, Self::Contacts, Self::Probes];

    /// Position in [`Input::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

/// One valid record.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    Probe(Probe),
    Contact(Box<Contact>),
    Survey(Survey),
    Outcome(Outcome),
    Crm(Box<CrmRow>),
    /// A CRM tombstone: the customer is to be forgotten.
    Erase(CustomerId),
}

impl Observation {
    #[must_use]
    pub fn input(&self) -> Input {
        match self {
            Self::Probe(_) => Input::Probes,
            Self::Contact(_) => Input::Contacts,
            Self::Survey(_) => Input::Surveys,
            Self::Outcome(_) => Input::Outcomes,
            Self::Crm(_) | Self::Erase(_) => Input::Crm,
        }
    }

    /// The event time; `None` for CRM rows, which have none and never move a clock.
    #[must_use]
    pub fn ts(&self) -> Option<Millis> {
        match self {
            Self::Probe(p) => Some(p.ts),
            Self::Contact(c) => Some(c.ts),
            Self::Survey(s) => Some(s.ts),
            Self::Outcome(o) => Some(o.ts),
            Self::Crm(_) | Self::Erase(_) => None,
        }
    }

    /// The key: the customer, or, for an outcome of a ticket, the area.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Probe(p) => &p.customer_id,
            Self::Contact(c) => &c.customer_id,
            Self::Survey(s) => &s.customer_id,
            Self::Outcome(o) => &o.key,
            Self::Crm(row) => &row.customer_id,
            Self::Erase(id) => id,
        }
    }
}

words! {
    /// What kind of event a probe record reports.
    ProbeKind {
        Measurement = "measurement",
        CallSetup = "call_setup",
        CallDrop = "call_drop",
        CallEnd = "call_end",
        NoService = "no_service",
        DataSession = "data_session",
        /// Radio link failure.
        Rlf = "rlf",
        HandoverFailure = "handover_failure",
    }
}

/// One network probe event. Absent values, sentinels among them, are `None`; present ones are in range.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    pub customer_id: CustomerId,
    pub ts: Millis,
    pub kind: ProbeKind,
    /// 64 bits of the event id, or of time, cell, kind and measured values where the source gives none.
    pub fingerprint: u64,
    /// Absent while out of service or on Wi-Fi.
    pub cell_id: Option<CellId>,
    pub rat: Option<Rat>,
    pub pos: Option<LatLon>,
    /// LTE RSRP or NR SS-RSRP, dBm.
    pub rsrp_dbm: Option<f32>,
    pub rsrq_db: Option<f32>,
    pub sinr_db: Option<f32>,
    pub cqi: Option<u8>,
    /// GSM RxLev or UMTS RSCP, dBm.
    pub signal_dbm: Option<f32>,
    pub dl_kbps: Option<f32>,
    pub ul_kbps: Option<f32>,
    pub volume_kb: Option<f32>,
    pub latency_ms: Option<f32>,
    pub jitter_ms: Option<f32>,
    pub loss_pct: Option<f32>,
    pub setup_ok: Option<bool>,
    pub setup_time_ms: Option<f32>,
    pub duration_s: Option<f32>,
    pub indoor: Option<bool>,
}

/// One contact of a customer with customer care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub contact_id: Id,
    pub customer_id: CustomerId,
    pub ts: Millis,
    pub channel: Option<Id>,
    pub reason_code: Option<Id>,
    /// French or English; at most [`crate::limits::CONTACT_TEXT_BYTES_MAX`].
    pub text: Option<String>,
    pub resolved: Option<bool>,
}

/// One answered survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    pub customer_id: CustomerId,
    pub ts: Millis,
    /// Net promoter score, 0..=10.
    pub nps: Option<u8>,
    /// Satisfaction as the source scales it.
    pub csat: Option<f32>,
    pub about: Option<Id>,
}

words! {
    /// What became of an action.
    OutcomeStatus {
        Delivered = "delivered",
        Accepted = "accepted",
        Refused = "refused",
        Installed = "installed",
        Acknowledged = "acknowledged",
        Resolved = "resolved",
        Failed = "failed",
    }
}

/// What became of an offer (key: the customer) or of a ticket (key: the area).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub key: Id,
    pub action_id: Id,
    pub ts: Millis,
    pub status: OutcomeStatus,
}

words! {
    /// How a customer is reached.
    Channel { App = "app", Sms = "sms", Email = "email", Phone = "phone", Letter = "letter" }
}

/// What the customer allows. Absent means not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Consent {
    pub network_care: Option<bool>,
    pub marketing: Option<bool>,
    /// `Some(false)`: the customer counts in area totals only.
    pub location: Option<bool>,
}

/// What the customer's handset can do; `None` where the source does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeviceCaps {
    pub vowifi: Option<bool>,
    pub volte: Option<bool>,
    pub nr: Option<bool>,
    /// Bit b: 3GPP band b is supported, b < 64; 0 where the source does not say.
    pub bands: u64,
}

/// One row of the customer-relationship system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrmRow {
    pub customer_id: CustomerId,
    /// Probability of leaving, per month or quarter as configured.
    pub churn_risk: Option<f32>,
    pub clv_eur: Option<f32>,
    pub arpu_eur: Option<f32>,
    pub segment: Option<Segment>,
    pub tenure_months: Option<u16>,
    pub consent: Consent,
    pub channel_preference: Option<Channel>,
    pub has_fixed_broadband: Option<bool>,
    pub device: DeviceCaps,
    pub has_femtocell: Option<bool>,
    pub home: Option<LatLon>,
}
