//! What the group has committed of a lane. Shell.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::bad_cells::Told;
use super::clock::Deadline;
use super::journal::Mark;

/// Longest wait of a single call.
const CALL: Duration = Duration::from_secs(5);

/// The committed offsets of one partition number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// In the order of the topics asked for; `None` where nothing is committed.
    pub ends: Vec<Option<i64>>,
    /// The lane's last epoch, where it was we who committed.
    pub epoch: Option<u64>,
    /// Who committed it, see [`Mark::by`].
    pub by: Option<String>,
    /// How far the dead letters of the cell inventory are told, where this lane tells them.
    pub cells: Told,
}

/// Asks once. A `read_committed` consumer gets no answer while a transaction over these offsets is open.
pub fn ask<C: ConsumerContext>(consumer: &BaseConsumer<C>, topics: &[String], partition: i32) -> Result<Committed> {
    let mut list = TopicPartitionList::new();
    for topic in topics {
        list.add_partition(topic, partition);
    }
    let list = consumer.committed_offsets(list, CALL).context("committed offsets are not stable yet")?;
    let mut found = Committed { ends: vec![None; topics.len()], epoch: None, by: None, cells: Told::new() };
    for element in list.elements() {
        element.error().map_err(|error| anyhow!(error))?;
        let Some(at) = topics.iter().position(|topic| topic == element.topic()) else { continue };
        if let Offset::Offset(offset) = element.offset() {
            found.ends[at] = Some(offset);
            if let Some(mark) = Mark::decode(element.metadata()).filter(|mark| found.epoch < Some(mark.epoch)) {
                (found.epoch, found.by, found.cells) = (Some(mark.epoch), mark.by, mark.cells);
            }
        }
    }
    Ok(found)
}

/// Asks until there is an answer: a transaction ends by itself when its time is up.
pub fn wait<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topics: &[String],
    partition: i32,
    limit: Duration,
) -> Result<Committed> {
    let deadline = Deadline::after(limit);
    loop {
        match ask(consumer, topics, partition) {
            Ok(found) => return Ok(found),
            Err(error) if deadline.passed() => return Err(error),
            Err(error) => {
                tracing::debug!(partition, "{error:#}");
                // Some failures come at once.
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}
