//! Whether a record was made at home, and what the CRM address says. Pure.

use super::*;
use crate::home::HomeStatus;

const HOME: &str = "208-01-25601"; // site 100
const WORK: &str = "208-01-51201"; // site 200
const OTHER: &str = "208-01-76801"; // site 300
const HOUR: i64 = Millis::HOUR;

fn settled() -> Story {
    let mut s = Story::new();
    s.ordinary(0..14, HOME, WORK);
    s
}

#[test]
fn before_anything_is_known_a_record_is_nowhere() {
    let mut s = Story::new();
    assert_eq!(s.see(0, 12 * 60, HOME, None), Presence::Unknown);
    assert_eq!(s.silent_cell(0, 12 * 60 + 5), Presence::Unknown);
}

#[test]
fn the_first_evening_counts_already_for_the_place_that_leads() {
    let mut s = Story::new();
    assert_eq!(s.see(0, 21 * 60, HOME, None), Presence::Home { slot: 0 });
    assert_eq!(s.home().status, HomeStatus::Unknown);
}

#[test]
fn a_record_on_a_home_cell_but_a_kilometre_away_is_not_at_home() {
    let mut s = Story::new();
    for day in 0..8 {
        for hour in 21..30 {
            s.see(day, hour * 60, HOME, Some(town(20.0 * f64::from(hour % 3))));
        }
    }
    assert_eq!(s.see(8, 12 * 60, HOME, Some(town(900.0))), Presence::Home { slot: 0 });
    assert_eq!(s.see(8, 12 * 60 + 5, HOME, Some(town(1_100.0))), Presence::Away);
    assert_eq!(s.see(8, 12 * 60 + 9, HOME, None), Presence::Home { slot: 0 });
    assert!(s.home().pos.unwrap().metres_to(town(20.0)) < 5.0, "the mean of what was reported there");
}

/// Works four hundred metres from home; the office's cell is near enough to the address to be taken in with it.
fn works_next_door(days: std::ops::Range<i32>, s: &mut Story) {
    for day in days {
        for hour in 9..18 {
            s.see(day, hour * 60, OTHER, Some(town(400.0)));
        }
        s.stay(day, 18.7, 23.5, HOME, 40);
        s.stay(day, 30.5, 31.8, HOME, 40);
    }
}

#[test]
fn a_cell_that_is_heard_again_and_again_by_day_and_never_by_night_is_next_door() {
    let mut s = Story::new().mast(HOME, "home", 0.0).mast(OTHER, "office", 500.0);
    s.state.declare(Some(town(0.0)));
    works_next_door(0..9, &mut s);
    assert_eq!(s.home().status, HomeStatus::Confirmed);
    assert_eq!(s.see(9, 12 * 60, OTHER, None), Presence::Away);
    assert_eq!(s.silent_cell(9, 12 * 60 + 20), Presence::Away, "no cell since: still there");
    assert_eq!(s.see(9, 18 * 60 + 30, HOME, None), Presence::Home { slot: 0 });
    s.see(9, 22 * 60, OTHER, None);
    assert_eq!(s.see(10, 12 * 60, OTHER, None), Presence::Home { slot: 0 }, "a night heard it at home too");
}

#[test]
fn where_nights_are_silent_a_cell_heard_by_day_only_is_the_homes() {
    let mut s = Story::new().mast(HOME, "home", 0.0);
    for day in 0..14 {
        s.stay(day, 7.0, 20.7, HOME, 40);
    }
    assert_eq!(s.home().status, HomeStatus::Confirmed, "slept through");
    assert_eq!(s.see(14, 12 * 60, HOME, None), Presence::Home { slot: 0 });
}

#[test]
fn where_the_mast_stands_says_nothing_of_where_the_home_is() {
    let mut s = Story::new().mast(HOME, "hill", 4_000.0);
    s.ordinary(0..8, HOME, WORK);
    assert_eq!(s.see(8, 12 * 60, HOME, Some(town(0.0))), Presence::Home { slot: 0 });
    assert_eq!(s.home().pos, Some(town(0.0)), "what was reported there, once anything was");
}

