//! What an area's homes show together. Pure.
//!
//! A home makes few calls and has few sessions in an evening: alone it needs a week to show surely what all homes of its
//! site together show in two days. So the site's daily sums are tested too, before the shares of degraded homes are.
//! Radio needs no such help: every measurement tells of it, and a share of homes is robust against one home that
//! measures much.
//!
//! By the same sums a fault of the whole site lasts while they still show it, however few homes do by themselves, and is
//! over when two days are clean of it, however many homes still remember it.

use super::causes::CauseSet;
use super::days::DaySums;
use super::rules::Rules;
use super::totals::Totals;
use crate::units::{Cause, Day, wilson};

/// Days looked back, today included.
const DAYS: i32 = 3;
/// On so many of them it must show: one bad evening is no fault of a site.
const DAYS_SHOWN: usize = 2;
/// Days without it after which it is over.
const DAYS_CLEAN: usize = 2;

/// What one day says of a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Too little was measured, or the day is not over.
    Nothing,
    Shown,
    Clean,
}

/// What a share of `hits` of `n` says, whose threshold is `least`.
fn says(hits: u32, n: u32, least: f64, rules: &Rules) -> Says {
    let share = wilson::share(hits, n);
    if n < 2 * rules.k {
        Says::Nothing
    } else if share >= least {
        Says::Shown
    } else if share < least / 2.0 {
        Says::Clean
    } else {
        Says::Nothing
    }
}

/// How many of how many calls or sessions of a day fared badly by the cause's doing, and the share that is too high.
fn counted(cause: Cause, day: &DaySums, rules: &Rules) -> Option<(u32, u32, f64)> {
    match cause {
        Cause::Mobility => {
            // Links may be lost without a call: a share above 1 is none.
            let calls = (day.call_ends + day.call_drops).max(day.mobility_events);
            Some((day.mobility_events, calls, rules.pooled_mobility_share))
        }
        Cause::Congestion => {
            // Where the radio is poor, what is slow says nothing of the load.
            let poor = wilson::share(day.poor_rsrp + day.poor_quality, day.samples);
            let (slow, sessions) = if poor >= rules.min_share { (0, 0) } else { (day.busy_poor, day.busy_sessions) };
            Some((slow, sessions, rules.pooled_busy_share))
        }
        _ => None,
    }
}

/// The same of the radio's samples, which find no fault (homes that measure much would weigh too much) and may end one.
fn radio(cause: Cause, day: &DaySums, rules: &Rules) -> Option<(u32, u32, f64)> {
    let of_radio = matches!(cause, Cause::Coverage | Cause::Interference);
    of_radio.then_some((day.poor_rsrp + day.poor_quality, day.samples, rules.min_share))
}

fn dark_minutes(day: &DaySums, homes: u32) -> f64 {
    f64::from(day.no_service_s) / 60.0 / f64::from(homes.max(1))
}

fn day_says(cause: Cause, day: &DaySums, homes: u32, is_today: bool, rules: &Rules) -> Says {
    if let Some((hits, n, least)) = counted(cause, day, rules) {
        return says(hits, n, least, rules);
    }
    let fine = if is_today { Says::Nothing } else { Says::Clean };
    if dark_minutes(day, homes) >= rules.pooled_outage_minutes { Says::Shown } else { fine }
}

/// The last days, the newest first.
fn days(totals: &Totals, today: Day) -> impl Iterator<Item = (Day, DaySums)> {
    (0..DAYS).map(move |back| today.plus(-back)).map(|day| (day, totals.days.get(&day).copied().unwrap_or_default()))
}

/// Symptoms that are the fault's own, however many homes show them: interference is what a full cell or a missing
/// neighbour sounds like, and where service is out what is left of it is thin.
pub(super) fn symptoms(cause: Cause) -> CauseSet {
    match cause {
        Cause::Outage => CauseSet::network(),
        other => CauseSet::one(other).with(Cause::Interference),
    }
}

/// The fault of the whole site that its homes show together, if they do: on two of the last three days, surely on these
/// together, and not over.
#[must_use]
pub(super) fn pooled(totals: &Totals, today: Day, rules: &Rules) -> Option<Cause> {
    if totals.site.homes < rules.k {
        return None;
    }
    let shown = |cause: &Cause| {
        let all = days(totals, today).map(|(day, sums)| {
            (day_says(*cause, &sums, totals.site.homes, day == today, rules), counted(*cause, &sums, rules))
        });
        let telling: Vec<_> = all.filter(|(says, _)| *says != Says::Nothing).collect();
        let shown = || telling.iter().filter(|(says, _)| *says == Says::Shown);
        telling.first().is_some_and(|(says, _)| *says == Says::Shown)
            && shown().count() >= DAYS_SHOWN
            && are_sure(shown().filter_map(|(_, counted)| *counted), rules)
    };
    [Cause::Outage, Cause::Mobility, Cause::Congestion].into_iter().find(shown)
}

