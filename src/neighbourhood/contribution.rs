//! What one home adds to its area. Pure.

use serde::{Deserialize, Serialize};

use super::scope::Hexagon;
use crate::home::{CellRef, SiteRef};
use crate::units::Cause;

/// Days for which trouble that came from one day to the next is fresh.
pub const FRESH_DAYS: i32 = 7;

/// What the trouble of a degraded home rests on.
///
/// A snapshot holds their numbers: before format 5 this was a flag, whether the trouble is transient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ground {
    /// Days of poor quality.
    Lasting,
    /// A running episode alone.
    Transient,
    /// Days of poor quality that began from one day to the next, at most [`FRESH_DAYS`] ago.
    Fresh,
}

/// Stored per customer (24 bytes), so that exactly what was added can be taken away again.
///
/// Homes count whatever the consent: an area's total names nobody. Who does not want his location used counts in the
/// total only, without cell and hexagon ([`Contribution::in_total_only`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    hex: Option<Hexagon>,
    pub area: SiteRef,
    /// `u32::MAX`: not known, or not to be used; a lane interns far fewer cells.
    cell: u32,
    /// Monthly churn probability times lifetime value, in cents.
    value_at_risk_cents: u32,
    /// `None`: the home is fine.
    pub cause: Option<Cause>,
    /// Contacts about the network in the last 30 days.
    pub contacts: u8,
    /// A no-service episode is running.
    pub no_service: bool,
    /// What it rests on, where it is degraded.
    pub ground: Ground,
}

const _: () = assert!(size_of::<Contribution>() <= 24);

const NO_CELL: u32 = u32::MAX;

impl Contribution {
    /// A home that is fine, on its main cell, in its hexagon if its position is known.
    #[must_use]
    pub fn fine(area: SiteRef, main_cell: Option<CellRef>, hex: Option<Hexagon>) -> Self {
        Self {
            hex,
            area,
            cell: main_cell.map_or(NO_CELL, |cell| cell.0),
            value_at_risk_cents: 0,
            cause: None,
            contacts: 0,
            no_service: false,
            ground: Ground::Lasting,
        }
    }

    /// The same home, degraded.
    #[must_use]
    pub fn degraded(mut self, cause: Cause, ground: Ground) -> Self {
        (self.cause, self.ground) = (Some(cause), ground);
        self
    }

    /// Monthly churn probability times lifetime value. What is no amount counts as nothing; above 42 million euro the
    /// rest is not counted.
    #[must_use]
    pub fn worth(mut self, churn_monthly: f32, clv_eur: f32) -> Self {
        self.value_at_risk_cents = (f64::from(churn_monthly) * f64::from(clv_eur) * 100.0).round() as u32;
        self
    }

    /// Without cell and hexagon: counts in the area's total only.
    #[must_use]
    pub fn in_total_only(mut self) -> Self {
        (self.hex, self.cell) = (None, NO_CELL);
        self
    }

    /// What the home suffers of, and what that rests on.
    #[must_use]
    pub fn trouble(&self) -> Option<(Cause, Ground)> {
        self.cause.map(|cause| (cause, self.ground))
    }

    #[must_use]
    pub fn cell(&self) -> Option<CellRef> {
        (self.cell != NO_CELL).then_some(CellRef(self.cell))
    }

    #[must_use]
    pub fn hexagon(&self) -> Option<Hexagon> {
        self.hex
    }

    /// Value at risk, in cents; only a degraded home's is at risk.
    #[must_use]
    pub fn at_risk_cents(&self) -> u32 {
        if self.cause.is_some() { self.value_at_risk_cents } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_at_risk_only_where_the_home_suffers_and_a_wrong_amount_is_none() {
        let home = Contribution::fine(SiteRef(1), Some(CellRef(2)), None).worth(0.02, 300.0);
        assert_eq!(home.at_risk_cents(), 0);
        assert_eq!(home.degraded(Cause::Coverage, Ground::Lasting).at_risk_cents(), 600);
        assert_eq!(home.worth(f32::NAN, 1.0).degraded(Cause::Coverage, Ground::Lasting).at_risk_cents(), 0);
        assert_eq!((home.cell(), home.in_total_only().cell()), (Some(CellRef(2)), None));
    }
}
