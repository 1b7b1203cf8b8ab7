//! The contract's own records, decoded to the letter. Pure.

use super::super::{Cell, Channel, Consent, Contact, CrmRow, DeviceCaps, Outcome, OutcomeStatus, ProbeKind, Survey};
use super::super::{decode_cell, fingerprint::Fingerprint};
use super::*;
use crate::units::{LatLon, Millis, Rat, Segment};

/// A probe of the example's customer and cell in which nothing is measured.
fn blank(event_id: &str, ts: i64, kind: ProbeKind) -> Probe {
    Probe {
        customer_id: CUSTOMER.into(),
        ts: Millis(ts),
        kind,
        fingerprint: Fingerprint::new().text(event_id).finish(),
        cell_id: None,
        rat: None,
        pos: None,
        rsrp_dbm: None,
        rsrq_db: None,
        sinr_db: None,
        cqi: None,
        signal_dbm: None,
        dl_kbps: None,
        ul_kbps: None,
        volume_kb: None,
        latency_ms: None,
        jitter_ms: None,
        loss_pct: None,
        setup_ok: None,
        setup_time_ms: None,
        duration_s: None,
        indoor: None,
    }
}

#[test]
fn the_four_example_probes_are_read_field_by_field() {
    let cell = Some("208-01-4203265".into());
    let read = probe(
        r#"{"event_id":"9f2c…","customer_id":"C0001234","ts":"2026-10-19T21:04:05.123Z","cell_id":"208-01-4203265",
        "rat":"lte","lat":45.7601,"lon":4.8402,"kind":"measurement","rsrp_dbm":-113.5,"rsrq_db":-14.0,"sinr_db":1.5,
        "cqi":4,"latency_ms":71,"indoor":true}"#,
    );
    let expected = Probe {
        cell_id: cell.clone(),
        rat: Some(Rat::Lte),
        pos: LatLon::new(45.7601, 4.8402),
        rsrp_dbm: Some(-113.5),
        rsrq_db: Some(-14.0),
        sinr_db: Some(1.5),
        cqi: Some(4),
        latency_ms: Some(71.0),
        indoor: Some(true),
        ..blank("9f2c…", 1_792_443_845_123, ProbeKind::Measurement)
    };
    assert_eq!(read, Ok(expected));
    let read = probe(
        r#"{"event_id":"9f2d…","customer_id":"C0001234","ts":1792443850000,"cell_id":"208-01-4203265","rat":"lte",
        "kind":"data_session","dl_kbps":1450,"ul_kbps":380,"volume_kb":5200,"duration_s":29}"#,
    );
    let expected = Probe {
        cell_id: cell.clone(),
        rat: Some(Rat::Lte),
        dl_kbps: Some(1450.0),
        ul_kbps: Some(380.0),
        volume_kb: Some(5200.0),
        duration_s: Some(29.0),
        ..blank("9f2d…", 1_792_443_850_000, ProbeKind::DataSession)
    };
    assert_eq!(read, Ok(expected));
    let read = probe(
        r#"{"event_id":"9f2e…","customer_id":"C0001234","ts":1792443900000,"cell_id":"208-01-4203265","rat":"lte",
        "kind":"call_drop","duration_s":48}"#,
    );
    let drop = blank("9f2e…", 1_792_443_900_000, ProbeKind::CallDrop);
    assert_eq!(read, Ok(Probe { cell_id: cell, rat: Some(Rat::Lte), duration_s: Some(48.0), ..drop }));
    let read = probe(
        r#"{"event_id":"9f2f…","customer_id":"C0001234","ts":1792444000000,"kind":"no_service","duration_s":600}"#,
    );
    let silent = blank("9f2f…", 1_792_444_000_000, ProbeKind::NoService);
    assert_eq!(read, Ok(Probe { duration_s: Some(600.0), ..silent }));
}

