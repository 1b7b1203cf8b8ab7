//! An epoch in which no record was folded, only time: its first maker is frozen with all of it sent, and another makes it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use homeqos::sim::{SimRecord, Town, TownSpec};
use homeqos::units::Millis;
use serde_json::Value;

use super::end_to_end::ALONE;
use super::engine::{config, policy};
use super::lives::{LIMIT, Lives};
use super::town::{by_waiting, preload, stranger};
use crate::support::broker::Broker;
use crate::support::product::Product;
use crate::support::records::{Read, committed, read_all, read_uncommitted, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::town::keyed_topics;
use crate::support::{or_skip, ports, wait_for};

const LANES: u16 = 2;
/// Nothing is written to this lane's partitions any more, and time passes there by what comes in the other.
const SILENT: u16 = 1;

/// Long enough to see the line and to strike, shorter than a transaction's life.
const WAITS: [(&str, &str); 1] = [("HOMEQOS_FAIL_POINTS", "before_commit=2000")];
const LINE: &str = "fail point before_commit waits";

struct Scene<'a> {
    broker: &'a Broker,
    deployment: &'a Deployment,
}

impl Scene<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.deployment.config(self.broker, name, ports::free(), ALONE)
    }

    fn start(&self, path: &Path, environment: &[(&str, &str)], name: &str) -> Product {
        let port = config(path).listen.expect("a port").port();
        let args = ["run", "--config", path.to_str().expect("UTF-8")];
        Product::start_with(&args, environment, port, &self.deployment.folder, name)
    }

    fn consumed(&self) {
        wait_consumed(self.broker, &self.deployment.name, &keyed_topics(self.deployment), LIMIT);
    }

    /// Somebody of the other lane is seen at this time.
    fn time_is(&self, at: Millis) {
        preload(self.broker, self.deployment, &[stranger(1 - SILENT, LANES, at)]);
    }

    /// The silent lane's last committed epoch.
    fn epoch(&self) -> u64 {
        let found = committed(self.broker, &self.deployment.name, &self.deployment.topic("probes"));
        let mark: Value = serde_json::from_str(&found[&i32::from(SILENT)].1).expect("a mark");
        mark["epoch"].as_u64().expect("an epoch")
    }

    /// The silent lane's journal records of one epoch.
    fn journal(&self, read: fn(&Broker, &str) -> Vec<Read>, epoch: u64) -> Vec<Value> {
        let all = read(self.broker, &self.deployment.topic("journal")).into_iter();
        let of_lane = all.filter(|record| record.partition == i32::from(SILENT)).map(|record| record.json());
        of_lane.filter(|record| record["epoch"] == epoch).collect()
    }
}

/// Records of a town up to an early morning after which waiting alone brings offers in the silent lane, for people are not
/// asked at night; the end of the waiting; and those offers.
fn early_morning(scene: &Scene<'_>, path: &Path) -> (Vec<SimRecord>, Millis, BTreeSet<String>) {
    let spec = TownSpec::demo(5);
    let all: Vec<SimRecord> = Town::build(&spec).records().collect();
    let last = all.iter().filter_map(|record| record.ts).max().expect("a town has events");
    let found = (0..6).find_map(|days| {
        let day = Millis(last.0 - last.0 % Millis::DAY - days * Millis::DAY);
        let (at, until) = (day.plus(3 * Millis::HOUR), day.plus(12 * Millis::HOUR));
        let mut town: Vec<SimRecord> =
            all.iter().filter(|record| record.ts.is_none_or(|ts| ts < at)).cloned().collect();
        town.extend((0..LANES).map(|lane| stranger(lane, LANES, at)));
        let made = by_waiting(&town, policy(&config(path)), LANES, SILENT, until);
        (!made.is_empty()).then_some((town, until, made))
    });
    found.unwrap_or_else(|| panic!("no morning of {} brings an offer", scene.deployment.name))
}

#[test]
fn an_epoch_of_nothing_but_time_is_made_once_though_its_first_maker_was_frozen_before_its_commit() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("tick-only", i32::from(LANES));
    deployment.create_topics(broker);
    let scene = Scene { broker, deployment: &deployment };
    let (one, two) = (scene.path("one"), scene.path("two"));
    let (town, until, made) = early_morning(&scene, &one);
    preload(broker, &deployment, &town);
    let mut first = scene.start(&one, &[], "one-1");
    scene.consumed();
    assert!(first.terminate().success(), "{}", first.stderr());

    // From here on every commit waits two seconds, that of the record itself too: which one waits, the journal says.
    let mut first = scene.start(&one, &WAITS, "one-2");
    first.ready(LIMIT);
    let before = scene.epoch();
    let lines = |product: &Product| product.stderr().matches(LINE).count();
    let mut seen = lines(&first);
    scene.time_is(until);
    let sent = loop {
        wait_for("an epoch of nothing but time", LIMIT, || (lines(&first) > seen).then_some(()));
        first.signal("STOP");
        seen = lines(&first);
        let sent = scene.journal(read_uncommitted, before + 1);
        if !sent.is_empty() {
            break sent;
        }
        first.signal("CONT");
    };
    let record = sent.last().expect("it is sent");
    let runs = record["runs"].as_array().expect("runs");
    assert!(!runs.is_empty() && runs.iter().all(|run| run[0] == "tick"), "{record}");
    let emitted = |record: &Value| -> BTreeSet<String> {
        let decisions = record["decisions"].as_array().expect("decisions").iter();
        let made = decisions.filter(|decision| decision["verdict"] == "emitted");
        made.map(|decision| format!("{}.1", decision["id"].as_str().expect("an id"))).collect()
    };
    assert_eq!(emitted(record), made);
    assert_eq!(scene.epoch(), before, "the frozen one has not committed it");

    // The group gives both lanes to another, which makes the same epoch of the same lane.
    let mut second = scene.start(&two, &[], "two");
    wait_for("another owner", LIMIT, || (second.stderr().matches("lane restored").count() == 2).then_some(()));
    scene.time_is(until.plus(Millis::HOUR));
    wait_for("the other's epoch", LIMIT, || (scene.epoch() > before).then_some(()));

    let revoked = first.stderr().matches("lanes revoked").count();
    first.signal("CONT");
    wait_for("the frozen one to notice", LIMIT, || {
        (first.stderr().matches("lanes revoked").count() > revoked).then_some(())
    });
    scene.consumed();
    for product in [&mut first, &mut second] {
        assert!(product.terminate().success(), "{}", product.stderr());
    }
    assert!(scene.journal(read_uncommitted, before + 1).len() > sent.len(), "it was sent by both");
    let there = scene.journal(read_all, before + 1);
    assert_eq!(there.len(), 1, "and is there once: {there:?}");
    let told = Lives::new(broker, &deployment).are_single_and_complete();
    assert!(told.is_superset(&made), "{made:?} are missing in {told:?}");
}
