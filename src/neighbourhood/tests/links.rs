//! Areas next to each other, and what everybody reads of them.

use super::*;

#[test]
fn tickets_of_adjacent_sites_with_one_cause_name_each_other() {
    let mut town = Town::new();
    for area in ["16419", "16420", "99999"] {
        let mut count = homes_of(60, Cause::Coverage, 50);
        for (cell, sector) in count.cells.iter_mut().zip(["a", "b"]) {
            cell.cell = format!("{area}-{sector}").as_str().into();
        }
        town.count(area, 0, count);
    }
    town.pass(HOUR);
    let linked = |area: &str| town.lane.row(area).unwrap().verdicts[0].linked.clone();
    let id = |area: &str| name(area, "coverage", "site", "2026-10-19");
    assert_eq!(linked("16419"), [id("16420")]);
    assert_eq!(linked("16420"), [id("16419")]);
    assert!(linked("99999").is_empty(), "80 km away");
    let updates = town.told.iter().filter(|t| t.event == TicketEvent::Updated);
    assert!(updates.clone().all(|t| t.linked.len() == 1), "whoever opened first is told of the other once");
    assert!(updates.count() <= 2);
}

#[test]
fn evidence_stands_beside_the_neighbours_median() {
    let mut town = Town::new();
    let mut healthy = homes_of(60, Cause::Coverage, 0);
    for (cell, sector) in healthy.cells.iter_mut().zip(["a", "b"]) {
        cell.cell = format!("16420-{sector}").as_str().into();
    }
    healthy.bins.rsrp[6] = 1000;
    let mut poor = homes_of(60, Cause::Coverage, 50);
    poor.bins.rsrp[1] = 800;
    poor.bins.rsrp[5] = 200;
    town.count("16420", 0, healthy);
    town.pass(15);
    town.count("16419", 0, poor);
    town.pass(30);
    let line = &town.told[0].evidence[0];
    assert_eq!((line.indicator, line.statistic, line.samples), ("rsrp_dbm", "p10", 1000));
    assert!(line.observed < -115.0 && line.baseline.unwrap() > -95.0, "{line:?}");
}

#[test]
fn a_home_is_held_by_a_verdict_of_its_cause_whose_scope_contains_it() {
    let mut town = Town::new();
    let mut count = homes_of(60, Cause::Coverage, 0);
    count.cells[0].homes.degraded[Cause::Coverage.index()] = 30;
    count.site.degraded[Cause::Coverage.index()] = 30;
    town.count("16419", 0, count);
    town.tick();
    let held = |cause, cell: &str| town.view.verdict_for("16419", cause, &[cell], || None).map(|v| v.state);
    assert_eq!(held(Cause::Coverage, "16419-a"), Some(State::Suspected));
    assert_eq!(held(Cause::Coverage, "16419-b"), None);
    assert_eq!(held(Cause::Device, "16419-a"), None);
    assert_eq!(town.view.word("16419", &["16419-a"], || None), "suspected");
    assert_eq!(town.view.word("16419", &["16419-b"], || None), "clear");
    assert_eq!(town.view.peers("16419", "16419-b"), Some(CellPeers { homes: 20, fine: 20 }));
}

#[test]
fn a_lonely_home_in_a_hole_of_its_street_is_held_by_the_holes_verdict() {
    let mut town = Town::new();
    let hole = Hexagon::at(LatLon::new(45.7600, 4.8400).unwrap()).unwrap();
    let mut homes = Homes { homes: 9, ..Homes::default() };
    homes.degraded[Cause::Building.index()] = 8;
    let mut count = homes_of(600, Cause::Building, 12);
    count.hexagons = vec![HexCount { hex: hole, cell: Some("16419-a".into()), homes }];
    town.count("16419", 0, count);
    town.pass(30);
    let ticket = &town.told[0];
    assert_eq!((&ticket.scope, ticket.cause), (&Scope::Hexagon(hole), Cause::Coverage));
    assert_eq!((ticket.figures.homes_degraded, ticket.spots.len(), ticket.spots[0].homes), (8, 1, 9));
    assert_eq!(ticket.cells[0].cell, "16419-a");
    let held = |hex| town.view.verdict_for("16419", Cause::Building, &["16419-a"], || hex).is_some();
    assert!(held(Some(hole)));
    assert!(!held(None));
}

