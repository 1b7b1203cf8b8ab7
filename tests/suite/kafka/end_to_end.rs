//! The town through topics and engine gives the same actions as through the core alone, each once.

use std::collections::BTreeSet;
use std::time::Duration;

use homeqos::ingest::Input;
use homeqos::shell::Exit;
use homeqos::sim::TownSpec;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::engine::{Engine, config, policy};
use super::town::{preload, records, reference};
use crate::support::broker::Broker;
use crate::support::records::{read_all, wait_consumed};
use crate::support::topics::Deployment;
use crate::support::town::keyed_topics;
use crate::support::{or_skip, wait_for};

/// Input time, no judging of areas, and time-outs in their order but short.
pub(super) const ALONE: &str = "[time]\nmode = \"input\"\n[area]\nstage = \"off\"\n[kafka]\nworkers = 2\n\
                                session_timeout_ms = 6000\ntransaction_timeout_ms = 3000\n";

/// The same with so many workers.
pub(super) fn alone(workers: u16) -> String {
    ALONE.replace("workers = 2", &format!("workers = {workers}"))
}

const TIMEOUT: Duration = Duration::from_secs(30);

#[test]
fn a_town_through_the_broker_gives_the_actions_of_the_core_alone_each_once() {
    the_town_gives_its_actions("town", |_, _| {});
}

#[test]
fn a_lane_whose_first_epoch_was_aborted_still_reads_its_customers_first() {
    the_town_gives_its_actions("aborted", |broker, deployment| {
        let mut config = broker.client();
        let producer: BaseProducer = config.set("transactional.id", &deployment.name).create().unwrap();
        producer.init_transactions(TIMEOUT).unwrap();
        producer.begin_transaction().unwrap();
        for lane in 0..deployment.lanes {
            let topic = deployment.topic("journal");
            producer.send(BaseRecord::<str, str>::to(&topic).partition(lane).payload("never")).unwrap();
        }
        producer.flush(TIMEOUT).unwrap();
        producer.abort_transaction(TIMEOUT).unwrap();
    });
}

fn the_town_gives_its_actions(name: &str, prepare: impl FnOnce(&Broker, &Deployment)) {
    let broker = or_skip!(Broker::shared());
    let deployment = Deployment::new(name, 4);
    deployment.create_topics(broker);
    prepare(broker, &deployment);
    let path = deployment.config(broker, "one", 0, ALONE);
    let town = records(&TownSpec::demo(3), 4);
    preload(broker, &deployment, &town);
    let engine = Engine::start(&path);
    wait_consumed(broker, &deployment.name, &keyed_topics(&deployment), Duration::from_mins(2));
    assert!(!engine.ended());
    for input in Input::KEYED {
        let count = |what: &str| engine.metric(&format!("homeqos_records_{what}_total{{input=\"{input}\"}}"));
        let sent = town.iter().filter(|r| r.input == input).count() as f64;
        // The engine counts an epoch when it has heard that it has committed.
        wait_for("the count of the last epoch", Duration::from_secs(10), || {
            (count("consumed") - count("control") >= sent).then_some(())
        });
        assert!((count("consumed") - count("control") - sent).abs() < 0.5, "{input}");
    }
    assert_eq!(engine.stop(), Exit::Clean);
    let read: Vec<String> =
        read_all(broker, &deployment.topic("offers")).iter().map(|r| r.header("ce_id").to_owned()).collect();
    let once: BTreeSet<String> = read.iter().cloned().collect();
    assert_eq!(read.len(), once.len(), "an action came twice");
    let expected = reference(&town, policy(&config(&path)), 4);
    assert!(expected.len() > 5, "the town needs some action");
    assert_eq!(once, expected);
}
