//! What is true in the town: homes, problems, faults, traps. Pure; taken from the model, never from its events.

use std::collections::BTreeMap;

use serde::Serialize;

use super::air::{Assessment, assess};
use super::crm::Crm;
use super::dice::{Dice, Purpose};
use super::faults::{Baseline, Fault, POOR_SHARE};
use super::network::Network;
use super::people::{Person, PersonKind, PlaceId, Population};
use super::spec::{Reach, TownSpec, Trap};
use crate::units::{Cause, Day, Millis, Segment, Zone};

/// The whole truth; `truth.json` is this. Times are epoch milliseconds, dates local.
#[derive(Debug, Clone, Serialize)]
pub struct Truth {
    pub seed: u64,
    pub zone: String,
    /// The town's first and last instant.
    pub start: Millis,
    pub end: Millis,
    pub people: Vec<TruePerson>,
    pub faults: Vec<TrueFault>,
    pub hard_negatives: Vec<HardNegative>,
}

/// One customer.
#[derive(Debug, Clone, Serialize)]
pub struct TruePerson {
    pub customer_id: String,
    pub kind: PersonKind,
    /// Main homes in their order; a mover has two.
    pub homes: Vec<TrueHome>,
    pub second_home: Option<TrueHome>,
    /// Local date of the move.
    pub moved_on: Option<String>,
    /// Local dates: first day away and day of return.
    pub holiday: Option<(String, String)>,
    pub network_care: Option<bool>,
    pub location: Option<bool>,
    /// Probability of being unhappy with the network at home while nothing is wrong there.
    pub felt_probability_without_problem: f64,
    pub problems: Vec<Problem>,
}

/// A home and what truly serves it while nothing is broken.
#[derive(Debug, Clone, Serialize)]
pub struct TrueHome {
    pub from: Millis,
    pub until: Millis,
    pub lat: f64,
    pub lon: f64,
    /// H3 cell of resolution 9, as text.
    pub hexagon: String,
    /// Site and cells that serve it, the one with the greatest share first.
    pub site: Option<String>,
    pub cells: Vec<String>,
    pub share_poor: f64,
}

/// Whom a problem concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Individual,
    Neighbourhood,
}

/// A time during which a customer's home is truly bad.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    pub cause: Cause,
    pub scope: Scope,
    /// Position in [`Truth::faults`].
    pub fault: Option<usize>,
    pub start: Millis,
    pub end: Millis,
    /// Share of moments at home that are poor or without service; congestion leaves the radio fine.
    pub share_poor: f64,
    pub share_no_service: f64,
    pub felt_probability: f64,
    pub felt: bool,
}

/// A fault of the network.
#[derive(Debug, Clone, Serialize)]
pub struct TrueFault {
    pub cause: Cause,
    pub reach: Reach,
    pub trap: Trap,
    pub site: String,
    pub cells: Vec<String>,
    pub hexagon: Option<String>,
    pub start: Millis,
    pub end: Option<Millis>,
    /// Customers whose home truly suffers from it.
    pub customers: Vec<String>,
    /// Whether a ticket is right.
    pub ticket: bool,
}

/// Somebody, or an area, that looks like a case and is none.
#[derive(Debug, Clone, Serialize)]
pub struct HardNegative {
    /// `bad_work`, `billing_complaints`, `one_evening`, `too_few_homes`, `no_consent`, `bad_holiday`.
    pub kind: &'static str,
    /// A customer id or a site id.
    pub id: String,
}

/// Homes that make a neighbourhood.
const NEIGHBOURHOOD_MIN: usize = 5;
/// Share poor from which a customer suffers a fault that makes his home degraded; below it his handset escapes.
const SUFFERED_SHARE: f64 = 0.25;

struct Teller<'a> {
    spec: &'a TownSpec,
    zone: &'a Zone,
    net: &'a Network,
    population: &'a Population,
    baseline: &'a Baseline,
    faults: &'a [Fault],
    /// Faults by the homes they make suffer.
    by_home: BTreeMap<PlaceId, Vec<usize>>,
    /// Customers who live in a fault's homes while it lasts.
    hit: Vec<usize>,
    start: Millis,
    end: Millis,
}

