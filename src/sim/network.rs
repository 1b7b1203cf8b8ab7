//! Sites and cells of the town, on a jittered grid, with villages beside it and a resort far away. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::dice::{Dice, Purpose};
use super::spec::{Reach, TownSpec, Trap};
use crate::units::Rat;

/// What stands around a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    Urban,
    /// Alone: no other site is heard there.
    Village,
    /// A village with fewer than five homes.
    Hamlet,
    /// Where people spend holidays; nobody lives there and reception is bad.
    Resort,
}

/// A radio site.
#[derive(Debug, Clone, Serialize)]
pub struct Site {
    /// The eNB id as text; the area's name.
    pub id: String,
    pub kind: SiteKind,
    pub lat: f64,
    pub lon: f64,
    #[serde(skip)]
    pub(crate) at: Point,
    /// Multiplies the load of the hour: some sites are busier than others.
    #[serde(skip)]
    pub(crate) load_factor: f64,
}

/// Carrier of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Layer {
    /// LTE band 3, 1.8 GHz, 20 MHz.
    L1800,
    /// LTE band 20, 0.8 GHz, 10 MHz.
    L800,
    /// NR band 78, 3.5 GHz, 100 MHz.
    N3500,
}

/// One cell: a sector of a site on one carrier.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// ECGI or NCGI as text.
    pub id: String,
    /// Position in [`super::Town::sites`].
    pub site: u32,
    pub layer: Layer,
    pub sector: u8,
    pub azimuth_deg: f64,
    pub tilt_deg: f64,
}

/// Metres east and north of the town's origin.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Point {
    pub(crate) fn metres_to(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// Latitude and longitude, on a plane that touches the Earth at the town.
    pub(crate) fn lat_lon(self) -> (f64, f64) {
        (ORIGIN.0 + self.y / METRES_PER_DEGREE, ORIGIN.1 + self.x / (METRES_PER_DEGREE * ORIGIN.0.to_radians().cos()))
    }

    /// This point, moved by a normal step of `spread` metres in each direction.
    pub(crate) fn scattered(self, spread: f64, dice: &mut Dice) -> Self {
        Self { x: self.x + spread * dice.normal(), y: self.y + spread * dice.normal() }
    }
}

const ORIGIN: (f64, f64) = (45.76, 4.84);
const METRES_PER_DEGREE: f64 = 111_195.0;
/// Distance of neighbouring urban sites, metres.
pub(crate) const URBAN_STEP: f64 = 800.0;
/// Distance of villages from each other and from the town: far enough that only their own site is heard.
const VILLAGE_STEP: f64 = 7_000.0;
const FIRST_ENB: u64 = 16_400;
const PLMN: &str = "208-01";
/// Side of the squares by which sites are found, metres.
const SQUARE: f64 = 1_500.0;
/// Holiday sites, 200 km to the south.
const RESORT_SITES: usize = 3;

impl Layer {
    pub(crate) fn carrier_ghz(self) -> f64 {
        match self {
            Self::L1800 => 1.8,
            Self::L800 => 0.8,
            Self::N3500 => 3.5,
        }
    }

    pub(crate) fn bandwidth_mhz(self) -> f64 {
        match self {
            Self::L1800 => 20.0,
            Self::L800 => 10.0,
            Self::N3500 => 100.0,
        }
    }

    pub(crate) fn rat(self) -> Rat {
        if self == Self::N3500 { Rat::Nr } else { Rat::Lte }
    }

    pub(crate) fn band(self) -> u16 {
        match self {
            Self::L1800 => 3,
            Self::L800 => 20,
            Self::N3500 => 78,
        }
    }

    /// What beams add to a sector antenna, dB.
    pub(crate) fn beam_db(self) -> f64 {
        if self == Self::N3500 { 9.0 } else { 0.0 }
    }

    /// Transmit power of the whole carrier, dBm.
    pub(crate) fn power_dbm(self) -> f64 {
        if self == Self::N3500 { 50.0 } else { 46.0 }
    }
}

/// The radio network of the town.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) sites: Vec<Site>,
    pub(crate) cells: Vec<Cell>,
    /// Cells of each site, by position in `sites`.
    pub(crate) cells_of: Vec<Vec<u32>>,
    squares: BTreeMap<(i32, i32), Vec<u32>>,
}

