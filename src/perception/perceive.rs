//! Is it felt? Pure.

use arrayvec::ArrayVec;

use super::evidence::{Direction, Evidence};
use super::lexicon::PhraseId;
use super::memory::Memory;
use super::rules::{Coefficients, Rules};
use crate::qos::Quality;
use crate::units::{Millis, Segment};

/// What the coefficients of the model are multiplied with, by their names.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Terms {
    /// Tens of points that QoE is below the segment's target.
    pub shortfall: f32,
    /// Network contacts, at most `contacts_max`.
    pub contact: f32,
    /// 1 where a contact names network and home.
    pub names_home: f32,
    /// 1 where the last survey is a detractor's.
    pub detractor: f32,
    /// ln(1 + no-service minutes of today and yesterday / 60).
    pub no_service: f32,
}

impl Terms {
    /// The probability that it is felt.
    #[must_use]
    pub fn probability(&self, k: &Coefficients) -> f32 {
        sigma(
            k.constant
                + k.shortfall * self.shortfall
                + k.contact * self.contact
                + k.names_home * self.names_home
                + k.detractor * self.detractor
                + k.no_service * self.no_service,
        )
    }
}

/// What the customer is taken to feel.
#[derive(Debug, Clone, PartialEq)]
pub struct Perceived {
    /// 0..=1.
    pub probability: f32,
    /// What it was computed from.
    pub terms: Terms,
    pub felt: bool,
    /// The score that the segment expects.
    pub target: f32,
    /// Contacts about the network in the last 30 days (`contact_days`), as many as are remembered.
    pub network_contacts: u8,
    /// One of them names the home.
    pub names_home: bool,
    /// What was read in the latest of them that said anything.
    pub phrases: ArrayVec<PhraseId, 3>,
    /// Minutes without service at home, today and yesterday.
    pub no_service_minutes: f32,
}

impl Perceived {
    /// The contacts as one of an action's reasons; `None` without any.
    #[must_use]
    pub fn evidence(&self) -> Option<Evidence> {
        let contacts = u32::from(self.network_contacts);
        (contacts > 0).then(|| Evidence {
            indicator: "network_contacts",
            statistic: "",
            observed: f64::from(contacts),
            unit: "1",
            threshold: 1.0,
            direction: Direction::Above,
            window: "P30D",
            samples: contacts,
        })
    }
}

/// The logistic function.
fn sigma(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The design's model, its coefficients in [`super::Coefficients`]. Contacts and surveys later than `now` do not
/// count yet; quality that is not known adds nothing.
#[must_use]
pub fn perceive(m: &Memory, q: &Quality, segment: Option<Segment>, now: Millis, rules: &Rules) -> Perceived {
    let k = &rules.felt;
    let since = now.minute().plus(-i32::from(k.contact_days) * 24 * 60);
    let counts = |contact: &&super::memory::Remembered| contact.at > since && contact.at <= now.minute();
    let network_contacts = m.network_contacts().filter(counts).count() as u8;
    let names_home = m.network_contacts().filter(counts).any(super::memory::Remembered::home);
    let telling = m.network_contacts().filter(counts).rev().find(|contact| contact.phrases().next().is_some());
    let survey_reach = i64::from(k.survey_days) * Millis::DAY;
    let detractor = m
        .last_survey()
        .filter(|s| (0..=survey_reach).contains(&now.since(s.ts)))
        .and_then(|s| s.nps)
        .is_some_and(|nps| nps <= k.detractor_nps);
    let target = rules.target(segment);
    let shortfall = q.qoe.map_or(0.0, |qoe| (target - qoe.score).max(0.0));
    let no_service_minutes = q.recent().sums.no_service_minutes();
    let one_if = |said: bool| f32::from(u8::from(said));
    let terms = Terms {
        shortfall: shortfall / 10.0,
        contact: f32::from(network_contacts.min(k.contacts_max)),
        names_home: one_if(names_home),
        detractor: one_if(detractor),
        no_service: (no_service_minutes / 60.0).ln_1p(),
    };
    let probability = terms.probability(k);
    Perceived {
        probability,
        terms,
        felt: probability >= if network_contacts > 0 || detractor { k.felt_from } else { k.silent_felt_from },
        target,
        network_contacts,
        names_home,
        phrases: telling.map(|contact| contact.phrases().collect()).unwrap_or_default(),
        no_service_minutes,
    }
}
