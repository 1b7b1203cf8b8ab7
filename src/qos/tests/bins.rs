//! Bins, their edges and quantiles. Pure.

use super::support::{WEDNESDAY, fold, good, noon, probe, radio, session};
use crate::ingest::{Probe, ProbeKind};
use crate::qos::{
    BinHits, Bins, LATENCY_EDGES_MS, Panes, RSRP_EDGES_DBM, Rules, SINR_EDGES_DB, THROUGHPUT_EDGES_KBPS, grade,
};

fn bins_of(probes: &[Probe]) -> Bins {
    let mut panes = Panes::default();
    for p in probes {
        fold(&mut panes, p, noon(WEDNESDAY), 1);
    }
    panes.bins()
}

#[test]
fn a_value_on_an_edge_belongs_to_the_bin_above_it() {
    let bins = bins_of(&[radio(-110.0, -8.0, 0.0), radio(-110.1, -8.0, -0.1)]);
    assert_eq!(bins.rsrp, [0, 0, 1, 1, 0, 0, 0, 0]);
    assert_eq!(bins.sinr, [0, 1, 1, 0, 0, 0]);
}

#[test]
fn edges_ascend_and_lie_on_the_thresholds() {
    for edges in [&RSRP_EDGES_DBM[..], &SINR_EDGES_DB, &THROUGHPUT_EDGES_KBPS, &LATENCY_EDGES_MS] {
        assert!(edges.is_sorted_by(|a, b| a < b));
    }
    let rules = Rules::default();
    for threshold in [rules.grades.poor_rsrp_dbm, rules.grades.marginal_rsrp_dbm, rules.grades.good_rsrp_dbm] {
        assert!(RSRP_EDGES_DBM.contains(&threshold));
    }
    for threshold in [rules.grades.poor_sinr_db, rules.grades.marginal_sinr_db, rules.grades.good_sinr_db] {
        assert!(SINR_EDGES_DB.contains(&threshold));
    }
    assert!(THROUGHPUT_EDGES_KBPS.contains(&rules.session_poor_kbps));
}

#[test]
fn a_session_below_one_megabyte_is_not_binned_and_a_calls_delay_is_no_latency() {
    let small = Probe { volume_kb: Some(999.0), ..session(4000.0) };
    let unknown = Probe { volume_kb: None, ..session(4000.0) };
    let call = Probe { latency_ms: Some(60.0), ..probe(ProbeKind::CallEnd) };
    let ping = Probe { latency_ms: Some(60.0), ..probe(ProbeKind::Measurement) };
    let bins = bins_of(&[small, unknown, session(4000.0), call, ping]);
    assert_eq!(bins.sessions(), 1);
    assert_eq!(bins.throughput[4], 1);
    assert_eq!(bins.latency, [0, 1, 0, 0]);
}

#[test]
fn a_quantile_is_interpolated_linearly_within_its_bin() {
    let mut bins = Bins::default();
    bins.rsrp[2] = 10; // -115..-110
    bins.rsrp[3] = 30; // -110..-105
    assert_eq!(bins.rsrp_quantile_dbm(0.10), Some(-113.0));
    assert_eq!(bins.rsrp_quantile_dbm(0.25), Some(-110.0));
    assert!((bins.rsrp_quantile_dbm(0.50).unwrap() - (-110.0 + 5.0 / 3.0)).abs() < 1e-4);
    assert_eq!(bins.rsrp_quantile_dbm(1.0), Some(-105.0));
    assert_eq!(Bins::default().rsrp_quantile_dbm(0.5), None);
}

#[test]
fn quantiles_of_the_outermost_bins_stay_in_the_admitted_range() {
    let mut bins = Bins::default();
    bins.sinr[0] = 4;
    bins.throughput[7] = 4;
    assert_eq!(bins.sinr_quantile_db(0.5), Some(-14.0));
    assert_eq!(bins.throughput_quantile_kbps(0.5), Some(60_000.0));
}

#[test]
fn hits_followed_one_by_one_give_the_homes_own_bins() {
    let rules = Rules::default();
    let (mut panes, mut area) = (Panes::default(), Bins::default());
    for i in 0..200_u16 {
        let p = if i % 3 == 0 { session(f32::from(i) * 100.0) } else { radio(-60.0 - f32::from(i % 70), -9.0, 3.0) };
        let hits = panes.fold(&p, grade(&p, None, &rules), noon(WEDNESDAY), false, &rules).unwrap();
        area.hit(&hits);
    }
    assert_eq!(area, panes.bins());
    area.sub(&panes.bins());
    assert!(area.is_empty());
}

#[test]
fn a_full_bin_counts_no_more_neither_here_nor_in_the_area() {
    let rules = Rules::default();
    let (mut panes, mut area) = (Panes::default(), Bins::default());
    let p = session(100.0);
    for _ in 0..400 {
        area.hit(&panes.fold(&p, None, noon(WEDNESDAY), false, &rules).unwrap());
    }
    assert_eq!(area.throughput[0], 255);
    assert_eq!(area, panes.bins());
    let full = panes.fold(&p, None, noon(WEDNESDAY), false, &rules);
    assert_eq!(full, Some(BinHits::default()));
    assert!(full.unwrap().is_empty());
}

#[test]
fn sums_of_two_weeks_are_kept_apart_only_inside() {
    let mut panes = Panes::default();
    fold(&mut panes, &good(), noon(WEDNESDAY.plus(-7)), 2);
    fold(&mut panes, &good(), noon(WEDNESDAY), 3);
    assert_eq!(panes.bins().rsrp_samples(), 5);
    assert_eq!(panes.bins().sinr_samples(), 5);
}
