//! Whether homes are right. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Case;
use super::given::{Given, GivenHome, GivenPerson};
use super::rates::{Share, Spread};
use super::said::{Said, View};
use crate::units::Millis;

/// Farther than this from the true home, a position is wrong.
const NEAR_M: f64 = 500.0;
/// Nights that a judgement needs.
const NIGHTS: u64 = 7;

/// One kind of person.
#[derive(Debug, Clone, Default, Serialize)]
pub struct HomesOfKind {
    /// Home right at the end, among those with seven valid nights; `unknown` counts as not right.
    pub right: Share,
    /// The same among those who are given any home at all, however few their nights.
    pub right_if_told: Share,
    /// Left `unknown` at the end, among all of the kind.
    pub unknown: Share,
}

/// Homes and moves.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Homes {
    pub all: HomesOfKind,
    pub by_kind: BTreeMap<String, HomesOfKind>,
    /// Days from the town's start to the first view with a confirmed home; needs views at dates.
    pub days_to_confirmed: Spread,
    /// Movers whose new home is the one told at the end.
    pub moves_found: Share,
    /// Those who moved 14 days or more before the end.
    pub moves_found_after_14_days: Share,
    /// Days from a move to the first view with the new home; needs views at dates.
    pub days_to_move_found: Spread,
    /// People who did not move and whose home was told right once and wrong at a later date.
    pub moves_invented: u64,
}

/// Whether a view's home is this one: the same first cell, or within 500 m.
#[must_use]
pub fn is_right(view: &View, home: &GivenHome) -> bool {
    let first = home.cells.first();
    let same = view.cell.as_ref().is_some_and(|cell| first == Some(cell));
    let near = || view.pos.zip(home.position()).is_some_and(|(a, b)| a.metres_to(b) <= NEAR_M);
    is_told(view) && (same || near())
}

fn is_told(view: &View) -> bool {
    !view.status.is_empty() && view.status != "unknown"
}

/// Where a view does not say its nights, a told home must have had them.
fn has_nights(view: &View) -> bool {
    view.nights.map_or_else(|| is_told(view), |nights| nights >= NIGHTS)
}

pub(super) fn score(given: &Given, said: &Said, cases: &mut Vec<Case>) -> Homes {
    let mut homes = Homes::default();
    let by_id = given.by_id();
    for person in &given.people {
        let view = said.last.get(&person.customer_id);
        let at = view.map_or(given.end, |view| view.as_of);
        let Some(home) = person.home(at) else { continue };
        let right = view.is_some_and(|view| is_right(view, home));
        let told = view.is_some_and(is_told);
        let nights = view.is_some_and(has_nights);
        for kind in [&mut homes.all, homes.by_kind.entry(person.kind.clone()).or_default()] {
            kind.unknown.count(!told);
            if nights {
                kind.right.count(right);
            }
            if told {
                kind.right_if_told.count(right);
            }
        }
        if nights && !right || !told {
            cases.push(wrong_home(person, view, home, at));
        }
    }
    moves(given, said, &mut homes);
    let mut confirmed: BTreeMap<&str, f64> = BTreeMap::new();
    let mut was_right: BTreeMap<&str, bool> = BTreeMap::new();
    for view in said.dates().flatten() {
        let Some(person) = by_id.get(view.customer.as_str()) else { continue };
        if view.status == "confirmed" {
            confirmed.entry(&view.customer).or_insert(days(view.as_of, given.start));
        }
        if person.moved().is_none() && is_told(view) {
            let right = person.home(view.as_of).is_some_and(|home| is_right(view, home));
            let before = was_right.insert(&view.customer, right);
            homes.moves_invented += u64::from(before == Some(true) && !right);
        }
    }
    homes.days_to_confirmed = Spread::of(confirmed.into_values().collect());
    homes
}

fn moves(given: &Given, said: &Said, homes: &mut Homes) {
    let by_id = given.by_id();
    let mut found: BTreeMap<&str, f64> = BTreeMap::new();
    for view in said.dates().flatten() {
        let Some(person) = by_id.get(view.customer.as_str()) else { continue };
        let Some((moved, new)) = person.moved().zip(person.homes.last()) else { continue };
        if view.as_of >= moved && is_right(view, new) {
            found.entry(&view.customer).or_insert(days(view.as_of, moved));
        }
    }
    for person in &given.people {
        let Some((moved, new)) = person.moved().zip(person.homes.last()) else { continue };
        let last = said.last.get(&person.customer_id);
        let right = last.is_some_and(|view| is_right(view, new));
        homes.moves_found.count(right);
        if given.end.since(moved) >= 14 * Millis::DAY {
            homes.moves_found_after_14_days.count(right);
        }
    }
    homes.days_to_move_found = Spread::of(found.into_values().collect());
}

fn days(at: Millis, from: Millis) -> f64 {
    at.since(from) as f64 / Millis::DAY as f64
}

fn wrong_home(person: &GivenPerson, view: Option<&View>, home: &GivenHome, at: Millis) -> Case {
    let told = view.filter(|view| is_told(view));
    let second = person.second_home.as_ref().is_some_and(|second| told.is_some_and(|view| is_right(view, second)));
    let old = person.homes.iter().any(|old| told.is_some_and(|view| is_right(view, old)));
    let what = match (second, old) {
        (true, _) => "the second home",
        (_, true) => "the home before or after the move",
        _ => "elsewhere",
    };
    let distance = view.and_then(|view| view.pos).zip(home.position()).map(|(a, b)| a.metres_to(b).round());
    let nights = view.and_then(|view| view.nights).unwrap_or(0);
    Case {
        class: if told.is_some() { "home_wrong" } else { "home_unknown" }.to_owned(),
        id: person.customer_id.clone(),
        at,
        kind: person.kind.clone(),
        truth: format!("home at {} cells {:?}", home.site.as_deref().unwrap_or("?"), home.cells),
        said: match told {
            None => format!("unknown, {nights} nights"),
            Some(view) => format!("{} {what} ({distance:?} m), cell {:?}, {nights} nights", view.status, view.cell),
        },
    }
}