#[test]
fn one_wild_position_moves_the_home_by_little_and_a_broken_one_not_at_all() {
    let mut s = Story::new();
    for day in 0..8 {
        for hour in 21..30 {
            s.see(day, hour * 60, HOME, Some(town(0.0)));
        }
    }
    s.see(8, 22 * 60, HOME, Some(town(50_000.0)));
    assert!(s.home().pos.unwrap().metres_to(town(0.0)) < 1.0);
    s.see(8, 22 * 60 + 1, HOME, Some(town(800.0)));
    assert!(s.home().pos.unwrap().metres_to(town(0.0)) < 20.0);
}

#[test]
fn a_record_without_a_cell_belongs_to_the_place_seen_within_the_hour() {
    let mut s = settled();
    let seen = s.zone.instant(s.monday.plus(14), 20 * 60);
    s.see_at(seen, Some(HOME), None);
    assert_eq!(s.see_at(seen.plus(HOUR), None, None), Presence::Home { slot: 0 });
    assert_eq!(s.see_at(seen.plus(HOUR + 1_000), None, None), Presence::Unknown, "an hour and a second");
    assert_eq!(s.see_at(seen.plus(-60_000), None, None), Presence::Unknown, "nor before it was seen");
}

#[test]
fn a_record_without_a_cell_is_not_at_home_when_something_else_was_seen_since() {
    let mut s = settled();
    s.see(14, 20 * 60, HOME, None);
    s.see(14, 20 * 60 + 10, OTHER, None);
    assert_eq!(s.silent_cell(14, 20 * 60 + 20), Presence::Away);
}

#[test]
fn a_record_without_a_cell_that_says_where_it_was_made_is_at_home_or_away_by_that() {
    let mut s = Story::new();
    for day in 0..8 {
        for hour in 21..30 {
            s.see(day, hour * 60, HOME, Some(town(0.0)));
        }
    }
    let noon = s.zone.instant(s.monday.plus(9), 720);
    assert_eq!(s.see_at(noon, None, Some(town(300.0))), Presence::Home { slot: 0 });
    assert_eq!(s.see_at(noon, None, Some(town(3_000.0))), Presence::Away);
    assert_eq!(s.see_at(noon, None, None), Presence::Unknown);
}

#[test]
fn a_late_record_does_not_move_the_customer_back() {
    let mut s = settled();
    s.see(14, 20 * 60, HOME, None);
    assert_eq!(s.see(14, 19 * 60, WORK, None), Presence::Away);
    assert_eq!(s.silent_cell(14, 20 * 60 + 30), Presence::Home { slot: 0 });
}

#[test]
fn an_address_alone_is_a_declared_home_without_an_area() {
    let mut s = Story::new();
    s.state.declare(Some(town(0.0)));
    let home = s.home();
    assert_eq!((home.status, home.site, home.pos), (HomeStatus::Declared, None, Some(town(0.0))));
    assert_eq!(home.pane_slot, None);
}

#[test]
fn the_site_most_heard_near_the_address_is_the_area_from_day_one() {
    let mut s = Story::new().mast(HOME, "near", 600.0).mast(OTHER, "nearer", -300.0).mast(WORK, "far", 3_000.0);
    s.state.declare(Some(town(0.0)));
    assert_eq!(s.see(0, 9 * 60, WORK, None), Presence::Unknown);
    assert_eq!(s.see(0, 12 * 60, HOME, None), Presence::Home { slot: 0 });
    assert_eq!((s.home().status, s.site().as_deref()), (HomeStatus::Declared, Some("near")));
    for minute in [760, 800, 840, 880, 920, 960, 1000, 1040, 1080, 1120] {
        s.see(0, minute, OTHER, None);
    }
    s.stay(0, 19.0, 30.0, OTHER, 40);
    assert_eq!(s.site().as_deref(), Some("nearer"));
    assert_eq!(s.see(1, 9 * 60, WORK, None), Presence::Away);
}

