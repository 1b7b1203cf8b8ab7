//! What each kind of probe counts. Pure.

use super::support::{WEDNESDAY, evening, fold, good, no_service, noisy, noon, probe, radio, session, weak};
use crate::ingest::{Probe, ProbeKind};
use crate::qos::{Pane, Panes, Rules, grade};
use crate::units::LocalTime;

fn pane_of(probes: &[(Probe, LocalTime)]) -> Pane {
    let mut panes = Panes::default();
    for (p, at) in probes {
        fold(&mut panes, p, *at, 1);
    }
    panes.pane(WEDNESDAY).unwrap()
}

fn at_noon(probes: &[Probe]) -> Pane {
    let timed: Vec<_> = probes.iter().map(|p| (p.clone(), noon(WEDNESDAY))).collect();
    pane_of(&timed)
}

#[test]
fn a_pane_is_28_bytes() {
    assert_eq!(size_of::<Pane>(), 28);
}

#[test]
fn samples_are_counted_by_grade() {
    let both = radio(-116.0, -17.0, -3.0);
    let marginal = radio(-105.0, -9.0, 12.0);
    let fair = radio(-97.0, -9.0, 12.0);
    let pane = at_noon(&[good(), fair, marginal, weak(), weak(), noisy(), both]);
    assert_eq!((pane.samples, pane.good, pane.marginal), (7, 1, 1));
    assert_eq!((pane.poor_rsrp, pane.poor_quality, pane.poor_both), (2, 1, 1));
    assert_eq!(pane.poor(), 4);
}

#[test]
fn calls_are_counted_by_what_became_of_them() {
    let setup = |ok| Probe { setup_ok: Some(ok), setup_time_ms: Some(4500.0), ..probe(ProbeKind::CallSetup) };
    let pane =
        at_noon(&[setup(true), setup(true), setup(false), probe(ProbeKind::CallEnd), probe(ProbeKind::CallDrop)]);
    assert_eq!((pane.call_attempts, pane.call_failures, pane.call_ends, pane.call_drops), (3, 1, 1, 1));
    // A failed set-up has no set-up time that says anything.
    assert_eq!((pane.voice_scores, pane.voice_score_sum), (2, 200));
    assert_eq!(pane.mobility_events, 0);
}

#[test]
fn a_call_that_reports_loss_and_delay_scores_by_the_e_model() {
    let call = |loss, delay| Probe { loss_pct: loss, latency_ms: delay, ..probe(ProbeKind::CallEnd) };
    let pane = at_noon(&[call(Some(0.0), Some(40.0)), call(Some(5.0), None), call(None, Some(40.0))]);
    assert_eq!((pane.voice_scores, pane.voice_score_sum), (1, 100));
    let lossy = at_noon(&[call(Some(8.0), Some(200.0))]);
    assert!(lossy.voice_score_sum < 30, "{}", lossy.voice_score_sum);
}

#[test]
fn a_drop_after_a_change_of_cell_is_a_drop_and_a_mobility_event() {
    let rules = Rules::default();
    let mut panes = Panes::default();
    panes.fold(&probe(ProbeKind::CallDrop), None, noon(WEDNESDAY), true, &rules);
    panes.fold(&probe(ProbeKind::CallDrop), None, noon(WEDNESDAY), false, &rules);
    let pane = panes.pane(WEDNESDAY).unwrap();
    assert_eq!((pane.call_drops, pane.mobility_events), (2, 1));
}

#[test]
fn lost_links_and_failed_handovers_are_mobility_unless_the_signal_was_weak() {
    let rlf = |p: Probe| Probe { kind: ProbeKind::Rlf, ..p };
    let pane = at_noon(&[rlf(probe(ProbeKind::Rlf)), rlf(noisy()), rlf(weak()), probe(ProbeKind::HandoverFailure)]);
    assert_eq!(pane.mobility_events, 3);
}

#[test]
fn sessions_of_the_busy_hours_begin_at_18_and_end_before_23() {
    let at = |minute| LocalTime { day: WEDNESDAY, minute };
    let pane = pane_of(&[
        (session(2999.0), at(17 * 60 + 59)),
        (session(2999.0), at(18 * 60)),
        (session(3000.0), at(22 * 60 + 59)),
        (session(2999.0), at(23 * 60)),
    ]);
    assert_eq!((pane.busy_sessions, pane.busy_poor, pane.quiet_sessions, pane.quiet_poor), (2, 1, 2, 2));
}

#[test]
fn a_sessions_score_is_logarithmic_between_1_and_20_megabits() {
    let pane = at_noon(&[session(1000.0), session(20_000.0), session(4472.0), session(90_000.0)]);
    assert_eq!(pane.session_score_sum, 100 + 50 + 100);
}

#[test]
fn no_service_counts_its_seconds_or_a_minute_when_it_has_none() {
    let unknown = Probe { duration_s: None, ..no_service(0.0) };
    assert_eq!(at_noon(&[no_service(600.0), unknown]).no_service_s, 660);
    assert_eq!(at_noon(&[no_service(60_000.0), no_service(60_000.0)]).no_service_s, u16::MAX);
}

#[test]
fn full_counters_stay_full_and_shares_stay_true() {
    let mut panes = Panes::default();
    fold(&mut panes, &weak(), noon(WEDNESDAY), 40_000);
    fold(&mut panes, &good(), noon(WEDNESDAY), 40_000);
    fold(&mut panes, &probe(ProbeKind::CallDrop), noon(WEDNESDAY), 300);
    fold(&mut panes, &session(9.0), evening(WEDNESDAY), 300);
    let pane = panes.pane(WEDNESDAY).unwrap();
    assert_eq!((pane.samples, pane.poor_rsrp), (u16::MAX, 40_000));
    assert_eq!(u32::from(pane.good) + pane.poor(), u32::from(u16::MAX));
    assert_eq!((pane.call_drops, pane.busy_sessions, pane.busy_poor), (255, 255, 255));
}

#[test]
fn a_probe_of_any_kind_that_carries_radio_values_is_a_sample_too() {
    let rules = Rules::default();
    let p = Probe { rsrp_dbm: Some(-120.0), ..session(900.0) };
    let mut panes = Panes::default();
    panes.fold(&p, grade(&p, None, &rules), noon(WEDNESDAY), false, &rules);
    let pane = panes.pane(WEDNESDAY).unwrap();
    assert_eq!((pane.samples, pane.poor_rsrp, pane.quiet_sessions), (1, 1, 1));
}
