//! One place a customer stays at, and the cells that serve it. Pure.

use std::cmp::Reverse;

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use super::{CellRef, CellTable, SiteRef};
use crate::limits::{CELLS_PER_LANE_MAX, NIGHTS, SITES_PER_PLACE_MAX};
use crate::units::{Day, LatLon};

/// "No place", "no slot", "no cell" where a number of one would stand.
pub(super) const NONE: u8 = u8::MAX;

/// Cells remembered per place: three bands of the two sectors that co-serve an address.
pub(super) const CELLS_PER_PLACE: usize = 6;

/// Running counts are kept by week, for the weeks the nights' ring covers.
pub(super) const WEEKS: usize = NIGHTS / 7;

pub(super) fn sum(weeks: [u8; WEEKS]) -> u32 {
    weeks.into_iter().map(u32::from).sum()
}

/// What one half-hour weighs for a cell. By day it only breaks ties: the area is where the nights are.
pub(super) const NIGHT_WEIGHT: u32 = 8;
pub(super) const DAY_WEIGHT: u32 = 1;

/// A cell and the weight of the half-hours in which it served: 18 bits name it, one says that it was never heard by night,
/// 13 weigh it.
/// A week of 126 night half-hours × 8 and 210 by day, faded by a quarter each week, stays below 4 900 of 8 191.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Heard(u32);

const _: () = assert!(CELLS_PER_LANE_MAX <= 1 << 18, "a cell number must fit 18 bits beside a weight of 13 and a mark");

impl Heard {
    const WEIGHT_BITS: u32 = 13;
    const WEIGHT_MAX: u32 = (1 << Self::WEIGHT_BITS) - 1;
    /// Set while it was heard by day only. A state written before there was the mark has it nowhere: nothing was known.
    const BY_DAY: u32 = 1 << Self::WEIGHT_BITS;
    const EMPTY: Self = Self(u32::MAX);

    fn new(cell: CellRef) -> Self {
        Self(cell.0 << (Self::WEIGHT_BITS + 1) | Self::BY_DAY)
    }

    pub(super) fn cell(self) -> Option<CellRef> {
        // The greatest number with the greatest weight is given up to mean "none".
        (self != Self::EMPTY).then_some(CellRef(self.0 >> (Self::WEIGHT_BITS + 1)))
    }

    pub(super) fn weight(self) -> u32 {
        if self == Self::EMPTY { 0 } else { self.0 & Self::WEIGHT_MAX }
    }

    fn with_weight(self, weight: u32) -> Self {
        Self((self.0 & !Self::WEIGHT_MAX) | weight.min(Self::WEIGHT_MAX - 1))
    }

    fn is_by_day(self) -> bool {
        self != Self::EMPTY && self.0 & Self::BY_DAY != 0
    }

    fn by_night(self) -> Self {
        Self(self.0 & !Self::BY_DAY)
    }
}

/// A place. All its rings are aligned to [`super::HomeState`]'s newest night: bit i is i nights before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Never two of the same cell. Their order says nothing.
    pub(super) cells: [Heard; CELLS_PER_PLACE],
    /// Valid nights.
    pub(super) nights: u32,
    /// Days with a long stay; bit i + [`super::stays::DAYS_AHEAD`] is the day of night i's date.
    pub(super) days: u32,
    /// Half-hours of the newest night in which it was heard.
    pub(super) tonight: u32,
    /// The same of the one older night that is open for late records.
    pub(super) late: u32,
    /// Night half-hours heard, in the current week of nights and the three before (at most 7 × 18 = 126 each).
    pub(super) slots: [u8; WEEKS],
    /// Hours stayed by day, likewise (at most 7 × 15 = 105 each).
    pub(super) stay_hours: [u8; WEEKS],
    /// Weekdays (bit 0 is a Thursday) with a valid night or a long stay, in this pair of weeks and the one before.
    pub(super) weekdays: [u8; 2],
    /// Half-hours stayed so far on the current day.
    pub(super) today: u8,
    /// Positions that made the mean; those by day count only until the first by night.
    fixes: u8,
    fixed_by_night: bool,
    /// Running mean, in 1e-7 degrees: fine enough that its rounding never moves a metre.
    lat_e7: i32,
    lon_e7: i32,
}

