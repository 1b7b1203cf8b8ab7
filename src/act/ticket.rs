//! A ticket's messages, after TMF656 v5 (service problem). Pure.
//!
//! Counts are exact: network operations are inside the trust boundary. No customer, no home, no hexagon of few homes.

use serde::Serialize;

use super::action::{Action, ActionTopic, EventType};
use super::cloudevent::headers;
use super::wording::description;
use crate::neighbourhood::{Candidate, CellShare, Ending, Figures, State, TicketEvent, TicketEvidence, TicketMessage};
use crate::units::{ActionKind, Cause, LatLon};

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "@type")]
    type_: &'static str,
    id: &'a str,
    revision: u32,
    category: &'static str,
    priority: u8,
    status: &'static str,
    #[serde(rename = "problemEscalation")]
    escalation: String,
    reason: Cause,
    description: String,
    #[serde(rename = "creationDate")]
    created: String,
    #[serde(rename = "statusChangeDate")]
    changed: String,
    #[serde(rename = "resolutionDate", skip_serializing_if = "Option::is_none")]
    resolved: Option<String>,
    #[serde(rename = "originatorParty")]
    originator: Party,
    #[serde(rename = "affectedLocation")]
    locations: Vec<Location<'a>>,
    #[serde(rename = "affectedResource")]
    resources: Vec<Resource<'a>>,
    #[serde(rename = "affectedNumberOfServices")]
    services: u32,
    why: Why<'a>,
}

#[derive(Serialize)]
struct Party {
    name: &'static str,
    role: &'static str,
}

#[derive(Serialize)]
struct Location<'a> {
    id: &'a str,
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lat: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lon: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    homes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    degraded: Option<u32>,
}

#[derive(Serialize)]
struct Resource<'a> {
    id: &'a str,
    #[serde(rename = "@referredType")]
    referred_type: &'static str,
    role: &'static str,
    homes: u32,
    degraded: u32,
}

#[derive(Serialize)]
struct Why<'a> {
    cause: Cause,
    scope: &'static str,
    since: String,
    homes_seen: u32,
    homes_degraded: u32,
    share: f64,
    share_lower_bound: f64,
    min_share: f64,
    reasons: Vec<Line<'a>>,
    busy_hours: &'a [u8],
    contacts: u32,
    value_at_risk_eur: u64,
    candidates: &'a [Candidate],
    linked: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    homes_helped: Option<u32>,
    /// Why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    ending: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<&'a str>,
    policy: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    indicator: &'a str,
    statistic: &'a str,
    observed: f64,
    unit: &'a str,
    threshold: f64,
    direction: &'a str,
    window: &'a str,
    samples: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<f64>,
}

#[derive(Serialize)]
struct Told {
    homes_seen: u32,
    homes_degraded: u32,
    share: f64,
    share_lower_bound: f64,
    contacts: u32,
    value_at_risk_eur: u64,
    /// The cause's first indicator, as in `reasons`.
    #[serde(skip_serializing_if = "Option::is_none")]
    indicator: Option<f64>,
}

fn hundredths(share: f64) -> f64 {
    (share * 100.0).round() / 100.0
}

impl From<&Figures> for Told {
    fn from(f: &Figures) -> Self {
        Self {
            homes_seen: f.homes_seen,
            homes_degraded: f.homes_degraded,
            share: hundredths(f.share),
            share_lower_bound: hundredths(f.share_lower_bound),
            contacts: f.contacts,
            value_at_risk_eur: f.value_at_risk_eur,
            indicator: f.indicator,
        }
    }
}

/// The message of one step of a ticket's life. `policy` is the policy's hash as every action carries it.
#[must_use]
pub fn ticket(message: &TicketMessage, deployment: &str, policy: &str) -> Action {
    let event = event_type(message.event);
    let body = body(message, policy);
    Action {
        topic: ActionTopic::Tickets,
        event,
        kind: ActionKind::NetworkTicket,
        key: message.area.to_string(),
        headers: headers(deployment, event, &message.ticket, message.revision, &message.area, message.at.start()),
        body: serde_json::to_string(&body).expect("plain structs of text and numbers serialise"),
    }
}

fn event_type(event: TicketEvent) -> EventType {
    match event {
        TicketEvent::Opened => EventType::TicketOpened,
        TicketEvent::Updated => EventType::TicketUpdated,
        TicketEvent::Resolved => EventType::TicketResolved,
        TicketEvent::Reopened => EventType::TicketReopened,
        TicketEvent::Escalated => EventType::TicketEscalated,
        TicketEvent::Cancelled => EventType::TicketCancelled,
    }
}

