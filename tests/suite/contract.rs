//! The contract of `cem.actions`: what a consumer may rely on, field by field, in the messages of a town that lived through
//! a real broker. Read by a plain `read_committed` consumer that shares nothing with the product.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use homeqos::act::EventType;
use homeqos::decide::{Reason, Stage};
use homeqos::home::HomeStatus;
use homeqos::ingest::{Channel, OutcomeStatus, ProbeKind, RejectCode};
use homeqos::neighbourhood::{Ending, State};
use homeqos::perception::Direction;
use homeqos::sim::{Town, TownSpec};
use homeqos::units::{ActionKind, Cause, Rat, Segment};
use serde_json::Value;

use crate::support::broker::Broker;
use crate::support::product::Product;
use crate::support::records::{Read, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::town::{Actions, keyed_topics, send_events, send_rows};
use crate::support::{or_skip, ports};

const LIMIT: Duration = Duration::from_mins(4);

/// The contract for people.
const DOCS: &str = include_str!("../../docs/topics.md");
const K: u64 = 5;

/// What stands at a place of a body.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Is(&'static str),
    OneOf(&'static [&'static str]),
    Number,
    Time,
    Date,
    List,
    Policy,
}

const CAUSES: Kind =
    Kind::OneOf(&["coverage", "interference", "congestion", "mobility", "outage", "building", "device"]);
const CHANNELS: Kind = Kind::OneOf(&["app", "sms", "email", "phone", "letter"]);

/// An offer, after TMF680.
const OFFER: &[(&str, Kind)] = &[
    ("/@type", Kind::Is("Recommendation")),
    ("/recommendationType", Kind::Is("proactiveCare")),
    ("/recommendationDate", Kind::Time),
    ("/validFor/startDateTime", Kind::Time),
    ("/validFor/endDateTime", Kind::Time),
    ("/relatedParty/0/id", Kind::Text),
    ("/relatedParty/0/role", Kind::Is("customer")),
    ("/relatedParty/0/@referredType", Kind::Is("Customer")),
    ("/channel/0/id", CHANNELS),
    ("/recommendationItem/0/id", Kind::Is("1")),
    ("/recommendationItem/0/priority", Kind::Number),
    ("/recommendationItem/0/product/productOffering/id", Kind::Text),
    ("/recommendationItem/0/product/productOffering/name", Kind::Text),
    ("/why/cause", CAUSES),
    ("/why/episode", Kind::Date),
    ("/why/home/status", Kind::OneOf(&["confirmed", "declared"])),
    ("/why/home/site", Kind::Text),
    ("/why/reasons", Kind::List),
    ("/why/perceived/probability", Kind::Number),
    ("/why/perceived/target", Kind::Number),
    ("/why/perceived/phrases", Kind::List),
    ("/why/churn_risk", Kind::Number),
    ("/why/gain_eur/value", Kind::Number),
    ("/why/gain_eur/sd", Kind::Number),
    ("/why/gain_eur/cost", Kind::Number),
    ("/why/alternatives", Kind::List),
    ("/why/policy", Kind::Policy),
];

/// A ticket, after TMF656.
const TICKET: &[(&str, Kind)] = &[
    ("/@type", Kind::Is("ServiceProblem")),
    ("/revision", Kind::Number),
    ("/category", Kind::Is("network.home-quality")),
    ("/priority", Kind::Number),
    ("/status", Kind::OneOf(&["acknowledged", "inProgress", "resolved", "cancelled"])),
    ("/problemEscalation", Kind::OneOf(&["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"])),
    ("/reason", CAUSES),
    ("/description", Kind::Text),
    ("/creationDate", Kind::Time),
    ("/statusChangeDate", Kind::Time),
    ("/originatorParty/name", Kind::Is("homeqos")),
    ("/originatorParty/role", Kind::Is("originator")),
    ("/affectedLocation/0/role", Kind::OneOf(&["site", "cell", "hexagon"])),
    ("/affectedResource", Kind::List),
    ("/affectedNumberOfServices", Kind::Number),
    ("/why/cause", CAUSES),
    ("/why/since", Kind::Date),
    ("/why/homes_seen", Kind::Number),
    ("/why/homes_degraded", Kind::Number),
    ("/why/share", Kind::Number),
    ("/why/share_lower_bound", Kind::Number),
    ("/why/min_share", Kind::Number),
    ("/why/reasons", Kind::List),
    ("/why/busy_hours", Kind::List),
    ("/why/contacts", Kind::Number),
    ("/why/value_at_risk_eur", Kind::Number),
    ("/why/candidates", Kind::List),
    ("/why/linked", Kind::List),
    ("/why/policy", Kind::Policy),
];

