//! Whether tickets are right, in time, and name the right cells. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Case;
use super::given::{Given, GivenFault, GivenHome};
use super::rates::{Share, Spread};
use super::said::{Said, Ticket};
use crate::units::Millis;

/// A ticket is about a fault if it opens while that lasts, or so long after: the windows of homes are two days wide.
const AFTER: i64 = 2 * Millis::DAY;
/// In time.
const IN_TIME: i64 = 3 * Millis::DAY;
/// Homes that make a neighbourhood.
const HOMES: usize = 5;
/// A cell is named as suffering when so many of its homes are degraded.
const CELL_SHARE: f64 = 0.3;

/// Tickets against faults.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Tickets {
    /// Tickets that are about a fault worth one.
    pub precision: Share,
    /// Faults worth a ticket, begun three days before the end or earlier, that have one.
    pub recall: Share,
    /// The same, ticketed within three days of their start.
    pub within_3_days: Share,
    pub recall_by_cause: BTreeMap<String, Share>,
    /// From a fault's start to its first ticket.
    pub days_to_ticket: Spread,
    /// The ticket's cause is the fault's, among tickets about a fault.
    pub cause_right: Share,
    /// Customers whose home suffers from a ticketed fault and lies within the ticket's scope.
    pub homes_covered: Share,
    /// Named cells with 30 % of their homes degraded that are the fault's.
    pub cells_named_right: Share,
    /// The fault's cells that serve a suffering home first and are named.
    pub cells_found: Share,
    /// Tickets beyond the first that are about the same fault, cause and site.
    pub repeated: u64,
    pub false_tickets: u64,
    pub false_by_trap: BTreeMap<String, u64>,
    /// False tickets per 10 000 customers and 30 days.
    pub false_rate: Option<f64>,
}

/// Which fault a ticket is about: at its site, with one of its cells, or where five of its homes are served.
fn is_about(ticket: &Ticket, fault: &GivenFault, served: &BTreeMap<String, usize>) -> bool {
    let overlap = ticket
        .spans
        .iter()
        .any(|(from, _)| *from >= fault.start && fault.end.is_none_or(|end| from.since(end) <= AFTER));
    let cell = || fault.cells.iter().any(|cell| ticket.cells.get(cell).is_some_and(|share| *share >= CELL_SHARE));
    overlap && (ticket.area == fault.site || cell() || served.get(&ticket.area).is_some_and(|homes| *homes >= HOMES))
}

/// A fault with its homes where the truth tells them.
struct Hit<'a> {
    fault: &'a GivenFault,
    homes: Vec<&'a GivenHome>,
    /// Homes by the site that serves them.
    served: BTreeMap<String, usize>,
}

fn hits<'g>(given: &'g Given) -> Vec<Hit<'g>> {
    let by_id = given.by_id();
    let hit = |fault: &'g GivenFault| {
        let GivenFault { customers, start, end, .. } = fault;
        let at = |home: &&GivenHome| {
            home.until.is_none_or(|until| *start < until)
                && end.is_none_or(|end| home.from.is_none_or(|from| from < end))
        };
        let people = customers.iter().filter_map(|id| by_id.get(id.as_str()));
        // Of a mover's two homes, the one lived in while the fault lasts; the last if both were.
        let homes: Vec<&GivenHome> = people.filter_map(|person| person.homes.iter().rfind(at)).collect();
        let mut served = BTreeMap::new();
        for site in homes.iter().filter_map(|home| home.site.clone()) {
            *served.entry(site).or_default() += 1;
        }
        Hit { fault, homes, served }
    };
    given.faults.iter().map(hit).collect()
}

/// Whether a home lies where a ticket says that it hurts.
#[must_use]
pub fn covers(ticket: &Ticket, home: &GivenHome) -> bool {
    let named = |cell: &String| ticket.cells.get(cell).is_some_and(|share| *share >= CELL_SHARE);
    match ticket.scope.as_str() {
        "cell" => home.cells.first().is_some_and(named),
        "hexagon" => home.hexagon.as_ref().is_some_and(|hexagon| ticket.hexagons.contains(hexagon)),
        _ => home.site.as_deref() == Some(&ticket.area),
    }
}

