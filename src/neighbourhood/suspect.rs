//! What is found becomes a verdict, and what is finished is forgotten. Pure.

use super::find::Finding;
use super::life::{Moment, expiry};
use super::row::{AreaRow, Ending, State, Verdict};
use crate::limits::VERDICTS_PER_AREA_MAX;

/// Drops finished verdicts whose time is over; not the parts of a ticket that is open, which holds their homes.
pub(super) fn forget(row: &mut AreaRow, m: &Moment<'_>) {
    let open: Vec<_> = row.verdicts.iter().filter(|v| v.has_open_ticket()).filter_map(|v| v.ticket.clone()).collect();
    let is_part = |v: &Verdict| v.merged_into.as_ref().is_some_and(|ticket| open.contains(ticket));
    row.verdicts.retain(|v| is_part(v) || expiry(v, m.rules).is_none_or(|at| at > m.now));
}

/// Gives every finding its verdict: the one it continues, or a new suspicion. Returns the number of findings for which the
/// row had no room.
pub(super) fn suspect(row: &mut AreaRow, m: &Moment<'_>) -> u32 {
    let mut no_room = 0;
    for finding in m.findings {
        if let Some(at) = continued(row, finding, m) {
            let v = &mut row.verdicts[at];
            (v.cause, v.covers) = (finding.cause, finding.covers);
        } else if !refused(row, finding) && !told_wider(row, finding, m) {
            if make_room(row, m) {
                row.verdicts.push(suspicion(finding, m));
            } else {
                no_room += 1;
            }
        }
    }
    no_room
}

/// The verdict that a finding continues: of its scope and cause; else a live one of its scope that covers its cause while
/// its own is not found any more (a better diagnosis of the same fault).
fn continued(row: &AreaRow, finding: &Finding, m: &Moment<'_>) -> Option<usize> {
    let here = |v: &Verdict| v.scope == finding.scope && v.ending != Some(Ending::Refused);
    let own = |cause| m.findings.iter().any(|f| f.scope == finding.scope && f.cause == cause);
    let same = row.verdicts.iter().enumerate().filter(|(_, v)| here(v) && v.cause == finding.cause);
    let same = same.max_by_key(|(_, v)| (v.holds(), v.changed)).map(|(at, _)| at);
    same.or_else(|| {
        let before = |v: &Verdict| {
            here(v) && v.holds() && (v.explains(finding.cause) || finding.covers.contains(v.cause)) && !own(v.cause)
        };
        row.verdicts.iter().position(before)
    })
}

/// Whether operations refused this cause lately, anywhere in the area.
fn refused(row: &AreaRow, finding: &Finding) -> bool {
    let refused = row.verdicts.iter().filter(|v| v.ending == Some(Ending::Refused));
    refused.into_iter().any(|v| v.cause == finding.cause || (!finding.alone && v.explains(finding.cause)))
}

/// Whether a wider live verdict tells of it already.
fn told_wider(row: &AreaRow, finding: &Finding, m: &Moment<'_>) -> bool {
    row.verdicts.iter().any(|v| v.state.is_live() && m.is_told_by(v, &finding.scope, finding.cause, finding.covers))
}

/// A full row forgets what was resolved or merged longest ago, then what was refused longest ago; nothing live, and
/// nothing that began today, since its name could be given again. False: there is nothing to forget.
fn make_room(row: &mut AreaRow, m: &Moment<'_>) -> bool {
    if row.verdicts.len() < VERDICTS_PER_AREA_MAX {
        return true;
    }
    let old = row.verdicts.iter().enumerate().filter(|(_, v)| !v.holds() && v.day < m.today);
    let oldest = old.min_by_key(|(_, v)| (v.ending == Some(Ending::Refused), v.changed)).map(|(at, _)| at);
    oldest.map(|at| row.verdicts.remove(at)).is_some()
}

fn suspicion(finding: &Finding, m: &Moment<'_>) -> Verdict {
    Verdict {
        cause: finding.cause,
        opened_as: finding.cause,
        covers: finding.covers,
        scope: finding.scope.clone(),
        state: State::Suspected,
        since: m.now,
        day: m.today,
        changed: m.now,
        ticket: None,
        opened: None,
        revision: 0,
        escalation: 0,
        reminded: None,
        below_since: None,
        claimed: None,
        again_since: None,
        lost_since: None,
        ending: None,
        merged_into: None,
        outcome: None,
        before: None,
        after: None,
        homes_helped: None,
        told: None,
        linked: Vec::new(),
    }
}
