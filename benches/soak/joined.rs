//! A second instance joins while traffic flows: half of the lanes move to it, from snapshots and journal in the store that
//! both share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::latency::Watch;
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
    /// The longest way from topic to commit in the lanes that moved to another worker, of this instance or the other, ms.
    pub(crate) moved_max: u128,
    /// The same in the lanes that stayed with their worker.
    pub(crate) stayed_max: u128,
    /// The longest time from giving lanes up to being dealt them anew, of the workers that were there before, and to
    /// going on with those that stayed, ms.
    pub(crate) rebalance_max: i64,
    pub(crate) resumed_max: i64,
    /// Customers of the lanes that moved to the other instance.
    pub(crate) customers: f64,
    /// The steps of each lane that moved, as the logs tell them.
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
        let latency = watching.join().expect("the watch ends");
        let (log, came) = (first.stderr(), second.stderr());
        let stayed = &log[before..];
        let resumed: Vec<usize> = said(stayed, "lane resumed lane=").filter_map(number).collect();
        let greatest = |wanted: bool| {
            let of = latency.greatest.iter().enumerate().filter(|(lane, _)| resumed.contains(lane) == wanted);
            of.map(|(_, took)| *took).max().unwrap_or(0)
        };
        let (moved_max, stayed_max) = (greatest(false), greatest(true));
        let [rebalance_max, resumed_max] = pauses(stayed);
        let lanes = said(stayed, "lane restored ").chain(said(&came, "lane restored ")).map(str::to_owned).collect();
        let status = second.terminate();
        assert!(status.success(), "the second instance ended with {status}: {}", second.stderr());
        Joined { moved_max, stayed_max, rebalance_max, resumed_max, customers: taken, lanes }
    })
}

/// What follows this in the lines of a log.
fn said<'a>(log: &'a str, words: &'static str) -> impl Iterator<Item = &'a str> {
    log.lines().filter_map(move |line| Some(line.split_once(words)?.1.trim()))
}

/// The number with which this begins.
fn number(said: &str) -> Option<usize> {
    said.split(' ').next()?.parse().ok()
}

/// The longest time in a log from a deal's first `lanes revoked` to its last `lanes assigned`, and to its last `lane
/// resumed`, ms.
fn pauses(log: &str) -> [i64; 2] {
    let (mut since, mut dealt, mut longest) = (0, true, [0; 2]);
    for line in log.lines() {
        let at = line.split_whitespace().next().and_then(|word| word.parse::<jiff::Timestamp>().ok());
        let Some(at) = at.map(jiff::Timestamp::as_millisecond) else { continue };
        if line.contains("lanes revoked") && std::mem::take(&mut dealt) {
            since = at;
        }
        for (step, longest) in ["lanes assigned", "lane resumed"].into_iter().zip(&mut longest) {
            if line.contains(step) {
                dealt = true;
                *longest = (at - since).max(*longest);
            }
        }
    }
    longest
}