/// One of an action's reasons.
const REASON: &[(&str, Kind)] = &[
    ("/indicator", Kind::Text),
    ("/observed", Kind::Number),
    ("/unit", Kind::Text),
    ("/threshold", Kind::Number),
    ("/direction", Kind::OneOf(&["above", "below"])),
    ("/window", Kind::Text),
    ("/samples", Kind::Number),
];

fn time(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}

fn fits(kind: Kind, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match kind {
        Kind::Text => !text.is_empty(),
        Kind::Is(word) => text == word,
        Kind::OneOf(words) => words.contains(&text),
        Kind::Number => value.is_number(),
        Kind::Time => time(text).is_some(),
        Kind::Date => text.parse::<jiff::civil::Date>().is_ok(),
        Kind::List => value.is_array(),
        Kind::Policy => text.strip_prefix("sha256:").is_some_and(|hash| hash.len() == 64),
    }
}

fn check_shape(body: &Value, shape: &[(&str, Kind)]) {
    for (place, kind) in shape {
        let value = body.pointer(place).unwrap_or_else(|| panic!("no {place} in {body:#}"));
        assert!(fits(*kind, value), "{place} is {value} in {body:#}");
    }
}

/// `of_` or `tk_` and 128 bits in lower-case hex.
fn is_id(id: &str, prefix: &str) -> bool {
    let hex = id.strip_prefix(prefix).unwrap_or_default();
    hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn check_headers(action: &Read, deployment: &Deployment) {
    let body = action.json();
    let id = body["id"].as_str().expect("an id");
    let key = action.key.as_deref().expect("a key");
    assert_eq!(action.header("ce_specversion"), "1.0");
    assert_eq!(action.header("content-type"), "application/json");
    assert_eq!(action.header("ce_source"), format!("/homeqos/{}", deployment.name));
    assert_eq!(action.header("ce_subject"), key);
    assert!(time(action.header("ce_time")).is_some(), "{action:?}");
    let revision = action.header("ce_id").strip_prefix(&format!("{id}.")).unwrap_or_default();
    assert!(revision.parse::<u32>().is_ok_and(|revision| revision > 0), "ce_id {}", action.header("ce_id"));
}

fn check_offer(action: &Read) {
    let body = action.json();
    assert!(is_id(body["id"].as_str().unwrap(), "of_"), "{body:#}");
    if Actions::word(action) == "offer.withdrawn" {
        assert_eq!(action.header("ce_id").rsplit('.').next(), Some("2"));
        let fields: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["id", "status", "why"].into());
        return check_shape(&body, &[("/status", Kind::Is("withdrawn")), ("/why/reason", Kind::Text)]);
    }
    check_shape(&body, OFFER);
    assert_eq!(action.header("ce_id").rsplit('.').next(), Some("1"));
    assert_eq!(body["relatedParty"][0]["id"].as_str(), action.key.as_deref());
    assert_eq!(body["recommendationDate"], body["validFor"]["startDateTime"]);
    let at = |name: &str| time(body["validFor"][name].as_str().unwrap()).unwrap().as_second();
    assert_eq!(at("endDateTime") - at("startDateTime"), 14 * 86_400);
    let reasons = body["why"]["reasons"].as_array().unwrap();
    assert!(!reasons.is_empty(), "{body:#}");
    for reason in reasons {
        check_shape(reason, REASON);
    }
    let alternative = [("/action", Kind::Text), ("/stage", Kind::Text), ("/reason", Kind::Text)];
    body["why"]["alternatives"].as_array().unwrap().iter().for_each(|lost| check_shape(lost, &alternative));
}

fn check_ticket(action: &Read, customers: &BTreeSet<&str>) {
    let body = action.json();
    assert!(is_id(body["id"].as_str().unwrap(), "tk_"), "{body:#}");
    check_shape(&body, TICKET);
    assert_eq!(action.header("ce_id").rsplit('.').next(), Some(body["revision"].to_string().as_str()));
    body["why"]["reasons"].as_array().unwrap().iter().for_each(|reason| check_shape(reason, REASON));
    for location in body["affectedLocation"].as_array().unwrap() {
        let homes = location["homes"].as_u64();
        assert!(location["role"] != "hexagon" || homes.is_some_and(|n| n >= K), "{location}");
    }
    for cell in body["affectedResource"].as_array().unwrap() {
        let counts = [("/id", Kind::Text), ("/homes", Kind::Number), ("/degraded", Kind::Number)];
        check_shape(cell, &counts);
        check_shape(cell, &[("/@referredType", Kind::Is("Cell")), ("/role", Kind::Is("serving"))]);
    }
    if Actions::word(action) == "ticket.resolved" {
        let told = [("/resolutionDate", Kind::Time), ("/why/before/homes_seen", Kind::Number)];
        check_shape(&body, &told);
        check_shape(&body, &[("/why/after/homes_seen", Kind::Number), ("/why/homes_helped", Kind::Number)]);
    }
    let text = String::from_utf8_lossy(action.value.as_deref().unwrap()).into_owned();
    let named =
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').find(|w| customers.contains(w));
    assert_eq!(named, None, "a ticket names a customer");
}

