//! The numbers of the home stage: its section of the configuration file. Pure.

use serde::{Deserialize, Serialize};

/// How a home is found. The defaults are the design's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Local hour at which a night begins, 12..=23 (default 21). The night belongs to this evening's date.
    pub night_from_hour: u16,
    /// Local hour at which a night ends, 1..=11 (default 6).
    pub night_to_hour: u16,
    /// Valid nights below which no home is known (default 7).
    pub nights_min: u32,
    /// Share of the observed night half-hours spent at the place that makes a home `provisional` (default 0.4).
    pub provisional_share: f32,
    /// The same for `confirmed` (default 0.7). A confirmed home stays so down to `provisional_share`, so that a
    /// holiday does not shake it.
    pub confirmed_share: f32,
    /// Metres within which a site joins a place, an address names a place, and a position is at home
    /// (default 1 000).
    pub radius_m: u16,
    /// Nights on which two sites must have served side by side before they are one place (default 3, at most 3).
    pub together_nights: u8,
    /// Minutes for which a record without a cell still belongs to the place seen last (default 60).
    pub linger_minutes: u16,
    /// Hours since anything was heard for which who is out of service at night is taken to be at home (default 12):
    /// after a day without any cell he is as likely on a holiday where there is no network.
    pub no_service_hours: u16,
    /// Kilometres from home within which the last cell must lie for that, where both are known (default 100).
    pub no_service_km: u16,
    /// A site takes over as the home's area when it has this many times the night slots (default 1.5).
    pub area_factor: f32,
    /// Of the last `move_window` seen nights, those another place must win to be the new home (default 5 of 7).
    pub move_nights: u32,
    pub move_window: u32,
    /// Seen nights below which nobody has moved (default 14).
    pub move_seen: u32,
    /// Nights at the new place that prove a move by themselves (default 17: two weeks of holiday and the weekends
    /// at both ends are 16). Fewer do where the days of before go on: the same workplace, another bed.
    pub move_nights_alone: u32,
    /// Hours by day that make a long stay (default 4: the ends of a 12-hour night shift are 3).
    pub stay_hours: u8,
    /// Longest silence, in hours, that is still a stay when the same place is heard before and after (default 10).
    pub silence_hours: u8,
    /// Bits of a 5G cell identity that name its gNB, 22..=32 as 3GPP TS 38.413 allows (default 24, which leaves 12
    /// bits to the cells and is what most networks use). Matters only for cells the inventory does not know.
    pub gnb_bits: u8,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            night_from_hour: 21,
            night_to_hour: 6,
            nights_min: 7,
            provisional_share: 0.4,
            confirmed_share: 0.7,
            radius_m: 1_000,
            together_nights: 3,
            linger_minutes: 60,
            no_service_hours: 12,
            no_service_km: 100,
            area_factor: 1.5,
            move_nights: 5,
            move_window: 7,
            move_seen: 14,
            move_nights_alone: 17,
            stay_hours: 4,
            silence_hours: 10,
            gnb_bits: 24,
        }
    }
}

impl Rules {
    /// What cannot work, as a sentence that names the field; `None` when all is well.
    #[must_use]
    pub fn objection(&self) -> Option<String> {
        let share = |v: f32| (0.0..=1.0).contains(&v);
        let rules = [
            ((12..=23).contains(&self.night_from_hour), "`night_from_hour` must be 12 to 23"),
            ((1..=11).contains(&self.night_to_hour), "`night_to_hour` must be 1 to 11"),
            ((1..=28).contains(&self.nights_min), "`nights_min` must be 1 to 28, the nights remembered"),
            (share(self.provisional_share) && share(self.confirmed_share), "shares must be 0 to 1"),
            (self.provisional_share <= self.confirmed_share, "`provisional_share` must not exceed `confirmed_share`"),
            (self.radius_m > 0, "`radius_m` must be above 0"),
            ((1..=3).contains(&self.together_nights), "`together_nights` must be 1 to 3"),
            (self.no_service_hours <= 168, "`no_service_hours` must be at most 168, a week"),
            (self.no_service_km > 0, "`no_service_km` must be above 0"),
            (self.area_factor >= 1.0, "`area_factor` must be at least 1"),
            (self.move_nights <= self.move_window, "`move_nights` must not exceed `move_window`"),
            ((1..=28).contains(&self.move_window), "`move_window` must be 1 to 28, the nights remembered"),
            ((1..=12).contains(&self.stay_hours), "`stay_hours` must be 1 to 12"),
            ((1..=12).contains(&self.silence_hours), "`silence_hours` must be 1 to 12"),
            ((22..=32).contains(&self.gnb_bits), "`gnb_bits` must be 22 to 32 (3GPP TS 38.413)"),
        ];
        rules.iter().find(|(holds, _)| !holds).map(|(_, text)| (*text).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_objection_and_an_impossible_night_has_one() {
        assert_eq!(Rules::default().objection(), None);
        let odd = Rules { night_from_hour: 3, ..Rules::default() };
        assert!(odd.objection().unwrap().contains("night_from_hour"));
    }

    #[test]
    fn an_unknown_key_is_refused_and_a_missing_one_is_the_default() {
        assert!(toml::from_str::<Rules>("nights_mni = 3").is_err());
        assert_eq!(toml::from_str::<Rules>("nights_min = 3").unwrap(), Rules { nights_min: 3, ..Rules::default() });
    }
}