/// Writes down what is true.
pub(crate) fn tell(
    spec: &TownSpec,
    zone: &Zone,
    net: &Network,
    population: &Population,
    baseline: &Baseline,
    faults: &[Fault],
    crm: &[Crm],
) -> Truth {
    let mut by_home: BTreeMap<PlaceId, Vec<usize>> = BTreeMap::new();
    for (index, fault) in faults.iter().enumerate() {
        for home in &fault.homes {
            by_home.entry(*home).or_default().push(index);
        }
    }
    let start = zone.instant(spec.start, super::plan::DAY_START);
    let end = zone.instant(spec.start.plus(i32::from(spec.days)), super::plan::DAY_START);
    let mut teller = Teller { spec, zone, net, population, baseline, faults, by_home, hit: Vec::new(), start, end };
    teller.hit = (0..faults.len()).map(|fault| teller.customers_of(fault).len()).collect();
    let people: Vec<TruePerson> = population.people.iter().zip(crm).map(|(p, row)| teller.person(p, row)).collect();
    let mut hard_negatives: Vec<HardNegative> = Vec::new();
    for person in &population.people {
        let kind = match () {
            () if person.bad_work => "bad_work",
            () if care_about_bills(person) => "billing_complaints",
            () if person.kind == PersonKind::Holiday => "bad_holiday",
            () => continue,
        };
        hard_negatives.push(HardNegative { kind, id: person.id() });
    }
    for fault in faults {
        let kind = match fault.trap {
            Trap::None => continue,
            Trap::OneEvening => "one_evening",
            Trap::TooFewHomes => "too_few_homes",
            Trap::NoConsent => "no_consent",
        };
        hard_negatives.push(HardNegative { kind, id: net.sites[fault.site as usize].id.clone() });
    }
    let faults = (0..faults.len()).map(|index| teller.fault(index)).collect();
    Truth { seed: spec.seed, zone: spec.zone.clone(), start, end, people, faults, hard_negatives }
}

/// One customer in fifty complains about bills again and again.
pub(crate) fn care_about_bills(person: &Person) -> bool {
    super::dice::scramble(u64::from(person.number) ^ 0xb111).is_multiple_of(50)
}

