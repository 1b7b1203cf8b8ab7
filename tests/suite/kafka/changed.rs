//! After the crash the world is another: program, policy, inventory, CRM rows, what retention has left. The recorded
//! decisions alone keep the actions single and complete.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use homeqos::ingest::Input;
use homeqos::sim::{SimRecord, TownSpec};
use homeqos::units::Partitioner;

use super::lives::{LIMIT, Lives};
use super::town::records;
use crate::support::broker::Broker;
use crate::support::product::{Product, binary};
use crate::support::records::{Sent, produce, read_all};
use crate::support::topics::Deployment;
use crate::support::{http, or_skip, wait_for};

const LANES: u16 = 4;

/// Nobody feels anything, and nothing is in stock.
const STRICT: &str = "[perception.felt]\nfelt_from = 0.999\n[decide.catalogue.femtocell]\nstock_per_day = 0\n\
                      [decide.catalogue.vowifi_activation]\nstock_per_day = 0\n";
/// Everybody is asked, at once and again: what was made before the crash is all that keeps it from being made twice.
const EAGER: &str = "[perception.felt]\nfelt_from = 0.05\n[decide]\nsettle_minutes = 1\noffers_per_90_days = 8\n\
                     holdout_share = 0.0\nquiet_from_hour = 0\nquiet_to_hour = 0\nchannel_caps_30_days = { phone = 30 }\n\
                     [decide.economics]\nz = 0.0\n[decide.catalogue.femtocell]\nstock_per_day = 100000\n";

fn divergences(product: &Product) -> f64 {
    product.metric("homeqos_replay_divergence_total").expect("the series")
}

/// Slices of a town, so that each of them sees decisions: most fall into its second half.
fn slices(town: &[SimRecord]) -> [&[SimRecord]; 3] {
    let (first, rest) = town.split_at(town.len() * 6 / 10);
    let (second, third) = rest.split_at(rest.len() / 2);
    [first, second, third]
}

/// Every cell at another place, under another site: what it was when the decisions were taken is gone.
fn moved_cells(town: &[SimRecord]) -> Vec<SimRecord> {
    let cells = town.iter().filter(|record| record.input == Input::Cells);
    let moved = cells.map(|record| {
        let mut cell: serde_json::Value = serde_json::from_str(record.value.as_deref().expect("a cell")).expect("JSON");
        cell["lat"] = (cell["lat"].as_f64().expect("a latitude") + 1.0).into();
        cell["site_id"] = format!("moved-{}", cell["site_id"].as_str().expect("a site")).into();
        SimRecord { value: Some(cell.to_string()), ..record.clone() }
    });
    moved.collect()
}

/// `HOMEQOS_EARLIER` names the program of an earlier release (`tests/run upgrade COMMIT` builds one). It lives the first
/// life then, and nothing but the program is another after the crash.
#[test]
fn a_process_that_comes_back_with_another_policy_and_inventory_makes_no_action_twice_and_loses_none() {
    let broker = or_skip!(Broker::shared());
    let earlier = std::env::var_os("HOMEQOS_EARLIER").map(PathBuf::from);
    let deployment = Deployment::new("changed", i32::from(LANES));
    deployment.create_topics(broker);
    let mut lives = Lives::new(broker, &deployment);
    let town = records(&TownSpec::demo(5), LANES);
    let [first, second, third] = slices(&town);

    let other_program = earlier.is_some();
    lives.program = earlier.unwrap_or_else(binary);
    let before = lives.first(first);
    lives.program = binary();

    if !other_program {
        lives.feed(&moved_cells(&town));
    }
    lives.feed(second);
    let mut product = lives.begin(if other_program { "" } else { STRICT });
    lives.half_consumed(&mut product);
    wait_for("a decision that the second life would not have taken", LIMIT, || {
        (divergences(&product) > 0.0).then_some(())
    });
    product.kill();

    let mut product = lives.begin(EAGER);
    lives.consumed(&mut product);
    product.kill();

    lives.feed(third);
    let mut product = lives.begin("");
    lives.consumed(&mut product);
    assert!(product.terminate().success(), "{}", product.stderr());
    let after = lives.are_single_and_complete();
    assert!(after.is_superset(&before) && after.len() > before.len(), "{} actions, then {}", before.len(), after.len());
    lives.cooldowns_hold();
    assert!(lives.policies().len() > 1, "actions were made under one policy only");
}

