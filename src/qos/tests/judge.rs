//! Degraded, problem, support. Pure.

use super::support::{WEDNESDAY, fold, good, no_service, noisy, noon, weak};
use crate::ingest::Probe;
use crate::qos::{AtHome, Episode, Grade, Panes, Quality, Rules, judge};
use crate::units::{LocalTime, Millis};

const NOW: Millis = Millis(1_792_500_000_000);

fn judged(panes: &Panes, target: f32) -> Quality {
    judged_with(AtHome::default(), panes, target)
}

fn judged_with(hours: AtHome, panes: &Panes, target: f32) -> Quality {
    judge(&panes.open(&Rules::default()), &Episode::default(), hours, WEDNESDAY, NOW, target, &Rules::default())
}

/// Panes from (days back, good samples, poor samples).
fn days(list: &[(i32, usize, usize)]) -> Panes {
    let mut panes = Panes::default();
    for (back, fine, poor) in list {
        fold(&mut panes, &good(), noon(WEDNESDAY.plus(-back)), *fine);
        fold(&mut panes, &weak(), noon(WEDNESDAY.plus(-back)), *poor);
    }
    panes
}

#[test]
fn two_supported_days_with_three_poor_samples_in_ten_are_degraded() {
    assert!(judged(&days(&[(1, 7, 3), (0, 7, 3)]), 0.0).degraded);
    assert!(!judged(&days(&[(1, 8, 3), (0, 7, 3)]), 0.0).degraded);
}

#[test]
fn one_supported_day_is_not_enough_however_bad() {
    assert!(!judged(&days(&[(0, 0, 50)]), 60.0).degraded);
    assert!(!judged(&days(&[(1, 0, 4), (0, 0, 50)]), 60.0).degraded);
    assert!(judged(&days(&[(1, 0, 5), (0, 0, 50)]), 60.0).degraded);
}

#[test]
fn a_score_below_the_target_is_degraded_without_a_third_of_poor_samples() {
    // Share poor .28: coverage scores 44, service all day 100: (.2·44 + .15·100)/.35 = 68.
    let panes = days(&[(1, 18, 7), (0, 18, 7)]);
    let score = judged(&panes, 60.0).qoe.unwrap().score;
    assert!((score - 68.0).abs() < 0.1, "{score}");
    assert!(!judged(&panes, 68.0).degraded);
    assert!(judged(&panes, 70.0).degraded);
}

/// Newest samples of working hours and of all others, as `(fine, poor)`.
fn hours(working: (u32, u32), free: (u32, u32)) -> AtHome {
    let mut hours = AtHome::default();
    let mut fold = |hour: u16, (fine, poor): (u32, u32)| {
        let local = LocalTime { day: WEDNESDAY, minute: hour * 60 };
        (0..fine).for_each(|_| hours.fold(Grade::Good, local));
        (0..poor).for_each(|_| hours.fold(Grade::PoorRsrp, local));
    };
    fold(10, working);
    fold(20, free);
    hours
}

#[test]
fn what_is_poor_in_working_hours_only_is_a_place_of_work_next_door_and_no_bad_home() {
    let panes = days(&[(1, 5, 7), (0, 5, 7)]);
    let judged = |working, free| judged_with(hours(working, free), &panes, 60.0);
    assert!(!judged((0, 10), (6, 0)).problem);
    assert!(!judged((2, 10), (12, 2)).problem);
    assert!(judged((0, 10), (7, 3)).lasting, "an evening that is poor too is the home's");
    assert!(judged((0, 10), (5, 0)).lasting, "too few to tell");
    assert!(judged((9, 3), (20, 0)).lasting, "hardly poor in working hours: what makes it bad is something else");
    assert!(judged((7, 6), (8, 1)).lasting, "by chance");
}

#[test]
fn a_trouble_that_begins_is_the_homes_when_its_first_evenings_are_poor() {
    let mut newest = hours((12, 0), (20, 0));
    let local = |hour: u16| LocalTime { day: WEDNESDAY, minute: hour * 60 };
    (0..9).for_each(|_| newest.fold(Grade::PoorRsrp, local(10)));
    assert!(newest.is_work_next_door(&Rules::default()), "nothing is known of the evening");
    (0..4).for_each(|_| newest.fold(Grade::PoorRsrp, local(20)));
    assert!(!newest.is_work_next_door(&Rules::default()));
}

#[test]
fn a_running_episode_is_degraded_by_itself() {
    let rules = Rules::default();
    let mut episode = Episode::default();
    episode.observe(&Probe { ts: NOW, ..no_service(1800.0) }, None, &rules);
    let at = |m: i64| {
        let now = NOW.plus(m * Millis::MINUTE);
        judge(&Panes::default().open(&rules), &episode, AtHome::default(), WEDNESDAY, now, 60.0, &rules)
    };
    assert!(!at(10).degraded);
    let running = at(20);
    assert!(running.degraded && running.problem && running.running.is_some());
    assert!(!running.recent_bad, "an episode is no support for an offer");
}

