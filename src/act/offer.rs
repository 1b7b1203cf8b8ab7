//! An offer's messages, after TMF680 v4 (recommendation item, priority, validity). Pure.

use serde::Serialize;

use super::action::{Action, ActionTopic, EventType};
use super::cloudevent;
use crate::decide::{Alternative, Choice, Episode, Reason};
use crate::perception::Evidence;
use crate::units::{ActionKind, Cause, Millis};

/// All that an offer says.
#[derive(Debug, Clone)]
pub struct Offer<'a> {
    pub deployment: &'a str,
    pub policy_hash: &'a str,
    pub id: &'a str,
    pub customer: &'a str,
    pub at: Millis,
    pub valid_days: u16,
    pub choice: Choice,
    /// The act as the customer reads it.
    pub name: &'a str,
    pub cause: Cause,
    pub episode: Episode,
    pub home_status: &'static str,
    pub site: Option<&'a str>,
    pub evidence: &'a [Evidence],
    pub probability: f64,
    pub target: f64,
    pub qoe: Option<f64>,
    pub phrases: Vec<&'a str>,
    pub churn_risk: Option<f64>,
    pub alternatives: &'a [Alternative],
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "@type")]
    type_: &'static str,
    id: &'a str,
    #[serde(rename = "recommendationType")]
    recommendation_type: &'static str,
    #[serde(rename = "recommendationDate")]
    recommendation_date: String,
    #[serde(rename = "validFor")]
    valid_for: ValidFor,
    #[serde(rename = "relatedParty")]
    related_party: [Party<'a>; 1],
    channel: [Id<'a>; 1],
    #[serde(rename = "recommendationItem")]
    recommendation_item: [Item<'a>; 1],
    why: Why<'a>,
}

#[derive(Serialize)]
struct ValidFor {
    #[serde(rename = "startDateTime")]
    start: String,
    #[serde(rename = "endDateTime")]
    end: String,
}

#[derive(Serialize)]
struct Party<'a> {
    id: &'a str,
    role: &'static str,
    #[serde(rename = "@referredType")]
    referred_type: &'static str,
}

#[derive(Serialize)]
struct Id<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'static str,
    priority: u8,
    product: Product<'a>,
}

#[derive(Serialize)]
struct Product<'a> {
    #[serde(rename = "productOffering")]
    offering: Offering<'a>,
}

#[derive(Serialize)]
struct Offering<'a> {
    id: &'static str,
    name: &'a str,
}

#[derive(Serialize)]
struct Why<'a> {
    cause: Cause,
    episode: String,
    home: Home<'a>,
    reasons: &'a [Evidence],
    perceived: Perceived<'a>,
    churn_risk: Option<f64>,
    gain_eur: GainEur,
    alternatives: Vec<Lost>,
    policy: &'a str,
}

#[derive(Serialize)]
struct Home<'a> {
    status: &'static str,
    site: Option<&'a str>,
}

#[derive(Serialize)]
struct Perceived<'a> {
    probability: f64,
    target: f64,
    qoe: Option<f64>,
    phrases: Vec<&'a str>,
}

#[derive(Serialize)]
struct GainEur {
    value: f64,
    sd: f64,
    cost: f64,
}

#[derive(Serialize)]
struct Lost {
    action: ActionKind,
    stage: &'static str,
    reason: &'static str,
    gain_eur: Option<f64>,
}

#[derive(Serialize)]
struct WithdrawnBody<'a> {
    id: &'a str,
    status: &'static str,
    why: WithdrawnWhy,
}

#[derive(Serialize)]
struct WithdrawnWhy {
    reason: &'static str,
}

/// Rounds to `digits` decimals: what people read, and the same text wherever it is computed.
#[must_use]
pub fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

impl Offer<'_> {
    /// The message `offer.made`, revision 1.
    #[must_use]
    pub fn made(&self) -> Action {
        let body = Body {
            type_: "Recommendation",
            id: self.id,
            recommendation_type: "proactiveCare",
            recommendation_date: self.at.rfc3339(),
            valid_for: ValidFor {
                start: self.at.rfc3339(),
                end: self.at.plus(i64::from(self.valid_days) * Millis::DAY).rfc3339(),
            },
            related_party: [Party { id: self.customer, role: "customer", referred_type: "Customer" }],
            channel: [Id { id: self.choice.channel.as_str() }],
            recommendation_item: [Item {
                id: "1",
                priority: 1,
                product: Product { offering: Offering { id: self.choice.action.as_str(), name: self.name } },
            }],
            why: self.why(),
        };
        message(self.deployment, EventType::OfferMade, self.choice.action, self.id, 1, self.customer, self.at, &body)
    }

    fn why(&self) -> Why<'_> {
        let lost = |alternative: &Alternative| Lost {
            action: alternative.action,
            stage: alternative.stage.as_str(),
            reason: alternative.reason.as_str(),
            gain_eur: alternative.gain.map(|gain| rounded(gain.value, 1)),
        };
        Why {
            cause: self.cause,
            episode: self.episode.opened.iso(),
            home: Home { status: self.home_status, site: self.site },
            reasons: self.evidence,
            perceived: Perceived {
                probability: rounded(self.probability, 3),
                target: rounded(self.target, 1),
                qoe: self.qoe.map(|qoe| rounded(qoe, 1)),
                phrases: self.phrases.clone(),
            },
            churn_risk: self.churn_risk.map(|risk| rounded(risk, 4)),
            gain_eur: GainEur {
                value: rounded(self.choice.gain.value, 1),
                sd: rounded(self.choice.gain.sd, 1),
                cost: rounded(self.choice.gain.cost, 2),
            },
            alternatives: self.alternatives.iter().map(lost).collect(),
            policy: self.policy_hash,
        }
    }
}

/// The message `offer.withdrawn`, revision 2.
#[must_use]
pub fn withdrawn(deployment: &str, kind: ActionKind, id: &str, customer: &str, at: Millis, reason: Reason) -> Action {
    let body = WithdrawnBody { id, status: "withdrawn", why: WithdrawnWhy { reason: reason.as_str() } };
    message(deployment, EventType::OfferWithdrawn, kind, id, 2, customer, at, &body)
}

#[expect(clippy::too_many_arguments, reason = "one place that joins the attributes of a message")]
fn message(
    deployment: &str,
    event: EventType,
    kind: ActionKind,
    id: &str,
    revision: u32,
    customer: &str,
    at: Millis,
    body: &impl Serialize,
) -> Action {
    Action {
        topic: ActionTopic::Offers,
        event,
        kind,
        key: customer.to_owned(),
        headers: cloudevent::headers(deployment, event, id, revision, customer, at),
        body: serde_json::to_string(body).expect("plain structs of text and numbers serialise"),
    }
}
