//! A lane's sums equal the sum over its homes, whatever happened before.

use proptest::prelude::*;

use super::*;
use crate::home::{CellRef, CellTable, SiteRef};
use crate::units::Lane;

const TODAY: Day = Day(20_745);
const GROUNDS: [Ground; 3] = [Ground::Lasting, Ground::Transient, Ground::Fresh];

fn cells() -> CellTable {
    let mut table = CellTable::default();
    let inventory = Town::new().cells;
    for id in ["16419-a", "16419-b", "16420-a", "16420-b"] {
        table.intern(id, None, &inventory).unwrap();
    }
    table
}

fn home(cell: u32, cause: usize, spot: i32, extra: u8) -> Contribution {
    let pos = LatLon::new(45.76 + f64::from(spot) * 0.01, 4.84);
    let hex = pos.and_then(Hexagon::at);
    let mut home = Contribution::fine(SiteRef(cell / 2), Some(CellRef(cell)), hex).worth(0.02, f32::from(extra) * 10.0);
    (home.contacts, home.no_service) = (extra % 4, extra.is_multiple_of(5));
    let home = if cause < 7 { home.degraded(Cause::ALL[cause], GROUNDS[usize::from(extra) % 3]) } else { home };
    if extra.is_multiple_of(7) { home.in_total_only() } else { home }
}

fn publish(table: &mut AreaTable, as_of: Minute) -> Vec<CountRow> {
    table.publish(as_of, TODAY, &cells(), &AreaView::default());
    table.tell(&cells(), Lane(3))
}

fn all_rows(table: &mut AreaTable) -> Vec<CountRow> {
    publish(table, Minute(0))
}

proptest! {
    #[test]
    fn any_sequence_of_coming_going_and_moving_equals_a_count_from_scratch(
        steps in prop::collection::vec((0usize..12, 0u32..4, 0usize..9, 0i32..3, any::<u8>(), any::<bool>()), 1..80)
    ) {
        let mut homes: Vec<Option<Contribution>> = vec![None; 12];
        let mut table = AreaTable::new();
        for (who, cell, cause, spot, extra, there) in steps {
            let new = there.then(|| home(cell, cause, spot, extra));
            table.replace(homes[who].as_ref(), new.as_ref());
            homes[who] = new;
        }
        let mut fresh = AreaTable::new();
        homes.iter().flatten().for_each(|home| fresh.add(home));
        let told: Vec<CountRow> = all_rows(&mut table).into_iter().filter(|row| row.value.is_some()).collect();
        prop_assert_eq!(told, all_rows(&mut fresh));
    }

    #[test]
    fn days_that_homes_take_along_equal_those_counted_from_scratch(
        steps in prop::collection::vec((0u32..2, 0i32..12, 1u32..50, any::<bool>()), 1..60)
    ) {
        let (mut table, mut fresh) = (AreaTable::new(), AreaTable::new());
        let mut kept = Vec::new();
        for (area, ago, samples, leaves) in steps {
            let entry = (SiteRef(area), TODAY.plus(-ago), day(samples, samples / 2));
            table.add_day(entry.0, entry.1, entry.2);
            if leaves { table.sub_day(entry.0, entry.1, entry.2) } else { kept.push(entry) }
        }
        for area in [0, 1] {
            // The newest day is known to both, so that both rings end there.
            for t in [&mut table, &mut fresh] {
                t.add(&home(area * 2, 8, 0, 1));
                t.add_day(SiteRef(area), TODAY, day(1, 0));
            }
        }
        for (area, day, sums) in kept {
            fresh.add_day(area, day, sums);
        }
        let days = |t: &mut AreaTable| all_rows(t).into_iter().map(|r| r.value.unwrap().days).collect::<Vec<_>>();
        prop_assert_eq!(days(&mut table), days(&mut fresh));
    }
}

#[test]
fn only_what_changed_is_published_in_order_and_the_last_home_leaves_a_tombstone() {
    let mut table = AreaTable::new();
    let (a, b) = (home(2, 0, 0, 1), home(0, 8, 0, 1));
    table.add(&a);
    table.add(&b);
    let keys = |rows: &[CountRow]| rows.iter().map(|r| (r.key.clone(), r.value.is_some())).collect::<Vec<_>>();
    assert_eq!(keys(&all_rows(&mut table)), [("16419|3".into(), true), ("16420|3".into(), true)]);
    assert!(all_rows(&mut table).is_empty() && table.due(Minute(0)).is_none());
    table.remove(&a);
    assert_eq!(keys(&all_rows(&mut table)), [("16420|3".into(), false)]);
    table.add(&a);
    table.remove(&a);
    assert!(all_rows(&mut table).is_empty(), "gone twice is told once");
}

