//! What an area's homes show together. Pure.
//!
//! A home makes few calls and has few sessions in an evening: alone it needs a week to show surely what all homes of its
//! site together show in two days. So the site's daily sums are tested too, before the shares of degraded homes are.
//! Radio needs no such help: every measurement tells of it, and a share of homes is robust against one home that
//! measures much.

use super::causes::CauseSet;
use super::days::DaySums;
use super::rules::Rules;
use super::totals::Totals;
use crate::units::{Cause, Day, wilson};

/// Days looked back, today included.
const DAYS: i32 = 3;
/// On so many of them it must show: one bad evening is no fault of a site.
const DAYS_SHOWN: usize = 2;

/// What one day says of a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Too little was measured, or the day is not over.
    Nothing,
    Shown,
    Clean,
}

/// A share of `hits` of `n` that is surely at `least`, or surely not.
fn says(hits: u32, n: u32, least: f64, rules: &Rules) -> Says {
    if n < 2 * rules.k {
        Says::Nothing
    } else if wilson::lower_bound(hits, n, rules.z) >= least {
        Says::Shown
    } else if wilson::share(hits, n) < least / 2.0 {
        Says::Clean
    } else {
        Says::Nothing
    }
}

fn day_says(cause: Cause, day: &DaySums, homes: u32, is_today: bool, rules: &Rules) -> Says {
    match cause {
        Cause::Outage => {
            let minutes = f64::from(day.no_service_s) / 60.0 / f64::from(homes.max(1));
            let fine = if is_today { Says::Nothing } else { Says::Clean };
            if minutes >= rules.pooled_outage_minutes { Says::Shown } else { fine }
        }
        Cause::Mobility => {
            // Links may be lost without a call: a share above 1 is none.
            let calls = (day.call_ends + day.call_drops).max(day.mobility_events);
            says(day.mobility_events, calls, rules.pooled_mobility_share, rules)
        }
        Cause::Congestion => {
            let poor = wilson::share(day.poor_rsrp + day.poor_quality, day.samples);
            // Slow because the radio is poor: not the load's doing.
            if poor >= rules.min_share {
                Says::Clean
            } else {
                says(day.busy_poor, day.busy_sessions, rules.pooled_busy_share, rules)
            }
        }
        Cause::Coverage | Cause::Interference | Cause::Building | Cause::Device => Says::Clean,
    }
}

/// Symptoms that are the fault's own, however many homes show them: interference is what a full cell or a missing
/// neighbour sounds like, and where service is out what is left of it is thin.
pub(super) fn symptoms(cause: Cause) -> CauseSet {
    match cause {
        Cause::Outage => CauseSet::network(),
        other => CauseSet::one(other).with(Cause::Interference),
    }
}

/// The fault of the whole site that its homes show together, if they do: on two of the last three days, and not over.
#[must_use]
pub(super) fn pooled(totals: &Totals, today: Day, rules: &Rules) -> Option<Cause> {
    if totals.site.homes < rules.k {
        return None;
    }
    let shown = |cause: &Cause| {
        let days = (0..DAYS).map(|back| today.plus(-back)).map(|day| {
            let sums = totals.days.get(&day).copied().unwrap_or_default();
            day_says(*cause, &sums, totals.site.homes, day == today, rules)
        });
        let telling: Vec<Says> = days.filter(|says| *says != Says::Nothing).collect();
        telling.first() == Some(&Says::Shown)
            && telling.iter().filter(|says| **says == Says::Shown).count() >= DAYS_SHOWN
    };
    [Cause::Outage, Cause::Mobility, Cause::Congestion].into_iter().find(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbourhood::homes::Homes;

    const TODAY: Day = Day(20_000);

    /// Twenty homes and their sums today, yesterday, and so on.
    fn site(days: &[DaySums]) -> Totals {
        let days = (0..).zip(days).map(|(back, sums)| (TODAY.plus(-back), *sums));
        Totals { site: Homes { homes: 20, ..Homes::default() }, days: days.collect(), ..Totals::default() }
    }

    fn found(days: &[DaySums]) -> Option<Cause> {
        pooled(&site(days), TODAY, &Rules::default())
    }

    fn evening(sessions: u32, poor: u32) -> DaySums {
        DaySums { samples: 100, busy_sessions: sessions, busy_poor: poor, ..DaySums::default() }
    }

    #[test]
    fn two_slow_evenings_of_a_street_are_congestion_and_one_is_not() {
        assert_eq!(found(&[evening(30, 28), evening(30, 27)]), Some(Cause::Congestion));
        assert_eq!(found(&[evening(30, 28), evening(30, 6)]), None, "one bad evening");
        assert_eq!(found(&[evening(0, 0), evening(30, 28), evening(30, 27)]), Some(Cause::Congestion), "at midnight");
        assert_eq!(found(&[evening(30, 2), evening(30, 28), evening(30, 27)]), None, "it is over");
        assert_eq!(
            found(&[evening(30, 15), evening(30, 15)]),
            None,
            "half of the sessions: a full cell, not a choked one"
        );
        assert_eq!(found(&[evening(4, 4), evening(4, 4)]), None, "eight sessions are too few");
    }

    #[test]
    fn sessions_that_are_slow_because_the_radio_is_poor_are_no_congestion() {
        let poor = DaySums { poor_quality: 70, ..evening(30, 28) };
        assert_eq!(found(&[poor, poor]), None);
    }

    #[test]
    fn links_that_fail_at_handovers_are_counted_per_call() {
        let day = |calls, events| DaySums { call_ends: calls, mobility_events: events, ..DaySums::default() };
        assert_eq!(found(&[day(40, 20), day(30, 15)]), Some(Cause::Mobility));
        assert_eq!(found(&[day(40, 3), day(30, 2)]), None);
        assert_eq!(found(&[day(0, 40), day(0, 40)]), Some(Cause::Mobility), "links lost without a call");
    }

    #[test]
    fn a_site_without_service_on_two_days_is_out() {
        let dark = |minutes: u32| DaySums { no_service_s: minutes * 60 * 20, ..evening(30, 2) };
        assert_eq!(found(&[dark(70), dark(200)]), Some(Cause::Outage));
        assert_eq!(found(&[dark(5), dark(200), dark(200)]), Some(Cause::Outage), "today has only begun");
        assert_eq!(found(&[DaySums::default(), dark(5), dark(200)]), None, "service is back since yesterday");
    }

    #[test]
    fn four_homes_are_no_street() {
        let mut few = site(&[evening(30, 28), evening(30, 27)]);
        few.site.homes = 4;
        assert_eq!(pooled(&few, TODAY, &Rules::default()), None);
    }
}