/// The status in TMF656's words. A suspicion has no ticket; it reads as one that is only pending.
fn status(state: State) -> &'static str {
    match state {
        State::Suspected => "pending",
        State::Open => "acknowledged",
        State::TakenUp => "inProgress",
        State::Resolved => "resolved",
        State::Cancelled => "cancelled",
    }
}

fn body<'a>(m: &'a TicketMessage, policy: &'a str) -> Body<'a> {
    let changed = m.changed.start().rfc3339();
    Body {
        type_: "ServiceProblem",
        id: &m.ticket,
        revision: m.revision,
        category: "network.home-quality",
        priority: m.priority,
        status: status(m.state),
        escalation: m.escalation.to_string(),
        reason: m.cause,
        description: description(m),
        created: m.opened.start().rfc3339(),
        resolved: (m.state == State::Resolved).then(|| changed.clone()),
        changed,
        originator: Party { name: "homeqos", role: "originator" },
        locations: locations(m),
        resources: m.cells.iter().map(resource).collect(),
        services: m.figures.homes_degraded,
        why: why(m, policy),
    }
}

fn resource(cell: &CellShare) -> Resource<'_> {
    let (homes, degraded) = (cell.homes, cell.degraded);
    Resource { id: &cell.cell, referred_type: "Cell", role: "serving", homes, degraded }
}

fn locations(m: &TicketMessage) -> Vec<Location<'_>> {
    let (lat, lon) = (m.pos.map(LatLon::lat), m.pos.map(LatLon::lon));
    let site = Location { id: &m.area, role: "site", lat, lon, homes: None, degraded: None };
    let spots = m.spots.iter().map(|s| {
        let (lat, lon) = (s.centre.map(LatLon::lat), s.centre.map(LatLon::lon));
        Location { id: &s.hexagon, role: "hexagon", lat, lon, homes: Some(s.homes), degraded: Some(s.degraded) }
    });
    std::iter::once(site).chain(spots).collect()
}

fn why<'a>(m: &'a TicketMessage, policy: &'a str) -> Why<'a> {
    let done = matches!(m.state, State::Resolved | State::Cancelled);
    let told = |figures: &'a Option<Figures>| figures.as_ref().filter(|_| done).map(Told::from);
    Why {
        cause: m.cause,
        scope: m.scope.kind(),
        since: m.since.iso(),
        homes_seen: m.figures.homes_seen,
        homes_degraded: m.figures.homes_degraded,
        share: hundredths(m.figures.share),
        share_lower_bound: hundredths(m.figures.share_lower_bound),
        min_share: m.min_share,
        reasons: m.evidence.iter().map(line).collect(),
        busy_hours: &m.busy_hours,
        contacts: m.figures.contacts,
        value_at_risk_eur: m.figures.value_at_risk_eur,
        candidates: m.candidates,
        linked: &m.linked,
        before: told(&m.before),
        after: told(&m.after),
        homes_helped: m.homes_helped,
        ending: m.ending.map(Ending::as_str),
        merged_into: m.merged_into.as_deref(),
        policy,
    }
}