/// Half-hours by day without one by night after which a cell is none of the home's (faded, as all weights are): of a cell
/// of the home a third of the half-hours are by night, so that one in eleven of them would be missed this long.
const DAYS_ONLY: u32 = 6;
/// Night half-hours at a place in four weeks, and of one cell of it, from which on its cells by night are known.
const NIGHTS_KNOWN: u32 = 20;

/// Positions after which the mean is trusted to say what is 1 000 m away.
const FIXES_TRUSTED: u8 = 3;
/// The mean follows at least this fast: one part in 200 of each new position.
const FIXES_MAX: u8 = 200;
/// Positions farther than this (1e-7 degrees, some 3 km) from a trusted mean are another place or a broken fix.
const OUTLIER_E7: i32 = 300_000;

impl Place {
    /// Reads a word of it, so that it is near.
    pub(super) fn touch(&self) -> u32 {
        self.nights ^ self.lat_e7.cast_unsigned()
    }

    pub(super) fn new(cell: CellRef) -> Self {
        let mut cells = [Heard::EMPTY; CELLS_PER_PLACE];
        cells[0] = Heard::new(cell);
        Self { cells, ..Self::vacant() }
    }

    /// A place nobody stays at: its number may be given again.
    pub(super) const fn vacant() -> Self {
        Self {
            cells: [Heard::EMPTY; CELLS_PER_PLACE],
            nights: 0,
            days: 0,
            tonight: 0,
            late: 0,
            slots: [0; WEEKS],
            stay_hours: [0; WEEKS],
            weekdays: [0; 2],
            today: 0,
            fixes: 0,
            fixed_by_night: false,
            lat_e7: 0,
            lon_e7: 0,
        }
    }

    pub(super) fn is_vacant(&self) -> bool {
        self.heard().next().is_none()
    }

