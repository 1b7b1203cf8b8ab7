//! One minute of the grid: who changed or fell due is looked at anew, and the areas' counts are published. Pure.

use super::assess::Assessment;
use super::customer::{Counted, Customer, HexagonOf, Track};
use super::customers::{Customers, Row};
use super::lane::{Context, LaneState};
use crate::decide::{Decision, Memory, Reason, Stage, Verdict};
use crate::home::HomeStatus;
use crate::limits::TOUCHED_MAX;
use crate::neighbourhood::{AreaView, Contribution};
use crate::qos::{Elsewhere, EpisodeKind};
use crate::units::{Day, Millis, Minute};

/// The nightly look is spread over this many minutes after local midnight.
const NIGHTLY_SPREAD_MINUTES: u64 = 60;

/// A minute of the grid.
#[derive(Debug, Clone, Copy)]
struct Turn {
    now: Minute,
    /// Its local day, and when that ends.
    today: Day,
    midnight: Minute,
}

impl LaneState {
    pub(super) fn evaluate_minute(&mut self, now: Minute, context: &mut Context<'_, '_>) {
        let zone = &context.policy.zone;
        let today = zone.local(now.start()).day;
        let turn = Turn { now, today, midnight: zone.day_start(today.plus(1)).minute() };
        let mut rows = self.agenda.take_dirty();
        rows.extend(context.tape.concerned(now).filter_map(|customer| self.customers.find(customer)));
        while let Some((due, timed)) = self.agenda.pop_due(now) {
            rows.extend(timed.into_iter().filter(|row| due_of(&self.customers, *row) == Some(due)));
        }
        rows.sort_unstable();
        rows.dedup();
        // Not in a minute that only publishes: which those are differs after a restore, and the account is state.
        if !rows.is_empty() {
            self.ledger.open(today);
        }
        for rows in rows.chunks(TOUCHED_MAX) {
            self.customers.touch_rows(rows);
            for row in rows {
                self.evaluate(*row, turn, context);
            }
        }
        // What a replay recorded and this code would not have done is done all the same.
        while let Some(decision) = context.tape.take_any(now) {
            context.report.divergences += 1;
            self.apply_recorded(&decision, context);
            if let Some(row) = self.customers.find(&decision.customer) {
                self.mark(row);
            }
        }
        if self.agenda.timers() > 64 + self.customers.len() * 5 / 4 {
            let customers = &self.customers;
            self.agenda.compact(|minute, row| due_of(customers, row) == Some(minute));
        }
        self.areas.publish(now, today, &self.cells, &context.world.areas);
    }

    /// Looks at one customer: repairs first, then quality and what is felt, then what is to be done.
    fn evaluate(&mut self, row: Row, turn: Turn, context: &mut Context<'_, '_>) {
        let now = turn.now;
        if let Some(cursor) = &mut self.cursor {
            cursor.save(row, self.customers.get(row));
        }
        self.apply_repairs(row, turn, context);
        let Some((assessment, contribution)) = self.assess_row(row, turn, context) else { return };
        let Some(customer) = self.customers.get_mut(row) else { return };
        let Some(track) = customer.track.as_mut() else { return };
        track.dirty = false;
        if let Some(slot) = assessment.home.pane_slot.filter(|slot| *slot != track.home_slot) {
            track.settle_at(slot);
        }
        if assessment.sudden && !track.sudden {
            track.elsewhere = Elsewhere::default();
        }
        track.sudden = assessment.sudden;
        track.trouble_since = assessment.trouble_since.into();
        track.roll(assessment.today, &mut self.areas);
        track.contribute(contribution, assessment.home.pane_slot, &mut self.areas);
        track.hexagon_of = HexagonOf::at(assessment.home.pos);
        let trouble = assessment.trouble();
        let wrong = assessment.diagnosis.as_ref().filter(|_| assessment.quality.problem);
        let counted = Counted {
            home: Some(assessment.home.status),
            suffering: wrong.map(|diagnosis| diagnosis.cause),
            felt: assessment.perceived.felt,
        };
        self.census.recount(std::mem::replace(&mut track.counted, counted), counted);
        if trouble.is_some() || track.decisions.is_some() {
            let rules = &context.policy.decide;
            track.decisions_mut().judge(trouble, assessment.good_days, assessment.today, now, rules);
            self.act(row, now, &assessment, context);
        }
        self.schedule(row, turn, context);
        self.weigh(row);
    }

