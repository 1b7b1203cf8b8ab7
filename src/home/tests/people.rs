//! People who are not ordinary: movers, travellers, night workers, and those who are hardly heard. Pure.

use super::*;
use crate::home::HomeStatus;

const HOME: &str = "208-01-25601"; // site 100
const WORK: &str = "208-01-51201"; // site 200
const OTHER: &str = "208-01-76801"; // site 300

/// A week of nights worked from 22 to 6, with days 5 and 6 off; sleeps until 15, out at noon now and then.
fn night_shift(s: &mut Story, day: i32) {
    if day.rem_euclid(7) < 5 {
        s.stay(day, 16.0, 21.4, HOME, 50);
        s.stay(day, 22.0, 30.0, WORK, 45);
        s.stay(day, 31.0, 31.9, HOME, 25);
    } else {
        s.free_day(day, HOME);
    }
}

#[test]
fn a_mover_who_keeps_his_job_has_moved_after_a_week_of_nights() {
    let mut s = Story::new();
    s.ordinary(0..21, HOME, WORK);
    let mut moved = None;
    for day in 21..42 {
        s.ordinary(day..day + 1, OTHER, WORK);
        if moved.is_none() && s.site().as_deref() == Some("300") {
            moved = Some(day - 21);
        }
    }
    assert!((6..=8).contains(&moved.unwrap()), "{moved:?}");
    assert_eq!(s.home().since, Some(s.monday.plus(21)));
    assert_eq!(s.home().status, HomeStatus::Confirmed);
}

#[test]
fn the_panes_of_the_new_place_become_those_of_the_new_home() {
    let mut s = Story::new();
    s.ordinary(0..21, HOME, WORK);
    let kept = s.moves[1..].iter().all(|panes| panes[0] == Some(0));
    assert!(kept, "the home's panes have been its own from the first night: {:?}", s.moves);
    s.ordinary(21..35, OTHER, WORK);
    assert_eq!(s.site().as_deref(), Some("300"));
    assert_eq!(s.moves.last(), Some(&[Some(1), Some(0)]), "slot 1, where it had been watched, is now slot 0");
    assert_eq!(s.home().pane_slot, Some(0));
}

#[test]
fn a_mover_without_a_job_has_moved_when_a_holiday_would_be_over() {
    let mut s = Story::new();
    s.ordinary(0..21, HOME, HOME);
    s.ordinary(21..36, OTHER, OTHER);
    assert_eq!(s.site().as_deref(), Some("100"));
    s.ordinary(36..39, OTHER, OTHER);
    assert_eq!(s.site().as_deref(), Some("300"));
}

#[test]
fn two_weeks_of_holiday_do_not_move_the_home() {
    for first_day in [14, 21] {
        let mut s = Story::new();
        s.ordinary(0..first_day - 2, HOME, WORK);
        // From Friday evening to the Sunday after the second week: 16 nights elsewhere, days at the beach.
        for day in first_day - 2..first_day + 14 {
            s.free_day(day, OTHER);
            s.stay(day, 13.0, 17.0, "208-01-102401", 60);
            assert_eq!(s.site().as_deref(), Some("100"), "day {day}");
        }
        assert_eq!(s.see(first_day + 13, 23 * 60, OTHER, None), Presence::Home { slot: 1 });
        s.ordinary(first_day + 14..first_day + 17, HOME, WORK);
        assert_eq!(s.site().as_deref(), Some("100"));
        assert_eq!(s.home().status, HomeStatus::Confirmed, "and it stays as sure as it was");
        assert_eq!(s.see(first_day + 17, 20 * 60, HOME, None), Presence::Home { slot: 0 });
    }
}

#[test]
fn a_week_end_house_is_the_second_home_and_the_first_stays() {
    let mut s = Story::new();
    for day in 0..42 {
        match day % 7 {
            0..4 => s.working_day(day, HOME, WORK),
            4 => {
                s.stay(day, 9.0, 17.5, WORK, 45);
                s.stay(day, 21.5, 31.0, OTHER, 45);
            }
            5 => s.free_day(day, OTHER),
            _ => {
                s.stay(day, 9.0, 18.0, OTHER, 50);
                s.stay(day, 20.5, 23.5, HOME, 40);
            }
        }
        if day >= 14 {
            assert_eq!(s.site().as_deref(), Some("100"), "day {day}");
        }
    }
    assert!(s.home().status.is_firm() || s.home().status == HomeStatus::Provisional);
    assert_eq!(s.see(47, 12 * 60, OTHER, None), Presence::Home { slot: 1 });
    assert_eq!(s.see(47, 22 * 60, HOME, None), Presence::Home { slot: 0 });
}

#[test]
fn a_phone_that_is_off_from_ten_to_seven_still_has_a_home() {
    let mut s = Story::new();
    for day in 0..12 {
        s.stay(day, 9.0, 17.5, WORK, 45);
        s.stay(day, 19.0, 21.8, HOME, 30);
        s.stay(day, 31.0, 31.9, HOME, 20);
    }
    assert_eq!((s.home().status, s.site().as_deref()), (HomeStatus::Confirmed, Some("100")));
}

