//! One round: a town is fed while the plan's faults are done to the instances, and the oracle judges what remains.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use homeqos::config::{Config, Sources};
use homeqos::ingest::Input;
use serde_json::{Value, json};

use crate::dump::dump;
use crate::fleet::Fleet;
use crate::inject::inject;
use crate::network::Scene;
use crate::plan::{Kind, Plan};
use crate::support::records::{committed, ends};
use crate::support::topics::Deployment;
use crate::support::{http, now, root};
use crate::town::{Expected, expected, expected_as_read, slices};

/// What a round came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Faults that really took place, by kind.
    pub(crate) faults: BTreeMap<&'static str, u64>,
    /// What the oracle, or the driver itself, found broken.
    pub(crate) violations: Vec<String>,
    pub(crate) seconds: u64,
    pub(crate) actions: u64,
    /// The actions are those of the order in which the lanes read the records, which was not that of time.
    pub(crate) reordered: bool,
    pub(crate) folder: PathBuf,
}

/// Plays the plan; what the driver itself cannot bear is a violation too.
pub(crate) fn play(scene: &Scene, plan: &Plan, mutant: Option<&str>) -> Outcome {
    let began = now();
    let deployment = Deployment::new(&format!("faults-{}", plan.seed), i32::from(crate::town::LANES));
    let mut outcome = Outcome { folder: deployment.folder.clone(), ..Outcome::default() };
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        attack(scene, &deployment, plan, mutant, &mut outcome.faults)
    }));
    match played {
        Ok(verdict) => {
            let list = verdict["violations"].as_array().cloned().unwrap_or_default();
            outcome.violations = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            outcome.reordered = verdict["reordered"] == true;
            outcome.actions = verdict["actions"].as_u64().unwrap_or_default();
        }
        Err(words) => {
            let text = words.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| words.downcast_ref::<&str>().copied()).unwrap_or("the driver gave up");
            outcome.violations.push(format!("driver: {text}"));
        }
    }
    outcome.seconds = now().duration_since(began).as_secs();
    outcome
}

fn attack(
    scene: &Scene,
    deployment: &Deployment,
    plan: &Plan,
    mutant: Option<&str>,
    done: &mut BTreeMap<&'static str, u64>,
) -> Value {
    deployment.create_topics(&scene.broker);
    let parts = slices(plan, done);
    let mut fleet = Fleet::new(scene, deployment, plan, mutant);
    let config = load(&fleet.slots[0].path);
    let key = config.id_key().expect("the deployment's key");
    let policy = || config.policy(key.clone());
    let rules = serde_json::to_value(&policy().decide).expect("rules are plain");
    let known = if plan.kind == Kind::Alone { expected(&parts, policy()) } else { Expected::default() };
    for (slice, part) in parts.iter().enumerate() {
        fleet.feed(part);
        if slice == 0 {
            (0..plan.instances).for_each(|at| fleet.start(at));
            // The CRM rows that lie there at the very first start are folded before all else, those of later slices too if
            // it ends before its first commit. The expectation knows no such order: the first slice's are committed first.
            let begun = fleet.until(Duration::from_mins(2), |fleet| is_consumed(fleet, Input::Crm));
            assert!(begun, "the first slice's customers were not folded in 2 minutes:\n{}", fleet.log(0));
        }
        for step in plan.steps.iter().filter(|step| step.slice == slice && !step.fault.is_input()) {
            fleet.tend();
            if inject(&mut fleet, plan, step) {
                *done.entry(step.fault.as_str()).or_default() += 1;
            }
        }
    }
    let metrics = settle(&mut fleet);
    fleet.running().into_iter().for_each(|at| fleet.stop(at));
    let twice = epochs_of_two_owners(&deployment.folder);
    if twice > 0 {
        done.insert("epochs_of_two_owners", twice);
    }
    dump(&scene.broker, deployment, &deployment.folder);
    // With the area stage the core's actions hang on verdicts, and the rounds have no expectation to compare with.
    let as_read = match plan.kind {
        Kind::Alone => expected_as_read(&parts, &journal(&deployment.folder), policy),
        Kind::Areas => None,
    };
    let facts = json!({
        "seed": plan.seed, "kind": format!("{:?}", plan.kind).to_lowercase(), "rules": rules, "zone": config.zone.name(),
        "expected": known.actions, "as_read": as_read, "decisions": known.decisions, "letters": known.letters, "exits": fleet.exits, "metrics": metrics,
        "group": deployment.name,
    });
    std::fs::write(deployment.folder.join("round.json"), facts.to_string()).expect("a file");
    judge(&deployment.folder)
}

