//! What is heard at a place: path loss, antennas, walls, shadowing; and one sample of it. Pure.
//!
//! 3GPP TR 38.901 V16, which for these carriers is TR 36.873's: the macro cell's (`UMa`) path loss with its breakpoint and
//! line-of-sight probability (tables 7.4.1-1, 7.4.2-1), correlated shadowing (7.5-6), building penetration with its spread
//! (7.4.3); the horizontal pattern of table 7.3-1 and the vertical one of a whole panel (TR 36.814, A.2.1.1-2). RSRQ follows from SINR and load by its
//! definition in TS 36.214: with N resource blocks, RSRQ = N·RSRP / RSSI, and RSSI holds the own cell's busy
//! subcarriers, the others' and the noise.

use arrayvec::ArrayVec;

use super::dice::{Dice, normal_of, scramble, unit_of};
use super::network::{Cell, Layer, Network, Point};

/// Cells remembered per place: servers and the interferers that matter.
pub(crate) const HEARD_MAX: usize = 12;

/// A cell as a place hears it, indoors, without fading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    pub(crate) cell: u32,
    pub(crate) site: u32,
    pub(crate) layer: Layer,
    /// Mean RSRP, dBm.
    pub(crate) rsrp_dbm: f32,
}

/// What walls take away, after TR 38.901 table 7.4.3-2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Walls {
    /// Outdoors, or in a car.
    None,
    /// One third standard glass, the rest concrete.
    Old,
    /// Coated glass: energy-efficient buildings.
    Modern,
}

/// A place where people are, with everything heard there, strongest first.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) at: Point,
    pub(crate) heard: ArrayVec<Heard, HEARD_MAX>,
    /// H3 cell of resolution 9.
    pub(crate) hex: u64,
    pub(crate) indoors: bool,
}

/// Height of antenna and handset, metres.
const HEIGHTS: (f64, f64) = (25.0, 1.5);
const ANTENNA_GAIN_DBI: f64 = 17.0;
/// Cables, body and hand.
const OTHER_LOSS_DB: f64 = 7.0;
/// Shadowing of `UMa` with and without line of sight, and the share of it that all sites have in common at a place.
const SHADOW_SD_DB: (f64, f64) = (4.0, 6.0);
const SHADOW_COMMON: f64 = 0.5;
/// Shadowing changes over this distance, metres (TR 38.901 table 7.5-6, `UMa` NLOS).
const SHADOW_STEP: f64 = 50.0;

/// Thermal noise in one subcarrier with a noise figure of 7 dB.
pub(crate) fn noise_dbm(layer: Layer) -> f64 {
    if layer == Layer::N3500 { -122.2 } else { -125.2 }
}

fn path_loss_db(distance: f64, ghz: f64, line_of_sight: bool) -> f64 {
    let d3 = distance.hypot(HEIGHTS.0 - HEIGHTS.1);
    // Beyond the breakpoint the ground's reflection takes over; effective heights are a metre less.
    let breakpoint = 4.0 * (HEIGHTS.0 - 1.0) * (HEIGHTS.1 - 1.0) * ghz / 0.3;
    let clear = if distance <= breakpoint {
        28.0 + 22.0 * d3.log10() + 20.0 * ghz.log10()
    } else {
        let step = breakpoint.powi(2) + (HEIGHTS.0 - HEIGHTS.1).powi(2);
        28.0 + 40.0 * d3.log10() + 20.0 * ghz.log10() - 9.0 * step.log10()
    };
    if line_of_sight { clear } else { clear.max(13.54 + 39.08 * d3.log10() + 20.0 * ghz.log10()) }
}

fn antenna_db(cell: &Cell, from: Point, to: Point) -> f64 {
    let bearing = (to.x - from.x).atan2(to.y - from.y).to_degrees();
    let off = (bearing - cell.azimuth_deg + 540.0).rem_euclid(360.0) - 180.0;
    let down = ((HEIGHTS.0 - HEIGHTS.1) / from.metres_to(to).max(10.0)).atan().to_degrees() - cell.tilt_deg;
    let (across, along) = ((12.0 * (off / 65.0).powi(2)).min(30.0), (12.0 * (down / 10.0).powi(2)).min(20.0));
    ANTENNA_GAIN_DBI - (across + along).min(30.0)
}

/// Mean penetration loss of a wall, dB.
fn wall_db(walls: Walls, ghz: f64) -> f64 {
    let through = |db: f64| 10.0_f64.powf(-db / 10.0);
    let concrete = through(5.0 + 4.0 * ghz);
    match walls {
        Walls::None => 0.0,
        Walls::Old => 5.0 - 10.0 * (0.3 * through(2.0 + 0.2 * ghz) + 0.7 * concrete).log10(),
        Walls::Modern => 5.0 - 10.0 * (0.7 * through(23.0 + 0.3 * ghz) + 0.3 * concrete).log10(),
    }
}

