//! The cell inventory: what the operator knows of its network. Pure.

use std::sync::Arc;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::units::{CellId, LatLon, Rat, SiteId};

/// One row of `cem.cells`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    pub cell_id: CellId,
    pub site_id: SiteId,
    pub pos: LatLon,
    pub rat: Rat,
    /// Degrees clockwise from north, 0..360.
    pub azimuth_deg: Option<f32>,
    /// 3GPP band number.
    pub band: Option<u16>,
    pub tilt_deg: Option<f32>,
    pub power_dbm: Option<f32>,
    pub neighbours: Vec<CellId>,
}

/// The inventory as one reader sees it: a view that changes only between epochs.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    cells: HashMap<CellId, Arc<Cell>, foldhash::fast::FixedState>,
    /// Grows by one at every change, so that who caches a cell knows when to look again.
    version: u64,
}

impl Inventory {
    /// Puts a row in place, or removes it (`None`, a tombstone).
    pub fn apply(&mut self, cell_id: &str, cell: Option<Arc<Cell>>) {
        self.version += 1;
        match cell {
            Some(cell) => self.cells.insert(CellId::new(cell_id), cell),
            None => self.cells.remove(cell_id),
        };
    }

    #[must_use]
    pub fn get(&self, cell_id: &str) -> Option<&Arc<Cell>> {
        self.cells.get(cell_id)
    }

    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// All cells, in no particular order: for those who sort or only count.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Cell>> {
        self.cells.values()
    }
}
