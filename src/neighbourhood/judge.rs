//! One area judged at one minute. Pure.

use super::count::outcome_key;
use super::evidence::levels;
use super::find::Finding;
use super::lane::{Area, AreaReport, Context};
use super::life::{self, Events, Moment, advance};
use super::links::{Surroundings, linked};
use super::message::TicketEvent;
use super::outcomes::take;
use super::row::{AreaRow, CellRow, Told, Verdict};
use super::rules::Rules;
use super::suspect::{forget, suspect};
use super::tell::message;
use super::totals::Totals;
use crate::limits::CELLS_PER_AREA_MAX;
use crate::units::{AreaId, Minute};

/// Figures without a verdict are told every quarter of an hour: they serve comparison, and every row is read by all.
const FIGURES_MINUTES: i32 = 15;

/// Takes outcomes, moves verdicts, and reports the row and the messages if there is news.
pub(super) fn judge(
    id: &AreaId,
    area: &mut Area,
    now: Minute,
    totals: &Totals,
    findings: &[Finding],
    ctx: &Context<'_>,
    report: &mut AreaReport,
) {
    let m = Moment { now, today: ctx.zone.local(now.start()).day, totals, findings, rules: ctx.rules };
    let known = area.row.is_some();
    let mut row = area.row.clone().unwrap_or_else(|| AreaRow::empty(id));
    let mut events = Events::default();
    forget(&mut row, &m);
    // After a restore the clock may be behind an outcome: none is taken before it happened.
    let (told, waiting): (Vec<_>, Vec<_>) =
        std::mem::take(&mut area.outcomes).into_iter().partition(|(outcome, _)| outcome.ts.minute() <= now);
    area.outcomes = waiting;
    for (outcome, _) in told {
        report.outcomes_ignored += u32::from(!take(&mut row, &outcome, &m, &mut events));
        report.tombstones.push(outcome_key(id, &outcome.action_id));
    }
    report.no_room += suspect(&mut row, &m);
    let name = |v: &Verdict, nth: usize| {
        let since = if nth == 0 { v.day.iso() } else { format!("{}+{nth}", v.day.iso()) };
        (ctx.name_ticket)(id, v.opened_as.as_str(), &v.scope.text(), &since)
    };
    advance(&mut row, &m, &name, &mut events);
    let around = Surroundings::of(id, totals, ctx);
    link(&mut row, &around, ctx, &mut events);
    tell(&mut row, &m, &around, ctx, events, report);

    let before = area.row.as_ref().map(|r| r.verdicts.as_slice()).unwrap_or_default();
    let news = row.verdicts != before;
    let on_time = now.0.rem_euclid(FIGURES_MINUTES) == 0 || !known || totals.site.homes == 0;
    if news || on_time {
        fill(&mut row, &m, &around);
    }
    if area.row.as_ref().is_some_and(|old| same(old, &row)) || (!known && row.is_empty()) {
        return;
    }
    row.as_of = now;
    area.row = (!row.is_empty()).then_some(row);
    report.rows.push((id.clone(), area.row.clone()));
}

fn same(old: &AreaRow, new: &AreaRow) -> bool {
    let figures = |r: &AreaRow| (r.pos, r.homes, r.fine, r.levels);
    figures(old) == figures(new) && old.cells == new.cells && old.verdicts == new.verdicts
}

/// Names the tickets around each open ticket; a new one is news.
fn link(row: &mut AreaRow, around: &Surroundings, ctx: &Context<'_>, events: &mut Events) {
    for at in 0..row.verdicts.len() {
        if !row.verdicts[at].has_open_ticket() {
            continue;
        }
        let linked = linked(row, &row.verdicts[at], around, ctx);
        let v = &mut row.verdicts[at];
        if linked.iter().any(|ticket| !v.linked.contains(ticket)) {
            events.note(v, TicketEvent::Updated);
        }
        v.linked = linked;
    }
}

/// Writes the messages, in the order of the tickets' names, each with its verdict's next revision.
fn tell(
    row: &mut AreaRow,
    m: &Moment<'_>,
    around: &Surroundings,
    ctx: &Context<'_>,
    events: Events,
    report: &mut AreaReport,
) {
    // What opens comes first: what is merged into it names it.
    let opens = |event: TicketEvent| matches!(event, TicketEvent::Opened | TicketEvent::Reopened);
    let (first, then): (Vec<_>, Vec<_>) = events.0.into_iter().partition(|(_, event)| opens(*event));
    for (ticket, event) in first.into_iter().chain(then) {
        let Some(at) = row.verdicts.iter().position(|v| v.ticket.as_ref() == Some(&ticket)) else { continue };
        let degraded = m.figures(&row.verdicts[at]).homes_degraded;
        let v = &mut row.verdicts[at];
        v.revision += 1;
        let before = v.told.filter(|_| !opens(event)).map_or(0, |told| told.peak);
        v.told = Some(Told { at: m.now, cause: v.cause, peak: degraded.max(before) });
        report.tickets.push(message(row, &row.verdicts[at], event, m, around, ctx));
    }
}

/// Writes what the others read: homes seen and fine per cell, and the levels that neighbours compare with.
fn fill(row: &mut AreaRow, m: &Moment<'_>, around: &Surroundings) {
    let site = m.totals.site;
    row.pos = around.pos.or(row.pos);
    (row.homes, row.fine) = (site.homes, site.fine());
    let cells = m.totals.cells.iter();
    row.cells = cells.map(|(id, h)| CellRow { cell: id.clone(), homes: h.homes, fine: h.fine() }).collect();
    row.cells.sort_by(|a, b| (b.homes, &a.cell).cmp(&(a.homes, &b.cell)));
    row.cells.truncate(CELLS_PER_AREA_MAX);
    row.levels = levels(m.totals, m.today);
}

/// The next minute after `now` at which time alone may change something of an area.
pub(super) fn due(area: &Area, now: Minute, rules: &Rules) -> Option<Minute> {
    let verdicts = area.row.iter().flat_map(|row| &row.verdicts).filter_map(|v| life::due(v, now, rules));
    let silent = area.counts.values().map(|count| count.as_of.plus(rules.silent_days * 24 * 60));
    let quarter = (now.0.rem_euclid(FIGURES_MINUTES) != 0)
        .then(|| Minute(now.0 + FIGURES_MINUTES - now.0.rem_euclid(FIGURES_MINUTES)));
    let figures = quarter.filter(|_| !area.counts.is_empty());
    let outcomes = area.outcomes.iter().map(|(outcome, _)| outcome.ts.minute());
    verdicts.chain(silent).chain(figures).chain(outcomes).min()
}
