//! What looks odd and is taken all the same. Pure.

use super::super::decode_cell;
use super::*;
use crate::limits::CONTACT_TEXT_BYTES_MAX;
use crate::units::Millis;

#[test]
fn unknown_fields_of_any_depth_are_skipped() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let with = measured(&format!(r#","vendor":{deep},"huge":1e999,"consent.x":1,"cqi":7"#)).unwrap();
    assert_eq!(with, measured(r#","cqi":7"#).unwrap());
}

#[test]
fn sentinels_are_absent_values() {
    let plain = measured("").unwrap();
    for value in ["null", "\"-\"", "\"\"", "\"NaN\"", "\"nan\"", "2147483647", "2147483647.0"] {
        for field in ["rsrp_dbm", "rsrq_db", "sinr_db", "cqi", "latency_ms", "dl_kbps", "setup_ok", "volume_kb"] {
            assert_eq!(measured(&format!(",\"{field}\":{value}")).unwrap(), plain, "{field} {value}");
        }
        let position = format!(r#","lat":{value},"lon":{value}"#);
        assert_eq!(measured(&position).unwrap(), plain, "{value}");
    }
    for field in ["event_id", "cell_id", "rat"] {
        assert_eq!(measured(&format!(r#","{field}":"-""#)).unwrap(), plain, "{field}");
    }
    assert_eq!(measured(r#","rsrp_dbm":-200"#).unwrap(), plain);
}

#[test]
fn both_forms_of_time_and_any_offset_are_read() {
    for ts in [
        "1792443845123",
        "1792443845123.9",
        "\"1792443845123\"",
        "\"2026-10-19T21:04:05.123Z\"",
        "\"2026-10-19T23:04:05.123+02:00\"",
        "\"2026-10-19T21:04:05\\u002e123Z\"",
    ] {
        let body = format!(r#"{{"customer_id":"C0001234","ts":{ts},"kind":"rlf"}}"#);
        assert_eq!(probe(&body).unwrap().ts, Millis(1_792_443_845_123), "{ts}");
    }
}

#[test]
fn escaped_texts_are_read_and_a_key_may_be_escaped_too() {
    let body = r#"{"customer\u005fid":"C000\u0031234","ts":1,"kind":"r\u006cf","cell_id":"208\/01"}"#;
    assert_eq!(probe(body).unwrap().cell_id.as_deref(), Some("208/01"));
}

#[test]
fn the_ends_of_each_range_belong_to_it() {
    for fields in [
        r#","rat":"lte","rsrp_dbm":-140,"rsrq_db":-34"#,
        r#","rat":"lte","rsrp_dbm":-44,"rsrq_db":2.5"#,
        r#","rat":"nr","rsrp_dbm":-156,"rsrq_db":-43"#,
        r#","rat":"nr","rsrp_dbm":-31,"rsrq_db":20"#,
        r#","rsrp_dbm":-156,"rsrq_db":20"#,
        r#","sinr_db":-23,"cqi":0,"loss_pct":0"#,
        r#","sinr_db":40,"cqi":15.0,"loss_pct":100"#,
        r#","lat":90,"lon":-180"#,
        r#","lat":0,"lon":4.5"#,
    ] {
        assert!(measured(fields).is_ok(), "{fields}");
    }
}

#[test]
fn a_probe_without_cell_or_measurement_is_a_probe() {
    let bare = probe(r#"{"customer_id":"C0001234","ts":1,"kind":"no_service"}"#).unwrap();
    assert_eq!((bare.cell_id, bare.rsrp_dbm, bare.pos), (None, None, None));
}

#[test]
fn event_ids_make_fingerprints_and_without_one_content_does() {
    let with = |id: &str, rsrp: i32| measured(&format!(r#","event_id":"{id}","rsrp_dbm":{rsrp}"#)).unwrap().fingerprint;
    assert_eq!(with("a", -90), with("a", -91));
    assert_ne!(with("a", -90), with("b", -90));
    let without = |fields: &str| measured(fields).unwrap().fingerprint;
    let same = without(r#","cell_id":"1","rsrp_dbm":-90"#);
    assert_eq!(same, without(r#","rsrp_dbm":-90,"cell_id":"1","lat":45.0,"lon":4.0,"x":1"#));
    assert_ne!(same, without(r#","cell_id":"1","rsrp_dbm":-90.5"#));
    assert_ne!(same, without(r#","cell_id":"2","rsrp_dbm":-90"#));
    assert_ne!(same, without(r#","cell_id":"1","rsrq_db":-90"#.replace("-90", "-9").as_str()));
    assert_ne!(without(r#","setup_ok":true"#), without(r#","setup_ok":false"#));
}

#[test]
fn a_crm_tombstone_erases_and_an_unknown_channel_is_no_preference() {
    let erased = decode(Input::Crm, Some(b"C1"), None, &Mapping::identity()).unwrap();
    assert_eq!(erased, Observation::Erase("C1".into()));
    let body =
        r#"{"customer_id":"C0001234","channel_preference":"pigeon","consent":null,"device":{"bands":[3,78,"-"]}}"#;
    let Observation::Crm(row) = read(Input::Crm, body).unwrap() else { panic!("no CRM row") };
    assert_eq!((row.channel_preference, row.consent.marketing, row.device.bands), (None, None, 1 << 3));
}

#[test]
fn a_long_contact_text_is_cut_between_characters() {
    let text = format!("a{}", "é".repeat(CONTACT_TEXT_BYTES_MAX));
    let body = format!(r#"{{"contact_id":"K","customer_id":"C0001234","ts":1,"text":"{text}"}}"#);
    let Observation::Contact(contact) = read(Input::Contacts, &body).unwrap() else { panic!("no contact") };
    let kept = contact.text.unwrap();
    assert!(kept.len() == CONTACT_TEXT_BYTES_MAX - 1 && text.starts_with(&kept));
}

#[test]
fn an_outcome_belongs_to_its_key_be_it_a_customer_or_an_area() {
    let body = br#"{"action_id":"tk_1","ts":1,"status":"resolved","customer_id":"somebody"}"#;
    let outcome = decode(Input::Outcomes, Some(b"16419"), Some(body), &Mapping::identity()).unwrap();
    assert_eq!(outcome.key(), "16419");
}

#[test]
fn a_cell_tombstone_removes_the_cell() {
    assert_eq!(decode_cell(Some(b"1"), None, &Mapping::identity()), Ok(("1".into(), None)));
}
