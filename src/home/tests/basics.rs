//! Nights, sites and places, and what the home is called. Pure.

use super::*;
use crate::home::HomeStatus;

const HOME: &str = "208-01-25601";
const WORK: &str = "208-01-51201";

#[test]
fn an_ordinary_life_is_confirmed_after_a_week() {
    let mut s = Story::new();
    s.ordinary(0..6, HOME, WORK);
    assert_eq!(s.home().status, HomeStatus::Unknown, "six nights are no week");
    assert_eq!(s.home().site, None);
    assert_eq!(s.home().pane_slot, Some(0), "but its panes are kept already");
    s.ordinary(6..8, HOME, WORK);
    let home = s.home();
    assert_eq!((home.status, s.site().as_deref()), (HomeStatus::Confirmed, Some("100")));
    assert_eq!(home.since, Some(s.monday));
    assert_eq!(home.nights, 8);
}

#[test]
fn a_home_that_holds_half_of_the_nights_is_provisional_and_a_third_of_them_none() {
    for (nights_at_home, status) in [(6, HomeStatus::Confirmed), (4, HomeStatus::Provisional), (2, HomeStatus::Unknown)]
    {
        let mut s = Story::new();
        for day in 0..28 {
            // The other nights are spent at ever other places.
            let other = format!("208-01-{}", (300 + day) << 8);
            let bed = if day * 3 % 7 < nights_at_home { HOME } else { &other };
            s.stay(day, 21.5, 29.0, bed, 25);
        }
        assert_eq!(s.home().status, status, "{nights_at_home} nights a week at home");
    }
}

#[test]
fn one_hour_heard_is_no_valid_night() {
    let mut s = Story::new();
    for day in 0..10 {
        s.stay(day, 22.0, 22.9, HOME, 10);
    }
    assert_eq!(s.home().nights, 0);
    for day in 10..20 {
        s.stay(day, 22.9, 23.1, HOME, 10);
    }
    assert_eq!(s.home().nights, 10, "two half-hours in two hours");
}

#[test]
fn the_night_of_each_clock_change_counts_once_and_for_its_evening() {
    // Clocks go back on Sunday 2026-10-25, forward on Sunday 2026-03-29: the nights of the Saturdays.
    for (monday, saturday) in [(20_745, 20_750), (20_535, 20_540)] {
        let mut s = Story::new();
        s.monday = Day(monday);
        let begins = s.zone.instant(Day(saturday), 21 * 60);
        for ten_minutes in 0..66 {
            let ts = begins.plus(ten_minutes * 10 * Millis::MINUTE);
            if s.zone.local(ts).day <= Day(saturday + 1) && s.zone.local(ts).hour() != 6 {
                s.see_at(ts, Some(HOME), None);
            }
        }
        let slots = s.state.places[0].rank();
        let spring = saturday == 20_540;
        assert_eq!(slots, (1, if spring { 16 } else { 18 }), "the repeated hour is no further one");
        assert_eq!(s.state.newest, Day(saturday));
    }
}

