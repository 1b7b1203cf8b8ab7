//! Local time. Pure.
//!
//! A zone is compiled into the table of its offset changes, so that a record's local day and hour cost one
//! search, and two machines with different tz databases agree (the database is bundled).

use super::{Day, Millis};

/// A time zone as a table of offset changes.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    /// From this instant (UTC), local = UTC + offset. Sorted; the first entry begins at the minimum.
    changes: Vec<(Millis, i32)>,
}

/// A wall-clock time at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalTime {
    pub day: Day,
    /// Minutes after local midnight, 0..1440, as clocks on the wall show it: a repeated hour repeats.
    pub minute: u16,
}

impl LocalTime {
    #[must_use]
    pub fn hour(self) -> u16 {
        self.minute / 60
    }
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a time zone of the IANA database; use a name like Europe/Paris")]
pub struct ZoneError(String);

impl Zone {
    /// Last year whose clock changes are in the table; later instants keep its last offset.
    const LAST_YEAR: i16 = 2060;

    /// # Errors
    /// When `name` is not in the IANA database.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        let zone = jiff::tz::TimeZone::get(name).map_err(|_| ZoneError(name.to_owned()))?;
        let from = jiff::Timestamp::from_second(0).map_err(|_| ZoneError(name.to_owned()))?;
        let mut changes = vec![(Millis(i64::MIN), zone.to_offset(from).seconds())];
        for change in zone.following(from) {
            if change.timestamp().to_zoned(jiff::tz::TimeZone::UTC).year() > Self::LAST_YEAR {
                break;
            }
            changes.push((Millis(change.timestamp().as_millisecond()), change.offset().seconds()));
        }
        Ok(Self { name: name.to_owned(), changes })
    }

    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), changes: vec![(Millis(i64::MIN), 0)] }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn offset_ms(&self, at: Millis) -> i64 {
        let after = self.changes.partition_point(|(from, _)| *from <= at);
        i64::from(self.changes[after.saturating_sub(1)].1) * Millis::SECOND
    }

    /// The wall-clock time of an instant.
    #[must_use]
    pub fn local(&self, at: Millis) -> LocalTime {
        let local = at.0.saturating_add(self.offset_ms(at));
        let minute = local.rem_euclid(Millis::DAY) / Millis::MINUTE;
        LocalTime { day: Day(local.div_euclid(Millis::DAY) as i32), minute: minute as u16 }
    }

    /// The instant at which the wall clock shows `minute` minutes after midnight of `day`. A time that a clock
    /// change skips is taken as the instant of the change; of one it repeats, the first.
    #[must_use]
    pub fn instant(&self, day: Day, minute: u16) -> Millis {
        let wall = i64::from(day.0) * Millis::DAY + i64::from(minute) * Millis::MINUTE;
        let mut offsets = [-Millis::DAY, 0, Millis::DAY].map(|shift| self.offset_ms(Millis(wall + shift)));
        offsets.sort_unstable_by(|a, b| b.cmp(a));
        // The larger offset gives the earlier instant.
        let fits = offsets.iter().map(|o| Millis(wall - o)).find(|at| at.0 + self.offset_ms(*at) == wall);
        fits.unwrap_or_else(|| {
            let near = self
                .changes
                .iter()
                .map(|(from, _)| *from)
                .find(|from| from.since(Millis(wall)).saturating_abs() <= Millis::DAY);
            near.unwrap_or(Millis(wall))
        })
    }

    /// The instant at which the local day begins.
    #[must_use]
    pub fn day_start(&self, day: Day) -> Millis {
        self.instant(day, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        Millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn summer_and_winter_nights_in_paris_have_their_own_offset() {
        let paris = Zone::named("Europe/Paris").unwrap();
        assert_eq!(paris.local(at("2026-10-24T22:30:00Z")).minute, 30);
        assert_eq!(paris.local(at("2026-10-25T23:30:00Z")).minute, 30);
    }

    #[test]
    fn the_repeated_hour_is_found_at_its_first_showing_and_the_skipped_one_at_the_change() {
        let paris = Zone::named("Europe/Paris").unwrap();
        let autumn = paris.local(at("2026-10-25T00:00:00Z")).day;
        assert_eq!(paris.instant(autumn, 150), at("2026-10-25T00:30:00Z"));
        let spring = paris.local(at("2026-03-29T00:00:00Z")).day;
        assert_eq!(paris.instant(spring, 150), at("2026-03-29T01:00:00Z"));
        assert_eq!(paris.day_start(autumn.plus(1)).since(paris.day_start(autumn)), 25 * Millis::HOUR);
        assert_eq!(paris.day_start(spring.plus(1)).since(paris.day_start(spring)), 23 * Millis::HOUR);
    }

    #[test]
    fn an_unknown_zone_is_refused_with_its_name() {
        assert!(Zone::named("Europe/Lyon").unwrap_err().to_string().contains("Europe/Lyon"));
    }
}
