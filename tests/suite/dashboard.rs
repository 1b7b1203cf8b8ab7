//! The dashboard and the alerts, asked of a real Prometheus that scrapes the real binary while a town lives through it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use homeqos::ingest::Input;
use homeqos::sim::{Town, TownSpec};
use homeqos::units::Partitioner;
use serde_json::{Value, json};

use crate::support::broker::Broker;
use crate::support::product::{Product, command};
use crate::support::prometheus::{Prometheus, program};
use crate::support::records::{Sent, produce, read_all, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::town::{Actions, count, keyed_topics, send_events, send_rows};
use crate::support::{now, or_skip, ports, root, wait_for};

const LIMIT: Duration = Duration::from_mins(4);
/// Records sent on purpose, beside the town's, so that each fate is seen: no JSON, a value out of range, a year old, sent
/// again, a tombstone of nobody, one of a customer and a probe after it, and the outcome of a ticket.
const NOT_JSON: u64 = 7;
const OUT_OF_RANGE: u64 = 5;
const LATE: u64 = 4;
const DUPLICATE: u64 = 3;
const CONTROL: u64 = 2;
const ERASED: u64 = 2;
const FORWARDED: u64 = 1;

/// What a panel's query must give.
enum Must {
    /// These values by label, and zero for every other series.
    Be(BTreeMap<String, u64>),
    /// This sum over all series.
    Sum(u64),
    /// The sum over all series lies above zero.
    BeAbove,
    /// All series are zero.
    BeZero,
    /// One series at least, of whatever value: it depends on the moment.
    BeThere,
}

fn one(value: u64) -> Must {
    Must::Be([(String::new(), value)].into())
}

/// The town as it was seen from outside: by a client of the topics and a caller of `/v1`.
struct Seen {
    sent: BTreeMap<Input, u64>,
    actions: Actions,
    dead: BTreeMap<String, u64>,
    views: Vec<Value>,
    held: BTreeMap<String, u64>,
    areas: u64,
    lanes: u64,
    area_lanes: u64,
}

impl Seen {
    fn views_by(&self, word: impl Fn(&Value) -> Option<String>) -> BTreeMap<String, u64> {
        count(self.views.iter().filter_map(word))
    }

    /// Records of the keyed inputs.
    fn consumed(&self) -> u64 {
        Input::KEYED.iter().filter_map(|input| self.sent.get(input)).sum()
    }

    /// How many records met a fate, by the legend of the panel of fates.
    fn fate(&self, legend: &str) -> u64 {
        let rejected = NOT_JSON + OUT_OF_RANGE;
        match legend {
            "consumed" => self.consumed(),
            "folded" => self.consumed() - rejected - LATE - DUPLICATE - CONTROL - ERASED - FORWARDED,
            "rejected" => rejected,
            "late" => LATE,
            "duplicate" => DUPLICATE,
            "control" => CONTROL,
            "forwarded" => FORWARDED,
            "erased" => ERASED,
            _ => panic!("no fate is called {legend}"),
        }
    }

    /// What each query must give, by its panel's title; a title that is missing here fails the test.
    fn expected(&self, title: &str, legend: &str) -> Must {
        let text = |v: &Value| v.as_str().map(str::to_owned);
        match title {
            "Customers" => one(self.views.len() as u64),
            "Homes by status" => Must::Be(self.views_by(|v| text(&v["home"]["status"]))),
            // The gauge has the cause of each customer's last evaluation, a view that of now, with what the neighbours'
            // rows say since; they agree on who suffers.
            "Suffering at home by cause" => Must::Sum(self.views_by(|v| text(&v["quality"]["cause"])).values().sum()),
            "Feel it" => one(self.views.iter().filter(|v| v["perceived"]["felt"] == true).count() as u64),
            "Open tickets by cause" => Must::Be(self.actions.open_tickets()),
            "Actions by kind since start" => Must::Be(self.actions.by_kind()),
            "Held back by reason since start" => Must::Be(self.held.clone()),
            "Lag in records"
            | "Unaccounted records"
            | "State mismatches"
            | "Replay divergence"
            | "Broken invariants" => Must::BeZero,
            "Rows held whole" => {
                let cells = self.sent[&Input::Cells];
                Must::Be([("cells".to_owned(), cells), ("areas".to_owned(), self.areas)].into())
            }
            "Customer lanes by state" => Must::Be([("running".to_owned(), self.lanes)].into()),
            "Area lanes by state" => Must::Be([("running".to_owned(), self.area_lanes)].into()),
            "Offers enabled" => one(1),
            "Actions an hour by type"
            | "Consumed a second by input"
            | "Rejected a second by reason"
            | "Epoch duration"
            | "Commit duration"
            | "Records an epoch"
            | "Epochs a second by result"
            | "Bytes a customer"
            | "Memory"
            | "Replay debt" => Must::BeAbove,
            "Fate of the consumed since start" => one(self.fate(legend)),
            "Lag in event time" | "Snapshot age" | "Last recovery" | "Rebalances in an hour" => Must::BeThere,
            _ => panic!("no one has said what the panel `{title}` must show"),
        }
    }
}

/// The values of a query by its one label (none: the empty word).
fn ask(prometheus: &Prometheus, query: &str) -> BTreeMap<String, f64> {
    let query = query.replace("$__rate_interval", "10m").replace("$__range", "10m");
    let label = |metric: &Value| {
        let first = metric.as_object().and_then(|labels| labels.values().next());
        first.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    prometheus.query(&query).into_iter().map(|(metric, value)| (label(&metric), value)).collect()
}

/// What is wrong with a panel's answer; `None` when it is as it must be.
fn judge(must: &Must, got: &BTreeMap<String, f64>) -> Option<String> {
    let sum: f64 = got.values().sum();
    let holds = match must {
        Must::Be(wanted) => {
            let labels: BTreeSet<_> = wanted.keys().chain(got.keys()).collect();
            let same = |label: &&String| {
                let wanted = wanted.get(*label).copied().unwrap_or_default() as f64;
                got.get(*label).is_some_and(|value| (value - wanted).abs() < 0.5)
            };
            labels.iter().all(same)
        }
        Must::Sum(wanted) => (sum - *wanted as f64).abs() < 0.5,
        Must::BeAbove => sum > 0.0 && got.values().all(|v| v.is_finite()),
        Must::BeZero => !got.is_empty() && got.values().all(|v| *v == 0.0),
        Must::BeThere => !got.is_empty() && got.values().all(|v| v.is_finite()),
    };
    let wanted = match must {
        Must::Be(wanted) => format!("{wanted:?}"),
        Must::Sum(wanted) => format!("the sum {wanted}"),
        Must::BeAbove => "above zero".to_owned(),
        Must::BeZero => "zero".to_owned(),
        Must::BeThere => "some number".to_owned(),
    };
    (!holds).then(|| format!("wanted {wanted}, got {got:?}"))
}

/// The answer once it is as it must be: the last state is scraped within seconds, and what is wrong then is wrong.
fn settle(prometheus: &Prometheus, query: &str, must: &Must) -> Result<BTreeMap<String, f64>, String> {
    let end = now() + Duration::from_secs(10);
    loop {
        let answer = ask(prometheus, query);
        match judge(must, &answer) {
            None => return Ok(answer),
            Some(fault) if now() > end => return Err(fault),
            Some(_) => std::thread::sleep(Duration::from_millis(250)),
        }
    }
}

/// Sends what the town does not: records of each fate. Returns how many of each input.
fn every_fate(broker: &Broker, deployment: &Deployment, town: &Town) -> BTreeMap<Input, u64> {
    let end = town.truth.end.0;
    let probe = |id: &str, ts: i64, rsrp: i32| {
        let value = json!({"customer_id": id, "ts": ts, "kind": "measurement", "rat": "lte", "rsrp_dbm": rsrp});
        Sent::new(id, value.to_string())
    };
    let (known, leaver) = (&town.truth.people[0].customer_id, &town.truth.people[1].customer_id);
    let year_ms = 365 * 86_400_000;
    let mut probes: Vec<_> = (0..NOT_JSON).map(|n| Sent::new(&format!("bad-{n}"), "{")).collect();
    probes.extend((0..OUT_OF_RANGE).map(|n| probe(&format!("bad-{n}"), end, 12)));
    probes.extend((0..LATE).map(|_| probe(known, end - year_ms, -100)));
    probes.extend((0..=DUPLICATE).map(|_| probe(known, end, -101)));
    let mut gone = vec![Sent::tombstone(leaver)];
    gone.extend((0..CONTROL).map(|n| Sent::tombstone(&format!("nobody-{n}"))));
    let rows = produce(broker, &deployment.topic("crm"), gone) as u64;
    wait_consumed(broker, &deployment.name, &keyed_topics(deployment), LIMIT);
    probes.push(probe(leaver, end, -102));
    let actions = Actions::read(broker, deployment);
    let ticket = actions.0.iter().find(|a| Actions::word(a) == "ticket.opened").expect("the town gets a ticket");
    let outcome = json!({"action_id": ticket.json()["id"], "ts": end, "status": "acknowledged"});
    let outcome = Sent::new(ticket.key.as_deref().unwrap(), outcome.to_string());
    let outcomes = produce(broker, &deployment.topic("outcomes"), [outcome]) as u64;
    let probes = produce(broker, &deployment.topic("probes"), probes) as u64;
    [(Input::Crm, rows), (Input::Outcomes, outcomes), (Input::Probes, probes)].into()
}

/// Who was heard in the very last minute is looked at when it is over; a view says already what that look will find. A
/// record in each lane: one without waits for the others' time before it follows, and the town ends at midnight.
fn a_minute_passes(broker: &Broker, deployment: &Deployment, town: &Town) -> u64 {
    let ts = town.truth.end.0 + 120_000;
    let staying = town.truth.people.iter().skip(2).map(|person| &person.customer_id);
    let lanes = deployment.lanes as u16;
    let by_lane: BTreeMap<_, _> =
        staying.map(|known| (Partitioner::Murmur2.partition(known.as_bytes(), lanes), known)).collect();
    assert_eq!(by_lane.len(), usize::from(lanes), "somebody lives in each lane");
    let survey = |known: &&String| json!({"customer_id": known, "ts": ts, "nps": 9, "about": "network"}).to_string();
    let surveys = by_lane.values().map(|known| Sent::new(known, survey(known)));
    produce(broker, &deployment.topic("surveys"), surveys) as u64
}

/// Lets a town live through a running homeqos and tells what was seen from outside.
fn live(broker: &Broker, deployment: &Deployment, product: &Product, config: &str, town: &Town) -> Seen {
    let mut sent = send_rows(town, broker, deployment);
    for (input, more) in send_events(town, broker, deployment) {
        *sent.entry(input).or_default() += more;
    }
    wait_consumed(broker, &deployment.name, &keyed_topics(deployment), LIMIT);
    for (input, more) in every_fate(broker, deployment, town) {
        *sent.entry(input).or_default() += more;
    }
    wait_consumed(broker, &deployment.name, &keyed_topics(deployment), LIMIT);
    let surveys = a_minute_passes(broker, deployment, town);
    *sent.entry(Input::Surveys).or_default() += surveys;
    wait_consumed(broker, &deployment.name, &keyed_topics(deployment), LIMIT);
    let ids = town.truth.people.iter().map(|p| &p.customer_id);
    let views = ids.filter_map(|id| {
        let (status, view) = product.get(&format!("/v1/customers/{id}"));
        (status == 200).then(|| serde_json::from_str(&view).expect("a view"))
    });
    let views = views.collect();
    let tapped = command(&["tap", "decisions", "--from-beginning", "--config", config], &deployment.folder);
    let tapped = String::from_utf8_lossy(&tapped.stdout).into_owned();
    let decisions = tapped.lines().map(|l| serde_json::from_str::<Value>(l).expect("a decision"));
    let not_made = |d: &Value| d["verdict"] == "held" || d["verdict"] == "withheld";
    let held = decisions.filter(not_made).filter_map(|d| d["reason"].as_str().map(str::to_owned));
    let rows: BTreeMap<_, _> =
        read_all(broker, &deployment.topic("areas")).into_iter().map(|r| (r.key.clone(), r.value.is_some())).collect();
    Seen {
        sent,
        actions: Actions::read(broker, deployment),
        dead: count(
            read_all(broker, &deployment.topic("dead_letters")).iter().map(|d| d.header("dlq.reason").to_owned()),
        ),
        views,
        held: count(held),
        areas: rows.values().filter(|there| **there).count() as u64,
        lanes: deployment.lanes as u64,
        area_lanes: deployment.area_lanes as u64,
    }
}

#[test]
fn every_panel_shows_what_the_town_must_give() {
    or_skip!(program("prometheus"));
    let broker = or_skip!(Broker::shared());
    let town = Town::build(&TownSpec::demo(7));
    let deployment = Deployment::new("town", 4);
    deployment.create_topics(broker);
    let port = ports::free();
    let settings = format!("[time]\nmode = \"input\"\nzone = {:?}\n", town.spec.zone);
    let config = deployment.config(broker, "one", port, &settings).display().to_string();
    let mut product = Product::start(&["run", "--config", &config], port, &deployment.folder, "one");
    product.ready(LIMIT);
    let prometheus = or_skip!(Prometheus::start(&[port]));
    wait_for("the first scrape", LIMIT, || {
        let found = prometheus.query("homeqos_customers");
        (!found.is_empty()).then_some(())
    });
    let seen = live(broker, &deployment, &product, &config, &town);
    assert_eq!(seen.dead, [("not_json".to_owned(), NOT_JSON), ("out_of_range".to_owned(), OUT_OF_RANGE)].into());
    exact_counters(&prometheus, &seen);
    let dashboard = std::fs::read_to_string(root().join("deploy/grafana/homeqos.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels: Vec<_> = dashboard["panels"].as_array().unwrap().iter().filter(|p| p["type"] != "row").collect();
    let (mut wrong, mut above) = (Vec::new(), 0);
    for panel in &panels {
        let title = panel["title"].as_str().unwrap();
        let mut positive = false;
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap();
            let must = seen.expected(title, target["legendFormat"].as_str().unwrap());
            match settle(&prometheus, query, &must) {
                Ok(answer) => positive |= answer.values().any(|v| *v > 0.0),
                Err(fault) => wrong.push(format!("{title}: {query}: {fault}")),
            }
        }
        above += usize::from(positive);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(above * 2 > panels.len(), "only {above} of {} panels are above zero", panels.len());
    let rules = prometheus.rules();
    assert!(rules.len() > 20 && rules.iter().all(|(_, health)| health != "err"), "{rules:?}");
    assert!(product.terminate().success());
}

/// Counters that are known to the record.
fn exact_counters(prometheus: &Prometheus, seen: &Seen) {
    let label = |input: &Input| input.as_str().to_owned();
    let consumed = Input::KEYED.iter().map(|i| (label(i), seen.sent.get(i).copied().unwrap_or_default())).collect();
    for (query, must) in [
        ("sum by (input) (homeqos_records_consumed_total)", consumed),
        ("sum by (reason) (homeqos_records_rejected_total)", seen.dead.clone()),
        ("sum by (reason) (homeqos_dead_letters_total)", seen.dead.clone()),
        ("sum by (type) (homeqos_actions_total)", seen.actions.by_type()),
    ] {
        let settled = settle(prometheus, query, &Must::Be(must));
        assert!(settled.is_ok(), "{query}: {}", settled.unwrap_err());
    }
}