/// The journal's messages, as the dump has them.
fn journal(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("journal.jsonl")).expect("the dump");
    let message = |line: &str| {
        let record: Value = serde_json::from_str(line).ok()?;
        serde_json::from_str(record["value"].as_str()?).ok()
    };
    text.lines().filter_map(message).collect()
}

/// How often an instance that was to send an epoch found another's epoch of that very number: by its number alone it would
/// have been taken for its own.
fn epochs_of_two_owners(folder: &Path) -> u64 {
    let logs = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let logs = logs.filter(|path| path.extension().is_some_and(|end| end == "err"));
    let text: String = logs.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let numbers = |line: &str| {
        let (_, rest) = line.split_once(" epoch ")?;
        let (ours, rest) = rest.split_once(" was to be sent and another's ")?;
        Some(ours == rest.split_once(" is there")?.0)
    };
    text.lines().filter(|line| numbers(line) == Some(true)).count() as u64
}

fn load(path: &Path) -> Config {
    let text = std::fs::read_to_string(path).expect("the configuration");
    Config::load(&Sources::of_text(&path.display().to_string(), &text, Vec::new())).expect("a good configuration")
}

/// Whether all of an input's topic is committed.
fn is_consumed(fleet: &Fleet<'_>, input: Input) -> bool {
    let topic = fleet.deployment.topic(input.as_str());
    let (ends, done) = (ends(fleet.broker, &topic), committed(fleet.broker, &fleet.deployment.name, &topic));
    ends.iter().all(|(p, end)| *end == 0 || done.get(p).is_some_and(|(offset, _)| offset >= end))
}

/// Waits until all is folded and every instance is ready; answers what `/metrics` of each says.
fn settle(fleet: &mut Fleet<'_>) -> Vec<Value> {
    let consumed = |fleet: &Fleet<'_>| Input::KEYED.iter().all(|input| is_consumed(fleet, *input));
    let done = fleet.until(Duration::from_mins(3), consumed);
    let logs = |fleet: &Fleet<'_>| -> String {
        let tail = |log: String| {
            log.lines().rev().take(15).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        let told = |at: &usize| format!("instance {at}:\n{}", tail(fleet.log(*at)));
        fleet.running().iter().map(told).collect::<Vec<_>>().join("\n")
    };
    assert!(done, "the town was not folded in 3 minutes\n{}", logs(fleet));
    let ready = |fleet: &Fleet<'_>| {
        let status = |at: &usize| http::get(fleet.slots[*at].port, "/readyz").map_or(0, |(status, _)| status);
        fleet.running().iter().all(|at| status(at) == 200)
    };
    assert!(fleet.until(Duration::from_mins(1), ready), "an instance is not ready at the end\n{}", logs(fleet));
    let text = |at: &usize| http::get(fleet.slots[*at].port, "/metrics").map(|(_, body)| body).unwrap_or_default();
    fleet.running().iter().map(|at| json!({"instance": at, "text": text(at)})).collect()
}

/// Asks the oracle, which is of another language and knows only the dump.
fn judge(folder: &Path) -> Value {
    let oracle = root().join("tests/oracle/faults.py");
    let output = Command::new("python3").args(["-W", "error"]).arg(oracle).arg(folder).output().expect("python3 runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().and_then(|line| serde_json::from_str(line).ok());
    last.unwrap_or_else(|| panic!("the oracle gave no verdict:\n{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}
