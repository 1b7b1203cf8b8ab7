//! A minute that decides about a whole lane: more decisions than one message of the journal holds.

use std::collections::BTreeMap;

use homeqos::ingest::Input;
use homeqos::limits::JOURNAL_ITEMS_MAX;
use homeqos::sim::SimRecord;
use homeqos::units::Millis;
use serde_json::{Value, json};

use super::lives::Lives;
use crate::support::broker::Broker;
use crate::support::or_skip;
use crate::support::records::{Read, read_all};
use crate::support::topics::Deployment;

/// Half as many again as one message holds.
const CROWD: usize = JOURNAL_ITEMS_MAX * 3 / 2;

/// 10 November 2026, 18:00 UTC.
const EVENING: Millis = Millis(1_794_333_600_000);

fn record(input: Input, key: &str, ts: Millis, value: &Value) -> SimRecord {
    SimRecord { input, key: key.to_owned(), ts: Some(ts), value: Some(value.to_string()) }
}

fn probe(key: &str, ts: Millis) -> SimRecord {
    let value = json!({"customer_id": key, "ts": ts.0, "kind": "measurement", "rat": "lte",
                       "cell_id": "208-01-4203265", "rsrp_dbm": -120, "rsrq_db": -18, "sinr_db": -4});
    record(Input::Probes, key, ts, &value)
}

/// Customers of one cell with three bad days and a complaint each, none of whom may be asked.
fn crowd() -> Vec<SimRecord> {
    let ids: Vec<String> = (0..CROWD).map(|n| format!("crowd-{n}")).collect();
    let row = |id: &String| {
        let value = json!({"customer_id": id, "churn_risk": 0.02, "arpu_eur": 20.0, "home_lat": 48.85, "home_lon": 2.35,
                           "consent": {"network_care": false, "marketing": false, "location": true}});
        record(Input::Crm, id, EVENING.plus(-4 * Millis::DAY), &value)
    };
    let cell = json!({"cell_id": "208-01-4203265", "site_id": "16419", "lat": 48.85, "lon": 2.35, "rat": "lte"});
    let mut all = vec![record(Input::Cells, "208-01-4203265", EVENING, &cell)];
    all.extend(ids.iter().map(row));
    for day in (0..3).rev() {
        for hour in (0..8).rev() {
            let ts = EVENING.plus(-day * Millis::DAY - hour * Millis::HOUR);
            all.extend(ids.iter().map(|id| probe(id, ts)));
        }
    }
    all.extend(ids.iter().map(|id| {
        let value = json!({"contact_id": format!("K-{id}"), "customer_id": id, "ts": EVENING.0, "channel": "phone",
                           "reason_code": "NETWORK_INDOOR"});
        record(Input::Contacts, id, EVENING, &value)
    }));
    all.extend((1..=3).map(|hour| probe("somebody", EVENING.plus(hour * Millis::HOUR))));
    all
}

#[test]
fn a_minute_that_decides_about_a_whole_lane_is_journalled_in_parts_and_outlives_a_crash() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("crowd", 1);
    deployment.create_topics(broker);
    let mut lives = Lives::new(broker, &deployment);
    lives.feed(&crowd());
    let mut product = lives.begin("");
    lives.consumed(&mut product);
    product.kill();
    let mut product = lives.begin("");
    lives.feed(&[probe("somebody", EVENING.plus(4 * Millis::HOUR))]);
    lives.consumed(&mut product);
    assert!(product.terminate().success(), "{}", product.stderr());
    let said = product.stderr();
    assert!(said.contains("lane restored") && !said.contains("differs from the journal"), "{said}");

    let journal: Vec<Value> = read_all(broker, &deployment.topic("journal")).iter().map(Read::json).collect();
    let parted = journal.iter().filter(|record| record["parts"].as_u64().is_some_and(|parts| parts > 0)).count();
    assert!(parted > 0, "no epoch had more decisions than a message holds");
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for decision in journal.iter().flat_map(|record| record["decisions"].as_array().expect("decisions")) {
        assert_eq!((&decision["verdict"], &decision["reason"]), (&json!("held"), &json!("no_consent")));
        *held.entry(decision["customer"].as_str().expect("a customer")).or_default() += 1;
    }
    assert_eq!(held.len(), CROWD);
    assert!(held.values().all(|times| *times == 1), "what a part says is known after the crash");
}
