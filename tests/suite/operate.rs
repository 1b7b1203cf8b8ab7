//! An instance in an operator's hands: readiness, metrics, a customer's view, SIGHUP, tap, SIGTERM.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::support::broker::Broker;
use crate::support::product::{Product, command};
use crate::support::records::{Sent, produce};
use crate::support::topics::Deployment;
use crate::support::{or_skip, ports, wait_for};

const LIMIT: Duration = Duration::from_mins(1);

fn probe(customer: &str, minute: u32) -> Sent {
    let value = format!(
        r#"{{"customer_id":"{customer}","ts":"2026-10-19T21:{minute:02}:00Z","cell_id":"208-01-4203265","rat":"lte",
            "kind":"measurement","rsrp_dbm":-113.5}}"#
    );
    Sent::new(customer, value)
}

fn tap(config: &Path, what: &[&str]) -> (i32, Vec<Value>) {
    let args = [&["tap"], what, &["--config", config.to_str().unwrap()]].concat();
    let output = command(&args, config.parent().unwrap());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    (output.status.code().unwrap_or(-1), lines)
}

#[test]
fn an_instance_becomes_ready_tells_of_itself_obeys_sighup_and_ends_in_order() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("operate", 2);
    deployment.create_topics(broker);
    let port = ports::free();
    let config = deployment.config(broker, "one", port, "[time]\nmode = \"input\"\nzone = \"UTC\"\n");
    let sent = (0..40).map(|i| probe(if i % 2 == 0 { "C1" } else { "C2" }, i));
    produce(broker, &deployment.topic("probes"), sent.chain([Sent::new("C1", "{oops C1")]));
    let args = ["run", "--config", config.to_str().unwrap()];
    let mut product = Product::start(&args, port, &deployment.folder, "one");
    product.ready(LIMIT);
    let folded = r#"homeqos_records_folded_total{input="probes"}"#;
    wait_for("40 folded probes", LIMIT, || (product.metric(folded)? >= 40.0).then_some(()));
    let rejected = r#"homeqos_records_rejected_total{input="probes",reason="not_json"}"#;
    wait_for("a rejected probe", LIMIT, || (product.metric(rejected)? >= 1.0).then_some(()));
    assert_eq!(product.metric(rejected), Some(1.0));
    assert_eq!(product.metric("homeqos_offers_enabled"), Some(1.0));
    wait_for("2 customers", LIMIT, || (product.metric("homeqos_customers")? >= 2.0).then_some(()));

    let (status, view) = product.get("/v1/customers/C1");
    let view: Value = serde_json::from_str(&view).unwrap();
    assert_eq!((status, &view["customer_id"]), (200, &Value::from("C1")), "{view}");
    assert_eq!(product.get("/v1/customers/nobody").0, 404);

    off(&config);
    product.signal("HUP");
    wait_for("offers to be off", LIMIT, || (product.metric("homeqos_offers_enabled")? < 1.0).then_some(()));
    let (status, ready) = product.get("/readyz");
    assert!(status == 200 && ready.contains("\"offers_enabled\":false"), "{status} {ready}");

    let (code, letters) = tap(&config, &["dead-letters"]);
    assert_eq!((code, letters.len()), (0, 1));
    assert_eq!(letters[0]["headers"]["dlq.reason"], "not_json");
    assert!(!letters[0].to_string().contains("C1"), "{}", letters[0]);
    let (_, letters) = tap(&config, &["dead-letters", "--show-ids", "--customer", "C1"]);
    assert_eq!(letters[0]["value"], "{oops C1");
    assert_eq!(tap(&config, &["actions"]), (0, Vec::new()));

    let status = product.terminate();
    assert_eq!(status.code(), Some(0), "{}", product.stderr());
    assert!(!product.stderr().contains("C1"), "the log names a customer: {}", product.stderr());
    let state = deployment.folder.join("state").join(&deployment.name);
    assert!(std::fs::read_dir(state).unwrap().count() > 1, "no snapshot was written");
}

/// Switches offers off in the file.
fn off(config: &Path) {
    let text = std::fs::read_to_string(config).unwrap();
    std::fs::write(config, format!("{text}\n[offers]\nenabled = false\n")).unwrap();
}

#[test]
fn a_stop_during_the_checks_of_the_start_is_obeyed_at_once() {
    let deployment = Deployment::new("early", 2);
    // A broker that takes connections and never answers: the checks wait for it.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let more = format!("[kafka]\nbrokers = \"{}\"\nrequest_timeout_ms = 60000\n", mute.local_addr().unwrap());
    let path = deployment.folder.join("early.toml");
    let key = deployment.folder.join("homeqos.key").display().to_string();
    std::fs::write(&path, format!("{more}[identity]\nkey_file = {key:?}\n[http]\nlisten = \"\"\n")).unwrap();
    let args = ["run", "--config", path.to_str().unwrap()];
    let mut product = Product::start(&args, 0, &deployment.folder, "early");
    let _connection = mute.accept().unwrap();
    product.signal("TERM");
    let status = product.wait(Duration::from_secs(20));
    assert_eq!(status.code(), Some(0), "{}", product.stderr());
    assert!(product.stderr().contains("stopped during the checks"), "{}", product.stderr());
}

#[test]
fn run_refuses_what_check_refuses_with_the_same_code() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("refused", 2);
    let config = deployment.config(broker, "one", ports::free(), "[kafka]\nrequest_timeout_ms = 3000\n");
    let config = config.to_str().unwrap();
    let run = command(&["run", "--config", config], &deployment.folder);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(3), "{said}");
    assert!(said.contains("homeqos topics create"), "{said}");
    let run = command(&["run", "--config", config, "--workers", "9999"], &deployment.folder);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(2), "{said}");
    assert!(said.contains("flag --workers: `kafka.workers` = 9999: must be between 0 and 256"), "{said}");
}
