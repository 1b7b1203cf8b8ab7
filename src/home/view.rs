//! What goes into the home stage and what comes out of it. Pure.

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use super::judge::{self, Verdict};
use super::place::{NONE, Place};
use super::state::is_within;
use super::{CellTable, HomeState, Rules};
use crate::units::{Day, LatLon, LocalTime, Millis, words};

/// A cell, as this lane numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellRef(pub u32);

/// A site, as this lane numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SiteRef(pub u32);

/// What one record says of where the customer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    pub ts: Millis,
    /// The same instant on the wall clock.
    pub local: LocalTime,
    /// `None` out of service, on Wi-Fi, or when the lane's cell table is full.
    pub cell: Option<CellRef>,
    pub pos: Option<LatLon>,
    /// Without a cell because there was no service, not because Wi-Fi served.
    pub out_of_service: bool,
}

/// Where a record was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// At a place that keeps panes: slot 0 is the home, or, before one is known, the place that leads; slot 1 the
    /// second. Only slot 0 is the home: what is measured in slot 1 is *elsewhere* to who compares the two.
    Home { slot: u8 },
    /// Somewhere else.
    Away,
    /// No cell, no place seen shortly before, or no place known yet.
    Unknown,
}

/// The answer to one sighting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighted {
    pub presence: Presence,
    /// Panes of slot i continue those of the old slot `panes[i]`; `None`: they start empty (or the slot is vacant).
    /// To be applied before the record is folded at `presence`.
    pub panes: [Option<u8>; 2],
    /// What is known of the home was judged anew.
    pub judged: bool,
}

impl Sighted {
    /// Both slots as they were.
    pub const UNMOVED: [Option<u8>; 2] = [Some(0), Some(1)];
}

words! {
    /// How well the home is known.
    HomeStatus {
        /// Under seven valid nights, or under 40 % of the observed night half-hours at one place.
        Unknown = "unknown",
        /// At least 40 % of them.
        Provisional = "provisional",
        /// At least 70 %.
        Confirmed = "confirmed",
        /// By the CRM address; nights have neither confirmed nor overruled it.
        Declared = "declared",
    }
}

impl HomeStatus {
    /// Whether an offer may rest on it.
    #[must_use]
    pub fn is_firm(self) -> bool {
        matches!(self, Self::Confirmed | Self::Declared)
    }
}

/// Where a customer lives.
#[derive(Debug, Clone, PartialEq)]
pub struct Home {
    pub status: HomeStatus,
    /// The area: the place's site with most night slots. `None` while unknown, and for an address nothing was
    /// heard at yet.
    pub site: Option<SiteRef>,
    /// The cells heard there, the area's main cell first.
    pub cells: ArrayVec<CellRef, 8>,
    /// The first of them; while the home is unknown, that of the place which leads and keeps the panes.
    pub main_cell: Option<CellRef>,
    /// Mean of the positions reported there at night; else the address; else where its main site stands.
    pub pos: Option<LatLon>,
    /// The evening of the first night there that is remembered when the home became known.
    pub since: Option<Day>,
    /// Valid nights there, of the last 28; for those who work at night, days with a long stay count as well.
    pub nights: u8,
    /// The slot whose panes are this place's; `None` when nothing was heard there yet.
    pub pane_slot: Option<u8>,
}

/// How far from an address its serving site may stand: beyond it the address is another place.
const CELL_REACH_M: u16 = 10_000;

/// Days without any sighting after which what is remembered says nothing of today: two windows of 28.
const FORGOTTEN_AFTER_DAYS: i32 = 56;

impl HomeState {
    /// The home as it is known on `today`.
    #[must_use]
    pub fn home(&self, today: Day, cells: &CellTable, rules: &Rules) -> Home {
        let nothing = Home {
            status: if self.address.is_some() { HomeStatus::Declared } else { HomeStatus::Unknown },
            site: None,
            cells: ArrayVec::new(),
            main_cell: None,
            pos: self.address,
            since: None,
            nights: 0,
            pane_slot: None,
        };
        let leading = self.leading();
        let Some(place) = self.place(leading) else { return nothing };
        let pane_slot = self.slots.iter().position(|&p| p == leading).map(|slot| slot as u8);
        let Verdict { status, nights } = judge::status(self, leading, cells, rules);
        let is_stale = today.0.saturating_sub(self.last_day().0) > FORGOTTEN_AFTER_DAYS;
        if self.home == NONE || is_stale || status == HomeStatus::Unknown {
            let main_cell = place.cells_of(place.main_site(cells), cells).first().copied();
            return Home { main_cell, nights, pane_slot, ..nothing };
        }
        let area = place.site_at(self.area, cells);
        let heard = place.cells_of(area, cells);
        Home {
            status,
            site: area,
            main_cell: heard.first().copied(),
            cells: heard,
            pos: self.home_pos(place, cells, rules).or_else(|| area.and_then(|s| cells.site_pos(s))).or(self.address),
            since: Some(self.since),
            nights,
            pane_slot,
        }
    }

    /// The home's place, or the one that leads while there is none.
    fn leading(&self) -> u8 {
        if self.home == NONE { self.slots[0] } else { self.home }
    }

    /// The same home as one of `area`, another of the sites that serve it; unchanged where that is none of them.
    #[must_use]
    pub fn in_area(&self, home: Home, area: SiteRef, cells: &CellTable) -> Home {
        let Some(place) = self.place(self.leading()) else { return home };
        if home.site.is_none() || !place.heard().any(|(cell, _)| cells.site(cell) == area) {
            return home;
        }
        let heard = place.cells_of(Some(area), cells);
        Home { site: Some(area), main_cell: heard.first().copied(), cells: heard, ..home }
    }

    /// Where the home is, as people or the CRM say: not where its mast stands.
    pub(super) fn home_pos(&self, place: &Place, cells: &CellTable, rules: &Rules) -> Option<LatLon> {
        if place.is_located() {
            return place.pos();
        }
        let mast = place.main_site(cells).and_then(|site| cells.site_pos(site));
        let is_served = |address: &LatLon| match (place.pos(), mast) {
            (Some(heard), _) => is_within(heard, *address, rules.radius_m),
            (None, Some(mast)) => is_within(mast, *address, CELL_REACH_M),
            (None, None) => false,
        };
        self.address.filter(is_served).or_else(|| place.pos())
    }
}