#[test]
fn the_example_contact_survey_and_outcome_are_read_field_by_field() {
    let body = r#"{"contact_id":"K-88121","customer_id":"C0001234","ts":"2026-10-20T08:12:00Z","channel":"phone",
        "reason_code":"NETWORK_INDOOR","text":"ça coupe tout le temps à la maison","resolved":false}"#;
    let expected = Contact {
        contact_id: "K-88121".into(),
        customer_id: CUSTOMER.into(),
        ts: Millis(1_792_483_920_000),
        channel: Some("phone".into()),
        reason_code: Some("NETWORK_INDOOR".into()),
        text: Some("ça coupe tout le temps à la maison".into()),
        resolved: Some(false),
    };
    assert_eq!(read(Input::Contacts, body), Ok(Observation::Contact(Box::new(expected))));
    let body = r#"{"customer_id":"C0001234","ts":"2026-10-21T18:00:00Z","nps":3,"about":"network"}"#;
    let expected = Survey {
        customer_id: CUSTOMER.into(),
        ts: Millis(1_792_605_600_000),
        nps: Some(3),
        csat: None,
        about: Some("network".into()),
    };
    assert_eq!(read(Input::Surveys, body), Ok(Observation::Survey(expected)));
    let body = r#"{"action_id":"of_6c1d…","ts":"2026-10-23T09:30:00Z","status":"accepted"}"#;
    let expected = Outcome {
        key: CUSTOMER.into(),
        action_id: "of_6c1d…".into(),
        ts: Millis(1_792_747_800_000),
        status: OutcomeStatus::Accepted,
    };
    assert_eq!(read(Input::Outcomes, body), Ok(Observation::Outcome(expected)));
}

#[test]
fn the_example_crm_row_and_cell_are_read_field_by_field() {
    let body = r#"{"customer_id":"C0001234","churn_risk":0.021,"arpu_eur":17.3,"segment":"mid","tenure_months":38,
        "age_band":"30-44","consent":{"network_care":true,"marketing":false,"location":true},
        "channel_preference":"app","has_fixed_broadband":true,
        "device":{"vowifi":true,"volte":true,"bands":[3,7,20],"nr":false},"has_femtocell":false,
        "home_lat":45.7600,"home_lon":4.8400}"#;
    let expected = CrmRow {
        customer_id: CUSTOMER.into(),
        churn_risk: Some(0.021),
        clv_eur: None,
        arpu_eur: Some(17.3),
        segment: Some(Segment::Mid),
        tenure_months: Some(38),
        consent: Consent { network_care: Some(true), marketing: Some(false), location: Some(true) },
        channel_preference: Some(Channel::App),
        has_fixed_broadband: Some(true),
        device: DeviceCaps { vowifi: Some(true), volte: Some(true), nr: Some(false), bands: 1 << 3 | 1 << 7 | 1 << 20 },
        has_femtocell: Some(false),
        home: LatLon::new(45.76, 4.84),
    };
    assert_eq!(read(Input::Crm, body), Ok(Observation::Crm(Box::new(expected))));
    let body = br#"{"cell_id":"208-01-4203265","site_id":"16419","lat":45.7612,"lon":4.8391,"azimuth_deg":150,"band":3,
        "rat":"lte","tilt_deg":6,"power_dbm":46,"neighbours":["208-01-4203521"]}"#;
    let expected = Cell {
        cell_id: "208-01-4203265".into(),
        site_id: "16419".into(),
        pos: LatLon::new(45.7612, 4.8391).unwrap(),
        rat: Rat::Lte,
        azimuth_deg: Some(150.0),
        band: Some(3),
        tilt_deg: Some(6.0),
        power_dbm: Some(46.0),
        neighbours: vec!["208-01-4203521".into()],
    };
    let read = decode_cell(Some(b"208-01-4203265"), Some(body), &Mapping::identity());
    assert_eq!(read, Ok(("208-01-4203265".into(), Some(expected))));
}