/// Customers with an offer in the topic, in the order of the offers.
fn offered(lives: &Lives<'_>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let read = read_all(lives.broker, &lives.deployment.topic("offers"));
    read.into_iter().filter_map(|action| action.key).filter(|key| seen.insert(key.clone())).collect()
}

/// Writes CRM rows anew, and tombstones for who is erased.
fn rewrite_crm(lives: &Lives<'_>, town: &[SimRecord], erased: &BTreeSet<String>, churn_risk: f64) {
    let rows = town.iter().filter(|record| record.input == Input::Crm && record.value.is_some());
    let rows = rows.map(|record| {
        if erased.contains(&record.key) {
            return Sent::tombstone(&record.key);
        }
        let mut row: serde_json::Value = serde_json::from_str(record.value.as_deref().expect("a row")).expect("JSON");
        row["churn_risk"] = churn_risk.into();
        Sent { timestamp: record.ts.map(|ts| ts.0), ..Sent::new(&record.key, row.to_string()) }
    });
    produce(lives.broker, &lives.deployment.topic("crm"), rows);
}

/// Waits until the broker has compacted the CRM topic to the newest row of each customer, and nothing of the erased: not
/// even their tombstones.
fn compacted(lives: &Lives<'_>, customers: usize) {
    let topic = lives.deployment.topic("crm");
    // Only what lies in a closed segment is compacted; a write after segment.ms closes one.
    let of = |lane: u16| {
        let mut keys = (0..).map(|n| format!("roll-{n}"));
        keys.find(|key| Partitioner::Murmur2.partition(key.as_bytes(), LANES) == lane).expect("some key hashes there")
    };
    let keys: Vec<String> = (0..LANES).map(of).collect();
    wait_for("CRM rows to be compacted", LIMIT, || {
        produce(lives.broker, &topic, keys.iter().map(|key| Sent::tombstone(key)));
        let read = read_all(lives.broker, &topic);
        let rows = read.iter().filter(|r| r.key.as_deref().is_some_and(|key| !key.starts_with("roll-"))).count();
        (rows <= customers).then_some(())
    });
}

/// Customers that the lanes of a life found missing in CRM, by its log. A lane may be restored more than once, and has
/// erased them by then, or not yet.
fn found_missing(product: &Product) -> usize {
    let said = product.stderr();
    let number = |line: &str, name: &str| -> Option<usize> { line.split_once(name)?.1.split(' ').next()?.parse().ok() };
    let told = said.lines().filter(|line| line.contains("CRM was read again"));
    let mut by_lane = BTreeMap::new();
    for (lane, erased) in told.filter_map(|line| Some((number(line, " lane=")?, number(line, " erased=")?))) {
        let most: &mut usize = by_lane.entry(lane).or_default();
        *most = erased.max(*most);
    }
    by_lane.into_values().sum()
}

