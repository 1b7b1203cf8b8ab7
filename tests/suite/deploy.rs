//! What is shipped for operators, held against what the binary does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use homeqos::config::{Config, Sources};

use crate::support::{or_skip, prometheus, root};

fn shipped(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Every file below `deploy/`.
fn deployed() -> Vec<PathBuf> {
    let (mut files, mut todo) = (Vec::new(), vec![root().join("deploy")]);
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { todo.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() >= 8, "{files:?}");
    files
}

/// The words of `text` that begin with `prefix`, where `more` says how they go on.
fn words(text: &str, prefix: &str, more: fn(char) -> bool) -> BTreeSet<String> {
    let word = |at: usize| text[at..].chars().take_while(|c| more(*c)).collect();
    text.match_indices(prefix).map(|(at, _)| word(at)).collect()
}

/// The metric names that docs/metrics.md declares.
fn declared() -> BTreeSet<String> {
    let docs = shipped("docs/metrics.md");
    let rows = docs.lines().filter_map(|l| l.strip_prefix("| `homeqos_"));
    rows.map(|row| format!("homeqos_{}", row.split('`').next().unwrap())).collect()
}

/// A histogram's series under the name of the histogram.
fn base(name: &str) -> String {
    let ends = ["_bucket", "_sum", "_count"];
    ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
}

fn queries(panel: &serde_json::Value) -> Vec<String> {
    let targets = panel["targets"].as_array().cloned().unwrap_or_default();
    targets.iter().map(|t| t["expr"].as_str().expect("a query").to_owned()).collect()
}

#[test]
fn prometheus_accepts_what_is_shipped() {
    let promtool = or_skip!(prometheus::program("promtool"));
    for (verb, file) in
        [("check config", "deploy/prometheus/scrape.yaml"), ("test rules", "tests/prometheus/alerts_test.yaml")]
    {
        let run = Command::new(&promtool).args(verb.split(' ')).arg(root().join(file)).output().unwrap();
        let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "promtool {verb} {file}:\n{said}");
    }
}

#[test]
fn dashboards_and_alerts_ask_only_for_metrics_that_are_declared() {
    let declared = declared();
    assert!(declared.len() > 40, "{declared:?}");
    let mut asked = BTreeSet::new();
    for file in ["deploy/grafana/homeqos.json", "deploy/prometheus/alerts.yaml"] {
        asked.extend(words(&shipped(file), "homeqos_", |c| c.is_ascii_lowercase() || c == '_'));
    }
    let unknown: Vec<_> = asked.iter().map(|name| base(name)).filter(|name| !declared.contains(name)).collect();
    assert!(unknown.is_empty(), "asked for and not in docs/metrics.md: {unknown:?}");
}

#[test]
fn every_panel_has_a_title_a_description_a_unit_and_a_query() {
    let dashboard: serde_json::Value = serde_json::from_str(&shipped("deploy/grafana/homeqos.json")).unwrap();
    let (mut panels, mut ids) = (0, BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "two panels have one id: {panel}");
        assert!(panel["title"].as_str().is_some_and(|t| !t.is_empty()));
        if panel["type"] == "row" {
            continue;
        }
        assert!(panel["description"].as_str().is_some_and(|t| !t.is_empty()), "{}", panel["title"]);
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{}", panel["title"]);
        assert!(!queries(panel).is_empty(), "{}", panel["title"]);
        panels += 1;
    }
    assert!(panels >= 20, "{panels} panels");
}

#[test]
fn every_alert_has_its_section_in_the_runbook_and_every_section_its_alert() {
    let alerts = shipped("deploy/prometheus/alerts.yaml");
    let named: BTreeSet<_> = alerts.lines().filter_map(|l| l.trim().strip_prefix("- alert: ")).collect();
    let runbook = shipped("docs/runbook.md");
    let sections: BTreeSet<_> =
        runbook.lines().filter_map(|l| l.strip_prefix("### ")).filter(|s| s.starts_with("Homeqos")).collect();
    assert_eq!(named, sections);
    for name in named {
        let link = format!("runbook: docs/runbook.md#{}", name.to_lowercase());
        assert!(alerts.contains(&link), "{name} does not lead to its section");
    }
    for line in shipped("docs/metrics.md").lines().filter(|l| l.starts_with("| `homeqos_")) {
        for name in words(line, "Homeqos", char::is_alphanumeric) {
            assert!(alerts.contains(&format!("- alert: {name}\n")), "docs/metrics.md names {name}, which is no alert");
        }
    }
}

#[test]
fn every_variable_that_is_shipped_is_one_the_configuration_knows() {
    for file in deployed() {
        let text = std::fs::read_to_string(&file).unwrap();
        for name in words(&text, "HOMEQOS_", |c| c.is_ascii_uppercase() || c == '_') {
            let value = if name.ends_with("__LISTEN") { "0.0.0.0:9464" } else { "file:x" };
            let value = if name.ends_with("__BROKERS") { "kafka:9092" } else { value };
            let value = if name.ends_with("__INSTANCE") { "homeqos-0" } else { value };
            let sources = Sources::read(None, [(name.clone().into(), value.into())].into_iter(), vec![]).unwrap();
            let loaded = Config::load(&sources);
            assert!(loaded.is_ok(), "{}: {name}: {}", file.display(), loaded.unwrap_err());
        }
    }
}

#[test]
fn the_container_runs_as_nobody_from_named_images() {
    let text = shipped("deploy/Containerfile");
    let images: Vec<_> = text.lines().filter_map(|l| l.strip_prefix("FROM ")).collect();
    assert_eq!(images.len(), 2, "a stage that builds and one that runs");
    assert!(images.iter().all(|i| i.contains(':') && !i.contains(":latest")), "{images:?}");
    let last = text.split("FROM ").last().unwrap();
    let user = last.lines().find_map(|l| l.strip_prefix("USER ")).expect("the last stage names its user");
    assert!(user.split(':').next().unwrap().parse::<u32>().is_ok_and(|id| id > 0), "{user} is not a number above 0");
    // Cargo reads the whole manifest: a folder it names must be there, or the build fails.
    for folder in ["src", "config", "benches"].iter().filter(|f| root().join(f).is_dir()) {
        assert!(text.contains(&format!("COPY {folder} {folder}\n")), "{folder} is not copied into the build");
    }
    for copied in text.lines().filter_map(|l| l.strip_prefix("COPY ")).filter(|l| !l.starts_with("--from")) {
        for path in copied.split(' ').rev().skip(1) {
            assert!(root().join(path).exists(), "COPY {path}: there is none");
        }
    }
}

#[test]
fn scripts_can_be_run() {
    for script in ["tests/run", ".ci/run"] {
        let checked = Command::new("bash").arg("-n").arg(Path::new(script)).current_dir(root()).status().unwrap();
        assert!(checked.success(), "{script}");
    }
}
