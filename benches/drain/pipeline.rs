//! `homeqos run` on the same topics: the released binary as a process of its own, watched from outside.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use super::support::broker::Broker;
use super::support::product::Product;
use super::support::topics::Deployment;
use super::support::town::keyed_topics;
use super::support::{now, ports, records, wait_for};

const SETTINGS: &str = "[time]\nmode = \"input\"\n[kafka]\nworkers = 2\n";
/// The rate is taken from here on: the first epochs still warm up.
const FROM_SHARE: f64 = 0.1;

/// Shares of the workers' time, by activity.
pub(crate) type Share = Vec<(String, f64)>;

/// A running instance. Ended by SIGTERM, which writes its snapshots.
pub(crate) struct Pipeline<'b> {
    broker: &'b Broker,
    name: String,
    topic: String,
    keyed: Vec<String>,
    product: Product,
}

/// How a start after a kill went.
pub(crate) struct Recovery {
    pub(crate) seconds: f64,
    pub(crate) customers: f64,
    /// Steps of each lane, as the log tells them.
    pub(crate) lanes: Vec<String>,
}

/// What became of the history.
pub(crate) struct History {
    seconds: f64,
    records: f64,
    homes: String,
    pub(crate) resident_bytes: u64,
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.records / self.seconds;
        write!(f, "history: folded in {:.0} s ({rate:.0} records/s); homes: {}", self.seconds, self.homes)
    }
}

impl<'b> Pipeline<'b> {
    pub(crate) fn start(broker: &'b Broker, deployment: &Deployment) -> Self {
        let port = ports::free();
        let path = deployment.config(broker, "bench", port, SETTINGS);
        let args = ["run", "--config", &path.display().to_string()];
        let product = Product::start(&args, port, &deployment.folder, "run");
        Self {
            broker,
            name: deployment.name.clone(),
            topic: deployment.topic("probes"),
            keyed: keyed_topics(deployment),
            product,
        }
    }

    /// Drains everything there is and ends.
    pub(crate) fn drain_all(mut self, limit: Duration) -> History {
        let began = now();
        records::wait_consumed(self.broker, &self.name, &self.keyed, limit);
        let seconds = began.elapsed().as_secs_f64();
        let metric = |name: &str| self.product.metric(name).unwrap_or(0.0);
        let homes = ["unknown", "provisional", "declared", "confirmed"]
            .map(|status| format!("{} {status}", metric(&format!("homeqos_homes{{status=\"{status}\"}}"))));
        let records = metric("homeqos_records_consumed_total{input=\"probes\"}");
        let resident_bytes = self.product.resident_bytes();
        self.stop();
        History { seconds, records, homes: homes.join(", "), resident_bytes }
    }

    /// Records a second committed over the last nine tenths, and what the workers did meanwhile.
    pub(crate) fn drain_rate(mut self, from: &BTreeMap<i32, i64>, events: f64) -> (f64, Share) {
        let mut config = self.broker.client();
        let asker: BaseConsumer = config.set("group.id", &self.name).create().expect("a consumer");
        let mut asked = TopicPartitionList::new();
        for partition in from.keys() {
            asked.add_partition(&self.topic, *partition);
        }
        let done = || {
            let offsets = asker.committed_offsets(asked.clone(), Duration::from_secs(10)).ok()?;
            let each = offsets
                .elements()
                .iter()
                .map(|e| match e.offset() {
                    Offset::Offset(offset) => (offset - from[&e.partition()]) as f64,
                    _ => 0.0,
                })
                .collect::<Vec<_>>();
            Some((each.iter().sum::<f64>(), now()))
        };
        let limit = Duration::from_mins(10);
        let reach = |share: f64| {
            wait_for("the offsets of the drain", limit, || done().filter(|(records, _)| *records >= share * events))
        };
        let (first, began) = reach(FROM_SHARE);
        let (last, ended) = reach(1.0);
        assert!(first < last, "the drain was over before it was looked at: send more events");
        let share = self.share();
        self.stop();
        ((last - first) / ended.duration_since(began).as_secs_f64(), share)
    }

    /// Consumes what there is and is killed, so that the next start has it to replay.
    pub(crate) fn drain_and_die(mut self, limit: Duration) {
        records::wait_consumed(self.broker, &self.name, &self.keyed, limit);
        self.product.kill();
    }

    /// Waits until every lane is restored; the time since the process began, and what each lane's log line says. The gauge
    /// of `customers` follows within a second.
    pub(crate) fn recover(mut self, began: std::time::Instant, customers: u32, limit: Duration) -> Recovery {
        self.product.ready(limit);
        let seconds = began.elapsed().as_secs_f64();
        let gauge = || self.product.metric("homeqos_customers").filter(|known| *known >= f64::from(customers));
        let customers = wait_for("everybody is there again", limit, gauge);
        let log = self.product.stderr();
        let mut lanes: Vec<String> =
            log.lines().filter_map(|line| Some(line.split_once("lane restored")?.1.trim().to_owned())).collect();
        // The log goes on from one start to the next: the last lines are this start's.
        let of_this_start = records::ends(self.broker, &self.topic).len();
        lanes.drain(..lanes.len().saturating_sub(of_this_start));
        self.stop();
        Recovery { seconds, customers, lanes }
    }

    /// Seconds of all workers by activity, as shares of their sum.
    fn share(&self) -> Share {
        let (_, text) = self.product.get("/metrics");
        let seconds: Vec<(String, f64)> = text
            .lines()
            .filter_map(|line| {
                let rest = line.strip_prefix("homeqos_worker_seconds_total{activity=\"")?;
                let (activity, value) = rest.split_once("\"} ")?;
                Some((activity.to_owned(), value.parse().ok()?))
            })
            .collect();
        let all: f64 = seconds.iter().map(|(_, s)| s).sum();
        seconds.into_iter().map(|(activity, s)| (activity, s / all.max(1e-9))).collect()
    }

    fn stop(&mut self) {
        let status = self.product.terminate();
        assert!(status.success(), "homeqos ended with {status}: {}", self.product.stderr());
    }
}
