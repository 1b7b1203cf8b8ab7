//! What a town is made of: size, dates, people, faults. Pure; a scenario file is this, as TOML.

use serde::{Deserialize, Serialize};

use super::check::{self, SpecError};
use super::people::PersonKind;
use crate::units::{Cause, Day};

/// A town to be built. Every field has a default, so that a scenario file names only what it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TownSpec {
    pub seed: u64,
    pub customers: u32,
    /// Local days, from `start` on. A day runs from 04:00 to 04:00, so the last night is whole.
    pub days: u16,
    #[serde(with = "iso_day")]
    pub start: Day,
    /// IANA name of the zone in which people live.
    pub zone: String,
    /// Customers per urban site; the number of sites follows.
    pub customers_per_site: f64,
    /// Sites that stand alone, a village each, as a share of all.
    pub village_share: f64,
    /// Sites that carry NR on 3.5 GHz besides LTE.
    pub nr_site_share: f64,
    /// Mean probe events per customer and day, before people thin them by their habits.
    pub events_per_day: f64,
    /// Share of measurements that carry a position.
    pub position_share: f64,
    /// Share of probe events that never arrive.
    pub probes_lost: f64,
    /// Share of probe events that arrive twice.
    pub probes_repeated: f64,
    /// Share of CRM rows with the address's position.
    pub address_share: f64,
    /// Share of customers who write in French; the rest write in English.
    pub french_share: f64,
    /// Homes deep inside a building, where only they are poor.
    pub deep_indoor_share: f64,
    /// Handsets that break at some day and are poor everywhere from then on.
    pub broken_device_share: f64,
    /// People whose workplace, not home, is poor.
    pub bad_work_share: f64,
    pub people: PeopleMix,
    pub faults: Vec<FaultPlan>,
}

/// How many of each kind of person there are: weights, not necessarily of sum 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PeopleMix {
    pub ordinary: f64,
    pub night_worker: f64,
    pub two_homes: f64,
    pub mover: f64,
    pub holiday: f64,
    pub wifi_offloader: f64,
    pub phone_off_at_night: f64,
    pub few_events: f64,
    /// Works at home or not at all.
    pub stays_home: f64,
}

/// How far a planned fault reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// All cells of a site.
    Site,
    /// The cells of one sector, all bands.
    Sector,
    /// A hole inside a healthy site: one H3 r9 hexagon.
    Hexagon,
}

/// What makes a fault a trap for whoever judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trap {
    /// None: the neighbourhood suffers and a ticket is right.
    None,
    /// It lasts one evening only: no ticket, no offer.
    OneEvening,
    /// Fewer than five homes live there: no ticket.
    TooFewHomes,
    /// Nobody there consented to proactive care: a ticket, but no offer.
    NoConsent,
}

/// A fault to be placed at a site that fits it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    pub cause: Cause,
    pub reach: Reach,
    /// Days after the town's start; the fraction is the time of day.
    pub from_day: f64,
    /// Days it lasts; absent = beyond the town's last day.
    #[serde(default)]
    pub days: Option<f64>,
    #[serde(default = "no_trap")]
    pub trap: Trap,
    /// Placed at a site next to that of the fault listed before it, as when one storm hits two masts.
    #[serde(default)]
    pub beside: bool,
}

fn no_trap() -> Trap {
    Trap::None
}

impl PeopleMix {
    /// Nobody; to be filled with the kinds a test or a scenario wants.
    #[must_use]
    pub fn none() -> Self {
        Self {
            ordinary: 0.0,
            night_worker: 0.0,
            two_homes: 0.0,
            mover: 0.0,
            holiday: 0.0,
            wifi_offloader: 0.0,
            phone_off_at_night: 0.0,
            few_events: 0.0,
            stays_home: 0.0,
        }
    }

    /// The weight of each kind, in the order of [`PersonKind::ALL`].
    pub(crate) fn weights(&self) -> [(PersonKind, f64); 9] {
        let of = |kind| match kind {
            PersonKind::Ordinary => self.ordinary,
            PersonKind::NightWorker => self.night_worker,
            PersonKind::TwoHomes => self.two_homes,
            PersonKind::Mover => self.mover,
            PersonKind::Holiday => self.holiday,
            PersonKind::WifiOffloader => self.wifi_offloader,
            PersonKind::PhoneOffAtNight => self.phone_off_at_night,
            PersonKind::FewEvents => self.few_events,
            PersonKind::StaysHome => self.stays_home,
        };
        PersonKind::ALL.map(|kind| (kind, of(kind)))
    }
}

impl Default for PeopleMix {
    fn default() -> Self {
        Self {
            ordinary: 0.52,
            night_worker: 0.05,
            two_homes: 0.05,
            mover: 0.03,
            holiday: 0.06,
            wifi_offloader: 0.10,
            phone_off_at_night: 0.06,
            few_events: 0.05,
            stays_home: 0.08,
        }
    }
}

