//! Instants and grids. Pure: time is always an argument, never read.

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Millis(pub i64);

/// A point of the one-minute grid: whole minutes since 1970-01-01T00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Minute(pub i32);

/// A minute or none, in the 4 bytes of a minute. The earliest minute that can be told stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MaybeMinute(i32);

impl MaybeMinute {
    pub const NONE: Self = Self(i32::MIN);

    #[must_use]
    pub fn get(self) -> Option<Minute> {
        (self != Self::NONE).then_some(Minute(self.0))
    }
}

impl Default for MaybeMinute {
    fn default() -> Self {
        Self::NONE
    }
}

impl From<Minute> for MaybeMinute {
    fn from(minute: Minute) -> Self {
        Self(minute.0)
    }
}

impl From<Option<Minute>> for MaybeMinute {
    fn from(minute: Option<Minute>) -> Self {
        minute.map_or(Self::NONE, Self::from)
    }
}

/// A local calendar day: days since 1970-01-01 in the configured zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Day(pub i32);

impl Millis {
    pub const SECOND: i64 = 1_000;
    pub const MINUTE: i64 = 60_000;
    pub const HOUR: i64 = 3_600_000;
    pub const DAY: i64 = 86_400_000;

    /// The last grid minute at or before this instant.
    #[must_use]
    pub fn minute(self) -> Minute {
        Minute(i32::try_from(self.0.div_euclid(Self::MINUTE)).unwrap_or(if self.0 < 0 { i32::MIN } else { i32::MAX }))
    }

    /// `self - earlier`, in milliseconds; negative when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    #[must_use]
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// RFC 3339 in UTC, with milliseconds only where there are any: `2026-10-22T09:00:00Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(|_| format!("@{}ms", self.0), |t| t.to_string())
    }
}

impl Minute {
    /// The instant at which the minute begins.
    #[must_use]
    pub fn start(self) -> Millis {
        Millis(i64::from(self.0) * Millis::MINUTE)
    }

    #[must_use]
    pub fn plus(self, minutes: i32) -> Self {
        Self(self.0.saturating_add(minutes))
    }

    /// Whole days since an earlier minute; none since a later one.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> u32 {
        (self.0 - earlier.0).max(0).unsigned_abs() / (24 * 60)
    }
}

impl Day {
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// 0 = Monday; 1970-01-01 was a Thursday.
    #[must_use]
    pub fn weekday(self) -> i32 {
        self.0.saturating_add(3).rem_euclid(7)
    }

    /// `2026-10-19`.
    #[must_use]
    pub fn iso(self) -> String {
        let epoch = jiff::civil::date(1970, 1, 1);
        epoch
            .checked_add(jiff::Span::new().days(i64::from(self.0)))
            .map_or_else(|_| format!("day {}", self.0), |d| d.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_before_1970_round_down_to_their_minute() {
        assert_eq!(Millis(-1).minute(), Minute(-1));
        assert_eq!(Millis(60_000).minute(), Minute(1));
    }

    #[test]
    fn days_and_instants_print_as_people_write_them() {
        assert_eq!(Day(20_745).iso(), "2026-10-19");
        assert_eq!(Millis(1_792_659_600_000).rfc3339(), "2026-10-22T09:00:00Z");
        assert_eq!(Millis(1_792_659_600_123).rfc3339(), "2026-10-22T09:00:00.123Z");
    }
}
