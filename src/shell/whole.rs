//! A partition read from its beginning to its stable end. Shell.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use rdkafka::consumer::Consumer as _;
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::clock::Deadline;
use super::feed::{Feed, Polled};
use super::kafka::{Reader, give_back};
use super::settings::Settings;

/// Hands every record of the partition to `take`. `reader` must not be reading anything else.
pub(super) fn whole(
    settings: &Settings,
    reader: &Arc<Reader>,
    topic: &str,
    partition: u16,
    mut take: impl FnMut(&BorrowedMessage<'_>),
) -> Result<()> {
    let partition = i32::from(partition);
    // A client that has never asked for the topic finds its leader at once by this; by itself it takes up to a second.
    reader.fetch_watermarks(topic, partition, settings.request_timeout)?;
    let Some(feed) = Feed::split(reader, topic, partition, || {}) else { bail!("{topic} {partition} is not known") };
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Beginning)?;
    reader.assign(&list)?;
    let deadline = Deadline::after(settings.max_poll_interval);
    let ended = loop {
        if deadline.passed() {
            break Err(anyhow!("{topic} partition {partition} could not be read to its end"));
        }
        let _ = reader.poll(Duration::ZERO);
        match feed.poll(Duration::from_millis(50), &mut take) {
            Polled::Record(()) | Polled::Nothing => {}
            Polled::End => break Ok(()),
            Polled::Failed(error) => break Err(error.into()),
        }
    };
    drop(feed);
    give_back(reader);
    ended
}
