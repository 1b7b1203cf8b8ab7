//! kill -9 at random moments: the actions are those of the core alone, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use homeqos::sim::{SimRecord, TownSpec};

use super::end_to_end::ALONE;
use super::engine::{config, policy};
use super::town::{preload, records, reference};
use crate::support::broker::Broker;
use crate::support::product::Product;
use crate::support::records::{Read, committed, ends, read_all};
use crate::support::topics::Deployment;
use crate::support::town::keyed_topics;
use crate::support::{now, or_skip, ports, wait_for};

const LANES: u16 = 4;

/// Random moments that can be had again: splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

struct Fleet<'a> {
    broker: &'a Broker,
    deployment: &'a Deployment,
    paths: Vec<PathBuf>,
    running: Vec<Option<Product>>,
    starts: usize,
}

impl<'a> Fleet<'a> {
    fn new(broker: &'a Broker, deployment: &'a Deployment, instances: usize, overrides: &str) -> Self {
        let name = |n: usize| format!("i{n}");
        let paths = (0..instances).map(|n| deployment.config(broker, &name(n), ports::free(), overrides)).collect();
        let running = (0..instances).map(|_| None).collect();
        Self { broker, deployment, paths, running, starts: 0 }
    }

    fn start(&mut self, at: usize) {
        self.starts += 1;
        let port = config(&self.paths[at]).listen.expect("a port").port();
        let path = self.paths[at].display().to_string();
        let name = format!("i{at}-{}", self.starts);
        self.running[at] = Some(Product::start(&["run", "--config", &path], port, &self.deployment.folder, &name));
    }

    /// Adds to the topics while nobody looks: what lies in five topics is then seen at once, and in one order.
    fn feed(&self, part: &[SimRecord]) {
        self.running.iter().flatten().for_each(|product| product.signal("STOP"));
        preload(self.broker, self.deployment, part);
        self.running.iter().flatten().for_each(|product| product.signal("CONT"));
    }

    /// What `/readyz` tells of an instance's lanes; nothing while it does not answer.
    fn told(&self, at: usize) -> String {
        let port = self.running[at].as_ref().map_or(0, Product::http_port);
        crate::support::http::get(port, "/readyz").map(|(_, body)| body).unwrap_or_default()
    }

    fn is_restoring(&self, at: usize) -> bool {
        self.told(at).contains("restoring")
    }

    fn kill(&mut self, at: usize) {
        if let Some(mut product) = self.running[at].take() {
            assert!(product.ended().is_none(), "an instance ended by itself:\n{}", product.stderr());
            product.kill();
        }
    }

    fn consumed(&self) -> bool {
        keyed_topics(self.deployment).iter().all(|topic| {
            let (ends, done) = (ends(self.broker, topic), committed(self.broker, &self.deployment.name, topic));
            ends.iter().all(|(p, end)| *end == 0 || done.get(p).is_some_and(|(offset, _)| offset >= end))
        })
    }
}

/// How the kills fell.
#[derive(Debug, Default)]
struct Kills {
    at_work: usize,
    in_recovery: usize,
}

/// Feeds the town in slices and kills while it is worked on; every other kill falls into the recovery of the one before.
fn attack(fleet: &mut Fleet<'_>, town: &[SimRecord], kills: usize, dice: &mut Dice) -> Kills {
    let mut done = Kills::default();
    let instances = fleet.paths.len();
    let mut parts = town.chunks(town.len().div_ceil(kills));
    fleet.feed(parts.next().unwrap_or_default());
    (0..instances).for_each(|at| fleet.start(at));
    let mut victim = 0;
    for round in 0..kills {
        // Every other kill falls into the recovery from the one before, as near to its start as can be seen.
        if round % 2 == 0 {
            victim = dice.roll(instances as u64) as usize;
            wait_until(fleet, victim, "running");
            std::thread::sleep(Duration::from_millis(dice.roll(900)));
        } else {
            wait_until(fleet, victim, "restoring");
            std::thread::sleep(Duration::from_millis(dice.roll(200)));
        }
        if fleet.is_restoring(victim) {
            done.in_recovery += 1;
        } else {
            done.at_work += 1;
        }
        fleet.kill(victim);
        fleet.feed(parts.next().unwrap_or_default());
        fleet.start(victim);
    }
    parts.for_each(|part| fleet.feed(part));
    done
}

/// Waits until a lane of the instance is in the state; of a recovery, until it was there or has passed.
fn wait_until(fleet: &Fleet<'_>, at: usize, state: &str) {
    let said = wait_for(&format!("instance {at} to be {state}"), Duration::from_mins(1), || {
        let told = fleet.told(at);
        (told.contains(state) || told.contains("running")).then_some(told)
    });
    assert!(!said.is_empty());
}

fn finish(fleet: &mut Fleet<'_>) {
    let end = now() + Duration::from_mins(3);
    while !fleet.consumed() {
        for (at, product) in fleet.running.iter_mut().enumerate() {
            let product = product.as_mut().expect("it runs");
            assert!(product.ended().is_none(), "instance {at} ended by itself:\n{}", product.stderr());
        }
        assert!(now() < end, "the town was not folded in time");
        std::thread::sleep(Duration::from_millis(100));
    }
    for product in fleet.running.iter_mut().flatten() {
        assert!(product.terminate().success(), "{}", product.stderr());
    }
}

fn ids(read: &[Read]) -> Vec<String> {
    read.iter().map(|r| r.header("ce_id").to_owned()).collect()
}

fn the_town_survives(name: &str, instances: usize, kills: usize, seed: u64) {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new(name, i32::from(LANES));
    deployment.create_topics(broker);
    let overrides = format!("{ALONE}[state]\nsnapshot_seconds = 2\n");
    let mut fleet = Fleet::new(broker, &deployment, instances, &overrides);
    let town = records(&TownSpec::demo(seed), LANES);
    let done = attack(&mut fleet, &town, kills, &mut Dice(seed));
    finish(&mut fleet);
    println!("{name}: seed {seed}, {done:?}");
    assert!(done.at_work + done.in_recovery >= kills && done.in_recovery >= kills / 4, "{done:?}");
    let read = ids(&read_all(broker, &deployment.topic("offers")));
    let once: BTreeSet<String> = read.iter().cloned().collect();
    assert_eq!(read.len(), once.len(), "an action came twice");
    let expected = reference(&town, policy(&config(&fleet.paths[0])), LANES);
    assert_eq!(once, expected);
    journal_has_no_gap(broker, &deployment);
}

/// Every lane's journal counts its epochs without gap or repetition, each beginning where the one before ended.
fn journal_has_no_gap(broker: &Broker, deployment: &Deployment) {
    let mut last: BTreeMap<i32, (u64, serde_json::Value)> = BTreeMap::new();
    for record in read_all(broker, &deployment.topic("journal")) {
        let said = record.json();
        let epoch = said["epoch"].as_u64().expect("an epoch");
        if let Some((before, end)) = last.get(&record.partition) {
            assert_eq!((before + 1, end), (epoch, &said["start"]), "lane {}", record.partition);
        } else {
            assert_eq!(epoch, 1, "lane {}", record.partition);
        }
        last.insert(record.partition, (epoch, said["end"].clone()));
    }
    assert_eq!(last.len(), usize::from(LANES));
}

#[test]
fn twenty_kills_of_one_instance_leave_the_actions_of_the_core_alone() {
    the_town_survives("kill-one", 1, 20, 3);
}

#[test]
fn twenty_kills_of_two_instances_leave_the_actions_of_the_core_alone() {
    the_town_survives("kill-two", 2, 20, 4);
}
