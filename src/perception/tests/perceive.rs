//! The model of what is felt, term by term. Pure.

use super::support::{NOW, home, lexicon, quality, remembering, survey};
use crate::perception::{Coefficients, Memory, Perceived, Rules, perceive};
use crate::qos::Quality;
use crate::qos::tests::support::{WEDNESDAY, fold, good, no_service, noon, weak};
use crate::units::{Millis, Segment};

/// Coefficients that no two terms share, whatever the fitted defaults are.
fn rules() -> Rules {
    let felt = Coefficients {
        constant: -3.0,
        shortfall: 0.6,
        contact: 1.2,
        names_home: 3.0,
        detractor: 1.0,
        no_service: 0.5,
        ..Coefficients::default()
    };
    Rules { felt, ..Rules::default() }
}

fn of(m: &Memory, q: &Quality) -> Perceived {
    perceive(m, q, None, NOW, &rules())
}

/// The argument of the logistic function.
fn logit(p: &Perceived) -> f32 {
    (p.probability / (1.0 - p.probability)).ln()
}

fn close(p: &Perceived, x: f32) {
    assert!((logit(p) - x).abs() < 0.01, "{} is not {x}", logit(p));
}

#[test]
fn with_nothing_known_the_constant_is_left() {
    let p = of(&Memory::default(), &Quality::default());
    close(&p, -3.0);
    assert!(!p.felt && p.phrases.is_empty() && p.evidence().is_none());
}

#[test]
fn each_ten_points_below_the_target_add_six_tenths() {
    let q = quality(&home(7, &[(weak(), 10)]));
    let score = q.qoe.unwrap().score;
    close(&of(&Memory::default(), &q), -3.0 + 0.6 * (60.0 - score) / 10.0);
    // Quality above the target subtracts nothing.
    close(&of(&Memory::default(), &quality(&home(7, &[(good(), 10)]))), -3.0);
}

#[test]
fn the_target_is_that_of_the_segment_and_of_mid_without_one() {
    let target = |segment| perceive(&Memory::default(), &Quality::default(), segment, NOW, &Rules::default()).target;
    let targets = [None, Some(Segment::Low), Some(Segment::Mid), Some(Segment::High)].map(target);
    assert_eq!(targets.map(|t| t as i32), [60, 50, 60, 70]);
}

#[test]
fn network_contacts_of_thirty_days_count_up_to_four() {
    let texts = |n: usize, days: i64| {
        let ids: Vec<String> = (0..n).map(|i| format!("K{i}")).collect();
        let list: Vec<_> = ids.iter().map(|id| (id.as_str(), days, Some("pas de réseau"), None)).collect();
        of(&remembering(&list), &Quality::default())
    };
    close(&texts(1, 29), -3.0 + 1.2);
    close(&texts(4, 29), -3.0 + 4.8);
    close(&texts(6, 29), -3.0 + 4.8);
    assert_eq!(texts(6, 29).network_contacts, 6);
    close(&texts(4, 30), -3.0);
    assert_eq!(texts(3, 29).evidence().unwrap().samples, 3);
}

#[test]
fn a_contact_that_names_network_and_home_adds_three() {
    let p = of(&remembering(&[("K", 2, Some("ça coupe tout le temps à la maison"), None)]), &Quality::default());
    close(&p, -3.0 + 1.2 + 3.0);
    assert!(p.felt && p.names_home);
    let phrases: Vec<&str> = p.phrases.iter().map(|id| lexicon().phrase(*id)).collect();
    assert_eq!(phrases, ["ça coupe", "à la maison"]);
    // The home in one contact and the network in another are not one that names both.
    let apart = remembering(&[("K1", 2, Some("pas de réseau"), None), ("K2", 1, Some("livraison à la maison"), None)]);
    close(&of(&apart, &Quality::default()), -3.0 + 1.2);
}

#[test]
fn the_phrases_shown_are_those_of_the_latest_contact_that_said_any() {
    let m = remembering(&[
        ("K1", 9, Some("no signal at home"), None),
        ("K2", 5, Some("pas de réseau"), None),
        ("K3", 1, None, Some("NETWORK_X")),
    ]);
    let phrases: Vec<&str> = of(&m, &Quality::default()).phrases.iter().map(|id| lexicon().phrase(*id)).collect();
    assert_eq!(phrases, ["pas de réseau"]);
}

#[test]
fn a_detractors_survey_adds_one_while_it_counts() {
    let with = |days, nps| {
        let mut m = Memory::default();
        m.survey(&survey(days, nps));
        of(&m, &Quality::default())
    };
    close(&with(5, Some(6)), -2.0);
    close(&with(5, Some(7)), -3.0);
    close(&with(5, None), -3.0);
    close(&with(90, Some(0)), -2.0);
    close(&with(91, Some(0)), -3.0);
}

#[test]
fn minutes_without_service_count_today_and_yesterday_only() {
    let mut panes = home(1, &[(good(), 5)]);
    fold(&mut panes, &no_service(3600.0), noon(WEDNESDAY.plus(-1)), 2);
    let p = of(&Memory::default(), &quality(&panes));
    assert_eq!(p.no_service_minutes.round() as i32, 120);
    let shortfall = (60.0 - quality(&panes).qoe.unwrap().score).max(0.0);
    close(&p, -3.0 + 0.6 * shortfall / 10.0 + 0.5 * 3.0_f32.ln());
    let mut older = home(1, &[(good(), 5)]);
    fold(&mut older, &no_service(3600.0), noon(WEDNESDAY.plus(-2)), 2);
    assert_eq!(of(&Memory::default(), &quality(&older)).no_service_minutes.round() as i32, 0);
}

#[test]
fn what_comes_later_does_not_count_yet() {
    let mut m = remembering(&[("K", -1, Some("no signal at home"), None)]);
    m.survey(&survey(-1, Some(0)));
    close(&of(&m, &Quality::default()), -3.0);
    let later = perceive(&m, &Quality::default(), None, NOW.plus(2 * Millis::DAY), &rules());
    close(&later, -3.0 + 1.2 + 3.0 + 1.0);
}

#[test]
fn it_is_felt_from_one_half_on_by_who_says_so_and_from_four_fifths_by_who_is_silent() {
    let said = remembering(&[("K", 1, Some("pas de réseau"), None)]);
    let felt = |m: &Memory, probability: f32| {
        let mut rules = rules();
        rules.felt.contact = 0.0;
        rules.felt.constant = (probability / (1.0 - probability)).ln();
        perceive(m, &Quality::default(), None, NOW, &rules).felt
    };
    assert_eq!([0.49, 0.51].map(|p| felt(&said, p)), [false, true]);
    assert_eq!([0.51, 0.79, 0.81].map(|p| felt(&Memory::default(), p)), [false, false, true]);
}