#[test]
fn a_bad_week_is_a_problem_while_its_latest_supported_day_is_bad() {
    let week = days(&[(5, 0, 10), (4, 0, 10), (2, 2, 8)]);
    assert!(judged(&week, 60.0).problem);
    // One good day later it is none any more, although the week's share is still bad.
    let better = days(&[(4, 0, 10), (3, 0, 10), (2, 2, 8), (1, 10, 0)]);
    assert!(!judged(&better, 0.0).problem);
}

#[test]
fn a_day_that_has_only_begun_ends_nothing_and_starts_nothing() {
    assert!(judged(&days(&[(2, 0, 10), (1, 0, 10)]), 60.0).degraded, "midnight");
    assert!(judged(&days(&[(2, 0, 10), (1, 0, 10), (0, 4, 0)]), 60.0).degraded, "four good samples are no day");
    assert!(!judged(&days(&[(2, 0, 10), (1, 0, 10), (0, 40, 0)]), 0.0).problem, "a good day is one");
    assert!(!judged(&days(&[(2, 0, 10), (1, 10, 0)]), 0.0).degraded, "yesterday was good");
}

#[test]
fn one_bad_evening_in_a_good_week_is_no_problem() {
    let q = judged(&days(&[(5, 20, 0), (4, 20, 0), (3, 20, 0), (2, 20, 0), (1, 14, 6), (0, 20, 0)]), 60.0);
    assert!(!q.degraded && !q.problem);
}

#[test]
fn a_home_of_few_samples_is_judged_by_its_last_ten() {
    let sparse = |poor: usize| days(&(0..5).map(|back| (back, 3 - poor, poor)).collect::<Vec<_>>());
    assert!(judged(&sparse(2), 0.0).degraded, "three samples a day, two of them poor");
    assert!(!judged(&sparse(0), 0.0).degraded);
    assert!(!judged(&days(&[(6, 0, 3), (0, 0, 3)]), 0.0).degraded, "six samples in a week are too few");
    assert!(judged(&days(&[(12, 0, 3), (9, 0, 3), (5, 0, 3), (0, 0, 3)]), 0.0).degraded, "mostly on Wi-Fi");
    assert!(!judged(&days(&[(9, 0, 9), (0, 0, 4)]), 0.0).degraded, "the newest four are no second stretch");
}

#[test]
fn one_bad_evening_makes_no_bad_home_however_bad_it_was() {
    // Half of all samples of both days are poor, all of them on one of the days.
    assert!(!judged(&days(&[(1, 5, 15), (0, 10, 0)]), 0.0).problem);
    assert!(!judged(&days(&[(1, 10, 0), (0, 2, 18)]), 60.0).problem, "nor on the evening itself");
    assert!(judged(&days(&[(1, 8, 2), (0, 2, 18)]), 0.0).problem, "yesterday began it");
}

#[test]
fn what_was_repaired_is_recent_no_more_once_five_samples_say_so() {
    let panes = days(&[(2, 0, 10), (1, 0, 10), (0, 5, 0)]);
    let q = judged(&panes, 60.0);
    assert!(!q.problem && !q.recent_bad);
}

#[test]
fn recent_bad_needs_ten_samples_of_today_and_yesterday() {
    assert!(!judged(&days(&[(1, 0, 4), (0, 0, 5)]), 60.0).recent_bad);
    assert!(judged(&days(&[(1, 0, 5), (0, 0, 5)]), 60.0).recent_bad);
    assert!(!judged(&days(&[(2, 0, 50), (1, 10, 0)]), 60.0).recent_bad);
}

#[test]
fn where_two_days_have_too_few_samples_the_newest_ten_are_recent() {
    let sparse = |today: (usize, usize)| {
        let before = (1..5).map(|back| (back, 1, 2));
        judged(&days(&before.chain([(0, today.0, today.1)]).collect::<Vec<_>>()), 60.0)
    };
    assert!(sparse((1, 2)).recent_bad, "three samples a day, two of them poor");
    assert!(!sparse((5, 0)).recent_bad, "five say that it is over");
    assert!(!judged(&days(&[(6, 0, 9), (4, 0, 9), (0, 3, 0)]), 60.0).recent_bad, "and so do three, alone on two days");
    assert!(!judged(&days(&[(6, 0, 9), (4, 0, 9)]), 60.0).recent_bad, "nothing of two days is not recent");
}

#[test]
fn an_offer_needs_twenty_samples_on_three_days() {
    assert!(judged(&days(&[(13, 10, 0), (6, 6, 0), (0, 0, 4)]), 60.0).offer_supported, "however few on each");
    assert!(judged(&days(&[(13, 10, 0), (6, 5, 0), (0, 0, 5)]), 60.0).offer_supported);
    assert!(!judged(&days(&[(13, 9, 0), (6, 5, 0), (0, 0, 5)]), 60.0).offer_supported);
    assert!(!judged(&days(&[(6, 50, 0), (0, 0, 50)]), 60.0).offer_supported);
}

