//! Reading topics from the side, for people: no group is joined, no offset committed. Shell.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedHeaders, Headers as _, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::kafka::{self, Reader};
use super::settings::Settings;

/// Where to begin, in each partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// With the oldest record that is kept.
    All,
    /// With the newest so many.
    Newest(i64),
}

/// One committed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tailed {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    /// The topic's time, epoch milliseconds.
    pub timestamp: Option<i64>,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, String)>,
    pub value: Option<Vec<u8>>,
}

/// Records of a partition that are fetched ahead, KiB.
const QUEUE_KIB: u32 = 16_384;

/// Gives each committed record of `topics` to `each`, topic by topic and in a partition's order, to the end at this
/// moment; with `follow`, goes on for ever. Ends early when `each` says `false`.
///
/// # Errors
/// With a sentence that says what could not be read.
pub fn tail(
    settings: &Settings,
    topics: &[&str],
    span: Span,
    follow: bool,
    mut each: impl FnMut(Tailed) -> bool,
) -> Result<(), String> {
    let reader = kafka::reader(settings, true, QUEUE_KIB)
        .map_err(|error| format!("`kafka.properties`: librdkafka refuses them: {error}"))?;
    // Without follow one topic after another: the end of a partition is told without its topic.
    let together: Vec<&[&str]> = if follow { vec![topics] } else { topics.chunks(1).collect() };
    for topics in together {
        let mut assignment = TopicPartitionList::new();
        let mut ends = BTreeMap::new();
        for topic in topics {
            begin(&reader, settings, topic, span, &mut assignment, &mut ends)?;
        }
        let failed = |error: KafkaError| format!("{}: {error}", topics.join(", "));
        reader.assign(&assignment).map_err(failed)?;
        while follow || !ends.is_empty() {
            match reader.poll(Duration::from_millis(200)) {
                Some(Ok(record)) => {
                    if ends.get(&record.partition()).is_some_and(|end| record.offset() + 1 >= *end) {
                        ends.remove(&record.partition());
                    }
                    if !each(owned(&record)) {
                        return Ok(());
                    }
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => drop(ends.remove(&partition)),
                Some(Err(error)) if is_final(&error) => return Err(failed(error)),
                Some(Err(_)) | None => {}
            }
        }
    }
    Ok(())
}

/// Adds a topic's partitions to the assignment, those with records to `ends`.
fn begin(
    reader: &Reader,
    settings: &Settings,
    topic: &str,
    span: Span,
    assignment: &mut TopicPartitionList,
    ends: &mut BTreeMap<i32, i64>,
) -> Result<(), String> {
    let limit = settings.request_timeout;
    let failed = |error: KafkaError| {
        let ms = limit.as_millis();
        format!(
            "topic {topic} could not be read from `kafka.brokers` = \"{}\" within {ms} ms ({error}); `homeqos check` tells why",
            settings.brokers
        )
    };
    let metadata = reader.fetch_metadata(Some(topic), limit).map_err(failed)?;
    let partitions = metadata.topics().first().map_or(0, |found| found.partitions().len());
    if partitions == 0 {
        return Err(format!("topic {topic} does not exist; `homeqos topics create` makes it"));
    }
    for partition in 0..i32::try_from(partitions).unwrap_or(i32::MAX) {
        let (low, high) = reader.fetch_watermarks(topic, partition, limit).map_err(failed)?;
        let from = match span {
            Span::All => low,
            Span::Newest(n) => low.max(high - n),
        };
        assignment.add_partition_offset(topic, partition, Offset::Offset(from)).map_err(failed)?;
        if high > low {
            ends.insert(partition, high);
        }
    }
    Ok(())
}

/// Whether asking again cannot help.
fn is_final(error: &KafkaError) -> bool {
    use rdkafka::error::RDKafkaErrorCode as Code;
    let denied = [Code::TopicAuthorizationFailed, Code::GroupAuthorizationFailed, Code::UnknownTopicOrPartition];
    error.rdkafka_error_code().is_some_and(|code| denied.contains(&code))
}

fn owned(record: &rdkafka::message::BorrowedMessage<'_>) -> Tailed {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = |all: &BorrowedHeaders| {
        all.iter().map(|header| (header.key.to_owned(), header.value.map(text).unwrap_or_default())).collect()
    };
    Tailed {
        topic: record.topic().to_owned(),
        partition: record.partition(),
        offset: record.offset(),
        timestamp: record.timestamp().to_millis(),
        key: record.key().map(<[u8]>::to_vec),
        headers: record.headers().map(headers).unwrap_or_default(),
        value: record.payload().map(<[u8]>::to_vec),
    }
}