#[test]
fn the_homes_of_a_spot_that_became_a_cells_matter_stay_held_on_whatever_cell() {
    let mut town = Town::new();
    let hole = Hexagon::at(LatLon::new(45.7600, 4.8400).unwrap()).unwrap();
    let poor = |homes: u32, degraded: u32| {
        let mut homes = Homes { homes, ..Homes::default() };
        homes.degraded[Cause::Coverage.index()] = degraded;
        homes
    };
    let count = |on_a: u32| AreaCount {
        site: poor(300, on_a + 3),
        cells: vec![
            CellCount { cell: "16419-a".into(), homes: poor(40, on_a) },
            CellCount { cell: "16419-b".into(), homes: poor(260, 3) },
        ],
        hexagons: vec![
            HexCount { hex: hole, cell: Some("16419-a".into()), homes: poor(7, 7) },
            HexCount { hex: hole, cell: Some("16419-b".into()), homes: poor(3, 3) },
        ],
        ..empty()
    };
    let held = |town: &Town, cell: &str, hex| {
        let verdict = town.view.verdict_for("16419", Cause::Coverage, &[cell], || hex);
        verdict.map(|v| v.scope.kind())
    };
    town.count("16419", 0, count(7));
    town.pass(40);
    assert_eq!(held(&town, "16419-b", Some(hole)), Some("hexagon"));
    town.count("16419", 0, count(30));
    town.pass(40);
    assert_eq!(town.events()[1..], [("opened", 1), ("cancelled", 2)]);
    assert_eq!(held(&town, "16419-a", None), Some("cell"));
    assert_eq!(held(&town, "16419-b", Some(hole)), Some("cell"), "by the ticket that took its own in");
    assert_eq!(held(&town, "16419-b", None), None);
    town.pass(9 * DAY);
    town.count("16419", 0, count(30));
    town.tick();
    assert_eq!(held(&town, "16419-b", Some(hole)), Some("cell"), "as long as that is open");
}

#[test]
fn no_service_is_thin_coverage_at_its_worst() {
    let mut town = Town::new();
    town.count("16419", 0, homes_of(60, Cause::Coverage, 30));
    town.tick();
    let mut verdict = town.verdict().unwrap().clone();
    verdict.covers = CauseSet::one(Cause::Coverage);
    assert!(verdict.holds_for(Cause::Outage), "though another fault of the site tells of homes without service");
    assert!(!verdict.explains(Cause::Outage) && !verdict.holds_for(Cause::Congestion));
}

#[test]
fn hexagons_with_fewer_than_five_homes_are_in_no_ticket() {
    let mut town = Town::new();
    let spot = |lat: f64, n: u32| {
        let mut homes = Homes { homes: n, ..Homes::default() };
        homes.degraded[Cause::Coverage.index()] = n;
        HexCount { hex: Hexagon::at(LatLon::new(lat, 4.84).unwrap()).unwrap(), cell: Some("16419-a".into()), homes }
    };
    let mut count = homes_of(60, Cause::Coverage, 50);
    count.hexagons = vec![spot(45.76, 4), spot(45.77, 5), spot(45.78, 9)];
    town.count("16419", 0, count);
    town.pass(30);
    assert_eq!(town.told[0].spots.iter().map(|s| s.homes).collect::<Vec<_>>(), [9, 5]);
}

#[test]
fn a_view_tells_which_verdicts_changed_since_a_version() {
    let mut town = Town::new();
    town.interference(60, 37, 500);
    let before = town.view.version();
    town.pass(30);
    let changes: Vec<_> = town.view.changes_since(before).unwrap().map(|c| (c.from, c.to)).collect();
    assert_eq!(changes, [(Some(State::Suspected), Some(State::Open))]);
    assert_eq!(town.view.changes_since(town.view.version()).unwrap().count(), 0);
}

#[test]
fn the_ticket_that_was_resolved_is_found_by_the_homes_it_covered() {
    let mut town = Town::new();
    town.interference(60, 37, 500);
    town.pass(30);
    let ticket = town.told[0].ticket.clone();
    town.outcome(&ticket, OutcomeStatus::Resolved);
    town.interference(60, 2, 600);
    let found =
        |since| town.view.resolved_since("16419", &["16419-a"], || None, since).map(|v| v.ticket.clone().unwrap());
    assert_eq!(found(START), Some(ticket));
    assert_eq!(found(town.now), None);
}
