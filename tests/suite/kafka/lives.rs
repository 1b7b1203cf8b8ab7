//! A deployment that lives several times: each life begins after a SIGKILL, and with whatever changed meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use homeqos::sim::SimRecord;
use homeqos::units::Millis;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::{Offset, TopicPartitionList};

use super::end_to_end::alone;
use super::town::preload;
use crate::support::broker::Broker;
use crate::support::product::{Product, binary};
use crate::support::records::{committed, ends, read_all};
use crate::support::topics::Deployment;
use crate::support::town::keyed_topics;
use crate::support::{now, ports};

/// For a whole slice of a town, on a machine that does other things too.
pub(super) const LIMIT: Duration = Duration::from_mins(2);

pub(super) struct Lives<'a> {
    pub(super) broker: &'a Broker,
    pub(super) deployment: &'a Deployment,
    pub(super) workers: u16,
    /// What the next life runs.
    pub(super) program: PathBuf,
    port: u16,
    begun: usize,
}

impl<'a> Lives<'a> {
    pub(super) fn new(broker: &'a Broker, deployment: &'a Deployment) -> Self {
        Self { broker, deployment, workers: 2, program: binary(), port: ports::free(), begun: 0 }
    }

    /// The next life, under a configuration of its own. Snapshots are far between: what is replayed is the journal.
    pub(super) fn begin(&mut self, overrides: &str) -> Product {
        self.begin_with(overrides, &[])
    }

    /// The same, with variables of the environment.
    pub(super) fn begin_with(&mut self, overrides: &str, environment: &[(&str, &str)]) -> Product {
        self.begun += 1;
        let settings = alone(self.workers) + overrides;
        let path = self.deployment.config(self.broker, "one", self.port, &settings);
        let name = format!("life-{}", self.begun);
        let args = ["run", "--config", &path.display().to_string()];
        Product::start_program(&self.program, &args, environment, self.port, &self.deployment.folder, &name)
    }

    pub(super) fn feed(&self, records: &[SimRecord]) {
        preload(self.broker, self.deployment, records);
    }

    /// The first life: folds `records` and is killed. Answers the actions it made.
    pub(super) fn first(&mut self, records: &[SimRecord]) -> BTreeSet<String> {
        self.feed(records);
        let mut product = self.begin("");
        self.consumed(&mut product);
        product.kill();
        let made = self.are_single_and_complete();
        assert!(made.len() > 3, "the first life needs some action: {made:?}");
        made
    }

    /// Waits until all that was fed is folded and committed.
    pub(super) fn consumed(&self, product: &mut Product) {
        self.committed_share(product, 1);
    }

    /// Waits until a part of what was fed is committed, so that a kill falls into the work.
    pub(super) fn half_consumed(&self, product: &mut Product) {
        self.committed_share(product, 2);
    }

