//! The lane's figures, kept up as customers change, so that asking costs nothing. Pure.

use std::collections::BTreeMap;

use super::customer::Counted;
use crate::home::HomeStatus;
use crate::units::{Cause, Causes};

/// Counts over a lane's customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    pub customers: u64,
    pub homes: BTreeMap<HomeStatus, u64>,
    /// Customers with a problem at home, by its diagnosed cause, felt or not.
    pub suffering: Causes<u64>,
    /// Customers who perceive a problem.
    pub felt: u64,
    /// Bytes of state: rows, tracks, panes; without the allocator's own.
    pub state_bytes: u64,
    /// Records folded without their cell, since the lane's table of cells was full.
    pub cells_refused: u64,
}

impl Census {
    /// Moves a customer from one place of the census to another.
    pub fn recount(&mut self, from: Counted, to: Counted) {
        if let Some(status) = from.home {
            *self.homes.entry(status).or_default() -= 1;
        }
        if let Some(status) = to.home {
            *self.homes.entry(status).or_default() += 1;
        }
        if let Some(cause) = from.suffering {
            self.suffering[Cause::index(cause)] -= 1;
        }
        if let Some(cause) = to.suffering {
            self.suffering[Cause::index(cause)] += 1;
        }
        self.felt = self.felt + u64::from(to.felt) - u64::from(from.felt);
    }
}
