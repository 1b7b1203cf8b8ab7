//! Bad input, record by record, through a real broker: each refused record is a dead letter that tells all, each odd
//! one is folded, and every record is accounted for.

use std::collections::BTreeMap;
use std::time::Duration;

use homeqos::ingest::{Input, RejectCode};
use homeqos::units::Partitioner;
use serde_json::json;

use super::end_to_end::ALONE;
use crate::support::broker::Broker;
use crate::support::product::Product;
use crate::support::records::{Read, Sent, produce, read_all, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::town::keyed_topics;
use crate::support::{or_skip, ports, wait_for};

const LANES: i32 = 2;
const LIMIT: Duration = Duration::from_mins(2);
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// 2026-10-19T21:00:00Z, in the evening of the last of the sufferer's days.
const EVENING_MS: i64 = 1_792_443_600_000;
const RECORD_BYTES_MAX: usize = 1 << 20;
const KEPT_BYTES: usize = 64 << 10;

/// What must become of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Dead(RejectCode),
    Folded,
    Late,
    Duplicate,
    Erased,
    Control,
    Forwarded,
}

struct Case {
    input: Input,
    sent: Sent,
    fate: Fate,
}

fn lane(key: &str) -> i32 {
    i32::from(Partitioner::Murmur2.partition(key.as_bytes(), LANES as u16))
}

fn case(input: Input, key: &str, value: impl Into<Vec<u8>>, fate: Fate) -> Case {
    Case { input, sent: Sent { partition: Some(lane(key)), ..Sent::new(key, value) }, fate }
}

