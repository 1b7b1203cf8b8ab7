//! Local time as stories write it: `2026-10-20 19:30`.

use homeqos::units::Millis;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// The clock on the wall of a story's zone.
#[derive(Debug, Clone)]
pub(super) struct Local(TimeZone);

impl Local {
    pub(super) fn of(zone: &str) -> Self {
        Self(TimeZone::get(zone).expect("a time zone"))
    }

    /// The instant of a local time; of a repeated hour the first.
    pub(super) fn instant(&self, text: &str) -> Millis {
        let local = DateTime::strptime("%Y-%m-%d %H:%M", text).unwrap_or_else(|e| panic!("`{text}`: {e}"));
        self.of_civil(local)
    }

    pub(super) fn of_civil(&self, local: DateTime) -> Millis {
        Millis(local.to_zoned(self.0.clone()).expect("a time in range").timestamp().as_millisecond())
    }

    /// `2026-10-20 19:30`.
    pub(super) fn text(&self, at: Millis) -> String {
        let at = jiff::Timestamp::from_millisecond(at.0).expect("a time in range");
        at.to_zoned(self.0.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The days of `2026-10-01..2026-10-20`, the last included.
    pub(super) fn days(text: &str) -> Vec<Date> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let date = |text: &str| text.parse::<Date>().unwrap_or_else(|e| panic!("`{text}`: {e}"));
        let (first, last) = (date(first), date(last));
        let days: Vec<Date> = first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last).collect();
        assert!(!days.is_empty(), "no day lies in {text}");
        days
    }

    /// The instants every `minutes` of the local hours `19:00..23:30` (the end is not included, and may be of the next
    /// day) of a date. Time goes on evenly however clocks are set.
    pub(super) fn every(&self, day: Date, hours: &str, minutes: i64) -> Vec<Millis> {
        let (from, to) = hours.split_once("..").unwrap_or_else(|| panic!("`{hours}` must be like 19:00..23:30"));
        let at = |text: &str| text.parse::<jiff::civil::Time>().unwrap_or_else(|e| panic!("`{text}`: {e}"));
        let (from, to) = (at(from), at(to));
        let end = if to > from { day } else { day.tomorrow().expect("a day in range") };
        let (from, end) = (self.of_civil(day.to_datetime(from)), self.of_civil(end.to_datetime(to)));
        let next = |at: &Millis| Some(at.plus(minutes * Millis::MINUTE)).filter(|at| *at < end);
        std::iter::successors(Some(from), next).collect()
    }
}
