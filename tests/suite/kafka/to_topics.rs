//! `homeqos replay DIR --to-topics` on the real broker: what the files hold is what the topics hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use homeqos::ingest::Input;
use homeqos::shell::Exit;
use homeqos::sim::{SimRecord, TownSpec};
use homeqos::units::Partitioner;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::end_to_end::ALONE;
use super::engine::Engine;
use super::town::records;
use crate::support::broker::Broker;
use crate::support::product::command;
use crate::support::records::{Read, read_all, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::town::keyed_topics;
use crate::support::{or_skip, ports};

fn replay(config: &Path, folder: &Path, more: &[&str]) -> Output {
    let mut args = vec!["replay", folder.to_str().unwrap(), "--config", config.to_str().unwrap()];
    args.extend(more);
    command(&args, folder)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder of files: each line by its input.
fn files(deployment: &Deployment, lines: &[(Input, &str)]) -> PathBuf {
    let folder = deployment.folder.join("files");
    let mut texts: BTreeMap<Input, String> = BTreeMap::new();
    for (input, line) in lines {
        let _ = writeln!(texts.entry(*input).or_default(), "{line}");
    }
    std::fs::create_dir_all(&folder).unwrap();
    for (input, text) in texts {
        std::fs::write(folder.join(format!("{input}.jsonl")), text).unwrap();
    }
    folder
}

/// Key, value and time of what is on an input's topic, each where its key hashes to.
fn held(broker: &Broker, deployment: &Deployment, input: Input) -> Vec<(Option<String>, Option<String>, Option<i64>)> {
    let partitions = if input == Input::Cells { 1 } else { deployment.lanes as u16 };
    let mut read = read_all(broker, &deployment.topic(input.as_str()));
    for one in &read {
        let lane = one.key.as_deref().map_or(0, |key| Partitioner::Murmur2.partition(key.as_bytes(), partitions));
        assert_eq!(one.partition, i32::from(lane), "{one:?}");
    }
    read.sort_by_key(|one| (one.timestamp, one.offset));
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    read.iter().map(|one: &Read| (one.key.clone(), one.value.as_ref().map(text), one.timestamp)).collect()
}

fn owned(key: Option<&str>, value: Option<&str>, ts: i64) -> (Option<String>, Option<String>, Option<i64>) {
    (key.map(str::to_owned), value.map(str::to_owned), Some(ts))
}

/// An action that was made for a customer before.
fn made(broker: &Broker, deployment: &Deployment, action_id: &str, customer: &str) {
    let producer: BaseProducer = broker.client().create().unwrap();
    let id = format!("{action_id}.1");
    let headers = OwnedHeaders::new().insert(Header { key: "ce_id", value: Some(&id) });
    let topic = deployment.topic("offers");
    producer.send(BaseRecord::to(&topic).key(customer).payload("{}").headers(headers)).unwrap();
    producer.flush(Duration::from_secs(30)).unwrap();
}

const PROBE: &str = r#"{"customer_id":"C1","ts":1792443845123,"kind":"measurement","rsrp_dbm":-90}"#;
const LATER: &str = r#"{"ts":1792443846123,"customer_id":"C2","kind":"measurement"}"#;
const CONTACT: &str = r#"{"contact_id":"K1","customer_id":"C2","ts":1792443845200,"reason_code":"NETWORK_X"}"#;
const SURVEY: &str = r#"{"customer_id":"C3","ts":1792443845300,"nps":3}"#;
const CRM: &str = r#"{"customer_id":"C1","churn_risk":0.1}"#;
const CELL: &str = r#"{"cell_id":"1-1-1","site_id":"S","lat":45.5,"lon":4.5,"rat":"lte"}"#;
const OUTCOME: &str = r#"{"action_id":"of_known","ts":1792443845400,"status":"accepted"}"#;
const STRAY: &str = r#"{"action_id":"of_stray","ts":1792443845500,"status":"accepted"}"#;

#[test]
fn the_topics_hold_the_bytes_keys_and_times_of_the_files_lines() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("to-topics", 3);
    deployment.create_topics(broker);
    let config = deployment.config(broker, "one", ports::free(), "");
    made(broker, &deployment, "of_known", "C9");
    let folder = files(
        &deployment,
        &[
            (Input::Probes, PROBE),
            (Input::Probes, r#"{"customer_id":"C1","#),
            (Input::Probes, r#"{"key":"C7","ts":"2026-10-19T21:04:05.500Z","value":{"a": "é"}}"#),
            (Input::Probes, r#"{"key":"C8","ts":1792443845600,"value":"not, json"}"#),
            (Input::Probes, r#"{"key":"C8","ts":1792443845700,"value":null}"#),
            (Input::Probes, LATER),
            (Input::Contacts, CONTACT),
            (Input::Surveys, SURVEY),
            (Input::Outcomes, OUTCOME),
            (Input::Outcomes, STRAY),
            (Input::Crm, CRM),
            (Input::Crm, r#"{"key":"C5","value":null}"#),
            (Input::Crm, r#"{"key":"C6","value":"\ud800"}"#),
            (Input::Crm, r#"{"churn_risk":0.1}"#),
            (Input::Cells, CELL),
            (Input::Cells, r#"{"key":"2-2-2","value":null}"#),
        ],
    );
    let output = replay(&config, &folder, &["--to-topics"]);
    let told = said(&output);
    assert!(output.status.success(), "{told}");
    let held = |input| held(broker, &deployment, input);
    let mut probes = held(Input::Probes);
    let broken = probes.iter().position(|(_, value, _)| value.as_deref() == Some(r#"{"customer_id":"C1","#)).unwrap();
    assert_eq!(probes.remove(broken).0, None);
    assert_eq!(
        probes,
        [
            owned(Some("C1"), Some(PROBE), 1_792_443_845_123),
            owned(Some("C7"), Some(r#"{"a": "é"}"#), 1_792_443_845_500),
            owned(Some("C8"), Some("not, json"), 1_792_443_845_600),
            owned(Some("C8"), None, 1_792_443_845_700),
            owned(Some("C2"), Some(LATER), 1_792_443_846_123),
        ]
    );
    assert_eq!(held(Input::Contacts), [owned(Some("C2"), Some(CONTACT), 1_792_443_845_200)]);
    assert_eq!(held(Input::Surveys), [owned(Some("C3"), Some(SURVEY), 1_792_443_845_300)]);
    let outcomes = [owned(Some("C9"), Some(OUTCOME), 1_792_443_845_400), owned(None, Some(STRAY), 1_792_443_845_500)];
    assert_eq!(held(Input::Outcomes), outcomes);
    let untimed = |input| held(input).into_iter().map(|(key, value, _)| (key, value)).collect::<BTreeSet<_>>();
    let pair = |key: &str, value: Option<&str>| (Some(key.to_owned()), value.map(str::to_owned));
    let crm = BTreeSet::from([pair("C1", Some(CRM)), pair("C5", None), pair("C6", Some(r#""\ud800""#))]);
    assert_eq!(untimed(Input::Crm), crm);
    assert_eq!(untimed(Input::Cells), BTreeSet::from([pair("1-1-1", Some(CELL)), pair("2-2-2", None)]));
    for words in ["1 outcomes have no key", "key_missing", "1 lines of crm.jsonl name nobody"] {
        assert!(told.contains(words), "`{words}` is not in: {told}");
    }
    let row = |input: &str| told.lines().find(|l| l.starts_with(input)).unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(row("probes"), ["probes", "6", "6", "1", "0"]);
    assert_eq!(row("crm"), ["crm", "4", "3", "0", "1"]);
    let until = replay(&config, &folder, &["--to-topics", "--until", "2026-10-19T21:04:05.150Z"]);
    assert!(said(&until).lines().any(|l| l.split_whitespace().collect::<Vec<_>>() == ["contacts", "0", "0", "0", "0"]));
}

/// A line of a file, some of them wrapped.
fn line(record: &SimRecord, n: usize) -> String {
    match &record.value {
        Some(value) if !n.is_multiple_of(5) => value.clone(),
        value => {
            let ts = record.ts.map_or(String::new(), |ts| format!("\"ts\":{},", ts.0));
            format!("{{\"key\":{:?},{ts}\"value\":{}}}", record.key, value.as_deref().unwrap_or("null"))
        }
    }
}

#[test]
fn files_sent_to_topics_and_run_by_the_engine_give_the_actions_of_the_files_alone() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("to-engine", 4);
    deployment.create_topics(broker);
    let config = deployment.config(broker, "one", 0, ALONE);
    let town = records(&TownSpec { customers: 120, ..TownSpec::demo(3) }, 4);
    let lines: Vec<_> = town.iter().enumerate().map(|(n, record)| (record.input, line(record, n))).collect();
    let lines: Vec<_> = lines.iter().map(|(input, line)| (*input, line.as_str())).collect();
    let folder = files(&deployment, &lines);
    let alone = folder.join("actions.jsonl");
    let replayed = replay(&config, &folder, &["--actions", alone.to_str().unwrap(), "--lanes", "4"]);
    assert!(replayed.status.success(), "{}", said(&replayed));
    let text = std::fs::read_to_string(&alone).unwrap();
    let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["headers"]["ce_id"].to_string();
    let expected: BTreeSet<String> = text.lines().map(id).collect();
    assert!(expected.len() > 5, "the town needs some action");
    let sent = replay(&config, &folder, &["--to-topics"]);
    assert!(sent.status.success(), "{}", said(&sent));
    let engine = Engine::start(&config);
    wait_consumed(broker, &deployment.name, &keyed_topics(&deployment), Duration::from_mins(2));
    assert_eq!(engine.stop(), Exit::Clean);
    let read = read_all(broker, &deployment.topic("offers"));
    let ids: BTreeSet<String> = read.iter().map(|one| format!("{:?}", one.header("ce_id"))).collect();
    assert_eq!(ids.len(), read.len(), "an action came twice");
    assert_eq!(ids, expected);
}

#[test]
fn what_cannot_be_sent_is_told_with_what_to_do_and_ends_with_code_3() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("to-nowhere", 2);
    deployment.create_topics(broker);
    let config = deployment.config(broker, "one", ports::free(), "");
    let big = format!(r#"{{"customer_id":"C2","ts":1792443850000,"about":"{}"}}"#, "x".repeat(4_200_000));
    let folder = files(&deployment, &[(Input::Probes, PROBE), (Input::Surveys, SURVEY), (Input::Surveys, &big)]);
    let refused = |more: &[&str], code: i32, words: &[&str]| {
        let output = replay(&config, &folder, &[&["--to-topics"], more].concat());
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        for word in words {
            assert!(said(&output).contains(word), "`{word}` is not in: {}", said(&output));
        }
    };
    refused(&[], 3, &["line 2 of surveys.jsonl", &deployment.topic("surveys"), "max.message.bytes"]);
    let nobody = format!("kafka.brokers=127.0.0.1:{}", ports::free());
    refused(&["--set", &nobody, "--set", "kafka.request_timeout_ms=1000"], 3, &["no broker answered", "homeqos check"]);
    refused(&["--set", "topics.probes=nowhere.probes"], 3, &["nowhere.probes", "homeqos topics create"]);
    for flag in ["--actions", "--customers", "--decisions", "--dead-letters"] {
        refused(&[flag, "x.jsonl"], 2, &["cannot be used with", flag]);
    }
    refused(&["--shadow"], 2, &["cannot be used with"]);
    refused(&["--lanes", "2"], 2, &["cannot be used with"]);
}
