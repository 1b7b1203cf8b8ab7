//! A worker that breaks down ends its instance, in order and with a sentence; the next one makes good what it left.

use homeqos::sim::TownSpec;

use super::lives::{LIMIT, Lives};
use super::town::records;
use crate::support::broker::Broker;
use crate::support::or_skip;
use crate::support::topics::Deployment;

const LANES: u16 = 4;

#[test]
fn a_worker_that_panics_in_a_transaction_ends_the_instance_and_the_next_one_goes_on() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("broken-worker", i32::from(LANES));
    deployment.create_topics(broker);
    let mut lives = Lives::new(broker, &deployment);
    lives.feed(&records(&TownSpec::demo(5), LANES));

    let mut product = lives.begin_with("", &[("HOMEQOS_FAIL_POINTS", "before_commit=panic/12")]);
    let status = product.wait(LIMIT);
    let said = product.stderr();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("the worker cannot go on, and the instance ends: it has panicked"), "{said}");
    assert!(!said.contains("the group was not left in order"), "{said}");

    let mut product = lives.begin("");
    lives.consumed(&mut product);
    assert!(product.terminate().success(), "{}", product.stderr());
    assert!(lives.are_single_and_complete().len() > 3, "the town needs some action");
}
