//! Deciding, and applying what was decided. Pure.

use super::assess::{Assessment, trouble_days};
use super::customers::Row;
use super::lane::{Context, LaneState};
use super::policy::World;
use crate::act::{self, Offer};
use crate::decide::{
    Choice, CrmFacts, Decision, Episode, Evaluation, Memory, Mode, OfferMemo, Reason, Setting, Stage, Subject, Verdict,
    evaluate,
};
use crate::neighbourhood;
use crate::units::{Cause, Minute};

/// A fault is complained of before its verdict stands.
const COMPLAINED_BEFORE_DAYS: i32 = 3;

impl LaneState {
    /// Withdraws what no longer holds, then decides about a candidate that is due.
    pub(super) fn act(&mut self, row: Row, now: Minute, assessment: &Assessment, context: &mut Context<'_, '_>) {
        self.withdraw(row, now, assessment, context);
        let covered = assessment.trouble().is_some_and(|cause| self.is_covered(assessment, cause, context.world));
        let Some(memory) = self.memory(row) else { return };
        let released = match memory.held() {
            // The verdicts of then are not known to a replay: what it has recorded says that he was released.
            Some((_, Reason::Neighbourhood)) if context.tape.mode().is_none() => {
                self.customers.get(row).is_some_and(|customer| context.tape.concerned(now).any(|id| *id == customer.id))
            }
            Some((_, Reason::Neighbourhood)) => !covered,
            Some((_, Reason::NotFresh)) => assessment.fresh,
            _ => false,
        };
        let due = memory.due().is_some_and(|due| due <= now || released);
        let (Some(cause), true) = (assessment.trouble(), due) else { return };
        match context.tape.mode() {
            Some(mode) => self.decide(row, now, cause, covered, mode, assessment, context),
            None => self.redo(row, now, context),
        }
    }

    fn memory(&self, row: Row) -> Option<&Memory> {
        self.customers.get(row)?.track.as_ref()?.decisions.as_deref()
    }