/// A probe of `C1` in the minute after 21:00, with these fields beside.
fn probe(minute: i64, fields: &str) -> String {
    let ts = EVENING_MS + minute * MINUTE_MS;
    format!(r#"{{"customer_id":"C1","ts":{ts},"kind":"measurement","rat":"lte","cell_id":"208-01-4203265"{fields}}}"#)
}

fn refused_probes() -> Vec<Case> {
    use RejectCode as Code;
    let dead = |value: &[u8], code| case(Input::Probes, "C1", value, Fate::Dead(code));
    let large = format!("{}{}", probe(2, ""), " ".repeat(RECORD_BYTES_MAX));
    let mut cases = vec![
        dead(b"{oops", Code::NotJson),
        dead(b"{\"kind\":\"\xff\"}", Code::NotUtf8),
        dead(b"", Code::EmptyValue),
        dead(probe(2, r#","rsrp_dbm":"-113""#).as_bytes(), Code::WrongType),
        dead(br#"{"customer_id":"C1","ts":1792443600000}"#, Code::MissingField),
        dead(probe(2, r#","rsrp_dbm":-20"#).as_bytes(), Code::OutOfRange),
        dead(probe(2, r#","lat":0,"lon":0"#).as_bytes(), Code::BadPosition),
        dead(probe(2, r#","lat":-1,"lon":-1"#).as_bytes(), Code::BadPosition),
        dead(probe(2, r#","lat":95.0,"lon":4.8"#).as_bytes(), Code::BadPosition),
        dead(probe(2, "").replace("C1", "C2").as_bytes(), Code::KeyMismatch),
        dead(large.as_bytes(), Code::TooLarge),
        dead(probe(2 + 400 * 24 * 60, "").as_bytes(), Code::Future),
    ];
    let nobody = Sent { key: None, value: Some(probe(2, "").into()), partition: Some(0), ..Sent::default() };
    cases.push(Case { input: Input::Probes, sent: nobody, fate: Fate::Dead(Code::KeyMissing) });
    let astray = Sent { partition: Some(1 - lane("C1")), ..Sent::new("C1", probe(2, "")) };
    cases.push(Case { input: Input::Probes, sent: astray, fate: Fate::Dead(Code::Misrouted) });
    let emptied = Sent { partition: Some(lane("C1")), ..Sent::tombstone("C1") };
    cases.push(Case { input: Input::Probes, sent: emptied, fate: Fate::Dead(Code::Tombstone) });
    cases
}

/// What looks odd and is folded, comes late, comes twice, or is of an erased customer.
fn odd_probes() -> Vec<Case> {
    let of = |value: String, fate| case(Input::Probes, "C1", value, fate);
    let stranger = probe(9, "").replace("C1", "stranger");
    let gone = probe(10, "").replace("C1", "Gone");
    let foreign = probe(8, "").replace("208-01-4203265", "208-01-9999999");
    // The hour from two to three of 25 October comes twice in Paris: once at 00:30 UTC, once at 01:30.
    let twice = |utc_minutes: i64| probe(5 * 24 * 60 + 3 * 60 + utc_minutes, "");
    let (event, same) = (r#","event_id":"E-1""#, r#","rsrp_dbm":-101.5"#);
    vec![
        of(probe(3, r#","firmware":{"x":[1]}"#), Fate::Folded),
        of(probe(4, r#","rsrp_dbm":-200"#), Fate::Folded),
        of(probe(5, r#","sinr_db":2147483647"#), Fate::Folded),
        of(probe(6, event), Fate::Folded),
        of(probe(6, event), Fate::Duplicate),
        of(probe(7, same), Fate::Folded),
        of(probe(7, same), Fate::Duplicate),
        of(foreign, Fate::Folded),
        case(Input::Probes, "stranger", stranger, Fate::Folded),
        case(Input::Probes, "Gone", gone, Fate::Erased),
        of(probe(11 - 365 * 24 * 60, ""), Fate::Late),
        of(twice(30), Fate::Folded),
        of(twice(90), Fate::Folded),
    ]
}

fn other_inputs() -> Vec<Case> {
    use RejectCode as Code;
    let ts = EVENING_MS + 12 * MINUTE_MS;
    let contact = |id: &str, more: &str| {
        format!(r#"{{"contact_id":"{id}","customer_id":"C1","ts":{ts},"channel":"phone"{more}}}"#)
    };
    let survey = |nps: i64| format!(r#"{{"customer_id":"C1","ts":{ts},"nps":{nps}}}"#);
    let outcome = |id: &str, status: &str| format!(r#"{{"action_id":"{id}","ts":{ts},"status":"{status}"}}"#);
    let to = |input, value: String, fate| case(input, "C1", value, fate);
    let text = r#","text":"tout va bien""#;
    vec![
        to(Input::Contacts, contact("K-1", ""), Fate::Dead(Code::EmptyContact)),
        to(Input::Contacts, contact("K-2", text), Fate::Folded),
        to(Input::Contacts, contact("K-2", text), Fate::Duplicate),
        to(Input::Contacts, "[]".to_owned(), Fate::Dead(Code::WrongType)),
        to(Input::Surveys, survey(11), Fate::Dead(Code::OutOfRange)),
        to(Input::Surveys, survey(8), Fate::Folded),
        to(Input::Surveys, survey(8), Fate::Duplicate),
        to(Input::Surveys, format!(r#"{{"customer_id":"C1","ts":{ts}}}"#), Fate::Dead(Code::MissingField)),
        to(Input::Outcomes, outcome("of_unknown", "lost"), Fate::Dead(Code::OutOfRange)),
        to(Input::Outcomes, outcome("of_unknown", "accepted"), Fate::Folded),
        case(Input::Outcomes, "16419", outcome("tk_unknown", "refused"), Fate::Forwarded),
    ]
}

fn crm_row(id: &str) -> String {
    json!({"customer_id": id, "churn_risk": 0.02, "arpu_eur": 17.3, "consent": {"network_care": true},
           "device": {"vowifi": true}, "has_fixed_broadband": true, "home_lat": 45.76, "home_lon": 4.84})
    .to_string()
}

fn crm() -> Vec<Case> {
    let emptied = |key: &str, fate| Case {
        input: Input::Crm,
        sent: Sent { partition: Some(lane(key)), ..Sent::tombstone(key) },
        fate,
    };
    let bad = crm_row("C1").replace("0.02", "1.5");
    vec![
        case(Input::Crm, "C1", crm_row("C1"), Fate::Folded),
        case(Input::Crm, "C1", bad, Fate::Dead(RejectCode::OutOfRange)),
        case(Input::Crm, "Gone", crm_row("Gone"), Fate::Folded),
        emptied("Gone", Fate::Erased),
        emptied("Nobody", Fate::Control),
        case(Input::Crm, "Sufferer", crm_row("Sufferer"), Fate::Folded),
    ]
}

/// Five bad days and a complaint: what an offer needs, so that its outcomes can come twice.
fn sufferer() -> Vec<Case> {
    let probes = (0..5 * 24).map(|hour| {
        let ts = EVENING_MS - 5 * DAY_MS + hour * 60 * MINUTE_MS;
        let value = json!({"customer_id": "Sufferer", "ts": ts, "kind": "measurement", "rat": "lte",
                           "cell_id": "208-01-4203265", "rsrp_dbm": -120, "rsrq_db": -18, "sinr_db": -4});
        case(Input::Probes, "Sufferer", value.to_string(), Fate::Folded)
    });
    let complaint = json!({"contact_id": "K-0", "customer_id": "Sufferer", "ts": EVENING_MS - 11 * 60 * MINUTE_MS,
                           "channel": "phone", "reason_code": "NETWORK_INDOOR"});
    probes.chain([case(Input::Contacts, "Sufferer", complaint.to_string(), Fate::Folded)]).collect()
}

/// A case with where it lies: its offset is its place among those of its partition.
type Placed = BTreeMap<(String, i32, i64), Case>;

fn send(broker: &Broker, deployment: &Deployment, cases: Vec<Case>, placed: &mut Placed) {
    for input in Input::KEYED {
        let topic = deployment.topic(input.as_str());
        produce(broker, &topic, cases.iter().filter(|c| c.input == input).map(|c| c.sent.clone()));
    }
    for case in cases {
        let (topic, partition) = (deployment.topic(case.input.as_str()), case.sent.partition.expect("a partition"));
        let offset = placed.keys().filter(|(t, p, _)| *t == topic && *p == partition).count();
        placed.insert((topic, partition, offset as i64), case);
    }
}

fn check_letter(letter: &Read, placed: &Placed) -> RejectCode {
    let number = |name: &str| letter.header(name).parse::<i64>().unwrap_or_else(|_| panic!("{name}: {letter:?}"));
    let partition = i32::try_from(number("dlq.partition")).unwrap();
    let place = (letter.header("dlq.topic").to_owned(), partition, number("dlq.offset"));
    let case = placed.get(&place).unwrap_or_else(|| panic!("nothing lies at {place:?}"));
    let Fate::Dead(code) = case.fate else { panic!("{place:?} must be {:?}, not {letter:?}", case.fate) };
    assert_eq!(letter.header("dlq.reason"), code.as_str(), "{place:?}: {}", letter.header("dlq.detail"));
    assert!(!letter.header("dlq.detail").is_empty(), "{place:?} says no more");
    assert!(number("dlq.timestamp") > 0);
    assert_eq!(letter.key, case.sent.key, "{place:?}: the key");
    let value = case.sent.value.as_deref();
    if code == RejectCode::TooLarge {
        let value = value.unwrap();
        assert_eq!(number("dlq.truncated"), value.len() as i64);
        assert!(letter.value.as_deref() == Some(&value[..KEPT_BYTES]), "the first 64 KiB are kept");
    } else {
        assert!(!letter.headers.contains_key("dlq.truncated"));
        assert!(letter.value.as_deref() == value, "{place:?}: the bytes");
    }
    code
}

/// Every counter of every input says what must have become of its records, and they add up.
fn check_accounts(product: &Product, placed: &Placed) {
    for input in Input::KEYED {
        let fates: Vec<Fate> = placed.values().filter(|c| c.input == input).map(|c| c.fate).collect();
        let must = |fate: Fate| fates.iter().filter(|f| **f == fate).count() as u64;
        let is =
            |word: &str| product.metric(&format!("homeqos_records_{word}_total{{input=\"{input}\"}}")).unwrap() as u64;
        let words = [
            ("folded", Fate::Folded),
            ("late", Fate::Late),
            ("duplicate", Fate::Duplicate),
            ("erased", Fate::Erased),
            ("control", Fate::Control),
            ("forwarded", Fate::Forwarded),
        ];
        let mut sum = 0;
        for (word, fate) in words {
            assert_eq!(is(word), must(fate), "{input} {word}");
            sum += is(word);
        }
        for code in RejectCode::ALL {
            let series = format!("homeqos_records_rejected_total{{input=\"{input}\",reason=\"{code}\"}}");
            let rejected = product.metric(&series).unwrap() as u64;
            assert_eq!(rejected, must(Fate::Dead(*code)), "{input} {code}");
            sum += rejected;
        }
        assert_eq!((is("consumed"), sum), (fates.len() as u64, fates.len() as u64), "{input} adds up");
    }
}

#[test]
fn every_bad_record_is_a_dead_letter_that_tells_all_and_every_record_is_accounted_for() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("bad-input", LANES);
    deployment.create_topics(broker);
    let port = ports::free();
    let settings = "[time]\nmode = \"input\"\nzone = \"Europe/Paris\"\n[decide]\nholdout_share = 0.0\n";
    let config = deployment.config(broker, "one", port, settings);
    let cell = json!({"cell_id": "208-01-4203265", "site_id": "16419", "lat": 45.76, "lon": 4.84, "rat": "lte"});
    produce(broker, &deployment.topic("cells"), [Sent::new("208-01-4203265", cell.to_string())]);

    let mut placed = Placed::new();
    let first = case(Input::Probes, "C1", probe(1, ""), Fate::Folded);
    let cases = [crm(), sufferer(), vec![first], refused_probes(), odd_probes(), other_inputs()];
    send(broker, &deployment, cases.into_iter().flatten().collect(), &mut placed);
    let mut product = Product::start(&["run", "--config", config.to_str().unwrap()], port, &deployment.folder, "one");
    product.ready(LIMIT);
    wait_consumed(broker, &deployment.name, &keyed_topics(&deployment), LIMIT);

    // The sufferer's offer gets an outcome, twice: of each action a status counts once.
    let offer = wait_for("the offer", LIMIT, || read_all(broker, &deployment.topic("offers")).into_iter().next());
    let ts = EVENING_MS + 13 * MINUTE_MS;
    let outcome = json!({"action_id": offer.json()["id"], "ts": ts, "status": "delivered"}).to_string();
    let again = [Fate::Folded, Fate::Duplicate].map(|fate| case(Input::Outcomes, "Sufferer", outcome.clone(), fate));
    send(broker, &deployment, again.into(), &mut placed);
    wait_consumed(broker, &deployment.name, &keyed_topics(&deployment), LIMIT);

    let total: f64 = placed.len() as f64;
    wait_for("all records to be counted", LIMIT, || {
        let consumed = |input: &Input| product.metric(&format!("homeqos_records_consumed_total{{input=\"{input}\"}}"));
        (Input::KEYED.iter().filter_map(consumed).sum::<f64>() >= total).then_some(())
    });
    check_accounts(&product, &placed);
    let letters = read_all(broker, &deployment.topic("dead_letters"));
    let mut codes: Vec<RejectCode> = letters.iter().map(|letter| check_letter(letter, &placed)).collect();
    let dead = placed.values().filter(|c| matches!(c.fate, Fate::Dead(_))).count();
    assert_eq!(codes.len(), dead, "each refused record is one dead letter");
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes, RejectCode::ALL, "every code was earned");
    assert!(product.terminate().success(), "{}", product.stderr());
}

#[test]
fn by_the_clock_on_the_wall_a_record_more_than_five_minutes_ahead_is_future() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("ahead", LANES);
    deployment.create_topics(broker);
    let port = ports::free();
    let config = deployment.config(broker, "one", port, "[time]\nmode = \"wall\"\nzone = \"UTC\"\n");
    let args = ["run", "--config", config.to_str().unwrap()];
    let mut product = Product::start(&args, port, &deployment.folder, "one");
    product.ready(LIMIT);
    let now = homeqos::shell::clock::wall().0;
    let sent =
        |ahead_ms: i64| Sent::new("C1", probe(0, "").replace(&EVENING_MS.to_string(), &(now + ahead_ms).to_string()));
    produce(broker, &deployment.topic("probes"), [-2, 2, 10].map(|minutes| sent(minutes * MINUTE_MS)));
    let folded = r#"homeqos_records_folded_total{input="probes"}"#;
    wait_for("the good ones", LIMIT, || (product.metric(folded)? >= 2.0).then_some(()));
    let future = r#"homeqos_records_rejected_total{input="probes",reason="future"}"#;
    wait_for("the one ahead", LIMIT, || (product.metric(future)? >= 1.0).then_some(()));
    let letters = read_all(broker, &deployment.topic("dead_letters"));
    let reasons: Vec<_> = letters.iter().map(|l| (l.header("dlq.reason"), l.header("dlq.offset"))).collect();
    assert_eq!(reasons, [("future", "2")]);
    assert!(product.terminate().success(), "{}", product.stderr());
}

/// Where the dead letters of the cell inventory come from, and why, in the order of the offsets.
fn letters_of_cells(broker: &Broker, deployment: &Deployment) -> Vec<(i64, String)> {
    let letters = read_all(broker, &deployment.topic("dead_letters")).into_iter();
    let of_cells = letters.filter(|letter| letter.header("dlq.topic") == deployment.topic("cells"));
    let mut places: Vec<_> = of_cells
        .map(|letter| (letter.header("dlq.offset").parse().expect("an offset"), letter.header("dlq.reason").to_owned()))
        .collect();
    places.sort_unstable();
    places
}

#[test]
fn a_bad_row_of_the_inventory_is_one_dead_letter_however_many_instances_read_it_and_however_often() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("bad-cells", LANES);
    deployment.create_topics(broker);
    let start = |instance: &str| {
        let port = ports::free();
        let config = deployment.config(broker, instance, port, ALONE);
        let args = ["run", "--config", config.to_str().unwrap()];
        Product::start(&args, port, &deployment.folder, instance)
    };
    let good = json!({"cell_id": "208-01-4203265", "site_id": "16419", "lat": 45.76, "lon": 4.84, "rat": "lte"});
    let bad = |value: &str| produce(broker, &deployment.topic("cells"), [Sent::new("208-01-4203265", value)]);
    let told = |rows: &[(i64, &str)]| {
        let rows: Vec<_> = rows.iter().map(|(offset, reason)| (*offset, (*reason).to_owned())).collect();
        wait_for("the dead letters of cells", LIMIT, || {
            (letters_of_cells(broker, &deployment).len() >= rows.len()).then_some(())
        });
        assert_eq!(letters_of_cells(broker, &deployment), rows);
    };
    let rows = [(0, "not_json"), (2, "bad_position"), (3, "not_json"), (4, "not_json"), (5, "not_json")];

    bad("{oops");
    bad(&good.to_string());
    bad(&good.to_string().replace("45.76", "145.76"));
    let (mut one, two) = (start("one"), start("two"));
    one.ready(LIMIT);
    told(&rows[..2]);
    bad("no row");
    told(&rows[..3]);
    // Its lanes go to the other, which has met all of them too.
    one.kill();
    bad("nor this");
    told(&rows[..4]);
    drop(two);
    let mut one = start("one");
    one.ready(LIMIT);
    bad("the last");
    told(&rows);
    let cells = r#"homeqos_view_rejected_total{view="cells"}"#;
    wait_for("the last to be counted", LIMIT, || (one.metric(cells)? >= 5.0).then_some(()));
    let letters = r#"homeqos_dead_letters_total{reason="not_json"}"#;
    wait_for("the letters to be counted", LIMIT, || (one.metric(letters)? >= 1.0).then_some(()));
    assert_eq!(one.metric(letters), Some(1.0), "what the others told it does not tell again");
    assert!(one.terminate().success(), "{}", one.stderr());
    told(&rows);
}
