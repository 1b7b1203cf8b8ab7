//! The cells one lane has heard of, interned: 4 bytes stand for a cell or a site wherever a customer remembers one.
//! Pure.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;

use super::sites::site_by_rule;
use super::{CellRef, Rules, SiteRef};
use crate::ingest::Inventory;
use crate::limits::CELLS_PER_LANE_MAX;
use crate::units::{CellId, LatLon, Rat, SiteId};

/// Cells and sites of one lane. A number once given stays with its cell or site for the life of the lane, through
/// snapshots too; what changes with the inventory is which site a cell belongs to, and where both are.
///
/// Bounded by [`CELLS_PER_LANE_MAX`] cells and as many sites.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct CellTable {
    gnb_bits: u8,
    cells: Vec<CellRow>,
    sites: Vec<SiteRow>,
    cell_index: HashTable<u32>,
    site_index: HashTable<u32>,
    hasher: FixedState,
    /// The inventory's version at the last look-up; `None` right after a snapshot was read.
    seen_version: Option<u64>,
}

#[derive(Debug, Clone)]
struct CellRow {
    id: CellId,
    site: SiteRef,
    rat: Option<Rat>,
    pos: Option<LatLon>,
}

#[derive(Debug, Clone)]
struct SiteRow {
    id: SiteId,
    /// Sums over the site's located cells, so that the mean does not depend on their order.
    lat_sum_e5: i64,
    lon_sum_e5: i64,
    located: u32,
}

impl SiteRow {
    fn new(id: SiteId) -> Self {
        Self { id, lat_sum_e5: 0, lon_sum_e5: 0, located: 0 }
    }

    fn locate(&mut self, pos: LatLon) {
        self.lat_sum_e5 += i64::from(pos.lat_e5);
        self.lon_sum_e5 += i64::from(pos.lon_e5);
        self.located += 1;
    }

    fn pos(&self) -> Option<LatLon> {
        let n = i64::from(self.located);
        (n > 0).then(|| LatLon { lat_e5: (self.lat_sum_e5 / n) as i32, lon_e5: (self.lon_sum_e5 / n) as i32 })
    }
}

/// What a snapshot keeps: names and numbers. Positions come from the inventory at the next [`CellTable::refresh`].
#[derive(Serialize, Deserialize)]
struct Stored {
    gnb_bits: u8,
    sites: Vec<SiteId>,
    cells: Vec<(CellId, u32, Option<Rat>)>,
}

impl From<CellTable> for Stored {
    fn from(table: CellTable) -> Self {
        Self {
            gnb_bits: table.gnb_bits,
            sites: table.sites.into_iter().map(|s| s.id).collect(),
            cells: table.cells.into_iter().map(|c| (c.id, c.site.0, c.rat)).collect(),
        }
    }
}

impl From<Stored> for CellTable {
    fn from(stored: Stored) -> Self {
        let mut table = Self::with_gnb_bits(stored.gnb_bits);
        for id in stored.sites {
            table.push_site(id);
        }
        for (id, site, rat) in stored.cells {
            // A site number beyond the list can only be a damaged snapshot: the cell then gets its site by rule.
            let site = if (site as usize) < table.sites.len() {
                SiteRef(site)
            } else {
                let by_rule = site_by_rule(&id, rat, table.gnb_bits);
                table.find_site(&by_rule).unwrap_or_else(|| table.push_site(by_rule))
            };
            table.push_cell(CellRow { id, site, rat, pos: None });
        }
        table
    }
}

impl Default for CellTable {
    fn default() -> Self {
        Self::new(&Rules::default())
    }
}

impl CellTable {
    #[must_use]
    pub fn new(rules: &Rules) -> Self {
        Self::with_gnb_bits(rules.gnb_bits)
    }

    fn with_gnb_bits(gnb_bits: u8) -> Self {
        Self {
            gnb_bits,
            cells: Vec::new(),
            sites: Vec::new(),
            cell_index: HashTable::new(),
            site_index: HashTable::new(),
            hasher: FixedState::default(),
            seen_version: None,
        }
    }

