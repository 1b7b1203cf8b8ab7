//! The inputs of a lane read again, along the cuts that the journal gives. Shell.

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
use crate::units::Lane;

/// What is next of an input.
enum Taken {
    /// `None`: it no longer decodes.
    Record(Option<Observation>),
    /// There is no more below the cut.
    Cut,
}

/// One input: its queue and the record read ahead.
#[derive(Debug)]
struct Line {
    feed: Feed<Quiet>,
    /// Behind the last record delivered.
    next: i64,
    /// Offset of the record read ahead; `None`: it no longer decodes.
    ahead: Option<(i64, Option<Observation>)>,
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
            lines.push(Line { feed, next: offset, ahead: None, ended: false });
            list.add_partition_offset(topic, partition, Offset::Offset(offset))?;
        }
        reader.assign(&list)?;
        Ok(Self { reader: Arc::clone(reader), lines })
    }

    /// Steps through the input's records below `end`; answers how many there were.
    pub fn each(
        &mut self,
        input: Input,
        end: i64,
        intake: &Intake,
        limit: Deadline,
        mut step: impl FnMut(Observation),
    ) -> Result<u64> {
        let mut folded = 0;
        while let Taken::Record(observation) = self.take(input, end, intake, limit)? {
            folded += 1;
            observation.into_iter().for_each(&mut step);
        }
        Ok(folded)
    }

    /// Passes over the input's records below `end`.
    pub fn skip(&mut self, input: Input, end: i64, intake: &Intake, limit: Deadline) -> Result<()> {
        while matches!(self.take(input, end, intake, limit)?, Taken::Record(_)) {}
        Ok(())
    }

    /// The next record below `end`.
    fn take(&mut self, input: Input, end: i64, intake: &Intake, limit: Deadline) -> Result<Taken> {
        let line = &mut self.lines[input.index()];
        let mut waited = false;
        loop {
            if let Some((offset, observation)) = line.ahead.take() {
                if offset >= end {
                    line.ahead = Some((offset, observation));
                    return Ok(Taken::Cut);
                }
                return Ok(Taken::Record(observation));
            }
            if line.ended || line.next >= end {
                return Ok(Taken::Cut);
            }
            let wait = if waited { Duration::from_millis(20) } else { Duration::ZERO };
            let polled = line.feed.poll(wait, |message| (message.offset(), intake.reread(input, message)));
            match polled {
                Polled::Record(record) => {
                    line.next = record.0 + 1;
                    line.ahead = Some(record);
                }
                Polled::End => line.ended = true,
                Polled::Failed(error) => return Err(error.into()),
                Polled::Nothing if waited && limit.passed() => bail!("{input} cannot be read"),
                Polled::Nothing => {
                    let _ = self.reader.poll(Duration::ZERO);
                    waited = true;
                }
            }
        }
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        self.lines.clear();
        give_back(&self.reader);
    }
}
