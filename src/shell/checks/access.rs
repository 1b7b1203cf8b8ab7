//! Group and transactions: whether this principal may use them, and who else is in the group. Shell.

use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, Producer as _};
use rdkafka::topic_partition_list::TopicPartitionList;

use super::cluster::Cluster;
use super::{Finding, Level};
use crate::config::Store;
use crate::ingest::Input;
use crate::shell::clock::Deadline;
use crate::shell::kafka;

pub(super) fn check(cluster: &Cluster) -> Vec<Finding> {
    let mut found = vec![group(cluster), transactions(cluster)];
    found.extend(others(cluster));
    found
}

fn denied(what: &str, error: &KafkaError) -> Finding {
    let code = error.rdkafka_error_code();
    let refused = [
        RDKafkaErrorCode::GroupAuthorizationFailed,
        RDKafkaErrorCode::TransactionalIdAuthorizationFailed,
        RDKafkaErrorCode::ClusterAuthorizationFailed,
        RDKafkaErrorCode::TopicAuthorizationFailed,
    ];
    let advice = if code.is_some_and(|code| refused.contains(&code)) {
        "access is denied; `homeqos check --print-acls` prints what is needed".to_owned()
    } else {
        format!("{error}")
    };
    Finding::new(Level::RefusedBroker, format!("{what}: {advice}"))
}

/// Reads the group's committed offsets: what a member must be allowed to do.
fn group(cluster: &Cluster) -> Finding {
    let mut asked = TopicPartitionList::new();
    asked.add_partition(cluster.settings.topics.input(Input::Probes), 0);
    let what = format!("consumer group {} (`kafka.group`)", cluster.settings.group);
    match committed(cluster, &asked) {
        Ok(()) => Finding::new(Level::Fine, format!("{what} may be used")),
        Err(error) => {
            // The refusal of the group's coordinator is told aside, while the question itself times out.
            let aside = cluster
                .told()
                .into_iter()
                .find(|told| told.rdkafka_error_code() == Some(RDKafkaErrorCode::GroupAuthorizationFailed));
            denied(&what, &aside.unwrap_or(error))
        }
    }
}

/// Asks again while the group's coordinator is on its way, as it is for a while on a new cluster.
fn committed(cluster: &Cluster, asked: &TopicPartitionList) -> Result<(), KafkaError> {
    let on_its_way = [
        RDKafkaErrorCode::NotCoordinator,
        RDKafkaErrorCode::CoordinatorNotAvailable,
        RDKafkaErrorCode::CoordinatorLoadInProgress,
    ];
    let deadline = Deadline::after(cluster.settings.request_timeout);
    loop {
        let answer = cluster.consumer.committed_offsets(asked.clone(), cluster.settings.request_timeout);
        // An error may come for the whole question or for the partition.
        let answer = answer.and_then(|list| list.elements().into_iter().try_for_each(|e| e.error()));
        let code = answer.as_ref().err().and_then(KafkaError::rdkafka_error_code);
        if deadline.passed() || !code.is_some_and(|code| on_its_way.contains(&code)) {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Takes a transactional id that no worker uses, and writes nothing with it.
fn transactions(cluster: &Cluster) -> Finding {
    let settings = &cluster.settings;
    let id = format!("{}-{}-check", settings.deployment, settings.instance);
    let what = format!("transactions as {id}");
    let producer: Result<BaseProducer, KafkaError> = kafka::base(settings)
        .set("transactional.id", &id)
        .set("transaction.timeout.ms", settings.transaction_timeout.as_millis().to_string())
        .set("message.timeout.ms", settings.transaction_timeout.as_millis().to_string())
        .create();
    match producer.and_then(|producer| producer.init_transactions(settings.request_timeout)) {
        Ok(()) => Finding::new(Level::Fine, format!("{what} may be made")),
        Err(error) => denied(&what, &error),
    }
}

/// Members of other instances cannot recover from snapshots that lie in a directory of this machine.
fn others(cluster: &Cluster) -> Option<Finding> {
    let Store::Directory(path) = &cluster.settings.store else { return None };
    let list = cluster.consumer.fetch_group_list(Some(&cluster.settings.group), cluster.settings.request_timeout);
    let own = format!("homeqos-{}", cluster.settings.instance);
    let mut others: Vec<String> = list
        .ok()?
        .groups()
        .iter()
        .flat_map(|group| group.members().iter().map(|member| member.client_id().to_owned()))
        .filter(|client| *client != own)
        .collect();
    others.sort();
    others.dedup();
    (!others.is_empty()).then(|| {
        let said = format!(
            "the group {} has members of other instances ({}), and `state.store` is the directory {} of this machine: a \
             lane that moves would be recovered from the whole journal. Use a store that all instances reach",
            cluster.settings.group,
            others.join(", "),
            path.display()
        );
        Finding::new(Level::Warning, said)
    })
}
