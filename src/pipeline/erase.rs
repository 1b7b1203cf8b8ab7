//! Forgetting a customer. Pure.

use super::lane::{Context, LaneState};
use super::report::Fate;
use crate::decide::{Reason, Verdict};
use crate::units::CustomerId;

impl LaneState {
    /// A CRM tombstone: open offers are withdrawn, the state goes, and only a keyed hash of the id stays, so that
    /// what still arrives is refused.
    pub(super) fn erase(&mut self, id: &CustomerId, context: &mut Context<'_, '_>) -> Fate {
        let key = context.policy.ids.key();
        self.erased.insert(key, id, self.reached);
        self.withdraw_all(id, context);
        let Some(row) = self.customers.find(id) else { return Fate::Control };
        if let Some(cursor) = &mut self.cursor {
            cursor.save(row, self.customers.get(row));
        }
        let Some(mut customer) = self.customers.remove(row) else { return Fate::Control };
        self.census.customers -= 1;
        self.census.state_bytes = self.census.state_bytes.saturating_sub(customer.counted_bytes());
        if let Some(track) = customer.track.as_mut() {
            track.contribute(None, None, &mut self.areas);
            self.census.recount(track.counted, super::customer::Counted::default());
        }
        Fate::Erased
    }

    fn withdraw_all(&mut self, id: &CustomerId, context: &mut Context<'_, '_>) {
        let now = self.reached.unwrap_or_default();
        if context.tape.mode().is_none() {
            let erased =
                |d: &crate::decide::Decision| d.verdict == Verdict::Withdrawn && d.reason == Reason::CustomerErased;
            while context.tape.take(id, now, erased).is_some() {}
            return;
        }
        let memory =
            self.customers.find(id).and_then(|row| self.customers.get(row)?.track.as_ref()?.decisions.as_ref());
        let rules = &context.policy.decide;
        let open: Vec<_> = memory
            .iter()
            .flat_map(|m| m.offers())
            .filter(|offer| offer.can_be_withdrawn(now, rules))
            .copied()
            .collect();
        for offer in open {
            let decision = Self::take_back(id, &offer, now, Reason::CustomerErased, context);
            context.report.decisions.push(decision);
        }
    }
}
