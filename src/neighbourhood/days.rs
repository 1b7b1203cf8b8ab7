//! Sums of the homes' days, and the hours of the day at which samples are poor. Pure.

use serde::{Deserialize, Serialize};

use crate::qos::Pane;
use crate::units::wilson;

/// One local day of all homes of an area. In JSON an array in the order of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "[u32; 11]", into = "[u32; 11]")]
pub struct DaySums {
    pub samples: u32,
    pub poor_rsrp: u32,
    /// Poor by RSRQ or SINR, with or without poor RSRP.
    pub poor_quality: u32,
    pub no_service_s: u32,
    /// Calls that ended as wished, and those that dropped.
    pub call_ends: u32,
    pub call_drops: u32,
    pub mobility_events: u32,
    pub busy_sessions: u32,
    pub busy_poor: u32,
    pub quiet_sessions: u32,
    pub quiet_poor: u32,
}

impl From<[u32; 11]> for DaySums {
    fn from(a: [u32; 11]) -> Self {
        let [samples, poor_rsrp, poor_quality, no_service_s, call_ends, call_drops, mobility_events, rest @ ..] = a;
        let [busy_sessions, busy_poor, quiet_sessions, quiet_poor] = rest;
        Self {
            samples,
            poor_rsrp,
            poor_quality,
            no_service_s,
            call_ends,
            call_drops,
            mobility_events,
            busy_sessions,
            busy_poor,
            quiet_sessions,
            quiet_poor,
        }
    }
}

impl From<DaySums> for [u32; 11] {
    fn from(d: DaySums) -> Self {
        [
            d.samples,
            d.poor_rsrp,
            d.poor_quality,
            d.no_service_s,
            d.call_ends,
            d.call_drops,
            d.mobility_events,
            d.busy_sessions,
            d.busy_poor,
            d.quiet_sessions,
            d.quiet_poor,
        ]
    }
}

/// What one home adds to its area's day.
impl From<&Pane> for DaySums {
    fn from(p: &Pane) -> Self {
        Self {
            samples: p.samples.into(),
            poor_rsrp: p.poor_rsrp.into(),
            poor_quality: u32::from(p.poor_quality) + u32::from(p.poor_both),
            no_service_s: p.no_service_s.into(),
            call_ends: p.call_ends.into(),
            call_drops: p.call_drops.into(),
            mobility_events: p.mobility_events.into(),
            busy_sessions: p.busy_sessions.into(),
            busy_poor: p.busy_poor.into(),
            quiet_sessions: p.quiet_sessions.into(),
            quiet_poor: p.quiet_poor.into(),
        }
    }
}

impl DaySums {
    fn zip(&mut self, other: Self, op: impl Fn(u32, u32) -> u32) {
        let (mine, theirs): ([u32; 11], [u32; 11]) = ((*self).into(), other.into());
        *self = Self::from(std::array::from_fn::<u32, 11, _>(|i| op(mine[i], theirs[i])));
    }

    pub fn add(&mut self, other: Self) {
        self.zip(other, u32::saturating_add);
    }

    /// Takes away what was added before.
    pub fn sub(&mut self, other: Self) {
        self.zip(other, u32::saturating_sub);
    }

    /// What came since `earlier`; nothing where panes were restarted in between.
    #[must_use]
    pub fn since(mut self, earlier: Self) -> Self {
        self.sub(earlier);
        self
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Samples by local hour of day, over the current and the last ISO week or less.
///
/// This alone is not derived from the customers' state, which keeps no hours: it is advisory, stands in the lane's
/// snapshot, and no verdict reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hours {
    pub samples: [u32; 24],
    pub poor: [u32; 24],
}

impl Hours {
    pub(super) fn hit(&mut self, hour: u16, poor: bool) {
        let hour = usize::from(hour % 24);
        self.samples[hour] = self.samples[hour].saturating_add(1);
        self.poor[hour] = self.poor[hour].saturating_add(u32::from(poor));
    }

    pub fn add(&mut self, other: &Self) {
        for hour in 0..24 {
            self.samples[hour] = self.samples[hour].saturating_add(other.samples[hour]);
            self.poor[hour] = self.poor[hour].saturating_add(other.poor[hour]);
        }
    }

    /// Halves everything, so that what is older than a week or two fades.
    pub(super) fn fade(&mut self) {
        for count in self.samples.iter_mut().chain(&mut self.poor) {
            *count /= 2;
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The hours whose share of poor samples exceeds the day's by a fifth or more, with 20 samples each or more, in
    /// order; empty where all hours are alike.
    #[must_use]
    pub fn busy(&self) -> Vec<u8> {
        let all = wilson::share(self.poor.iter().sum(), self.samples.iter().sum());
        let stands_out = |hour: &usize| {
            let (poor, samples) = (self.poor[*hour], self.samples[*hour]);
            samples >= 20 && poor > 0 && wilson::share(poor, samples) >= 1.2 * all
        };
        (0..24).filter(stands_out).map(|hour| hour as u8).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_evening_stands_out_of_a_day_with_bad_evenings() {
        let mut hours = Hours::default();
        for hour in 0..24 {
            for sample in 0..50 {
                hours.hit(hour, if (18..22).contains(&hour) { sample % 2 == 0 } else { sample % 10 == 0 });
            }
        }
        assert_eq!(hours.busy(), [18, 19, 20, 21]);
        assert!(Hours::default().busy().is_empty());
    }

    #[test]
    fn a_day_comes_back_from_its_array() {
        let day = DaySums { samples: 9, quiet_poor: 2, mobility_events: 1, ..DaySums::default() };
        let json = serde_json::to_string(&day).unwrap();
        assert_eq!(json, "[9,0,0,0,0,0,1,0,0,0,2]");
        assert_eq!(serde_json::from_str::<DaySums>(&json).unwrap(), day);
    }
}