    fn committed_share(&self, product: &mut Product, share: i64) {
        let topics = keyed_topics(self.deployment);
        let ends: i64 = topics.iter().flat_map(|topic| ends(self.broker, topic).into_values()).sum();
        let done = || -> i64 {
            let all =
                topics.iter().flat_map(|topic| committed(self.broker, &self.deployment.name, topic).into_values());
            all.map(|(offset, _)| offset).sum()
        };
        let (from, end) = (done(), now() + LIMIT);
        while done() < from + (ends - from) / share {
            let status = product.ended();
            assert!(
                status.is_none() && now() < end,
                "{status:?} of {} before all was folded:\n{}",
                self.deployment.name,
                product.stderr()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// All decisions on record, in the lanes' orders.
    fn decisions(&self) -> impl Iterator<Item = serde_json::Value> {
        decisions(self.broker, self.deployment)
    }

    /// What the journal says of offers, by `ce_id`, each with how often; and what the topic holds.
    fn told(&self) -> [BTreeMap<String, usize>; 2] {
        let (mut said, mut there, mut withheld) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for decision in self.decisions() {
            let id = decision["id"].as_str().unwrap_or_default().to_owned();
            let revision = match decision["verdict"].as_str().expect("a verdict") {
                "emitted" => 1,
                "withdrawn" if !withheld.contains(&id) => 2,
                "withheld" => {
                    withheld.insert(id);
                    continue;
                }
                _ => continue,
            };
            *said.entry(format!("{id}.{revision}")).or_default() += 1;
        }
        for action in read_all(self.broker, &self.deployment.topic("offers")) {
            *there.entry(action.header("ce_id").to_owned()).or_default() += 1;
        }
        [said, there]
    }

    /// Every action that is journalled as made is on the topic, every one there is journalled, each once. Answers them.
    pub(super) fn are_single_and_complete(&self) -> BTreeSet<String> {
        let [said, there] = self.told();
        assert_eq!(said, there, "the journal's actions are not the topic's");
        let twice: Vec<_> = there.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "an action came twice: {twice:?}");
        there.into_keys().collect()
    }

    /// Nobody was made the same offer twice within the 30 days that each of them says, whatever was forgotten meanwhile.
    pub(super) fn cooldowns_hold(&self) {
        let mut made: BTreeMap<(String, String), Vec<i64>> = BTreeMap::new();
        for decision in self.decisions().filter(|decision| decision["verdict"] == "emitted") {
            let word = |name: &str| decision[name].as_str().unwrap_or_default().to_owned();
            let at = decision["at"].as_i64().expect("a time");
            made.entry((word("customer"), word("action"))).or_default().push(at);
        }
        for (whom, times) in &mut made {
            times.sort_unstable();
            let soon = times.windows(2).any(|pair| pair[1] - pair[0] < 30 * Millis::DAY);
            assert!(!soon, "{whom:?} was asked again too soon: {times:?}");
        }
    }

    /// The policies under which actions were made, by the journal.
    pub(super) fn policies(&self) -> BTreeSet<String> {
        let journal = read_all(self.broker, &self.deployment.topic("journal")).into_iter().map(|record| record.json());
        let made = |record: &serde_json::Value| {
            record["decisions"].as_array().is_some_and(|all| all.iter().any(|d| d["verdict"] == "emitted"))
        };
        journal.filter(made).filter_map(|record| Some(record["policy"].as_str()?.to_owned())).collect()
    }

    /// Deletes what is committed of a topic, as retention does.
    pub(super) fn delete_committed(&self, input: &str) {
        self.delete_beyond(input, 0);
    }

    /// Deletes what is committed of a topic, and so many records of each partition behind that.
    pub(super) fn delete_beyond(&self, input: &str, more: i64) {
        let topic = self.deployment.topic(input);
        let mut upto = TopicPartitionList::new();
        for (partition, (offset, _)) in committed(self.broker, &self.deployment.name, &topic) {
            upto.add_partition_offset(&topic, partition, Offset::Offset(offset + more)).expect("an offset");
        }
        let (client, options) = (self.admin(), AdminOptions::new());
        let deleted = runtime().block_on(client.delete_records(&upto, &options)).expect("records are deleted");
        deleted.elements().iter().for_each(|element| element.error().expect("each partition's"));
    }

    /// Changes settings of a topic; the others fall back to the broker's.
    pub(super) fn set(&self, topic: &str, settings: &[(&str, &str)]) {
        let mut change = AlterConfig::new(ResourceSpecifier::Topic(topic));
        for (name, value) in settings {
            change = change.set(name, value);
        }
        let (client, options) = (self.admin(), AdminOptions::new());
        let results = runtime().block_on(client.alter_configs([&change], &options)).expect("an answer");
        for result in results {
            result.expect("the settings are taken");
        }
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.broker.client().create().expect("an admin client")
    }
}

/// All decisions on record, in the lanes' orders.
pub(super) fn decisions(broker: &Broker, deployment: &Deployment) -> impl Iterator<Item = serde_json::Value> + use<> {
    let journal = read_all(broker, &deployment.topic("journal")).into_iter();
    journal.flat_map(|record| record.json()["decisions"].as_array().expect("decisions").clone())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