    /// Brings the census' bytes up to date with a row's.
    fn weigh(&mut self, row: Row) {
        let Some(track) = self.customers.get_mut(row).and_then(|customer| customer.track.as_mut()) else { return };
        let bytes = u32::try_from(track.bytes()).unwrap_or(u32::MAX);
        let before = std::mem::replace(&mut track.counted_bytes, bytes);
        self.census.state_bytes = self.census.state_bytes + u64::from(bytes) - u64::from(before);
    }

    fn assess_row(
        &self,
        row: Row,
        turn: Turn,
        context: &Context<'_, '_>,
    ) -> Option<(Assessment, Option<Contribution>)> {
        let Turn { now, today, .. } = turn;
        let customer = self.customers.get(row)?;
        let track = customer.track.as_ref()?;
        let assessment = self.assess(customer, track, now, today, context.world, context.policy);
        let contribution = Self::contribution(customer, track, &assessment, now, context);
        Some((assessment, contribution))
    }

    /// What the home adds to its area; nothing while its place is not known or it is silent.
    fn contribution(
        customer: &Customer,
        track: &Track,
        assessment: &Assessment,
        now: Minute,
        context: &Context<'_, '_>,
    ) -> Option<Contribution> {
        let silent = context.policy.area.silent_days * 24 * 60;
        let heard = track.home_seen.get().is_some_and(|seen| now.0 - seen.0 <= silent);
        if !heard || assessment.home.status == HomeStatus::Unknown {
            return None;
        }
        let economics = &context.policy.decide.economics;
        let worth = customer.crm.as_ref().and_then(|crm| economics.worth(crm));
        let home = &assessment.home;
        let mut contribution = Contribution::fine(home.site?, home.cells.first().copied(), track.hexagon(home.pos));
        if let Some(worth) = worth {
            let value = economics.value_at_risk_eur(worth);
            contribution = contribution.worth(worth.hazard as f32, (value / worth.hazard.max(1e-9)) as f32);
        }
        let quality = &assessment.quality;
        if let Some(diagnosis) = assessment.diagnosis.as_ref().filter(|_| quality.degraded && !assessment.shared) {
            // What a verdict makes a problem must not keep the verdict alive. By symptom: a cause told of each home alone would hide from the area what its homes have in common.
            contribution = contribution.degraded(diagnosis.symptom, assessment.ground);
        }
        contribution.contacts = assessment.perceived.network_contacts;
        contribution.no_service = quality.running.is_some_and(|running| running.kind == EpisodeKind::NoService);
        let refuses = customer.crm.as_ref().is_some_and(crate::decide::CrmFacts::refuses_location);
        Some(if refuses { contribution.in_total_only() } else { contribution })
    }

    /// Sets the customer's one timer: his candidate, the end of a running episode, the nightly look.
    fn schedule(&mut self, row: Row, turn: Turn, context: &Context<'_, '_>) {
        let now = turn.now;
        let Some(customer) = self.customers.get_mut(row) else { return };
        let spread = (fingerprint(&customer.id) % NIGHTLY_SPREAD_MINUTES) as i32;
        let Some(track) = customer.track.as_mut() else { return };
        let decisions = track.decisions.as_deref();
        let watched = track.contribution.is_some()
            || decisions.is_some_and(|memory| !memory.is_empty())
            || track.counted.home.is_some_and(|status| status != HomeStatus::Unknown)
            // Who was counted and falls silent is looked at until he counts no more.
            || track.counted.suffering.is_some()
            || track.counted.felt;
        let nightly = watched.then(|| turn.midnight.plus(1 + spread));
        let candidate = decisions.and_then(Memory::due);
        let change =
            track.episode.next_change(now.start(), &context.policy.qos).map(|at| Millis(at.0 + 59_999).minute());
        let due = [nightly, candidate, change].into_iter().flatten().min().map(|due| due.max(now.plus(1)));
        if due != track.due.get() {
            track.due = due.into();
            if let Some(due) = due {
                self.agenda.set(due, row);
            }
        }
    }

