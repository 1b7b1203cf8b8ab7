//! Whether the town is what it says it is. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Reach, Scope, Town, TownSpec, Trap};
use crate::ingest::{Input, Mapping, Observation, decode, decode_cell};
use crate::units::{Cause, Zone};

fn small(seed: u64) -> TownSpec {
    TownSpec { customers: 150, days: 6, ..TownSpec::demo(seed) }
}

fn bytes(spec: &TownSpec) -> String {
    let town = Town::build(spec);
    let lines = town.records().map(|r| [r.input.as_str(), &r.key, r.value.as_deref().unwrap_or("-"), "\n"].join(" "));
    lines.collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_other_ones() {
    let first = bytes(&small(3));
    assert_eq!(first, bytes(&small(3)));
    assert_ne!(first, bytes(&small(4)));
}

#[test]
fn records_come_in_the_order_of_time_after_all_that_have_none() {
    let town = Town::build(&small(5));
    let mut last = None;
    for record in town.records() {
        match (record.ts, last) {
            (None, known) => assert_eq!(known, None, "a record without time after one with"),
            (Some(at), Some(known)) => assert!(at >= known, "{at:?} after {known:?}"),
            (Some(_), None) => {}
        }
        last = record.ts;
    }
}

#[test]
fn every_record_is_decoded_with_its_key_and_its_time() {
    let town = Town::build(&small(6));
    let mapping = Mapping::identity();
    let mut counts: BTreeMap<Input, u32> = BTreeMap::new();
    for record in town.records() {
        *counts.entry(record.input).or_default() += 1;
        let (key, value) = (Some(record.key.as_bytes()), record.value.as_deref().map(str::as_bytes));
        if record.input == Input::Cells {
            let (id, cell) = decode_cell(key, value, &mapping).unwrap();
            assert_eq!(id.as_str(), record.key);
            assert!(cell.is_some());
            continue;
        }
        let seen = decode(record.input, key, value, &mapping).unwrap_or_else(|e| panic!("{e}: {record:?}"));
        assert_eq!((seen.key(), seen.ts(), seen.input()), (record.key.as_str(), record.ts, record.input));
    }
    assert!(counts[&Input::Probes] > 10_000, "{counts:?}");
    assert_eq!(counts[&Input::Crm], 150);
}

#[test]
fn event_ids_never_repeat_unless_asked_to() {
    let town = Town::build(&TownSpec { probes_repeated: 0.1, ..small(7) });
    let (mut ids, mut repeated) = (BTreeSet::new(), 0);
    for record in town.records().filter(|r| r.input == Input::Probes) {
        let value: serde_json::Value = serde_json::from_str(record.value.as_deref().unwrap()).unwrap();
        repeated += u32::from(!ids.insert(value["event_id"].as_str().unwrap().to_owned()));
    }
    let share = f64::from(repeated) / ids.len() as f64;
    assert!((0.08..0.12).contains(&share), "{share}");
}

#[test]
fn the_day_of_the_clock_change_has_its_twenty_fifth_hour() {
    let spec = TownSpec { customers: 300, days: 2, start: crate::units::Day(20_750), ..TownSpec::demo(8) };
    assert_eq!(spec.start.iso(), "2026-10-24");
    let zone = Zone::named(&spec.zone).unwrap();
    let town = Town::build(&spec);
    // Both showings of the hour from 02:00 to 03:00 have events.
    let again = zone.instant(spec.start.plus(1), 120);
    let hours: Vec<usize> = (0..2)
        .map(|hour| {
            let from = again.plus(hour * 3_600_000);
            town.records().filter(|r| r.ts.is_some_and(|t| t >= from && t < from.plus(3_600_000))).count()
        })
        .collect();
    assert!(hours.iter().all(|n| *n > 5), "{hours:?}");
    let whole = town.truth.end.since(town.truth.start);
    assert_eq!(whole, 49 * 3_600_000);
}

#[test]
fn faults_hit_the_homes_they_are_said_to_hit() {
    let town = Town::build(&TownSpec { customers: 2_400, days: 30, ..TownSpec::default() });
    assert!(town.truth.faults.len() >= 9, "{}", town.truth.faults.len());
    let causes: BTreeSet<Cause> = town.truth.faults.iter().map(|f| f.cause).collect();
    let all = [Cause::Coverage, Cause::Interference, Cause::Congestion, Cause::Mobility, Cause::Outage];
    assert!(all.iter().all(|c| causes.contains(c)), "{causes:?}");
    for fault in &town.truth.faults {
        match fault.trap {
            Trap::TooFewHomes => assert!((1..5).contains(&fault.customers.len()) && !fault.ticket, "{fault:?}"),
            Trap::OneEvening => assert!(!fault.ticket),
            Trap::None | Trap::NoConsent => assert!(fault.customers.len() >= 5 && fault.ticket, "{fault:?}"),
        }
        assert_eq!(fault.hexagon.is_some(), fault.reach == Reach::Hexagon);
    }
    for problem in town.truth.people.iter().flat_map(|p| &p.problems) {
        assert!(problem.start < problem.end);
        assert_eq!(
            problem.scope == Scope::Neighbourhood,
            problem.cause.is_network() && { problem.fault.is_some_and(|f| town.truth.faults[f].customers.len() >= 5) }
        );
        assert!(problem.cause == Cause::Congestion || problem.share_poor >= 0.2, "{problem:?}");
    }
}

/// What a customer's records show during one problem: shares of the events, and throughput by time of day.
struct Seen {
    weak: f64,
    muddled: f64,
    silent: f64,
    busy_kbps: Vec<f64>,
    quiet_kbps: Vec<f64>,
    failures: f64,
}

fn seen(town: &Town, zone: &Zone) -> BTreeMap<(usize, Cause), Seen> {
    let mut problems: BTreeMap<String, Vec<(usize, &super::Problem)>> = BTreeMap::new();
    for person in town.truth.people.iter().filter(|p| p.kind == super::PersonKind::StaysHome) {
        for (number, problem) in person.problems.iter().enumerate() {
            problems.entry(person.customer_id.clone()).or_default().push((number, problem));
        }
    }
    let mut sums: BTreeMap<(String, usize, Cause), (f64, Seen)> = BTreeMap::new();
    for record in town.records().filter(|r| r.input == Input::Probes) {
        let (Some(at), Some(own)) = (record.ts, problems.get(&record.key)) else { continue };
        for (number, problem) in own.iter().filter(|(_, p)| p.start <= at && at < p.end) {
            let value: serde_json::Value = serde_json::from_str(record.value.as_deref().unwrap()).unwrap();
            let none = Seen {
                weak: 0.0,
                muddled: 0.0,
                silent: 0.0,
                busy_kbps: Vec::new(),
                quiet_kbps: Vec::new(),
                failures: 0.0,
            };
            let (events, sum) = sums.entry((record.key.clone(), *number, problem.cause)).or_insert((0.0, none));
            let below = |field: &str, limit: f64| value[field].as_f64().is_some_and(|v| v < limit);
            let one = |holds: bool| f64::from(u8::from(holds));
            *events += 1.0;
            sum.weak += one(below("rsrp_dbm", -110.0));
            sum.muddled += one(!below("rsrp_dbm", -110.0) && (below("rsrq_db", -15.0) || below("sinr_db", 0.0)));
            sum.silent += one(value["kind"] == "no_service");
            sum.failures += one(value["kind"] == "handover_failure" || value["kind"] == "rlf");
            if let Some(rate) = value["dl_kbps"].as_f64() {
                match zone.local(at).hour() {
                    17..24 => sum.busy_kbps.push(rate),
                    0..7 => sum.quiet_kbps.push(rate),
                    _ => {}
                }
            }
        }
    }
    let whole = sums.into_iter().enumerate().map(|(index, ((_, _, cause), (events, mut sum)))| {
        for share in [&mut sum.weak, &mut sum.muddled, &mut sum.silent, &mut sum.failures] {
            *share /= events;
        }
        ((index, cause), sum)
    });
    whole.collect()
}

#[test]
fn links_are_lost_on_the_cells_whose_neighbour_is_missing_and_not_around_them() {
    let people = super::PeopleMix { stays_home: 1.0, ..super::PeopleMix::none() };
    let town = Town::build(&TownSpec {
        customers: 2_500,
        days: 20,
        seed: 1,
        events_per_day: 6.0,
        people,
        ..TownSpec::default()
    });
    let faults: Vec<_> = town.truth.faults.iter().filter(|f| f.cause == Cause::Mobility).collect();
    let mut cells: BTreeMap<(bool, String), (f64, f64)> = BTreeMap::new();
    for record in town.records().filter(|r| r.input == Input::Probes) {
        let at = record.ts.unwrap();
        let value: serde_json::Value = serde_json::from_str(record.value.as_deref().unwrap()).unwrap();
        let Some(cell) = value["cell_id"].as_str() else { continue };
        let mut active = faults.iter().filter(|f| f.start <= at && f.end.is_none_or(|end| at < end)).peekable();
        if active.peek().is_some() {
            let ours = active.any(|fault| fault.cells.iter().any(|id| id == cell));
            let (events, lost) = cells.entry((ours, cell.to_owned())).or_default();
            *events += 1.0;
            *lost += f64::from(u8::from(value["kind"] == "rlf"));
        }
    }
    let shares = |of_fault: bool| {
        let heard = cells.iter().filter(move |((ours, _), (events, _))| *ours == of_fault && *events >= 100.0);
        heard.map(|(_, (events, lost))| lost / events).collect::<Vec<f64>>()
    };
    let (within, around) = (shares(true), shares(false));
    assert!(within.len() >= 3 && around.len() >= 30, "{} cells within, {} around", within.len(), around.len());
    let (least, most) = (within.into_iter().fold(1.0, f64::min), around.into_iter().fold(0.0, f64::max));
    assert!(least > 0.03 && most < 0.02, "{least} on the fault's cells at least, {most} around them at most");
}

#[test]
fn records_carry_what_the_truth_says_is_wrong() {
    let people = super::PeopleMix { stays_home: 1.0, ..super::PeopleMix::none() };
    let spec = TownSpec { customers: 900, days: 28, events_per_day: 12.0, people, ..TownSpec::default() };
    let town = Town::build(&TownSpec { broken_device_share: 0.03, ..spec });
    let all = seen(&town, &Zone::named("Europe/Paris").unwrap());
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let typical = |cause: Cause, of: &dyn Fn(&Seen) -> f64| {
        let values: Vec<f64> = all.iter().filter(|((_, c), _)| *c == cause).map(|(_, seen)| of(seen)).collect();
        assert!(values.len() >= 5, "{} problems of {cause:?}", values.len());
        median(values)
    };
    for cause in [Cause::Coverage, Cause::Building, Cause::Device] {
        assert!(typical(cause, &|s| s.weak) > 0.4, "{cause:?}");
    }
    assert!(typical(Cause::Interference, &|s| s.muddled) > 0.5);
    assert!(typical(Cause::Interference, &|s| s.weak) < 0.1);
    assert!(typical(Cause::Outage, &|s| s.silent) > 0.5);
    assert!(typical(Cause::Mobility, &|s| s.failures) > 0.05);
    assert!(typical(Cause::Congestion, &|s| s.weak + s.muddled) < 0.15);
    let rate = |of: &dyn Fn(&Seen) -> &Vec<f64>| {
        median(all.iter().filter(|((_, c), _)| *c == Cause::Congestion).flat_map(|(_, s)| of(s).clone()).collect())
    };
    let (busy, quiet) = (rate(&|s| &s.busy_kbps), rate(&|s| &s.quiet_kbps));
    assert!(busy < 1_000.0 && quiet > 5.0 * busy, "{busy} kbit/s in the evening, {quiet} at night");
}

#[test]
fn nobody_consents_where_the_trap_says_so() {
    let town = Town::build(&TownSpec { customers: 2_400, days: 30, ..TownSpec::default() });
    let trap = town.truth.faults.iter().find(|f| f.trap == Trap::NoConsent).expect("the default town has one");
    for person in town.truth.people.iter().filter(|p| trap.customers.contains(&p.customer_id) && p.moved_on.is_none()) {
        assert_eq!(person.network_care, Some(false));
    }
}

#[test]
fn ordinary_homes_are_good_and_deep_ones_are_not() {
    let town = Town::build(&TownSpec { customers: 1_000, ..TownSpec::default() });
    let poor = town.truth.people.iter().filter(|p| p.homes[0].share_poor >= 0.3).count();
    let deep = town.people.iter().filter(|p| p.deep_indoor).count();
    assert!((20..80).contains(&deep), "{deep}");
    assert!(poor.abs_diff(deep) <= 8, "{poor} poor, {deep} deep");
    let fine = town.truth.people.iter().filter(|p| p.homes[0].share_poor < 0.13).count();
    assert!(fine > 850, "{fine}");
}

#[test]
fn what_people_measure_at_home_agrees_with_the_truth() {
    let mix = super::PeopleMix { stays_home: 1.0, ..super::PeopleMix::none() };
    let spec = TownSpec { people: mix, faults: Vec::new(), deep_indoor_share: 0.3, ..small(9) };
    let town = Town::build(&TownSpec { broken_device_share: 0.0, position_share: 0.0, ..spec });
    // Pooled over all with a poor home and over all with a good one: events, poor ones, and the truth's share.
    let mut pooled = [(0.0, 0.0, 0.0); 2];
    for record in town.records().filter(|r| r.input == Input::Probes) {
        let number: usize = record.key[1..].parse().unwrap();
        let truth = town.truth.people[number - 1].homes[0].share_poor;
        let seen = decode(
            Input::Probes,
            Some(record.key.as_bytes()),
            record.value.as_deref().map(str::as_bytes),
            &Mapping::identity(),
        );
        let Ok(Observation::Probe(probe)) = seen else { panic!("{record:?}") };
        let low = |value: Option<f32>, limit| value.map(|v| v < limit);
        let radio = [low(probe.rsrp_dbm, -110.0), low(probe.rsrq_db, -15.0), low(probe.sinr_db, 0.0)];
        if radio.iter().any(Option::is_some) {
            let sums = &mut pooled[usize::from(truth >= 0.3)];
            sums.0 += 1.0;
            sums.1 += f64::from(u8::from(radio.contains(&Some(true))));
            sums.2 += truth;
        }
    }
    // Even who stays at home goes out for a seventh of the day, where reception is another.
    for (events, poor, truth) in pooled {
        assert!((poor / events - 0.86 * truth / events).abs() < 0.06, "{pooled:?}");
    }
}

#[test]
fn charges_tenure_and_churn_are_spread_as_in_the_data() {
    let town =
        Town::build(&TownSpec { customers: 4_000, deep_indoor_share: 0.0, faults: Vec::new(), ..TownSpec::default() });
    let mean = |of: &dyn Fn(&super::crm::Crm) -> f64| town.crm.iter().map(of).sum::<f64>() / town.crm.len() as f64;
    // ibm_telco_churn: mean tenure 32.4 months, mean charges 64.8 (here 17.3 €), churned 26.5 % (a twelfth here).
    assert!((mean(&|c| f64::from(c.tenure_months)) - 32.4).abs() < 1.5);
    assert!((mean(&|c| c.arpu_eur) - 17.3).abs() < 0.5);
    let churn = mean(&|c| c.churn_risk);
    assert!((churn - 0.265 / 12.0).abs() < 0.003, "{churn}");
    let consents = mean(&|c| f64::from(u8::from(c.network_care == Some(true))));
    assert!((0.79..0.85).contains(&consents), "{consents}");
}
