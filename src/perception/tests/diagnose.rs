//! One cause for each story, and its evidence. Pure.

use super::support::{NOW, home, quality};
use crate::ingest::{Probe, ProbeKind};
use crate::perception::{Around, CellPeers, Diagnosis, Direction, Evidence, Handset, Rules, diagnose};
use crate::qos::tests::support::{
    WEDNESDAY, evening, fold, good, no_service, noisy, noon, probe, radio, session, weak,
};
use crate::qos::{AtHome, Episode, Panes, Quality, Rules as QosRules, judge};
use crate::units::Cause;

/// Diagnoses a home taken to have a problem: what makes one is the quality stage's question.
fn told(panes: &Panes, elsewhere: (u32, u32), peers: Option<(u32, u32)>) -> Option<Diagnosis> {
    told_of(panes, Handset { elsewhere: [(0, 0), elsewhere], ..Handset::default() }, peers)
}

fn told_of(panes: &Panes, handset: Handset, peers: Option<(u32, u32)>) -> Option<Diagnosis> {
    let q = Quality { problem: true, degraded: true, ..quality(panes) };
    let peers = peers.map(|(homes, fine)| CellPeers { homes, fine });
    diagnose(&q, panes, handset, Around { peers, ..Around::default() }, &Rules::default(), &QosRules::default())
}

fn cause(panes: &Panes) -> Cause {
    told(panes, (0, 0), None).unwrap().cause
}

/// Six days of good radio with so many sessions each evening and each noon, of these speeds.
fn sessions(busy: &[(f32, usize)], quiet: &[(f32, usize)], each: &[(Probe, usize)]) -> Panes {
    let mut panes = home(6, each);
    for back in 0..6 {
        for (kbps, n) in busy {
            fold(&mut panes, &session(*kbps), evening(WEDNESDAY.plus(-back)), *n);
        }
        for (kbps, n) in quiet {
            fold(&mut panes, &session(*kbps), noon(WEDNESDAY.plus(-back)), *n);
        }
    }
    panes
}

#[test]
fn a_low_rsrp_is_coverage() {
    let d = told(&home(6, &[(weak(), 6), (good(), 4)]), (0, 0), None).unwrap();
    assert_eq!((d.cause, d.symptom), (Cause::Coverage, Cause::Coverage));
    let first = &d.evidence[0];
    assert_eq!((first.indicator, first.statistic, first.window, first.samples), ("rsrp_dbm", "share_poor", "P2D", 20));
    assert!((first.observed - 0.6).abs() < 1e-9 && (first.threshold - 0.3).abs() < 1e-9);
}

#[test]
fn what_a_customer_is_told_rests_on_more_than_what_he_is_judged_by() {
    let of_ten = |poor: usize| told(&home(2, &[(weak(), poor), (good(), 10 - poor)]), (0, 0), None).unwrap();
    assert_eq!((of_ten(3).cause, of_ten(3).is_sure), (Cause::Coverage, false), "6 of 20 may be 4 of 20");
    assert!(of_ten(4).is_sure);
    let slow = |each: usize| told(&sessions(&[(800.0, each)], &[(800.0, each)], &[(good(), 8)]), (0, 0), None).unwrap();
    assert!(slow(3).is_sure, "twelve sessions in two days");
}

#[test]
fn a_low_rsrp_with_a_low_sinr_is_coverage_still() {
    assert_eq!(cause(&home(6, &[(radio(-118.0, -16.0, -2.0), 6), (good(), 4)])), Cause::Coverage);
}

#[test]
fn a_bad_sinr_under_a_good_rsrp_is_interference() {
    let d = told(&home(6, &[(noisy(), 5), (good(), 5)]), (0, 0), None).unwrap();
    assert_eq!(d.cause, Cause::Interference);
    assert_eq!(d.evidence[0].indicator, "sinr_db");
    assert_eq!((d.evidence[1].statistic, d.evidence[1].direction), ("p10", Direction::Below));
}

#[test]
fn slow_evenings_under_good_radio_are_congestion() {
    let d = told(&sessions(&[(800.0, 3)], &[(30_000.0, 3)], &[(good(), 8)]), (0, 0), None).unwrap();
    assert_eq!(d.cause, Cause::Congestion);
    assert_eq!((d.evidence[0].indicator, d.evidence[0].statistic), ("dl_kbps", "share_poor_busy"));
    assert_eq!(d.evidence[1].statistic, "share_poor_quiet");
}

