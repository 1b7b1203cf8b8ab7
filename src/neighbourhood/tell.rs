//! A verdict's message, with all that operations need. Pure.

use super::candidates::candidates;
use super::evidence::{evidence, newly};
use super::find::counted;
use super::lane::Context;
use super::life::Moment;
use super::links::Surroundings;
use super::message::{CellShare, SpotShare, TicketEvent, TicketMessage};
use super::row::{AreaRow, Figures, Verdict};
use super::scope::Scope;
use crate::limits::VERDICTS_PER_AREA_MAX;
use crate::units::Cause;

/// Hexagons named in one ticket.
const SPOTS_MAX: usize = 2 * VERDICTS_PER_AREA_MAX;

pub(super) fn message(
    row: &AreaRow,
    v: &Verdict,
    event: TicketEvent,
    m: &Moment<'_>,
    around: &Surroundings,
    ctx: &Context<'_>,
) -> TicketMessage {
    let figures = m.figures(v);
    let near = ctx.view.near(&row.area, around.pos, &around.named, m.rules.neighbour_m);
    let shown = evidence(v.cause, m.totals, m.today, m.rules.min_share, &near);
    let formed = newly(&m.totals.homes(&v.scope), v.covers, m.rules);
    TicketMessage {
        event,
        area: row.area.clone(),
        pos: around.pos.or(row.pos),
        ticket: v.ticket.clone().unwrap_or_default(),
        revision: v.revision,
        at: m.now,
        cause: v.cause,
        scope: v.scope.clone(),
        state: v.state,
        ending: v.ending,
        merged_into: v.merged_into.clone(),
        priority: priority(v.cause, &figures),
        escalation: v.escalation,
        since: ctx.zone.local(v.since.start()).day,
        opened: v.opened.unwrap_or(m.now),
        changed: v.changed,
        figures,
        min_share: m.rules.min_share,
        before: v.before,
        after: v.after,
        homes_helped: v.homes_helped,
        cells: cells(v, m),
        spots: spots(v, m),
        evidence: shown.into_iter().chain(formed).collect(),
        busy_hours: m.totals.hours.busy(),
        candidates: candidates(v.cause),
        linked: v.linked.clone(),
    }
}

/// 1 the most urgent, 10 the least: five, less one each for 20 and 100 degraded homes, for half of the homes and for
/// 10 000 € at risk, and less two for an outage.
fn priority(cause: Cause, figures: &Figures) -> u8 {
    let reasons = [
        figures.homes_degraded >= 20,
        figures.homes_degraded >= 100,
        figures.share >= 0.5,
        figures.value_at_risk_eur >= 10_000,
        cause == Cause::Outage,
        cause == Cause::Outage,
    ];
    reasons.iter().filter(|holds| **holds).fold(5u8, |priority, _| priority.saturating_sub(1)).max(1)
}

/// The cells of the scope with degraded homes, the worst first: with more degraded homes, then fewer others.
fn cells(v: &Verdict, m: &Moment<'_>) -> Vec<CellShare> {
    let share = |cell: &crate::units::CellId, homes: &super::homes::Homes| CellShare {
        cell: cell.clone(),
        homes: homes.homes,
        degraded: homes.of(v.covers),
    };
    let mut cells: Vec<CellShare> = match &v.scope {
        Scope::Hexagon(hex) => {
            m.totals.by_cell(*hex).filter_map(|(cell, homes)| cell.map(|cell| share(cell, homes))).collect()
        }
        scope => {
            let inside = |cell: &&str| !matches!(scope, Scope::Cell(_)) || scope.contains(&[*cell], || None);
            m.totals.cells.iter().filter(|(id, _)| inside(&id.as_str())).map(|(id, homes)| share(id, homes)).collect()
        }
    };
    cells.retain(|cell| cell.degraded > 0);
    cells.sort_by(|a, b| (b.degraded, a.homes, &a.cell).cmp(&(a.degraded, b.homes, &b.cell)));
    cells
}

/// The hexagons that suffer most, none with fewer than `k` homes, since a few homes could be recognised.
fn spots(v: &Verdict, m: &Moment<'_>) -> Vec<SpotShare> {
    let spot = |hex| {
        let homes = m.totals.homes(&Scope::Hexagon(hex));
        let scope = Scope::Hexagon(hex);
        let degraded = homes.of(counted(&scope, v.covers));
        let worth = homes.homes >= m.rules.k && degraded > 0;
        worth.then(|| SpotShare { hexagon: hex.to_string(), centre: hex.centre(), homes: homes.homes, degraded })
    };
    let mut spots: Vec<SpotShare> = match &v.scope {
        Scope::Hexagon(hex) => spot(*hex).into_iter().collect(),
        _ => m.totals.spots().filter_map(spot).collect(),
    };
    spots.sort_by(|a, b| (b.degraded, a.homes, &a.hexagon).cmp(&(a.degraded, b.homes, &b.hexagon)));
    spots.truncate(SPOTS_MAX);
    spots
}
