//! The ring of days and the two weeks of bins. Pure.

use super::support::{MONDAY, WEDNESDAY, fold, good, noon, session, weak};
use crate::qos::{Panes, Rules, grade};
use crate::units::Day;

fn samples(panes: &Panes, today: Day, days: u8) -> u32 {
    panes.open(&Rules::default()).window(today, days, &Rules::default()).sums.samples
}

#[test]
fn nothing_is_allocated_before_the_first_probe() {
    let panes = Panes::default();
    assert_eq!((panes.heap_bytes(), panes.is_empty(), panes.newest()), (0, true, None));
    assert_eq!(panes.open(&Rules::default()).window(WEDNESDAY, 14, &Rules::default()).sums.samples, 0);
}

#[test]
fn a_window_holds_today_and_the_days_before_it_and_no_more() {
    let mut panes = Panes::default();
    for back in (0..14).rev() {
        fold(&mut panes, &good(), noon(WEDNESDAY.plus(-back)), 1);
    }
    assert_eq!([2, 7, 14].map(|days| samples(&panes, WEDNESDAY, days)), [2, 7, 14]);
    assert_eq!([2, 7, 14].map(|days| samples(&panes, WEDNESDAY.plus(1), days)), [1, 6, 13]);
    assert_eq!([2, 7, 14].map(|days| samples(&panes, WEDNESDAY.plus(-1), days)), [2, 7, 13]);
    assert_eq!(samples(&panes, WEDNESDAY.plus(14), 14), 0);
}

#[test]
fn late_data_lands_in_its_own_day_while_the_ring_reaches_it() {
    let rules = Rules::default();
    let mut panes = Panes::default();
    fold(&mut panes, &good(), noon(WEDNESDAY), 1);
    assert!(panes.fold(&weak(), grade(&weak(), None, &rules), noon(WEDNESDAY.plus(-13)), false, &rules).is_some());
    assert_eq!(panes.pane(WEDNESDAY.plus(-13)).unwrap().poor_rsrp, 1);
    assert_eq!(panes.pane(WEDNESDAY).unwrap().samples, 1);
}

#[test]
fn data_older_than_the_ring_is_late_and_changes_nothing() {
    let rules = Rules::default();
    let mut panes = Panes::default();
    fold(&mut panes, &good(), noon(WEDNESDAY), 1);
    let before = panes.clone();
    assert_eq!(panes.fold(&weak(), None, noon(WEDNESDAY.plus(-14)), false, &rules), None);
    assert_eq!(panes, before);
    assert!(Panes::reaches(WEDNESDAY, WEDNESDAY.plus(-13)));
    assert!(!Panes::reaches(WEDNESDAY, WEDNESDAY.plus(-14)));
    assert!(Panes::reaches(WEDNESDAY, WEDNESDAY.plus(1)));
}

#[test]
fn a_day_of_the_third_week_back_is_counted_in_its_pane_but_in_no_bin() {
    let rules = Rules::default();
    let mut panes = Panes::default();
    fold(&mut panes, &good(), noon(MONDAY), 1);
    let hits = panes.fold(&good(), grade(&good(), None, &rules), noon(MONDAY.plus(-10)), false, &rules).unwrap();
    assert!(hits.is_empty());
    assert_eq!(samples(&panes, MONDAY, 14), 2);
    assert_eq!(panes.bins().rsrp_samples(), 1);
}

#[test]
fn iso_weeks_begin_on_monday_and_the_one_before_the_last_leaves() {
    let mut panes = Panes::default();
    fold(&mut panes, &good(), noon(MONDAY.plus(-7)), 3);
    fold(&mut panes, &good(), noon(MONDAY.plus(6)), 4);
    assert_eq!(panes.bins().rsrp_samples(), 7);
    let left = panes.roll(MONDAY.plus(7)).unwrap();
    assert_eq!(left.rsrp_samples(), 3);
    assert_eq!(panes.bins().rsrp_samples(), 4);
    assert_eq!(panes.roll(MONDAY.plus(13)), None);
    assert_eq!(panes.roll(MONDAY.plus(30)).unwrap().rsrp_samples(), 4);
    assert!(panes.bins().is_empty());
}

#[test]
fn rolling_to_a_day_already_reached_changes_nothing() {
    let mut panes = Panes::default();
    assert_eq!(panes.roll(WEDNESDAY), None);
    assert!(panes.is_empty());
    fold(&mut panes, &good(), noon(WEDNESDAY), 1);
    let before = panes.clone();
    assert_eq!(panes.roll(WEDNESDAY), None);
    assert_eq!(panes.roll(WEDNESDAY.plus(-3)), None);
    assert_eq!(panes, before);
}

#[test]
fn a_restart_gives_back_all_bins_and_leaves_nothing() {
    let mut panes = Panes::default();
    fold(&mut panes, &good(), noon(WEDNESDAY.plus(-7)), 2);
    fold(&mut panes, &session(700.0), noon(WEDNESDAY), 1);
    let left = panes.restart().unwrap();
    assert_eq!((left.rsrp_samples(), left.sessions()), (2, 1));
    assert!(panes.is_empty());
    assert_eq!(panes.restart(), None);
}

#[test]
fn days_before_1970_have_their_place_in_the_ring() {
    let mut panes = Panes::default();
    fold(&mut panes, &good(), noon(Day(-3)), 1);
    fold(&mut panes, &good(), noon(Day(2)), 1);
    assert_eq!(samples(&panes, Day(2), 14), 2);
}

#[test]
fn the_tenth_percentile_of_the_days_week_is_half_of_the_data_part() {
    let rules = Rules::default();
    let mut panes = Panes::default();
    fold(&mut panes, &good(), noon(WEDNESDAY), 5);
    // Four sessions are too few for a percentile, the fifth makes it count.
    fold(&mut panes, &session(20_000.0), noon(WEDNESDAY), 4);
    assert_eq!(panes.open(&rules).window(WEDNESDAY, 2, &rules).qoe.unwrap().parts.data, Some(100.0));
    fold(&mut panes, &session(100.0), noon(WEDNESDAY), 1);
    let data = panes.open(&rules).window(WEDNESDAY, 2, &rules).qoe.unwrap().parts.data.unwrap();
    // Mean of the scores (100, 100, 100, 100, 0) and of p10, which lies in the bin below 0.5 Mbit/s.
    assert!((data - f32::midpoint(80.0, 0.0)).abs() < 1e-3, "{data}");
}
