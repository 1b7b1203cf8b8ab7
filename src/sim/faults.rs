//! Faults of the network, placed where they do what their plan says. Pure.

use std::collections::BTreeMap;

use super::air::{Assessment, assess};
use super::dice::{Dice, Purpose};
use super::network::{Network, SiteKind};
use super::people::{PlaceId, Population};
use super::radio::{Handset, Heard, Place};
use super::spec::{FaultPlan, Reach, TownSpec, Trap};
use crate::units::{Cause, Millis, Zone};

/// A fault with its place, its time and the homes that truly suffer.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) cause: Cause,
    pub(crate) reach: Reach,
    pub(crate) trap: Trap,
    pub(crate) site: u32,
    /// The cells it touches; empty for a hexagon.
    pub(crate) cells: Vec<u32>,
    pub(crate) hex: Option<u64>,
    pub(crate) start: Millis,
    /// Absent: beyond the town's last day.
    pub(crate) end: Option<Millis>,
    /// Decibels lost, or of interference above the signal.
    pub(crate) strength_db: f64,
    /// Homes that are poor under it and were not before.
    pub(crate) homes: Vec<PlaceId>,
    /// Those of them whose records show what is wrong.
    telling: Vec<PlaceId>,
}

impl Fault {
    /// Whether it changes this cell as heard at this place.
    pub(crate) fn touches(&self, place: &Place, heard: &Heard) -> bool {
        match self.hex {
            Some(hex) => hex == place.hex,
            None => heard.site == self.site && self.cells.contains(&heard.cell),
        }
    }

    pub(crate) fn is_active(&self, at: Millis) -> bool {
        at >= self.start && self.end.is_none_or(|end| at < end)
    }

    pub(crate) fn could_touch(&self, place: &Place) -> bool {
        place.heard.iter().any(|heard| self.touches(place, heard))
    }
}

/// What every home is like without faults.
pub(crate) type Baseline = BTreeMap<PlaceId, Assessment>;

const ASSESSED_MOMENTS: u32 = 128;
/// Share poor from which a home is degraded (the design's threshold).
pub(crate) const POOR_SHARE: f64 = 0.30;
/// A planned fault must reach this share of the homes it is aimed at.
const REACHED_SHARE: f64 = 0.6;
const NEIGHBOURHOOD_HOMES: usize = 8;
/// The fault must show in the records of this share of the homes that suffer: where neighbouring sites take over, an
/// outage looks like thin coverage, and thin coverage like interference.
const TELLING_SHARE: f64 = 0.8;
/// A cell serves a home in truth when it serves this share of its moments.
const SERVED_SHARE: f64 = 0.6;

struct Placing<'a> {
    net: &'a Network,
    population: &'a Population,
    baseline: &'a Baseline,
    /// Homes by the site that serves them most.
    homes_at: BTreeMap<u32, Vec<PlaceId>>,
}

/// Places every plan of the spec; a plan for which no site is left is skipped.
pub(crate) fn place_all(
    spec: &TownSpec,
    zone: &Zone,
    net: &Network,
    population: &Population,
    baseline: &Baseline,
) -> Vec<Fault> {
    let mut homes_at: BTreeMap<u32, Vec<PlaceId>> = BTreeMap::new();
    for (home, quality) in baseline {
        if let Some((cell, _)) = quality.served.first() {
            homes_at.entry(net.cells[*cell as usize].site).or_default().push(*home);
        }
    }
    let placing = Placing { net, population, baseline, homes_at };
    let mut used: Vec<u32> = Vec::new();
    let mut faults = Vec::new();
    for (index, plan) in spec.faults.iter().enumerate() {
        let mut dice = Dice::new(spec.seed, Purpose::Faults, index as u64, 0);
        let beside = faults.last().filter(|_| plan.beside).map(|last: &Fault| last.site);
        if let Some(fault) = placing.place(plan, spec, zone, (&used, beside), &mut dice) {
            // Sites that hear each other get one fault at most, so that every home has one true cause.
            used.extend(net.sites_near(net.sites[fault.site as usize].at, 4));
            faults.push(fault);
        }
    }
    faults
}

