//! Times as topics carry them. Pure.

use crate::units::Millis;

/// The last millisecond of the year 9999, the last RFC 3339 can write.
pub(super) const LAST_MS: f64 = 253_402_300_799_999.0;

/// RFC 3339 with any offset, or epoch milliseconds as text.
pub(super) fn parse(text: &str) -> Option<Millis> {
    let bytes = text.as_bytes();
    if let Some(at) = utc(bytes) {
        return Some(at);
    }
    if !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit) {
        return text.parse().ok().map(Millis);
    }
    text.parse::<jiff::Timestamp>().ok().map(|at| Millis(at.as_millisecond()))
}

/// The usual form, `2026-10-19T21:04:05Z` or `2026-10-19T21:04:05.123Z`, read without a general parser, since
/// every probe has one. `None`: leave it to the general one.
fn utc(bytes: &[u8]) -> Option<Millis> {
    let (whole, milli) = match bytes.len() {
        20 => (bytes, 0),
        24 if bytes[19] == b'.' => (bytes, digits(&bytes[20..23])?),
        _ => return None,
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (bytes.len() - 1, b'Z')];
    if marks.iter().any(|(at, mark)| whole[*at] != *mark) {
        return None;
    }
    let [month, day, hour, minute, second] = [
        digits(&whole[5..7])?,
        digits(&whole[8..10])?,
        digits(&whole[11..13])?,
        digits(&whole[14..16])?,
        digits(&whole[17..19])?,
    ];
    // 29 February exists or not by the year: the general parser knows.
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28,
        _ => 0,
    };
    let plain = (1..=longest).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if !plain {
        return None;
    }
    let days = days_from_civil(digits(&whole[0..4])?, month, day);
    Some(Millis((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + milli))
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar. The year is taken to begin in March, so
/// that a leap day is its last: months then have 153 days to five, and 400 years have 146 097.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn offsets_fractions_and_epochs_name_the_same_instant() {
        let expected = Some(Millis(1_792_443_845_123));
        for text in [
            "2026-10-19T21:04:05.123Z",
            "2026-10-19T23:04:05.123+02:00",
            "2026-10-19T21:04:05.123456Z",
            "2026-10-19t21:04:05.123z",
            "1792443845123",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_names_no_instant_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-10-19",
            "2026-10-19T21:04:05",
            "2026-02-30T00:00:00Z",
            "12e3",
            "2026-13-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_general_parser(ms in -60_000_000_000_000_i64..253_402_300_799_999, whole in any::<bool>()) {
            let ms = if whole { ms.div_euclid(1000) * 1000 } else { ms };
            let text = jiff::Timestamp::from_millisecond(ms).unwrap().to_string();
            prop_assert_eq!(parse(&text), Some(Millis(ms)));
        }
    }
}
