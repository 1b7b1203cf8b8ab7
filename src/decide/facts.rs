//! What a customer's row keeps of his CRM row: 32 bytes. Pure.

use serde::{Deserialize, Serialize};

use crate::ingest::{Channel, CrmRow};
use crate::units::{LatLon, Segment};

/// A CRM row, packed: a customer known only to CRM must cost less than 96 bytes in all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CrmFacts {
    /// Not a number where absent, like the next two.
    churn_risk: f32,
    clv_eur: f32,
    arpu_eur: f32,
    home: Option<LatLon>,
    flags: u32,
}

/// A yes, a no, or nothing said: two bits.
const YES_NO: u32 = 0b11;
const NETWORK_CARE: u32 = 0;
const MARKETING: u32 = 2;
const LOCATION: u32 = 4;
const BROADBAND: u32 = 6;
const VOWIFI: u32 = 8;
const VOLTE: u32 = 10;
const NR: u32 = 12;
const FEMTOCELL: u32 = 14;
/// Three bits: 0 absent, else the channel's place in its vocabulary + 1.
const CHANNEL: u32 = 16;
/// Two bits: 0 absent, else the segment's place + 1.
const SEGMENT: u32 = 19;

impl CrmFacts {
    #[must_use]
    pub fn of(row: &CrmRow) -> Self {
        let mut flags = 0;
        let answers = [
            (NETWORK_CARE, row.consent.network_care),
            (MARKETING, row.consent.marketing),
            (LOCATION, row.consent.location),
            (BROADBAND, row.has_fixed_broadband),
            (VOWIFI, row.device.vowifi),
            (VOLTE, row.device.volte),
            (NR, row.device.nr),
            (FEMTOCELL, row.has_femtocell),
        ];
        for (at, answer) in answers {
            flags |= answer.map_or(0, |yes| 1 + u32::from(yes)) << at;
        }
        flags |= row.channel_preference.map_or(0, |channel| channel as u32 + 1) << CHANNEL;
        flags |= row.segment.map_or(0, |segment| segment as u32 + 1) << SEGMENT;
        Self { flags, home: row.home, ..Self::of_values(row.churn_risk, row.clv_eur, row.arpu_eur) }
    }

    /// Facts with nothing but a risk and a worth.
    #[must_use]
    pub fn of_values(churn_risk: Option<f32>, clv_eur: Option<f32>, arpu_eur: Option<f32>) -> Self {
        let packed = |value: Option<f32>| value.unwrap_or(f32::NAN);
        Self {
            churn_risk: packed(churn_risk),
            clv_eur: packed(clv_eur),
            arpu_eur: packed(arpu_eur),
            home: None,
            flags: 0,
        }
    }

    fn answer(&self, at: u32) -> Option<bool> {
        match (self.flags >> at) & YES_NO {
            0 => None,
            given => Some(given == 2),
        }
    }

    /// 0..=1 a period, as CRM gave it.
    #[must_use]
    pub fn churn_risk(&self) -> Option<f64> {
        (!self.churn_risk.is_nan()).then(|| f64::from(self.churn_risk))
    }

    #[must_use]
    pub fn clv_eur(&self) -> Option<f64> {
        (!self.clv_eur.is_nan()).then(|| f64::from(self.clv_eur))
    }

    #[must_use]
    pub fn arpu_eur(&self) -> Option<f64> {
        (!self.arpu_eur.is_nan()).then(|| f64::from(self.arpu_eur))
    }

    #[must_use]
    pub fn home(&self) -> Option<LatLon> {
        self.home
    }

    #[must_use]
    pub fn consents_to_care(&self) -> bool {
        self.answer(NETWORK_CARE) == Some(true)
    }

    #[must_use]
    pub fn consents_to_marketing(&self) -> bool {
        self.answer(MARKETING) == Some(true)
    }

    /// Only an explicit no counts: the location at home is what the service itself needs.
    #[must_use]
    pub fn refuses_location(&self) -> bool {
        self.answer(LOCATION) == Some(false)
    }

    #[must_use]
    pub fn has_fixed_broadband(&self) -> Option<bool> {
        self.answer(BROADBAND)
    }

    #[must_use]
    pub fn device_vowifi(&self) -> Option<bool> {
        self.answer(VOWIFI)
    }

    #[must_use]
    pub fn device_volte(&self) -> Option<bool> {
        self.answer(VOLTE)
    }

    #[must_use]
    pub fn device_nr(&self) -> Option<bool> {
        self.answer(NR)
    }

    /// Whether the handset speaks LTE, told by what it supports; `None` where the source says nothing.
    #[must_use]
    pub fn is_lte_phone(&self) -> Option<bool> {
        match (self.device_volte(), self.device_nr()) {
            (None, None) => None,
            (volte, nr) => (volte == Some(true) || nr == Some(true)).then_some(true),
        }
    }

    #[must_use]
    pub fn has_femtocell(&self) -> Option<bool> {
        self.answer(FEMTOCELL)
    }

    #[must_use]
    pub fn channel(&self) -> Option<Channel> {
        let place = (self.flags >> CHANNEL) & 0b111;
        (place > 0).then(|| Channel::ALL[place as usize - 1])
    }

    #[must_use]
    pub fn segment(&self) -> Option<Segment> {
        let place = (self.flags >> SEGMENT) & 0b11;
        (place > 0).then(|| Segment::ALL[place as usize - 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::{Consent, DeviceCaps};

    #[test]
    fn every_answer_survives_packing_and_an_absent_one_stays_absent() {
        let row = CrmRow {
            customer_id: "C1".into(),
            churn_risk: Some(0.02),
            clv_eur: None,
            arpu_eur: Some(17.3),
            segment: Some(Segment::High),
            tenure_months: None,
            consent: Consent { network_care: Some(true), marketing: Some(false), location: None },
            channel_preference: Some(Channel::Phone),
            has_fixed_broadband: Some(true),
            device: DeviceCaps { vowifi: Some(false), volte: None, nr: Some(true), bands: 0 },
            has_femtocell: None,
            home: LatLon::new(45.76, 4.84),
        };
        let facts = CrmFacts::of(&row);
        assert!(facts.consents_to_care() && !facts.consents_to_marketing() && !facts.refuses_location());
        assert_eq!((facts.channel(), facts.segment()), (Some(Channel::Phone), Some(Segment::High)));
        assert_eq!((facts.device_vowifi(), facts.device_volte(), facts.device_nr()), (Some(false), None, Some(true)));
        assert_eq!((facts.has_fixed_broadband(), facts.has_femtocell()), (Some(true), None));
        assert_eq!((facts.clv_eur(), facts.home()), (None, row.home));
        assert!(size_of::<CrmFacts>() <= 32);
    }
}
