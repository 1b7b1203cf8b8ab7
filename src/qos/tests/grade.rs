//! What makes a sample good, marginal or poor. Pure.

use super::support::{probe, radio};
use crate::ingest::{DeviceCaps, Probe, ProbeKind};
use crate::qos::{Elsewhere, Grade, Rules, grade, lte_phone};
use crate::units::{Day, LocalTime, Rat};

fn of(p: &Probe) -> Option<Grade> {
    grade(p, None, &Rules::default())
}

#[test]
fn each_threshold_of_lte_is_poor_below_and_not_at() {
    for (rsrp, rsrq, sinr, expected) in [
        (-110.1, -8.0, 15.0, Grade::PoorRsrp),
        (-110.0, -8.0, 15.0, Grade::Marginal),
        (-80.0, -15.1, 15.0, Grade::PoorQuality),
        (-80.0, -15.0, 15.0, Grade::Marginal),
        (-80.0, -8.0, -0.1, Grade::PoorQuality),
        (-80.0, -8.0, 0.0, Grade::Marginal),
        (-110.1, -15.1, 15.0, Grade::PoorBoth),
        (-110.1, -8.0, -0.1, Grade::PoorBoth),
        (-100.1, -8.0, 15.0, Grade::Marginal),
        (-100.0, -8.0, 15.0, Grade::Fair),
        (-80.0, -12.1, 15.0, Grade::Marginal),
        (-80.0, -12.0, 15.0, Grade::Fair),
        (-80.0, -8.0, 4.9, Grade::Marginal),
        (-80.0, -8.0, 5.0, Grade::Fair),
        (-95.1, -8.0, 15.0, Grade::Fair),
        (-80.0, -10.1, 15.0, Grade::Fair),
        (-80.0, -8.0, 9.9, Grade::Fair),
        (-95.0, -10.0, 10.0, Grade::Good),
    ] {
        assert_eq!(of(&radio(rsrp, rsrq, sinr)), Some(expected), "{rsrp} {rsrq} {sinr}");
    }
}

#[test]
fn absent_values_are_skipped_and_nothing_measured_is_no_grade() {
    let only = |rsrp_dbm, rsrq_db, sinr_db| of(&Probe { rsrp_dbm, rsrq_db, sinr_db, ..probe(ProbeKind::Measurement) });
    assert_eq!(only(Some(-80.0), None, None), Some(Grade::Good));
    assert_eq!(only(None, Some(-16.0), None), Some(Grade::PoorQuality));
    assert_eq!(only(None, None, Some(7.0)), Some(Grade::Fair));
    assert_eq!(only(None, None, None), None);
}

#[test]
fn nr_is_not_judged_by_rsrp_alone() {
    let nr = |rsrp_dbm, rsrq_db, sinr_db| {
        of(&Probe { rat: Some(Rat::Nr), rsrp_dbm, rsrq_db, sinr_db, ..probe(ProbeKind::Measurement) })
    };
    assert_eq!(nr(Some(-118.0), Some(-10.0), Some(12.0)), Some(Grade::Marginal));
    assert_eq!(nr(Some(-118.0), None, None), Some(Grade::Marginal));
    assert_eq!(nr(Some(-118.0), Some(-13.0), None), Some(Grade::PoorRsrp));
    assert_eq!(nr(Some(-118.0), None, Some(-1.0)), Some(Grade::PoorBoth));
    assert_eq!(nr(Some(-80.0), None, Some(-1.0)), Some(Grade::PoorQuality));
}

#[test]
fn gsm_and_umts_are_judged_by_their_signal_and_marginal_at_best_on_an_lte_phone() {
    let rules = Rules::default();
    let old =
        |rat, dbm, lte| grade(&Probe { rat: Some(rat), signal_dbm: dbm, ..probe(ProbeKind::Measurement) }, lte, &rules);
    assert_eq!(old(Rat::Gsm, Some(-100.1), None), Some(Grade::PoorRsrp));
    assert_eq!(old(Rat::Gsm, Some(-100.0), None), Some(Grade::Fair));
    assert_eq!(old(Rat::Umts, Some(-105.1), None), Some(Grade::PoorRsrp));
    assert_eq!(old(Rat::Umts, Some(-105.0), Some(false)), Some(Grade::Fair));
    assert_eq!(old(Rat::Umts, Some(-60.0), Some(true)), Some(Grade::Marginal));
    assert_eq!(old(Rat::Gsm, None, Some(true)), Some(Grade::Marginal));
    assert_eq!(old(Rat::Gsm, None, None), None);
}

#[test]
fn wifi_is_not_graded() {
    assert_eq!(of(&Probe { rat: Some(Rat::Wifi), ..radio(-120.0, -20.0, -5.0) }), None);
}

#[test]
fn a_handset_that_does_volte_or_nr_speaks_lte_and_silence_says_nothing() {
    assert_eq!(lte_phone(&DeviceCaps { volte: Some(true), ..DeviceCaps::default() }), Some(true));
    assert_eq!(lte_phone(&DeviceCaps { nr: Some(true), ..DeviceCaps::default() }), Some(true));
    assert_eq!(lte_phone(&DeviceCaps { volte: Some(false), ..DeviceCaps::default() }), None);
}

#[test]
fn elsewhere_keeps_its_share_when_it_halves() {
    let mut elsewhere = Elsewhere::default();
    let local = LocalTime { day: Day(0), minute: 7 * 60 };
    for i in 0..10_000 {
        elsewhere.fold(if i % 4 == 0 { Grade::PoorBoth } else { Grade::Fair }, local);
    }
    let [working, (samples, poor)] = elsewhere.pairs();
    assert_eq!(working, (0, 0));
    assert!(samples <= u32::from(Elsewhere::FULL));
    assert!((f64::from(poor) / f64::from(samples) - 0.25).abs() < 0.02);
}

#[test]
fn working_hours_are_those_of_the_day_from_monday_to_friday() {
    // 1970-01-01 was a Thursday.
    for (day, hour, working) in [(0, 8, 1), (1, 17, 1), (2, 12, 0), (3, 12, 0), (4, 12, 1), (0, 7, 0), (0, 18, 0)] {
        let mut elsewhere = Elsewhere::default();
        elsewhere.fold(Grade::Fair, LocalTime { day: Day(day), minute: hour * 60 });
        assert_eq!(elsewhere.pairs(), [(working, 0), (1 - working, 0)], "day {day}, {hour}:00");
    }
}