#[test]
fn slow_sessions_at_any_hour_under_good_radio_are_congestion_for_want_of_a_better_word() {
    assert_eq!(cause(&sessions(&[(800.0, 3)], &[(900.0, 3)], &[(good(), 8)])), Cause::Congestion);
}

#[test]
fn bad_quality_that_only_load_brings_is_congestion_and_not_interference() {
    let radio = [(noisy(), 4), (good(), 6)];
    assert_eq!(cause(&sessions(&[(800.0, 3)], &[(30_000.0, 3)], &radio)), Cause::Congestion);
    assert_eq!(cause(&sessions(&[(800.0, 3)], &[(900.0, 3)], &radio)), Cause::Interference);
}

#[test]
fn drops_after_a_change_of_cell_are_mobility() {
    let rules = QosRules::default();
    let mut panes = home(6, &[(good(), 8), (Probe { setup_ok: Some(true), ..probe(ProbeKind::CallSetup) }, 4)]);
    for back in 0..6 {
        panes.fold(&probe(ProbeKind::CallDrop), None, noon(WEDNESDAY.plus(-back)), true, &rules);
        panes.fold(&probe(ProbeKind::HandoverFailure), None, noon(WEDNESDAY.plus(-back)), false, &rules);
    }
    let d = told(&panes, (0, 0), None).unwrap();
    assert_eq!(d.cause, Cause::Mobility);
    assert_eq!((d.evidence[0].indicator, d.evidence[0].observed), ("mobility_events", 0.5));
}

#[test]
fn a_bad_sinr_where_handovers_fail_is_a_missing_neighbours_doing() {
    let calls = Probe { setup_ok: Some(true), ..probe(ProbeKind::CallSetup) };
    let mut panes = home(6, &[(noisy(), 5), (good(), 5), (calls, 2)]);
    assert_eq!(cause(&panes), Cause::Interference);
    for back in 0..6 {
        fold(&mut panes, &probe(ProbeKind::HandoverFailure), noon(WEDNESDAY.plus(-back)), 2);
    }
    assert_eq!(cause(&panes), Cause::Mobility);
}

#[test]
fn two_mobility_events_say_nothing() {
    let rules = QosRules::default();
    let mut panes = home(6, &[(good(), 8), (radio(-105.0, -9.0, 12.0), 2), (weak(), 2)]);
    for back in 0..2 {
        panes.fold(&probe(ProbeKind::CallDrop), None, noon(WEDNESDAY.plus(-back)), true, &rules);
    }
    assert_eq!(cause(&panes), Cause::Coverage);
}

#[test]
fn long_hours_without_service_are_an_outage() {
    let d = told(&home(3, &[(good(), 6), (no_service(3000.0), 1)]), (0, 0), None).unwrap();
    assert_eq!(d.cause, Cause::Outage);
    assert_eq!(
        (d.evidence[0].indicator, d.evidence[0].unit, d.evidence[0].observed),
        ("no_service_minutes", "min", 50.0)
    );
}

#[test]
fn a_dead_corner_with_some_minutes_without_service_is_coverage_and_a_dead_site_is_not() {
    assert_eq!(cause(&home(3, &[(weak(), 6), (no_service(2400.0), 1)])), Cause::Coverage);
    assert_eq!(cause(&home(3, &[(weak(), 6), (no_service(7200.0), 1)])), Cause::Outage);
}

#[test]
fn a_running_episode_without_service_is_an_outage_at_once() {
    let rules = QosRules::default();
    let mut episode = Episode::default();
    let p = Probe { ts: NOW, ..no_service(1200.0) };
    episode.observe(&p, None, &rules);
    let mut panes = home(5, &[(good(), 6)]);
    fold(&mut panes, &p, noon(WEDNESDAY), 1);
    let q = judge(&panes.open(&rules), &episode, AtHome::default(), WEDNESDAY, NOW.plus(1_200_000), 60.0, &rules);
    let d = diagnose(&q, &panes, Handset::default(), Around::default(), &Rules::default(), &rules).unwrap();
    assert_eq!(d.cause, Cause::Outage);
}

