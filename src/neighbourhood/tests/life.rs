//! The life of a ticket, told in figures.

use super::*;

const TICKET: &str = "tk_16419/interference/site/2026-10-19";

/// A site of 60 homes, 37 of them degraded, whose ticket has just been written.
fn opened() -> Town {
    let mut town = Town::new();
    town.interference(60, 37, 500);
    town.pass(30);
    assert_eq!(town.events(), [("opened", 1)]);
    town
}

#[test]
fn thirty_seven_of_sixty_homes_are_suspected_at_once_and_ticketed_after_half_an_hour() {
    let mut town = Town::new();
    town.interference(60, 37, 500);
    assert_eq!(town.state(), "suspected");
    town.pass(29);
    assert!(town.told.is_empty());
    town.pass(1);
    let ticket = &town.told[0];
    assert_eq!((ticket.event.as_str(), ticket.ticket.as_str(), ticket.revision), ("opened", TICKET, 1));
    assert_eq!((ticket.figures.homes_seen, ticket.figures.homes_degraded), (60, 37));
    assert!((ticket.figures.share - 0.6167).abs() < 1e-9 && (ticket.figures.share_lower_bound - 0.4902).abs() < 1e-9);
    assert_eq!((ticket.priority, ticket.figures.value_at_risk_eur, ticket.figures.contacts), (2, 14_300, 11));
    assert_eq!(
        ticket.cells.iter().map(|c| (c.cell.as_str(), c.homes, c.degraded)).collect::<Vec<_>>(),
        [("16419-a", 40, 24), ("16419-b", 20, 12)]
    );
    assert_eq!(ticket.before, Some(ticket.figures));
    assert_eq!(ticket.candidates[0].parameter, "electricalTilt");
}

#[test]
fn three_of_five_homes_are_no_neighbourhood_and_a_share_that_falls_in_time_is_no_ticket() {
    let mut town = Town::new();
    town.interference(5, 3, 100);
    town.pass(2 * HOUR);
    assert_eq!(town.state(), "clear");
    town.interference(60, 37, 200);
    town.pass(20);
    town.interference(60, 15, 210);
    town.pass(2 * HOUR);
    assert_eq!((town.state(), town.told.len()), ("clear", 0));
}

#[test]
fn a_suspicion_survives_a_share_between_the_bound_and_the_limit() {
    let mut town = Town::new();
    town.interference(60, 30, 500);
    // 20 of 60: share .33 is still above .30, though its bound is not; a ticket waits for the bound.
    town.interference(60, 20, 500);
    town.pass(2 * HOUR);
    assert_eq!((town.state(), town.told.len()), ("suspected", 0));
}

#[test]
fn operations_take_it_up_and_the_outcome_is_taken_once() {
    let mut town = opened();
    town.outcome(TICKET, OutcomeStatus::Acknowledged);
    assert_eq!((town.state(), town.events().last()), ("taken_up", Some(&("updated", 2))));
    assert_eq!(town.tombstones, [format!("16419|outcome|{TICKET}")]);
    town.outcome(TICKET, OutcomeStatus::Acknowledged);
    assert_eq!(town.told.len(), 2, "being told again is no news");
}

#[test]
fn a_share_below_half_the_limit_for_a_day_with_new_samples_resolves_the_ticket() {
    let mut town = opened();
    town.pass(DAY);
    town.interference(60, 8, 500);
    town.pass(DAY + HOUR);
    assert_eq!(town.state(), "open", "no new samples: silence is no recovery");
    town.interference(60, 6, 40);
    town.pass(HOUR);
    let done = town.told.last().unwrap();
    assert_eq!((done.event.as_str(), done.revision, done.homes_helped), ("resolved", 2, Some(31)));
    assert_eq!(done.before.unwrap().homes_degraded, 37);
    assert_eq!(done.after.unwrap().homes_degraded, 6);
    assert_eq!(town.state(), "resolved");
}

#[test]
fn a_share_that_comes_back_within_the_day_starts_the_day_anew() {
    let mut town = opened();
    town.interference(60, 6, 600);
    town.pass(20 * HOUR);
    town.interference(60, 20, 900);
    town.interference(60, 6, 950);
    town.pass(20 * HOUR);
    assert_eq!(town.state(), "open");
    town.interference(60, 6, 900);
    town.pass(5 * HOUR);
    assert_eq!(town.state(), "resolved");
}

#[test]
fn a_repair_is_believed_when_twenty_samples_since_then_say_so() {
    let mut town = opened();
    town.outcome(TICKET, OutcomeStatus::Resolved);
    assert_eq!(town.state(), "taken_up");
    let today = town.zone.local(town.now.start()).day;
    // Homes are still degraded by the day before, but of 100 new samples 4 are poor.
    town.pass(HOUR);
    let count = homes_of(60, Cause::Interference, 35);
    town.count("16419", 0, AreaCount { days: vec![(today, day(600, 4))], ..count });
    town.tick();
    assert_eq!((town.state(), town.events().last()), ("resolved", Some(&("resolved", 3))));
}

