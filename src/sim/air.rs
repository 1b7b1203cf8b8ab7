//! The air over a day: usual load by hour, what faults do at a moment, and the true quality of a place. Pure.

use super::dice::{Dice, normal_of, scramble};
use super::faults::Fault;
use super::radio::{Air, Effect, Handset, Heard, Place, sample};
use crate::units::{Cause, Day, LocalTime};

/// Share of a residential cell's capacity in use, by local hour.
const LOAD_BY_HOUR: [f64; 24] = [
    0.25, 0.15, 0.10, 0.08, 0.08, 0.10, 0.18, 0.28, 0.34, 0.36, 0.38, 0.40, 0.44, 0.42, 0.40, 0.40, 0.44, 0.50, 0.56,
    0.62, 0.66, 0.66, 0.56, 0.40,
];

/// When people are at home and use their handset: weights of the hours by which the truth is taken.
const HOME_HOURS: [f64; 24] = [
    0.6, 0.3, 0.2, 0.2, 0.2, 0.4, 0.8, 1.0, 0.4, 0.2, 0.2, 0.2, 0.4, 0.3, 0.2, 0.2, 0.3, 0.6, 1.5, 2.2, 2.5, 2.4, 2.0,
    1.2,
];

/// The usual load of a site at an hour of a day.
pub(crate) fn usual_load(load_factor: f64, site: u32, at: LocalTime) -> f64 {
    let noise = 1.0 + 0.08 * normal_of(scramble(u64::from(site) << 32 ^ at.day.0 as u64));
    (LOAD_BY_HOUR[usize::from(at.hour())] * load_factor * noise).clamp(0.02, 0.92)
}

/// What these faults, all of them active, do to a cell heard at a place. `dragged`: the handset holds on to a
/// cell whose better neighbour it does not know.
pub(crate) fn effect(faults: &[&Fault], place: &Place, heard: &Heard, hour: u16, dragged: bool) -> Effect {
    let mut sum = Effect::default();
    for fault in faults.iter().filter(|f| f.touches(place, heard)) {
        match fault.cause {
            Cause::Outage => sum.loss_db = f64::INFINITY,
            Cause::Interference => sum.jam_db = Some(fault.strength_db),
            Cause::Congestion => sum.load = congested(hour).or(sum.load),
            Cause::Mobility if dragged => sum.jam_db = Some(fault.strength_db),
            Cause::Mobility => {}
            _ => sum.loss_db += fault.strength_db,
        }
    }
    sum
}

/// Load of a congested cell: full in the evening, busy by day, the usual one at night.
fn congested(hour: u16) -> Option<f64> {
    match hour {
        17..24 => Some(0.985),
        7..17 => Some(0.8),
        _ => None,
    }
}

/// Share of the moments in which a missing neighbour drags a handset along.
pub(crate) const DRAGGED_SHARE: f64 = 0.5;

/// The true quality of a place, from the model itself and not from anybody's sampled events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assessment {
    /// Share of moments that are poor, no service included.
    pub(crate) poor: f64,
    pub(crate) no_service: f64,
    /// Share of moments with an RSRP below −110 dBm or without service.
    pub(crate) weak: f64,
    /// Shares by serving cell, greatest first.
    pub(crate) served: Vec<(u32, f64)>,
}

/// Draws `count` moments over the hours at home.
pub(crate) fn assess(place: &Place, handset: Handset, faults: &[&Fault], count: u32, dice: &mut Dice) -> Assessment {
    let (mut poor, mut lost, mut weak) = (0_u32, 0_u32, 0_u32);
    let mut served: Vec<(u32, f64)> = Vec::new();
    for _ in 0..count {
        let hour = dice.weighted(&HOME_HOURS) as u16;
        let at = LocalTime { day: Day(0), minute: hour * 60 };
        let dragged = dice.chance(DRAGGED_SHARE);
        let load = |site| usual_load(0.9, site, at);
        let air = sample(place, handset, load, |heard| effect(faults, place, heard, hour, dragged), dice);
        poor += u32::from(air.as_ref().is_none_or(Air::is_poor));
        weak += u32::from(air.as_ref().is_none_or(Air::is_weak));
        match air {
            None => lost += 1,
            Some(air) => match served.iter_mut().find(|(cell, _)| *cell == air.cell) {
                Some((_, share)) => *share += 1.0 / f64::from(count),
                None => served.push((air.cell, 1.0 / f64::from(count))),
            },
        }
    }
    served.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let share = |n: u32| f64::from(n) / f64::from(count.max(1));
    Assessment { poor: share(poor), no_service: share(lost), weak: share(weak), served }
}