#[test]
fn where_no_figure_alone_reaches_its_threshold_the_score_is_named_first() {
    let reasons = |share: usize| -> Vec<(&str, bool)> {
        let panes = home(6, &[(weak(), share), (Probe { rsrp_dbm: Some(-108.0), ..good() }, 10 - share)]);
        let q = Quality { problem: true, degraded: true, target: 95.0, ..quality(&panes) };
        let d = diagnose(&q, &panes, Handset::default(), Around::default(), &Rules::default(), &QosRules::default());
        let beyond = |e: &Evidence| {
            if e.direction == Direction::Above { e.observed >= e.threshold } else { e.observed < e.threshold }
        };
        d.unwrap().evidence.iter().map(|e| (e.indicator, beyond(e))).collect()
    };
    assert_eq!(reasons(6)[0], ("rsrp_dbm", true));
    let few = reasons(2);
    assert_eq!((few[0], few[1]), (("qoe", true), ("rsrp_dbm", false)), "{few:?}");
}

#[test]
fn a_weak_home_among_fine_ones_is_its_buildings_and_its_symptom_stays_coverage() {
    let d = told(&home(6, &[(weak(), 6), (good(), 4)]), (100, 5), Some((12, 10))).unwrap();
    assert_eq!((d.cause, d.symptom), (Cause::Building, Cause::Coverage));
    let peers = d.evidence.last().unwrap();
    assert_eq!((peers.indicator, peers.statistic, peers.samples), ("cell_homes", "share_fine", 12));
}

#[test]
fn a_home_poor_elsewhere_too_among_fine_ones_is_the_handsets() {
    let d = told(&home(6, &[(weak(), 6), (good(), 4)]), (100, 50), Some((12, 10))).unwrap();
    assert_eq!((d.cause, d.symptom), (Cause::Device, Cause::Coverage));
    let noisy_too = told(&home(6, &[(noisy(), 6), (good(), 4)]), (100, 50), Some((12, 10))).unwrap();
    assert_eq!((noisy_too.cause, noisy_too.symptom), (Cause::Device, Cause::Interference));
}

#[test]
fn without_known_peers_or_with_fewer_than_five_coverage_stays_coverage() {
    let panes = home(6, &[(weak(), 6), (good(), 4)]);
    for peers in [None, Some((4, 4)), Some((0, 0))] {
        assert_eq!(told(&panes, (100, 50), peers).unwrap().cause, Cause::Coverage, "{peers:?}");
    }
}

#[test]
fn where_the_neighbours_suffer_as_well_it_is_the_networks() {
    let panes = home(6, &[(weak(), 6), (good(), 4)]);
    assert_eq!(told(&panes, (100, 50), Some((20, 13))).unwrap().cause, Cause::Coverage);
    // Between .70 and .80 fine the handset is not accused, the building is.
    assert_eq!(told(&panes, (100, 50), Some((20, 15))).unwrap().cause, Cause::Building);
}

#[test]
fn few_samples_elsewhere_accuse_no_handset() {
    let panes = home(6, &[(weak(), 6), (good(), 4)]);
    assert_eq!(told(&panes, (9, 9), Some((12, 10))).unwrap().cause, Cause::Building);
    assert_eq!(told(&panes, (100, 39), Some((12, 10))).unwrap().cause, Cause::Building);
}

#[test]
fn who_is_poor_at_work_only_has_a_poor_desk_and_no_broken_handset() {
    let panes = home(6, &[(weak(), 6), (good(), 4)]);
    let cause = |elsewhere| told_of(&panes, Handset { elsewhere, ..Handset::default() }, Some((12, 10))).unwrap().cause;
    assert_eq!(cause([(80, 78), (40, 3)]), Cause::Building);
    assert_eq!(cause([(80, 78), (40, 20)]), Cause::Device);
    assert_eq!(cause([(80, 78), (9, 0)]), Cause::Device, "nine samples do not clear it");
    let handset = Handset { elsewhere: [(10, 4), (9, 0)], ..Handset::default() };
    let told = told_of(&panes, handset, Some((12, 10))).unwrap();
    let elsewhere = told.evidence.iter().find(|evidence| evidence.indicator == "elsewhere").unwrap();
    assert_eq!(elsewhere.samples, 10, "nor are they told as what accuses it");
    assert!(elsewhere.observed >= elsewhere.threshold, "{elsewhere:?}");
}

#[test]
fn a_building_does_not_change_overnight_though_the_others_are_fine() {
    let panes = home(6, &[(weak(), 6), (good(), 4)]);
    let cause = |turned| told_of(&panes, Handset { turned, ..Handset::default() }, Some((12, 10))).unwrap().cause;
    assert_eq!((cause(false), cause(true)), (Cause::Building, Cause::Coverage));
}

