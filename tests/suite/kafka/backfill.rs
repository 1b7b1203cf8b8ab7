//! The first start on topics that already hold weeks: history is folded without an offer, then the clock on the wall rules.

use std::collections::BTreeSet;
use std::time::Duration;

use homeqos::sim::{SimRecord, TownSpec};
use homeqos::units::{Millis, Zone};

use super::lives::decisions;
use super::town::{preload, records};
use crate::support::broker::Broker;
use crate::support::product::Product;
use crate::support::records::{Read, Sent, produce, read_all, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::town::keyed_topics;
use crate::support::{or_skip, ports, wait_for};

const LIMIT: Duration = Duration::from_mins(5);

/// Whoever is due is asked at once, whatever the hour of this test.
const AT_ONCE: &str = "[time]\nmode = \"wall\"\n[area]\nstage = \"off\"\n[perception.felt]\nfelt_from = 0.3\nsilent_felt_from = 0.3\n\
                       [decide]\nsettle_minutes = 1\nholdout_share = 0.0\nsurge_share = 1.0\nquiet_from_hour = 0\nquiet_to_hour = 0\n";

/// A town whose last weeks lead up to this moment.
fn history(now: Millis) -> Vec<SimRecord> {
    let mut spec = TownSpec { deep_indoor_share: 0.15, faults: Vec::new(), ..TownSpec::demo(3) };
    let today = Zone::named(&spec.zone).expect("the town's zone").local(now).day;
    spec.start = today.plus(1 - i32::from(spec.days));
    let town = records(&spec, 2);
    town.into_iter().filter(|record| record.ts.is_none_or(|ts| ts < now.plus(-2 * Millis::MINUTE))).collect()
}

/// Customers whom the journal holds back because history is being folded.
fn held(broker: &Broker, deployment: &Deployment) -> BTreeSet<String> {
    let held = decisions(broker, deployment).filter(|decision| decision["reason"] == "backfill");
    held.filter_map(|decision| Some(decision["customer"].as_str()?.to_owned())).collect()
}

/// Weak samples of this moment at the home that the view tells.
fn poor_now(product: &Product, customer: &str) -> Option<Sent> {
    let view: serde_json::Value = serde_json::from_str(&product.get(&format!("/v1/customers/{customer}")).1).ok()?;
    let (cell, ts) = (view["home"]["cells"][0].as_str()?, homeqos::shell::clock::wall().0);
    let value = format!(
        r#"{{"customer_id":"{customer}","ts":{ts},"cell_id":"{cell}","rat":"lte","kind":"measurement","rsrp_dbm":-121.0}}"#
    );
    Some(Sent { timestamp: Some(ts), ..Sent::new(customer, value) })
}

/// History makes no offer: each is of the time since the instance began.
fn is_of_now(offer: &Read, began: Millis) {
    let at: jiff::Timestamp = offer.header("ce_time").parse().expect("a time");
    assert!(at.as_millisecond() >= began.0 - Millis::MINUTE, "an offer of the past: {offer:?}");
}

#[test]
fn history_is_folded_without_an_offer_and_who_still_suffers_is_asked_afterwards() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("backfill", 2);
    deployment.create_topics(broker);
    let began = homeqos::shell::clock::wall();
    preload(broker, &deployment, &history(began));
    let port = ports::free();
    let config = deployment.config(broker, "one", port, AT_ONCE);
    let mut product = Product::start(&["run", "--config", config.to_str().unwrap()], port, &deployment.folder, "one");
    product.ready(LIMIT);
    wait_consumed(broker, &deployment.name, &keyed_topics(&deployment), LIMIT);
    let (actions, held) = (deployment.topic("offers"), held(broker, &deployment));
    assert!(!held.is_empty(), "nobody of the history would have been asked: {}", product.stderr());
    // One of today may be there already.
    for offer in read_all(broker, &actions) {
        is_of_now(&offer, began);
    }

    // Probes go on arriving: who suffers today is asked in the next minutes, and nobody for what is over.
    let asked = wait_for("an offer", LIMIT, || {
        let probes: Vec<_> = held.iter().filter_map(|customer| poor_now(&product, customer)).collect();
        produce(broker, &deployment.topic("probes"), probes);
        Some(read_all(broker, &actions)).filter(|made| !made.is_empty())
    });
    for offer in asked {
        is_of_now(&offer, began);
        assert!(offer.key.as_ref().is_some_and(|customer| held.contains(customer)), "{offer:?}");
    }
    assert!(product.terminate().success(), "{}", product.stderr());
}