impl Network {
    pub(crate) fn build(spec: &TownSpec) -> Self {
        let mut net = Self { sites: Vec::new(), cells: Vec::new(), cells_of: Vec::new(), squares: BTreeMap::new() };
        let mut dice = Dice::new(spec.seed, Purpose::Sites, 0, 0);
        let wanted = (f64::from(spec.customers) / spec.customers_per_site).ceil().max(7.0) as usize;
        // A hexagon is a hole in a large site of the town, a trap for small ones needs a hamlet.
        let hamlets = spec.faults.iter().filter(|f| f.trap == Trap::TooFewHomes).count();
        let villages = ((wanted as f64 * spec.village_share).round() as usize).min(wanted - 1);
        let urban = wanted - villages;
        let columns = (urban as f64).sqrt().ceil() as usize;
        for index in 0..urban {
            let shift = if (index / columns) % 2 == 1 { 0.5 } else { 0.0 };
            let at = Point {
                x: ((index % columns) as f64 + shift) * URBAN_STEP,
                y: (index / columns) as f64 * URBAN_STEP * 0.87,
            };
            net.add_site(SiteKind::Urban, at.scattered(URBAN_STEP * 0.08, &mut dice), spec, &mut dice);
        }
        let east = columns as f64 * URBAN_STEP;
        let rows = ((villages + hamlets) as f64).sqrt().ceil().max(1.0) as usize;
        for index in 0..villages + hamlets {
            let kind = if index < villages { SiteKind::Village } else { SiteKind::Hamlet };
            let at = Point {
                x: east + ((index / rows) as f64 + 1.0) * VILLAGE_STEP,
                y: (index % rows) as f64 * VILLAGE_STEP,
            };
            net.add_site(kind, at.scattered(300.0, &mut dice), spec, &mut dice);
        }
        for index in 0..RESORT_SITES {
            let at = Point { x: index as f64 * 2_500.0, y: -200_000.0 };
            net.add_site(SiteKind::Resort, at.scattered(200.0, &mut dice), spec, &mut dice);
        }
        net
    }

    fn add_site(&mut self, kind: SiteKind, at: Point, spec: &TownSpec, dice: &mut Dice) {
        let site = self.sites.len() as u32;
        let enb = FIRST_ENB + u64::from(site);
        let (lat, lon) = at.lat_lon();
        let (turn, tilt) = (dice.between(0.0, 120.0), if kind == SiteKind::Urban { 6.0 } else { 3.0 });
        let load_factor = dice.between(0.75, 1.1);
        let with_nr = dice.chance(spec.nr_site_share);
        self.sites.push(Site { id: enb.to_string(), kind, lat: round6(lat), lon: round6(lon), at, load_factor });
        let square = ((at.x / SQUARE).floor() as i32, (at.y / SQUARE).floor() as i32);
        self.squares.entry(square).or_default().push(site);
        let mut own = Vec::new();
        for sector in 0..3_u8 {
            for layer in [Layer::L1800, Layer::L800, Layer::N3500] {
                if layer == Layer::N3500 && !with_nr {
                    continue;
                }
                let local = u64::from(sector) + 1 + if layer == Layer::L800 { 10 } else { 0 };
                // ECI = eNB << 8 | local; NCI with a 24-bit gNB id = gNB << 12 | local.
                let number = if layer == Layer::N3500 { enb << 12 | local } else { enb << 8 | local };
                own.push(self.cells.len() as u32);
                self.cells.push(Cell {
                    id: format!("{PLMN}-{number}"),
                    site,
                    layer,
                    sector,
                    azimuth_deg: (turn + 120.0 * f64::from(sector)).round() % 360.0,
                    tilt_deg: tilt + f64::from(u8::from(layer == Layer::L1800)),
                });
            }
        }
        self.cells_of.push(own);
    }

    /// The `count` sites nearest to a point, nearest first, none beyond about 3 km.
    pub(crate) fn sites_near(&self, at: Point, count: usize) -> Vec<u32> {
        let (column, row) = ((at.x / SQUARE).floor() as i32, (at.y / SQUARE).floor() as i32);
        let mut near: Vec<(f64, u32)> = Vec::new();
        for c in column - 2..=column + 2 {
            for r in row - 2..=row + 2 {
                for &site in self.squares.get(&(c, r)).into_iter().flatten() {
                    near.push((self.sites[site as usize].at.metres_to(at), site));
                }
            }
        }
        near.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.into_iter().take(count).map(|(_, site)| site).collect()
    }

    /// The cells a fault of this reach at a site touches.
    pub(crate) fn cells_in_reach(&self, site: u32, reach: Reach, sector: u8) -> Vec<u32> {
        let own = &self.cells_of[site as usize];
        own.iter().copied().filter(|c| reach != Reach::Sector || self.cells[*c as usize].sector == sector).collect()
    }

    /// Neighbours as an inventory lists them: the same carrier's cells of this site and of the three nearest.
    pub(crate) fn neighbours(&self, cell: u32) -> Vec<&str> {
        let own = &self.cells[cell as usize];
        let near = self.sites_near(self.sites[own.site as usize].at, 4);
        let cells = near.iter().flat_map(|site| &self.cells_of[*site as usize]);
        cells
            .filter(|c| **c != cell && self.cells[**c as usize].layer == own.layer)
            .map(|c| self.cells[*c as usize].id.as_str())
            .collect()
    }
}

/// Six decimals: what an inventory states, a tenth of a metre.
fn round6(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_lte_cell_belongs_to_the_site_of_its_identity() {
        let net = Network::build(&TownSpec::demo(1));
        for cell in net.cells.iter().filter(|c| c.layer != Layer::N3500) {
            let eci: u64 = cell.id.rsplit('-').next().unwrap().parse().unwrap();
            assert_eq!((eci >> 8).to_string(), net.sites[cell.site as usize].id);
        }
    }

    #[test]
    fn a_village_hears_only_its_own_site() {
        let net = Network::build(&TownSpec::default());
        let village = net.sites.iter().position(|s| s.kind == SiteKind::Village).unwrap();
        assert_eq!(net.sites_near(net.sites[village].at, 9), vec![village as u32]);
        let urban = net.sites_near(net.sites[20].at, 9);
        assert_eq!(urban.len(), 9);
    }
}
