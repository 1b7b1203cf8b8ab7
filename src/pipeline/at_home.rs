//! A customer's panes and the area sums that are made of them, kept in step. Pure.
//!
//! What must hold: while a customer counts in an area, that area's bins and days contain exactly what the panes of his
//! home hold (`binned` names the slot); every change of panes, slot or area goes through here.

use super::customer::{PaneSlot, Track};
use super::policy::Policy;
use crate::home::SiteRef;
use crate::ingest::Probe;
use crate::neighbourhood::{AreaTable, Contribution, DaySums, Hit};
use crate::qos::{AtHome, Grade, Panes};
use crate::units::{Day, LocalTime, Minute};

/// Everything a place's panes hold, added to an area's sums.
fn join(area: SiteRef, panes: &Panes, areas: &mut AreaTable) {
    areas.add_bins(area, &panes.bins());
    for (day, pane) in panes.days() {
        areas.add_day(area, day, DaySums::from(&pane));
    }
}

/// …and taken away.
fn leave(area: SiteRef, panes: &Panes, areas: &mut AreaTable) {
    areas.sub_bins(area, &panes.bins());
    for (day, pane) in panes.days() {
        areas.sub_day(area, day, DaySums::from(&pane));
    }
}

impl Track {
    fn area(&self) -> Option<SiteRef> {
        self.contribution.as_ref().map(|contribution| contribution.area)
    }

    fn binned(&self) -> Option<u8> {
        self.binned.map(|slot| slot as u8)
    }

    /// The area whose sums contain the panes of `slot`.
    fn area_of(&self, slot: u8) -> Option<SiteRef> {
        self.area().filter(|_| self.binned() == Some(slot))
    }

    /// Takes the home's panes out of its area's sums.
    fn unbin(&mut self, areas: &mut AreaTable) {
        if let (Some(slot), Some(area)) = (self.binned(), self.area()) {
            leave(area, &self.panes[usize::from(slot)], areas);
        }
        self.binned = None;
    }

    /// Puts restored panes into the area's sums.
    pub(super) fn rebin(&self, areas: &mut AreaTable) {
        if let (Some(slot), Some(area)) = (self.binned(), self.area()) {
            join(area, &self.panes[usize::from(slot)], areas);
        }
    }

    /// Reorders the panes as the home stage says: slot `i` continues what was slot `order[i]`.
    pub(super) fn move_panes(&mut self, order: [Option<u8>; 2], areas: &mut AreaTable) {
        if order == [Some(0), Some(1)] {
            return;
        }
        if self.binned().is_some_and(|slot| !order.contains(&Some(slot))) {
            self.unbin(areas);
        }
        let mut old = std::mem::take(&mut self.panes);
        for (slot, from) in order.iter().enumerate() {
            if let Some(from) = from {
                self.panes[slot] = std::mem::take(&mut old[usize::from(*from)]);
            }
        }
        let moved = |old: u8| order.iter().position(|from| *from == Some(old)).map(|slot| slot as u8);
        self.binned = self.binned().and_then(moved).map(PaneSlot::of);
        match moved(self.home_slot) {
            Some(slot) => self.home_slot = slot,
            None => self.settle_at(0),
        }
    }

    /// Folds a probe taken at one of the two places that keep panes.
    #[expect(clippy::too_many_arguments, reason = "what is known of the probe, and where it goes")]
    pub(super) fn fold_at_home(
        &mut self,
        probe: &Probe,
        grade: Option<Grade>,
        local: LocalTime,
        after_handover: bool,
        slot: u8,
        areas: &mut AreaTable,
        policy: &Policy,
    ) {
        self.roll(local.day, areas);
        let area = self.area_of(slot);
        let panes = &mut self.panes[usize::from(slot)];
        let sums = |panes: &Panes| panes.pane(local.day).as_ref().map(DaySums::from).unwrap_or_default();
        let before = if area.is_some() { sums(panes) } else { DaySums::default() };
        let hits = panes.fold(probe, grade, local, after_handover, &policy.qos);
        if let (Some(bins), Some(area)) = (hits, area) {
            let gained = sums(panes).since(before);
            areas.hit(area, &Hit { local, poor: grade.map(Grade::is_poor), gained, bins });
        }
        if slot == self.home_slot {
            // Who is told late tells of other days.
            if let Some(grade) = grade.filter(|_| panes.newest() == Some(local.day)) {
                self.at_home.fold(grade, local);
            }
            self.episode.observe(probe, grade, &policy.qos);
            self.home_seen = self.home_seen.max(probe.ts.minute().into());
        }
    }

    /// Moves both panes on to `today`; what leaves the home's bins leaves the area's.
    pub(super) fn roll(&mut self, today: Day, areas: &mut AreaTable) {
        for slot in 0..2u8 {
            let left = self.panes[usize::from(slot)].roll(today);
            if let (Some(left), Some(area)) = (left, self.area_of(slot)) {
                areas.sub_bins(area, &left);
            }
        }
    }

    /// The panes of this slot are the home's from now on.
    pub(super) fn settle_at(&mut self, slot: u8) {
        self.home_slot = slot;
        self.at_home = AtHome::default();
    }

    /// Empties the home's panes and ends its running episode: a repair, an installed remedy.
    pub(super) fn restart(&mut self, now: Minute, areas: &mut AreaTable) {
        let slot = self.home_slot;
        if let Some(area) = self.area_of(slot) {
            leave(area, &self.panes[usize::from(slot)], areas);
        }
        self.panes[usize::from(slot)].restart();
        self.episode.end();
        self.at_home = AtHome::default();
        self.panes_since = now.into();
    }

    /// Replaces what this home adds to its area. `slot` is that of the home's panes.
    pub(super) fn contribute(&mut self, new: Option<Contribution>, slot: Option<u8>, areas: &mut AreaTable) {
        let slot = slot.filter(|_| new.is_some());
        let same_place = self.area() == new.map(|c| c.area) && self.binned() == slot;
        if !same_place {
            self.unbin(areas);
        }
        areas.replace(self.contribution.as_ref(), new.as_ref());
        self.contribution = new;
        if !same_place && let (Some(slot), Some(area)) = (slot, self.area()) {
            join(area, &self.panes[usize::from(slot)], areas);
            self.binned = Some(PaneSlot::of(slot));
        }
    }
}
