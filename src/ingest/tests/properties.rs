//! What must hold for any bytes. Pure.

use proptest::prelude::*;

use super::super::decode_cell;
use super::*;

const VALID: [(Input, &str); 6] = [
    (
        Input::Probes,
        r#"{"event_id":"9f2c","customer_id":"C0001234","ts":"2026-10-19T21:04:05.123Z","cell_id":"208-01-4203265","rat":"lte","lat":45.7601,"lon":4.8402,"kind":"measurement","rsrp_dbm":-113.5,"rsrq_db":-14.0,"cqi":4,"indoor":true}"#,
    ),
    (
        Input::Contacts,
        r#"{"contact_id":"K-88121","customer_id":"C0001234","ts":1792483920000,"channel":"phone","text":"ça coupe \u00e0 la maison","resolved":false}"#,
    ),
    (Input::Surveys, r#"{"customer_id":"C0001234","ts":"2026-10-21T18:00:00+02:00","nps":3,"about":"network"}"#),
    (Input::Outcomes, r#"{"action_id":"of_6c1d","ts":"2026-10-23T09:30:00Z","status":"accepted"}"#),
    (
        Input::Crm,
        r#"{"customer_id":"C0001234","churn_risk":0.021,"segment":"mid","tenure_months":38,"consent":{"network_care":true},"device":{"bands":[3,7,20]},"home_lat":45.76,"home_lon":4.84}"#,
    ),
    (
        Input::Cells,
        r#"{"cell_id":"C0001234","site_id":"16419","lat":45.7612,"lon":4.8391,"rat":"lte","neighbours":["208-01-4203521"]}"#,
    ),
];

fn any_code(input: Input, value: &[u8]) -> Option<RejectCode> {
    let key = Some(CUSTOMER.as_bytes());
    match input {
        Input::Cells => decode_cell(key, Some(value), &Mapping::identity()).err(),
        input => decode(input, key, Some(value), &Mapping::identity()).err(),
    }
    .map(|rejection| rejection.code)
}

#[test]
fn the_records_to_be_mutated_are_valid() {
    for (input, body) in VALID {
        assert_eq!(any_code(input, body.as_bytes()), None, "{input}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_mutation_of_a_valid_record_panics(
        record in 0..VALID.len(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, prop::collection::vec(any::<u8>(), 0..4)), 1..4),
    ) {
        let (input, body) = VALID[record];
        let mut bytes = body.as_bytes().to_vec();
        for (at, removed, put) in cuts {
            let from = at.index(bytes.len() + 1);
            let to = (from + removed).min(bytes.len());
            bytes.splice(from..to, put);
        }
        any_code(input, &bytes);
    }

    #[test]
    fn no_swap_of_values_panics(record in 0..VALID.len(), from in ".{0,12}", to in ".{0,12}") {
        let (input, body) = VALID[record];
        any_code(input, body.replace(&from, &to).as_bytes());
    }
}
