//! What is remembered of a customer's troubles and of what was done about them. Pure.
//!
//! The episode and the candidate follow from what was folded; offers change only by [`Memory::apply`] and by
//! outcomes, so that a replay that applies recorded decisions ends in the same memory as the run that took them.

use serde::{Deserialize, Serialize};

use super::decision::{Decision, Verdict};
use super::reason::{Reason, Stage};
use super::rules::Rules;
use crate::ingest::{Channel, OutcomeStatus};
use crate::limits::OFFERS_MAX;
use crate::units::{ActionKind, Cause, Day, Minute};

/// A time of trouble: named by the cause it opened with and the local date on which it became perceived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    pub cause: Cause,
    pub opened: Day,
}

/// One offer made (or withheld), as long as it matters to caps and cooldowns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferMemo {
    pub kind: ActionKind,
    pub episode: Episode,
    pub at: Minute,
    pub channel: Option<Channel>,
    pub withheld: bool,
    pub withdrawn: bool,
    /// Bit of each [`OutcomeStatus`] that was told.
    outcomes: u8,
}

impl OfferMemo {
    #[must_use]
    pub fn has(&self, status: OutcomeStatus) -> bool {
        self.outcomes & bit(status) != 0
    }

    /// Whether the customer has it in hand: from then on it is not withdrawn.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.outcomes & !bit(OutcomeStatus::Failed) != 0
    }

    /// Whether it may still help: emitted or withheld, not withdrawn, refused or failed, and still valid.
    #[must_use]
    pub fn is_pending(&self, now: Minute, rules: &Rules) -> bool {
        let valid = now.0 - self.at.0 < i32::from(rules.offer_valid_days) * DAY_MINUTES;
        valid && !self.withdrawn && !self.has(OutcomeStatus::Refused) && !self.has(OutcomeStatus::Failed)
    }
}

impl OfferMemo {
    /// Made, not yet in the customer's hand, still valid.
    #[must_use]
    pub fn can_be_withdrawn(&self, now: Minute, rules: &Rules) -> bool {
        self.is_pending(now, rules) && !self.is_delivered()
    }
}

fn bit(status: OutcomeStatus) -> u8 {
    1 << (status as u8)
}

/// Minutes of a day on the grid.
pub(super) const DAY_MINUTES: i32 = 24 * 60;

/// One customer's memory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    episode: Option<Episode>,
    /// Since when an offer is being considered.
    candidate: Option<Minute>,
    /// When the candidate is judged next.
    retry: Option<Minute>,
    held: Option<(Stage, Reason)>,
    offers: Vec<OfferMemo>,
}

/// What an outcome meant to the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// Told before.
    Duplicate,
    /// Of an action that is not remembered (any more).
    Unknown,
    /// New; `mended`: what the panes remember is no longer so.
    New { mended: bool },
}

impl Memory {
    #[must_use]
    pub fn episode(&self) -> Option<Episode> {
        self.episode
    }

    #[must_use]
    pub fn offers(&self) -> &[OfferMemo] {
        &self.offers
    }

    #[must_use]
    pub fn held(&self) -> Option<(Stage, Reason)> {
        self.held
    }

    #[must_use]
    pub fn candidate_since(&self) -> Option<Minute> {
        self.candidate
    }

    /// When the candidate, if there is one, is judged.
    #[must_use]
    pub fn due(&self) -> Option<Minute> {
        self.retry.filter(|_| self.candidate.is_some())
    }