impl Default for TownSpec {
    /// 10 000 customers for 35 days from 28 September 2026, so that the clock change of 25 October lies within.
    fn default() -> Self {
        let plan =
            |cause, reach, from_day, days| FaultPlan { cause, reach, from_day, days, trap: Trap::None, beside: false };
        let trap =
            |cause, from_day, days, trap| FaultPlan { cause, reach: Reach::Site, from_day, days, trap, beside: false };
        Self {
            seed: 1,
            customers: 10_000,
            days: 35,
            start: Day(20_724),
            zone: "Europe/Paris".to_owned(),
            customers_per_site: 40.0,
            village_share: 0.2,
            nr_site_share: 0.3,
            events_per_day: 17.0,
            position_share: 0.3,
            probes_lost: 0.0,
            probes_repeated: 0.0,
            address_share: 0.35,
            french_share: 0.75,
            deep_indoor_share: 0.04,
            broken_device_share: 0.012,
            bad_work_share: 0.04,
            people: PeopleMix::default(),
            faults: vec![
                plan(Cause::Coverage, Reach::Site, 12.3, None),
                plan(Cause::Coverage, Reach::Sector, 15.6, Some(9.0)),
                plan(Cause::Interference, Reach::Sector, 10.4, Some(12.0)),
                plan(Cause::Interference, Reach::Site, 18.2, None),
                FaultPlan { beside: true, ..plan(Cause::Interference, Reach::Site, 18.3, None) },
                plan(Cause::Congestion, Reach::Site, 11.0, None),
                plan(Cause::Congestion, Reach::Site, 14.0, Some(10.0)),
                plan(Cause::Mobility, Reach::Site, 13.5, None),
                plan(Cause::Mobility, Reach::Site, 16.5, Some(11.0)),
                plan(Cause::Outage, Reach::Site, 17.7, Some(2.5)),
                plan(Cause::Coverage, Reach::Hexagon, 14.1, None),
                trap(Cause::Coverage, 16.0, None, Trap::TooFewHomes),
                trap(Cause::Interference, 20.78, Some(0.15), Trap::OneEvening),
                trap(Cause::Coverage, 22.78, Some(0.15), Trap::OneEvening),
                trap(Cause::Interference, 15.2, None, Trap::NoConsent),
            ],
        }
    }
}

impl TownSpec {
    /// A small town that tells the whole story in seconds: homes found, a street in trouble and repaired,
    /// another that is not, flats that only an individual remedy helps, and a few traps.
    #[must_use]
    pub fn demo(seed: u64) -> Self {
        let plan =
            |cause, from_day, days, trap| FaultPlan { cause, reach: Reach::Site, from_day, days, trap, beside: false };
        Self {
            seed,
            customers: 400,
            days: 20,
            start: Day(20_735),
            deep_indoor_share: 0.05,
            faults: vec![
                plan(Cause::Coverage, 9.3, None, Trap::None),
                plan(Cause::Interference, 8.4, Some(6.0), Trap::None),
                plan(Cause::Congestion, 10.0, None, Trap::None),
                plan(Cause::Interference, 12.78, Some(0.15), Trap::OneEvening),
            ],
            ..Self::default()
        }
    }

    /// # Errors
    /// Everything that keeps the town from being built as it is described, each with its field.
    pub fn check(&self) -> Result<(), SpecError> {
        check::check(self)
    }

    /// Another length: what would begin after the last day is left out. Answers how many faults that were.
    pub fn set_days(&mut self, days: u16) -> usize {
        let planned = self.faults.len();
        self.days = days;
        let begins = |fault: &FaultPlan| fault.from_day < f64::from(days);
        let mut before = false;
        self.faults.retain_mut(|fault| {
            // What stood beside a fault that is left out stands for itself.
            fault.beside &= before;
            before = begins(fault);
            before
        });
        planned - self.faults.len()
    }
}

/// A day as `2026-10-09`, in files.
mod iso_day {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::units::Day;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(day: &Day, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&day.iso())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        let text = String::deserialize(from)?;
        let date: jiff::civil::Date = text.parse().map_err(|_| D::Error::custom("a date like 2026-10-09 is needed"))?;
        let epoch = jiff::civil::date(1970, 1, 1);
        let days = date.since(epoch).map_err(D::Error::custom)?.get_days();
        Ok(Day(days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_survives_its_own_file() {
        let spec = TownSpec::default();
        let text = toml::to_string(&spec).unwrap();
        assert!(text.contains("start = \"2026-09-28\""), "{text}");
        assert_eq!(toml::from_str::<TownSpec>(&text).unwrap(), spec);
    }

    #[test]
    fn the_demo_crosses_the_clock_change_of_autumn() {
        let spec = TownSpec::demo(1);
        assert_eq!(spec.start.iso(), "2026-10-09");
        let end = spec.start.plus(i32::from(spec.days)).iso();
        assert!(end.as_str() > "2026-10-25", "{end}");
    }
}