/// How much walls of one kind differ from each other, dB (table 7.4.3-2).
fn wall_sd_db(walls: Walls) -> f64 {
    match walls {
        Walls::None => 0.0,
        Walls::Old => 4.4,
        Walls::Modern => 6.5,
    }
}

/// A smooth random field: normals on a lattice of [`SHADOW_STEP`], blended between its corners.
fn field(at: Point, key: u64) -> f64 {
    let (x, y) = (at.x / SHADOW_STEP, at.y / SHADOW_STEP);
    let (column, row) = (x.floor(), y.floor());
    let (fx, fy) = (x - column, y - row);
    let corner = |dx: f64, dy: f64| {
        let place = ((column + dx) as i64 as u64) << 32 ^ ((row + dy) as i64 as u64 & 0xffff_ffff);
        normal_of(scramble(place ^ key))
    };
    let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
    let values = [corner(0.0, 0.0), corner(1.0, 0.0), corner(0.0, 1.0), corner(1.0, 1.0)];
    let power: f64 = weights.iter().map(|w| w * w).sum();
    weights.iter().zip(values).map(|(w, v)| w * v).sum::<f64>() / power.sqrt()
}

/// Everything heard at a point behind these walls; `inside` is how many metres from the outer wall, `extra_db`
/// what the spot loses besides.
pub(crate) fn hear(net: &Network, seed: u64, at: Point, walls: Walls, inside: f64, extra_db: f64) -> Place {
    let mut all: Vec<Heard> = Vec::new();
    let common = field(at, scramble(seed)) * SHADOW_COMMON.sqrt();
    // This building's own walls, the same for whatever comes through them.
    let spot = (at.x * 10.0) as i64 as u64 ^ ((at.y * 10.0) as i64 as u64).rotate_left(32);
    let own_walls = wall_sd_db(walls) * normal_of(scramble(seed ^ spot));
    for site in net.sites_near(at, 10) {
        let key = scramble(seed ^ u64::from(site).wrapping_mul(0x1000_0001));
        let from = net.sites[site as usize].at;
        let distance = from.metres_to(at).max(15.0);
        let clear = (18.0 / distance).min(1.0);
        let line_of_sight = unit_of(scramble(key ^ (at.x as i64 as u64) << 20 ^ at.y as i64 as u64))
            < clear + (-distance / 63.0).exp() * (1.0 - clear);
        let sd = if line_of_sight { SHADOW_SD_DB.0 } else { SHADOW_SD_DB.1 };
        let shadow = sd * (common + (1.0 - SHADOW_COMMON).sqrt() * field(at, key));
        for &cell in &net.cells_of[site as usize] {
            let own = &net.cells[cell as usize];
            let ghz = own.layer.carrier_ghz();
            let subcarriers = if own.layer == Layer::N3500 { 273.0 } else { own.layer.bandwidth_mhz() * 5.0 } * 12.0;
            let rsrp = own.layer.power_dbm() + own.layer.beam_db() - 10.0 * f64::log10(subcarriers)
                + antenna_db(own, from, at)
                - path_loss_db(distance, ghz, line_of_sight)
                - wall_db(walls, ghz)
                - if walls == Walls::None { 0.0 } else { 0.5 * inside }
                - OTHER_LOSS_DB
                - extra_db
                - own_walls
                + shadow;
            if rsrp > -135.0 {
                all.push(Heard { cell, site, layer: own.layer, rsrp_dbm: rsrp as f32 });
            }
        }
    }
    Place { at, heard: strongest(all), hex: hexagon(at), indoors: walls != Walls::None }
}

/// The strongest cells, at most five of each carrier, strongest first.
fn strongest(mut all: Vec<Heard>) -> ArrayVec<Heard, HEARD_MAX> {
    all.sort_unstable_by(|a, b| b.rsrp_dbm.total_cmp(&a.rsrp_dbm).then(a.cell.cmp(&b.cell)));
    let mut kept = ArrayVec::new();
    let mut taken = [0_u8; 3];
    for heard in all {
        let count = &mut taken[heard.layer as usize];
        if *count < 5 && !kept.is_full() {
            *count += 1;
            kept.push(heard);
        }
    }
    kept
}

fn hexagon(at: Point) -> u64 {
    let (lat, lon) = at.lat_lon();
    h3o::LatLng::new(lat, lon).map_or(0, |p| u64::from(p.to_cell(h3o::Resolution::Nine)))
}

/// What changes the air at one moment, for one cell heard.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Effect {
    /// Decibels lost on this cell; infinite when it is off.
    pub(crate) loss_db: f64,
    /// Interference above this cell's own level, dB; absent = none.
    pub(crate) jam_db: Option<f64>,
    /// Load forced by congestion, 0..1; absent = the hour's.
    pub(crate) load: Option<f64>,
}

/// One moment's radio conditions on the cell that serves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Air {
    pub(crate) cell: u32,
    pub(crate) layer: Layer,
    pub(crate) rsrp_dbm: f64,
    pub(crate) rsrq_db: f64,
    pub(crate) sinr_db: f64,
    /// Share of the cell's capacity in use, 0..1.
    pub(crate) load: f64,
}

