//! One attempt to commit epochs: outputs and offsets in one Kafka transaction. Shell.
//!
//! An attempt ends in one of three ways. Committed; aborted, and then the same epochs may be sent again as they are;
//! or unknown, and then a new producer must fence this one before anybody can tell.

use std::time::Duration;

use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::clock::{Deadline, now};
use super::epoch::{Epoch, Output, Target};
use super::failpoint::{self, Point};
use super::journal::Mark;
use super::kafka::TransactionalProducer;
use super::mutant::{self, Mutant};
use crate::config::Topics;

/// What is written beside the offsets of who commits.
#[derive(Debug, Clone, Copy)]
pub struct Signature<'a> {
    /// Where this instance answers `/v1`.
    pub url: Option<&'a str>,
    /// The worker's own name, see [`Mark::by`].
    pub by: &'a str,
}

/// How an attempt ended.
#[derive(Debug)]
pub enum Ended {
    Committed(Receipt),
    /// Nothing of it is visible; the group may have moved on, so poll before sending again.
    Aborted(String),
    /// It may have committed or not, or the producer is of no use any more.
    Unknown(String),
}

/// What is known of a committed attempt.
#[derive(Debug, Default)]
pub struct Receipt {
    /// For each epoch, where its journal record lies.
    pub journal: Vec<Option<i64>>,
    /// How long the commit itself took.
    pub commit: Duration,
}

/// Longest wait of a single call, so that a broker that is away is noticed between calls.
const CALL: Duration = Duration::from_secs(5);

/// How often acknowledgements are asked for. rdkafka's own waiting rounds what is left of a millisecond down to zero and
/// turns on the spot for it: the broker needs that core.
const ACKNOWLEDGED_EVERY: Duration = Duration::from_micros(200);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The same call again.
    Again,
    Abort,
    Lost,
}

fn failure(error: &KafkaError) -> Failure {
    match error {
        KafkaError::Transaction(error) if error.is_fatal() => Failure::Lost,
        KafkaError::Transaction(error) if error.txn_requires_abort() => Failure::Abort,
        KafkaError::Transaction(error) if error.is_retriable() => Failure::Again,
        KafkaError::Transaction(_) => Failure::Lost,
        error if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) => Failure::Lost,
        // Of `send`: the transaction has failed already and waits to be aborted.
        _ => Failure::Abort,
    }
}

/// Calls until it succeeds, fails for good, or the deadline passes.
fn persist(deadline: Deadline, mut call: impl FnMut(Duration) -> KafkaResult<()>) -> Result<(), (Failure, String)> {
    loop {
        let Err(error) = call(CALL.min(deadline.left()).max(Duration::from_millis(100))) else { return Ok(()) };
        match failure(&error) {
            Failure::Again if !deadline.passed() => std::thread::sleep(Duration::from_millis(20)),
            Failure::Again => return Err((Failure::Again, format!("no answer in time: {error}"))),
            kind => return Err((kind, error.to_string())),
        }
    }
}

/// Sends `epochs` as one transaction, with the offsets of every lane among them.
pub fn attempt(
    producer: &TransactionalProducer,
    group: &ConsumerGroupMetadata,
    topics: &Topics,
    signed: Signature<'_>,
    epochs: &[&Epoch],
    limit: Duration,
) -> Ended {
    let deadline = Deadline::after(limit);
    if let Err(error) = producer.begin_transaction() {
        return match failure(&error) {
            Failure::Abort => abort(producer, deadline, error.to_string()),
            _ => Ended::Unknown(error.to_string()),
        };
    }
    drop(producer.context().take());
    if let Err((kind, why)) = produce(producer, topics, epochs, deadline) {
        return match kind {
            Failure::Lost => Ended::Unknown(why),
            _ => abort(producer, deadline, why),
        };
    }
    if mutant::is(Mutant::OutputsApart) && producer.commit_transaction(limit).is_ok() {
        let _ = producer.begin_transaction();
    }
    failpoint::pass(Point::BeforeOffsets);
    let offsets = match offsets(epochs, signed) {
        Ok(offsets) => offsets,
        Err(error) => return abort(producer, deadline, error.to_string()),
    };
    if let Err((kind, why)) = persist(deadline, |wait| producer.send_offsets_to_transaction(&offsets, group, wait)) {
        return match kind {
            Failure::Lost => Ended::Unknown(why),
            _ => abort(producer, deadline, why),
        };
    }
    failpoint::pass(Point::BeforeCommit);
    let began = now();
    match persist(deadline, |wait| producer.commit_transaction(wait)) {
        Ok(()) => {
            let commit = now().duration_since(began);
            failpoint::pass(Point::AfterCommit);
            Ended::Committed(Receipt { journal: places(producer, epochs.len()), commit })
        }
        Err((Failure::Abort, why)) => abort(producer, deadline, why),
        Err((_, why)) => Ended::Unknown(why),
    }
}

