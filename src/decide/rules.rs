//! The configuration's sections `[decide]` and `[offers]`. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::catalogue::Catalogue;
use super::gain::Economics;
use crate::ingest::Channel;
use crate::units::Cause;

/// Section `[decide]`: when and to whom an act is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Minutes a candidate settles before it is decided, so that the neighbourhood's verdict can come first.
    pub settle_minutes: u16,
    /// Share of customers, by keyed hash, whose offers are decided and journalled but not made: the measure of
    /// what offers are worth. 0..1.
    pub holdout_share: f64,
    /// Offers a lane may make a day, as a share of its customers. 0..1. See `surge_min`.
    pub surge_share: f64,
    /// …and never fewer than this many a lane and day.
    pub surge_min: u32,
    /// Offers a customer may get in 90 days, all kinds together.
    pub offers_per_90_days: u8,
    /// Offers a customer may get in 30 days through one channel; a channel not named has no cap of its own.
    pub channel_caps_30_days: BTreeMap<Channel, u8>,
    /// Local hour at which quiet hours begin, 0..=24; no offer is made from then on.
    pub quiet_from_hour: u16,
    /// Local hour at which quiet hours end, 0..=24.
    pub quiet_to_hour: u16,
    /// Days for which a home must have been in trouble of its own before it is offered something for congestion,
    /// interference, failing handovers or an outage that its neighbours do not share: at least
    /// `perception.cause.peers_min` homes of its cell or site are seen, and no verdict covers it. In simulated towns three
    /// in a hundred of the earlier offers were right. 0: at once.
    pub unshared_days: u32,
    /// The same for a signal that was lost from one day to the next: no building does that, and the street has its ticket
    /// by then, if it is the street; default 3.
    pub turned_days: u32,
    /// An offer is made on a poor sample at home that is at most so many hours old, with none behind it that is not poor; or,
    /// where no sample shows what is wrong, on a lost call or a slow evening of the same day. For a home's own cause that
    /// is `unshared_days` old a day is allowed: a fault has its ticket by then. 0: not asked for.
    pub fresh_hours: u32,
    /// Days an offer stays valid.
    pub offer_valid_days: u16,
    /// Supported good days after which an episode is closed.
    pub good_days_to_close: u8,
    /// Euro that offers may cost a day over all lanes; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_eur_per_day: Option<f64>,
    /// What an act is worth.
    pub economics: Economics,
    /// What can be done.
    pub catalogue: Catalogue,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            settle_minutes: 30,
            holdout_share: 0.05,
            surge_share: 0.005,
            surge_min: 20,
            offers_per_90_days: 2,
            channel_caps_30_days: BTreeMap::from([(Channel::Phone, 1)]),
            quiet_from_hour: 20,
            quiet_to_hour: 9,
            unshared_days: 7,
            turned_days: 3,
            fresh_hours: 2,
            offer_valid_days: 14,
            good_days_to_close: 3,
            budget_eur_per_day: None,
            economics: Economics::default(),
            catalogue: Catalogue::default(),
        }
    }
}

impl Rules {
    /// The first sentence that is wrong with them, if any.
    pub fn check(&self) -> Result<(), String> {
        let share = |name: &str, value: f64| {
            (0.0..=1.0).contains(&value).then_some(()).ok_or(format!("decide.{name} is {value}; allowed: 0 to 1"))
        };
        share("holdout_share", self.holdout_share)?;
        share("surge_share", self.surge_share)?;
        share("economics.margin", self.economics.margin)?;
        if !(1e-6..=1.0).contains(&self.economics.discount_monthly) {
            return Err(format!(
                "decide.economics.discount_monthly is {}; allowed: above 0, at most 1",
                self.economics.discount_monthly
            ));
        }
        if self.economics.relative_risk < 1.0 {
            return Err(format!(
                "decide.economics.relative_risk is {}; allowed: 1 and more",
                self.economics.relative_risk
            ));
        }
        if self.quiet_from_hour > 24 || self.quiet_to_hour > 24 {
            return Err("decide.quiet_from_hour and decide.quiet_to_hour are local hours, 0 to 24".to_owned());
        }
        if usize::from(self.offers_per_90_days) > crate::limits::OFFERS_MAX {
            return Err(format!(
                "decide.offers_per_90_days is {}; at most {} offers are remembered",
                self.offers_per_90_days,
                crate::limits::OFFERS_MAX
            ));
        }
        self.catalogue.check()
    }

    /// How old the newest sign of what is wrong may be when an offer is made of it, hours; 0: however old.
    #[must_use]
    pub fn fresh_hours_of(&self, cause: Cause, trouble_days: u32) -> u32 {
        let may_be_fault = cause.is_shared() || trouble_days < self.unshared_days;
        if may_be_fault || self.fresh_hours == 0 { self.fresh_hours } else { self.fresh_hours.max(24) }
    }

    /// Whether the local minute of the day lies in the quiet hours.
    #[must_use]
    pub fn is_quiet(&self, minute_of_day: u16) -> bool {
        let (from, to) = (self.quiet_from_hour * 60, self.quiet_to_hour * 60);
        if from <= to { (from..to).contains(&minute_of_day) } else { minute_of_day >= from || minute_of_day < to }
    }
}

/// Section `[offers]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Offers {
    /// `false` holds every offer (`offers_disabled`); read again on SIGHUP.
    pub enabled: bool,
}

impl Default for Offers {
    fn default() -> Self {
        Self { enabled: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_cross_midnight() {
        let rules = Rules::default();
        assert!(rules.is_quiet(20 * 60) && rules.is_quiet(0) && rules.is_quiet(9 * 60 - 1));
        assert!(!rules.is_quiet(9 * 60) && !rules.is_quiet(20 * 60 - 1));
    }

    #[test]
    fn what_may_be_a_fault_is_seen_in_the_last_hours_and_what_has_lasted_in_the_last_day() {
        let rules = Rules::default();
        assert_eq!(rules.fresh_hours_of(Cause::Building, 6), 2);
        assert_eq!(rules.fresh_hours_of(Cause::Building, 7), 24);
        assert_eq!(rules.fresh_hours_of(Cause::Interference, 30), 2);
        assert_eq!(Rules { fresh_hours: 0, ..rules }.fresh_hours_of(Cause::Building, 7), 0);
    }

    #[test]
    fn equal_quiet_hours_mean_none() {
        let rules = Rules { quiet_from_hour: 8, quiet_to_hour: 8, ..Rules::default() };
        assert!((0..1440).all(|minute| !rules.is_quiet(minute)));
    }

    #[test]
    fn a_share_above_one_is_refused_by_name() {
        let rules = Rules { holdout_share: 1.5, ..Rules::default() };
        assert!(rules.check().unwrap_err().contains("decide.holdout_share is 1.5"));
    }
}