/// Revisions of one action go up one by one, and none comes twice.
fn check_revisions(actions: &Actions) {
    let mut last: BTreeMap<String, u32> = BTreeMap::new();
    for action in &actions.0 {
        let (id, revision) = action.header("ce_id").rsplit_once('.').expect("a revision");
        let before = last.insert(id.to_owned(), revision.parse().unwrap()).unwrap_or_default();
        assert_eq!(last[id], before + 1, "{id}");
    }
}

/// Every figure that speaks is explained.
fn check_reasons(actions: &Actions) {
    let mut told = BTreeSet::new();
    for action in &actions.0 {
        for reason in action.json()["why"]["reasons"].as_array().into_iter().flatten() {
            told.insert(
                [&reason["indicator"], &reason["statistic"]].map(|word| word.as_str().unwrap_or("").to_owned()),
            );
        }
    }
    let explained = |[indicator, statistic]: &[String; 2]| {
        let row = format!("| `{indicator}` |");
        let names = |line: &str| statistic.is_empty() || line.contains(&format!("`{statistic}`"));
        DOCS.lines().any(|line| line.starts_with(&row) && names(line))
    };
    let dark: Vec<_> = told.iter().filter(|reason| !explained(reason)).collect();
    assert!(told.len() > 3 && dark.is_empty(), "docs/topics.md does not explain {dark:?} of {told:?}");
}

#[test]
fn the_contract_for_people_names_every_word_that_the_topics_carry() {
    macro_rules! words {
        ($($name:ty),+) => { [$(<$name>::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>()),+].concat() };
    }
    let words = words!(
        ProbeKind,
        OutcomeStatus,
        Channel,
        RejectCode,
        Rat,
        Segment,
        Cause,
        ActionKind,
        EventType,
        Stage,
        Reason,
        HomeStatus,
        State,
        Ending,
        Direction
    );
    // An act of the area stage, told by the ticket itself.
    let missing: Vec<_> =
        words.iter().filter(|word| **word != "network_ticket" && !DOCS.contains(&format!("`{word}`"))).collect();
    assert!(words.len() > 80 && missing.is_empty(), "docs/topics.md does not name {missing:?}");
}

#[test]
fn a_town_s_ticket_and_offers_on_a_real_broker_keep_the_contract() {
    let broker = or_skip!(Broker::shared());
    let town = Town::build(&TownSpec::demo(11));
    let deployment = Deployment::new("contract", 4);
    deployment.create_topics(broker);
    let port = ports::free();
    let settings = format!("[time]\nmode = \"input\"\nzone = {:?}\n", town.spec.zone);
    let config = deployment.config(broker, "one", port, &settings).display().to_string();
    let mut product = Product::start(&["run", "--config", &config], port, &deployment.folder, "one");
    product.ready(LIMIT);
    send_rows(&town, broker, &deployment);
    send_events(&town, broker, &deployment);
    wait_consumed(broker, &deployment.name, &keyed_topics(&deployment), LIMIT);
    assert!(product.terminate().success(), "{}", product.stderr());

    let actions = Actions::read(broker, &deployment);
    let customers: BTreeSet<&str> = town.truth.people.iter().map(|person| person.customer_id.as_ref()).collect();
    for action in &actions.0 {
        check_headers(action, &deployment);
        match Actions::word(action).as_str() {
            "offer.made" | "offer.withdrawn" => check_offer(action),
            "ticket.opened" | "ticket.updated" | "ticket.resolved" | "ticket.reopened" | "ticket.escalated"
            | "ticket.cancelled" => check_ticket(action, &customers),
            other => panic!("`{other}` is no type of the contract"),
        }
    }
    check_revisions(&actions);
    check_reasons(&actions);
    let by_type = actions.by_type();
    let some = |word: &str| by_type.get(word).copied().unwrap_or_default();
    assert!(some("offer_made") >= 1 && some("ticket_opened") >= 1, "the town gives both: {by_type:?}");
}
