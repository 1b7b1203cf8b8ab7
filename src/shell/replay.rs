//! The inputs of a lane read again, along the cuts that the journal gives. Shell.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use rdkafka::consumer::Consumer as _;
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::clock::Deadline;
use super::feed::{Feed, Polled};
use super::intake::Intake;
use super::kafka::{Quiet, Reader, give_back};
use super::runs::Ends;
use crate::ingest::{Input, Observation};
use crate::limits::TOUCHED_MAX;
use crate::units::Lane;

/// A record read again, `None` if it no longer decodes, with its offset.
type Reread = (i64, Option<Observation>);

/// One input: its queue and the records read ahead.
#[derive(Debug)]
struct Line {
    feed: Feed<Quiet>,
    /// Behind the last record delivered.
    next: i64,
    /// Records read and not taken, a few at a time: see [`super::ahead`].
    ahead: VecDeque<Reread>,
    /// Read to its end: whatever else a run spans is gone.
    ended: bool,
}

/// A lane's inputs from the offsets at which its snapshot stands.
pub struct Inputs {
    reader: Arc<Reader>,
    lines: Vec<Line>,
}

impl Inputs {
    pub fn open(reader: &Arc<Reader>, topics: &[String], lane: Lane, cursor: Ends) -> Result<Self> {
        let partition = i32::from(lane.0);
        let mut lines = Vec::with_capacity(topics.len());
        let mut list = TopicPartitionList::new();
        for (topic, offset) in topics.iter().zip(cursor) {
            let Some(feed) = Feed::split(reader, topic, partition, || {}) else {
                bail!("{topic} partition {partition} is not known to the client")
            };
            lines.push(Line { feed, next: offset, ahead: VecDeque::new(), ended: false });
            list.add_partition_offset(topic, partition, Offset::Offset(offset))?;
        }
        reader.assign(&list)?;
        Ok(Self { reader: Arc::clone(reader), lines })
    }

    /// The input's next records below `end`, a few at a time and `None` for those that no longer decode. No records: there
    /// are no more below it.
    pub fn next(
        &mut self,
        input: Input,
        end: i64,
        intake: &Intake,
        limit: Deadline,
    ) -> Result<Vec<Option<Observation>>> {
        let line = &mut self.lines[input.index()];
        let mut waited = false;
        while line.ahead.is_empty() && !line.ended && line.next < end {
            if !line.read(input, intake, if waited { Duration::from_millis(20) } else { Duration::ZERO })? {
                if waited && limit.passed() {
                    bail!("{input} cannot be read");
                }
                let _ = self.reader.poll(Duration::ZERO);
                waited = true;
            }
        }
        let below = line.ahead.iter().take_while(|(offset, _)| *offset < end).count();
        Ok(line.ahead.drain(..below).map(|(_, observation)| observation).collect())
    }

    /// Passes over the input's records below `end`.
    pub fn skip(&mut self, input: Input, end: i64, intake: &Intake, limit: Deadline) -> Result<()> {
        while !self.next(input, end, intake, limit)?.is_empty() {}
        Ok(())
    }
}

impl Line {
    /// Reads a few records, the first of which may be waited for; `false` if there was nothing to read.
    fn read(&mut self, input: Input, intake: &Intake, wait: Duration) -> Result<bool> {
        let mut wait = Some(wait);
        while self.ahead.len() < TOUCHED_MAX {
            let polled = self
                .feed
                .poll(wait.take().unwrap_or_default(), |message| (message.offset(), intake.reread(input, message)));
            match polled {
                Polled::Record(record) => {
                    self.next = record.0 + 1;
                    self.ahead.push_back(record);
                }
                Polled::End => {
                    self.ended = true;
                    break;
                }
                Polled::Failed(error) => return Err(error.into()),
                Polled::Nothing => break,
            }
        }
        Ok(self.ended || !self.ahead.is_empty())
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        self.lines.clear();
        give_back(&self.reader);
    }
}
