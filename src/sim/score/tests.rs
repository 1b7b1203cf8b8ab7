//! Hand-made truths with known answers.

use super::*;

const DAY: i64 = Millis::DAY;

/// Forty days; two people at site 1, six of a street at site 2 whose coverage is lost from day 10 on.
fn given() -> Given {
    let home = |site: &str, cell: &str| {
        format!(r#"{{"lat":45.75,"lon":4.85,"site":"{site}","cells":["{cell}"],"hexagon":"h{site}"}}"#)
    };
    let person = |id: &str, kind: &str, home: String, problems: &str| {
        format!(
            r#"{{"customer_id":"{id}","kind":"{kind}","homes":[{home}],"network_care":true,"location":true,
             "felt_probability_without_problem":0.0,"problems":[{problems}]}}"#
        )
    };
    let start = 10 * DAY;
    let own = format!(r#"{{"cause":"building","scope":"individual","start":0,"end":{},"felt":true}}"#, 40 * DAY);
    let street = format!(
        r#"{{"cause":"coverage","scope":"neighbourhood","fault":0,"start":{start},"end":{},"felt":true}}"#,
        40 * DAY
    );
    let mut people = vec![person("A", "ordinary", home("1", "1a"), &own), person("B", "mover", home("1", "1a"), "")];
    let names: Vec<String> = (0..6).map(|n| format!("S{n}")).collect();
    people.extend(names.iter().map(|id| person(id, "ordinary", home("2", "2a"), &street)));
    let fault = format!(
        r#"{{"cause":"coverage","site":"2","cells":["2a"],"start":{start},"trap":"none","ticket":true,"customers":{}}}"#,
        serde_json::to_string(&names).unwrap()
    );
    let text =
        format!(r#"{{"seed":1,"start":0,"end":{},"people":[{}],"faults":[{fault}]}}"#, 40 * DAY, people.join(","));
    Given::parse(&text).unwrap()
}

fn view(id: &str, cell: &str, cause: Option<&str>, verdict: &str, probability: f64) -> String {
    let cause = cause.map_or(serde_json::Value::Null, Into::into);
    serde_json::json!({
        "customer_id": id, "as_of": 40 * DAY,
        "home": {"status": "confirmed", "site": "1", "cells": [cell], "nights": 20},
        "quality": {"problem": !cause.is_null(), "cause": cause},
        "perceived": {"probability": probability}, "neighbourhood": {"area": "1", "verdict": verdict},
    })
    .to_string()
}

fn offer(id: &str, revision: u32, customer: &str, day: i64) -> String {
    let at = Millis(day * DAY).rfc3339();
    serde_json::json!({
        "key": customer,
        "headers": {"ce_id": format!("{id}.{revision}"), "ce_time": at, "ce_type": "org.homeqos.offer.made.v1"},
        "value": {"id": id, "why": {"cause": "building"}},
    })
    .to_string()
}

fn ticket(id: &str, site: &str, cell: &str, day: i64) -> String {
    let at = Millis(day * DAY).rfc3339();
    serde_json::json!({
        "key": site,
        "headers": {"ce_id": format!("{id}.1"), "ce_time": at, "ce_type": "org.homeqos.ticket.opened.v1"},
        "value": {"id": id, "why": {"cause": "coverage", "scope": "site"},
                  "affectedResource": [{"id": cell, "homes": 6, "degraded": 6}]},
    })
    .to_string()
}

fn said(views: &[String], actions: &[String]) -> Said {
    let mut said = Said::default();
    for line in views {
        said.view(line).unwrap();
    }
    for line in actions {
        said.action(line).unwrap();
    }
    said.arrange(Millis(40 * DAY));
    said
}

fn street(cause: Option<&str>, verdict: &str) -> Vec<String> {
    (0..6).map(|n| view(&format!("S{n}"), "2a", cause, verdict, 1.0)).collect()
}

#[test]
fn who_says_the_truth_has_every_figure_at_its_best() {
    let mut views = street(Some("coverage"), "open");
    views.push(view("A", "1a", Some("building"), "clear", 1.0));
    views.push(view("B", "1a", None, "clear", 0.0));
    let scored = score(&given(), &said(&views, &[offer("of_1", 1, "A", 5), ticket("tk_1", "2", "2a", 12)]));
    assert_eq!(scored.cases, []);
    assert_eq!(scored.homes.all.right, Share { right: 8, of: 8 });
    assert_eq!(scored.problems.at_end.settled, Found { hits: 7, false_alarms: 0, misses: 0 });
    assert_eq!(scored.problems.cause_right.value(), Some(1.0));
    assert_eq!(scored.problems.scope_right, Share { right: 7, of: 7 });
    assert_eq!(scored.tickets.precision, Share { right: 1, of: 1 });
    assert_eq!(scored.tickets.within_3_days, Share { right: 1, of: 1 });
    assert_eq!(scored.tickets.days_to_ticket.median, Some(2.0));
    assert_eq!(scored.tickets.homes_covered, Share { right: 6, of: 6 });
    assert_eq!(scored.tickets.cells_named_right.value(), Some(1.0));
    assert_eq!(scored.offers.right, Share { right: 1, of: 1 });
    assert_eq!(scored.offers.acted, Found { hits: 7, false_alarms: 0, misses: 0 });
    assert_eq!(scored.offers.scope_right.value(), Some(1.0));
    assert_eq!(scored.felt.all.better_than_base_rate, Some(1.0));
    assert_eq!((scored.offers.consent_violations, scored.duplicates), (0, 0));
}

#[test]
fn every_error_is_counted_where_it_belongs() {
    let mut views = street(None, "clear");
    views.push(view("A", "1b", Some("coverage"), "clear", 0.0));
    views.push(view("B", "1a", Some("device"), "clear", 1.0));
    let actions =
        [offer("of_1", 1, "B", 5), offer("of_1", 1, "B", 5), offer("of_2", 1, "S0", 15), ticket("tk_1", "1", "1a", 12)];
    let scored = score(&given(), &said(&views, &actions));
    assert_eq!(scored.homes.all.right, Share { right: 7, of: 8 }, "another cell and no position is not the home");
    assert_eq!(scored.problems.at_end.settled, Found { hits: 1, false_alarms: 1, misses: 6 });
    assert_eq!(scored.problems.confusion["building"]["coverage"], 1);
    assert_eq!(scored.problems.confusion["coverage"]["none"], 6);
    assert_eq!(scored.tickets.precision, Share { right: 0, of: 1 });
    assert_eq!(scored.tickets.recall, Share { right: 0, of: 1 });
    assert_eq!(scored.tickets.false_rate, Some(937.5), "one ticket of eight people in forty days");
    assert_eq!(scored.offers.refused["neighbourhood"], 1);
    assert_eq!(scored.offers.refused["nothing is wrong"], 1);
    assert_eq!(scored.offers.scope_right, Share { right: 0, of: 1 });
    assert_eq!(scored.duplicates, 1);
    let missed = scored.cases.iter().filter(|case| case.class == "problem_missed").count();
    assert_eq!(missed, 6);
}

#[test]
fn a_town_without_problems_and_actions_has_no_figures_instead_of_perfect_ones() {
    let mut given = given();
    given.faults.clear();
    given.people.truncate(2);
    given.people[0].problems.clear();
    let scored = score(&given, &said(&[], &[]));
    assert_eq!(scored.problems.at_end.settled.f1(), None);
    assert_eq!((scored.tickets.precision.value(), scored.tickets.recall.value()), (None, None));
    assert_eq!((scored.offers.right.value(), scored.felt.all.brier), (None, None));
    assert_eq!(scored.homes.all.unknown, Share { right: 2, of: 2 });
    assert!(scored.table().contains("right, >= 7 valid nights"));
    assert_eq!(score(&Given::default(), &Said::default()).tickets.false_rate, None);
}

#[test]
fn a_problem_that_ended_yesterday_is_neither_demanded_nor_refused_but_its_offer_comes_too_late() {
    let mut given = given();
    given.people[0].problems[0].end = Some(Millis(39 * DAY));
    let views = [view("A", "1a", Some("building"), "clear", 1.0)];
    let scored = score(&given, &said(&views, &[offer("of_1", 1, "A", 39)]));
    assert_eq!(scored.problems.at_end.settled, Found { misses: 6, ..Found::default() });
    assert_eq!(scored.problems.at_end.strict, Found { false_alarms: 1, misses: 6, hits: 0 });
    assert_eq!(scored.offers.refused["repaired"], 1);
}

#[test]
fn a_home_that_is_nearly_poor_by_itself_needs_no_repaired_fault_to_explain_its_offer() {
    let mut given = given();
    given.people[0].problems[0].end = Some(Millis(39 * DAY));
    let mut refused = |share_poor: Option<f64>| {
        given.people[0].homes[0].share_poor = share_poor;
        let scored = score(&given, &said(&[], &[offer("of_1", 1, "A", 39)]));
        scored.offers.refused.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(refused(Some(0.19)), ["repaired"]);
    assert_eq!(refused(Some(0.20)), ["nearly_poor"]);
    assert_eq!(refused(None), ["repaired"]);
}

#[test]
fn an_offer_for_the_home_he_has_moved_out_of_is_not_one_for_what_is_repaired() {
    let mut given = given();
    given.people[0].problems[0].end = Some(Millis(39 * DAY));
    let mut refused = |moved: Option<i64>| {
        given.people[0].homes[0].until = moved.map(|day| Millis(day * DAY));
        let scored = score(&given, &said(&[], &[offer("of_1", 1, "A", 39)]));
        scored.offers.refused.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(refused(None), ["repaired"]);
    assert_eq!(refused(Some(39)), ["moved_out"]);
    assert_eq!(refused(Some(38)), ["repaired"], "he moved before it was");
}

#[test]
fn an_offer_without_consent_is_a_violation_and_one_withdrawn_for_a_ticket_is_named_so() {
    let mut given = given();
    given.people[0].network_care = Some(false);
    let withdrawn = offer("of_2", 2, "S0", 16).replace("offer.made", "offer.withdrawn");
    let scored = score(&given, &said(&[], &[offer("of_1", 1, "A", 5), offer("of_2", 1, "S0", 15), withdrawn]));
    assert_eq!(scored.offers.consent_violations, 1);
    assert_eq!(scored.offers.refused["withdrawn"], 1);
    assert_eq!(scored.offers.withdrawn, 1);
}

#[test]
fn views_of_two_dates_tell_how_late_a_move_was_found() {
    let mut given = given();
    let mut new = given.people[1].homes[0].clone();
    given.people[1].homes[0].until = Some(Millis(20 * DAY));
    new.from = Some(Millis(20 * DAY));
    new.cells = vec!["9a".to_owned()];
    (new.lat, new.lon) = (Some(45.9), Some(5.0));
    given.people[1].homes.push(new);
    let at = |day: i64, cell: &str| {
        view("B", cell, None, "clear", 0.0).replace(&(40 * DAY).to_string(), &(day * DAY).to_string())
    };
    let scored = score(&given, &said(&[at(15, "1a"), at(22, "1a"), at(27, "9a"), at(39, "9a")], &[]));
    assert_eq!(scored.homes.days_to_move_found.median, Some(7.0));
    assert_eq!(scored.homes.moves_found, Share { right: 1, of: 1 });
    assert_eq!(scored.homes.days_to_confirmed.median, Some(15.0));
    assert_eq!(scored.problems.at_dates.len(), 4);
}

#[test]
fn the_page_needs_no_network_and_shows_words_of_a_strange_town_as_text() {
    let mut given = given();
    given.people[0].kind = "<script>".to_owned();
    let mut views = street(Some("coverage"), "open");
    views.push(view("A", "1a", Some("building"), "clear", 1.0));
    let page = score(&given, &said(&views, &[])).html();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    assert!(!page.contains("http") && !page.contains("src="), "{page}");
    assert!(page.matches("<svg").count() == 5 && page.matches("</svg>").count() == 5, "{page}");
    assert!(!page.contains("NaN") && !score(&Given::default(), &Said::default()).html().contains("NaN"));
}

#[test]
fn an_offer_before_the_holiday_or_two_weeks_after_it_was_not_made_because_of_it() {
    let mut given = given();
    let away = GivenNegative { kind: "bad_holiday".to_owned(), id: "B".to_owned() };
    given.hard_negatives = vec![away];
    given.people[1].holiday = Some(("1970-01-21".to_owned(), "1970-01-24".to_owned()));
    let refused = |day: i64| {
        let scored = score(&given, &said(&[], &[offer("of_1", 1, "B", day)]));
        scored.offers.refused.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(refused(19), ["nothing is wrong"]);
    assert_eq!(refused(21), ["bad_holiday"]);
    assert_eq!(refused(37), ["bad_holiday"]);
    assert_eq!(refused(38), ["nothing is wrong"]);
}
