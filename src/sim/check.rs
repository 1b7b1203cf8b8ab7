//! Whether a scenario can be built, with every reason why not. Pure.

use std::fmt;

use super::spec::{FaultPlan, Reach, TownSpec, Trap};
use crate::units::{Cause, Day, Zone};

/// Seven digits of a customer's id hold no more.
const CUSTOMERS_MAX: u32 = 9_999_999;
/// More than a year is no town's story, and times stay far from the end of the table of clock changes.
const DAYS_MAX: u16 = 400;
/// 2000-01-01 and 2050-01-01: clock changes are known until 2060.
const START: (Day, Day) = (Day(10_957), Day(29_220));
/// An event every two minutes, day and night: beyond any probe.
const EVENTS_PER_DAY_MAX: f64 = 720.0;
/// One evening is less than a day.
const EVENING_DAYS_MAX: f64 = 0.5;

/// One thing that is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecProblem {
    /// As the file spells it: `people.mover`, `faults[3].days`; positions count from 1, as people do.
    pub field: String,
    /// What it must be, and what it is.
    pub said: String,
}

impl fmt::Display for SpecProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.said)
    }
}

/// Everything that is wrong with a scenario, a line each; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError(pub Vec<SpecProblem>);

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(SpecProblem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for SpecError {}

#[derive(Default)]
struct Found(Vec<SpecProblem>);

impl Found {
    fn unless(&mut self, holds: bool, field: impl Into<String>, said: impl fmt::Display) {
        if !holds {
            self.0.push(SpecProblem { field: field.into(), said: said.to_string() });
        }
    }

    fn share(&mut self, field: &str, value: f64) {
        self.unless((0.0..=1.0).contains(&value), field, format_args!("must be a share from 0 to 1, is {value}"));
    }
}

/// Checks a scenario; see [`TownSpec::check`].
pub(super) fn check(spec: &TownSpec) -> Result<(), SpecError> {
    let mut found = Found::default();
    let TownSpec { customers, days, start, .. } = *spec;
    let whole = |low, high, value| format!("must be {low} to {high}, is {value}");
    found.unless(
        (1..=CUSTOMERS_MAX).contains(&customers),
        "customers",
        whole(1, i64::from(CUSTOMERS_MAX), i64::from(customers)),
    );
    found.unless((1..=DAYS_MAX).contains(&days), "days", whole(1, i64::from(DAYS_MAX), i64::from(days)));
    let dates = format_args!("must lie from {} to {}, is {}", START.0.iso(), START.1.iso(), start.iso()).to_string();
    found.unless((START.0..=START.1).contains(&start), "start", dates);
    if let Err(error) = Zone::named(&spec.zone) {
        found.unless(false, "zone", error);
    }
    let per_site = spec.customers_per_site;
    found.unless(
        (5.0..=5_000.0).contains(&per_site),
        "customers_per_site",
        format_args!("must be 5 to 5000, is {per_site}"),
    );
    let events = spec.events_per_day;
    found.unless(
        events > 0.0 && events <= EVENTS_PER_DAY_MAX,
        "events_per_day",
        format_args!("must be above 0 and at most {EVENTS_PER_DAY_MAX}, is {events}"),
    );
    for (field, value) in shares(spec) {
        found.share(field, value);
    }
    let lost = spec.probes_lost + spec.probes_repeated;
    found.unless(lost <= 1.0, "probes_repeated", format_args!("with probes_lost must be at most 1, is {lost}"));
    people(spec, &mut found);
    for (index, plan) in spec.faults.iter().enumerate() {
        fault(plan, index, days, &mut found);
    }
    if found.0.is_empty() { Ok(()) } else { Err(SpecError(found.0)) }
}

fn shares(spec: &TownSpec) -> [(&'static str, f64); 10] {
    [
        ("village_share", spec.village_share),
        ("nr_site_share", spec.nr_site_share),
        ("position_share", spec.position_share),
        ("probes_lost", spec.probes_lost),
        ("probes_repeated", spec.probes_repeated),
        ("address_share", spec.address_share),
        ("french_share", spec.french_share),
        ("deep_indoor_share", spec.deep_indoor_share),
        ("broken_device_share", spec.broken_device_share),
        ("bad_work_share", spec.bad_work_share),
    ]
}

fn people(spec: &TownSpec, found: &mut Found) {
    let weights = spec.people.weights();
    for (kind, weight) in weights {
        let said = format_args!("must be a weight of 0 or more, is {weight}").to_string();
        found.unless(weight.is_finite() && weight >= 0.0, format!("people.{}", kind.as_str()), said);
    }
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    found.unless(!sum.is_finite() || sum > 0.0, "people", "one kind of person must have a weight above 0");
}

fn fault(plan: &FaultPlan, index: usize, days: u16, found: &mut Found) {
    let at = |field: &str| format!("faults[{}].{field}", index + 1);
    let FaultPlan { cause, reach, from_day, trap, beside, .. } = *plan;
    found.unless(
        cause.is_network(),
        at("cause"),
        format_args!(
            "must be a fault of the network, is {}: see deep_indoor_share and broken_device_share",
            cause.as_str()
        ),
    );
    found.unless(
        from_day >= 0.0 && from_day < f64::from(days),
        at("from_day"),
        format_args!("must lie within the town's {days} days, from 0 on, is {from_day}"),
    );
    if let Some(lasts) = plan.days {
        found.unless(lasts > 0.0 && lasts.is_finite(), at("days"), format_args!("must be above 0, is {lasts}"));
    }
    found.unless(
        reach != Reach::Hexagon || cause != Cause::Congestion,
        at("reach"),
        "a cell is congested as a whole: must be site or sector for congestion",
    );
    found.unless(
        trap != Trap::OneEvening || plan.days.is_some_and(|lasts| lasts <= EVENING_DAYS_MAX),
        at("days"),
        format_args!("must be given and at most {EVENING_DAYS_MAX} for the trap one_evening"),
    );
    found.unless(
        trap != Trap::TooFewHomes || reach != Reach::Hexagon && !beside,
        at("trap"),
        "too_few_homes has a hamlet of its own: neither a hexagon nor beside another fault",
    );
    found.unless(!beside || index > 0, at("beside"), "there is no fault before the first");
}

#[cfg(test)]
mod tests {
    use super::super::PeopleMix;
    use super::*;

    fn said(spec: &TownSpec) -> String {
        check(spec).unwrap_err().to_string()
    }

    #[test]
    fn the_default_and_the_demo_can_be_built() {
        assert_eq!(check(&TownSpec::default()), Ok(()));
        assert_eq!(check(&TownSpec::demo(1)), Ok(()));
    }

    #[test]
    fn what_cannot_be_built_is_named_with_its_field_and_all_at_once() {
        let spec = TownSpec {
            customers: 0,
            days: 0,
            start: Day(0),
            zone: "Europe/Pariss".into(),
            customers_per_site: f64::NAN,
            events_per_day: -1.0,
            position_share: 1.2,
            probes_lost: f64::NAN,
            people: PeopleMix::none(),
            faults: Vec::new(),
            ..TownSpec::default()
        };
        let said = said(&spec);
        for field in ["customers", "days", "start", "zone", "customers_per_site", "events_per_day", "people"] {
            assert!(said.lines().any(|line| line.starts_with(&format!("{field}: "))), "{field} in {said}");
        }
        assert!(said.contains("position_share: must be a share from 0 to 1, is 1.2"), "{said}");
        assert!(said.contains("probes_lost: ") && said.contains("Europe/Pariss"), "{said}");
    }

    #[test]
    fn a_weight_below_nobody_is_refused_by_the_name_of_its_kind() {
        let people = PeopleMix { mover: -0.1, ..PeopleMix::default() };
        assert!(said(&TownSpec { people, ..TownSpec::default() }).starts_with("people.mover: "));
    }

    #[test]
    fn a_fault_that_cannot_be_is_refused_with_its_position() {
        let sound = FaultPlan {
            cause: Cause::Coverage,
            reach: Reach::Site,
            from_day: 3.0,
            days: None,
            trap: Trap::None,
            beside: false,
        };
        let cases = [
            (FaultPlan { from_day: 35.0, ..sound }, "faults[1].from_day"),
            (FaultPlan { from_day: -1.0, ..sound }, "faults[1].from_day"),
            (FaultPlan { days: Some(0.0), ..sound }, "faults[1].days"),
            (FaultPlan { cause: Cause::Building, ..sound }, "faults[1].cause"),
            (FaultPlan { cause: Cause::Congestion, reach: Reach::Hexagon, ..sound }, "faults[1].reach"),
            (FaultPlan { trap: Trap::OneEvening, ..sound }, "faults[1].days"),
            (FaultPlan { trap: Trap::TooFewHomes, reach: Reach::Hexagon, ..sound }, "faults[1].trap"),
            (FaultPlan { beside: true, ..sound }, "faults[1].beside"),
        ];
        for (plan, field) in cases {
            let said = said(&TownSpec { faults: vec![plan], ..TownSpec::default() });
            assert!(said.starts_with(field) && said.lines().count() == 1, "{field}: {said}");
        }
    }
}