    /// Tickets that were resolved since: the panes of the homes in their scope start anew.
    fn apply_repairs(&mut self, row: Row, turn: Turn, context: &mut Context<'_, '_>) {
        let now = turn.now;
        let restarted = |decision: &Decision| decision.verdict == Verdict::Restarted;
        let Some(customer) = self.customers.get(row) else { return };
        if context.tape.mode().is_none() {
            let id = customer.id.clone();
            while let Some(decision) = context.tape.take(&id, now, restarted) {
                self.apply_recorded(&decision, context);
            }
            return;
        }
        let Some((ticket, since)) = self.repaired(customer, turn.today, context) else { return };
        let decision = Decision {
            at: now.start(),
            customer: customer.id.clone(),
            verdict: Verdict::Restarted,
            stage: Stage::Neighbourhood,
            reason: Reason::TicketResolved,
            action: None,
            id: Some(ticket),
            cause: None,
            episode: Some(since),
            gain_eur: None,
        };
        self.apply_recorded(&decision, context);
        context.report.decisions.push(decision);
    }

    /// The ticket whose resolution this customer's panes have not yet heard of, and the day since when its trouble was
    /// seen.
    fn repaired(&self, customer: &Customer, today: Day, context: &Context<'_, '_>) -> Option<(String, Day)> {
        let track = customer.track.as_ref()?;
        let since = track.panes_since.get().unwrap_or(Minute(i32::MIN));
        let view = &context.world.areas;
        // Where he counts nothing was repaired: the usual case, told without asking where in the area he lives.
        let area = track.contribution.as_ref().map(|contribution| self.cells.site_id(contribution.area));
        if area.is_some_and(|area| !view.any_resolved_since(area, since)) {
            return None;
        }
        // In the area whose ticket held it, though another site may have taken over since.
        let home = self.home(track, today, context.policy, |_| true);
        let standing = self.standing(&home)?;
        let resolved = view.resolved_since(standing.area, &standing.cells, || standing.hexagon(), since)?;
        Some((resolved.ticket.clone()?, context.policy.zone.local(resolved.since.start()).day))
    }

    /// Marks the customers of the areas whose verdicts changed.
    pub(super) fn mark_neighbours(&mut self, since: u64, areas: &AreaView) {
        let changed: Option<std::collections::BTreeSet<_>> = areas
            .changes_since(since)
            .map(|changes| changes.filter_map(|change| self.cells.find_site(&change.area)).collect());
        if changed.as_ref().is_some_and(std::collections::BTreeSet::is_empty) {
            return;
        }
        let concerned = |customer: &Customer| {
            let track = customer.track.as_ref()?;
            let area = track.contribution.as_ref()?.area;
            (!track.dirty && changed.as_ref().is_none_or(|areas| areas.contains(&area))).then_some(())
        };
        let rows: Vec<Row> =
            self.customers.iter().filter(|(_, customer)| concerned(customer).is_some()).map(|(row, _)| row).collect();
        for row in rows {
            self.mark(row);
        }
    }
}

/// A row's valid timer.
fn due_of(customers: &Customers, row: Row) -> Option<Minute> {
    customers.get(row)?.track.as_ref()?.due.get()
}

/// A number of the customer's own, the same on every machine: spreads nightly looks.
fn fingerprint(id: &str) -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let mut hasher = foldhash::fast::FixedState::with_seed(7).build_hasher();
    hasher.write(id.as_bytes());
    hasher.finish()
}