#[test]
fn a_phone_that_is_off_all_night_has_its_home_where_evenings_and_mornings_meet() {
    let mut s = Story::new();
    for day in 0..12 {
        s.stay(day, 9.0, 17.5, WORK, 45);
        s.stay(day, 19.0, 20.9, HOME, 30);
        s.stay(day, 31.0, 31.9, HOME, 20);
    }
    assert_eq!(s.site().as_deref(), Some("100"));
}

#[test]
fn a_workplace_is_no_home_because_the_home_is_silent() {
    // Wi-Fi at home: heard there one night in four, at work every day until the evening.
    let mut s = Story::new();
    for day in 0..56 {
        if day % 7 < 5 {
            s.stay(day, 8.5, 20.2, WORK, 40);
        }
        if day % 4 == 0 {
            s.stay(day, 21.2, 23.5, HOME, 45);
        }
    }
    assert_eq!(s.site().as_deref(), Some("100"));
    assert_eq!(s.home().status, HomeStatus::Confirmed, "of what was observed at night, all was there");
}

#[test]
fn a_quiet_night_is_not_absence() {
    let mut s = Story::new();
    s.ordinary(0..21, HOME, WORK);
    let before = s.home();
    for day in 21..50 {
        s.stay(day, 9.0, 17.0, WORK, 60);
    }
    assert_eq!((s.home().status, s.home().site), (before.status, before.site));
    s.ordinary(50..52, HOME, WORK);
    assert_eq!((s.home().status, s.home().site), (HomeStatus::Confirmed, before.site));
}

#[test]
fn a_poor_home_that_yields_an_event_a_night_is_found() {
    let mut s = Story::new();
    for day in 0..21 {
        if day % 7 < 5 {
            s.stay(day, 9.0, 18.0, WORK, 10);
        }
        s.see(day, 22 * 60 + 7 * (day % 5), HOME, None);
        s.see(day + 1, 7 * 60 + 5 * (day % 7), HOME, None);
    }
    assert_eq!((s.home().status, s.site().as_deref()), (HomeStatus::Confirmed, Some("100")));
}

#[test]
fn who_works_five_nights_a_week_lives_where_the_days_are_slept() {
    let mut s = Story::new();
    let mut found = None;
    for day in 0..35 {
        night_shift(&mut s, day);
        if s.site().as_deref() == Some("100") {
            found.get_or_insert(day);
        } else if found.is_some() {
            panic!("the workplace took the home back on day {day}");
        }
    }
    assert!(found.unwrap() <= 14, "{found:?}");
    assert_eq!(s.home().status, HomeStatus::Confirmed);
    assert_eq!(s.see(36, 11 * 60, HOME, None), Presence::Home { slot: 0 });
}

#[test]
fn who_works_twelve_hour_nights_lives_where_the_days_are_slept() {
    let mut s = Story::new();
    for day in 0..35 {
        if day % 7 < 4 {
            s.stay(day, 19.0, 31.0, WORK, 45);
            s.see(day + 1, 8 * 60, HOME, None);
            s.stay(day, 40.0, 42.0, HOME, 40);
        } else {
            s.stay(day, 11.0, 23.5, HOME, 50);
            s.see(day + 1, 8 * 60, HOME, None);
        }
    }
    assert_eq!(s.site().as_deref(), Some("100"));
}

#[test]
fn who_works_six_nights_a_week_and_is_away_on_the_seventh_is_told_by_the_days() {
    let mut s = Story::new();
    for day in 0..28 {
        s.stay(day, 8.0, 20.0, HOME, 50);
        let bed = if day % 7 == 6 { OTHER } else { WORK };
        s.stay(day, 21.2, 30.5, bed, 45);
    }
    assert_eq!(s.site().as_deref(), Some("100"));
}

#[test]
fn who_drives_all_night_lives_where_the_days_are_slept() {
    let mut s = Story::new();
    for day in 0..28 {
        s.stay(day, 8.0, 20.5, HOME, 50);
        for ride in 0..20 {
            let site = 400 + (day * 7 + ride * 3) % 60;
            s.see(day, 21 * 60 + 10 + ride * 25, &format!("208-01-{}", site << 8 | 1), None);
        }
    }
    assert_eq!(s.site().as_deref(), Some("100"));
}

#[test]
fn a_night_out_now_and_then_and_an_evening_job_change_nothing() {
    let mut s = Story::new();
    for day in 0..35 {
        s.stay(day, 8.5, 13.0, HOME, 50);
        if day % 7 < 5 {
            s.stay(day, 14.0, 23.6, WORK, 40);
        }
        let bed = if day % 9 == 8 { OTHER } else { HOME };
        s.stay(day, 24.3, 25.5, bed, 30);
        s.stay(day, 30.0, 32.0, bed, 40);
        if day >= 8 {
            assert_eq!(s.site().as_deref(), Some("100"), "day {day}");
        }
    }
}