#[test]
fn a_repair_that_mended_nothing_is_not_believed_and_is_asked_for_again() {
    let mut town = opened();
    town.outcome(TICKET, OutcomeStatus::Resolved);
    let today = town.zone.local(town.now.start()).day;
    town.pass(HOUR);
    let count = homes_of(60, Cause::Interference, 35);
    town.count("16419", 0, AreaCount { days: vec![(today, day(600, 70))], ..count });
    town.tick();
    assert_eq!(town.state(), "taken_up");
    town.pass(2 * DAY);
    let today = town.zone.local(town.now.start()).day;
    let count = homes_of(60, Cause::Interference, 35);
    town.count("16419", 0, AreaCount { days: vec![(today, day(100, 68))], ..count });
    town.pass(DAY);
    assert_eq!(town.events().last(), Some(&("escalated", 3)));
}

#[test]
fn three_days_without_an_outcome_escalate_by_one_and_a_failure_at_once() {
    let mut town = opened();
    for _ in 0..4 {
        town.pass(DAY);
        town.interference(60, 37, 100);
    }
    assert_eq!(town.events(), [("opened", 1), ("escalated", 2)]);
    assert_eq!(town.told[1].at, START.plus(30 + 72 * HOUR));
    town.outcome(TICKET, OutcomeStatus::Failed);
    assert_eq!(town.told.last().map(|t| (t.event.as_str(), t.escalation)), Some(("escalated", 2)));
}

#[test]
fn escalation_ends_at_ten() {
    let mut town = opened();
    for _ in 0..40 {
        town.pass(DAY);
        town.interference(60, 37, 100);
    }
    assert_eq!(town.verdict().unwrap().escalation, 10);
    assert_eq!(town.told.len(), 11);
}

#[test]
fn what_is_refused_is_cancelled_and_not_asked_again_for_a_fortnight() {
    let mut town = opened();
    town.outcome(TICKET, OutcomeStatus::Refused);
    assert_eq!((town.state(), town.events().last()), ("cancelled", Some(&("cancelled", 2))));
    let hold = town.view.verdict_for("16419", Cause::Interference, &["16419-a"], || None);
    assert_eq!(hold, None, "a cancelled verdict holds no offer");
    for _ in 0..13 {
        town.pass(DAY);
        town.interference(60, 37, 100);
    }
    assert_eq!(town.told.len(), 2);
    town.pass(DAY);
    town.interference(60, 37, 100);
    town.pass(HOUR);
    assert_eq!(town.events().last(), Some(&("opened", 1)));
    assert_ne!(town.told.last().unwrap().ticket, TICKET);
}

#[test]
fn a_fault_that_returns_within_a_week_reopens_the_same_ticket() {
    let mut town = opened();
    town.outcome(TICKET, OutcomeStatus::Resolved);
    town.interference(60, 2, 600);
    assert_eq!(town.state(), "resolved");
    town.pass(3 * DAY);
    town.interference(60, 37, 100);
    assert!(
        town.view.verdict_for("16419", Cause::Interference, &["16419-a"], || None).is_some(),
        "held while it settles"
    );
    town.pass(30);
    let again = town.told.last().unwrap();
    assert_eq!((again.event.as_str(), again.ticket.as_str(), again.revision), ("reopened", TICKET, 4));
    assert_eq!((again.homes_helped, town.state()), (None, "open"));
}

#[test]
fn a_fault_that_returns_after_a_week_is_a_new_ticket() {
    let mut town = opened();
    town.outcome(TICKET, OutcomeStatus::Resolved);
    town.interference(60, 2, 600);
    for _ in 0..8 {
        town.pass(DAY);
        town.interference(60, 2, 100);
    }
    assert_eq!(town.state(), "clear");
    town.interference(60, 37, 200);
    town.pass(30);
    assert_eq!(town.told.last().map(|t| (t.event.as_str(), t.revision)), Some(("opened", 1)));
    assert_ne!(town.told.last().unwrap().ticket, TICKET);
}

#[test]
fn one_bad_evening_is_suspected_but_never_ticketed_and_an_outage_is() {
    let evening = |cause: Cause| {
        let mut count = homes_of(60, cause, 40);
        count.site.transient = count.site.degraded;
        let mut town = Town::new();
        town.count("16419", 0, count);
        town.pass(4 * HOUR);
        let during = town.state();
        town.count("16419", 0, homes_of(60, cause, 0));
        town.pass(DAY);
        (during, town.told.first().map(|t| t.event.as_str()))
    };
    assert_eq!(evening(Cause::Congestion), ("suspected", None));
    assert_eq!(evening(Cause::Outage), ("open", Some("opened")));
}

#[test]
fn a_better_diagnosis_is_an_update_of_the_same_ticket() {
    let mut town = opened();
    let mut mixed = homes_of(60, Cause::Interference, 12);
    mixed.site.degraded[Cause::Coverage.index()] = 26;
    town.pass(HOUR);
    town.count("16419", 0, mixed);
    town.pass(HOUR);
    let update = town.told.last().unwrap();
    assert_eq!((update.event.as_str(), update.ticket.as_str(), update.cause), ("updated", TICKET, Cause::Coverage));
    assert_eq!(town.lane.row("16419").unwrap().verdicts.len(), 1);
}