#[test]
fn the_repeated_hour_alone_is_one_hour_of_a_night() {
    let mut s = Story::new();
    for utc in ["2026-10-25T00:10:00Z", "2026-10-25T00:40:00Z", "2026-10-25T01:10:00Z", "2026-10-25T01:40:00Z"] {
        let ts = Millis(utc.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        s.see_at(ts, Some(HOME), None);
    }
    assert_eq!(s.state.places[0].rank(), (0, 2));
}

#[test]
fn nights_follow_the_configured_zone_and_not_utc() {
    // The same instants, 20:30 to 23:30 UTC: a night in Paris, late morning in Auckland.
    let mut nights = Vec::new();
    for zone in ["Europe/Paris", "Pacific/Auckland"] {
        let mut s = Story::new();
        s.zone = Zone::named(zone).unwrap();
        for day in 0..8 {
            for minute in [1230, 1290, 1350, 1410] {
                let ts = Millis(i64::from(MONDAY + day) * Millis::DAY + minute * Millis::MINUTE);
                s.see_at(ts, Some(HOME), None);
            }
        }
        nights.push(s.home().nights);
    }
    assert_eq!(nights, [8, 0]);
}

#[test]
fn co_serving_sites_within_a_kilometre_are_one_place_from_the_first_night() {
    let mut s = Story::new().mast(HOME, "north", 0.0).mast(WORK, "south", 900.0);
    for day in 0..8 {
        for slot in 0..8 {
            s.see(day, 21 * 60 + slot * 60, if slot % 2 == 0 { HOME } else { WORK }, None);
        }
    }
    assert_eq!(s.state.places.len(), 1);
    assert_eq!(s.home().status, HomeStatus::Confirmed);
    assert_eq!(s.home().cells.len(), 2);
}

#[test]
fn co_serving_sites_whose_positions_are_unknown_are_one_place_after_three_nights() {
    let mut s = Story::new();
    for day in 0..8 {
        for slot in 0..40 {
            s.see(day, 21 * 60 + slot * 13, if slot % 3 == 0 { WORK } else { HOME }, None);
        }
    }
    assert_eq!(s.state.places.iter().filter(|p| !p.is_vacant()).count(), 1);
    assert_eq!((s.home().status, s.site().as_deref()), (HomeStatus::Confirmed, Some("100")), "the one heard more");
    assert_eq!(s.see(8, 12 * 60, WORK, None), Presence::Home { slot: 0 }, "either is home");
}

#[test]
fn coming_home_from_work_late_each_night_does_not_make_them_one_place() {
    let mut s = Story::new();
    for day in 0..14 {
        s.stay(day, 10.0, 21.6, WORK, 20);
        s.stay(day, 21.75, 24.0, HOME, 20);
        s.see(day, 30 * 60, HOME, None);
    }
    assert_eq!(s.site().as_deref(), Some("100"));
    assert_eq!(s.see(14, 12 * 60, WORK, None), Presence::Away);
}

#[test]
fn several_cells_of_one_site_are_one_home_and_the_most_heard_is_its_first() {
    let cells = ["208-01-25601", "208-01-25602", "208-01-25603"];
    let mut s = Story::new();
    for day in 0..8 {
        for slot in 0..16 {
            s.see(day, 21 * 60 + slot * 30, cells[[0, 1, 1, 2][slot as usize % 4]], None);
        }
    }
    let home = s.home();
    assert_eq!(home.status, HomeStatus::Confirmed);
    let names: Vec<_> = home.cells.iter().map(|&c| s.cells.cell_id(c).to_string()).collect();
    assert_eq!(names, ["208-01-25602", "208-01-25601", "208-01-25603"]);
    assert_eq!(s.see(8, 14 * 60, "208-01-25604", None), Presence::Home { slot: 0 }, "a sector never heard before");
}

#[test]
fn the_area_changes_only_when_another_site_has_half_as_much_again() {
    let mut s = Story::new().mast(HOME, "north", 0.0).mast(WORK, "south", 500.0);
    s.ordinary(0..14, HOME, HOME);
    assert_eq!(s.site().as_deref(), Some("north"));
    let mut changed = None;
    for day in 14..40 {
        s.ordinary(day..day + 1, WORK, WORK);
        if changed.is_none() && s.site().as_deref() == Some("south") {
            changed = Some(day);
        }
    }
    assert!((20..31).contains(&changed.unwrap()), "{changed:?}");
    assert_eq!(s.home().cells.len(), 2);
    assert_eq!(s.home().since, Some(s.monday), "the same home all the while");
}

#[test]
fn a_home_can_be_told_in_another_area_that_serves_it_and_in_no_other() {
    let mut s = Story::new().mast(HOME, "north", 0.0).mast(WORK, "south", 500.0).mast("208-01-99999", "far", 30_000.0);
    s.ordinary(0..14, HOME, HOME);
    s.ordinary(14..40, WORK, WORK);
    s.see(39, 12 * 60, "208-01-99999", None);
    let home = s.home();
    let in_area = |area: &str| s.state.in_area(home.clone(), s.cells.find_site(area).unwrap(), &s.cells);
    let site = |home: &Home| home.site.map(|site| s.cells.site_id(site).to_string());
    assert_eq!(site(&home).as_deref(), Some("south"));
    let north = in_area("north");
    assert_eq!(site(&north).as_deref(), Some("north"));
    assert_eq!(north.main_cell, s.cells.find_cell(HOME));
    assert_eq!((north.status, north.cells.len(), north.pos), (home.status, 2, home.pos));
    assert_eq!(in_area("far"), home);
}

#[test]
fn a_late_night_counts_in_its_own_night_whatever_came_between() {
    let (mut in_time, mut late) = (Story::new(), Story::new());
    for day in 0..8 {
        in_time.stay(day, 21.0, 29.5, HOME, 30);
    }
    for day in [0, 1, 2, 4, 5, 6, 7] {
        late.stay(day, 21.0, 29.5, HOME, 30);
    }
    assert_eq!(late.home().nights, 7);
    late.stay(3, 21.0, 29.5, HOME, 30);
    assert_eq!(late.state.places[0].nights, in_time.state.places[0].nights);
    assert_eq!(late.state.places[0].rank(), in_time.state.places[0].rank());
    assert_eq!(late.home().nights, 8);
    late.stay(3, 21.0, 29.5, HOME, 30);
    assert_eq!(late.state.places[0].rank(), in_time.state.places[0].rank(), "nor does it count twice");
}

#[test]
fn a_night_older_than_four_weeks_counts_nowhere() {
    let mut s = Story::new();
    s.ordinary(0..35, HOME, WORK);
    let before = s.state.clone();
    s.stay(-20, 21.0, 29.5, WORK, 30);
    assert_eq!(s.state.places, before.places);
    assert_eq!(s.home().nights, 28);
}

#[test]
fn what_was_heard_two_months_ago_says_nothing_of_today() {
    let mut s = Story::new();
    s.ordinary(0..20, HOME, WORK);
    let home = |today| s.state.home(s.monday.plus(today), &s.cells, &s.rules).status;
    assert_eq!((home(50), home(90)), (HomeStatus::Confirmed, HomeStatus::Unknown));
}
