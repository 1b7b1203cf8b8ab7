//! Times in a source's own format. Pure.

use jiff::fmt::strtime::BrokenDownTime;

use super::super::raw::Raw;
use crate::units::{Day, Millis, Zone};

/// How a source writes its times.
#[derive(Debug, Clone)]
pub(super) enum TimeFormat {
    /// RFC 3339 or epoch milliseconds: what every topic may carry.
    Usual,
    EpochSeconds,
    /// A `strptime` pattern, with the zone of its wall clock unless it has an offset of its own.
    Pattern(String, Option<Zone>),
}

impl TimeFormat {
    /// # Errors
    /// With a sentence that says what is wrong with the format or its zone.
    pub(super) fn new(format: Option<&str>, zone: Option<&str>) -> Result<Self, String> {
        let zone = zone.map(Zone::named).transpose().map_err(|error| error.to_string())?;
        let plain = match format {
            None | Some("rfc3339" | "epoch_ms") => Self::Usual,
            Some("epoch_s") => Self::EpochSeconds,
            Some(pattern) if pattern.contains('%') => {
                let compiled = Self::Pattern(pattern.to_owned(), zone);
                return compiled.tried(pattern).map(|()| compiled);
            }
            Some(other) => {
                return Err(format!("`{other}` is none of rfc3339, epoch_ms, epoch_s, or a pattern with % in it"));
            }
        };
        if zone.is_some() { Err("a zone goes with a time pattern only".to_owned()) } else { Ok(plain) }
    }

    /// Whether a time written by the pattern can be read by it.
    fn tried(&self, pattern: &str) -> Result<(), String> {
        let sample = jiff::civil::date(2026, 10, 19).at(21, 4, 5, 0).in_tz("UTC").map_err(|error| error.to_string())?;
        let text = jiff::fmt::strtime::format(pattern, &sample)
            .map_err(|error| format!("`{pattern}` is no time pattern: {error}"))?;
        if self.read(&Raw::Str(text.into())).is_some() {
            return Ok(());
        }
        Err(format!(
            "`{pattern}` does not tell an instant: it needs date and time, and an offset or a `zone` beside it"
        ))
    }

    /// Epoch milliseconds of a time in this format; `None` if it is none.
    pub(super) fn read(&self, raw: &Raw<'_>) -> Option<f64> {
        match (self, raw) {
            (Self::EpochSeconds, Raw::Num(seconds)) => Some(seconds * 1e3),
            (Self::EpochSeconds, Raw::Str(text)) => text.parse::<f64>().ok().map(|seconds| seconds * 1e3),
            (Self::Pattern(pattern, zone), Raw::Str(text)) => {
                let broken = BrokenDownTime::parse(pattern, text.as_ref()).ok()?;
                if broken.offset().is_some() || broken.timestamp().is_some() {
                    return Some(broken.to_timestamp().ok()?.as_millisecond() as f64);
                }
                // Without an hour it is a date, which would pass for a midnight.
                broken.hour()?;
                let wall = broken.to_datetime().ok()?;
                let epoch = jiff::civil::date(1970, 1, 1);
                let day = wall.date().since(epoch).ok()?.get_days();
                let minute = i64::from(wall.hour()) * 60 + i64::from(wall.minute());
                let within_ms = i64::from(wall.second()) * 1_000 + i64::from(wall.millisecond());
                let start: Millis = zone.as_ref()?.instant(Day(day), minute as u16);
                Some(start.plus(within_ms).0 as f64)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, zone: Option<&str>, text: &'static str) -> Option<f64> {
        TimeFormat::new(Some(format), zone).unwrap().read(&Raw::Str(text.into()))
    }

    #[test]
    fn local_times_are_read_in_the_zone_of_the_source() {
        let pattern = "%Y.%m.%d_%H.%M.%S";
        let dublin = Some("Europe/Dublin");
        assert_eq!(read(pattern, dublin, "2019.11.25_15.34.34"), Some(1_574_696_074_000.0));
        assert_eq!(read(pattern, dublin, "2026.07.01_12.00.05"), Some(1_782_903_605_000.0));
        assert_eq!(read(pattern, dublin, "2019.11.25"), None);
        assert_eq!(read("%d/%m/%Y %H:%M:%S%.f", Some("UTC"), "19/10/2026 21:04:05.123"), Some(1_792_443_845_123.0));
        assert_eq!(read("%Y-%m-%d %H:%M:%S %z", None, "2026-10-19 23:04:05 +0200"), Some(1_792_443_845_000.0));
        assert_eq!(read("epoch_s", None, "1792443845.5"), Some(1_792_443_845_500.0));
    }

    #[test]
    fn a_pattern_that_tells_no_instant_is_refused_when_it_is_compiled() {
        for (format, zone) in [
            ("%Y-%m-%d", Some("UTC")),
            ("%Y-%m-%d %H:%M:%S", None),
            ("%Y-%m-%d %H:%M:%S", Some("Europe/Lyon")),
            ("%Q %J", Some("UTC")),
            ("iso", None),
            ("epoch_s", Some("UTC")),
        ] {
            assert!(TimeFormat::new(Some(format), zone).is_err(), "{format}");
        }
    }
}