fn line(e: &TicketEvidence) -> Line<'_> {
    Line {
        indicator: e.indicator,
        statistic: e.statistic,
        observed: e.observed,
        unit: e.unit,
        threshold: e.threshold,
        direction: e.direction,
        window: e.window,
        samples: e.samples,
        baseline: e.baseline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbourhood::{Scope, candidates};
    use crate::units::{Day, Minute};

    fn message() -> TicketMessage {
        let figures = Figures {
            homes_seen: 60,
            homes_degraded: 37,
            share: 0.6167,
            share_lower_bound: 0.4902,
            contacts: 11,
            value_at_risk_eur: 14_300,
            indicator: Some(-3.1),
        };
        TicketMessage {
            event: TicketEvent::Opened,
            area: "16419".into(),
            pos: LatLon::new(45.7612, 4.8391),
            ticket: "tk_91ab".to_owned(),
            revision: 1,
            at: Minute(29_877_510),
            cause: Cause::Interference,
            scope: Scope::Site,
            state: State::Open,
            ending: None,
            merged_into: None,
            priority: 2,
            escalation: 0,
            since: Day(20_745),
            opened: Minute(29_877_510),
            changed: Minute(29_877_510),
            figures,
            min_share: 0.30,
            before: Some(figures),
            after: None,
            homes_helped: None,
            cells: vec![CellShare { cell: "208-01-4203265".into(), homes: 40, degraded: 30 }],
            spots: Vec::new(),
            evidence: vec![TicketEvidence {
                indicator: "sinr_db",
                statistic: "p10",
                observed: -3.1,
                unit: "dB",
                threshold: 0.0,
                direction: "below",
                window: "P14D",
                samples: 9120,
                baseline: Some(5.8),
            }],
            busy_hours: vec![18, 19, 20, 21],
            candidates: &candidates(Cause::Interference)[..2],
            linked: vec!["tk_77f0".to_owned()],
        }
    }

    #[test]
    fn an_opened_ticket_is_the_contracts() {
        let action = ticket(&message(), "lyon", "sha256:3f");
        let contract = r#"{"@type":"ServiceProblem","id":"tk_91ab","revision":1,"category":"network.home-quality","priority":2,"status":"acknowledged","problemEscalation":"0",
 "reason":"interference","description":"37 of 60 homes on site 16419 are degraded since 19 October, RSRQ and SINR poor with good RSRP.",
 "creationDate":"2026-10-22T06:30:00Z","statusChangeDate":"2026-10-22T06:30:00Z","originatorParty":{"name":"homeqos","role":"originator"},
 "affectedLocation":[{"id":"16419","role":"site","lat":45.7612,"lon":4.8391}],
 "affectedResource":[{"id":"208-01-4203265","@referredType":"Cell","role":"serving","homes":40,"degraded":30}],
 "affectedNumberOfServices":37,
 "why":{"cause":"interference","scope":"site","since":"2026-10-19","homes_seen":60,"homes_degraded":37,"share":0.62,"share_lower_bound":0.49,"min_share":0.3,
  "reasons":[{"indicator":"sinr_db","statistic":"p10","observed":-3.1,"unit":"dB","threshold":0.0,"direction":"below","window":"P14D","samples":9120,"baseline":5.8}],
  "busy_hours":[18,19,20,21],"contacts":11,"value_at_risk_eur":14300,
  "candidates":[{"parameter":"electricalTilt","mends":"overlap"},{"parameter":"referenceSignalPower","mends":"overlap"}],"linked":["tk_77f0"],"policy":"sha256:3f"}}"#;
        let contract: String =
            contract.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_start()).collect();
        assert_eq!(action.body, contract, "field for field, in the contract's order");
        assert_eq!((action.key.as_str(), action.event), ("16419", EventType::TicketOpened));
        assert!(action.headers.contains(&("ce_id".to_owned(), "tk_91ab.1".to_owned())));
    }

    #[test]
    fn a_resolved_ticket_tells_before_after_and_homes_helped() {
        let after = Figures { homes_degraded: 4, share: 0.0667, ..message().figures };
        let done = TicketMessage {
            event: TicketEvent::Resolved,
            state: State::Resolved,
            revision: 3,
            figures: after,
            after: Some(after),
            homes_helped: Some(33),
            ..message()
        };
        let action = ticket(&done, "lyon", "sha256:3f");
        let body: serde_json::Value = serde_json::from_str(&action.body).unwrap();
        assert_eq!(body["status"], "resolved");
        assert_eq!(body["resolutionDate"], "2026-10-22T06:30:00Z");
        assert_eq!(
            (&body["why"]["before"]["homes_degraded"], &body["why"]["after"]["homes_degraded"]),
            (&37.into(), &4.into())
        );
        assert_eq!(body["why"]["homes_helped"], 33);
        assert_eq!(action.event.as_str(), "org.homeqos.ticket.resolved.v1");
    }

    #[test]
    fn a_ticket_that_stands_on_what_homes_show_together_says_what_that_is() {
        let sessions = TicketEvidence {
            indicator: "dl_kbps",
            statistic: "share_poor_busy_hours",
            observed: 0.72,
            samples: 142,
            ..message().evidence.remove(0)
        };
        let said = |cause, homes_degraded, share_lower_bound| {
            let figures = Figures { homes_seen: 30, homes_degraded, share_lower_bound, ..message().figures };
            super::description(&TicketMessage { cause, figures, evidence: vec![sessions.clone()], ..message() })
        };
        assert_eq!(
            said(Cause::Congestion, 3, 0.03),
            "3 of 30 homes on site 16419 are degraded since 19 October, throughput poor with good radio, worse in the \
             busy hours; its homes together in a week: 72 % of 142 sessions in the busy hours are slow."
        );
        assert!(said(Cause::Congestion, 20, 0.48).ends_with("worse in the busy hours."), "the share says enough");
        assert!(said(Cause::Mobility, 3, 0.03).ends_with("at changes of cell."), "nothing was measured");
    }

    #[test]
    fn a_ticket_that_is_taken_up_escalated_or_merged_says_so() {
        let merged = Some("tk_site".to_owned());
        let m = TicketMessage { state: State::TakenUp, escalation: 2, merged_into: merged, ..message() };
        let body: serde_json::Value = serde_json::from_str(&ticket(&m, "lyon", "p").body).unwrap();
        assert_eq!((&body["status"], &body["problemEscalation"]), (&"inProgress".into(), &"2".into()));
        assert_eq!(body["why"]["merged_into"], "tk_site");
        assert!(body["why"].get("before").is_none(), "before is compared only when it is over");
    }
}
