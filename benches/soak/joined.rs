//! A second instance joins while traffic flows: half of the lanes move to it, from snapshots and journal in the store that
//! both share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::latency::{Seen, Watch};
use super::support::broker::Broker;
use super::support::product::Product;
use super::support::records::{produce, wait_consumed};
use super::support::topics::Deployment;
use super::support::town::keyed_topics;
use super::support::{ports, wait_for};
use super::{LIMIT, SETTINGS, live};

/// Traffic flows for this long, at least until the lanes have moved.
const SECONDS: f64 = 60.0;
const RUNNING: &str = "homeqos_lanes{stage=\"customer\",state=\"running\"}";

/// How the lanes moved.
pub(crate) struct Joined {
    /// The longest way from topic to commit in the lanes that moved, and in those that stayed, ms.
    pub(crate) moved_max: u128,
    pub(crate) stayed_max: u128,
    /// The longest time from giving lanes up to being dealt them anew, of the workers that were there before, ms.
    pub(crate) rebalance_max: i64,
    /// Customers of the lanes that moved.
    pub(crate) customers: f64,
    /// The steps of each lane that moved, as the log tells them.
    pub(crate) lanes: Vec<String>,
}

/// Starts the second instance at `rate` probes a second and ends it again.
pub(crate) fn join(broker: &Broker, deployment: &Deployment, first: &Product, customers: u32, rate: f64) -> Joined {
    let before = first.stderr().len();
    let (topic, done, moved) = (deployment.topic("probes"), AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| Watch::new(broker, &deployment.name, &topic).until(&done));
        let feeding = scope.spawn(|| {
            let count = (rate * SECONDS) as u64;
            for round in (0..).map(|n| 10_000_000 + 100_000 * n) {
                produce(broker, &topic, live(customers, round, count, rate));
                if moved.load(Ordering::Acquire) {
                    break;
                }
            }
        });
        let port = ports::free();
        let config = deployment.config(broker, "second", port, SETTINGS).display().to_string();
        let mut second = Product::start(&["run", "--config", &config], port, &deployment.folder, "second");
        let half = f64::from(deployment.lanes / 2);
        wait_for("the lanes to move", LIMIT, || second.metric(RUNNING).filter(|lanes| *lanes >= half));
        let taken = wait_for("their customers", Duration::from_mins(1), || {
            second.metric("homeqos_customers").filter(|customers| *customers > 0.0)
        });
        moved.store(true, Ordering::Release);
        feeding.join().expect("the producer ends");
        wait_consumed(broker, &deployment.name, &keyed_topics(deployment), LIMIT);
        done.store(true, Ordering::Release);
        let latency: Seen = watching.join().expect("the watch ends");
        let rebalance_max = rebalance_max(&first.stderr()[before..]);
        let said = second.stderr();
        let restored = said.lines().filter_map(|line| Some(line.split_once("lane restored")?.1.trim().to_owned()));
        let lanes: Vec<String> = restored.collect();
        let moved = |lane: usize| lanes.iter().any(|said| said.starts_with(&format!("lane={lane} ")));
        let greatest = |wanted: bool| {
            let of = latency.greatest.iter().enumerate().filter(|(lane, _)| moved(*lane) == wanted);
            of.map(|(_, took)| *took).max().unwrap_or(0)
        };
        let (moved_max, stayed_max) = (greatest(true), greatest(false));
        let status = second.terminate();
        assert!(status.success(), "the second instance ended with {status}: {}", second.stderr());
        Joined { moved_max, stayed_max, rebalance_max, customers: taken, lanes }
    })
}

/// The longest time between a worker's `lanes revoked` and the `lanes assigned` that follows it in a log.
fn rebalance_max(log: &str) -> i64 {
    let mut revoked: BTreeMap<&str, i64> = BTreeMap::new();
    let mut longest = 0;
    for line in log.lines() {
        let worker = line.split_whitespace().find(|word| word.starts_with("worker="));
        let at = line.split_whitespace().next().and_then(|word| word.parse::<jiff::Timestamp>().ok());
        let (Some(worker), Some(at)) = (worker, at.map(jiff::Timestamp::as_millisecond)) else { continue };
        if line.contains("lanes revoked") {
            revoked.insert(worker, at);
        } else if line.contains("lanes assigned")
            && let Some(since) = revoked.remove(worker)
        {
            longest = longest.max(at - since);
        }
    }
    longest
}
