//! Values without a key read as the same values under the key that they name. Pure.

use super::*;
use crate::ingest::{MappingFile, Unkeyed, decode_cell, decode_unkeyed};

const VALUES: [(Input, &str); 12] = [
    (Input::Probes, r#"{"customer_id":"C0001234","ts":1792443850000,"kind":"measurement","rsrp_dbm":-90}"#),
    (Input::Probes, r#"{"customer_id":"C0001234","ts":"noon","kind":"measurement"}"#),
    (Input::Probes, r#"{"customer_id":"C0001234","ts":1792443850000,"kind":"measurement","lat":0,"lon":0}"#),
    (Input::Probes, r#"{"customer_id":"C0001234","ts":17"#),
    (Input::Contacts, r#"{"contact_id":"K","customer_id":"C0001234","ts":1792443850000,"reason_code":"NETWORK_X"}"#),
    (Input::Contacts, r#"{"contact_id":"K","customer_id":"C0001234","ts":1792443850000}"#),
    (Input::Surveys, r#"{"customer_id":"C0001234","ts":1792443850000,"nps":3}"#),
    (Input::Surveys, r#"{"customer_id":"C0001234","ts":1792443850000,"nps":11}"#),
    (Input::Crm, r#"{"customer_id":"C0001234","churn_risk":0.1,"device":{"bands":[3,7]}}"#),
    (Input::Crm, ""),
    (Input::Cells, r#"{"cell_id":"C0001234","site_id":"S","lat":45.5,"lon":4.5,"rat":"lte"}"#),
    (Input::Cells, r#"{"cell_id":"C0001234","site_id":"S","rat":"lte"}"#),
];

/// The second takes a field from the key, which is known only once the value has been read.
fn mappings() -> [Mapping; 2] {
    let by_key = MappingFile::parse("[probes.fields]\nevent_id = { source = \"@key\" }").unwrap();
    [Mapping::identity(), Mapping::new(&by_key).unwrap()]
}

#[test]
fn a_value_without_a_key_reads_as_the_same_value_under_the_key_it_names() {
    for mapping in mappings() {
        for (input, value) in VALUES {
            let (key, value) = (Some(CUSTOMER.as_bytes()), value.as_bytes());
            let keyed = if input == Input::Cells {
                decode_cell(key, Some(value), &mapping).map(|(_, cell)| Unkeyed::Cell(Box::new(cell.unwrap())))
            } else {
                decode(input, key, Some(value), &mapping).map(Unkeyed::Keyed)
            };
            assert_eq!(decode_unkeyed(input, value, &mapping), keyed, "{input}: {}", String::from_utf8_lossy(value));
        }
    }
}

#[test]
fn a_mapping_that_takes_a_field_from_the_key_gets_the_key_that_the_value_names() {
    let [plain, by_key] = mappings();
    let fingerprint = |mapping: &Mapping| match decode_unkeyed(Input::Probes, VALUES[0].1.as_bytes(), mapping) {
        Ok(Unkeyed::Keyed(Observation::Probe(probe))) => probe.fingerprint,
        other => panic!("{other:?} is no probe"),
    };
    assert_ne!(fingerprint(&plain), fingerprint(&by_key));
}

#[test]
fn an_outcome_has_no_key_of_its_own_and_whoever_is_named_must_be_nameable() {
    let mapping = Mapping::identity();
    let outcome = r#"{"action_id":"of_1","ts":1792443850000,"status":"accepted"}"#;
    let Ok(Unkeyed::Keyed(read)) = decode_unkeyed(Input::Outcomes, outcome.as_bytes(), &mapping) else { panic!() };
    assert_eq!(read.key(), "");
    let refused = |input, value: &str| code(decode_unkeyed(input, value.as_bytes(), &mapping));
    assert_eq!(refused(Input::Probes, r#"{"ts":1,"kind":"measurement"}"#), RejectCode::MissingField);
    assert_eq!(refused(Input::Probes, r#"{"customer_id":7}"#), RejectCode::WrongType);
    assert_eq!(refused(Input::Probes, &format!(r#"{{"customer_id":"{}"}}"#, "x".repeat(129))), RejectCode::OutOfRange);
    assert_eq!(refused(Input::Cells, "[]"), RejectCode::WrongType);
    assert_eq!(refused(Input::Crm, &" ".repeat((1 << 20) + 1)), RejectCode::TooLarge);
}
