//! CloudEvents 1.0 in Kafka binary mode: the headers of a message. Pure.
//!
//! Source: CloudEvents specification 1.0.2 and its Kafka protocol binding (attributes as `ce_` headers).

use super::action::EventType;
use crate::units::Millis;

/// The headers of one message, in their fixed order. `revision` counts the messages about one action from 1.
#[must_use]
pub fn headers(
    deployment: &str,
    event: EventType,
    id: &str,
    revision: u32,
    subject: &str,
    time: Millis,
) -> Vec<(String, String)> {
    [
        ("ce_specversion", "1.0".to_owned()),
        ("ce_id", format!("{id}.{revision}")),
        ("ce_source", format!("/homeqos/{deployment}")),
        ("ce_type", event.as_str().to_owned()),
        ("ce_subject", subject.to_owned()),
        ("ce_time", time.rfc3339()),
        ("content-type", "application/json".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_those_of_the_contract() {
        let headers = headers("lyon", EventType::OfferMade, "of_1", 1, "C1", Millis(1_792_659_600_000));
        let get = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        assert_eq!(get("ce_id"), Some("of_1.1"));
        assert_eq!(get("ce_source"), Some("/homeqos/lyon"));
        assert_eq!(get("ce_type"), Some("org.homeqos.offer.made.v1"));
        assert_eq!(get("ce_time"), Some("2026-10-22T09:00:00Z"));
        assert_eq!(get("content-type"), Some("application/json"));
    }
}
