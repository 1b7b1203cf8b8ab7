//! What is remembered of a customer stays small. Pure.

use super::*;
use crate::home::place::Place;
use crate::limits::{PLACES_MAX, SITES_PER_PLACE_MAX};

#[test]
fn a_customer_costs_at_most_180_bytes_and_a_place_64_more() {
    let (inline, place) = (size_of::<HomeState>(), size_of::<Place>());
    assert!(inline <= 180, "{inline}");
    assert!(place <= 64, "{place}");
}

#[test]
fn a_traveller_through_a_thousand_cells_has_four_places_at_most() {
    let mut s = Story::new();
    for day in 0..40 {
        for step in 0..60 {
            s.see(day, step * 24, &format!("208-01-{}", ((day * 60 + step) * 7 % 1_000) << 8), None);
            assert!(s.state.places.len() <= PLACES_MAX);
        }
    }
}

#[test]
fn a_place_has_four_sites_at_most_and_the_least_heard_leaves() {
    let mut s = Story::new();
    for site in 0..6 {
        s = s.mast(&format!("cell-{site}"), &format!("site-{site}"), f64::from(site) * 100.0);
    }
    for day in 0..10 {
        s.stay(day, 21.0, 27.0, "cell-0", 30);
        s.stay(day, 27.5, 29.0, &format!("cell-{}", 1 + day % 5), 30);
        for place in &s.state.places {
            assert!(place.sites(&s.cells).len() <= SITES_PER_PLACE_MAX);
        }
    }
    assert_eq!(s.site().as_deref(), Some("site-0"));
    assert_eq!(s.state.places.iter().filter(|p| !p.is_vacant()).count(), 1);
}

#[test]
fn the_way_to_work_leaves_no_place_behind() {
    let mut s = Story::new();
    for day in 0..10 {
        for stop in 0..12 {
            s.see(day, 8 * 60 + stop * 5, &format!("208-01-{}", (500 + stop) << 8), None);
        }
        s.working_day(day, "208-01-25601", "208-01-51201");
    }
    assert_eq!(s.state.places.len(), 2);
}

#[test]
fn strays_of_one_night_are_gone_the_next() {
    let mut s = Story::new();
    for day in 0..10 {
        s.see(day, 21 * 60 + 5, &format!("208-01-{}", (500 + day) << 8), None);
        s.stay(day, 21.5, 30.0, "208-01-25601", 40);
    }
    assert!(s.state.places.iter().filter(|p| !p.is_vacant()).count() <= 2);
}