    /// Whether there is nothing in it, so that it need not be evaluated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.episode.is_none() && self.candidate.is_none() && self.offers.is_empty()
    }

    /// Takes in the judgement of a minute: `trouble` is the cause of a problem that is felt now, `good_days` how
    /// many of the latest supported days in a row were good.
    pub fn judge(&mut self, trouble: Option<Cause>, good_days: u8, today: Day, now: Minute, rules: &Rules) {
        if trouble.is_none() && good_days >= rules.good_days_to_close {
            self.episode = None;
        }
        match trouble {
            Some(cause) => {
                self.episode.get_or_insert(Episode { cause, opened: today });
                if self.candidate.is_none() && !self.offers.iter().any(|offer| offer.is_pending(now, rules)) {
                    self.candidate = Some(now);
                    self.retry = Some(now.plus(i32::from(rules.settle_minutes)));
                    self.held = None;
                }
            }
            None => self.drop_candidate(),
        }
    }

    fn drop_candidate(&mut self) {
        (self.candidate, self.retry, self.held) = (None, None, None);
    }

    /// The candidate stays; it is judged again at `at`.
    pub fn retry_at(&mut self, at: Minute) {
        self.retry = Some(at);
    }

    /// Applies a decision, taken now or recorded. `channel` is that of an offer.
    pub fn apply(&mut self, decision: &Decision, channel: Option<Channel>) {
        match decision.verdict {
            Verdict::Emitted | Verdict::Withheld => self.remember(decision, channel),
            Verdict::Held => self.held = Some((decision.stage, decision.reason)),
            Verdict::Withdrawn => {
                for offer in &mut self.offers {
                    offer.withdrawn |=
                        Some(offer.kind) == decision.action && Some(offer.episode.opened) == decision.episode;
                }
            }
            Verdict::Restarted => self.drop_candidate(),
        }
    }

    fn remember(&mut self, decision: &Decision, channel: Option<Channel>) {
        let (Some(kind), Some(cause), Some(opened)) = (decision.action, decision.cause, decision.episode) else {
            return;
        };
        let episode = Episode { cause, opened };
        // The recorded episode wins: its date is in the action's id.
        self.episode = Some(episode);
        if self.offers.len() == OFFERS_MAX {
            self.offers.remove(0);
        }
        let withheld = decision.verdict == Verdict::Withheld;
        let at = decision.at.minute();
        self.offers.push(OfferMemo { kind, episode, at, channel, withheld, withdrawn: false, outcomes: 0 });
        self.drop_candidate();
    }

    /// Notes an outcome of one of this customer's offers.
    /// `is_its` tells whether the outcome's action id names the offer.
    pub fn outcome(&mut self, status: OutcomeStatus, is_its: impl Fn(&OfferMemo) -> bool) -> Noted {
        let found = self.offers.iter_mut().find(|offer| is_its(offer));
        let Some(offer) = found else { return Noted::Unknown };
        if offer.has(status) {
            return Noted::Duplicate;
        }
        offer.outcomes |= bit(status);
        let mended = matches!(status, OutcomeStatus::Installed | OutcomeStatus::Resolved);
        if mended {
            self.drop_candidate();
        }
        Noted::New { mended }
    }

    /// Bytes on the heap beside this struct.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.offers.capacity() * size_of::<OfferMemo>()
    }

    /// Drops offers that no cap or cooldown can reach any more.
    pub fn forget_before(&mut self, horizon: Minute) {
        self.offers.retain(|offer| offer.at >= horizon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Millis;

    fn made(kind: ActionKind, at: Minute, verdict: Verdict) -> Decision {
        Decision {
            at: at.start(),
            customer: "C1".into(),
            verdict,
            stage: Stage::Gain,
            reason: Reason::BestGain,
            action: Some(kind),
            id: None,
            cause: Some(Cause::Building),
            episode: Some(Day(100)),
            gain_eur: None,
        }
    }

    #[test]
    fn a_candidate_settles_before_it_is_due_and_goes_when_the_trouble_goes() {
        let (mut memory, rules) = (Memory::default(), Rules::default());
        memory.judge(Some(Cause::Building), 0, Day(100), Minute(1000), &rules);
        assert_eq!(memory.due(), Some(Minute(1030)));
        memory.judge(Some(Cause::Coverage), 0, Day(100), Minute(1010), &rules);
        assert_eq!(memory.due(), Some(Minute(1030)), "a better diagnosis does not start the clock anew");
        assert_eq!(memory.episode(), Some(Episode { cause: Cause::Building, opened: Day(100) }));
        memory.judge(None, 0, Day(100), Minute(1020), &rules);
        assert_eq!((memory.due(), memory.episode().is_some()), (None, true));
        memory.judge(None, 3, Day(103), Minute(9000), &rules);
        assert_eq!(memory.episode(), None);
    }

    #[test]
    fn no_candidate_arises_while_an_offer_is_in_hand_and_one_does_when_it_was_refused() {
        let (mut memory, rules) = (Memory::default(), Rules::default());
        memory.judge(Some(Cause::Building), 0, Day(100), Minute(1000), &rules);
        memory.apply(&made(ActionKind::VowifiActivation, Minute(1030), Verdict::Emitted), None);
        memory.judge(Some(Cause::Building), 0, Day(100), Minute(1031), &rules);
        assert_eq!(memory.due(), None);
        assert_eq!(memory.outcome(OutcomeStatus::Refused, |_| true), Noted::New { mended: false });
        assert_eq!(memory.outcome(OutcomeStatus::Refused, |_| true), Noted::Duplicate);
        assert_eq!(memory.outcome(OutcomeStatus::Refused, |_| false), Noted::Unknown);
        memory.judge(Some(Cause::Building), 0, Day(101), Minute(2000), &rules);
        assert_eq!(memory.due(), Some(Minute(2030)));
    }

    #[test]
    fn more_offers_than_are_remembered_push_out_the_oldest() {
        let mut memory = Memory::default();
        for at in 0..20 {
            memory.apply(&made(ActionKind::SimSwap, Minute(at), Verdict::Withheld), None);
        }
        assert_eq!(memory.offers().len(), OFFERS_MAX);
        assert_eq!(memory.offers()[0].at, Millis(12 * Millis::MINUTE).minute());
    }
}
