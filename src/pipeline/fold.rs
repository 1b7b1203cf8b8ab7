//! A record of each input, folded into its customer. Pure.

use super::customers::Row;
use super::lane::{Context, LaneState};
use super::report::{Fate, Forward};
use crate::decide::{CrmFacts, Noted};
use crate::home::{HomeStatus, Presence, Sighting};
use crate::ingest::{Contact, CrmRow, Observation, Outcome, Probe, ProbeKind, Survey};
use crate::qos::{self, Panes};
use crate::units::{Day, Minute};

/// A drop counts against a handover up to this long after the change of cell.
const DROP_AFTER_HANDOVER_MS: i64 = 10_000;

impl LaneState {
    pub(super) fn fold(&mut self, observation: &Observation, context: &mut Context<'_, '_>) -> Fate {
        let key = context.policy.ids.key();
        let refused = !matches!(observation, Observation::Crm(_) | Observation::Erase(_))
            && self.erased.refuses(key, observation.key());
        if refused {
            return Fate::Erased;
        }
        match observation {
            Observation::Probe(probe) => self.fold_probe(probe, context),
            Observation::Contact(contact) => self.fold_contact(contact, context),
            Observation::Survey(survey) => self.fold_survey(survey, context),
            Observation::Outcome(outcome) => self.fold_outcome(outcome, context),
            Observation::Crm(row) => self.fold_crm(row, context),
            Observation::Erase(id) => self.erase(id, context),
        }
    }

    /// The local day of the lane's clock.
    pub(super) fn today(&self, context: &Context<'_, '_>) -> Day {
        self.clock.map_or(Day::default(), |clock| context.policy.zone.local(clock).day)
    }

    fn fold_probe(&mut self, probe: &Probe, context: &mut Context<'_, '_>) -> Fate {
        let policy = context.policy;
        let local = policy.zone.local(probe.ts);
        if !Panes::reaches(self.today(context), local.day) {
            return Fate::Late;
        }
        let row = self.row_of(&probe.customer_id);
        let cell = probe.cell_id.as_ref().and_then(|cell| self.cells.intern(cell, probe.rat, &context.world.cells));
        self.census.cells_refused += u64::from(cell.is_none() && probe.cell_id.is_some());
        if let Some(cursor) = &mut self.cursor {
            cursor.save(row, self.customers.get(row));
        }
        let Some(customer) = self.customers.get_mut(row) else { return Fate::Folded };
        let lte_phone = customer.crm.as_ref().and_then(CrmFacts::is_lte_phone);
        let track = customer.track_mut();
        if !track.recent.is_new(probe.fingerprint, &mut track.recent_next) {
            return Fate::Duplicate;
        }
        let out_of_service = probe.kind == ProbeKind::NoService;
        let sighting = Sighting { ts: probe.ts, local, cell, pos: probe.pos, out_of_service };
        let sighted = track.home.observe(&sighting, &self.cells, &policy.home);
        track.move_panes(sighted.panes, &mut self.areas);
        let after_handover =
            probe.kind == ProbeKind::CallDrop && track.changed_cell_within(cell, probe.ts, DROP_AFTER_HANDOVER_MS);
        if let Some(cell) = cell {
            track.hear(cell, probe.ts);
        }
        let grade = qos::grade(probe, lte_phone, &policy.qos);
        // Before nights have shown which sites serve the home, one of its own may pass for elsewhere.
        let settled = track.counted.home == Some(HomeStatus::Confirmed);
        match sighted.presence {
            Presence::Home { slot } => {
                // The place beside the home keeps panes in case it becomes one; to the home it is elsewhere.
                if let Some(grade) = grade.filter(|_| settled && slot != track.home_slot) {
                    track.elsewhere.fold(grade, local);
                }
                track.fold_at_home(probe, grade, local, after_handover, slot, &mut self.areas, policy);
            }
            Presence::Away if settled => {
                let ago = track.home_seen.get().map(|seen| probe.ts.minute().0 - seen.0);
                let away = || !track.home.may_be_home(&sighting, ago, &self.cells, &policy.home);
                if let Some(grade) = grade.filter(|_| away()) {
                    track.elsewhere.fold(grade, local);
                }
            }
            Presence::Away | Presence::Unknown => {}
        }
        if !track.dirty && track.is_news(probe, grade, local.day, sighted, &policy.qos) {
            track.dirty = true;
            self.agenda.mark(row);
        }
        Fate::Folded
    }

