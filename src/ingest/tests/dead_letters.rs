//! Every code that ingest gives, with a record that earns it. Pure.

use super::super::{RejectCode as C, decode_cell};
use super::*;
use crate::limits::{ID_BYTES_MAX, RECORD_BYTES_MAX};

fn bytes(key: Option<&[u8]>, value: Option<&[u8]>) -> RejectCode {
    code(decode(Input::Probes, key, value, &Mapping::identity()))
}

const KEY: Option<&[u8]> = Some(CUSTOMER.as_bytes());

#[test]
fn what_is_no_record_at_all_has_its_own_code() {
    assert_eq!(bytes(KEY, Some(&vec![b' '; RECORD_BYTES_MAX + 1])), C::TooLarge);
    assert_eq!(bytes(KEY, None), C::Tombstone);
    assert_eq!(bytes(KEY, Some(b"")), C::EmptyValue);
    assert_eq!(bytes(KEY, Some(b"{\"kind\":\"\xff\"}")), C::NotUtf8);
    assert_eq!(bytes(Some(b"\xff"), Some(b"{}")), C::NotUtf8);
    assert_eq!(bytes(None, Some(b"{}")), C::KeyMissing);
    assert_eq!(bytes(Some(b""), Some(b"{}")), C::KeyMissing);
    assert_eq!(bytes(Some(&[b'k'; ID_BYTES_MAX + 1]), Some(b"{}")), C::OutOfRange);
}

