//! One lane's journal, read to the end that stood when it was opened. Shell.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rdkafka::consumer::Consumer as _;
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::clock::Deadline;
use super::feed::{Feed, Polled};
use super::journal::Record;
use super::kafka::{Quiet, Reader, give_back};
use super::recovery::Recovery;
use crate::units::{Lane, Millis};

/// Reads a partition of the journal.
pub struct JournalReader {
    feed: Option<Feed<Quiet>>,
    reader: Arc<Reader>,
    topic: String,
    partition: i32,
    low: i64,
    high: i64,
    patience: Duration,
    /// When the newest record read was written, by the topic's own time.
    newest: Option<Millis>,
}

impl JournalReader {
    /// Captures the partition's end. A record may lie beyond the last stable offset while a transaction is open: the
    /// end is the high watermark, and it is waited for until all up to it is decided.
    pub fn open(recovery: &Recovery, lane: Lane) -> Result<Self> {
        let Recovery { settings, readers, .. } = recovery;
        let topic = settings.topics.journal.clone();
        let partition = i32::from(lane.0);
        let (low, high) = readers
            .uncommitted
            .fetch_watermarks(&topic, partition, settings.request_timeout)
            .with_context(|| format!("the ends of {topic} partition {partition}"))?;
        let deadline = Deadline::after(settings.transaction_timeout * 2 + settings.request_timeout);
        loop {
            let (_, stable) = readers.committed.fetch_watermarks(&topic, partition, settings.request_timeout)?;
            if stable >= high {
                break;
            }
            if deadline.passed() {
                bail!("a transaction over {topic} partition {partition} stays open");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let patience = settings.max_poll_interval;
        Ok(Self {
            feed: None,
            reader: Arc::clone(&readers.second),
            topic,
            partition,
            low,
            high,
            patience,
            newest: None,
        })
    }

    /// Nothing was ever written, or nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.low >= self.high
    }

    #[must_use]
    pub fn low(&self) -> i64 {
        self.low
    }

    #[must_use]
    pub fn end(&self) -> i64 {
        self.high
    }

    /// When the newest record read so far was written.
    #[must_use]
    pub fn newest(&self) -> Option<Millis> {
        self.newest
    }

    /// Reads on from `offset`.
    pub fn seek(&mut self, offset: i64) -> Result<()> {
        self.feed = None;
        let feed = Feed::split(&self.reader, &self.topic, self.partition, || {});
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, self.partition, Offset::Offset(offset.max(self.low)))?;
        self.reader.assign(&list)?;
        self.feed = feed;
        Ok(())
    }

    /// The next epoch's record with its offset, what its parts hold joined to it; `None` at the end. Where a part
    /// is missing, `parts` says how many there should have been.
    pub fn next(&mut self) -> Result<Option<(i64, Record)>> {
        let mut before: Vec<Record> = Vec::new();
        while let Some((offset, mut record)) = self.message()? {
            before.retain(|part| part.epoch == record.epoch);
            if record.part > 0 {
                before.push(record);
                continue;
            }
            if before.len() == record.parts as usize {
                for part in before.drain(..).rev() {
                    record.decisions.splice(0..0, part.decisions);
                    record.erased.splice(0..0, part.erased);
                }
                record.parts = 0;
            }
            return Ok(Some((offset, record)));
        }
        Ok(None)
    }

    fn message(&mut self) -> Result<Option<(i64, Record)>> {
        let deadline = Deadline::after(self.patience);
        let Some(feed) = &self.feed else { return Ok(None) };
        while !deadline.passed() {
            // The consumer's own queue carries errors and must be served.
            let _ = self.reader.poll(Duration::ZERO);
            let polled = feed.poll(Duration::from_millis(50), |message| {
                let written = message.timestamp().to_millis().map(Millis);
                (message.offset(), written, Record::decode(message.payload().unwrap_or_default()))
            });
            match polled {
                Polled::Record((offset, written, record)) => {
                    self.newest = self.newest.max(written);
                    let record = record.with_context(|| format!("{} offset {offset}", self.topic))?;
                    return Ok(Some((offset, record)));
                }
                Polled::End => return Ok(None),
                Polled::Failed(error) => return Err(error.into()),
                Polled::Nothing => {}
            }
        }
        bail!("{} partition {} cannot be read", self.topic, self.partition)
    }
}

impl Drop for JournalReader {
    fn drop(&mut self) {
        self.feed = None;
        give_back(&self.reader);
    }
}