#[test]
fn crm_rows_that_were_changed_erased_and_compacted_meanwhile_lose_no_action_and_double_none() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("compacted", i32::from(LANES));
    deployment.create_topics(broker);
    let mut lives = Lives::new(broker, &deployment);
    let town = records(&TownSpec::demo(6), LANES);
    let [first, second, third] = slices(&town);

    lives.feed(first);
    let mut product = lives.begin("");
    lives.consumed(&mut product);
    let of = offered(&lives);
    assert!(of.len() >= 6, "the town needs some offers: {of:?}");
    let mut erased: BTreeSet<String> = of[..2].iter().cloned().collect();
    rewrite_crm(&lives, &town, &erased, 0.02);
    lives.consumed(&mut product);
    product.kill();

    // While nobody runs: rows change, more customers go, and the broker compacts.
    erased.extend(of[2..4].iter().cloned());
    rewrite_crm(&lives, &town, &erased, 0.05);
    let settings = [("cleanup.policy", "compact"), ("segment.ms", "200"), ("min.cleanable.dirty.ratio", "0.001")];
    let topic = deployment.topic("crm");
    lives.set(&topic, &[settings.as_slice(), &[("delete.retention.ms", "100"), ("retention.ms", "-1")]].concat());
    let customers = town.iter().filter(|r| r.input == Input::Crm).map(|r| &r.key).collect::<BTreeSet<_>>().len();
    compacted(&lives, customers - erased.len());

    lives.feed(second);
    let mut product = lives.begin(EAGER);
    lives.half_consumed(&mut product);
    // Half of the records may be those of two lanes, while the others are being restored.
    wait_for("the two to be missed", LIMIT, || (found_missing(&product) >= 2).then_some(()));
    assert_eq!(found_missing(&product), 2, "{}", product.stderr());
    erased.extend(of[4..6].iter().cloned());
    rewrite_crm(&lives, &town, &erased, 0.05);
    product.kill();

    let made = |lives: &Lives<'_>| -> Vec<(i32, i64, String)> {
        let read = read_all(lives.broker, &lives.deployment.topic("offers")).into_iter();
        let made = read.filter(|action| action.header("ce_id").ends_with(".1"));
        made.filter_map(|action| Some((action.partition, action.offset, action.key?))).collect()
    };
    let mut product = lives.begin("");
    lives.consumed(&mut product);
    let before: BTreeSet<_> = made(&lives).into_iter().collect();
    lives.feed(third);
    lives.consumed(&mut product);
    lives.are_single_and_complete();
    let later: Vec<_> = made(&lives).into_iter().filter(|action| !before.contains(action)).collect();
    assert!(later.iter().all(|(.., customer)| !erased.contains(customer)), "{later:?} of the erased {erased:?}");
    for customer in &erased {
        let asked = http::get(product.http_port(), &format!("/v1/customers/{customer}"));
        assert_eq!(asked.expect("an answer").0, 404, "{customer} was erased");
    }
    let staying = town.iter().filter(|r| r.input == Input::Crm && !erased.contains(&r.key)).take(20);
    for customer in staying.map(|record| &record.key) {
        let asked = http::get(product.http_port(), &format!("/v1/customers/{customer}"));
        assert_eq!(asked.expect("an answer").0, 200, "{customer} is still in CRM");
    }
    assert!(product.terminate().success(), "{}", product.stderr());
}

#[test]
fn deleted_inputs_are_refused_with_what_to_do_and_gone_on_without_when_accepted() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("deleted", i32::from(LANES));
    deployment.create_topics(broker);
    let mut lives = Lives::new(broker, &deployment);
    let town = records(&TownSpec::demo(7), LANES);
    let [first, second, third] = slices(&town);

    let before = lives.first(first);
    for input in Input::KEYED.into_iter().filter(|input| *input != Input::Crm) {
        lives.delete_committed(input.as_str());
    }

    let mut product = lives.begin("");
    let status = product.wait(Duration::from_mins(1));
    assert_eq!(status.code(), Some(4), "{}", product.stderr());
    let said = product.stderr();
    let sentence = "that its recovery needs are deleted; state.on_replay_gap = \"accept\" goes on without them";
    assert!(said.contains(sentence), "{said}");

    // All at once is asked again of everybody who is still known: only what is on record holds it back.
    let accept = format!("{EAGER}[state]\non_replay_gap = \"accept\"\n");
    lives.feed(second);
    let mut product = lives.begin(&accept);
    lives.consumed(&mut product);
    assert!(product.stderr().contains("going on without them, as configured"), "{}", product.stderr());
    product.kill();
    lives.feed(third);
    let mut product = lives.begin(&accept);
    lives.consumed(&mut product);
    assert!(product.terminate().success(), "{}", product.stderr());
    assert!(lives.are_single_and_complete().is_superset(&before));
    lives.cooldowns_hold();
}