pub(super) fn score(given: &Given, said: &Said, cases: &mut Vec<Case>) -> Tickets {
    let mut all = Tickets::default();
    let hits = hits(given);
    let mut first: BTreeMap<usize, Millis> = BTreeMap::new();
    let mut about: BTreeMap<usize, Vec<&Ticket>> = BTreeMap::new();
    let mut seen: BTreeSet<(usize, &str, &str)> = BTreeSet::new();
    for ticket in &said.tickets {
        let matching = |hit: &&(usize, &Hit<'_>)| is_about(ticket, hit.1.fault, &hit.1.served);
        let candidates: Vec<_> = hits.iter().enumerate().collect();
        // Of several faults: one worth a ticket, of the ticket's cause, at its site.
        let best = candidates
            .iter()
            .filter(matching)
            .max_by_key(|(_, hit)| (hit.fault.ticket, hit.fault.cause == ticket.cause, hit.fault.site == ticket.area));
        all.precision.count(best.is_some_and(|(_, hit)| hit.fault.ticket));
        let Some((index, hit)) = best.filter(|(_, hit)| hit.fault.ticket) else {
            let trap = best.map_or("no fault", |(_, hit)| &hit.fault.trap);
            *all.false_by_trap.entry(trap.to_owned()).or_default() += 1;
            all.false_tickets += 1;
            cases.push(ticket_case("ticket_false", ticket, trap.to_owned()));
            continue;
        };
        let truth = format!("{} at {} fault {index}", hit.fault.cause, hit.fault.site);
        if !seen.insert((*index, &ticket.area, &ticket.cause)) {
            all.repeated += 1;
            cases.push(ticket_case("ticket_repeated", ticket, truth.clone()));
        }
        all.cause_right.count(ticket.cause == hit.fault.cause);
        if ticket.cause != hit.fault.cause {
            cases.push(ticket_case("ticket_cause_wrong", ticket, truth));
        }
        let opened = ticket.spans.iter().map(|span| span.0).filter(|at| *at >= hit.fault.start).min();
        let opened = opened.unwrap_or(ticket.opened());
        first.entry(*index).and_modify(|known| *known = opened.min(*known)).or_insert(opened);
        about.entry(*index).or_default().push(ticket);
    }
    for (index, hit) in hits.iter().enumerate().filter(|(_, hit)| hit.fault.ticket) {
        all.fault(index, hit, first.get(&index), about.get(&index), given, cases);
    }
    all.days_to_ticket = Spread::of(
        first.iter().map(|(index, at)| at.since(hits[*index].fault.start) as f64 / Millis::DAY as f64).collect(),
    );
    let months = given.days() / 30.0 * given.people.len() as f64 / 10_000.0;
    all.false_rate = (months > 0.0).then(|| super::rates::rounded(all.false_tickets as f64 / months));
    all
}

impl Tickets {
    fn fault(
        &mut self,
        index: usize,
        hit: &Hit<'_>,
        first: Option<&Millis>,
        tickets: Option<&Vec<&Ticket>>,
        given: &Given,
        cases: &mut Vec<Case>,
    ) {
        let fault = hit.fault;
        if given.end.since(fault.start) >= IN_TIME {
            let in_time = first.is_some_and(|at| at.since(fault.start) <= IN_TIME);
            self.recall.count(first.is_some());
            self.within_3_days.count(in_time);
            self.recall_by_cause.entry(fault.cause.clone()).or_default().count(first.is_some());
            if !in_time {
                let class = if first.is_some() { "ticket_late" } else { "ticket_missed" };
                let days = first.map(|at| at.since(fault.start) / Millis::HOUR);
                let lasts = fault.end.map(|end| end.since(fault.start) / Millis::HOUR);
                let homes = format!("{} homes, served {:?}", hit.homes.len(), hit.served);
                cases.push(Case {
                    class: class.to_owned(),
                    id: format!("fault {index}"),
                    at: fault.start,
                    kind: fault.reach.clone(),
                    truth: format!("{} at {}, {homes}, lasts {lasts:?} h", fault.cause, fault.site),
                    said: days.map_or("no ticket".to_owned(), |hours| format!("a ticket after {hours} h")),
                });
            }
        }
        let Some(tickets) = tickets else { return };
        for home in &hit.homes {
            self.homes_covered.count(tickets.iter().any(|ticket| covers(ticket, home)));
        }
        let named: BTreeSet<&String> = tickets
            .iter()
            .flat_map(|ticket| ticket.cells.iter().filter(|(_, share)| **share >= CELL_SHARE).map(|(cell, _)| cell))
            .collect();
        for cell in &named {
            self.cells_named_right.count(fault.cells.contains(cell));
        }
        let serving: BTreeSet<&String> = hit.homes.iter().filter_map(|home| home.cells.first()).collect();
        for cell in fault.cells.iter().filter(|cell| serving.contains(cell)) {
            self.cells_found.count(named.contains(cell));
        }
    }
}

fn ticket_case(class: &str, ticket: &Ticket, truth: String) -> Case {
    Case {
        class: class.to_owned(),
        id: ticket.id.clone(),
        at: ticket.opened(),
        kind: ticket.scope.clone(),
        truth,
        said: format!("{} at {}, {} cells", ticket.cause, ticket.area, ticket.cells.len()),
    }
}
