//! A live town for twenty minutes at half of what the machine can take: does memory stay flat, and how long is a probe on
//! its way?
//!
//! A real Apache Kafka, `homeqos run` by the clock on the wall, 100 000 customers with CRM rows, contacts, and homes from a
//! history of two weeks that it folds first. Then it is given three million probes as fast as they can be produced, which
//! tells the saturation rate of producer, broker and product together on this machine; then half of that rate, steadily.
//! The last line is JSON: the rates, the latency (`latency.rs` says of what), resident memory after the warm-up with its
//! slope by least squares.
//!
//! At the end a second instance joins while traffic flows (`joined.rs`): what a probe waits whose lane moves.
//!
//! Sizes come from `HOMEQOS_SOAK_CUSTOMERS`, `HOMEQOS_SOAK_LANES`, `HOMEQOS_SOAK_BURST` and `HOMEQOS_SOAK_MINUTES` (0:
//! straight to the end).

#[path = "../common/filled.rs"]
#[expect(dead_code, reason = "the lane without a broker is for other benches")]
mod filled;
mod joined;
mod latency;
#[path = "../common/size.rs"]
mod size;
#[expect(dead_code, unused_macros, unused_imports, reason = "the harness of the tests serves more than this bench")]
#[path = "../../tests/suite/support/mod.rs"]
mod support;
#[path = "../common/town.rs"]
#[expect(dead_code, reason = "days to be drained are for the drain bench")]
mod town;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use homeqos::shell::clock::wall;
use homeqos::sim::bench::bench_probe;
use homeqos::units::Millis;
use joined::{Joined, join};
use latency::Watch;
use size::size;
use support::broker::Broker;
use support::product::Product;
use support::records::{Sent, produce, wait_consumed};
use support::topics::Deployment;
use support::town::keyed_topics;
use support::{now, ports};
use town::Town;

const SETTINGS: &str = "[kafka]\nworkers = 2\n";
const LIMIT: Duration = Duration::from_mins(20);
/// How often resident memory is read.
const LOOK: Duration = Duration::from_secs(5);
/// Of the soak: what caches and queues take until then is no leak.
const WARM_UP: f64 = 0.25;

/// Probes of now, customer after customer, never faster than `rate` a second.
fn live(customers: u32, round: u32, count: u64, rate: f64) -> impl Iterator<Item = Sent> {
    let began = now();
    (0..count).map(move |n| {
        let due = began + Duration::from_secs_f64(n as f64 / rate);
        let early = due.saturating_duration_since(now());
        // A sleep for every record would be late for every record.
        if early > Duration::from_millis(2) {
            std::thread::sleep(early);
        }
        let (customer, ts) = ((n % u64::from(customers)) as u32, wall());
        let event = round + (n / u64::from(customers)) as u32;
        let probe = bench_probe(customer, event, ts);
        Sent { timestamp: Some(ts.0), ..Sent::new(&filled::key(customer), probe) }
    })
}

/// Resident memory over time.
#[derive(Debug, Default)]
struct Memory {
    /// Seconds since the soak began, and MB.
    seen: Vec<(f64, f64)>,
}

impl Memory {
    fn after(&self, seconds: f64) -> &[(f64, f64)] {
        &self.seen[self.seen.partition_point(|(at, _)| *at < seconds)..]
    }

    /// MB a minute after the warm-up, by least squares.
    fn slope(seen: &[(f64, f64)]) -> f64 {
        let count = seen.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| seen.iter().map(of).sum::<f64>() / count;
        let (at, mb) = (mean(|seen| seen.0), mean(|seen| seen.1));
        let joint: f64 = seen.iter().map(|seen| (seen.0 - at) * (seen.1 - mb)).sum();
        let own: f64 = seen.iter().map(|seen| (seen.0 - at).powi(2)).sum();
        60.0 * joint / own.max(f64::MIN_POSITIVE)
    }
}

/// What the soak showed.
struct Soak {
    rate: f64,
    memory: Memory,
    seconds: f64,
    latency: latency::Seen,
}

