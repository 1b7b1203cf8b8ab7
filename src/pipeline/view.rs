//! A customer's view: what a care agent's tool gets, and `replay --customers` writes. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::assess::Assessment;
use super::customer::Customer;
use super::lane::{Context, LaneState};
use super::policy::{Policy, World};
use super::report::{Report, Tape};
use crate::act::rounded;
use crate::decide::{Alternative, CrmFacts, Memory, Mode};
use crate::perception::Terms;
use crate::qos::{RSRP_BINS, RSRP_EDGES_DBM, Window};
use crate::units::Minute;

#[derive(Serialize)]
struct View<'a> {
    customer_id: &'a str,
    as_of: Option<String>,
    home: Home<'a>,
    quality: Quality,
    perceived: Perceived<'a>,
    neighbourhood: Neighbourhood<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    churn_risk: Option<f64>,
    next_best_action: Option<Value>,
    held: Vec<Value>,
}

#[derive(Serialize)]
struct Home<'a> {
    status: &'static str,
    site: Option<&'a str>,
    cells: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lat: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lon: Option<f64>,
    since: Option<String>,
    nights: u8,
}

#[derive(Serialize)]
struct Quality {
    problem: bool,
    degraded: bool,
    cause: Option<&'static str>,
    qoe: Option<f64>,
    target: f64,
    windows: Value,
    /// The last samples taken away from home in working hours and in all others, and how many of them were poor:
    /// whether the handset may be meant.
    elsewhere: [Hours; 2],
    /// The newest samples at home by the same hours: poor in working hours only is a place of work next door.
    at_home: [Hours; 2],
    /// Samples at home of this ISO week and the one before by RSRP: `edges[i-1] <= value < edges[i]`.
    rsrp_dbm: Bins,
}

#[derive(Serialize)]
struct Hours {
    samples: u32,
    poor: u32,
}

#[derive(Serialize)]
struct Bins {
    edges: [f32; RSRP_EDGES_DBM.len()],
    samples: [u32; RSRP_BINS],
}

#[derive(Serialize)]
struct Perceived<'a> {
    probability: f64,
    felt: bool,
    /// What the coefficients of `[perception.felt]` are multiplied with.
    terms: BTreeMap<&'static str, f64>,
    phrases: Vec<&'a str>,
}

#[derive(Serialize)]
struct Neighbourhood<'a> {
    area: Option<&'a str>,
    /// `clear`, or the state of the verdict that covers the home.
    verdict: &'static str,
}

impl LaneState {
    /// The view of a customer at the lane's clock; `None` of one the lane does not know.
    #[must_use]
    pub fn view(&self, customer: &str, world: &World, policy: &Policy) -> Option<Value> {
        let row = self.customers.find(customer)?;
        let customer = self.customers.get(row)?;
        let now = self.reached.unwrap_or_default();
        let nothing = super::customer::Track::default();
        let track = customer.track.as_deref().unwrap_or(&nothing);
        let today = policy.zone.local(now.start()).day;
        let assessment = self.assess(customer, track, now, today, world, policy);
        let home = &assessment.home;
        let panes = &track.panes[usize::from(home.pane_slot.unwrap_or(track.home_slot))];
        let trouble = assessment.diagnosis.as_ref().filter(|_| assessment.quality.problem);
        let hours = |pairs: [(u32, u32); 2]| pairs.map(|(samples, poor)| Hours { samples, poor });
        let (next_best_action, held) = self.next_best(row, customer, now, &assessment, world, policy);
        let view = View {
            customer_id: &customer.id,
            as_of: self.clock.map(crate::units::Millis::rfc3339),
            home: Home {
                status: home.status.as_str(),
                site: home.site.map(|site| self.cells.site_id(site).as_str()),
                cells: home.cells.iter().map(|cell| self.cells.cell_id(*cell).as_str()).collect(),
                lat: home.pos.map(crate::units::LatLon::lat),
                lon: home.pos.map(crate::units::LatLon::lon),
                since: home.since.map(crate::units::Day::iso),
                nights: home.nights,
            },
            quality: Quality {
                problem: assessment.quality.problem,
                degraded: assessment.quality.degraded,
                cause: trouble.map(|diagnosis| diagnosis.cause.as_str()),
                qoe: assessment.quality.qoe.map(|qoe| rounded(f64::from(qoe.score), 1)),
                target: rounded(f64::from(assessment.target), 1),
                windows: windows(&assessment.quality.windows),
                elsewhere: hours(track.elsewhere.pairs()),
                at_home: hours(track.at_home.pairs()),
                rsrp_dbm: Bins { edges: RSRP_EDGES_DBM, samples: panes.bins().rsrp },
            },
            perceived: Perceived {
                probability: rounded(f64::from(assessment.perceived.probability), 3),
                felt: assessment.perceived.felt,
                terms: terms(assessment.perceived.terms),
                phrases: assessment.perceived.phrases.iter().map(|phrase| policy.lexicon.phrase(*phrase)).collect(),
            },
            neighbourhood: self.neighbourhood(&assessment, world),
            churn_risk: customer.crm.as_ref().and_then(CrmFacts::churn_risk).map(|risk| rounded(risk, 4)),
            next_best_action,
            held,
        };
        serde_json::to_value(view).ok()
    }