/// What a handset brings along.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Handset {
    pub(crate) nr: bool,
    /// What a broken antenna loses, dB.
    pub(crate) loss_db: f64,
}

/// Below this no handset stays on a cell, dBm.
const LOST_DBM: f64 = -124.0;
/// Fading from spot to spot in a room, common to all cells, and what each cell has of its own, dB.
const SPOT_SD_DB: f64 = 2.2;
const OWN_SD_DB: f64 = 1.8;
/// Outdoors people move, and the cell that serves lags behind the one that would be best, dB.
const LAG_SD_DB: f64 = 5.0;
/// Share of a cell's power that is sent without any traffic: reference signals, control, broadcast.
const ALWAYS_ON: f64 = 0.25;
/// What all cells too far to be listed add in every subcarrier, dBm: indoors, where walls keep it out, and in the street.
const FAR_CELLS_DBM: (f64, f64) = (-121.0, -110.0);
/// What transmitter and receiver spoil of their own signal: no SINR above some 27 dB.
const DISTORTION: f64 = 0.002;

impl Air {
    /// Poor by the thresholds of the design: RSRP < −110 dBm (LTE only), RSRQ < −15 dB or SINR < 0 dB.
    pub(crate) fn is_poor(&self) -> bool {
        self.is_weak() || self.rsrq_db < -15.0 || self.sinr_db < 0.0
    }

    pub(crate) fn is_weak(&self) -> bool {
        self.rsrp_dbm < -110.0 && self.layer != Layer::N3500
    }
}

/// Draws one moment at a place; `None` is no service. `load_of` gives the usual load of a site at that hour and
/// `effect_of` what faults do to a cell.
pub(crate) fn sample(
    place: &Place,
    handset: Handset,
    load_of: impl Fn(u32) -> f64,
    effect_of: impl Fn(&Heard) -> Effect,
    dice: &mut Dice,
) -> Option<Air> {
    let spot = SPOT_SD_DB * dice.normal() - handset.loss_db;
    let mut levels = [f64::NEG_INFINITY; HEARD_MAX];
    let mut effects = [Effect::default(); HEARD_MAX];
    let mut best: Option<(usize, f64)> = None;
    for (index, heard) in place.heard.iter().enumerate() {
        let effect = effect_of(heard);
        let level = f64::from(heard.rsrp_dbm) + spot + OWN_SD_DB * dice.normal() - effect.loss_db;
        (levels[index], effects[index]) = (level, effect);
        let lag = if place.indoors { 0.0 } else { LAG_SD_DB * dice.normal() };
        let rank = level + lag + preference_db(heard.layer, level, handset);
        if level > LOST_DBM && best.is_none_or(|(_, known)| rank > known) {
            best = Some((index, rank));
        }
    }
    let (index, _) = best?;
    let own = place.heard[index];
    if own.layer == Layer::N3500 && !handset.nr {
        return None;
    }
    let signal = to_mw(levels[index]);
    let far = if place.indoors { FAR_CELLS_DBM.0 } else { FAR_CELLS_DBM.1 };
    let mut other = to_mw(noise_dbm(own.layer)) + to_mw(far) + signal * DISTORTION;
    for (at, heard) in place.heard.iter().enumerate() {
        if at != index && heard.layer == own.layer {
            let load = effects[at].load.unwrap_or_else(|| load_of(heard.site));
            other += to_mw(levels[at]) * (ALWAYS_ON + (1.0 - ALWAYS_ON) * load);
        }
    }
    if let Some(jam_db) = effects[index].jam_db {
        other += signal * 10.0_f64.powf(jam_db / 10.0);
    }
    let load = effects[index].load.unwrap_or_else(|| load_of(own.site));
    let busy = ALWAYS_ON + (1.0 - ALWAYS_ON) * load;
    let rsrq = -10.0 * (12.0 * busy + 12.0 * other / signal).log10() + 0.7 * dice.normal();
    let sinr = 10.0 * (signal / other).log10() + 1.5 * dice.normal();
    Some(Air {
        cell: own.cell,
        layer: own.layer,
        rsrp_dbm: levels[index].clamp(-139.0, -45.0),
        rsrq_db: rsrq.clamp(-30.0, -3.0),
        sinr_db: sinr.clamp(-20.0, 30.0),
        load,
    })
}

/// Carriers are not equal: operators keep handsets on the wider ones while these are good enough.
fn preference_db(layer: Layer, level: f64, handset: Handset) -> f64 {
    match layer {
        Layer::L1800 => 6.0,
        Layer::L800 => 0.0,
        Layer::N3500 if !handset.nr => -1_000.0,
        Layer::N3500 if level > -107.0 => 14.0,
        Layer::N3500 => -30.0,
    }
}

fn to_mw(dbm: f64) -> f64 {
    10.0_f64.powf(dbm / 10.0)
}
