//! Whether offers are right: to whom, when, and instead of what. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Case;
use super::given::{Given, GivenPerson, GivenProblem};
use super::problems::trap_of;
use super::rates::{Found, Share};
use super::said::{Offer, Said};
use super::tickets::covers;
use crate::units::Millis;

/// A problem shorter than this asks for no act: two bad days and a settling of half an hour are the contract.
const ASKS_FOR_ACT: i64 = 3 * Millis::DAY;

/// Offers and acts against truth.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Offers {
    pub made: u64,
    pub withdrawn: u64,
    /// Offers made while the home truly had an individual problem.
    pub right: Share,
    /// Offers refused by truth, by why: `repaired` (the problem had already ended), `moved_out` (it is that of the home
    /// he has moved out of), `neighbourhood` (a ticket's matter, and not withdrawn), `withdrawn` (the same, withdrawn
    /// later), `nearly_poor` (a home that is poor in a fifth of its moments or more by itself, whatever else there was),
    /// `one_evening`, `bad_holiday`, `bad_work`, …
    pub refused: BTreeMap<String, u64>,
    /// The offer's cause is the true one, among the right ones.
    pub cause_right: Share,
    /// People acted for: an offer, or a ticket that covers the home, while a problem of three days or more lasts;
    /// misses are such people who consent (individual) or live in a neighbourhood's fault; false alarms are offers
    /// to whom nothing is wrong.
    pub acted: Found,
    /// The same, misses only where the problem is felt or a neighbourhood's.
    pub acted_of_felt: Found,
    /// Among people acted for: the flat's problem got an offer, the street's a ticket and no offer that stood.
    pub scope_right: Share,
    /// Offers to people who did not consent to proactive care or refuse the use of their location.
    pub consent_violations: u64,
}

pub(super) fn score(given: &Given, said: &Said, cases: &mut Vec<Case>) -> Offers {
    let mut all = Offers::default();
    let by_id = given.by_id();
    // A town whose truth says nothing of consent cannot judge it.
    let judges_consent = given.people.iter().any(|person| person.network_care.is_some());
    for offer in &said.offers {
        all.made += 1;
        all.withdrawn += u64::from(offer.withdrawn.is_some());
        let Some(person) = by_id.get(offer.customer.as_str()) else {
            *all.refused.entry("unknown customer".to_owned()).or_default() += 1;
            continue;
        };
        if judges_consent && !person.consents() {
            all.consent_violations += 1;
            cases.push(case("consent_violation", offer, person, "no consent".to_owned()));
        }
        all.judge(given, offer, person, cases);
    }
    all.acts(given, said, cases);
    all
}

impl Offers {
    fn judge(&mut self, given: &Given, offer: &Offer, person: &GivenPerson, cases: &mut Vec<Case>) {
        let problem = person.problem(offer.made);
        let right = problem.is_some_and(|problem| !problem.is_neighbourhood());
        self.right.count(right);
        let Some(problem) = problem else {
            let why = trap_of(given, person, offer.made);
            cases.push(case("offer_refused", offer, person, why.clone()));
            *self.refused.entry(why).or_default() += 1;
            self.acted.false_alarms += 1;
            self.acted_of_felt.false_alarms += 1;
            return;
        };
        let truth = format!("{} {} fault {:?}", problem.cause, problem.scope, problem.fault);
        if right {
            self.cause_right.count(problem.cause == offer.cause);
            if problem.cause != offer.cause {
                cases.push(case("offer_cause_wrong", offer, person, truth));
            }
            return;
        }
        let why = if offer.withdrawn.is_some() { "withdrawn" } else { "neighbourhood" };
        cases.push(case("offer_refused", offer, person, format!("{why}: {truth}")));
        *self.refused.entry(why.to_owned()).or_default() += 1;
    }

    /// What became of every problem that asks for an act.
    fn acts(&mut self, given: &Given, said: &Said, cases: &mut Vec<Case>) {
        let mut offers: BTreeMap<&str, Vec<&Offer>> = BTreeMap::new();
        for offer in &said.offers {
            offers.entry(&offer.customer).or_default().push(offer);
        }
        let with_ticket: BTreeSet<usize> =
            given.faults.iter().enumerate().filter(|(_, fault)| fault.ticket).map(|(index, _)| index).collect();
        for person in &given.people {
            let own = offers.get(person.customer_id.as_str()).map_or(&[][..], Vec::as_slice);
            for problem in &person.problems {
                let end = problem.end.unwrap_or(given.end);
                if end.since(problem.start) < ASKS_FOR_ACT {
                    continue;
                }
                let during = |at: Millis| problem.start <= at && at < end;
                let offered = own.iter().any(|offer| during(offer.made) && offer.withdrawn.is_none());
                let ticketed = is_ticketed(said, person, problem, end);
                let wants_ticket = problem.fault.is_some_and(|fault| with_ticket.contains(&fault));
                self.act(person, problem, [offered, ticketed, wants_ticket], cases);
            }
        }
    }

    fn act(
        &mut self,
        person: &GivenPerson,
        problem: &GivenProblem,
        [offered, ticketed, wants_ticket]: [bool; 3],
        cases: &mut Vec<Case>,
    ) {
        let neighbourhood = problem.is_neighbourhood();
        let acted = offered || ticketed && (neighbourhood || wants_ticket);
        let asks = if neighbourhood { wants_ticket } else { person.consents() };
        if acted || asks {
            self.acted.count(acted, true);
            if acted || neighbourhood || problem.felt != Some(false) {
                self.acted_of_felt.count(acted, true);
            }
        }
        let class = match (acted, neighbourhood) {
            (false, _) if !asks => return,
            (false, true) => "act_missed_neighbourhood",
            (false, false) if problem.felt == Some(false) => "act_missed_not_felt",
            (false, false) => "act_missed_individual",
            (true, _) => {
                let right = if neighbourhood { ticketed && !offered } else { offered };
                self.scope_right.count(right);
                if right {
                    return;
                }
                "act_scope_wrong"
            }
        };
        cases.push(Case {
            class: class.to_owned(),
            id: person.customer_id.clone(),
            at: problem.start,
            kind: person.kind.clone(),
            truth: format!("{} {} fault {:?}", problem.cause, problem.scope, problem.fault),
            said: format!("offered {offered}, ticketed {ticketed}"),
        });
    }
}

/// Whether a ticket covered the home while the problem lasted.
fn is_ticketed(said: &Said, person: &GivenPerson, problem: &GivenProblem, end: Millis) -> bool {
    let Some(home) = person.home(problem.start) else { return false };
    let open = |from: Millis, until: Option<Millis>| from < end && until.is_none_or(|until| until > problem.start);
    said.tickets.iter().any(|ticket| ticket.spans.iter().any(|span| open(span.0, span.1)) && covers(ticket, home))
}

fn case(class: &str, offer: &Offer, person: &GivenPerson, truth: String) -> Case {
    Case {
        class: class.to_owned(),
        id: person.customer_id.clone(),
        at: offer.made,
        kind: person.kind.clone(),
        truth,
        said: format!("{} for {}", offer.action, offer.cause),
    }
}
