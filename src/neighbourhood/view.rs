//! What every instance reads of all areas. Pure: a view that changes only between epochs.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use hashbrown::HashMap;

use super::row::{AreaRow, State, Verdict};
use super::scope::{Hexagon, Scope};
use crate::limits::VIEW_CHANGES_MAX;
use crate::perception::CellPeers;
use crate::units::{AreaId, Cause, LatLon, Minute};

/// One verdict that changed its state between two versions of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The view's version that brought it.
    pub version: u64,
    pub area: AreaId,
    pub scope: Scope,
    pub cause: Cause,
    pub ticket: Option<String>,
    /// `None`: not known before, or no longer.
    pub from: Option<State>,
    pub to: Option<State>,
}

/// All rows of `homeqos.areas`. A clone shares the rows.
#[derive(Debug, Clone, Default)]
pub struct AreaView {
    rows: HashMap<AreaId, Arc<AreaRow>, foldhash::fast::FixedState>,
    /// Areas with an open ticket, for those who look for links.
    ticketed: BTreeSet<AreaId>,
    version: u64,
    changes: VecDeque<Change>,
}

fn same(a: &Verdict, b: &Verdict) -> bool {
    a.opened_as == b.opened_as && a.scope == b.scope && a.since == b.since
}

impl AreaView {
    /// Puts an area's row in place, or removes it (`None`, a tombstone).
    pub fn apply(&mut self, area: &str, row: Option<Arc<AreaRow>>) {
        self.version += 1;
        let id = AreaId::new(area);
        let old = self.rows.get(&id).cloned();
        self.note(&id, old.as_deref(), row.as_deref());
        if row.as_ref().is_some_and(|row| row.verdicts.iter().any(Verdict::has_open_ticket)) {
            self.ticketed.insert(id.clone());
        } else {
            self.ticketed.remove(&id);
        }
        match row {
            Some(row) => self.rows.insert(id, row),
            None => self.rows.remove(&id),
        };
    }

    fn note(&mut self, area: &AreaId, old: Option<&AreaRow>, new: Option<&AreaRow>) {
        let verdicts = |row: Option<&AreaRow>| row.map(|r| r.verdicts.clone()).unwrap_or_default();
        let (old, new) = (verdicts(old), verdicts(new));
        let version = self.version;
        let mut push = |v: &Verdict, from: Option<State>, to: Option<State>| {
            if from != to {
                let (scope, ticket) = (v.scope.clone(), v.ticket.clone());
                self.changes.push_back(Change { version, area: area.clone(), scope, cause: v.cause, ticket, from, to });
            }
        };
        for v in &new {
            push(v, old.iter().find(|o| same(o, v)).map(|o| o.state), Some(v.state));
        }
        for gone in old.iter().filter(|o| !new.iter().any(|v| same(o, v))) {
            push(gone, Some(gone.state), None);
        }
        while self.changes.len() > VIEW_CHANGES_MAX {
            self.changes.pop_front();
        }
    }

    /// Grows by one at every row applied.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    #[must_use]
    pub fn get(&self, area: &str) -> Option<&Arc<AreaRow>> {
        self.rows.get(area)
    }

    /// All rows, in no particular order: for those who sort or only count.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<AreaRow>> {
        self.rows.values()
    }

    /// Areas with an open ticket, in order.
    pub fn ticketed(&self) -> impl Iterator<Item = &Arc<AreaRow>> {
        self.ticketed.iter().filter_map(|area| self.rows.get(area))
    }

    /// The verdict that holds a home: of its cause, its scope (or that of a ticket merged into it) containing the home
    /// (`cells`: ids of the home's cells, main one first), not resolved or cancelled. Of several the one that operations
    /// know of, then the widest: while a whole site comes under suspicion, the homes of its cell's ticket are that
    /// ticket's, which is older than the suspicion.
    #[must_use]
    pub fn verdict_for(
        &self,
        area: &str,
        cause: Cause,
        cells: &[&str],
        hex: impl Fn() -> Option<Hexagon>,
    ) -> Option<&Verdict> {
        let row = self.rows.get(area)?;
        let mine = |v: &&Verdict| v.holds() && v.holds_for(cause) && row.contains(v, cells, &hex);
        let rank = |v: &Verdict| !v.has_open_ticket();
        row.verdicts.iter().filter(mine).min_by(|a, b| (rank(a), &a.scope).cmp(&(rank(b), &b.scope)))
    }

    /// Whether any verdict of the area holds homes.
    #[must_use]
    pub fn any_held(&self, area: &str) -> bool {
        self.rows.get(area).is_some_and(|row| row.verdicts.iter().any(Verdict::holds))
    }

    /// The ticket resolved last, after `since`, that covered such a home: what its panes remember is repaired.
    #[must_use]
    pub fn resolved_since(
        &self,
        area: &str,
        cells: &[&str],
        hex: impl Fn() -> Option<Hexagon>,
        since: Minute,
    ) -> Option<&Verdict> {
        let row = self.rows.get(area)?;
        let mine = |v: &&Verdict| v.state == State::Resolved && v.changed > since && row.contains(v, cells, &hex);
        row.verdicts.iter().filter(mine).max_by_key(|v| v.changed)
    }

    /// Whether any ticket of the area was resolved after `since`.
    #[must_use]
    pub fn any_resolved_since(&self, area: &str, since: Minute) -> bool {
        let verdicts = self.rows.get(area).into_iter().flat_map(|row| &row.verdicts);
        verdicts.into_iter().any(|v| v.state == State::Resolved && v.changed > since)
    }

    /// The word of a customer's view: `clear`, or the state of the verdict that lies on the home, whatever its cause.
    #[must_use]
    pub fn word(&self, area: &str, cells: &[&str], hex: impl Fn() -> Option<Hexagon>) -> &'static str {
        let Some(row) = self.rows.get(area) else { return "clear" };
        let live = |v: &&Verdict| v.holds() && row.contains(v, cells, &hex);
        let states = row.verdicts.iter().filter(live).map(|v| v.state);
        let states = states.map(|s| if s.is_live() { s } else { State::Suspected });
        states.max().map_or("clear", State::as_str)
    }

    /// Homes seen and fine on a cell of an area, the asking home among them.
    #[must_use]
    pub fn peers(&self, area: &str, cell: &str) -> Option<CellPeers> {
        let row = self.rows.get(area)?;
        let cell = row.cells.iter().find(|c| c.cell == cell)?;
        Some(CellPeers { homes: cell.homes, fine: cell.fine })
    }

    /// What changed after `version`, oldest first; `None` where that is longer ago than remembered: look at all.
    #[must_use]
    pub fn changes_since(&self, version: u64) -> Option<impl Iterator<Item = &Change>> {
        let forgotten =
            self.changes.len() >= VIEW_CHANGES_MAX && self.changes.front().is_some_and(|c| c.version > version);
        (!forgotten).then(|| self.changes.iter().filter(move |c| c.version > version))
    }

    /// Rows of the sites within `metres` of `pos`, and those named; without `own`; in the order of their names.
    #[must_use]
    pub fn near(&self, own: &str, pos: Option<LatLon>, named: &BTreeSet<AreaId>, metres: f64) -> Vec<&Arc<AreaRow>> {
        let close = |row: &AreaRow| {
            pos.zip(row.pos).is_some_and(|(a, b)| a.metres_to(b) <= metres) || named.contains(&row.area)
        };
        let mut rows: Vec<_> = self.rows.values().filter(|row| row.area != own && close(row)).collect();
        rows.sort_by(|a, b| a.area.cmp(&b.area));
        rows
    }
}