#[test]
fn a_home_without_a_supported_day_has_the_score_of_all_its_samples() {
    let score = |list: &[(i32, usize, usize)]| judged(&days(list), 60.0).qoe.map(|qoe| qoe.score);
    let one_day = score(&[(0, 4, 6)]).unwrap();
    let sparse: Vec<_> = (0..5).map(|back| (back, usize::from(back < 4), 2 - usize::from(back < 4))).collect();
    assert!((score(&sparse).unwrap() - one_day).abs() < 0.1, "four of ten are good in both");
    assert_eq!(score(&[(0, 2, 2)]), None, "four samples make no day");
    assert!(score(&[(0, 2, 2), (9, 1, 1)]).is_some(), "in two weeks there are six");
    let dark = |list: &[i32]| {
        let mut panes = days(&list.iter().map(|back| (*back, 3, 0)).collect::<Vec<_>>());
        for back in list {
            fold(&mut panes, &no_service(1800.0), noon(WEDNESDAY.plus(-back)), 1);
        }
        judged(&panes, 60.0).qoe.unwrap().parts.availability.unwrap()
    };
    assert!((dark(&[0, 1]) - 50.0).abs() < 0.1, "half an hour a day is half of what is bad, on however many days");
    assert!((dark(&[0, 1, 2, 3, 4, 5]) - 50.0).abs() < 0.1);
}

#[test]
fn the_score_follows_the_worst_and_the_latest_day_more_than_the_mean() {
    // Day scores: all good 100; all poor (.2·0 + .15·100)/.35 = 42.86.
    let q = judged(&days(&[(3, 10, 0), (2, 0, 10), (1, 10, 0), (0, 10, 0)]), 60.0);
    let qoe = q.qoe.unwrap();
    let bad = 15.0 / 0.35;
    let mean = (300.0 + bad) / 4.0;
    assert!((qoe.score - (0.4 * bad + 0.3 * 100.0 + 0.3 * mean)).abs() < 0.01, "{qoe:?}");
    assert_eq!((qoe.days, qoe.samples), (4, 40));
    let w = q.week();
    assert_eq!(w.worst.unwrap().day, WEDNESDAY.plus(-2));
    assert_eq!(w.latest.unwrap().day, WEDNESDAY);
}

#[test]
fn days_without_service_pull_the_availability_down() {
    let mut panes = days(&[(1, 10, 0), (0, 10, 0)]);
    fold(&mut panes, &no_service(1800.0), noon(WEDNESDAY), 1);
    let parts = judged(&panes, 60.0).qoe.unwrap().parts;
    assert_eq!(parts.availability, Some(75.0));
    assert_eq!((parts.voice, parts.data, parts.coverage), (None, None, Some(100.0)));
}

#[test]
fn windows_say_their_length_as_iso_8601() {
    let q = judged(&days(&[(0, 1, 0)]), 60.0);
    assert_eq!([q.recent().iso(), q.week().iso(), q.fortnight().iso()], ["P2D", "P7D", "P14D"]);
}

#[test]
fn quality_poor_counts_as_poor_as_a_weak_signal_does() {
    let mut panes = Panes::default();
    for back in [1, 0] {
        fold(&mut panes, &noisy(), noon(WEDNESDAY.plus(-back)), 5);
    }
    assert!(judged(&panes, 0.0).degraded);
}

#[test]
fn a_step_is_fine_days_and_then_poor_ones() {
    let stepped = |list: &[(i32, usize, usize)]| {
        let rules = Rules::default();
        days(list).open(&rules).stepped(WEDNESDAY, &rules)
    };
    let before = [(6, 10, 0), (5, 9, 1)];
    assert_eq!(stepped(&[&before[..], &[(4, 2, 8), (3, 2, 8)]].concat()), Some(2));
    assert_eq!(stepped(&[&before[..], &[(4, 2, 8)]].concat()), Some(1));
    assert_eq!(stepped(&before), None);
    assert_eq!(stepped(&[&before[1..], &[(4, 2, 8), (3, 2, 8)]].concat()), None, "one fine day is no before");
    assert_eq!(stepped(&[&[(8, 2, 8)], &before[..], &[(4, 2, 8), (3, 2, 8)]].concat()), None, "it was poor before");
    assert_eq!(stepped(&[&before[..], &[(4, 2, 8), (3, 9, 1), (2, 9, 1)]].concat()), None, "it comes and goes");
    let thin = [&before[..], &[(4, 0, 4), (3, 2, 8), (2, 2, 8)]].concat();
    assert_eq!(stepped(&thin), Some(2), "days of few samples say nothing");
}
