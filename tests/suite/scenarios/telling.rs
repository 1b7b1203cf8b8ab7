//! The straight telling: `homeqos replay` of the story's files.

use std::collections::BTreeMap;
use std::path::Path;

use homeqos::cli::replay::{FileRecord, Merged, Options, Partition, Tallies, replay};
use homeqos::pipeline::Mode;
use homeqos::units::{Millis, Partitioner};
use serde_json::Value;

use super::expand::{self, KnownOutcome};
use super::local::Local;
use super::story::{OutcomeOf, Story};
use crate::support::scratch;

/// What a telling said, in order.
#[derive(Debug, PartialEq)]
pub(super) struct Said {
    /// `{"key", "headers", "value"}`.
    pub(super) actions: Vec<Value>,
    pub(super) decisions: Vec<Value>,
    pub(super) views: Vec<Value>,
    pub(super) accounts: Tallies,
}

/// The straight telling, and the records it was made of.
pub(super) struct Told {
    pub(super) said: Said,
    pub(super) records: Vec<FileRecord>,
}

/// Tells a story through `replay`. Outcomes name actions that the story brings about, so it is told again as each of
/// them becomes known.
pub(super) fn straight(story: &Story) -> Told {
    let folder = scratch::folder("story");
    let local = Local::of(&story.zone);
    let mut known: Vec<KnownOutcome> = Vec::new();
    loop {
        expand::write(story, &known, &folder);
        let said = once(story, &folder);
        let Some(outcome) = story.outcome.get(known.len()) else {
            let records = records(story, &folder);
            return Told { said, records };
        };
        known.push(know(outcome, &said, &local));
    }
}

/// The order of `[[outcome]]` is the order in which their actions come about.
fn know(outcome: &OutcomeOf, said: &Said, local: &Local) -> KnownOutcome {
    let (event, key) = outcome.of.split_once(' ').expect("`offer.made C1`");
    let is_it = |action: &&Value| {
        let ce_type = action["headers"]["ce_type"].as_str().unwrap_or_default();
        ce_type == format!("org.homeqos.{event}.v1") && action["key"] == key
    };
    let found = said.actions.iter().filter(is_it).nth(outcome.nth - 1);
    let action = found.unwrap_or_else(|| panic!("no {} number {}: {:#?}", outcome.of, outcome.nth, said.actions));
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let made: jiff::Timestamp = text(&action["headers"]["ce_time"]).parse().expect("RFC 3339");
    let at = Millis(made.as_millisecond()).plus((outcome.after_hours * Millis::HOUR as f64) as i64);
    assert!(local.text(at) > local.text(Millis(made.as_millisecond())), "an outcome comes after its action");
    KnownOutcome { key: key.to_owned(), action_id: text(&action["value"]["id"]), at, status: outcome.status.clone() }
}

pub(super) fn partition(story: &Story) -> Partition {
    Partition { partitioner: Partitioner::Murmur2, lanes: story.lanes }
}

pub(super) fn mode(story: &Story) -> Mode {
    Mode { offers_enabled: story.config().written.offers.enabled, ..Mode::default() }
}

pub(super) fn until(story: &Story) -> Option<Millis> {
    story.until.as_ref().map(|until| Local::of(&story.zone).instant(until))
}

fn once(story: &Story, folder: &Path) -> Said {
    let out = |name: &str| Some(folder.join(name));
    let options = Options {
        dir: folder.to_owned(),
        actions: out("actions"),
        customers: out("views"),
        decisions: out("decisions"),
        dead_letters: None,
        views_at: Vec::new(),
        partition: partition(story),
        until: until(story),
        mode: mode(story),
        offers_topic: "offers".to_owned(),
        tickets_topic: "tickets".to_owned(),
    };
    let config = story.config();
    let summary = replay(&options, config.policy(Story::key()), |_| config.mapping.clone()).expect("a replay");
    assert!(summary.tallies.adds_up());
    let read = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(folder.join(name)).expect("an output");
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    };
    let action = |mut line: Value| {
        line.as_object_mut().expect("an object").remove("topic");
        line
    };
    Said {
        actions: read("actions").into_iter().map(action).collect(),
        decisions: read("decisions"),
        views: read("views"),
        accounts: summary.tallies,
    }
}

/// The story's records in the order in which `replay` takes them.
fn records(story: &Story, folder: &Path) -> Vec<FileRecord> {
    let config = story.config();
    let mut merged = Merged::open(folder, partition(story), |_| config.mapping.clone()).expect("the story's files");
    let mut records = Vec::new();
    while let Some(record) = merged.take().expect("a record") {
        records.push(record);
    }
    records
}

/// Headers as `replay` writes them.
pub(super) fn headers(of: &[(String, String)]) -> BTreeMap<&str, &str> {
    of.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