    /// The cell's number, given now if it has none. `None` when the table is full: the record is then folded as one
    /// without a cell, and the caller counts it.
    pub fn intern(&mut self, cell_id: &str, rat: Option<Rat>, inv: &Inventory) -> Option<CellRef> {
        let hash = self.hasher.hash_one(cell_id);
        if let Some(&at) = self.cell_index.find(hash, |&at| self.cells[at as usize].id == cell_id) {
            return Some(CellRef(at));
        }
        if self.cells.len() >= CELLS_PER_LANE_MAX {
            return None;
        }
        let known = inv.get(cell_id);
        let rat = known.map(|c| c.rat).or(rat);
        let site_id = known.map_or_else(|| site_by_rule(cell_id, rat, self.gnb_bits), |c| c.site_id.clone());
        let site = self.intern_site(&site_id)?;
        let pos = known.map(|c| c.pos);
        if let Some(pos) = pos {
            self.sites[site.0 as usize].locate(pos);
        }
        Some(self.push_cell(CellRow { id: CellId::new(cell_id), site, rat, pos }))
    }

    /// Looks every cell up again if the inventory has changed since the last time (or a snapshot was read). A cell
    /// the inventory has dropped goes back to its site by rule and loses its position.
    pub fn refresh(&mut self, inv: &Inventory) {
        if self.seen_version == Some(inv.version()) {
            return;
        }
        self.seen_version = Some(inv.version());
        for site in &mut self.sites {
            *site = SiteRow::new(std::mem::take(&mut site.id));
        }
        for at in 0..self.cells.len() {
            let known = inv.get(&self.cells[at].id);
            let rat = known.map(|c| c.rat).or(self.cells[at].rat);
            let site_id =
                known.map_or_else(|| site_by_rule(&self.cells[at].id, rat, self.gnb_bits), |c| c.site_id.clone());
            // With no room for a further site the cell keeps the one it had.
            let site = self.intern_site(&site_id).unwrap_or(self.cells[at].site);
            let pos = known.map(|c| c.pos);
            if let Some(pos) = pos {
                self.sites[site.0 as usize].locate(pos);
            }
            let row = &mut self.cells[at];
            (row.site, row.rat, row.pos) = (site, rat, pos);
        }
    }

    #[must_use]
    pub fn cell_id(&self, cell: CellRef) -> &CellId {
        &self.cells[cell.0 as usize].id
    }

    #[must_use]
    pub fn site(&self, cell: CellRef) -> SiteRef {
        self.cells[cell.0 as usize].site
    }

    #[must_use]
    pub fn site_id(&self, site: SiteRef) -> &SiteId {
        &self.sites[site.0 as usize].id
    }

    /// Mean position of the site's cells that the inventory locates and this lane has heard.
    #[must_use]
    pub fn site_pos(&self, site: SiteRef) -> Option<LatLon> {
        self.sites[site.0 as usize].pos()
    }

    #[must_use]
    pub fn find_cell(&self, cell_id: &str) -> Option<CellRef> {
        let found = self.cell_index.find(self.hasher.hash_one(cell_id), |&at| self.cells[at as usize].id == cell_id);
        found.map(|&at| CellRef(at))
    }

    #[must_use]
    pub fn find_site(&self, site_id: &str) -> Option<SiteRef> {
        let found = self.site_index.find(self.hasher.hash_one(site_id), |&at| self.sites[at as usize].id == site_id);
        found.map(|&at| SiteRef(at))
    }

    #[must_use]
    pub fn rat(&self, cell: CellRef) -> Option<Rat> {
        self.cells[cell.0 as usize].rat
    }

    #[must_use]
    pub fn cell_pos(&self, cell: CellRef) -> Option<LatLon> {
        self.cells[cell.0 as usize].pos
    }

    /// Cells interned.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Sites interned; every [`SiteRef`] is below it.
    #[must_use]
    pub fn sites(&self) -> usize {
        self.sites.len()
    }

    fn intern_site(&mut self, site_id: &str) -> Option<SiteRef> {
        self.find_site(site_id).or_else(|| {
            let room = self.sites.len() < CELLS_PER_LANE_MAX;
            room.then(|| self.push_site(SiteId::new(site_id)))
        })
    }

    fn push_site(&mut self, id: SiteId) -> SiteRef {
        let at = self.sites.len() as u32;
        let hash = self.hasher.hash_one(id.as_str());
        self.sites.push(SiteRow::new(id));
        self.site_index.insert_unique(hash, at, |&at| self.hasher.hash_one(self.sites[at as usize].id.as_str()));
        SiteRef(at)
    }

    fn push_cell(&mut self, row: CellRow) -> CellRef {
        let at = self.cells.len() as u32;
        let hash = self.hasher.hash_one(row.id.as_str());
        self.cells.push(row);
        self.cell_index.insert_unique(hash, at, |&at| self.hasher.hash_one(self.cells[at as usize].id.as_str()));
        CellRef(at)
    }
}
