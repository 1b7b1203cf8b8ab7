//! What may be wrong with a record that is still some kind of object: its fields, one at a time.

use super::dice::Dice;
use super::json::{Fields, Json};

type Fault = fn(&mut Fields, &mut Dice);

/// Each with the words that the final counts use.
pub(super) const FAULTS: [(&str, Fault); 15] = [
    ("field removed", removed),
    ("field renamed", renamed),
    ("field unknown", unknown),
    ("field of no sense", sentinel),
    ("type changed", retyped),
    ("number extreme", extreme),
    ("number at a bound", at_a_bound),
    ("text cut", cut),
    ("text strange", strange),
    ("nested", nested),
    ("list", list),
    ("key twice", twice),
    ("values swapped", swapped),
    ("time moved", moved),
    ("identity changed", impostor),
];

const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-0.0",
    "1e400",
    "-1e400",
    "1e308",
    "-1.7976931348623157e308",
    "5e-324",
    "1e-400",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "2147483647",
    "-2147483648",
    "4294967296",
    "0.1e1",
    "1E+2",
    "00",
    "01",
    "1.",
    ".5",
    "+1",
    "0x1f",
    "NaN",
    "Infinity",
    "-",
    "1_000",
    "1e",
    "253402300799999",
    "253402300800000",
    "-1",
];

const BOUNDS: &[&str] = &[
    "-140",
    "-140.0001",
    "-44",
    "-43.999",
    "-156",
    "-31",
    "-34",
    "2.5",
    "2.51",
    "-43",
    "20",
    "-23",
    "40",
    "0",
    "15",
    "16",
    "100",
    "100.01",
    "10",
    "11",
    "1",
    "1.0001",
    "-1",
    "90",
    "90.1",
    "-90",
    "180",
    "-180.1",
    "65535",
    "65536",
    "1024",
    "1025",
    "1e5",
    "1e7",
    "1200",
    "4.5",
];

const WORDS: &[&str] = &[
    "",
    " ",
    "-",
    "null",
    "true",
    "NaN",
    "lte",
    "nr",
    "LTE",
    "measurement",
    "Measurement",
    "call_drop",
    "no_service",
    "data_session",
    "rlf",
    "handover_failure",
    "accepted",
    "installed",
    "resolved",
    "lost",
    "high",
    "gold",
    "phone",
    "NETWORK_INDOOR",
    "BILLING_X",
    "208-01-4203265",
    "208-01-",
    "-1-1-1",
    "2-0-8-0-1",
    "of_0",
    "tk_0",
    "pas de réseau à la maison",
    "no signal at home, never any signal",
    "2026-10-19T21:04:05Z",
    "1792443845123",
    "😀\u{202e}\u{0}\u{7f}\u{fffd}",
    "e\u{301}e\u{301}",
];

const TIMES: &[&str] = &[
    "0",
    "-1",
    "1",
    "999",
    "1792443845123",
    "1792443845123.75",
    "253402300799999",
    "1e15",
    "1e18",
    "4102444800000",
    "\"1970-01-01T00:00:00Z\"",
    "\"0000-01-01T00:00:00Z\"",
    "\"9999-12-31T23:59:59.999Z\"",
    "\"10000-01-01T00:00:00Z\"",
    "\"2026-02-29T00:00:00Z\"",
    "\"2028-02-29T00:00:00Z\"",
    "\"2026-10-25T02:30:00+02:00\"",
    "\"2026-10-25T01:30:00Z\"",
    "\"2026-13-01T00:00:00Z\"",
    "\"2026-06-30T23:59:60Z\"",
    "\"2026-10-19T24:00:00Z\"",
    "\"2026-10-19T21:04:05\"",
    "\"2026-10-19 21:04:05Z\"",
    "\"2026-10-19T21:04:05.1234567890123Z\"",
    "\"2026-10-19T21:04:05+99:99\"",
    "\"2026-10-19\"",
    "\"20261019T210405Z\"",
    "\"99999999999999999999\"",
    "\"tomorrow\"",
    "\"-\"",
    "null",
];

