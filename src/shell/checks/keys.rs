//! Whether keys lie in the partitions where the configured partitioner puts them. Shell.

use std::collections::BTreeMap;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::cluster::{Cluster, is_passing};
use super::{Finding, Level};
use crate::ingest::Input;
use crate::shell::clock::Deadline;
use crate::units::Partitioner;

/// Newest records that are read of each keyed input.
pub const KEYS_READ: usize = 1_000;

/// Share of them that may lie elsewhere: single records written by hand are no reason to refuse.
pub const MISFITS_MAX: f64 = 0.01;

/// Keys with the partitions they came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sample {
    pub partitions: u16,
    pub keys: Vec<(u16, Vec<u8>)>,
}

impl Sample {
    /// Keys that `partitioner` would put elsewhere.
    #[must_use]
    pub fn misfits(&self, partitioner: Partitioner) -> usize {
        self.keys.iter().filter(|(at, key)| partitioner.partition(key, self.partitions) != *at).count()
    }

    /// Whether few enough keys lie elsewhere.
    #[must_use]
    pub fn fits(&self, partitioner: Partitioner) -> bool {
        self.misfits(partitioner) as f64 <= MISFITS_MAX * self.keys.len() as f64
    }

    /// What to say of a topic whose producers should use `configured`.
    #[must_use]
    pub fn judge(&self, topic: &str, configured: Partitioner) -> Finding {
        let n = self.keys.len();
        if n == 0 {
            return Finding::new(Level::Note, format!("topic {topic} is empty: its partitioner could not be checked"));
        }
        if self.fits(configured) {
            return Finding::new(
                Level::Fine,
                format!("topic {topic}: the newest {n} keys lie where {configured} puts them"),
            );
        }
        let misfits = self.misfits(configured);
        let advice = match Partitioner::ALL.iter().find(|other| self.fits(**other)) {
            Some(fitting) => format!(
                "{fitting} fits: set `kafka.partitioner` = \"{fitting}\", or make the producers use {configured}"
            ),
            None => format!(
                "no known partitioner fits; make the producers use {configured}, or set `kafka.partitioner` = \"trust\" if \
                 every customer has one partition, the same one in all inputs"
            ),
        };
        let said = format!(
            "topic {topic}: {misfits} of the newest {n} keys are not in the partition where `kafka.partitioner` = \
             \"{configured}\" puts them; a customer's inputs would meet in no lane. {advice}"
        );
        Finding::new(Level::RefusedConfiguration, said)
    }
}

pub(super) fn check(cluster: &Cluster) -> Vec<Finding> {
    let Some(configured) = cluster.settings.partitioner else {
        let said = "partitions of keys are not checked (`kafka.partitioner` = \"trust\")";
        return vec![Finding::new(Level::Note, said)];
    };
    let judge = |input: Input| {
        let topic = cluster.settings.topics.input(input);
        match sample(cluster, topic) {
            Ok(sample) => sample.judge(topic, configured),
            Err(error) => unreadable(topic, &error),
        }
    };
    Input::KEYED.into_iter().map(judge).collect()
}

fn unreadable(topic: &str, error: &KafkaError) -> Finding {
    let denied = [RDKafkaErrorCode::TopicAuthorizationFailed, RDKafkaErrorCode::GroupAuthorizationFailed];
    if error.rdkafka_error_code().is_some_and(|code| denied.contains(&code)) {
        let said = format!("topic {topic}: reading is denied; `homeqos check --print-acls` prints what is needed");
        return Finding::new(Level::RefusedBroker, said);
    }
    Finding::new(Level::RefusedBroker, format!("topic {topic}: its newest records could not be read ({error})"))
}

/// The newest keys of a topic, an equal share of each partition. Stops at the time-out with what there is.
fn sample(cluster: &Cluster, topic: &str) -> KafkaResult<Sample> {
    let partitions = cluster.partitions(topic);
    let mut sample = Sample { partitions, keys: Vec::new() };
    let share = i64::try_from(KEYS_READ.div_ceil(usize::from(partitions.max(1)))).unwrap_or(i64::MAX);
    let mut assignment = TopicPartitionList::new();
    let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
    for partition in 0..i32::from(partitions) {
        let (low, high) = cluster.ends(topic, partition)?;
        if high > low {
            assignment.add_partition_offset(topic, partition, Offset::Offset(low.max(high - share)))?;
            ends.insert(partition, high);
        }
    }
    cluster.consumer.assign(&assignment)?;
    let deadline = Deadline::after(cluster.settings.request_timeout);
    while !ends.is_empty() && sample.keys.len() < KEYS_READ && !deadline.passed() {
        match cluster.consumer.poll(std::time::Duration::from_millis(100)) {
            Some(Ok(record)) => {
                if let (Some(key), Ok(at)) = (record.key(), u16::try_from(record.partition())) {
                    sample.keys.push((at, key.to_vec()));
                }
                if ends.get(&record.partition()).is_some_and(|end| record.offset() + 1 >= *end) {
                    ends.remove(&record.partition());
                }
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => drop(ends.remove(&partition)),
            Some(Err(error)) if error.rdkafka_error_code().is_some_and(is_passing) => {}
            Some(Err(error)) => return Err(error),
            None => {}
        }
    }
    cluster.consumer.unassign()?;
    Ok(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(partitioner: Partitioner, n: usize) -> Sample {
        let key = |i: usize| format!("C{i:07}").into_bytes();
        Sample { partitions: 8, keys: (0..n).map(|i| (partitioner.partition(&key(i), 8), key(i))).collect() }
    }

    #[test]
    fn keys_of_the_configured_partitioner_pass_and_an_empty_topic_passes_with_a_note() {
        assert_eq!(of(Partitioner::Murmur2, 1_000).judge("t", Partitioner::Murmur2).level, Level::Fine);
        assert_eq!(Sample { partitions: 8, keys: vec![] }.judge("t", Partitioner::Murmur2).level, Level::Note);
    }

    #[test]
    fn one_key_in_a_hundred_may_lie_elsewhere_and_two_may_not() {
        let mut sample = of(Partitioner::Murmur2, 100);
        sample.keys[0].0 = (sample.keys[0].0 + 1) % 8;
        assert!(sample.fits(Partitioner::Murmur2));
        sample.keys[1].0 = (sample.keys[1].0 + 1) % 8;
        assert!(!sample.fits(Partitioner::Murmur2));
    }

    #[test]
    fn another_partitioner_is_refused_with_the_name_of_the_one_that_fits() {
        let finding = of(Partitioner::Crc32, 1_000).judge("cem.network-probes", Partitioner::Murmur2);
        assert!(finding.level.refuses());
        assert!(finding.said.contains("`kafka.partitioner` = \"crc32\""), "{}", finding.said);
        let random = Sample { partitions: 8, keys: (0..1_000u16).map(|i| (i % 8, i.to_le_bytes().to_vec())).collect() };
        assert!(random.judge("t", Partitioner::Murmur2).said.contains("no known partitioner fits"));
    }
}