/// Whether these days together prove the share.
fn are_sure(days: impl Iterator<Item = (u32, u32, f64)>, rules: &Rules) -> bool {
    let (hits, n, least) = days.fold((0, 0, 0.0), |sum, (hits, n, least)| (sum.0 + hits, sum.1 + n, least));
    n == 0 || wilson::lower_bound(hits, n, rules.z) >= least
}

/// Part of its threshold at which a share still tells of a fault that is known.
const LINGERS: f64 = 0.75;

/// Whether a fault of the whole site that is known still shows: on the newest day that says enough its homes together are
/// not far below what found it. Homes that each saw little of it are no sign that it is over.
pub(super) fn lingers(cause: Cause, totals: &Totals, today: Day, rules: &Rules) -> bool {
    let shows = |day: Day, sums: &DaySums| {
        if let Some((hits, n, least)) = counted(cause, sums, rules) {
            return (n >= 2 * rules.k).then(|| wilson::share(hits, n) >= LINGERS * least);
        }
        let dark = dark_minutes(sums, totals.site.homes) >= LINGERS * rules.pooled_outage_minutes;
        (dark || day != today).then_some(dark)
    };
    let newest = days(totals, today).find_map(|(day, sums)| shows(day, &sums));
    matches!(cause, Cause::Outage | Cause::Mobility | Cause::Congestion) && newest == Some(true)
}

/// Whether a fault that the site's homes showed together is over by the same token: on two days before, as far back as the
/// sums reach, it showed, and the two newest that say enough are clean of it. Each home alone would need some days of
/// calls, or of evenings, to say so. A fault that strikes some of the homes never shows in the sums and is not told by
/// them to be over.
pub(super) fn is_over(cause: Cause, totals: &Totals, today: Day, rules: &Rules) -> bool {
    let known = totals.days.range(..=today).rev();
    let counted = known.filter_map(|(_, sums)| counted(cause, sums, rules).or_else(|| radio(cause, sums, rules)));
    let counted = counted.filter(|(_, n, _)| *n >= 2 * rules.k);
    let mut telling = counted.map(|(hits, n, least)| says(hits, n, least, rules));
    let is_clean = telling.by_ref().take(DAYS_CLEAN).filter(|says| *says == Says::Clean).count() == DAYS_CLEAN;
    is_clean && telling.filter(|says| *says == Says::Shown).count() >= DAYS_SHOWN
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
    fn evenings_that_prove_nothing_each_may_prove_it_together() {
        assert_eq!(found(&[evening(55, 38), evening(0, 0)]), None);
        assert_eq!(found(&[evening(55, 38), evening(55, 40), evening(60, 43)]), Some(Cause::Congestion));
        assert_eq!(found(&[evening(20, 12), evening(20, 13), evening(20, 12)]), None, "by chance");
    }

    #[test]
    fn a_fault_lingers_until_its_homes_together_are_well_below_what_found_it() {
        let lingers = |days: &[DaySums]| super::lingers(Cause::Congestion, &site(days), TODAY, &Rules::default());
        assert!(lingers(&[evening(50, 28), evening(50, 20)]));
        assert!(!lingers(&[evening(50, 20), evening(50, 45)]), "since this evening it is over");
        assert!(lingers(&[evening(3, 0), evening(50, 45)]), "three sessions say nothing");
        assert!(!lingers(&[]));
        let over = |days: &[DaySums]| is_over(Cause::Congestion, &site(days), TODAY, &Rules::default());
        let (bad, fine) = (evening(50, 45), evening(50, 9));
        assert!(over(&[fine, fine, bad, evening(3, 0), bad]));
        assert!(over(&[evening(3, 0), fine, fine, evening(50, 20), bad, bad]), "today says nothing yet");
        assert!(!over(&[fine, evening(50, 20), fine, bad, bad]), "the evening between was neither");
        assert!(!over(&[fine, evening(3, 0), bad, bad]), "one evening");
        assert!(!over(&[fine, fine, evening(50, 20), evening(50, 20)]), "it never showed here");
        let noisy = DaySums { poor_quality: 70, ..fine };
        assert!(!over(&[noisy, noisy, bad, bad]), "under a fault of the radio nobody knows");
        let noise = |poor_quality| DaySums { samples: 100, poor_quality, ..DaySums::default() };
        let over = |days: &[DaySums]| is_over(Cause::Interference, &site(days), TODAY, &Rules::default());
        assert!(over(&[noise(5), noise(12), noise(20), noise(60), noise(60)]));
        assert!(!over(&[noise(5), noise(20), noise(60), noise(60)]));
        let dark = |minutes: u32| DaySums { no_service_s: minutes * 60 * 20, ..evening(30, 2) };
        let lingers = |days: &[DaySums]| super::lingers(Cause::Outage, &site(days), TODAY, &Rules::default());
        assert!(lingers(&[dark(0), dark(50)]), "today has only begun");
        assert!(!lingers(&[dark(0), dark(5), dark(200)]));
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