/// A field of the object or of one inside it.
fn place<'f>(fields: &'f mut Fields, dice: &mut Dice) -> Option<(&'f mut Fields, usize)> {
    if fields.is_empty() {
        return None;
    }
    let at = dice.below(fields.len());
    let deeper = matches!(&fields[at].1, Json::Object(inner) if !inner.is_empty()) && !dice.once_in(3);
    if !deeper {
        return Some((fields, at));
    }
    fields[at].1.fields().and_then(|inner| place(inner, dice))
}

fn value<'f>(fields: &'f mut Fields, dice: &mut Dice) -> Option<&'f mut Json> {
    place(fields, dice).map(|(fields, at)| &mut fields[at].1)
}

/// A value of a kind, if the record has one; else any.
fn value_that<'f>(fields: &'f mut Fields, dice: &mut Dice, is: fn(&Json) -> bool) -> Option<&'f mut Json> {
    let with: Vec<usize> = (0..fields.len()).filter(|at| is(&fields[*at].1)).collect();
    if with.is_empty() {
        return value(fields, dice);
    }
    fields.get_mut(with[dice.below(with.len())]).map(|(_, value)| value)
}

fn removed(fields: &mut Fields, dice: &mut Dice) {
    if let Some((fields, at)) = place(fields, dice) {
        fields.remove(at);
    }
}

fn renamed(fields: &mut Fields, dice: &mut Dice) {
    let Some((fields, at)) = place(fields, dice) else { return };
    let name = &mut fields[at].0;
    match dice.below(5) {
        0 => *name = name.to_uppercase(),
        1 => name.push(' '),
        2 => name.push('\u{301}'),
        3 => *name = name.replacen('_', "", 1),
        _ => name.clear(),
    }
}

fn unknown(fields: &mut Fields, dice: &mut Dice) {
    let deep = Json::Object(vec![("x".into(), Json::List(vec![any(dice), any(dice)]))]);
    let value = if dice.once_in(2) { deep } else { any(dice) };
    let at = dice.below(fields.len() + 1);
    fields.insert(at, (format!("vendor_{}", dice.below(9)), value));
}

fn sentinel(fields: &mut Fields, dice: &mut Dice) {
    const NOTHINGS: &[&str] =
        &["null", "\"-\"", "\"\"", "\"NaN\"", "\"n/a\"", "2147483647", "-200", "[]", "{}", "65535"];
    if let Some(value) = value(fields, dice) {
        *value = Json::raw(dice.pick(NOTHINGS));
    }
}

fn any(dice: &mut Dice) -> Json {
    match dice.below(7) {
        0 => Json::raw(dice.pick(&["true", "false", "null"])),
        1 => Json::raw(dice.pick(NUMBERS)),
        2 => Json::raw(dice.pick(BOUNDS)),
        3 => Json::raw(dice.pick(TIMES)),
        4 => Json::List(vec![Json::raw("3"), Json::Text("a".into())]),
        5 => Json::Object(vec![("network_care".into(), Json::raw("true"))]),
        _ => Json::Text(dice.pick(WORDS).to_owned()),
    }
}

fn retyped(fields: &mut Fields, dice: &mut Dice) {
    let Some(value) = value(fields, dice) else { return };
    *value = match (dice.below(3), &*value) {
        // The right value in the wrong clothes.
        (0, Json::Raw(text)) => Json::Text(text.clone()),
        (0, Json::Text(text)) => Json::raw(text.clone()),
        (1, kept) => Json::List(vec![kept.clone()]),
        _ => any(dice),
    };
}

fn extreme(fields: &mut Fields, dice: &mut Dice) {
    if let Some(value) = value_that(fields, dice, Json::is_number) {
        *value = Json::raw(dice.pick(NUMBERS));
    }
}

fn at_a_bound(fields: &mut Fields, dice: &mut Dice) {
    if let Some(value) = value_that(fields, dice, Json::is_number) {
        *value = Json::raw(dice.pick(BOUNDS));
    }
}

fn cut(fields: &mut Fields, dice: &mut Dice) {
    if let Some(Json::Text(text)) = value_that(fields, dice, Json::is_text) {
        let end = text.floor_char_boundary(dice.below(text.len() + 1));
        text.truncate(end);
    }
}

