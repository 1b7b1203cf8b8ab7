//! Symptoms that a score hardly shows. Pure.

use super::support::{home, quality};
use crate::ingest::{Probe, ProbeKind};
use crate::perception::{Rules, afflicted, is_fresh, shared};
use crate::qos::tests::support::{WEDNESDAY, evening, fold, good, no_service, noon, probe, session};
use crate::qos::{Panes, Rules as QosRules};
use crate::units::{Cause, Millis};

fn is_afflicted(panes: &Panes) -> bool {
    afflicted(
        &quality(panes),
        &panes.open(&QosRules::default()),
        WEDNESDAY,
        &Rules::default().cause,
        &QosRules::default(),
    )
}

/// Where the neighbourhood has a verdict of `told`.
fn is_shared(panes: &Panes, told: Cause) -> bool {
    let rules = QosRules::default();
    let days = panes.open(&rules);
    let found = shared(&quality(panes), &days, WEDNESDAY, |cause| cause == told, &Rules::default().cause, &rules);
    assert!(found.is_none_or(|cause| cause == told), "{found:?}");
    found.is_some()
}

fn call() -> Probe {
    Probe { setup_ok: Some(true), ..probe(ProbeKind::CallSetup) }
}

/// Six days of good radio and three calls each, of which the given numbers of days ago had one fall at a handover.
fn drops(back: &[i32]) -> Panes {
    let mut panes = home(6, &[(good(), 8), (call(), 3)]);
    for back in back {
        let at = noon(WEDNESDAY.plus(-back));
        panes.fold(&probe(ProbeKind::CallDrop), None, at, true, &QosRules::default());
    }
    panes
}

#[test]
fn one_call_in_three_falling_at_a_handover_is_a_problem_although_the_score_is_high() {
    let panes = drops(&[5, 4, 3, 2, 1, 0]);
    let q = quality(&panes);
    assert!(!q.problem && q.qoe.unwrap().score > 70.0);
    assert!(is_afflicted(&panes));
    assert!(!is_afflicted(&drops(&[3, 1])), "two may be chance");
}

#[test]
fn drops_that_have_stopped_for_three_days_of_calls_are_over() {
    assert!(!is_afflicted(&drops(&[5, 4, 4, 3])));
    assert!(is_afflicted(&drops(&[5, 4, 4, 2])));
}

#[test]
fn evenings_that_fall_apart_are_a_problem_and_those_of_a_cells_edge_are_not() {
    // Of two sessions each evening, `slow` are so on the given days.
    let sessions = |slow: usize, days: std::ops::Range<i32>| {
        let mut panes = home(6, &[(good(), 8)]);
        for back in 0..6 {
            let slow = if days.contains(&back) { slow } else { 0 };
            fold(&mut panes, &session(800.0), evening(WEDNESDAY.plus(-back)), slow);
            fold(&mut panes, &session(20_000.0), evening(WEDNESDAY.plus(-back)), 2 - slow);
        }
        panes
    };
    assert!(is_afflicted(&sessions(2, 0..6)));
    assert!(!is_afflicted(&sessions(1, 0..6)), "one in two");
    assert!(!is_afflicted(&sessions(2, 3..6)), "three fast evenings since");
}

#[test]
fn handovers_that_fail_without_calls_that_drop_are_heard_in_passing() {
    let mut panes = home(6, &[(good(), 8), (call(), 3)]);
    for back in 0..6 {
        fold(&mut panes, &probe(ProbeKind::HandoverFailure), noon(WEDNESDAY.plus(-back)), 1);
    }
    assert!(!is_afflicted(&panes));
}

#[test]
fn service_gone_on_two_days_is_a_problem_and_on_one_evening_it_is_not() {
    let gone = |back: &[i32]| {
        let mut panes = home(6, &[(good(), 8)]);
        for back in back {
            fold(&mut panes, &no_service(2400.0), noon(WEDNESDAY.plus(-back)), 1);
        }
        panes
    };
    assert!(is_afflicted(&gone(&[2, 1])));
    assert!(!is_afflicted(&gone(&[1, 1, 1])), "one evening");
    assert!(!is_afflicted(&gone(&[5, 4])), "over");
}

#[test]
fn what_is_too_faint_alone_is_a_problem_where_the_street_has_it() {
    let mut slow = home(6, &[(good(), 8)]);
    for back in 0..2 {
        fold(&mut slow, &session(800.0), evening(WEDNESDAY.plus(-back)), 1);
    }
    assert!(!is_afflicted(&slow));
    assert!(is_shared(&slow, Cause::Congestion));
    assert!(!is_shared(&slow, Cause::Mobility), "the street has something else");
    assert!(is_shared(&drops(&[3, 1]), Cause::Mobility));
    assert!(!is_shared(&drops(&[5, 4, 4, 3]), Cause::Mobility), "three days of calls without");
    assert!(!is_shared(&home(6, &[(good(), 8)]), Cause::Interference), "this home is well");
}

#[test]
fn a_symptom_is_fresh_while_the_newest_there_is_shows_it() {
    let now = Millis(1_792_500_000_000);
    let seen = |symptom, panes: &Panes, hours_ago: Option<i64>| {
        let bad_until = hours_ago.map(|hours| now.plus(-hours * Millis::HOUR));
        is_fresh(symptom, &panes.open(&QosRules::default()), WEDNESDAY, bad_until, now, 2)
    };
    let nothing = Panes::default();
    assert!(seen(Cause::Coverage, &nothing, Some(2)) && seen(Cause::Outage, &nothing, Some(0)));
    assert!(!seen(Cause::Interference, &nothing, Some(3)), "three hours old");
    assert!(!seen(Cause::Coverage, &drops(&[0]), None), "a good sample came since");
    assert!(seen(Cause::Mobility, &drops(&[3, 0]), None));
    assert!(!seen(Cause::Mobility, &drops(&[3, 1]), Some(0)), "none of today");
    let evenings = |slow: usize, fast: usize| {
        let mut panes = home(6, &[(good(), 8)]);
        fold(&mut panes, &session(500.0), evening(WEDNESDAY), slow);
        fold(&mut panes, &session(20_000.0), evening(WEDNESDAY), fast);
        seen(Cause::Congestion, &panes, Some(0))
    };
    assert!(evenings(1, 1) && !evenings(1, 2) && !evenings(0, 0));
}
