//! Which areas are next to each other, and which tickets belong together. Pure.

use std::collections::BTreeSet;

use super::lane::Context;
use super::row::{AreaRow, Verdict};
use super::totals::Totals;
use crate::limits::LINKED_TICKETS_MAX;
use crate::units::{AreaId, LatLon};

/// Where an area is, and the sites its cells name as neighbours.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub pos: Option<LatLon>,
    pub named: BTreeSet<AreaId>,
}

impl Surroundings {
    /// From the inventory's rows of the cells that the area's homes use.
    pub(super) fn of(area: &str, totals: &Totals, ctx: &Context<'_>) -> Self {
        let cells: Vec<_> = totals.cells.keys().filter_map(|id| ctx.cells.get(id)).collect();
        let own: Vec<_> = cells.iter().filter(|cell| cell.site_id == area).collect();
        let neighbours = own.iter().flat_map(|cell| &cell.neighbours).filter_map(|id| ctx.cells.get(id));
        let named = neighbours.map(|cell| cell.site_id.clone()).filter(|site| site != area).collect();
        Self { pos: own.first().map(|cell| cell.pos), named }
    }

    fn touches(&self, row: &AreaRow, metres: f64) -> bool {
        let near = self.pos.zip(row.pos).is_some_and(|(a, b)| a.metres_to(b) <= metres);
        near || self.named.contains(&row.area)
    }
}

/// The open tickets of the same cause at adjacent sites.
pub(super) fn linked(row: &AreaRow, v: &Verdict, around: &Surroundings, ctx: &Context<'_>) -> Vec<String> {
    let metres = ctx.rules.neighbour_m;
    let adjacent = ctx.view.ticketed().filter(|other| other.area != row.area && around.touches(other, metres));
    let others = adjacent.flat_map(|other| other.verdicts.iter());
    let same = others.filter(|w| w.has_open_ticket() && w.cause == v.cause);
    let tickets: BTreeSet<String> = same.filter_map(|w| w.ticket.clone()).collect();
    tickets.into_iter().take(LINKED_TICKETS_MAX).collect()
}
