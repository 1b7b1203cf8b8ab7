//! A client of a recovery that has lost the group's coordinator is not asked for ever.

use homeqos::sim::TownSpec;

use super::lives::{LIMIT, Lives};
use super::town::records;
use crate::support::broker::Broker;
use crate::support::or_skip;
use crate::support::topics::Deployment;

const LANES: u16 = 4;

#[test]
fn a_recovery_that_is_not_answered_goes_on_through_new_clients() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("lost-coordinator", i32::from(LANES));
    deployment.create_topics(broker);
    let mut lives = Lives::new(broker, &deployment);
    lives.first(&records(&TownSpec::demo(5), LANES));

    // The second clients that are made are those of the second worker. Each of their questions takes twice the life of a
    // transaction and fails.
    let mut product = lives.begin_with("", &[("HOMEQOS_FAIL_POINTS", "readers=6000/2")]);
    product.ready(LIMIT);
    let said = product.stderr();
    let lost = "not restored yet: the fail point has these clients lose the group's coordinator";
    assert!(said.contains(lost) && said.contains("it asks through new clients"), "{said}");
    assert_eq!(said.matches("lane restored").count(), usize::from(LANES), "{said}");
    assert!(product.terminate().success(), "{}", product.stderr());
    lives.are_single_and_complete();
}
