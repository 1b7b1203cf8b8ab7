//! A record that could not be folded, as it goes to the dead letters. Pure.

use crate::ingest::{Observation, RejectCode, Rejection};
use crate::limits::DEAD_LETTER_KEPT_BYTES;
use crate::units::Lane;

/// A record as the topic delivered it, kept for the dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    /// The topic's time, epoch milliseconds.
    pub timestamp: Option<i64>,
    pub key: Option<Vec<u8>>,
    /// At most [`DEAD_LETTER_KEPT_BYTES`] of a record that is too large.
    pub value: Option<Vec<u8>>,
    /// How long the value was, when it was cut.
    pub cut_from: Option<usize>,
}

/// A refused record with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub raw: Raw,
    pub rejection: Rejection,
}

impl Raw {
    /// Copies the record. What is too large is cut, whatever it is refused for.
    #[must_use]
    pub fn new(
        topic: &str,
        partition: i32,
        offset: i64,
        timestamp: Option<i64>,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Self {
        let large = value.filter(|value| value.len() > crate::limits::RECORD_BYTES_MAX).map(<[u8]>::len);
        let kept = value.map(|value| if large.is_some() { &value[..DEAD_LETTER_KEPT_BYTES] } else { value });
        // A key is an id: one longer than what is kept of a value is as broken.
        let key = key.map(|key| &key[..key.len().min(DEAD_LETTER_KEPT_BYTES)]);
        Self {
            topic: topic.to_owned(),
            partition,
            offset,
            timestamp,
            key: key.map(<[u8]>::to_vec),
            value: kept.map(<[u8]>::to_vec),
            cut_from: large,
        }
    }
}

impl DeadLetter {
    /// Of a record that the core itself refused: its bytes are gone, its key and place are told.
    #[must_use]
    pub fn of(observation: &Observation, lane: Lane, offset: i64, rejection: Rejection) -> Self {
        let (input, key) = (observation.input(), observation.key().as_bytes());
        Self { raw: Raw::new(input.as_str(), i32::from(lane.0), offset, None, Some(key), None), rejection }
    }

    #[must_use]
    pub fn code(&self) -> RejectCode {
        self.rejection.code
    }

    /// The headers `dlq.*`, in their order.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, String)> {
        let raw = &self.raw;
        let mut headers = vec![
            ("dlq.reason".to_owned(), self.rejection.code.as_str().to_owned()),
            ("dlq.detail".to_owned(), self.rejection.detail.clone()),
            ("dlq.topic".to_owned(), raw.topic.clone()),
            ("dlq.partition".to_owned(), raw.partition.to_string()),
            ("dlq.offset".to_owned(), raw.offset.to_string()),
        ];
        if let Some(timestamp) = raw.timestamp {
            headers.push(("dlq.timestamp".to_owned(), timestamp.to_string()));
        }
        if let Some(bytes) = raw.cut_from {
            headers.push(("dlq.truncated".to_owned(), bytes.to_string()));
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::RECORD_BYTES_MAX;

    #[test]
    fn a_dead_letter_tells_where_the_record_came_from_and_why_it_was_refused() {
        let raw = Raw::new("cem.care-contacts", 3, 41, Some(7), Some(b"C1"), Some(b"{}"));
        let letter = DeadLetter { raw, rejection: Rejection::new(RejectCode::MissingField, "contact_id") };
        let headers = letter.headers();
        let value = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(value("dlq.reason"), Some("missing_field"));
        assert_eq!(value("dlq.detail"), Some("contact_id"));
        assert_eq!(
            (value("dlq.topic"), value("dlq.partition"), value("dlq.offset"), value("dlq.timestamp")),
            (Some("cem.care-contacts"), Some("3"), Some("41"), Some("7"))
        );
        assert_eq!(value("dlq.truncated"), None);
    }

    #[test]
    fn a_record_that_is_too_large_keeps_its_first_64_kib_and_says_so() {
        let value = vec![b'x'; RECORD_BYTES_MAX + 1];
        let raw = Raw::new("t", 0, 0, None, None, Some(&value));
        assert_eq!(raw.value.as_ref().unwrap().len(), DEAD_LETTER_KEPT_BYTES);
        let letter = DeadLetter { raw, rejection: Rejection::new(RejectCode::TooLarge, "") };
        assert!(letter.headers().contains(&("dlq.truncated".to_owned(), (RECORD_BYTES_MAX + 1).to_string())));
    }
}