#[test]
fn broken_json_is_not_json() {
    for text in [
        "{",
        "{\"kind\":",
        "{} {}",
        "nul",
        "{'a':1}",
        "\u{feff}{}",
        " ",
        "{\"a\":01}",
        "{\"ts\":1,}",
        "{\"rsrp_dbm\":NaN}",
    ] {
        assert_eq!(code(probe(text)), C::NotJson, "{text}");
    }
    let deep = format!("{{\"kind\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(code(probe(&deep)), C::NotJson);
}

#[test]
fn a_record_that_is_no_object_is_of_the_wrong_type() {
    for text in ["[]", "null", "true", "1", "\"text\"", "[[[["] {
        assert_eq!(code(probe(text)), C::WrongType, "{text}");
    }
}

#[test]
fn values_of_the_wrong_type_are_named() {
    for (field, value) in [
        ("rsrp_dbm", "\"-113\""),
        ("rsrp_dbm", "true"),
        ("rsrp_dbm", "[1]"),
        ("cqi", "4.5"),
        ("cell_id", "12"),
        ("rat", "{}"),
        ("setup_ok", "1"),
        ("setup_ok", "\"true\""),
        ("lat", "\"45.76\""),
        ("event_id", "[]"),
    ] {
        let rejection = measured(&format!(",\"{field}\":{value}")).unwrap_err();
        assert_eq!(rejection.code, C::WrongType, "{field} {value}");
        assert!(rejection.detail.starts_with(field), "{}", rejection.detail);
    }
    assert_eq!(code(measured(r#","rsrp_dbm":-90,"rsrp_dbm":-91"#)), C::WrongType);
    assert_eq!(code(measured(r#","rsrp_dbm":null,"rsrp_dbm":-91"#)), C::WrongType);
    for ts in ["true", "\"\\u0041\"", "\"2026-10-19\"", "\"2026-10-19T21:04:05\"", "{}"] {
        let body = format!(r#"{{"customer_id":"C0001234","ts":{ts},"kind":"rlf"}}"#);
        assert_eq!(code(probe(&body)), C::WrongType, "{ts}");
    }
    let crm = |fields: &str| read(Input::Crm, &format!(r#"{{"customer_id":"C0001234",{fields}}}"#));
    for fields in [
        r#""consent":true"#,
        r#""consent":{"marketing":1}"#,
        r#""consent":{},"consent":{}"#,
        r#""device":[3,7]"#,
        r#""device":{"bands":3}"#,
        r#""device":{"bands":["3"]}"#,
        r#""channel_preference":7"#,
    ] {
        assert_eq!(code(crm(fields)), C::WrongType, "{fields}");
    }
}

#[test]
fn a_missing_field_is_named() {
    for (input, body, field) in [
        (Input::Probes, r#"{"ts":1,"kind":"rlf"}"#, "customer_id"),
        (Input::Probes, r#"{"customer_id":"C0001234","kind":"rlf"}"#, "ts"),
        (Input::Probes, r#"{"customer_id":"C0001234","ts":"-","kind":"rlf"}"#, "ts"),
        (Input::Probes, r#"{"customer_id":"C0001234","ts":1}"#, "kind"),
        (Input::Probes, r#"{"customer_id":"C0001234","ts":1,"kind":null}"#, "kind"),
        (Input::Contacts, r#"{"customer_id":"C0001234","ts":1,"text":"a"}"#, "contact_id"),
        (Input::Surveys, r#"{"customer_id":"C0001234","ts":1,"about":"network"}"#, "nps or csat"),
        (Input::Outcomes, r#"{"ts":1,"status":"accepted"}"#, "action_id"),
        (Input::Outcomes, r#"{"action_id":"of_1","ts":1}"#, "status"),
        (Input::Crm, "{}", "customer_id"),
    ] {
        assert_eq!(read(input, body).unwrap_err(), Rejection::new(C::MissingField, field), "{body}");
    }
    let cell = |body: &str| decode_cell(Some(b"1"), Some(body.as_bytes()), &Mapping::identity()).unwrap_err();
    for (body, field) in [
        ("{}", "cell_id"),
        (r#"{"cell_id":"1","lat":45.0,"lon":4.0,"rat":"lte"}"#, "site_id"),
        (r#"{"cell_id":"1","site_id":"s","rat":"lte"}"#, "lat"),
        (r#"{"cell_id":"1","site_id":"s","lat":45.0,"lon":4.0}"#, "rat"),
    ] {
        assert_eq!(cell(body), Rejection::new(C::MissingField, field), "{body}");
    }
}

#[test]
fn numbers_outside_their_range_refuse_the_whole_record() {
    for field in [
        r#""rat":"lte","rsrp_dbm":-140.1"#,
        r#""rat":"lte","rsrp_dbm":-43.9"#,
        r#""rat":"nr","rsrp_dbm":-156.1"#,
        r#""rsrp_dbm":-30.9"#,
        r#""rat":"lte","rsrq_db":2.6"#,
        r#""rat":"lte","rsrq_db":-34.5"#,
        r#""rat":"nr","rsrq_db":-43.5"#,
        r#""sinr_db":40.5"#,
        r#""sinr_db":-23.5"#,
        r#""sinr_db":-200"#,
        r#""cqi":16"#,
        r#""cqi":-1"#,
        r#""loss_pct":100.5"#,
        r#""dl_kbps":-1"#,
        r#""dl_kbps":1e300"#,
        r#""latency_ms":-0.5"#,
        r#""latency_ms":1e400"#,
        r#""duration_s":-1"#,
        r#""volume_kb":-1"#,
        r#""signal_dbm":5"#,
    ] {
        assert_eq!(code(measured(&format!(",{field}"))), C::OutOfRange, "{field}");
    }
    let detail = measured(r#","rat":"lte","rsrp_dbm":-150"#).unwrap_err().detail;
    assert_eq!(detail, "rsrp_dbm: -150 is outside -140..-44");
    for ts in ["-1", "1e18", "\"999999999999999999\""] {
        let body = format!(r#"{{"customer_id":"C0001234","ts":{ts},"kind":"rlf"}}"#);
        assert_eq!(code(probe(&body)), C::OutOfRange, "{ts}");
    }
    let body = |field: &str| format!(r#"{{"customer_id":"C0001234","ts":1,{field}}}"#);
    assert_eq!(code(read(Input::Surveys, &body(r#""nps":11"#))), C::OutOfRange);
    assert_eq!(code(read(Input::Surveys, &body(r#""nps":-1"#))), C::OutOfRange);
    assert_eq!(code(read(Input::Crm, &body(r#""churn_risk":1.01"#))), C::OutOfRange);
    assert_eq!(code(read(Input::Crm, &body(r#""arpu_eur":-3"#))), C::OutOfRange);
    let bands = format!(r#""device":{{"bands":[{}3]}}"#, "3,".repeat(2000));
    assert_eq!(code(read(Input::Crm, &body(&bands))), C::OutOfRange);
}

#[test]
fn words_outside_their_vocabulary_and_endless_ids_are_out_of_range() {
    let detail = probe(r#"{"customer_id":"C0001234","ts":1,"kind":"reboot"}"#).unwrap_err();
    assert_eq!(detail.code, C::OutOfRange);
    assert!(detail.detail.starts_with("kind: `reboot` is none of measurement, call_setup"), "{}", detail.detail);
    assert_eq!(code(measured(r#","rat":"LTE""#)), C::OutOfRange);
    assert_eq!(code(read(Input::Outcomes, r#"{"action_id":"of_1","ts":1,"status":"lost"}"#)), C::OutOfRange);
    assert_eq!(code(read(Input::Crm, r#"{"customer_id":"C0001234","segment":"gold"}"#)), C::OutOfRange);
    for field in ["event_id", "cell_id"] {
        let fields = format!(r#","{field}":"{}""#, "é".repeat(ID_BYTES_MAX / 2 + 1));
        assert_eq!(code(measured(&fields)), C::OutOfRange, "{field}");
    }
    let word = "é".repeat(4_000);
    let long = measured(&format!(r#","rat":"{word}""#)).unwrap_err();
    assert!(long.detail.len() < 120, "details quote the beginning only");
}

#[test]
fn positions_that_are_none_are_bad() {
    for (lat, lon) in [("0", "0.0"), ("-1", "-1"), ("90.5", "4"), ("45", "-180.5"), ("45", "null"), ("\"-\"", "4.8")] {
        let body = format!(r#","lat":{lat},"lon":{lon}"#);
        assert_eq!(code(measured(&body)), C::BadPosition, "{lat} {lon}");
    }
    assert_eq!(code(measured(r#","lat":45.7"#)), C::BadPosition);
    assert_eq!(code(measured(r#","lon":4.8"#)), C::BadPosition);
    assert_eq!(code(read(Input::Crm, r#"{"customer_id":"C0001234","home_lat":45.0}"#)), C::BadPosition);
    let cell = br#"{"cell_id":"1","site_id":"s","lat":0,"lon":0,"rat":"lte"}"#;
    assert_eq!(code(decode_cell(Some(b"1"), Some(cell), &Mapping::identity())), C::BadPosition);
}

#[test]
fn a_body_of_another_customer_is_a_key_mismatch() {
    let other = r#"{"customer_id":"C9","ts":1,"kind":"rlf"}"#;
    let rejection = probe(other).unwrap_err();
    assert_eq!(rejection.code, C::KeyMismatch);
    assert!(!rejection.detail.contains("C9") && !rejection.detail.contains(CUSTOMER), "details name no customer");
    assert_eq!(code(read(Input::Crm, r#"{"customer_id":"C9"}"#)), C::KeyMismatch);
    let cell = br#"{"cell_id":"2","site_id":"s","lat":45,"lon":4,"rat":"lte"}"#;
    assert_eq!(code(decode_cell(Some(b"1"), Some(cell), &Mapping::identity())), C::KeyMismatch);
}

#[test]
fn a_contact_that_says_nothing_is_empty() {
    for said in ["", r#","text":"""#, r#","text":" \n","reason_code":"-""#, r#","reason_code":null,"text":" ""#] {
        let body = format!(r#"{{"contact_id":"K","customer_id":"C0001234","ts":1{said}}}"#);
        assert_eq!(code(read(Input::Contacts, &body)), C::EmptyContact, "{said}");
    }
}