    pub(super) fn heard(&self) -> impl Iterator<Item = (CellRef, u32)> + '_ {
        self.cells.iter().filter_map(|h| h.cell().map(|cell| (cell, h.weight())))
    }

    /// Which of its cells this is.
    pub(super) fn find(&self, cell: CellRef) -> Option<u8> {
        self.cells.iter().position(|h| h.cell() == Some(cell)).map(|at| at as u8)
    }

    /// Its lowest cell number: what tells places apart where all else is equal.
    pub(super) fn name(&self) -> Reverse<Option<CellRef>> {
        Reverse(self.heard().map(|(cell, _)| cell).min())
    }

    pub(super) fn serves(&self, site: SiteRef, cells: &CellTable) -> bool {
        self.heard().any(|(cell, _)| cells.site(cell) == site)
    }

    /// The weight of its distinct sites, heaviest first; among equals the one of lowest number.
    pub(super) fn sites(&self, cells: &CellTable) -> ArrayVec<(SiteRef, u32), CELLS_PER_PLACE> {
        let mut sites: ArrayVec<(SiteRef, u32), CELLS_PER_PLACE> = ArrayVec::new();
        for (cell, weight) in self.heard() {
            let site = cells.site(cell);
            match sites.iter_mut().find(|(known, _)| *known == site) {
                Some((_, sum)) => *sum += weight,
                None => sites.push((site, weight)),
            }
        }
        sites.sort_unstable_by_key(|&(site, weight)| (Reverse(weight), site));
        sites
    }

    pub(super) fn main_site(&self, cells: &CellTable) -> Option<SiteRef> {
        self.sites(cells).first().map(|(site, _)| *site)
    }

    /// The site of its cell number `at`.
    pub(super) fn site_at(&self, at: u8, cells: &CellTable) -> Option<SiteRef> {
        self.cells.get(usize::from(at)).and_then(|h| h.cell()).map(|cell| cells.site(cell))
    }

    /// The heaviest cell of a site, as a number among its cells.
    pub(super) fn main_cell_of(&self, site: SiteRef, cells: &CellTable) -> u8 {
        let of_site = |h: &Heard| h.cell().is_some_and(|cell| cells.site(cell) == site);
        let best = self
            .cells
            .iter()
            .enumerate()
            .filter(|(_, h)| of_site(h))
            .max_by_key(|(_, h)| (h.weight(), Reverse(h.cell())));
        best.map_or(NONE, |(at, _)| at as u8)
    }

    /// Its cells, those of `first` before the others, each part by weight.
    pub(super) fn cells_of(&self, first: Option<SiteRef>, cells: &CellTable) -> ArrayVec<CellRef, 8> {
        let mut heard: ArrayVec<(CellRef, u32), CELLS_PER_PLACE> = self.heard().collect();
        heard.sort_unstable_by_key(|&(cell, weight)| (Some(cells.site(cell)) != first, Reverse(weight), cell));
        heard.into_iter().map(|(cell, _)| cell).collect()
    }

    /// Remembers a further cell and says which number it got, or `None` when a heavier one would have to leave.
    /// The cell `keep` never leaves. By day (`may_replace` false) nothing leaves at all.
    pub(super) fn add_cell(&mut self, cell: CellRef, keep: u8, may_replace: bool, cells: &CellTable) -> Option<u8> {
        let site = cells.site(cell);
        let sites = self.sites(cells);
        if sites.len() >= SITES_PER_PLACE_MAX && !sites.iter().any(|(known, _)| *known == site) {
            return self.replace_site(cell, keep, may_replace, cells);
        }
        if let Some(at) = self.cells.iter().position(|h| *h == Heard::EMPTY) {
            self.cells[at] = Heard::new(cell);
            return Some(at as u8);
        }
        let lightest = (0..CELLS_PER_PLACE)
            .filter(|&at| at != usize::from(keep))
            .min_by_key(|&at| (self.cells[at].weight(), Reverse(self.cells[at].cell())))?;
        may_replace.then(|| {
            self.cells[lightest] = Heard::new(cell);
            lightest as u8
        })
    }

    /// A fifth site comes only for one that was hardly heard: in under three night half-hours.
    fn replace_site(&mut self, cell: CellRef, keep: u8, may_replace: bool, cells: &CellTable) -> Option<u8> {
        let kept = self.site_at(keep, cells);
        let &(leaving, weight) = self.sites(cells).iter().rev().find(|(site, _)| Some(*site) != kept)?;
        if !may_replace || weight >= 3 * NIGHT_WEIGHT {
            return None;
        }
        let mut freed = None;
        for (at, heard) in self.cells.iter_mut().enumerate() {
            if heard.cell().is_some_and(|c| cells.site(c) == leaving) {
                *heard = Heard::EMPTY;
                freed.get_or_insert(at);
            }
        }
        let at = freed?;
        self.cells[at] = Heard::new(cell);
        Some(at as u8)
    }

    /// A cell was heard in one more half-hour.
    pub(super) fn weigh(&mut self, at: u8, is_night: bool) {
        let heard = &mut self.cells[usize::from(at)];
        let weight = if is_night { NIGHT_WEIGHT } else { DAY_WEIGHT };
        *heard = heard.with_weight(heard.weight() + weight);
        if is_night {
            *heard = heard.by_night();
        }
    }

    /// Whether its cell number `at` serves another place nearby: it is heard by day again and again and never by night,
    /// though others are. Where nights are silent nothing is known of its cells by night.
    pub(super) fn is_next_door(&self, at: u8) -> bool {
        let heard = self.cells[usize::from(at)];
        let is_by_day_only = heard.is_by_day() && heard.weight() >= DAYS_ONLY;
        let serves_nights = |other: &Heard| !other.is_by_day() && other.weight() >= NIGHTS_KNOWN * NIGHT_WEIGHT;
        is_by_day_only && sum(self.slots) >= NIGHTS_KNOWN && self.cells.iter().any(serves_nights)
    }

    /// Takes over what another place has gathered, since both are one.
    pub(super) fn absorb(&mut self, other: &Self, keep: u8, cells: &CellTable) {
        self.nights |= other.nights;
        self.days |= other.days;
        self.tonight |= other.tonight;
        self.late |= other.late;
        for week in 0..WEEKS {
            self.slots[week] = self.slots[week].saturating_add(other.slots[week]).min(126);
            self.stay_hours[week] = self.stay_hours[week].saturating_add(other.stay_hours[week]).min(105);
        }
        self.weekdays = [self.weekdays[0] | other.weekdays[0], self.weekdays[1] | other.weekdays[1]];
        self.today = self.today.max(other.today);
        let mut theirs: ArrayVec<(Heard, CellRef), CELLS_PER_PLACE> =
            other.cells.iter().filter_map(|h| Some((*h, h.cell()?))).collect();
        theirs.sort_unstable_by_key(|&(heard, cell)| (Reverse(heard.weight()), cell));
        for (theirs, cell) in theirs {
            if let Some(at) = self.find(cell).or_else(|| self.add_cell(cell, keep, false, cells)) {
                let heard = &mut self.cells[usize::from(at)];
                *heard = heard.with_weight(heard.weight() + theirs.weight());
                if !theirs.is_by_day() {
                    *heard = heard.by_night();
                }
            }
        }
        if other.fixed_by_night && (!self.fixed_by_night || other.fixes > self.fixes) {
            (self.lat_e7, self.lon_e7, self.fixes) = (other.lat_e7, other.lon_e7, other.fixes);
            self.fixed_by_night = true;
        }
    }

    /// A week of nights has gone: what is older than four leaves, weights fade by a quarter (so that they count
    /// four weeks in all).
    pub(super) fn turn_week(&mut self, week: usize) {
        (self.slots[week], self.stay_hours[week]) = (0, 0);
        if week.is_multiple_of(2) {
            self.weekdays = [0, self.weekdays[0]];
        }
        self.fixes -= self.fixes / 4;
        for heard in self.cells.iter_mut().filter(|h| **h != Heard::EMPTY) {
            *heard = heard.with_weight(heard.weight() - heard.weight() / 4);
        }
    }

    /// A valid night or a long stay on this date.
    pub(super) fn rest_on(&mut self, date: Day) {
        self.weekdays[0] |= 1 << date.0.rem_euclid(7);
    }

    /// Whether nothing worth remembering happened here.
    pub(super) fn is_idle(&self) -> bool {
        self.nights == 0 && self.days == 0 && self.today == 0 && self.tonight.count_ones() + self.late.count_ones() <= 1
    }

    /// Valid nights, then half-hours: how places rank.
    pub(super) fn rank(&self) -> (u32, u32) {
        (self.nights.count_ones(), sum(self.slots))
    }

    pub(super) fn day_hours(&self) -> u32 {
        sum(self.stay_hours)
    }

    /// A reported position moves the running mean.
    pub(super) fn fix(&mut self, pos: LatLon, by_night: bool) {
        let (lat_e7, lon_e7) = (pos.lat_e5 * 100, pos.lon_e5.saturating_mul(100));
        if by_night && !self.fixed_by_night {
            (self.fixed_by_night, self.fixes) = (true, 0);
        }
        if by_night != self.fixed_by_night {
            return;
        }
        let (north, east) = (lat_e7 - self.lat_e7, lon_e7.wrapping_sub(self.lon_e7));
        if self.fixes >= 2 * FIXES_TRUSTED && (north.abs() > OUTLIER_E7 || east.saturating_abs() > 2 * OUTLIER_E7) {
            return;
        }
        self.fixes = (self.fixes + 1).min(FIXES_MAX);
        let n = i32::from(self.fixes);
        self.lat_e7 += north / n;
        self.lon_e7 += east / n;
    }

    pub(super) fn pos(&self) -> Option<LatLon> {
        let e5 = |e7: i32| (e7 + 50 * e7.signum()) / 100;
        (self.fixes > 0).then(|| LatLon { lat_e5: e5(self.lat_e7), lon_e5: e5(self.lon_e7) })
    }

    /// Whether enough positions were reported at night to say how far another is.
    pub(super) fn is_located(&self) -> bool {
        self.fixed_by_night && self.fixes >= FIXES_TRUSTED
    }
}
