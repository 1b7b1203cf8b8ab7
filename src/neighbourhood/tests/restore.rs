//! A lane that starts again goes on where it was, and the order of rows does not matter.

use proptest::prelude::*;

use super::*;

/// The lane read anew from its two topics.
fn restarted(town: &Town, counts: &[CountRecord]) -> AreaLane {
    let mut lane = AreaLane::default();
    let mut report = AreaReport::default();
    for record in counts {
        lane.load_count(record.clone(), &mut report);
    }
    for (area, row) in &town.rows {
        let read = row.as_ref().map(|row| AreaRow::parse(row.to_json().as_bytes()).unwrap());
        lane.load_row(area, read);
    }
    assert_eq!(report, AreaReport::default(), "loading judges nothing");
    lane
}

fn record(lane: u16, count: &AreaCount, at: Minute) -> CountRecord {
    let read = AreaCount::parse(AreaCount { as_of: at, ..count.clone() }.to_json().as_bytes()).unwrap();
    CountRecord::Count { area: "16419".into(), lane, count: Some(Box::new(read)) }
}

#[test]
fn after_a_restart_no_ticket_is_written_twice_and_time_goes_on() {
    for minutes_before in [10, 40, 71 * HOUR] {
        let mut town = Town::new();
        let count = homes_of(60, Cause::Coverage, 40);
        town.count("16419", 0, count.clone());
        let at = town.now;
        town.pass(minutes_before);
        let mut twin = Town::new();
        twin.lane = restarted(&town, &[record(0, &count, at)]);
        twin.view = town.view.clone();
        twin.now = town.now;
        twin.with(AreaLane::judge_all);
        assert!(twin.told.is_empty(), "{minutes_before}");
        let told = town.told.len();
        for both in [&mut town, &mut twin] {
            both.pass(71 * HOUR);
        }
        assert_eq!(town.told[told..], twin.told[..], "{minutes_before}");
        assert_eq!(town.lane.row("16419"), twin.lane.row("16419"));
    }
}

#[test]
fn an_outcome_read_again_is_not_taken_again() {
    let mut town = Town::new();
    let count = homes_of(60, Cause::Coverage, 40);
    town.count("16419", 0, count.clone());
    let at = town.now;
    town.pass(40);
    let ticket = town.told[0].ticket.clone();
    town.outcome(&ticket, OutcomeStatus::Failed);
    let failed = Outcome {
        key: "16419".into(),
        action_id: ticket.as_str().into(),
        ts: town.now.start(),
        status: OutcomeStatus::Failed,
    };
    let action_id = failed.action_id.clone();
    let again = CountRecord::Outcome { area: "16419".into(), action_id: action_id.clone(), outcome: Some(failed) };
    let gone = CountRecord::Outcome { area: "16419".into(), action_id, outcome: None };
    for (records, tombstones) in [(vec![again.clone()], 1), (vec![again, gone], 0)] {
        let mut twin = Town::new();
        let records: Vec<CountRecord> = std::iter::once(record(0, &count, at)).chain(records).collect();
        twin.lane = restarted(&town, &records);
        (twin.view, twin.now) = (town.view.clone(), town.now);
        twin.with(AreaLane::judge_all);
        assert!(twin.told.is_empty());
        assert_eq!(twin.verdict().unwrap().escalation, 1);
        assert_eq!(twin.tombstones.len(), tombstones, "written again only where the topic has none");
    }
}

#[test]
fn an_outcome_that_its_forerunners_tombstone_hides_is_still_taken() {
    let mut town = Town::new();
    let count = homes_of(60, Cause::Coverage, 40);
    town.count("16419", 0, count.clone());
    let at = town.now;
    town.pass(40);
    let ticket = town.told[0].ticket.clone();
    town.outcome(&ticket, OutcomeStatus::Acknowledged);
    let ts = town.now.start().plus(1);
    let (key, action_id) = ("16419".into(), crate::units::Id::new(&ticket));
    let repaired = Outcome { key, action_id: action_id.clone(), ts, status: OutcomeStatus::Resolved };
    let records = [
        record(0, &count, at),
        CountRecord::Outcome { area: "16419".into(), action_id: action_id.clone(), outcome: Some(repaired) },
        CountRecord::Outcome { area: "16419".into(), action_id, outcome: None },
    ];
    let mut twin = Town::new();
    twin.lane = restarted(&town, &records);
    (twin.view, twin.now) = (town.view.clone(), town.now);
    twin.with(AreaLane::judge_all);
    assert!(twin.verdict().unwrap().claimed.is_some());
}

#[test]
fn a_silent_lanes_row_leaves_the_sum_after_three_days() {
    let mut town = Town::new();
    town.count("16419", 0, homes_of(60, Cause::Coverage, 0));
    town.count("16419", 1, homes_of(60, Cause::Coverage, 60));
    town.pass(DAY);
    assert_eq!(town.lane.row("16419").unwrap().homes, 120);
    town.count("16419", 0, homes_of(60, Cause::Coverage, 0));
    town.pass(2 * DAY + HOUR);
    assert_eq!(town.lane.row("16419").unwrap().homes, 60);
}

#[test]
fn with_the_stage_off_nothing_is_judged() {
    let mut town = Town::new();
    town.rules.stage = Switch::Off;
    town.count("16419", 0, homes_of(60, Cause::Coverage, 60));
    town.pass(DAY);
    assert!(town.rows.is_empty() && town.told.is_empty());
}

proptest! {
    #[test]
    fn the_order_of_the_lanes_rows_of_a_minute_changes_nothing(
        lanes in prop::collection::vec((1u32..80, 0u32..100, 0usize..5), 1..6),
        seed in any::<u64>(),
    ) {
        let counts: Vec<AreaCount> = lanes
            .iter()
            .map(|(homes, share, cause)| homes_of(*homes, Cause::ALL[*cause], homes * share / 100))
            .collect();
        let mut order: Vec<usize> = (0..counts.len()).collect();
        let told = |order: &[usize]| {
            let mut town = Town::new();
            for lane in order {
                town.count("16419", *lane as u16, counts[*lane].clone());
            }
            town.pass(HOUR);
            (town.told, town.lane.row("16419").cloned())
        };
        let straight = told(&order);
        let by = (seed % counts.len() as u64) as usize;
        order.rotate_left(by);
        if seed % 2 == 0 {
            order.reverse();
        }
        prop_assert_eq!(straight, told(&order));
    }

    #[test]
    fn where_the_ticks_come_changes_nothing(steps in prop::collection::vec((1i32..600, 0u32..60), 1..12), every in 1i32..200) {
        let told = |every: i32| {
            let mut town = Town::new();
            for (minutes, degraded) in &steps {
                town.count("16419", 0, homes_of(60, Cause::Coverage, *degraded));
                let end = town.now.plus(*minutes);
                while town.now < end {
                    town.now = Minute((town.now.0 + every).min(end.0));
                    if town.now < end {
                        town.tick();
                    }
                }
            }
            town.pass(5);
            (town.told, town.lane.row("16419").cloned())
        };
        prop_assert_eq!(told(1), told(every));
    }
}
