//! The stage's rules: the section `[perception]` of the configuration. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::units::{Segment, words};

words! {
    /// What a reason code's prefix says about a contact.
    ReasonMeaning {
        /// About the mobile network.
        Network = "network",
        /// About the mobile network at the customer's home.
        NetworkHome = "network_home",
        /// About something else, whatever its text says.
        Other = "other",
    }
}

/// How contacts are read, what is felt, and how a cause is told. The defaults are the design's numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Prefixes of reason codes and what they mean; the longest that fits wins, case ignored. A code that fits none
    /// leaves the contact to its text.
    pub reason_codes: BTreeMap<String, ReasonMeaning>,
    /// Quality that each value segment expects.
    pub targets: Targets,
    /// The model of what is felt.
    pub felt: Coefficients,
    /// How a cause is told.
    pub cause: CauseRules,
}

impl Default for Rules {
    fn default() -> Self {
        let codes = [
            ("NETWORK_", ReasonMeaning::Network),
            ("NETWORK_INDOOR", ReasonMeaning::NetworkHome),
            ("BILLING_", ReasonMeaning::Other),
        ];
        Self {
            reason_codes: codes.into_iter().map(|(prefix, meaning)| (prefix.to_owned(), meaning)).collect(),
            targets: Targets::default(),
            felt: Coefficients::default(),
            cause: CauseRules::default(),
        }
    }
}

impl Rules {
    /// The score that a customer of this segment expects; without a segment, that of `mid`.
    #[must_use]
    pub fn target(&self, segment: Option<Segment>) -> f32 {
        match segment {
            Some(Segment::Low) => self.targets.low,
            Some(Segment::Mid) | None => self.targets.mid,
            Some(Segment::High) => self.targets.high,
        }
    }

    /// What a reason code means, by the longest configured prefix; `None` when none fits.
    #[must_use]
    pub fn reason(&self, code: &str) -> Option<ReasonMeaning> {
        let fits = |prefix: &str| code.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
        let best = self.reason_codes.iter().filter(|(prefix, _)| fits(prefix)).max_by_key(|(prefix, _)| prefix.len());
        best.map(|(_, meaning)| *meaning)
    }
}

/// Quality expected by segment, 0..=100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Targets {
    pub low: f32,
    pub mid: f32,
    pub high: f32,
}

impl Default for Targets {
    fn default() -> Self {
        Self { low: 50.0, mid: 60.0, high: 70.0 }
    }
}

/// The coefficients of the model of what is felt; the defaults are fitted to simulated towns (`score --fit`, seeds 1–5):
///
/// ```text
/// p = σ(constant + shortfall · max(0, target − QoE)/10 + contact · min(network contacts, contacts_max)
///       + names_home · [a contact names network and home] + detractor · [nps ≤ detractor_nps]
///       + no_service · ln(1 + no-service minutes/60))
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Coefficients {
    pub constant: f32,
    /// Per 10 points that QoE is below the segment's target.
    pub shortfall: f32,
    /// Per network contact in `contact_days`.
    pub contact: f32,
    /// Contacts beyond this many add nothing.
    pub contacts_max: u8,
    /// Days for which a contact counts.
    pub contact_days: u16,
    pub names_home: f32,
    pub detractor: f32,
    /// Net promoter score up to which the last survey is a detractor's.
    pub detractor_nps: u8,
    /// Days for which the last survey counts.
    pub survey_days: u16,
    /// On ln(1 + no-service minutes of today and yesterday / 60).
    pub no_service: f32,
    /// Felt from this probability on, where the customer has said so: a network contact, a detractor's survey.
    pub felt_from: f32,
    /// Felt from this probability on, where he has said nothing. Silence is no complaint: without one, quality alone must
    /// make it nearly sure before anybody is approached.
    pub silent_felt_from: f32,
}

impl Default for Coefficients {
    fn default() -> Self {
        Self {
            constant: -2.7,
            shortfall: 1.6,
            contact: 0.7,
            contacts_max: 4,
            contact_days: 30,
            names_home: 2.0,
            detractor: 0.5,
            detractor_nps: 6,
            survey_days: 90,
            no_service: 0.7,
            felt_from: 0.5,
            silent_felt_from: 0.8,
        }
    }
}

/// Where a symptom becomes the cause. Shares are 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CauseRules {
    /// Share of poor samples from which radio explains the rest; default 0.30.
    pub radio_share: f32,
    /// Share of poor samples that the lower confidence bound (one-sided 90 %) must reach before an offer is made of them;
    /// default 0.22. One offer in a hundred rests on less, and three in ten of those to people with nothing wrong did.
    pub sure_share: f32,
    /// Minutes without service a day from which it is an outage, where the signal is not weak; default 30.
    pub outage_minutes_a_day: f32,
    /// From here it is an outage even where the signal is weak at other times; default 60.
    pub outage_minutes_sure: f32,
    /// Mobility events (drops after a change of cell, handover failures, links lost in good signal) that say
    /// something; default 3.
    pub mobility_events_min: u32,
    /// Mobility events per call from which they are the cause; default 0.10.
    pub mobility_share: f32,
    /// Sessions in the busy hours that say something; default 5.
    pub sessions_min: u32,
    /// Share of poor sessions in the busy hours from which it is congestion; default 0.30.
    pub congestion_share: f32,
    /// Share of poor sessions in the busy hours that is a problem by itself, by the lower confidence bound; default 0.80.
    pub choked_share: f32,
    /// How much larger the busy hours' share must be than the quiet hours'; default 0.15.
    pub congestion_contrast: f32,
    /// Homes that must be seen on the cell before its others say anything; default 5, the `k` of the areas.
    pub peers_min: u32,
    /// Share of fine homes on the cell from which a weak signal is this home's own; default 0.70, which is what
    /// is left below the share of degraded homes that makes a neighbourhood suffer (0.30).
    pub building_fine_share: f32,
    /// Share of fine homes on the cell from which the handset may be meant; default 0.80.
    pub device_fine_share: f32,
    /// Samples elsewhere that say something, of working hours or of the others; default 10.
    pub elsewhere_samples_min: u32,
    /// Share of poor samples elsewhere from which "elsewhere is poor too", in working hours and in the others alike;
    /// default 0.40: one home in ten has a workplace that makes 0.30 of them poor, whatever the handset.
    pub elsewhere_share: f32,
    /// Days by which a home's own trouble must be older than a fault of its neighbourhood to stay its own; default 7: homes
    /// of a fault that is found late are in trouble some days before it is found.
    pub elder_days: u32,
}

impl Default for CauseRules {
    fn default() -> Self {
        Self {
            radio_share: 0.30,
            sure_share: 0.22,
            outage_minutes_a_day: 30.0,
            outage_minutes_sure: 60.0,
            mobility_events_min: 3,
            mobility_share: 0.10,
            sessions_min: 5,
            congestion_share: 0.30,
            choked_share: 0.80,
            congestion_contrast: 0.15,
            peers_min: 5,
            building_fine_share: 0.70,
            device_fine_share: 0.80,
            elsewhere_samples_min: 10,
            elsewhere_share: 0.40,
            elder_days: 7,
        }
    }
}
