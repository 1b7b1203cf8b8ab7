//! A verdict's life, from suspicion to resolution. Pure.
//!
//! suspected → open after the settling time → taken up → resolved → reopened within days, or cancelled. Every step
//! that operations should know is one message with the next revision.

use std::collections::BTreeMap;

use super::causes::CauseSet;
use super::evidence::{bad_share, evidence};
use super::find::{Finding, Footing, lies_in};
use super::message::TicketEvent;
use super::pooled::{is_over, lingers};
use super::row::{AreaRow, Ending, Figures, State, Verdict};
use super::rules::Rules;
use super::scope::Scope;
use super::totals::{Mark, Totals};
use crate::limits::VERDICTS_PER_AREA_MAX;
use crate::units::{Cause, Day, Minute, wilson};

/// What is known of an area at one minute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    pub now: Minute,
    pub today: Day,
    pub totals: &'a Totals,
    pub findings: &'a [Finding],
    pub rules: &'a Rules,
}

/// What happened to tickets in one judgement: one message each, of the weightiest thing that happened.
#[derive(Debug, Default)]
pub(super) struct Events(pub BTreeMap<String, TicketEvent>);

impl Events {
    pub(super) fn note(&mut self, v: &Verdict, event: TicketEvent) {
        let weight = |event: TicketEvent| match event {
            TicketEvent::Updated => 0,
            TicketEvent::Escalated => 1,
            TicketEvent::Opened | TicketEvent::Reopened | TicketEvent::Resolved | TicketEvent::Cancelled => 2,
        };
        let Some(ticket) = &v.ticket else { return };
        match self.0.get_mut(ticket) {
            Some(known) if weight(*known) > weight(event) => {}
            Some(known) => *known = event,
            None => {
                self.0.insert(ticket.clone(), event);
            }
        }
    }
}

/// Names a verdict's ticket; the number tells apart those that would bear the same name.
pub(super) type Name<'a> = &'a dyn Fn(&Verdict, usize) -> String;

/// Escalation ends here, as TMF656 counts it.
const ESCALATION_MAX: u8 = 10;
/// An update of figures alone is told once a day at most.
const TELL_AGAIN_MINUTES: i32 = 24 * 60;

impl Moment<'_> {
    /// What a verdict's scope looks like now.
    pub(super) fn figures(&self, v: &Verdict) -> Figures {
        let homes = self.totals.homes(&v.scope);
        let degraded = homes.of(v.covers);
        let lines = evidence(v.cause, self.totals, self.today, self.rules.min_share, &[]);
        let part = wilson::share(degraded, self.totals.site.all_degraded()).min(1.0);
        Figures {
            homes_seen: homes.homes,
            homes_degraded: degraded,
            share: round(wilson::share(degraded, homes.homes)),
            share_lower_bound: round(wilson::lower_bound(degraded, homes.homes, self.rules.z_of(&v.scope))),
            contacts: self.totals.contacts,
            value_at_risk_eur: (self.totals.value_at_risk_cents as f64 * part / 100.0).round() as u64,
            indicator: lines.first().map(|line| line.observed),
        }
    }

    fn share(&self, v: &Verdict) -> f64 {
        self.totals.homes(&v.scope).share(v.covers)
    }

    pub(super) fn mark(&self) -> (Minute, Mark) {
        (self.now, self.totals.mark(self.today))
    }

    /// New samples in the verdict's scope since a mark: the area's, by the scope's part of its homes.
    fn new_samples(&self, scope: &Scope, mark: &Mark) -> f64 {
        let all = f64::from(self.totals.since(mark).samples);
        let part = wilson::share(self.totals.homes(scope).homes, self.totals.site.homes);
        if matches!(scope, Scope::Site) || part == 0.0 { all } else { all * part }
    }

    fn passed(&self, since: Minute, minutes: i32) -> bool {
        self.now >= since.plus(minutes)
    }

    /// Whether `wide` tells of a cause, and of those it stands for, in a part of its own scope.
    pub(super) fn is_told_by(&self, wide: &Verdict, scope: &Scope, cause: Cause, covers: CauseSet) -> bool {
        wide.explains(cause) && lies_in(scope, &wide.scope, covers, self.totals, self.rules)
    }

    /// Minutes a suspicion must stand before it is told.
    fn settling(&self, found: &Finding) -> i32 {
        let [settle, forming, transient] = settling_minutes(self.rules);
        match found.footing {
            _ if found.cause == Cause::Outage => settle,
            Footing::Lasting => settle,
            Footing::Forming if found.scope == Scope::Site => settle,
            Footing::Forming => forming,
            Footing::Transient => transient,
        }
    }
}

