//! Scores between bad and good points, and the E-model. Pure.

use crate::qos::{Parts, Rules, Span, Weights, emodel_mos, emodel_r};

#[test]
fn each_indicator_scores_0_at_its_bad_point_and_100_at_its_good_one() {
    let s = Rules::default().scores;
    for (span, bad, good) in [
        (s.share_poor, 0.5, 0.0),
        (s.no_service_minutes, 60.0, 0.0),
        (s.setup_success, 0.85, 1.0),
        (s.drop_share, 0.10, 0.0),
        (s.setup_time_s, 12.0, 4.5),
    ] {
        let at = |v: f32| span.linear(v).round() as i32;
        assert_eq!((at(bad), at(good), at(f32::midpoint(bad, good))), (0, 100, 50), "{span:?}");
        let beyond = bad + (bad - good);
        assert_eq!(at(beyond), 0);
    }
    for (span, bad, good) in [(s.throughput_mbps, 1.0_f32, 20.0_f32), (s.throughput_p10_mbps, 0.5, 8.0)] {
        let at = |v: f32| span.log(v).round() as i32;
        assert_eq!((at(bad), at(good), at((bad * good).sqrt()), at(0.0)), (0, 100, 50, 0), "{span:?}");
    }
}

#[test]
fn parts_that_were_not_measured_leave_their_weight_to_the_others() {
    let w = Weights::default();
    let all = Parts { voice: Some(0.0), data: Some(100.0), coverage: Some(100.0), availability: Some(100.0) };
    assert!((all.score(&w).unwrap() - 70.0).abs() < 1e-3);
    let two = Parts { coverage: Some(40.0), availability: Some(100.0), ..Parts::default() };
    assert!((two.score(&w).unwrap() - (0.20 * 40.0 + 0.15 * 100.0) / 0.35).abs() < 1e-3);
    assert_eq!(Parts::default().score(&w), None);
}

#[test]
fn the_weakest_part_weighs_only_when_asked_to() {
    let parts = Parts { voice: Some(0.0), data: Some(100.0), coverage: Some(100.0), availability: Some(100.0) };
    let half = Weights { weakest_part: 0.5, ..Weights::default() };
    assert!((parts.score(&half).unwrap() - 35.0).abs() < 1e-3);
}

#[test]
fn the_e_model_gives_the_known_ratings() {
    // R = 93.2 − Id − Ie for AMR 12.2 (Ie 5): without delay and loss 88.2, which is a score of 4.29.
    assert!((emodel_r(0.0, 0.0) - 88.2).abs() < 1e-3);
    assert!((emodel_mos(88.2) - 4.29).abs() < 0.01);
    // R 93.2 is 4.41, R 50 is 2.58, by G.107's own table.
    assert!((emodel_mos(93.2) - 4.41).abs() < 0.01);
    assert!((emodel_mos(50.0) - 2.58).abs() < 0.01);
    assert!(emodel_r(0.0, 400.0) < emodel_r(0.0, 150.0) - 20.0);
    assert!((emodel_r(10.0, 0.0) - (93.2 - 5.0 - 45.0)).abs() < 1e-3);
    assert!((emodel_mos(emodel_r(100.0, 1000.0)) - 1.0).abs() < 0.01);
}

#[test]
fn a_span_may_fall_or_rise() {
    let rising = Span { bad: 0.0, good: 10.0 };
    let falling = Span { bad: 10.0, good: 0.0 };
    assert!((rising.linear(7.0) - 70.0).abs() < 1e-4);
    assert!((falling.linear(7.0) - 30.0).abs() < 1e-4);
}
