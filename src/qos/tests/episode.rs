//! When an episode begins, runs and ends. Pure.

use super::support::{good, no_service, probe, radio, weak};
use crate::ingest::{Probe, ProbeKind};
use crate::qos::{Episode, EpisodeKind, Rules, grade};
use crate::units::Millis;

const START: i64 = 1_792_440_000_000;

fn minute(m: i64) -> Millis {
    Millis(START + m * Millis::MINUTE)
}

/// Observes probes at minutes after the start.
fn episode(news: &[(i64, Probe)]) -> Episode {
    let rules = Rules::default();
    let mut episode = Episode::default();
    for (m, p) in news {
        let p = Probe { ts: minute(*m), ..p.clone() };
        episode.observe(&p, grade(&p, None, &rules), &rules);
    }
    episode
}

fn runs(episode: &Episode, m: i64) -> Option<(EpisodeKind, i64)> {
    let running = episode.running(minute(m), &Rules::default())?;
    Some((running.kind, (running.since.0 - START) / Millis::MINUTE))
}

#[test]
fn poor_samples_make_an_episode_once_they_span_fifteen_minutes() {
    assert_eq!(runs(&episode(&[(0, weak()), (14, weak())]), 14), None);
    assert_eq!(runs(&episode(&[(0, weak()), (15, weak())]), 15), Some((EpisodeKind::Poor, 0)));
    // One poor sample followed by silence spans nothing.
    assert_eq!(runs(&episode(&[(0, weak())]), 30), None);
}

#[test]
fn a_no_service_record_lasts_for_its_duration_and_not_before_it_has() {
    let e = episode(&[(0, no_service(1200.0))]);
    assert_eq!(runs(&e, 14), None);
    assert_eq!(runs(&e, 15), Some((EpisodeKind::NoService, 0)));
    assert_eq!(runs(&episode(&[(0, no_service(840.0))]), 20), None);
}

#[test]
fn an_episode_without_news_expires_after_sixty_minutes() {
    let e = episode(&[(0, no_service(1200.0))]);
    assert_eq!(runs(&e, 80), Some((EpisodeKind::NoService, 0)));
    assert_eq!(runs(&e, 81), None);
}

#[test]
fn a_sample_that_is_not_poor_ends_it() {
    assert_eq!(runs(&episode(&[(0, weak()), (20, weak()), (21, good())]), 22), None);
    let marginal = radio(-105.0, -9.0, 12.0);
    assert_eq!(runs(&episode(&[(0, weak()), (20, weak()), (21, marginal)]), 22), None);
}

#[test]
fn an_event_that_shows_service_ends_it_and_one_that_does_not_leaves_it() {
    let outage = [(0, no_service(1200.0))];
    let then = |p: Probe| runs(&episode(&[outage[0].clone(), (25, p)]), 26).is_some();
    assert!(!then(probe(ProbeKind::CallEnd)));
    assert!(!then(probe(ProbeKind::DataSession)));
    assert!(!then(Probe { setup_ok: Some(true), ..probe(ProbeKind::CallSetup) }));
    assert!(then(Probe { setup_ok: Some(false), ..probe(ProbeKind::CallSetup) }));
    assert!(then(probe(ProbeKind::CallDrop)));
    assert!(then(probe(ProbeKind::Rlf)));
    // Served, but poorly: the episode goes on as a poor one.
    let poor = Probe { kind: ProbeKind::DataSession, ..weak() };
    assert_eq!(runs(&episode(&[outage[0].clone(), (25, poor)]), 26), Some((EpisodeKind::Poor, 0)));
}

#[test]
fn bad_news_after_more_than_an_hour_of_silence_begins_another_episode() {
    assert_eq!(runs(&episode(&[(0, weak()), (61, weak()), (70, weak())]), 70), None);
    assert_eq!(runs(&episode(&[(0, weak()), (61, weak()), (76, weak())]), 76), Some((EpisodeKind::Poor, 61)));
    assert_eq!(runs(&episode(&[(0, weak()), (60, weak())]), 60), Some((EpisodeKind::Poor, 0)));
}

#[test]
fn a_record_older_than_the_latest_news_neither_ends_nor_extends() {
    let e = episode(&[(0, weak()), (20, weak()), (10, good()), (5, no_service(60.0))]);
    assert_eq!(runs(&e, 21), Some((EpisodeKind::Poor, 0)));
}

#[test]
fn the_next_change_is_told_so_that_a_timer_can_wait_for_it() {
    let rules = Rules::default();
    let e = episode(&[(0, no_service(1200.0))]);
    assert_eq!(e.next_change(minute(1), &rules), Some(minute(15)));
    assert_eq!(e.next_change(minute(15), &rules), Some(minute(80).plus(Millis::SECOND)));
    assert_eq!(e.next_change(minute(90), &rules), None);
    assert_eq!(Episode::default().next_change(minute(0), &rules), None);
    let mut ended = e;
    ended.end();
    assert_eq!(ended, Episode::default());
}

#[test]
fn the_newest_bad_news_reaches_to_its_end_until_good_news_comes() {
    let until = |news: &[(i64, Probe)]| episode(news).bad_until().map(|at| at.since(minute(0)) / Millis::MINUTE);
    assert_eq!(until(&[]), None);
    assert_eq!(until(&[(0, weak()), (20, weak())]), Some(20));
    assert_eq!(until(&[(0, weak()), (20, no_service(1200.0))]), Some(40));
    assert_eq!(until(&[(0, weak()), (20, good())]), None);
    assert_eq!(until(&[(0, good()), (500, weak()), (400, good())]), Some(500), "what is late is no news");
}