fn main() {
    let customers = size("HOMEQOS_SOAK_CUSTOMERS", 100_000);
    let broker = match Broker::start() {
        Ok(broker) => broker,
        Err(reason) => return println!("SKIPPED ({reason})"),
    };
    let lanes = i32::try_from(size("HOMEQOS_SOAK_LANES", 4)).expect("some lanes");
    let deployment = Deployment::new("soak", lanes);
    deployment.create_topics(&broker);
    let midnight = wall().0 / Millis::DAY * Millis::DAY;
    let begin = midnight - (filled::HISTORY_DAYS + 1) * Millis::DAY;
    let sent = Town { customers, events: 0, begin }.send_history(&broker, &deployment);

    let port = ports::free();
    let config = deployment.config(&broker, "soak", port, SETTINGS);
    let mut product =
        Product::start(&["run", "--config", &config.display().to_string()], port, &deployment.folder, "run");
    let keyed = keyed_topics(&deployment);
    wait_consumed(&broker, &deployment.name, &keyed, LIMIT);
    eprintln!(
        "history: {sent} records folded; homes confirmed: {:?}",
        product.metric("homeqos_homes{status=\"confirmed\"}")
    );

    let (began, burst) = (now(), u64::from(size("HOMEQOS_SOAK_BURST", 3_000_000)));
    produce(&broker, &deployment.topic("probes"), live(customers, 1_000, burst, f64::INFINITY));
    wait_consumed(&broker, &deployment.name, &keyed, LIMIT);
    let saturation = burst as f64 / began.elapsed().as_secs_f64();
    eprintln!("saturation: {saturation:.0} records/s, producer and broker on the same machine");

    let minutes = f64::from(size("HOMEQOS_SOAK_MINUTES", 20));
    let soak = soak(&broker, &deployment, &product, customers, saturation / 2.0, minutes);
    wait_consumed(&broker, &deployment.name, &keyed, LIMIT);
    let joined = join(&broker, &deployment, &product, customers, saturation / 4.0);
    let lost: f64 = ["homeqos_records_overtaken_total{input=\"probes\"}", "homeqos_invariant_broken_total"]
        .iter()
        .filter_map(|series| product.metric(series))
        .sum();
    assert!(lost < 1.0, "records were lost, or an invariant is broken:\n{}", product.stderr());
    let status = product.terminate();
    assert!(status.success(), "homeqos ended with {status}: {}", product.stderr());
    tell(&soak, saturation, minutes, &joined);
}

/// The soak itself: one thread produces, one asks the broker, this one looks at memory.
fn soak(broker: &Broker, deployment: &Deployment, product: &Product, customers: u32, rate: f64, minutes: f64) -> Soak {
    let count = (rate * minutes * 60.0) as u64;
    let (topic, done) = (deployment.topic("probes"), AtomicBool::new(false));
    let (began, mut memory) = (now(), Memory::default());
    let (seconds, latency) = std::thread::scope(|scope| {
        let feeding = scope.spawn(|| {
            produce(broker, &topic, live(customers, 100_000, count, rate));
            began.elapsed().as_secs_f64()
        });
        let watching = scope.spawn(|| Watch::new(broker, &deployment.name, &topic).until(&done));
        let mut next: Instant = began;
        while !feeding.is_finished() {
            memory.seen.push((began.elapsed().as_secs_f64(), product.resident_bytes() as f64 / 1e6));
            next += LOOK;
            std::thread::sleep(next.saturating_duration_since(now()));
        }
        done.store(true, Ordering::Release);
        (feeding.join().expect("the producer ends"), watching.join().expect("the watch ends"))
    });
    Soak { rate: count as f64 / seconds, memory, seconds, latency }
}

fn tell(soak: &Soak, saturation: f64, minutes: f64, joined: &Joined) {
    let warm = soak.memory.after(WARM_UP * soak.seconds);
    let (first, last) = (warm.first().map_or(0.0, |seen| seen.1), warm.last().map_or(0.0, |seen| seen.1));
    let most = soak.memory.seen.iter().map(|seen| seen.1).fold(0.0, f64::max);
    let slope = Memory::slope(warm);
    let [p50, p99, greatest] = [0.5, 0.99, 1.0].map(|share| soak.latency.quantile(share));
    println!("{:.0} records/s for {minutes} min, saturation {saturation:.0}", soak.rate);
    println!("memory: {first:.0} MB after the warm-up, {last:.0} at the end, {most:.0} at most; {slope:+.2} MB/min");
    println!("a probe from the topic to the commit of its epoch: p50 {p50} ms, p99 {p99} ms, at most {greatest} ms");
    println!(
        "a second instance took {} customers over: where a lane moved, a probe waited {} ms at most",
        joined.customers, joined.moved_max
    );
    println!(
        "where it stayed with its worker {} ms at most: the group dealt anew in {} ms, and it was folded again after {} ms",
        joined.stayed_max, joined.rebalance_max, joined.resumed_max
    );
    joined.lanes.iter().for_each(|lane| println!("  {lane}"));
    println!(
        "{{\"saturation_per_s\":{saturation:.0},\"rate_per_s\":{:.0},\"minutes\":{minutes},\"p50_ms\":{p50},\"p99_ms\":{p99},\
         \"max_ms\":{greatest},\"looks\":{},\"resident_warm_mb\":{first:.0},\"resident_end_mb\":{last:.0},\
         \"slope_mb_per_min\":{slope:.3},\"moved_customers\":{},\"moved_max_ms\":{},\"stayed_max_ms\":{},\
         \"rebalance_max_ms\":{},\"resumed_max_ms\":{}}}",
        soak.rate,
        soak.latency.count(),
        joined.customers,
        joined.moved_max,
        joined.stayed_max,
        joined.rebalance_max,
        joined.resumed_max,
    );
}
