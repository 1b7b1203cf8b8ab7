//! Real traces through a real broker: the running binary counts as the oracle does, and loses no row.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::support::broker::Broker;
use crate::support::product::Product;
use crate::support::records::{Sent, produce, read_all, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::ucc::Traces;
use crate::support::{or_skip, ports, wait_for};
use crate::ucc::compare;

const MINUTES_2: Duration = Duration::from_mins(2);

/// The `[inputs]` and `[time]` of a run over the traces.
fn settings(mapping: &Path) -> String {
    format!(
        "[time]\nzone = \"Europe/Dublin\"\nmode = \"input\"\n[inputs.probes]\nmapping = {:?}\n",
        mapping.display().to_string()
    )
}

#[test]
fn a_run_on_a_real_broker_counts_as_the_oracle_does_and_accounts_for_every_row() {
    let all = or_skip!(Traces::load());
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("ucc", 4);
    deployment.create_topics(broker);
    let (probes, crm) = (deployment.topic("probes"), deployment.topic("crm"));
    produce(broker, &crm, all.crm.iter().map(|(customer, row)| Sent::new(customer, row.to_string())));
    let port = ports::free();
    let config = deployment.config(broker, "one", port, &settings(&all.mapping(&deployment.folder)));
    let config = config.display().to_string();
    let mut product = Product::start(&["run", "--config", &config], port, &deployment.folder, "one");
    product.ready(MINUTES_2);
    let (mut compared, mut wrong) = (0, String::new());
    for trace in &all.traces {
        produce(broker, &probes, trace.rows.iter().map(|row| Sent::new(&trace.customer, row.as_str())));
        if trace.day().is_none() {
            continue;
        }
        // Windows end today: the customer is asked for before the next trace moves the clock on.
        wait_consumed(broker, &deployment.name, std::slice::from_ref(&probes), MINUTES_2);
        let (status, view) = product.get(&format!("/v1/customers/{}", trace.customer));
        assert_eq!(status, 200, "{view}");
        compared += 1;
        if let Err(difference) = compare(trace, &serde_json::from_str(&view).unwrap()) {
            let _ = writeln!(wrong, "{difference}");
        }
    }
    wait_consumed(broker, &deployment.name, std::slice::from_ref(&probes), MINUTES_2);
    assert!(compared >= 10 && wrong.is_empty(), "{compared} compared\n{wrong}");
    accounted(&product, all);
    assert!(product.terminate().success());
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for letter in read_all(broker, &deployment.topic("dead_letters")) {
        *reasons.entry(letter.header("dlq.reason").to_owned()).or_default() += 1;
    }
    println!("rejected by reason: {reasons:?}");
    assert_eq!(reasons, all.rejected());
}

/// consumed = folded + rejected + late + duplicate + control + forwarded + erased, each as the oracle has it.
fn accounted(product: &Product, all: &Traces) {
    let metric = |name: &str, labels: &str| {
        let series = format!("homeqos_records_{name}_total{{input=\"probes\"{labels}}}");
        product.metric(&series).unwrap_or_else(|| panic!("no {series}")) as u64
    };
    // An epoch is counted when the engine has heard that it has committed.
    wait_for("the count of the last epoch", Duration::from_secs(10), || {
        (metric("consumed", "") >= all.sum("rows")).then_some(())
    });
    assert_eq!(metric("consumed", ""), all.sum("rows"));
    assert_eq!(metric("folded", ""), all.sum("folded"));
    assert_eq!(metric("duplicate", ""), all.sum("duplicate"));
    for (reason, count) in all.rejected() {
        assert_eq!(metric("rejected", &format!(",reason=\"{reason}\"")), count, "{reason}");
    }
    for fate in ["late", "control", "forwarded", "erased"] {
        assert_eq!(metric(fate, ""), 0, "{fate}");
    }
}
