//! The metrics are those of `docs/metrics.md`, and every series is there from the start. Pure.

use super::*;
use crate::ingest::Rejection;
use crate::pipeline::Fate;

const DOCS: &str = include_str!("../../../docs/metrics.md");

/// The rows `| name | kind | labels | …` of the page.
fn documented() -> Vec<(String, String, Vec<String>)> {
    let cell = |text: &str| text.trim().trim_matches('`').to_owned();
    DOCS.lines()
        .filter(|line| line.starts_with("| `homeqos_"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').skip(1).collect();
            let kind = cells[1].split_whitespace().next().unwrap_or_default().to_owned();
            let labels = cells[2].split(',').map(cell).filter(|l| !l.is_empty()).collect();
            (cell(cells[0]), kind, labels)
        })
        .collect()
}

#[test]
fn the_metrics_are_those_of_the_page_with_its_kinds_and_labels() {
    let metrics = Metrics::new();
    let mut there: Vec<(String, String, Vec<String>)> = metrics
        .registry
        .gather()
        .iter()
        .map(|family| {
            let kind = format!("{:?}", family.get_field_type()).to_lowercase();
            let labels = family.get_metric()[0].get_label().iter().map(|l| l.name().to_owned()).collect();
            (family.name().to_owned(), kind, labels)
        })
        .collect();
    let mut page = documented();
    for list in [&mut there, &mut page] {
        for (_, _, labels) in list.iter_mut() {
            labels.sort();
        }
        list.sort();
    }
    assert_eq!(there, page);
}

#[test]
fn every_series_exists_from_the_start_at_zero() {
    let text = Metrics::new().render(Millis(0));
    for series in [
        "homeqos_records_rejected_total{input=\"probes\",reason=\"misrouted\"} 0",
        "homeqos_actions_total{kind=\"network_ticket\",type=\"ticket_opened\"} 0",
        "homeqos_holds_total{reason=\"surge\"} 0",
        "homeqos_lanes{stage=\"area\",state=\"refused\"} 0",
        "homeqos_epoch_seconds_bucket{le=\"0.005\"} 0",
        "homeqos_offers_enabled 1",
    ] {
        assert!(text.lines().any(|line| line == series), "{series}\n{text}");
    }
}

#[test]
fn an_epoch_is_told_once_and_its_counts_balance() {
    let metrics = Metrics::new();
    let mut counts = EpochCounts::default();
    counts.record(Input::Probes, &Fate::Folded);
    counts.record(Input::Probes, &Fate::Rejected(Rejection::new(RejectCode::NotJson, "x")));
    counts.skipped(Input::Probes, 3);
    assert!(counts.inputs.iter().all(InputCounts::is_balanced));
    let mut both = EpochCounts::default();
    both.add(&counts);
    both.add(&counts);
    assert_eq!(both.records(), 10);
    metrics.committed(&both, 0.2, 0.01);
    let text = metrics.render(Millis(0));
    for series in [
        "homeqos_records_consumed_total{input=\"probes\"} 10",
        "homeqos_records_control_total{input=\"probes\"} 6",
        "homeqos_records_rejected_total{input=\"probes\",reason=\"not_json\"} 2",
        "homeqos_dead_letters_total{reason=\"not_json\"} 2",
        "homeqos_epochs_total{result=\"committed\"} 1",
        "homeqos_commit_seconds_count 1",
    ] {
        assert!(text.lines().any(|line| line == series), "{series}");
    }
}

#[test]
fn lanes_are_summed_and_a_parked_or_lost_lane_is_not() {
    let metrics = Metrics::new();
    let running = LaneFigures {
        customers: 5,
        homes: [1, 1, 3, 0],
        snapshot_at: Some(Millis(10_000)),
        snapshot_seconds: 1.5,
        ..LaneFigures::new(LaneState::Running)
    };
    metrics.lane(LaneStage::Customer, Lane(0), running.clone());
    metrics.lane(LaneStage::Customer, Lane(1), running.clone());
    metrics.lane(LaneStage::Customer, Lane(2), LaneFigures { state: LaneState::Parked, ..running.clone() });
    metrics.lane(LaneStage::Customer, Lane(3), running);
    metrics.lane_gone(LaneStage::Customer, Lane(3));
    let text = metrics.render(Millis(70_000));
    for series in [
        "homeqos_customers 10",
        "homeqos_homes{status=\"confirmed\"} 6",
        "homeqos_snapshot_age_seconds 60",
        "homeqos_snapshot_seconds 1.5",
        "homeqos_lanes{stage=\"customer\",state=\"running\"} 2",
        "homeqos_lanes{stage=\"customer\",state=\"parked\"} 1",
    ] {
        assert!(text.lines().any(|line| line == series), "{series}");
    }
}