    /// The verdict of the neighbourhood that holds this home for the cause, and the area it is of; none holds what is older.
    pub(super) fn held<'a>(
        &'a self,
        assessment: &Assessment,
        cause: Cause,
        world: &'a World,
    ) -> Option<(&'a str, &'a neighbourhood::Verdict)> {
        let standing = self.standing(&assessment.home).filter(|_| !assessment.elder)?;
        standing.verdict(world, cause)
    }

    pub(super) fn is_covered(&self, assessment: &Assessment, cause: Cause, world: &World) -> bool {
        self.held(assessment, cause, world).is_some()
    }

    /// Applies what the journal recorded of a candidate; nothing recorded means that it was held as before.
    fn redo(&mut self, row: Row, now: Minute, context: &mut Context<'_, '_>) {
        let Some(customer) = self.customers.get(row) else { return };
        let id = customer.id.clone();
        let settled = |d: &Decision| matches!(d.verdict, Verdict::Emitted | Verdict::Withheld | Verdict::Held);
        if let Some(decision) = context.tape.take(&id, now, settled) {
            self.apply_recorded(&decision, context);
        } else {
            let reason = self.memory(row).and_then(Memory::held).map_or(Reason::LowerGain, |(_, reason)| reason);
            self.hold_until(row, now, reason, context);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a decision reads all of it")]
    fn decide(
        &mut self,
        row: Row,
        now: Minute,
        cause: Cause,
        covered: bool,
        mode: Mode,
        assessment: &Assessment,
        context: &mut Context<'_, '_>,
    ) {
        let Some(evaluation) = self.evaluation(row, now, cause, covered, mode, assessment, context) else { return };
        let Some((customer, episode, held_before)) = self.customers.get(row).and_then(|customer| {
            let memory = customer.track.as_ref()?.decisions.as_ref()?;
            Some((customer.id.clone(), memory.episode()?, memory.held()))
        }) else {
            return;
        };
        let choice = evaluation.choice;
        let (verdict, stage, reason) = match (evaluation.held, evaluation.withheld) {
            (Some((stage, reason)), _) => (Verdict::Held, stage, reason),
            (None, Some((stage, reason))) => (Verdict::Withheld, stage, reason),
            (None, None) => (Verdict::Emitted, Stage::Gain, Reason::BestGain),
        };
        let repeated = verdict == Verdict::Held && held_before == Some((stage, reason));
        let id = choice.filter(|_| verdict != Verdict::Held).map(|choice| {
            let ids = &context.policy.ids;
            ids.offer(choice.action.as_str(), &customer, episode.cause.as_str(), &episode.opened.iso())
        });
        let decision = Decision {
            at: now.start(),
            customer,
            verdict,
            stage,
            reason,
            action: choice.map(|choice| choice.action),
            id,
            cause: Some(episode.cause),
            episode: Some(episode.opened),
            gain_eur: choice.map(|choice| act::rounded(choice.gain.value, 2)),
        };
        if let (Verdict::Emitted, Some(choice), Some(id)) = (verdict, choice, &decision.id) {
            let action = self.offer(row, now, cause, episode, choice, id, &evaluation, assessment, context);
            context.report.actions.extend(action);
        }
        self.apply_recorded(&decision, context);
        if !repeated {
            context.report.decisions.push(decision);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a decision reads all of it")]
    pub(super) fn evaluation(
        &self,
        row: Row,
        now: Minute,
        cause: Cause,
        covered: bool,
        mode: Mode,
        assessment: &Assessment,
        context: &Context<'_, '_>,
    ) -> Option<Evaluation> {
        let policy = context.policy;
        let customer = self.customers.get(row)?;
        let none = Memory::default();
        let told = assessment.diagnosis.as_ref();
        let memory = customer.track.as_ref()?.decisions.as_deref().unwrap_or(&none);
        let subject = Subject {
            crm: customer.crm.as_ref(),
            home: assessment.home.status,
            area_known: assessment.home.site.is_some(),
            supported: assessment.quality.offer_supported,
            recent_bad: assessment.quality.recent_bad,
            sure: told.is_some_and(|diagnosis| diagnosis.is_sure),
            felt: f64::from(assessment.perceived.probability),
            cause,
            symptom: told.map_or(cause, |diagnosis| diagnosis.symptom),
            fresh: assessment.fresh,
            covered,
            turned: assessment.turned,
            neighbours_seen: self.peers(&assessment.home, context.world, policy).is_some(),
            trouble_days: trouble_days(assessment.trouble_since, now),
            memory,
            now,
            local_minute: policy.zone.local(now.start()).minute,
            held_out: policy.ids.key().share(&["holdout", &customer.id]) < policy.decide.holdout_share,
        };
        let setting =
            Setting { ledger: &self.ledger, customers: self.customers.len(), lane: self.lane, lanes: self.lanes, mode };
        Some(evaluate(&subject, &setting, &policy.decide))
    }

    #[expect(clippy::too_many_arguments, reason = "a message says all of it")]
    fn offer(
        &self,
        row: Row,
        now: Minute,
        cause: Cause,
        episode: Episode,
        choice: Choice,
        id: &str,
        evaluation: &Evaluation,
        assessment: &Assessment,
        context: &Context<'_, '_>,
    ) -> Option<act::Action> {
        let policy = context.policy;
        let customer = self.customers.get(row)?;
        let item = policy.decide.catalogue.0.get(&choice.action)?;
        let evidence = assessment.evidence();
        let offer = Offer {
            deployment: &policy.deployment,
            policy_hash: policy.hash(),
            id,
            customer: &customer.id,
            at: now.start(),
            valid_days: policy.decide.offer_valid_days,
            choice,
            name: &item.name,
            cause,
            episode,
            home_status: assessment.home.status.as_str(),
            site: assessment.home.site.map(|site| self.cells.site_id(site).as_str()),
            evidence: &evidence,
            probability: f64::from(assessment.perceived.probability),
            target: f64::from(assessment.target),
            qoe: assessment.quality.qoe.map(|qoe| f64::from(qoe.score)),
            phrases: assessment.perceived.phrases.iter().map(|phrase| policy.lexicon.phrase(*phrase)).collect(),
            churn_risk: customer.crm.as_ref().and_then(CrmFacts::churn_risk),
            alternatives: &evaluation.alternatives,
        };
        Some(offer.made())
    }

    /// Takes back offers that a ticket has overtaken or that consent no longer bears.
    fn withdraw(&mut self, row: Row, now: Minute, assessment: &Assessment, context: &mut Context<'_, '_>) {
        let Some(customer) = self.customers.get(row) else { return };
        let id = customer.id.clone();
        if context.tape.mode().is_none() {
            while let Some(decision) = context.tape.take(&id, now, |d| d.verdict == Verdict::Withdrawn) {
                self.apply_recorded(&decision, context);
            }
            return;
        }
        let consents = customer.crm.as_ref().is_some_and(CrmFacts::consents_to_care);
        let ticketed =
            |cause| self.held(assessment, cause, context.world).is_some_and(|(_, verdict)| verdict.has_open_ticket());
        let Some(memory) = self.memory(row) else { return };
        let open = memory.offers().iter().filter(|offer| offer.can_be_withdrawn(now, &context.policy.decide));
        let reason_of = |offer: &OfferMemo| {
            let overtaken = ticketed(offer.episode.cause).then_some(Reason::TicketOpened);
            if consents { overtaken } else { Some(Reason::ConsentWithdrawn) }
        };
        let taken_back: Vec<_> = open.filter_map(|offer| Some((*offer, reason_of(offer)?))).collect();
        for (offer, reason) in taken_back {
            let decision = Self::take_back(&id, &offer, now, reason, context);
            self.apply_recorded(&decision, context);
            context.report.decisions.push(decision);
        }
    }

    /// The decision to withdraw an offer; its message goes to the report.
    pub(super) fn take_back(
        customer: &crate::units::CustomerId,
        offer: &OfferMemo,
        now: Minute,
        reason: Reason,
        context: &mut Context<'_, '_>,
    ) -> Decision {
        let (policy, episode) = (context.policy, offer.episode);
        let id = policy.ids.offer(offer.kind.as_str(), customer, episode.cause.as_str(), &episode.opened.iso());
        if !offer.withheld {
            let message = act::offer::withdrawn(&policy.deployment, offer.kind, &id, customer, now.start(), reason);
            context.report.actions.push(message);
        }
        Decision {
            at: now.start(),
            customer: customer.clone(),
            verdict: Verdict::Withdrawn,
            stage: if reason == Reason::TicketOpened { Stage::Neighbourhood } else { Stage::Consent },
            reason,
            action: Some(offer.kind),
            id: Some(id),
            cause: Some(episode.cause),
            episode: Some(episode.opened),
            gain_eur: None,
        }
    }

    /// Applies a decision, just taken or recorded: the only way in which decisions change the state.
    pub(super) fn apply_recorded(&mut self, decision: &Decision, context: &mut Context<'_, '_>) {
        let now = decision.at.minute();
        let Some(row) = self.find_decided(decision, context) else { return };
        if decision.verdict == Verdict::Restarted {
            let zone = &context.policy.zone;
            let since = decision.episode.map(|day| zone.day_start(day.plus(-COMPLAINED_BEFORE_DAYS)).minute());
            self.repaired_at(row, since.unwrap_or(now), now);
        }
        let rules = &context.policy.decide;
        let item = decision.action.and_then(|action| rules.catalogue.0.get(&action));
        let Some(customer) = self.change(row) else { return };
        let preferred = customer.crm.as_ref().and_then(CrmFacts::channel);
        let channel = item.map(|item| preferred.filter(|c| item.channels.contains(c)).unwrap_or(item.channels[0]));
        let Some(track) = customer.track.as_mut() else { return };
        if decision.verdict != Verdict::Restarted || track.decisions.is_some() {
            track.decisions_mut().apply(decision, channel);
        }
        match decision.verdict {
            Verdict::Emitted | Verdict::Withheld => {
                if let Some(action) = decision.action {
                    self.ledger.open(context.policy.zone.local(decision.at).day);
                    self.ledger.record(action, item.map_or(0.0, |item| item.cost_eur));
                }
            }
            Verdict::Held => self.hold_until(row, now, decision.reason, context),
            Verdict::Withdrawn | Verdict::Restarted => {}
        }
    }

    /// The row of whom a decision is about. An offer on record is remembered even where all else that was known of him is
    /// gone (his inputs are deleted, his CRM row was replaced): it must not be made again.
    fn find_decided(&mut self, decision: &Decision, context: &Context<'_, '_>) -> Option<Row> {
        let known = self.customers.find(&decision.customer);
        let offered = matches!(decision.verdict, Verdict::Emitted | Verdict::Withheld);
        if !offered || self.erased.refuses(context.policy.ids.key(), &decision.customer) {
            return known;
        }
        let row = known.unwrap_or_else(|| self.row_of(&decision.customer));
        if self.customers.get(row).is_some_and(|customer| customer.track.is_none()) {
            self.mark(row);
        }
        Some(row)
    }

    /// A held candidate is judged again when the quiet hours of the next day end.
    fn hold_until(&mut self, row: Row, now: Minute, _reason: Reason, context: &Context<'_, '_>) {
        let (zone, rules) = (&context.policy.zone, &context.policy.decide);
        let today = zone.local(now.start()).day;
        let morning = |day| zone.instant(day, (rules.quiet_to_hour % 24) * 60).minute();
        let next = if morning(today) > now { morning(today) } else { morning(today.plus(1)) };
        let memory = self.customers.get_mut(row).and_then(|c| c.track.as_mut()).and_then(|t| t.decisions.as_mut());
        if let Some(memory) = memory {
            memory.retry_at(next);
        }
    }
}
