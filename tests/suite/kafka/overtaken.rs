//! Retention that deletes what has not been read yet: a lane that may go on without it says what is missing.

use homeqos::sim::TownSpec;

use super::lives::{LIMIT, Lives};
use super::town::records;
use crate::support::broker::Broker;
use crate::support::topics::Deployment;
use crate::support::{or_skip, wait_for};

const LANES: u16 = 2;
/// Records of each partition that are gone before they are read.
const GONE: i64 = 70;

#[test]
fn records_that_retention_takes_from_a_lane_are_counted_and_told() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("overtaken", i32::from(LANES));
    deployment.create_topics(broker);
    let mut lives = Lives::new(broker, &deployment);
    // A lane that moves on to a second worker before it has committed meets the gap again.
    lives.workers = 1;
    let town = records(&TownSpec::demo(7), LANES);
    let (first, rest) = town.split_at(town.len() / 8);
    let (second, _) = rest.split_at(town.len() / 8);
    lives.feed(first);
    let mut product = lives.begin("");
    lives.consumed(&mut product);
    assert!(product.terminate().success(), "{}", product.stderr());

    lives.feed(second);
    lives.delete_beyond("probes", GONE);
    let mut product = lives.begin("[state]\non_replay_gap = \"accept\"\n");
    lives.consumed(&mut product);
    let overtaken = |input: &str| {
        product.metric(&format!("homeqos_records_overtaken_total{{input=\"{input}\"}}")).expect("the series")
    };
    let all = (GONE * i64::from(LANES)) as f64;
    wait_for("the count of what is gone", LIMIT, || (overtaken("probes") >= all).then_some(()));
    assert_eq!((overtaken("probes"), overtaken("contacts")), (all, 0.0));
    assert!(product.terminate().success(), "{}", product.stderr());
    let told = |line: &&str| line.contains("retention has overtaken the lane") && line.contains("records=70");
    assert_eq!(product.stderr().lines().filter(told).count(), usize::from(LANES), "{}", product.stderr());
}
