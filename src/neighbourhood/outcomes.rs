//! What operations answer to a ticket. Pure.

use super::life::{Events, Moment, cancel};
use super::message::TicketEvent;
use super::row::{AreaRow, Ending, State, Taken, Verdict};
use crate::ingest::{Outcome, OutcomeStatus};

/// Takes an outcome into the verdict whose ticket it names. False: no verdict bears that ticket (any more).
pub(super) fn take(row: &mut AreaRow, outcome: &Outcome, m: &Moment<'_>, events: &mut Events) -> bool {
    let named = |v: &&mut Verdict| v.ticket.as_deref() == Some(outcome.action_id.as_str());
    let Some(v) = row.verdicts.iter_mut().find(named) else { return false };
    if is_new(v, outcome) {
        v.outcome = Some(Taken { status: outcome.status, ts: outcome.ts });
        if let Some(event) = apply(v, outcome.status, m) {
            events.note(v, event);
        }
    }
    true
}

/// Whether a row has still to take an outcome.
pub(super) fn awaits(row: &AreaRow, outcome: &Outcome) -> bool {
    row.verdicts.iter().any(|v| v.ticket.as_deref() == Some(outcome.action_id.as_str()) && is_new(v, outcome))
}

/// What was taken already, or before a newer one, is not taken again.
fn is_new(v: &Verdict, outcome: &Outcome) -> bool {
    let taken = Taken { status: outcome.status, ts: outcome.ts };
    v.outcome.is_none_or(|last| last != taken && last.ts <= taken.ts)
}

fn apply(v: &mut Verdict, status: OutcomeStatus, m: &Moment<'_>) -> Option<TicketEvent> {
    if !v.has_open_ticket() {
        return None;
    }
    match status {
        // That the message arrived says nothing of who reads it: the reminder stays.
        OutcomeStatus::Delivered => None,
        OutcomeStatus::Accepted | OutcomeStatus::Acknowledged => take_up(v, m),
        OutcomeStatus::Installed | OutcomeStatus::Resolved => {
            v.claimed = Some(m.mark());
            take_up(v, m)
        }
        OutcomeStatus::Refused => Some(cancel(v, Ending::Refused, m)),
        OutcomeStatus::Failed => {
            v.claimed = None;
            v.reminded = Some(m.now);
            let escalated = super::life::escalate(v);
            escalated.then_some(TicketEvent::Escalated)
        }
    }
}

fn take_up(v: &mut Verdict, m: &Moment<'_>) -> Option<TicketEvent> {
    v.reminded = Some(m.now);
    let news = v.state == State::Open;
    if news {
        v.state = State::TakenUp;
        v.changed = m.now;
    }
    news.then_some(TicketEvent::Updated)
}
