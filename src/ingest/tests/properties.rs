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

/// A JSON value that may or may not suit a field.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (-160.0_f64..110.0).prop_map(|n| format!("{n:.1}")),
        2 => (-2_i64..20).prop_map(|n| n.to_string()),
        1 => (0_i64..4_000_000_000_000).prop_map(|n| n.to_string()),
        2 => prop::sample::select(vec![
            "null", "true", "false", "\"-\"", "\"\"", "\"NaN\"", "2147483647", "-200", "\"lte\"", "\"nr\"", "\"mid\"",
            "\"measurement\"", "\"2026-10-19T21:04:05Z\"", "\"1792443845123\"", "[3,7]", "[\"a\"]", "{}", "\"C0001234\"",
            "\"accepted\"", "1e400", "[[]]", "\"\\u00e9\"", "45.76", "4.84",
        ])
        .prop_map(str::to_owned),
        1 => "[a-zé ]{0,10}".prop_map(|text| format!("\"{text}\"")),
    ]
}

/// What suits a field.
fn valid(name: &str) -> &'static str {
    match name {
        "customer_id" | "cell_id" => "\"C0001234\"",
        "ts" => "1792443845123",
        "kind" => "\"measurement\"",
        "status" => "\"accepted\"",
        "rat" => "\"lte\"",
        "segment" => "\"high\"",
        "rsrp_dbm" | "signal_dbm" => "-90.5",
        "rsrq_db" => "-10",
        "churn_risk" => "0.25",
        "device.bands" => "[3,7]",
        "neighbours" => "[\"a\",\"b\"]",
        "setup_ok" | "indoor" | "resolved" | "has_fixed_broadband" | "has_femtocell" => "true",
        flag if flag.starts_with("consent.") || flag.starts_with("device.") => "false",
        "event_id" | "contact_id" | "action_id" | "site_id" | "channel" | "reason_code" | "text" | "about"
        | "channel_preference" => "\"x\"",
        _ => "7",
    }
}

/// A record of an input: its required fields valid more often than not, any others, some twice or unknown.
fn record() -> impl Strategy<Value = (Input, String)> {
    prop::sample::select(Input::ALL).prop_flat_map(|input| {
        let names: Vec<&'static str> = super::super::fields::table(input).into_iter().map(|(name, _)| name).collect();
        let field = (prop::sample::select(names), prop::bool::weighted(0.95), value());
        prop::collection::vec(field, 0..16).prop_map(move |fields| {
            let required = [
                "customer_id",
                "ts",
                "kind",
                "cell_id",
                "contact_id",
                "action_id",
                "status",
                "site_id",
                "rat",
                "lat",
                "lon",
                "nps",
                "text",
            ];
            let pairs = required.map(|name| format!("\"{name}\":{}", valid(name)));
            let mut body = format!("{{{}}}", pairs.join(","));
            for (name, use_valid, other) in fields {
                let value = if use_valid { valid(name).to_owned() } else { other };
                let (group, leaf) = name.split_once('.').unwrap_or(("", name));
                let top = if group.is_empty() { leaf } else { group };
                let twice = body.contains(&format!("\"{top}\":"));
                if twice && use_valid {
                    continue;
                }
                let pair = match group {
                    "" => format!(",\"{leaf}\":{value}}}"),
                    group => format!(",\"{group}\":{{\"{leaf}\":{value}}}}}"),
                };
                body.pop();
                body.push_str(&pair);
            }
            (input, body)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn the_identity_as_a_mapping_decodes_like_the_identity((input, body) in record()) {
        let (own, compiled) = (Mapping::identity(), Mapping::compiled_identity());
        let (key, value) = (Some(CUSTOMER.as_bytes()), Some(body.as_bytes()));
        if input == Input::Cells {
            let (a, b) = (decode_cell(key, value, &own), decode_cell(key, value, &compiled));
            prop_assert_eq!(a.map_err(|r| r.code), b.map_err(|r| r.code));
        } else {
            let (a, b) = (decode(input, key, value, &own), decode(input, key, value, &compiled));
            prop_assert_eq!(a.map_err(|r| r.code), b.map_err(|r| r.code));
        }
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