#[test]
fn where_masts_are_unknown_a_reported_position_finds_the_address() {
    let mut s = Story::new();
    s.state.declare(Some(town(0.0)));
    assert_eq!(s.see(0, 10 * 60, HOME, Some(town(200.0))), Presence::Home { slot: 0 });
    assert_eq!((s.home().status, s.site().as_deref()), (HomeStatus::Declared, Some("100")));
}

#[test]
fn nights_turn_a_declared_home_into_a_confirmed_one() {
    let mut s = Story::new().mast(HOME, "near", 600.0);
    s.state.declare(Some(town(0.0)));
    s.ordinary(0..5, HOME, WORK);
    assert_eq!(s.home().status, HomeStatus::Declared);
    s.ordinary(5..8, HOME, WORK);
    assert_eq!(s.home().status, HomeStatus::Confirmed);
    assert_eq!(s.home().pos, Some(town(0.0)), "the address says better than the mast");
}

#[test]
fn nights_win_over_an_address_nobody_lives_at() {
    let mut s = Story::new().mast(HOME, "flat", 0.0).mast(OTHER, "parents", 9_000.0).mast(WORK, "work", 4_000.0);
    s.state.declare(Some(town(9_000.0)));
    assert_eq!(s.home().status, HomeStatus::Declared);
    s.see(0, 12 * 60, OTHER, None);
    assert_eq!(s.site().as_deref(), Some("parents"));
    for week in 0..3 {
        s.ordinary(week * 7..week * 7 + 6, HOME, WORK);
        s.free_day(week * 7 + 6, OTHER);
    }
    assert_eq!((s.home().status, s.site().as_deref()), (HomeStatus::Confirmed, Some("flat")));
}

#[test]
fn an_address_settles_a_night_workers_home_within_days() {
    let mut s = Story::new().mast(HOME, "flat", 0.0).mast(WORK, "factory", 6_000.0);
    s.state.declare(Some(town(0.0)));
    for day in 0..28 {
        s.stay(day, 7.0, 21.0, HOME, 80);
        s.stay(day, 22.0, 30.0, WORK, 45);
        if day > 0 {
            assert_eq!(s.site().as_deref(), Some("flat"), "day {day}");
        }
    }
    assert!(s.home().status.is_firm());
}

#[test]
fn a_new_address_makes_a_move_of_five_nights() {
    let mut s = Story::new().mast(HOME, "old", 0.0).mast(OTHER, "new", 5_000.0);
    s.state.declare(Some(town(0.0)));
    s.ordinary(0..14, HOME, HOME);
    s.state.declare(Some(town(5_000.0)));
    s.ordinary(14..18, OTHER, OTHER);
    assert_eq!(s.site().as_deref(), Some("old"));
    s.ordinary(18..20, OTHER, OTHER);
    assert_eq!(s.site().as_deref(), Some("new"));
    assert!(s.home().status.is_firm());
}

#[test]
fn the_same_address_again_changes_nothing_and_none_takes_it_back() {
    let mut s = Story::new().mast(HOME, "near", 600.0);
    s.state.declare(Some(town(0.0)));
    s.see(0, 12 * 60, HOME, None);
    let before = s.state.clone();
    s.state.declare(Some(town(0.0)));
    assert_eq!(s.state, before);
    s.state.declare(None);
    s.see(0, 13 * 60, HOME, None);
    assert_eq!(s.home().status, HomeStatus::Unknown);
}

