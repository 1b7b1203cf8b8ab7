//! A customer as the snapshot format before this one wrote him. Pure.
//!
//! Two formats can be read: today's and this one, so that an upgrade goes on from the snapshots that are there. What was
//! not known then is as if it began now: since when a home is in trouble of its own.

use serde::Deserialize;

use super::customer::{Counted, HexagonOf, LastCell, Recent, Track};
use crate::decide::{CrmFacts, Memory};
use crate::home::HomeState;
use crate::neighbourhood::Contribution;
use crate::perception;
use crate::qos::{Elsewhere, Episode, Panes};
use crate::units::{CustomerId, MaybeMinute};

/// The version that this reads.
pub const FORMAT: u8 = 3;

#[derive(Deserialize)]
pub(super) struct Customer {
    id: CustomerId,
    crm: Option<CrmFacts>,
    track: Option<Box<FormerTrack>>,
}

/// Its fields in the order in which they were written.
#[derive(Deserialize)]
struct FormerTrack {
    home: HomeState,
    panes: [Panes; 2],
    episode: Episode,
    elsewhere: Elsewhere,
    sudden: bool,
    recent: Recent,
    perception: perception::Memory,
    decisions: Option<Box<Memory>>,
    home_slot: u8,
    contribution: Option<Contribution>,
    hexagon_of: HexagonOf,
    binned: Option<u8>,
    last_cell: LastCell,
    home_seen: MaybeMinute,
    panes_since: MaybeMinute,
    due: MaybeMinute,
    dirty: bool,
    counted: Counted,
}

impl From<Customer> for super::customer::Customer {
    fn from(was: Customer) -> Self {
        Self { id: was.id, crm: was.crm, track: was.track.map(|track| Box::new((*track).into())) }
    }
}

impl From<FormerTrack> for Track {
    fn from(was: FormerTrack) -> Self {
        Self {
            home: was.home,
            panes: was.panes,
            episode: was.episode,
            elsewhere: was.elsewhere,
            sudden: was.sudden,
            trouble_since: MaybeMinute::NONE,
            recent: was.recent,
            perception: was.perception,
            decisions: was.decisions,
            home_slot: was.home_slot,
            contribution: was.contribution,
            hexagon_of: was.hexagon_of,
            binned: was.binned,
            last_cell: was.last_cell,
            home_seen: was.home_seen,
            panes_since: was.panes_since,
            due: was.due,
            dirty: was.dirty,
            counted: was.counted,
            counted_bytes: 0,
        }
    }
}