fn round(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// How long suspicions settle: any, those of a part that forms, those that rest on running episodes.
fn settling_minutes(rules: &Rules) -> [i32; 3] {
    let hours = |hours: i32| rules.settle_minutes.max(hours * 60);
    [rules.settle_minutes, hours(rules.forming_settle_hours), hours(rules.transient_settle_hours)]
}

/// Moves every verdict of the row by what was found. `name` names a new ticket.
pub(super) fn advance(row: &mut AreaRow, m: &Moment<'_>, name: Name<'_>, events: &mut Events) {
    // Wider scopes first: what they tell of is not told again.
    row.verdicts.sort_by(|a, b| (&a.scope, a.cause, a.since).cmp(&(&b.scope, b.cause, b.since)));
    let mut lapsed = Vec::with_capacity(VERDICTS_PER_AREA_MAX);
    for at in 0..row.verdicts.len() {
        let mut v = row.verdicts[at].clone();
        let found = m.findings.iter().find(|f| f.scope == v.scope && f.cause == v.cause);
        let wider = wider(row, at, m);
        let over = wider.is_some() || (found.is_none() && m.share(&v) < m.rules.min_share);
        let lapses = v.state == State::Suspected && over;
        lapsed.push(lapses);
        let event = match v.state {
            State::Suspected if lapses => None,
            State::Suspected => open(&mut v, found, m, &row.verdicts, name),
            State::Open | State::TakenUp => keep(&mut v, found, wider, m),
            State::Resolved | State::Cancelled => reopen(&mut v, found, wider.is_some(), m),
        };
        if let Some(event) = event {
            events.note(&v, event);
        }
        row.verdicts[at] = v;
    }
    let mut lapsed = lapsed.into_iter();
    row.verdicts.retain(|_| !lapsed.next().unwrap_or(false));
}

/// The wider live verdict that explains this one; of several the one with an open ticket.
fn wider<'r>(row: &'r AreaRow, at: usize, m: &Moment<'_>) -> Option<&'r Verdict> {
    let v = &row.verdicts[at];
    let covers = |w: &&Verdict| w.state.is_live() && m.is_told_by(w, &v.scope, v.cause, v.covers);
    row.verdicts.iter().filter(covers).max_by_key(|w| w.has_open_ticket())
}

fn open(
    v: &mut Verdict,
    found: Option<&Finding>,
    m: &Moment<'_>,
    others: &[Verdict],
    name: Name<'_>,
) -> Option<TicketEvent> {
    let found = found?;
    if !m.passed(v.since, m.settling(found)) {
        return None;
    }
    // A suspicion that became one of a cause operations refused stays untold.
    if others.iter().any(|o| o.ending == Some(Ending::Refused) && o.cause == v.cause) {
        return None;
    }
    v.opened_as = v.cause;
    // After a better diagnosis an older ticket of this scope and day may bear the name already.
    let taken = |id: &String| others.iter().any(|o| o.ticket.as_ref() == Some(id));
    v.ticket = (0..=others.len()).map(|nth| name(v, nth)).find(|id| !taken(id));
    v.since = known_since(v, others, m);
    v.state = State::Open;
    v.opened = Some(m.now);
    v.changed = m.now;
    v.reminded = Some(m.now);
    v.before = Some(m.figures(v));
    Some(TicketEvent::Opened)
}

/// Since when its fault is known: the tickets of its parts that end in this one began with it. Homes that suffered from the
/// first day on would otherwise pass for older than what they suffer from.
fn known_since(v: &Verdict, others: &[Verdict], m: &Moment<'_>) -> Minute {
    let of_parts = others.iter().filter(|o| o.has_open_ticket() && m.is_told_by(v, &o.scope, o.cause, o.covers));
    of_parts.map(|o| o.since).fold(v.since, Minute::min)
}

fn keep(v: &mut Verdict, found: Option<&Finding>, wider: Option<&Verdict>, m: &Moment<'_>) -> Option<TicketEvent> {
    if let Some(wider) = wider.filter(|w| w.has_open_ticket()) {
        v.merged_into.clone_from(&wider.ticket);
        return Some(cancel(v, Ending::Merged, m));
    }
    let seen = m.totals.homes(&v.scope).homes;
    v.lost_since = (seen == 0).then(|| v.lost_since.unwrap_or(m.now));
    if v.lost_since.is_some_and(|since| m.passed(since, m.rules.lost_days * 24 * 60)) {
        return Some(cancel(v, Ending::Unobserved, m));
    }
    if recovered(v, found.is_some(), m) {
        v.state = State::Resolved;
        v.changed = m.now;
        let after = m.figures(v);
        v.homes_helped = v.before.map(|before| before.homes_degraded.saturating_sub(after.homes_degraded));
        v.after = Some(after);
        return Some(TicketEvent::Resolved);
    }
    let silent = v.reminded.is_some_and(|since| m.passed(since, m.rules.escalate_hours * 60));
    if silent && escalate(v) {
        v.reminded = Some(m.now);
        return Some(TicketEvent::Escalated);
    }
    let told = v.told?;
    // Homes are degraded and fine again within a day, as samples come: only growth is news, the end is another message.
    let grown = m.figures(v).homes_degraded.saturating_sub(told.peak);
    let more = grown >= m.rules.k && 2 * grown >= told.peak;
    let news = told.cause != v.cause || (more && m.passed(told.at, TELL_AGAIN_MINUTES));
    news.then_some(TicketEvent::Updated)
}

/// One step up, as far as it goes.
pub(super) fn escalate(v: &mut Verdict) -> bool {
    let higher = v.escalation < ESCALATION_MAX;
    v.escalation += u8::from(higher);
    higher
}

/// Below half the share for a day with new samples, or clean for two days by all homes together, or, once operations say
/// that it is repaired, as soon as new samples say so too.
fn recovered(v: &mut Verdict, found: bool, m: &Moment<'_>) -> bool {
    let is_site = matches!(v.scope, Scope::Site);
    let lingers = || is_site && lingers(v.cause, m.totals, m.today, m.rules);
    let healthy = !found && m.share(v) < m.rules.healthy_share() && !lingers();
    v.below_since = healthy.then(|| v.below_since.unwrap_or_else(|| m.mark()));
    let enough = f64::from(m.rules.resolve_samples);
    let by_itself = v.below_since.is_some_and(|(since, mark)| {
        m.passed(since, m.rules.resolve_hours * 60) && m.new_samples(&v.scope, &mark) >= enough
    });
    let as_claimed = v.claimed.is_some_and(|(_, mark)| {
        // Homes stay degraded for the two days their window reaches back; the samples since tell sooner.
        let sums = m.totals.since(&mark);
        let bad = bad_share(v.cause, &sums).filter(|(n, _)| is_site && *n >= m.rules.resolve_samples);
        let samples_say_so = bad.is_some_and(|(_, share)| share < m.rules.healthy_share());
        m.new_samples(&v.scope, &mark) >= enough && (healthy || samples_say_so)
    });
    let is_settled = v.opened.is_some_and(|opened| m.passed(opened, m.rules.resolve_hours * 60));
    let together = is_site && is_settled && is_over(v.cause, m.totals, m.today, m.rules);
    by_itself || as_claimed || together
}

pub(super) fn cancel(v: &mut Verdict, ending: Ending, m: &Moment<'_>) -> TicketEvent {
    v.state = State::Cancelled;
    v.ending = Some(ending);
    v.changed = m.now;
    v.below_since = None;
    v.after = Some(m.figures(v));
    TicketEvent::Cancelled
}

/// A finished verdict whose fault is found again, and told by no wider verdict. What operations refused is not asked
/// again.
fn reopen(v: &mut Verdict, found: Option<&Finding>, wider: bool, m: &Moment<'_>) -> Option<TicketEvent> {
    let found = found.filter(|_| !wider);
    if v.ending == Some(Ending::Refused) {
        return None;
    }
    match (found, v.again_since) {
        (Some(_), None) => v.again_since = Some(m.now),
        (None, Some(_)) if wider || m.share(v) < m.rules.min_share => v.again_since = None,
        _ => {}
    }
    let since = v.again_since?;
    if !m.passed(since, m.settling(found?)) {
        return None;
    }
    v.state = State::Open;
    v.changed = m.now;
    v.reminded = Some(m.now);
    v.before = Some(m.figures(v));
    (v.after, v.homes_helped, v.ending, v.merged_into) = (None, None, None, None);
    (v.again_since, v.below_since, v.claimed, v.lost_since) = (None, None, None, None);
    Some(TicketEvent::Reopened)
}

/// The next minute after `now` at which time alone may move a verdict.
pub(super) fn due(v: &Verdict, now: Minute, rules: &Rules) -> Option<Minute> {
    let settle =
        |since: Option<Minute>| since.into_iter().flat_map(|s| settling_minutes(rules).map(|minutes| s.plus(minutes)));
    let open = v.has_open_ticket();
    let suspected = settle((v.state == State::Suspected).then_some(v.since));
    let again = settle(v.again_since);
    let reminder =
        v.reminded.filter(|_| open && v.escalation < ESCALATION_MAX).map(|s| s.plus(rules.escalate_hours * 60));
    let below = v.below_since.filter(|_| open).map(|(s, _)| s.plus(rules.resolve_hours * 60));
    let lost = v.lost_since.filter(|_| open).map(|s| s.plus(rules.lost_days * 24 * 60));
    let news = v.told.filter(|_| open).map(|told| told.at.plus(TELL_AGAIN_MINUTES));
    let forgotten = expiry(v, rules);
    let times = suspected.chain(again).chain(reminder).chain(below).chain(lost).chain(news).chain(forgotten);
    times.filter(|at| *at > now).min()
}

/// When a finished verdict is forgotten.
pub(super) fn expiry(v: &Verdict, rules: &Rules) -> Option<Minute> {
    let days = if v.ending == Some(Ending::Refused) { rules.refuse_block_days } else { rules.reopen_days };
    let finished = matches!(v.state, State::Resolved | State::Cancelled);
    (finished && v.again_since.is_none()).then(|| v.changed.plus(days * 24 * 60))
}