#[test]
fn through_an_outage_of_hours_each_record_of_no_service_vouches_for_the_next() {
    let mut s = settled();
    s.see(14, 8 * 60, HOME, None);
    assert_eq!(s.dark(14, 8 * 60 + 50), Presence::Home { slot: 0 });
    assert_eq!(s.dark(14, 9 * 60 + 40), Presence::Home { slot: 0 });
    assert_eq!(s.dark(14, 12 * 60), Presence::Unknown, "two hours later he may be anywhere");
    assert_eq!(s.silent_cell(14, 9 * 60 + 41), Presence::Home { slot: 0 });
    assert_eq!(s.silent_cell(14, 10 * 60 + 39), Presence::Home { slot: 0 });
    assert_eq!(s.silent_cell(14, 10 * 60 + 41), Presence::Unknown, "Wi-Fi vouches for nothing");
}

#[test]
fn who_comes_home_into_an_outage_is_taken_to_be_where_his_nights_are_spent() {
    let mut s = settled();
    s.see(14, 18 * 60, WORK, None);
    assert_eq!(s.home().status, HomeStatus::Confirmed);
    assert_eq!(s.dark(14, 20 * 60), Presence::Unknown, "the evening may be spent out");
    assert_eq!(s.dark(14, 22 * 60), Presence::Home { slot: 0 });
    assert_eq!(s.silent_cell(14, 22 * 60 + 1), Presence::Unknown, "without a cell for another reason");
    s.see(14, 22 * 60 + 10, OTHER, None);
    assert_eq!(s.dark(14, 22 * 60 + 30), Presence::Away, "heard elsewhere within the hour");
}

#[test]
fn who_was_not_heard_for_half_a_day_may_be_on_a_holiday_without_network() {
    let mut s = settled();
    s.see(14, 9 * 60, WORK, None);
    assert_eq!(s.dark(14, 21 * 60), Presence::Home { slot: 0 }, "twelve hours");
    assert_eq!(s.dark(14, 21 * 60 + 1), Presence::Unknown, "and a minute");
    s.see(15, 20 * 60, WORK, None);
    assert_eq!(s.dark(15, 23 * 60), Presence::Home { slot: 0 }, "heard again");
}

#[test]
fn who_was_last_heard_a_hundred_kilometres_away_is_not_at_home() {
    for (east_m, presence) in [(90_000.0, Presence::Home { slot: 0 }), (110_000.0, Presence::Unknown)] {
        let mut s = Story::new().mast(OTHER, "airport", east_m);
        for day in 0..14 {
            for hour in 21..30 {
                s.see(day, hour * 60, HOME, Some(town(0.0)));
            }
        }
        s.see(14, 18 * 60, OTHER, None);
        assert_eq!(s.dark(14, 22 * 60), presence, "last heard {east_m} m away");
    }
}

#[test]
fn a_site_beside_the_homes_may_reach_into_it_and_one_farther_off_does_not() {
    let mut s = Story::new().mast(HOME, "home", 0.0).mast(OTHER, "beside", 1_500.0).mast(WORK, "work", 4_000.0);
    s.ordinary(0..14, HOME, WORK);
    assert!(s.may_be_home(14, 20 * 60, OTHER, None, 90));
    assert!(!s.may_be_home(14, 20 * 60, OTHER, None, 300), "he may have gone there");
    assert!(!s.may_be_home(14, 20 * 60, WORK, None, 10), "it is too far off");
    // His own position goes before the site's.
    s.state.declare(Some(town(0.0)));
    assert!(s.may_be_home(14, 20 * 60, WORK, Some(town(100.0)), 300));
    assert!(!s.may_be_home(14, 20 * 60, OTHER, Some(town(1_400.0)), 10));
}

#[test]
fn where_sites_are_not_known_what_is_heard_within_a_half_hour_of_the_home_may_be_home() {
    let mut s = settled();
    s.see(14, 20 * 60, HOME, None);
    assert!(s.may_be_home(14, 20 * 60 + 10, OTHER, None, 10));
    s.see(14, 21 * 60, OTHER, None);
    s.see(14, 22 * 60, OTHER, None);
    assert!(!s.may_be_home(14, 22 * 60 + 10, OTHER, None, 130));
}
