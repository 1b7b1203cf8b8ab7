//! How fast the whole exactly-once pipeline drains a topic, beside a bare consumer in the same run.
//!
//! A real Apache Kafka; 200 000 customers, each with a CRM row, a confirmed home, 14 used panes and 4 contacts. Then, three
//! times in turn, 3 million probes (270 bytes, lz4, 4 partitions) are drained by a bare consumer, by one that also decodes,
//! and by `homeqos run`: two threads each. At the end it is killed with 900 000 records to replay and started again.
//! Medians, ratios, bytes per customer, seconds of the recovery with its split; the last line is JSON.
//!
//! Sizes come from `HOMEQOS_DRAIN_CUSTOMERS`, `HOMEQOS_DRAIN_EVENTS`, `HOMEQOS_DRAIN_ROUNDS` and
//! `HOMEQOS_DRAIN_REPLAYED_HOURS` (24: a night's looks are replayed as well).

mod bare;
#[path = "../common/filled.rs"]
mod filled;
mod pipeline;
#[path = "../common/size.rs"]
mod size;
#[expect(dead_code, unused_macros, unused_imports, reason = "the harness of the tests serves more than this bench")]
#[path = "../../tests/suite/support/mod.rs"]
mod support;
#[path = "../common/town.rs"]
mod town;

use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use homeqos::units::Millis;
use pipeline::{Pipeline, Recovery, Share};
use size::size;
use support::broker::Broker;
use support::topics::Deployment;
use town::Town;

/// One round, in events a second.
struct Round {
    bare: f64,
    parse: f64,
    pipeline: f64,
    share: Share,
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Bytes a customer by which the resident memory of this process grows when a lane is filled; no consumer is near it.
fn bytes_per_customer(customers: u32) -> f64 {
    let mut filled = filled::Filled::empty(customers);
    let empty = homeqos::shell::metrics::resident_bytes();
    filled.live_two_weeks();
    (homeqos::shell::metrics::resident_bytes() - empty) as f64 / f64::from(customers)
}

fn main() {
    let town = Town {
        customers: size("HOMEQOS_DRAIN_CUSTOMERS", 200_000),
        events: size("HOMEQOS_DRAIN_EVENTS", 3_000_000),
        begin: filled::BEGIN,
    };
    let bytes_per_customer = bytes_per_customer(town.customers);
    let broker = match Broker::start() {
        Ok(broker) => broker,
        Err(reason) => return println!("SKIPPED ({reason})"),
    };
    let deployment = Deployment::new("drain", 4);
    deployment.create_topics(&broker);

    let started = support::now();
    let sent = town.send_history(&broker, &deployment);
    eprintln!("history: {sent} records sent in {:.0} s", started.elapsed().as_secs_f64());
    let history = Pipeline::start(&broker, &deployment).drain_all(Duration::from_mins(20));
    eprintln!("{history}");

    let rounds: Vec<Round> =
        (0..size("HOMEQOS_DRAIN_ROUNDS", 3)).map(|n| round(n, &town, &broker, &deployment)).collect();

    let (bare, parse) = (median(&rounds, |r| r.bare), median(&rounds, |r| r.parse));
    let pipeline = median(&rounds, |r| r.pipeline);
    let per_record = |rate: f64| 2e6 / rate;
    println!("a record, on each of two threads (medians of {} rounds):", rounds.len());
    println!("  fetch        {:6.2} µs   {bare:9.0} records/s  bare drain", per_record(bare));
    println!(
        "  + decode     {:6.2} µs   {parse:9.0} records/s  drain and decode",
        per_record(parse) - per_record(bare)
    );
    println!(
        "  + the rest   {:6.2} µs   {pipeline:9.0} records/s  homeqos run",
        per_record(pipeline) - per_record(parse)
    );
    println!("the workers' time in homeqos run:");
    for (activity, share) in &rounds[rounds.len() / 2].share {
        println!("  {activity:10}   {:5.1} %", 100.0 * share);
    }
    let recovery = recovery(&town, &broker, &deployment);
    println!(
        "killed with {REPLAYED} records since its snapshots, ready again after {:.1} s with {} customers:",
        recovery.seconds, recovery.customers
    );
    recovery.lanes.iter().for_each(|lane| println!("  {lane}"));
    println!(
        "homeqos run, resident, after the history: {} MB, queues and buffers included",
        history.resident_bytes >> 20
    );
    println!("a filled lane alone: {bytes_per_customer:.0} B a customer");
    println!(
        "{{\"ratio_bare\":{:.3},\"ratio_parse\":{:.3},\"bytes_per_customer\":{bytes_per_customer:.0},\
         \"bare_per_s\":{bare:.0},\"parse_per_s\":{parse:.0},\"pipeline_per_s\":{pipeline:.0},\"recovery_s\":{:.2},\"recovered_customers\":{}}}",
        pipeline / bare,
        pipeline / parse,
        recovery.seconds,
        recovery.customers,
    );
}

/// Records folded after the snapshots and before the kill: just below the debt at which a snapshot is due.
const REPLAYED: u32 = 900_000;

/// A kill with as much to replay as there may be, and the start after it. The records are of one hour, since a snapshot is
/// due after a quarter of one: the looks that everybody gets once a night are not among what is replayed.
fn recovery(town: &Town, broker: &Broker, deployment: &Deployment) -> Recovery {
    let hours = i64::from(size("HOMEQOS_DRAIN_REPLAYED_HOURS", 1));
    let debt = Town { events: REPLAYED, ..*town };
    debt.send_from(size("HOMEQOS_DRAIN_ROUNDS", 3), hours * Millis::HOUR - 1, broker, deployment);
    Pipeline::start(broker, deployment).drain_and_die(Duration::from_mins(5));
    let began = support::now();
    Pipeline::start(broker, deployment).recover(began, town.customers, Duration::from_mins(5))
}

fn round(number: u32, town: &Town, broker: &Broker, deployment: &Deployment) -> Round {
    let topic = deployment.topic("probes");
    let from = support::records::ends(broker, &topic);
    town.send_day(number, broker, deployment);
    let bare = bare::drain(broker, &topic, &from, |_| {});
    let parse = bare::drain(broker, &topic, &from, bare::decode_probe);
    let (pipeline, share) = Pipeline::start(broker, deployment).drain_rate(&from, f64::from(town.events));
    eprintln!("round {number}: bare {bare:.0}/s, decoded {parse:.0}/s, pipeline {pipeline:.0}/s");
    Round { bare, parse, pipeline, share }
}