#[test]
fn samples_alone_wait_for_the_quarter_of_an_hour_and_without_a_verdict_for_six_hours() {
    let mut table = AreaTable::new();
    table.add(&home(0, 8, 0, 1));
    assert_eq!(publish(&mut table, Minute(7)).len(), 1);
    let local = crate::units::LocalTime { day: TODAY, minute: 19 * 60 };
    let hit = Hit { local, poor: Some(true), gained: day(1, 1), bins: crate::qos::BinHits::default() };
    table.hit(SiteRef(0), &hit);
    assert!(publish(&mut table, Minute(8)).is_empty());
    assert_eq!((table.due(Minute(8)), table.due(Minute(14))), (Some(Minute(15)), Some(Minute(15))));
    assert!(publish(&mut table, Minute(15)).is_empty());
    assert_eq!(table.due(Minute(15)), Some(Minute(30)));
    let mut quiet = table.clone();
    assert_eq!(publish(&mut quiet, Minute(360)).len(), 1);
    let mut town = Town::new();
    town.count("16419", 0, homes_of(60, Cause::Interference, 37));
    town.pass(10);
    let mut view = AreaView::default();
    view.apply("16419", town.lane.row("16419").cloned().map(std::sync::Arc::new));
    table.publish(Minute(30), TODAY, &cells(), &view);
    let row = table.tell(&cells(), Lane(3)).remove(0).value.unwrap();
    assert_eq!(table.due(Minute(30)), None);
    assert_eq!((row.days, row.hours.poor[19]), (vec![(TODAY, day(1, 1))], 1));
}

#[test]
fn hours_survive_a_snapshot_and_fade_by_half_a_week() {
    let mut table = AreaTable::new();
    let at = |day: Day| crate::units::LocalTime { day, minute: 600 };
    let hit = |day: Day| Hit {
        local: at(day),
        poor: Some(true),
        gained: DaySums::default(),
        bins: crate::qos::BinHits::default(),
    };
    (0..100).for_each(|_| table.hit(SiteRef(0), &hit(TODAY)));
    let mut twin = AreaTable::new();
    twin.restore_hours(&table.hours());
    assert_eq!(twin.hours(), table.hours());
    twin.hit(SiteRef(0), &hit(TODAY.plus(7)));
    assert_eq!(twin.hours()[0].2.samples[10], 51);
}

#[test]
fn a_row_of_many_hexagons_keeps_those_that_suffer() {
    let mut table = AreaTable::new();
    for spot in 0..600 {
        let cause = if spot == 599 { 0 } else { 8 };
        table.add(&home(0, cause, spot, 1));
    }
    let row = all_rows(&mut table).remove(0).value.unwrap();
    assert_eq!(row.hexagons.len(), crate::limits::HEXAGONS_PER_AREA_MAX);
    assert_eq!(row.hexagons.iter().map(|h| h.homes.all_degraded()).sum::<u32>(), 1);
    assert_eq!(row.site.homes, 600);
    let read = AreaCount::parse(row.to_json().as_bytes()).unwrap();
    assert_eq!(read, row);
}

#[test]
fn an_area_published_at_many_minutes_is_told_once_as_it_stands() {
    let (mut table, cells, view) = (AreaTable::new(), cells(), AreaView::default());
    for minute in 1..4 {
        table.add(&home(0, 8, minute, 1));
        table.publish(Minute(minute), TODAY, &cells, &view);
    }
    table.add(&home(0, 8, 4, 1));
    let mut rows = table.tell(&cells, Lane(3));
    let told = rows.pop().and_then(|row| row.value).unwrap();
    assert_eq!(
        (rows.len(), told.as_of, told.site.homes),
        (0, Minute(3), 4),
        "as it stands, and not as at the third minute"
    );
    assert!(table.tell(&cells, Lane(3)).is_empty());
    table.publish(Minute(4), TODAY, &cells, &view);
    table.was_told();
    assert!(table.tell(&cells, Lane(3)).is_empty(), "the epoch that is replayed told it");
    (1..5).for_each(|spot| table.remove(&home(0, 8, spot, 1)));
    table.publish(Minute(5), TODAY, &cells, &view);
    assert_eq!(table.tell(&cells, Lane(3))[0].value, None, "that nobody is left is told, since somebody was");
}
