//! The town, built once from its spec. Pure.

use std::collections::BTreeMap;

use super::care::{self, Care};
use super::check::SpecError;
use super::crm::Crm;
use super::faults::{Fault, baseline, place_all};
use super::network::{Cell, Network, Site};
use super::people::{Person, PlaceId, Population};
use super::records::Records;
use super::spec::{TownSpec, Trap};
use super::truth::{Truth, tell};
use crate::units::{Day, Millis, Zone};

/// A town with everybody and everything in it; its records are drawn from it day by day.
#[derive(Debug, Clone)]
pub struct Town {
    pub spec: TownSpec,
    pub sites: Vec<Site>,
    pub cells: Vec<Cell>,
    pub people: Vec<Person>,
    pub truth: Truth,
    pub(crate) network: Network,
    pub(crate) population: Population,
    pub(crate) zone: Zone,
    pub(crate) crm: Vec<Crm>,
    pub(crate) care: Vec<Care>,
    pub(crate) faults: Vec<Fault>,
    /// Faults that can be felt at a place, by position in `faults`; places without are absent.
    felt_at: BTreeMap<PlaceId, Vec<u32>>,
}

impl Town {
    /// Builds the town; the same spec always gives the same town. Faults beyond its last day are left out.
    ///
    /// # Panics
    /// When the spec cannot be built: [`Town::try_build`] says so instead.
    #[must_use]
    pub fn build(spec: &TownSpec) -> Self {
        Self::try_build(spec).expect("a spec that can be built")
    }

    /// # Errors
    /// When the spec cannot be built, with every field that is wrong.
    pub fn try_build(spec: &TownSpec) -> Result<Self, SpecError> {
        let mut spec = spec.clone();
        spec.set_days(spec.days);
        spec.check()?;
        Ok(Self::of(&spec))
    }

    fn of(spec: &TownSpec) -> Self {
        let zone = Zone::named(&spec.zone).expect("the spec was checked");
        let network = Network::build(spec);
        let mut population = Population::build(spec, &network);
        let baseline = baseline(spec, &population);
        let faults = place_all(spec, &zone, &network, &population, &baseline);
        let mut crm = Crm::draw_all(spec, &population);
        for fault in faults.iter().filter(|f| f.trap == Trap::NoConsent) {
            for (person, row) in population.people.iter().zip(&mut crm) {
                if fault.homes.contains(&person.home) {
                    row.network_care = Some(false);
                }
            }
        }
        let truth = tell(spec, &zone, &network, &population, &baseline, &faults, &crm);
        for (row, person) in crm.iter_mut().zip(&truth.people) {
            row.feel(person.problems.iter().any(|p| p.felt));
        }
        let care = care::draw_all(spec, &zone, &population, &truth);
        let felt_at = felt_at(&population, &faults);
        let people = std::mem::take(&mut population.people);
        let (sites, cells) = (network.sites.clone(), network.cells.clone());
        let spec = spec.clone();
        Self { spec, sites, cells, people, truth, network, population, zone, crm, care, faults, felt_at }
    }

    /// All records: cells and CRM rows first, then everything with a time, in its order. Memory is one day's.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records::new(self)
    }

    /// The instant at which a day of the town begins: 04:00 local.
    pub(crate) fn day_start(&self, day: Day) -> Millis {
        self.zone.instant(day, super::plan::DAY_START)
    }

    pub(crate) fn faults_at(&self, place: PlaceId) -> impl Iterator<Item = &Fault> {
        self.felt_at.get(&place).into_iter().flatten().map(|index| &self.faults[*index as usize])
    }
}

fn felt_at(population: &Population, faults: &[Fault]) -> BTreeMap<PlaceId, Vec<u32>> {
    let mut all = BTreeMap::new();
    for (index, place) in population.places.iter().enumerate() {
        let felt: Vec<u32> = (0_u32..).zip(faults).filter(|(_, f)| f.could_touch(place)).map(|(i, _)| i).collect();
        if !felt.is_empty() {
            all.insert(PlaceId(index as u32), felt);
        }
    }
    all
}