    fn fold_contact(&mut self, contact: &Contact, context: &mut Context<'_, '_>) -> Fate {
        let row = self.row_of(&contact.customer_id);
        let policy = context.policy;
        let Some(customer) = self.change(row) else { return Fate::Folded };
        if !customer.track_mut().perception.contact(contact, &policy.lexicon, &policy.perception) {
            return Fate::Duplicate;
        }
        self.mark(row);
        Fate::Folded
    }

    fn fold_survey(&mut self, survey: &Survey, _: &mut Context<'_, '_>) -> Fate {
        let row = self.row_of(&survey.customer_id);
        let Some(customer) = self.change(row) else { return Fate::Folded };
        if !customer.track_mut().perception.survey(survey) {
            return Fate::Duplicate;
        }
        self.mark(row);
        Fate::Folded
    }

    /// An outcome of a ticket goes on to the area stage; one of an offer is noted by its customer.
    fn fold_outcome(&mut self, outcome: &Outcome, context: &mut Context<'_, '_>) -> Fate {
        if outcome.action_id.starts_with("tk_") {
            context.report.forwards.push(Forward { area: outcome.key.clone(), outcome: outcome.clone() });
            return Fate::Forwarded;
        }
        let Some(row) = self.customers.find(&outcome.key) else { return Fate::Folded };
        let ids = &context.policy.ids;
        let Some(customer) = self.change(row) else { return Fate::Folded };
        let id = customer.id.clone();
        let Some(memory) = customer.track.as_mut().and_then(|track| track.decisions.as_mut()) else {
            return Fate::Folded;
        };
        let is_its = |offer: &crate::decide::OfferMemo| {
            let episode = offer.episode;
            ids.offer(offer.kind.as_str(), &id, episode.cause.as_str(), &episode.opened.iso()) == outcome.action_id
        };
        match memory.outcome(outcome.status, is_its) {
            Noted::Duplicate => return Fate::Duplicate,
            Noted::Unknown => return Fate::Folded,
            Noted::New { mended: false } => {}
            // Whatever the customer complained of before is what this was for.
            Noted::New { mended: true } => self.repaired_at(row, Minute(i32::MIN), outcome.ts.minute()),
        }
        self.mark(row);
        Fate::Folded
    }

    fn fold_crm(&mut self, crm: &CrmRow, context: &mut Context<'_, '_>) -> Fate {
        self.erased.readmit(context.policy.ids.key(), &crm.customer_id);
        let row = self.row_of(&crm.customer_id);
        let Some(customer) = self.change(row) else { return Fate::Folded };
        let address = crm.home.filter(|_| crm.consent.location != Some(false));
        let moved = customer.crm.and_then(|facts| facts.home()) != address;
        customer.crm = Some(CrmFacts::of(crm));
        if moved && (address.is_some() || customer.track.is_some()) {
            customer.track_mut().home.declare(address);
        }
        if self.customers.get(row).is_some_and(|customer| customer.track.is_some()) {
            self.mark(row);
        }
        Fate::Folded
    }

    /// What the home suffered from since `since` is repaired: its panes start anew, its complaints are settled.
    pub(super) fn repaired_at(&mut self, row: Row, since: Minute, now: Minute) {
        if let Some(cursor) = &mut self.cursor {
            cursor.save(row, self.customers.get(row));
        }
        let Some(track) = self.customers.get_mut(row).and_then(|customer| customer.track.as_mut()) else { return };
        track.restart(now, &mut self.areas);
        track.perception.settle(since, now);
    }
}