    fn neighbourhood<'a>(&'a self, assessment: &Assessment, world: &'a World) -> Neighbourhood<'a> {
        let Some(standing) = self.standing(&assessment.home) else {
            return Neighbourhood { area: None, verdict: "clear" };
        };
        let told = assessment.diagnosis.as_ref();
        let held = told.and_then(|told| self.held(assessment, told.symptom, world));
        // The ticket of another site that serves the home, where that is what holds it.
        let beside =
            held.filter(|(area, _)| *area != standing.area).map(|(area, verdict)| (area, verdict.state.as_str()));
        let own = || (standing.area, world.areas.word(standing.area, &standing.cells, || standing.hexagon()));
        let (area, verdict) = beside.unwrap_or_else(own);
        Neighbourhood { area: Some(area), verdict }
    }

    /// What was offered, is being considered or would be, and what stands against the other acts.
    fn next_best(
        &self,
        row: super::customers::Row,
        customer: &Customer,
        now: Minute,
        assessment: &Assessment,
        world: &World,
        policy: &Policy,
    ) -> (Option<Value>, Vec<Value>) {
        let memory = customer.track.as_ref().and_then(|track| track.decisions.as_deref());
        let pending =
            memory.and_then(|memory| memory.offers().iter().rev().find(|o| o.is_pending(now, &policy.decide)));
        let made = pending.map(|offer| {
            let (kind, episode) = (offer.kind.as_str(), offer.episode);
            let id = policy.ids.offer(kind, &customer.id, episode.cause.as_str(), &episode.opened.iso());
            json!({"action": kind, "state": if offer.withheld { "withheld" } else { "made" }, "id": id})
        });
        let (mut tape, mut report) = (Tape::Live(Mode::default()), Report::default());
        let context = Context { world, policy, tape: &mut tape, report: &mut report };
        let Some(cause) = assessment.trouble() else { return (made, Vec::new()) };
        let covered = self.is_covered(assessment, cause, world);
        let evaluation = self.evaluation(row, now, cause, covered, Mode::default(), assessment, &context);
        let Some(evaluation) = evaluation else { return (made, Vec::new()) };
        let considered = evaluation.choice.map(|choice| {
            let held = evaluation.held.map(|(_, reason)| reason.as_str());
            let state = if held.is_some() { "held" } else { "settling" };
            json!({"action": choice.action.as_str(), "state": state, "reason": held})
        });
        let lost = |alternative: &Alternative| json!({"action": alternative.action.as_str(), "reason": alternative.reason.as_str()});
        (made.or(considered), evaluation.alternatives.iter().map(lost).collect())
    }

    /// What an episode was opened with, for those who explain.
    #[must_use]
    pub fn memory_of(&self, customer: &str) -> Option<&Memory> {
        self.customers.get(self.customers.find(customer)?)?.track.as_ref()?.decisions.as_deref()
    }
}

fn terms(terms: Terms) -> BTreeMap<&'static str, f64> {
    let Terms { shortfall, contact, names_home, detractor, no_service } = terms;
    let all = [
        ("shortfall", shortfall),
        ("contact", contact),
        ("names_home", names_home),
        ("detractor", detractor),
        ("no_service", no_service),
    ];
    all.into_iter().map(|(name, value)| (name, rounded(f64::from(value), 3))).collect()
}

fn windows(windows: &[Window; 3]) -> Value {
    let one = |window: &Window| {
        let sums = &window.sums;
        json!({
            "samples": sums.samples,
            "good": sums.good,
            "marginal": sums.marginal,
            "poor": sums.poor(),
            "share_poor": sums.share_poor().map(|share| rounded(f64::from(share), 3)),
            "supported_days": window.supported_days,
            "qoe": window.qoe.map(|qoe| rounded(f64::from(qoe.score), 1)),
            "no_service_minutes": rounded(f64::from(sums.no_service_minutes()), 1),
            "call_attempts": sums.call_attempts,
            "call_failures": sums.call_failures,
            "call_drops": sums.call_drops,
        })
    };
    json!({"today_yesterday": one(&windows[0]), "7d": one(&windows[1]), "14d": one(&windows[2])})
}
