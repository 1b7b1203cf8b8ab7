//! The broker takes no writes for a while: of the two replicas that must have a record, one is away.

use std::time::Duration;

use super::end_to_end::ALONE;
use crate::support::broker::Broker;
use crate::support::product::Product;
use crate::support::records::{Sent, produce, read_all, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::town::keyed_topics;
use crate::support::{now, or_skip, ports, wait_for};

const LIMIT: Duration = Duration::from_mins(2);

/// How long writes are refused; `HOMEQOS_REFUSED=60 cargo test --test suite refuses` for the long form.
fn refused_for() -> Duration {
    let seconds = std::env::var("HOMEQOS_REFUSED").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(12))
}

/// Every tenth record is one that becomes a dead letter.
fn probes(from: usize, count: usize) -> impl Iterator<Item = Sent> {
    (from..from + count).map(|n| {
        let key = format!("C{:05}", n % 500);
        if n.is_multiple_of(10) {
            return Sent::new(&key, format!("no JSON {n}"));
        }
        let (day, second) = (1 + n / 6_000, n % 60);
        let minute = n / 60 % 60;
        let value = format!(
            r#"{{"customer_id":"{key}","ts":"2026-10-{day:02}T21:{minute:02}:{second:02}Z","cell_id":"208-01-{}",
                "rat":"lte","kind":"measurement","rsrp_dbm":-98.5,"event_id":"{n}"}}"#,
            4_203_265 + n % 7
        );
        Sent::new(&key, value)
    })
}

fn resident_mib(product: &Product) -> u64 {
    product.resident_bytes() >> 20
}

fn consumed(product: &Product) -> f64 {
    product.metric(r#"homeqos_records_consumed_total{input="probes"}"#).unwrap_or(0.0)
}

#[test]
fn a_broker_that_refuses_writes_is_waited_for_in_bounded_memory_and_nothing_is_dropped_or_doubled() {
    const EACH: usize = 60_000;
    let broker = or_skip!(Broker::start());
    let deployment = Deployment::new("refuses", 2);
    deployment.create_inputs(&broker);
    let second = broker.second();
    deployment.create_outputs_on_two(&second);
    let (topic, letters) = (deployment.topic("probes"), deployment.topic("dead_letters"));
    let port = ports::free();
    let config = deployment.config(&broker, "one", port, ALONE);
    let args = ["run", "--config", config.to_str().unwrap()];
    produce(&broker, &topic, probes(0, EACH));
    let mut product = Product::start(&args, port, &deployment.folder, "one");
    product.ready(LIMIT);
    wait_consumed(&broker, &deployment.name, &keyed_topics(&deployment), LIMIT);

    let told = || product.stderr().matches("will be sent again").count();
    let (before, complaints) = (consumed(&product), told());
    second.stop();
    produce(&broker, &topic, probes(EACH, EACH));
    wait_for("the refusal to be told", LIMIT, || (told() > complaints).then_some(()));
    let (resident, end) = (resident_mib(&product), now() + refused_for());
    while now() < end {
        assert!(product.ended().is_none(), "{}", product.stderr());
        assert_eq!(product.get("/livez").0, 200);
        // What an epoch took is counted when it commits.
        assert!((consumed(&product) - before).abs() < 0.5, "an epoch counts as done while nothing can be written");
        assert!(resident_mib(&product) < resident + 300, "{resident} MiB have become {}", resident_mib(&product));
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(read_all(&broker, &letters).len(), EACH / 10, "something was written meanwhile");

    second.start_again();
    wait_consumed(&broker, &deployment.name, &keyed_topics(&deployment), LIMIT);
    assert!((consumed(&product) - before - EACH as f64).abs() < 0.5, "{} records", consumed(&product));
    let mut values: Vec<_> = read_all(&broker, &letters).into_iter().filter_map(|letter| letter.value).collect();
    values.sort_unstable();
    values.dedup();
    assert_eq!(values.len(), 2 * EACH / 10, "dead letters are missing");
    assert_eq!(read_all(&broker, &letters).len(), 2 * EACH / 10, "dead letters came twice");
    assert!(product.terminate().success(), "{}", product.stderr());
}
