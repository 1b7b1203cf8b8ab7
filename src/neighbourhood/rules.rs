//! The numbers of the area stage: its section `[area]` of the configuration. Pure.

use serde::{Deserialize, Serialize};

use super::scope::Scope;
use crate::units::words;

words! {
    /// Whether this deployment judges areas.
    Switch { On = "on", Off = "off" }
}

/// `[area]`: when a neighbourhood suffers, and how its ticket lives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// `off`: counts are published and the verdicts already in the areas topic are respected, but nothing is
    /// judged and no ticket written. Default `on`.
    pub stage: Switch,
    /// Share of degraded homes that the lower confidence bound must exceed. 0..1, default .30. Half of it, by `z`, is
    /// enough for `k` or more homes in fresh trouble ([`super::Ground::Fresh`]): old trouble, deep flats, meets in one
    /// place by chance, new trouble does not.
    pub min_share: f64,
    /// Standard deviations of the lower bound for a whole site. Default 1.96.
    pub z: f64,
    /// The same for a cell or a hexagon, of which a site has many: the more are looked at, the more homes that are deep
    /// in their buildings meet in one of them by chance. Default 2.58.
    pub z_parts: f64,
    /// Homes below which nothing is tested, and hexagons are left out of tickets. Default 5.
    pub k: u32,
    /// Minutes without service a home and day from which a site's homes together show an outage. Default 60.
    pub pooled_outage_minutes: f64,
    /// Mobility events per call from which a site's homes together show failing handovers, by the lower confidence
    /// bound of the days together. 0..1, default .20: twice what makes a home's own cause.
    pub pooled_mobility_share: f64,
    /// Share of poor sessions in the busy hours from which a site's homes together show congestion, by the lower
    /// confidence bound of the days together. 0..1, default .60: between the most of a healthy site and what a full one shows.
    pub pooled_busy_share: f64,
    /// Minutes a suspicion must last before its ticket is written. Default 30.
    pub settle_minutes: i32,
    /// Hours a suspicion must last that rests on running episodes alone (one bad evening), outages apart: they
    /// settle as any other. Default 24.
    pub transient_settle_hours: i32,
    /// Hours a suspicion of a cell or a hexagon must last that rests on fresh trouble alone: the homes of one fault show
    /// it one after the other, and it may be the whole site's. Default 12.
    pub forming_settle_hours: i32,
    /// Hours the share must stay below `min_share / 2` before the ticket resolves by itself. Default 24. A site's that
    /// the homes showed together resolves when two days of them are clean, and not before the newest is.
    pub resolve_hours: i32,
    /// New samples needed before any recovery is believed. Default 20.
    pub resolve_samples: u32,
    /// Days within which a fault that returns reopens its ticket under the same id. Default 7.
    pub reopen_days: i32,
    /// Hours without an outcome after which a ticket escalates by one. Default 72.
    pub escalate_hours: i32,
    /// Days without a new ticket for a cause that operations refused. Default 14.
    pub refuse_block_days: i32,
    /// Days after which a silent home leaves the denominator, and a silent lane's row the sum. Default 3.
    pub silent_days: i32,
    /// Days after which a ticket none of whose homes is seen any more is cancelled. Default 14.
    pub lost_days: i32,
    /// Sites nearer than this are neighbours, as are those of the inventory's neighbour lists. Default 2500.
    pub neighbour_m: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            stage: Switch::On,
            min_share: 0.30,
            z: 1.96,
            z_parts: 2.58,
            k: 5,
            pooled_outage_minutes: 60.0,
            pooled_mobility_share: 0.20,
            pooled_busy_share: 0.60,
            settle_minutes: 30,
            transient_settle_hours: 24,
            forming_settle_hours: 12,
            resolve_hours: 24,
            resolve_samples: 20,
            reopen_days: 7,
            escalate_hours: 72,
            refuse_block_days: 14,
            silent_days: 3,
            lost_days: 14,
            neighbour_m: 2_500.0,
        }
    }
}

impl Rules {
    /// The first field whose value cannot be meant, with what to write instead.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn check(&self) -> Result<(), String> {
        let share = self.min_share > 0.0 && self.min_share < 1.0;
        let positive = [
            ("settle_minutes", self.settle_minutes >= 0),
            ("transient_settle_hours", self.transient_settle_hours >= 0),
            ("forming_settle_hours", self.forming_settle_hours >= 0),
            ("resolve_hours", self.resolve_hours >= 0),
            ("reopen_days", self.reopen_days >= 0),
            ("escalate_hours", self.escalate_hours >= 1),
            ("refuse_block_days", self.refuse_block_days >= 0),
            ("silent_days", self.silent_days >= 1),
            ("lost_days", self.lost_days >= 1),
        ];
        if !share {
            return Err(format!("area.min_share = {} must lie between 0 and 1", self.min_share));
        }
        let fits = |z: f64| z > 0.0 && z < 10.0;
        if let Some((name, z)) = [("z", self.z), ("z_parts", self.z_parts)].into_iter().find(|(_, z)| !fits(*z)) {
            return Err(format!("area.{name} = {z} must lie between 0 and 10 (1.96 is usual)"));
        }
        let pooled = [
            ("pooled_outage_minutes", self.pooled_outage_minutes > 0.0 && self.pooled_outage_minutes <= 1440.0),
            ("pooled_mobility_share", self.pooled_mobility_share > 0.0 && self.pooled_mobility_share < 1.0),
            ("pooled_busy_share", self.pooled_busy_share > 0.0 && self.pooled_busy_share < 1.0),
        ];
        if let Some((field, _)) = pooled.iter().find(|(_, good)| !good) {
            return Err(format!("area.{field} must be minutes of a day, or a share between 0 and 1"));
        }
        if self.k < 2 {
            return Err(format!("area.k = {} must be at least 2: one home is no neighbourhood", self.k));
        }
        if !(self.neighbour_m >= 0.0 && self.neighbour_m <= 100_000.0) {
            return Err(format!("area.neighbour_m = {} must lie between 0 and 100000 metres", self.neighbour_m));
        }
        match positive.iter().find(|(_, good)| !good) {
            Some((field, _)) => Err(format!("area.{field} is too small")),
            None => Ok(()),
        }
    }

    /// Standard deviations of the lower bound for a scope.
    #[must_use]
    pub fn z_of(&self, scope: &Scope) -> f64 {
        if *scope == Scope::Site { self.z } else { self.z_parts }
    }

    /// The share below which a neighbourhood counts as healthy again.
    #[must_use]
    pub fn healthy_share(&self) -> f64 {
        self.min_share / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_a_share_of_two_is_not() {
        assert_eq!(Rules::default().check(), Ok(()));
        assert!(Rules { min_share: 2.0, ..Rules::default() }.check().unwrap_err().contains("area.min_share"));
        assert!(Rules { k: 1, ..Rules::default() }.check().unwrap_err().contains("area.k"));
    }
}