fn abort(producer: &TransactionalProducer, deadline: Deadline, why: String) -> Ended {
    let deadline = if deadline.passed() { Deadline::after(CALL) } else { deadline };
    match persist(deadline, |wait| producer.abort_transaction(wait)) {
        Ok(()) => Ended::Aborted(why),
        Err((_, then)) => Ended::Unknown(format!("{why}; and the transaction could not be aborted: {then}")),
    }
}

/// Sends every output and waits until each is acknowledged: a commit with records in flight takes 100 ms more.
fn produce(
    producer: &TransactionalProducer,
    topics: &Topics,
    epochs: &[&Epoch],
    deadline: Deadline,
) -> Result<(), (Failure, String)> {
    let failed = producer.context().failed();
    for (at, epoch) in epochs.iter().enumerate() {
        for output in &epoch.outputs {
            let token = if output.target == Target::Journal { at + 1 } else { 0 };
            send(producer, topics, output, token, deadline)?;
        }
    }
    let mut left = producer.in_flight_count();
    while left > 0 {
        producer.poll(Duration::ZERO);
        let before = std::mem::replace(&mut left, producer.in_flight_count());
        if deadline.passed() {
            return Err((Failure::Abort, "records were not acknowledged in time".to_owned()));
        }
        if left == before {
            std::thread::sleep(ACKNOWLEDGED_EVERY);
        }
    }
    if producer.context().failed() != failed {
        return Err((Failure::Abort, "a record could not be delivered".to_owned()));
    }
    Ok(())
}

/// The name of a target.
#[must_use]
pub fn topic(topics: &Topics, target: Target) -> &str {
    match target {
        Target::Offers => &topics.offers,
        Target::Tickets => &topics.tickets,
        Target::AreaCounts => &topics.area_counts,
        Target::Areas => &topics.areas,
        Target::Journal => &topics.journal,
        Target::DeadLetters => &topics.dead_letters,
    }
}

fn send(
    producer: &TransactionalProducer,
    topics: &Topics,
    output: &Output,
    token: usize,
    deadline: Deadline,
) -> Result<(), (Failure, String)> {
    let mut record: BaseRecord<'_, [u8], [u8], usize> = BaseRecord::with_opaque_to(topic(topics, output.target), token);
    record.key = output.key.as_deref();
    record.payload = output.value.as_deref();
    record.partition = output.partition.map(i32::from);
    if !output.headers.is_empty() {
        let mut headers = OwnedHeaders::new_with_capacity(output.headers.len());
        for (key, value) in &output.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        record.headers = Some(headers);
    }
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) if !deadline.passed() => {
                producer.poll(Duration::from_millis(5));
                record = again;
            }
            Err((error, _)) => return Err((failure(&error), error.to_string())),
        }
    }
}

fn offsets(epochs: &[&Epoch], signed: Signature<'_>) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for epoch in epochs {
        let (url, by) = (signed.url.map(str::to_owned), Some(signed.by.to_owned()));
        let mark = Mark { epoch: epoch.number, url, by, cells: epoch.cells.clone() }.encode();
        for (topic, offset) in &epoch.offsets {
            let mut element = list.add_partition(topic, epoch.partition());
            element.set_offset(Offset::Offset(*offset + i64::from(mutant::is(Mutant::OffsetTooFar))))?;
            element.set_metadata(&mark);
        }
    }
    Ok(list)
}

fn places(producer: &TransactionalProducer, epochs: usize) -> Vec<Option<i64>> {
    let mut journal = vec![None; epochs];
    for (token, offset) in producer.context().take() {
        if let Some(place) = journal.get_mut(token - 1) {
            *place = Some(offset);
        }
    }
    journal
}