impl Placing<'_> {
    /// `used`: the sites taken, and the site beside which this fault belongs.
    fn place(
        &self,
        plan: &FaultPlan,
        spec: &TownSpec,
        zone: &Zone,
        (used, beside): (&[u32], Option<u32>),
        dice: &mut Dice,
    ) -> Option<Fault> {
        let hamlet = plan.trap == Trap::TooFewHomes;
        // Beside the last fault, or away from all others.
        let near = beside.map(|last| self.net.sites_near(self.net.sites[last as usize].at, 7));
        let fits = |site: &u32| match (&near, beside) {
            (Some(near), Some(last)) => near.contains(site) && *site != last,
            _ => !used.contains(site),
        };
        let mut sites: Vec<u32> = self.homes_at.keys().copied().filter(fits).collect();
        sites.retain(|s| match self.net.sites[*s as usize].kind {
            SiteKind::Hamlet => hamlet,
            SiteKind::Village => !hamlet && plan.reach == Reach::Site,
            SiteKind::Urban => !hamlet,
            SiteKind::Resort => false,
        });
        dice.shuffle(&mut sites);
        let mut best: Option<(f64, Fault)> = None;
        for site in sites {
            let mut fault = self.draft(plan, spec, zone, site, dice)?;
            let aimed = self.aimed(&fault);
            self.hit(&mut fault, dice);
            let own = fault.homes.iter().filter(|h| aimed.contains(h)).count();
            let telling = fault.telling.len() as f64 / fault.homes.len().max(1) as f64;
            let share = own as f64 / aimed.len().max(1) as f64;
            let reached = share >= REACHED_SHARE && own >= NEIGHBOURHOOD_HOMES.min(needed(plan.reach));
            if hamlet || (reached && telling >= TELLING_SHARE) {
                return Some(fault);
            }
            let share = share * telling;
            if own >= 5 && best.as_ref().is_none_or(|(known, _)| share > *known) {
                best = Some((share, fault));
            }
        }
        best.map(|(_, fault)| fault)
    }

    fn draft(&self, plan: &FaultPlan, spec: &TownSpec, zone: &Zone, site: u32, dice: &mut Dice) -> Option<Fault> {
        let start = instant(spec, zone, plan.from_day);
        let end = plan.days.map(|days| instant(spec, zone, plan.from_day + days));
        let strength_db = match plan.cause {
            Cause::Interference => dice.between(1.0, 4.5),
            Cause::Mobility => dice.between(3.0, 6.0),
            _ => dice.between(15.0, 23.0),
        };
        let hex = if plan.reach == Reach::Hexagon { Some(self.fullest_hexagon(site)?) } else { None };
        let cells =
            if hex.is_some() { Vec::new() } else { self.net.cells_in_reach(site, plan.reach, dice.below(3) as u8) };
        let (cause, reach, trap) = (plan.cause, plan.reach, plan.trap);
        let (homes, telling) = (Vec::new(), Vec::new());
        Some(Fault { cause, reach, trap, site, cells, hex, start, end, strength_db, homes, telling })
    }

    fn fullest_hexagon(&self, site: u32) -> Option<u64> {
        let mut homes_in: BTreeMap<u64, usize> = BTreeMap::new();
        for home in self.homes_at.get(&site)? {
            *homes_in.entry(self.population.places[home.index()].hex).or_default() += 1;
        }
        homes_in.into_iter().max_by_key(|(_, homes)| *homes).map(|(hex, _)| hex)
    }

    /// The homes a fault is meant to hit: those its site, its sector or its hexagon serves.
    fn aimed(&self, fault: &Fault) -> Vec<PlaceId> {
        let homes = self.homes_at.get(&fault.site).map_or(&[][..], Vec::as_slice);
        let hit = |home: &PlaceId| match fault.hex {
            Some(hex) => self.population.places[home.index()].hex == hex,
            None => self.baseline[home].served.first().is_some_and(|(cell, _)| fault.cells.contains(cell)),
        };
        homes.iter().copied().filter(hit).collect()
    }

    /// Every home of the town that is fine without the fault and degraded under it.
    fn hit(&self, fault: &mut Fault, dice: &mut Dice) {
        let (mut homes, mut telling) = (Vec::new(), Vec::new());
        for (home, before) in self.baseline {
            let place = &self.population.places[home.index()];
            if before.poor >= POOR_SHARE || !fault.could_touch(place) {
                continue;
            }
            let (suffers, tells) = if fault.cause == Cause::Congestion {
                let of_its_cells = before.served.iter().filter(|(c, _)| fault.cells.contains(c));
                (of_its_cells.map(|(_, share)| share).sum::<f64>() >= SERVED_SHARE, true)
            } else {
                let under = assess(place, Handset::default(), &[fault], ASSESSED_MOMENTS, dice);
                (under.poor >= POOR_SHARE, tells(fault.cause, &under))
            };
            if suffers {
                homes.push(*home);
                telling.extend(tells.then_some(*home));
            }
        }
        (fault.homes, fault.telling) = (homes, telling);
    }
}

/// Whether most poor moments of a home are poor in the way that belongs to the cause.
fn tells(cause: Cause, under: &Assessment) -> bool {
    match cause {
        Cause::Outage => under.no_service >= 0.5 * under.poor,
        Cause::Coverage => under.weak >= 0.5 * under.poor,
        _ => true,
    }
}

/// How many homes a fault of this reach must hit at least, where the town has them.
fn needed(reach: Reach) -> usize {
    if reach == Reach::Site { NEIGHBOURHOOD_HOMES } else { 6 }
}

/// The instant a fraction of days after the town's start.
fn instant(spec: &TownSpec, zone: &Zone, days: f64) -> Millis {
    let whole = days.floor();
    zone.instant(spec.start.plus(whole as i32), ((days - whole) * 1440.0) as u16)
}

/// The true quality of every home without faults.
pub(crate) fn baseline(spec: &TownSpec, population: &Population) -> Baseline {
    let mut homes: Vec<PlaceId> = Vec::new();
    for person in &population.people {
        homes.extend([Some(person.home), person.second, person.moved.map(|(_, place)| place)].into_iter().flatten());
    }
    homes.sort_unstable();
    homes.dedup();
    let of = |home: PlaceId| {
        let mut dice = Dice::new(spec.seed, Purpose::Truth, u64::from(home.0), 0);
        (home, assess(&population.places[home.index()], Handset::default(), &[], ASSESSED_MOMENTS, &mut dice))
    };
    homes.into_iter().map(of).collect()
}