#[test]
fn after_a_step_few_poor_samples_elsewhere_accuse_the_handset() {
    let panes = home(6, &[(weak(), 6), (good(), 4)]);
    let told = |elsewhere, peers| told_of(&panes, Handset { elsewhere, sudden: true, turned: true }, peers).unwrap();
    let device = told([(2, 1), (1, 0)], Some((12, 10)));
    assert_eq!(device.cause, Cause::Device);
    let [.., elsewhere, step] = &device.evidence[..] else { panic!("{device:?}") };
    assert_eq!((elsewhere.indicator, elsewhere.samples, step.indicator), ("elsewhere", 3, "sudden_onset"));
    assert_eq!(told([(1, 1), (1, 1)], Some((12, 10))).cause, Cause::Coverage, "two samples say nothing");
    assert_eq!(told([(12, 1), (12, 2)], Some((12, 10))).cause, Cause::Coverage);
    assert_eq!(told([(2, 2), (1, 1)], Some((12, 6))).cause, Cause::Coverage, "the street has it too");
}

#[test]
fn a_weak_home_whose_trouble_is_older_than_its_streets_is_the_buildings_matter() {
    let panes = home(6, &[(weak(), 6), (good(), 4)]);
    let q = Quality { problem: true, degraded: true, ..quality(&panes) };
    let told = |elder_days| {
        let around = Around { peers: Some(CellPeers { homes: 12, fine: 1 }), elder_days, ..Around::default() };
        diagnose(&q, &panes, Handset::default(), around, &Rules::default(), &QosRules::default()).unwrap()
    };
    assert_eq!(told(None).cause, Cause::Coverage);
    let own = told(Some(9));
    let why = own.evidence.last().unwrap();
    assert_eq!((own.cause, own.symptom), (Cause::Building, Cause::Coverage));
    assert_eq!((why.indicator, why.observed, why.threshold, why.unit), ("own_trouble", 9.0, 7.0, "d"));
}

#[test]
fn interference_at_one_home_among_fine_ones_is_no_buildings_matter() {
    let d = told(&home(6, &[(noisy(), 6), (good(), 4)]), (100, 2), Some((12, 11))).unwrap();
    assert_eq!(d.cause, Cause::Interference);
}

#[test]
fn what_only_the_street_shows_is_of_the_streets_cause() {
    let panes = home(6, &[(good(), 9)]);
    let q = Quality { problem: true, degraded: true, ..quality(&panes) };
    let told = |shared| {
        let around = Around { shared, ..Around::default() };
        diagnose(&q, &panes, Handset::default(), around, &Rules::default(), &QosRules::default())
    };
    assert_eq!(told(None), None);
    let d = told(Some(Cause::Mobility)).unwrap();
    assert_eq!((d.cause, d.symptom, d.evidence[0].indicator), (Cause::Mobility, Cause::Mobility, "mobility_events"));
    // What a home shows by itself goes before it.
    let panes = home(6, &[(weak(), 9)]);
    let q = Quality { problem: true, degraded: true, ..quality(&panes) };
    let around = Around { shared: Some(Cause::Mobility), ..Around::default() };
    let d = diagnose(&q, &panes, Handset::default(), around, &Rules::default(), &QosRules::default()).unwrap();
    assert_eq!(d.cause, Cause::Coverage);
}

#[test]
fn no_problem_or_nothing_out_of_order_has_no_cause() {
    let panes = home(6, &[(weak(), 9)]);
    let q = Quality { problem: false, ..quality(&panes) };
    assert_eq!(
        diagnose(&q, &panes, Handset::default(), Around::default(), &Rules::default(), &QosRules::default()),
        None
    );
    assert_eq!(told(&home(6, &[(good(), 9)]), (0, 0), None), None);
}

#[test]
fn evidence_is_written_as_the_contract_shows_it() {
    let d = told(&home(6, &[(weak(), 6), (good(), 4)]), (0, 0), None).unwrap();
    let json = serde_json::to_value(&d.evidence[0]).unwrap();
    let expected = serde_json::json!({"indicator": "rsrp_dbm", "statistic": "share_poor", "observed": 0.6, "unit": "1",
        "threshold": 0.3, "direction": "above", "window": "P2D", "samples": 20});
    assert_eq!(json, expected);
}
