//! A worker's membership of the group, against the broker's own coordinator.

use std::sync::Arc;
use std::sync::mpsc::channel;

use homeqos::shell::Settings;
use homeqos::shell::kafka::group_consumer;
use homeqos::shell::membership::leave;
use rdkafka::consumer::Consumer as _;

use super::engine::config;
use super::lives::LIMIT;
use crate::support::broker::Broker;
use crate::support::or_skip;
use crate::support::topics::Deployment;

/// What the group asks lies unheard in the client's queue until the worker polls. A worker that ends just then leaves all
/// the same, and at once: it answers each question once, for a second answer would wait for ever in a closed client.
#[test]
fn a_member_leaves_while_what_the_group_asks_of_it_is_still_unheard() {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new("membership", 2);
    deployment.create_topics(broker);
    let settings = Settings::new(&config(&deployment.config(broker, "one", 0, "")), false);
    for life in 0..20 {
        let mut consumer = group_consumer(&settings, 0, 1024).expect("a consumer");
        let (tell, asked) = channel();
        consumer.set_nonempty_callback(move || tell.send(()).unwrap_or_default());
        consumer.subscribe(&[&deployment.topic("probes")]).expect("a subscription");
        asked.recv_timeout(LIMIT).expect("the group asks the member to take its partitions");
        assert!(leave(Arc::new(consumer)), "does not leave in life {life}");
    }
}