#[test]
fn a_ticket_of_a_cell_is_merged_into_that_of_its_site() {
    let mut town = Town::new();
    let cell = |degraded_a: u32, degraded_b: u32| {
        let mut count = homes_of(60, Cause::Outage, 0);
        count.cells[0].homes.degraded[Cause::Outage.index()] = degraded_a;
        count.cells[1].homes.degraded[Cause::Outage.index()] = degraded_b;
        count.site.degraded[Cause::Outage.index()] = degraded_a + degraded_b;
        count
    };
    town.count("16419", 0, cell(38, 0));
    town.pass(40);
    assert_eq!(town.told[0].scope, Scope::Cell("16419-a".into()));
    assert_eq!(town.told[0].cells.len(), 1);
    town.pass(2 * DAY);
    town.count("16419", 0, cell(38, 19));
    town.tick();
    let held =
        |cell| town.view.verdict_for("16419", Cause::Outage, &[cell], || None).map(|v| (v.state, v.since < town.now));
    assert_eq!(held("16419-a"), Some((State::Open, true)), "by its ticket still, which began before the suspicion");
    assert_eq!(held("16419-b"), Some((State::Suspected, false)));
    town.pass(40);
    let (site, merged) = (&town.told[1], &town.told[2]);
    assert_eq!((merged.event.as_str(), merged.merged_into.as_ref()), ("cancelled", Some(&site.ticket)));
    assert_eq!((site.event.as_str(), &site.scope), ("opened", &Scope::Site));
    let open = &town.lane.row("16419").unwrap().verdicts;
    let open: Vec<_> = open.iter().filter(|v| v.has_open_ticket()).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(site.since, merged.since, "the same fault, grown");
    assert!(open[0].since.plus(2 * DAY) <= open[0].opened.unwrap(), "{open:?}");
}

#[test]
fn a_merged_ticket_does_not_come_back_beside_its_sites_and_growth_is_told_once_a_day() {
    let mut town = Town::new();
    let cells = |a: u32, b: u32| {
        let mut count = homes_of(60, Cause::Outage, 0);
        count.cells[0].homes.degraded[Cause::Outage.index()] = a;
        count.cells[1].homes.degraded[Cause::Outage.index()] = b;
        count.site.degraded[Cause::Outage.index()] = a + b;
        count
    };
    town.count("16419", 0, cells(20, 0));
    town.pass(40);
    town.count("16419", 0, cells(24, 12));
    town.pass(40);
    let told = |town: &Town| town.told.iter().map(|t| (t.scope.kind(), t.event.as_str())).collect::<Vec<_>>();
    assert_eq!(told(&town), [("cell", "opened"), ("site", "opened"), ("cell", "cancelled")]);
    // The site alone would not be found any more, its ticket stands: the cell is part of it.
    for _ in 0..5 {
        town.count("16419", 0, cells(38, 0));
        town.pass(2 * HOUR);
        town.count("16419", 0, cells(24, 0));
        town.pass(2 * HOUR);
    }
    assert_eq!(town.told.len(), 3);
    town.pass(DAY);
    town.count("16419", 0, cells(38, 19));
    town.pass(HOUR);
    assert_eq!(told(&town)[3..], [("site", "updated")]);
}

#[test]
fn a_ticket_whose_homes_are_all_gone_ends_after_a_fortnight() {
    let mut town = opened();
    town.pass(20 * DAY);
    let end = town.told.last().unwrap();
    assert_eq!((end.event.as_str(), end.ending), ("cancelled", Some(Ending::Unobserved)));
    town.pass(10 * DAY);
    assert!(town.lane.row("16419").is_none(), "nothing is remembered of an empty area");
    assert_eq!(town.rows.last().unwrap().1, None);
}

#[test]
fn homes_of_a_cell_that_came_into_trouble_together_wait_half_a_day_for_the_site() {
    let mut town = Town::new();
    let mut count = homes_of(60, Cause::Coverage, 0);
    let newly = |homes: &mut Homes| {
        homes.degraded[Cause::Coverage.index()] = 14;
        homes.fresh = homes.degraded;
    };
    newly(&mut count.site);
    newly(&mut count.cells[0].homes);
    town.count("16419", 0, count.clone());
    town.pass(11 * HOUR);
    assert_eq!((town.state(), town.told.len()), ("suspected", 0));
    town.pass(2 * HOUR);
    let ticket = &town.told[0];
    assert_eq!((ticket.event.as_str(), &ticket.scope), ("opened", &Scope::Cell("16419-a".into())));
    let formed = ticket.evidence.iter().find(|line| line.indicator == "homes_newly_degraded").expect("it says so");
    assert_eq!((formed.observed, formed.threshold, formed.samples), (0.35, 0.15, 40));
    // A week later the trouble is old: not enough for a new ticket, and no reason to end this one.
    count.cells[0].homes.fresh = Default::default();
    town.count("16419", 0, count);
    town.pass(DAY);
    assert_eq!((town.state(), town.told.len()), ("open", 1));
}