impl Teller<'_> {
    fn customers_of(&self, index: usize) -> Vec<String> {
        let fault = &self.faults[index];
        let lives_there = |p: &&Person| {
            let stays = self.stays(p);
            stays.iter().any(|(home, from, until)| {
                let meets = fault.start < *until && fault.end.is_none_or(|end| end > *from);
                meets && fault.homes.contains(home) && self.suffers(p, *home, index).is_some()
            })
        };
        self.population.people.iter().filter(lives_there).map(Person::id).collect()
    }

    /// What a customer has of a fault that hits his home; nothing where his handset escapes it, on a 5G cell for instance.
    fn suffers(&self, person: &Person, home: PlaceId, index: usize) -> Option<Assessment> {
        let fault = &self.faults[index];
        let mut dice = Dice::new(self.spec.seed, Purpose::Truth, 1 << 41 | u64::from(person.number), index as u64);
        let place = &self.population.places[home.index()];
        let quality = assess(place, person.handset_on(self.spec.start), &[fault], 256, &mut dice);
        let through: f64 = quality.served.iter().filter(|(c, _)| fault.cells.contains(c)).map(|(_, share)| share).sum();
        let suffers = if fault.cause == Cause::Congestion { through >= 0.5 } else { quality.poor >= SUFFERED_SHARE };
        suffers.then_some(quality)
    }

    /// Main homes with the time spent in each.
    fn stays(&self, person: &Person) -> Vec<(PlaceId, Millis, Millis)> {
        match person.moved {
            None => vec![(person.home, self.start, self.end)],
            Some((day, place)) => {
                let at = self.zone.instant(day, 720);
                vec![(person.home, self.start, at), (place, at, self.end)]
            }
        }
    }

    fn home(&self, home: PlaceId, from: Millis, until: Millis) -> TrueHome {
        let place = &self.population.places[home.index()];
        let quality = &self.baseline[&home];
        let (lat, lon) = place.at.lat_lon();
        let cells = quality.served.iter().filter(|(_, share)| *share >= 0.02);
        TrueHome {
            from,
            until,
            lat,
            lon,
            hexagon: format!("{:x}", place.hex),
            site: quality.served.first().map(|(cell, _)| self.site_of(*cell)),
            cells: cells.map(|(cell, _)| self.net.cells[*cell as usize].id.clone()).collect(),
            share_poor: quality.poor,
        }
    }

    fn site_of(&self, cell: u32) -> String {
        self.net.sites[self.net.cells[cell as usize].site as usize].id.clone()
    }

    fn person(&self, person: &Person, crm: &Crm) -> TruePerson {
        let date = |day: Day| day.iso();
        let stays = self.stays(person);
        TruePerson {
            customer_id: person.id(),
            kind: person.kind,
            homes: stays.iter().map(|(home, from, until)| self.home(*home, *from, *until)).collect(),
            second_home: person.second.map(|home| self.home(home, self.start, self.end)),
            moved_on: person.moved.map(|(day, _)| date(day)),
            holiday: person.holiday.map(|(from, until, _)| (date(from), date(until))),
            network_care: crm.network_care,
            location: crm.location,
            felt_probability_without_problem: felt_probability(person, crm.segment, None),
            problems: self.problems(person, crm, &stays),
        }
    }

    fn problems(&self, person: &Person, crm: &Crm, stays: &[(PlaceId, Millis, Millis)]) -> Vec<Problem> {
        let mut dice = Dice::new(self.spec.seed, Purpose::Truth, 1 << 40 | u64::from(person.number), 0);
        let mut all = Vec::new();
        let mut add = |cause,
                       fault: Option<usize>,
                       from: Millis,
                       until: Millis,
                       quality: &Assessment,
                       dice: &mut Dice| {
            if from >= until {
                return;
            }
            let scope = match fault {
                Some(fault) if self.hit[fault] >= NEIGHBOURHOOD_MIN => Scope::Neighbourhood,
                _ => Scope::Individual,
            };
            let felt_probability = felt_probability(person, crm.segment, Some((cause, quality)));
            let felt = dice.chance(felt_probability);
            let (share_poor, share_no_service) = (quality.poor, quality.no_service);
            let (start, end) = (from, until);
            all.push(Problem { cause, scope, fault, start, end, share_poor, share_no_service, felt_probability, felt });
        };
        for (home, from, until) in stays {
            let place = &self.population.places[home.index()];
            let alone = &self.baseline[home];
            if alone.poor >= POOR_SHARE {
                add(Cause::Building, None, *from, *until, alone, &mut dice);
                continue;
            }
            // A broken handset hides what the network does besides, from the day it breaks.
            let mut whole = *until;
            if let Some((day, _)) = person.broken {
                let broke = self.day_start(day).max(*from);
                let quality = assess(place, person.handset_on(day), &[], 256, &mut dice);
                if quality.poor >= POOR_SHARE {
                    add(Cause::Device, None, broke, *until, &quality, &mut dice);
                    whole = broke;
                }
            }
            let mut covered = *from;
            for index in self.by_home.get(home).into_iter().flatten() {
                let fault = &self.faults[*index];
                if fault.trap == Trap::OneEvening {
                    continue;
                }
                let Some(quality) = self.suffers(person, *home, *index) else { continue };
                let (start, end) = (fault.start.max(*from), fault.end.unwrap_or(self.end).min(whole));
                // Of two faults side by side, the first is what a home suffers from.
                let start = start.max(covered);
                covered = covered.max(end);
                add(fault.cause, Some(*index), start, end, &quality, &mut dice);
            }
        }
        all
    }

    fn day_start(&self, day: Day) -> Millis {
        self.zone.instant(day, super::plan::DAY_START)
    }

    fn fault(&self, index: usize) -> TrueFault {
        let fault = &self.faults[index];
        let customers = self.customers_of(index);
        TrueFault {
            cause: fault.cause,
            reach: fault.reach,
            trap: fault.trap,
            site: self.net.sites[fault.site as usize].id.clone(),
            cells: fault.cells.iter().map(|c| self.net.cells[*c as usize].id.clone()).collect(),
            hexagon: fault.hex.map(|hex| format!("{hex:x}")),
            start: fault.start,
            end: fault.end,
            ticket: fault.trap != Trap::OneEvening && customers.len() >= NEIGHBOURHOOD_MIN,
            customers,
        }
    }
}

/// How likely somebody is to suffer: a temper, what the segment expects, and what is wrong.
fn felt_probability(person: &Person, segment: Segment, trouble: Option<(Cause, &Assessment)>) -> f64 {
    let expects = match segment {
        Segment::Low => -0.4,
        Segment::Mid => 0.0,
        Segment::High => 0.4,
    };
    let severity = match trouble {
        None => -3.4,
        Some((Cause::Congestion, _)) => 0.8,
        Some((Cause::Mobility, quality)) => 0.4 + 2.0 * (quality.poor - POOR_SHARE),
        Some((_, quality)) => -0.4 + 3.0 * (quality.poor - POOR_SHARE) + 1.5 * quality.no_service,
    };
    1.0 / (1.0 + (-(severity + expects + 0.9 * person.sensitivity)).exp())
}