fn strange(fields: &mut Fields, dice: &mut Dice) {
    let Some(value) = value_that(fields, dice, Json::is_text) else { return };
    *value = match dice.below(6) {
        0 => Json::Text(dice.pick(&["x", "é", "😀", "\u{0}", "a\n"]).repeat(1 + dice.below(200))),
        // Around the longest contact text that is read, and far beyond it.
        1 => Json::Text(dice.pick(&["aé ", "panne ", "no "]).repeat(dice.below(6_000))),
        2 => Json::raw(dice.pick(&[
            r#""\ud800""#,
            r#""\udc00\ud800""#,
            r#""\ud83d\ude00""#,
            r#""\u0000""#,
            r#""\x41""#,
            r#""\u12""#,
            r#""\"#,
            r#""\u006c\u0074\u0065""#,
            "\"a\tb\"",
            "'a'",
        ])),
        _ => Json::Text(dice.pick(WORDS).to_owned()),
    };
}

fn nested(fields: &mut Fields, dice: &mut Dice) {
    let depth = if dice.once_in(20) { 100 + dice.below(3_000) } else { 1 + dice.below(8) };
    let Some(value) = value(fields, dice) else { return };
    let text = value.text();
    let (open, close) = if dice.once_in(2) { ("[", "]") } else { ("{\"a\":", "}") };
    // Half of the deep ones are never closed.
    let close = if depth > 8 && dice.once_in(2) { String::new() } else { close.repeat(depth) };
    *value = Json::raw(format!("{}{text}{close}", open.repeat(depth)));
}

fn list(fields: &mut Fields, dice: &mut Dice) {
    let length = if dice.once_in(8) { 1_000 + dice.below(50) } else { dice.below(5) };
    let items = (0..length).map(|n| if dice.once_in(30) { any(dice) } else { Json::raw((n % 1_100).to_string()) });
    let items = Json::List(items.collect());
    let lists = |value: &Json| matches!(value, Json::List(_) | Json::Object(_));
    if let Some(value) = value_that(fields, dice, lists) {
        *value = match value {
            Json::Object(inner) if !inner.is_empty() => Json::Object(vec![("bands".into(), items)]),
            _ => items,
        };
    }
}

fn twice(fields: &mut Fields, dice: &mut Dice) {
    let Some((fields, at)) = place(fields, dice) else { return };
    let (key, kept) = fields[at].clone();
    let value = if dice.once_in(2) { kept } else { any(dice) };
    let at = dice.below(fields.len() + 1);
    fields.insert(at, (key, value));
}

fn swapped(fields: &mut Fields, dice: &mut Dice) {
    if fields.len() > 1 {
        let (a, b) = (dice.below(fields.len()), dice.below(fields.len()));
        let kept = fields[a].1.clone();
        fields[a].1 = std::mem::replace(&mut fields[b].1, kept);
    }
}

fn moved(fields: &mut Fields, dice: &mut Dice) {
    let Some((_, ts)) = fields.iter_mut().find(|(key, _)| key == "ts") else { return };
    let by_ms = [1, 999, 60_000, 299_000, 301_000, 3_600_000, 86_400_000, 14 * 86_400_000, 400 * 86_400_000];
    let by_ms: i64 = by_ms[dice.below(by_ms.len())];
    let by_ms = if dice.once_in(2) { -by_ms } else { by_ms };
    let was = match &*ts {
        Json::Text(text) => text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond),
        other => other.text().parse().ok(),
    };
    *ts = match was.filter(|_| !dice.once_in(4)) {
        Some(was) => Json::raw((was + by_ms).to_string()),
        None => Json::raw(dice.pick(TIMES)),
    };
}

fn impostor(fields: &mut Fields, dice: &mut Dice) {
    const IDS: [&str; 7] = ["customer_id", "cell_id", "event_id", "contact_id", "action_id", "site_id", "rat"];
    let with: Vec<usize> = (0..fields.len()).filter(|at| IDS.contains(&fields[*at].0.as_str())).collect();
    if !with.is_empty() {
        let at = with[dice.below(with.len())];
        fields[at].1 = match dice.below(4) {
            0 => Json::Text(format!("C{:07}", dice.below(50))),
            1 => Json::Text(format!("208-01-{}", dice.below(1 << 28))),
            2 => Json::Text("é".repeat(60 + dice.below(10))),
            _ => Json::Text(dice.pick(WORDS).to_owned()),
        };
    }
}
