//! What a home's own figures show, over one window: how far each symptom has gone, and whether it is a problem by
//! itself. Pure.
//!
//! A score hears drops and slow evenings only faintly: a call that fell is one of many indicators, and one call in four
//! falling leaves a score of 90. So what shows a symptom as clearly as the shares demand is a problem whatever it
//! scores: drops at handovers, busy hours that fall apart, days without service. Each needs more than one day, since
//! an evening is no symptom, and must not be over: what was repaired is none any more.

use super::rules::CauseRules;
use crate::qos::{Opened, Quality, Rules as QosRules, Window};
use crate::units::{Cause, Day, Millis, wilson};

/// Days of which the newest must still show a symptom.
const LATEST_DAYS: u8 = 3;

/// One-sided 90 %.
const SURE_Z: f64 = 1.28;

/// The figures a symptom is judged by, over one window.
#[derive(Debug)]
pub(super) struct Figures<'a> {
    pub w: &'a Window,
    pub weak_share: f32,
    pub quality_share: f32,
    pub poor_share: f32,
    pub outage_minutes_a_day: f32,
    pub mobility_per_call: f32,
    pub busy_share: f32,
    /// `None` without enough sessions in the quiet hours.
    pub quiet_share: Option<f32>,
}

pub(super) fn share(part: u32, of: u32) -> f32 {
    if of == 0 { 0.0 } else { part as f32 / of as f32 }
}

/// The share that `hits` of `n` prove, one-sided at 95 %.
fn at_least(hits: u32, n: u32) -> f32 {
    wilson::lower_bound(hits, n, 1.645) as f32
}

impl<'a> Figures<'a> {
    pub(super) fn of(w: &'a Window, k: &CauseRules) -> Self {
        let s = &w.sums;
        Self {
            w,
            weak_share: share(s.poor_rsrp + s.poor_both, s.samples),
            quality_share: share(s.poor_quality, s.samples),
            poor_share: share(s.poor(), s.samples),
            outage_minutes_a_day: s.no_service_minutes() / f32::from(w.seen_days.max(1)),
            // Fewer calls than events would make a share above 1: a link may be lost without a call.
            mobility_per_call: share(s.mobility_events, s.calls().max(s.mobility_events)),
            busy_share: share(s.busy_poor, s.busy_sessions),
            quiet_share: (s.quiet_sessions >= k.sessions_min).then(|| share(s.quiet_poor, s.quiet_sessions)),
        }
    }

    fn outage(&self, running: bool, k: &CauseRules) -> bool {
        let minutes = self.outage_minutes_a_day;
        let weak = self.weak_share >= k.radio_share;
        minutes >= k.outage_minutes_sure || ((running || minutes >= k.outage_minutes_a_day) && !weak)
    }

    fn contrasts(&self, k: &CauseRules) -> bool {
        self.quiet_share.is_none_or(|quiet| self.busy_share - quiet >= k.congestion_contrast)
    }

    /// How far past its threshold each symptom is; 1 is at the threshold.
    pub(super) fn severities(&self, k: &CauseRules) -> [(Cause, f32); 5] {
        let s = &self.w.sums;
        let said = |enough: bool, value: f32| if enough { value } else { 0.0 };
        let busy = said(s.busy_sessions >= k.sessions_min, self.busy_share / k.congestion_share);
        let all = share(s.busy_poor + s.quiet_poor, s.busy_sessions + s.quiet_sessions);
        // Bad at every hour is likelier the radio's doing, if its shares say anything at all.
        let any_hour = said(s.busy_sessions + s.quiet_sessions >= k.sessions_min, all / k.congestion_share) * 0.5;
        let mobility = said(s.mobility_events >= k.mobility_events_min, self.mobility_per_call / k.mobility_share);
        [
            (Cause::Outage, self.outage_minutes_a_day / k.outage_minutes_a_day),
            (Cause::Mobility, mobility),
            (Cause::Congestion, if self.contrasts(k) { busy.max(any_hour) } else { any_hour }),
            (Cause::Interference, self.quality_share / k.radio_share),
            (Cause::Coverage, self.weak_share / k.radio_share),
        ]
    }

    /// Poor RSRQ or SINR under load only: throughput is fine in the quiet hours and falls apart in the busy ones.
    fn only_under_load(&self, k: &CauseRules) -> bool {
        let quiet_fine = self.quiet_share.is_some_and(|quiet| quiet <= k.congestion_share / 2.0);
        self.w.sums.busy_sessions >= k.sessions_min && quiet_fine && self.busy_share >= 0.5
    }

    /// The symptom, or `None` when nothing at all is out of order.
    pub(super) fn symptom(&self, running: bool, k: &CauseRules) -> Option<Cause> {
        if self.outage(running, k) {
            return Some(Cause::Outage);
        }
        if self.poor_share >= k.radio_share {
            if self.weak_share >= self.quality_share {
                return Some(Cause::Coverage);
            }
            // A handset held by a cell whose better neighbour it does not know hears that neighbour as interference.
            if self.handovers_fail(k) {
                return Some(Cause::Mobility);
            }
            return Some(if self.only_under_load(k) { Cause::Congestion } else { Cause::Interference });
        }
        let worst = self.severities(k).into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
        worst.filter(|(_, severity)| *severity > 0.0).map(|(cause, _)| cause)
    }

    /// Whether a symptom rests on enough to be told: of samples the share that they prove, of sessions as many as of
    /// samples. A home is called poor by less; to be told so by its operator is another thing.
    pub(super) fn are_sure(&self, symptom: Cause, k: &CauseRules, qos: &QosRules) -> bool {
        let s = &self.w.sums;
        match symptom {
            Cause::Coverage | Cause::Interference => {
                wilson::lower_bound(s.poor(), s.samples, SURE_Z) >= f64::from(k.sure_share)
            }
            Cause::Congestion => s.busy_sessions + s.quiet_sessions >= qos.recent_samples_min,
            _ => true,
        }
    }

    /// Mobility events are surely twice as many per call as make a cause.
    fn handovers_fail(&self, k: &CauseRules) -> bool {
        let s = &self.w.sums;
        s.mobility_events >= k.mobility_events_min
            && at_least(s.mobility_events, s.calls().max(s.mobility_events)) >= 2.0 * k.mobility_share
    }

    /// Calls drop, more than chance would have it, and handovers fail: what a home hears of a neighbour's trouble in
    /// passing drops no calls.
    fn drops_at_handovers(&self, k: &CauseRules) -> bool {
        let s = &self.w.sums;
        s.mobility_events >= k.mobility_events_min
            && self.mobility_per_call >= k.mobility_share
            && s.call_drops >= k.mobility_events_min
            && at_least(s.call_drops, s.calls()) >= k.mobility_share
    }

    /// Most sessions of the busy hours are poor, and surely so. One in three is where many a healthy home stands that
    /// lies at a cell's edge; at a bound of one in two, far more healthy homes of simulated towns were called poor than
    /// at four in five, and without this symptom most of their congested homes were missed.
    fn chokes(&self, k: &CauseRules) -> bool {
        let s = &self.w.sums;
        s.busy_sessions >= k.sessions_min && at_least(s.busy_poor, s.busy_sessions) >= k.choked_share
    }

    /// Without service on two days or more, and for as long altogether as makes an outage of each.
    fn is_dark(&self, k: &CauseRules) -> bool {
        self.w.dark_days >= 2 && self.w.sums.no_service_minutes() >= 2.0 * k.outage_minutes_a_day
    }

    /// Which of the symptoms that a score hardly shows stands by itself, and has not ended by what `latest` shows.
    fn by_itself(&self, latest: impl FnOnce() -> Window, k: &CauseRules) -> bool {
        let shown = [
            (Cause::Mobility, self.drops_at_handovers(k)),
            (Cause::Congestion, self.chokes(k)),
            (Cause::Outage, self.is_dark(k)),
        ];
        if shown.iter().all(|(_, shown)| !shown) {
            return false;
        }
        let latest = latest();
        shown.into_iter().any(|(cause, shown)| shown && !Self::is_over(cause, &latest, k))
    }

    /// Two clean handfuls of calls, a handful of fast evenings' sessions, days with service: it is over.
    fn is_over(cause: Cause, latest: &Window, k: &CauseRules) -> bool {
        let s = &latest.sums;
        let clean = |n: u32, hits: u32, enough: u32, share_max: f32| n >= enough && share(hits, n) < share_max;
        match cause {
            Cause::Mobility => clean(s.calls(), s.call_drops.max(s.mobility_events), 5, k.mobility_share / 2.0),
            Cause::Congestion => clean(s.busy_sessions, s.busy_poor, 3, k.congestion_share / 2.0),
            Cause::Outage => latest.dark_days == 0,
            Cause::Coverage | Cause::Interference => clean(s.samples, s.poor(), 5, k.radio_share / 2.0),
            Cause::Building | Cause::Device => false,
        }
    }

    /// Whether the home shows it at the plain thresholds, without a bound of confidence.
    fn hints_at(&self, cause: Cause, k: &CauseRules) -> bool {
        let s = &self.w.sums;
        match cause {
            Cause::Mobility => s.mobility_events > 0 && self.mobility_per_call >= k.mobility_share,
            Cause::Congestion => self.busy_share >= 0.5,
            Cause::Outage => self.w.dark_days > 0,
            Cause::Coverage | Cause::Interference => s.samples >= 10 && self.poor_share >= k.radio_share * 2.0 / 3.0,
            Cause::Building | Cause::Device => false,
        }
    }
}

/// The trouble that a home shares with its street: `told` says which symptoms a verdict of the neighbourhood explains here.
/// What one home alone shows too faintly to be called a problem is one where the street has it, unless the home's
/// newest days are clean of it.
#[must_use]
pub fn shared(
    q: &Quality,
    days: &Opened,
    today: Day,
    told: impl Fn(Cause) -> bool,
    k: &CauseRules,
    qos: &QosRules,
) -> Option<Cause> {
    let latest = days.window(today, LATEST_DAYS, qos);
    let windows = [Figures::of(q.week(), k), Figures::of(&latest, k)];
    // Who has had no session in the busy hours knows nothing against it.
    let silent = |cause| cause == Cause::Congestion && q.week().sums.busy_sessions == 0;
    let hinted = |cause| windows.iter().any(|window| window.hints_at(cause, k)) || silent(cause);
    let causes = [Cause::Outage, Cause::Mobility, Cause::Congestion, Cause::Interference, Cause::Coverage];
    causes.into_iter().find(|cause| hinted(*cause) && !Figures::is_over(*cause, &latest, k) && told(*cause))
}

/// Whether one of the symptoms that a score hardly shows makes a home's quality a problem, over 7 days or, for a home
/// that is little used, 14. Calls that drop at work next door, and outages there, are not the home's.
#[must_use]
pub fn afflicted(q: &Quality, days: &Opened, today: Day, k: &CauseRules, qos: &QosRules) -> bool {
    let by_itself = |w: &Window| Figures::of(w, k).by_itself(|| days.window(today, LATEST_DAYS, qos), k);
    !q.work_next_door && (by_itself(q.week()) || by_itself(q.fortnight()))
}

/// Whether the newest there is of a symptom still shows it: a poor sample (or a time without service) of the last `hours`
/// with none behind it that is not poor; what no sample shows, today: calls lost at a change of cell, or half of the
/// sessions in the busy hours slow. `bad_until`: [`crate::qos::Episode::bad_until`].
#[must_use]
pub fn is_fresh(symptom: Cause, days: &Opened, today: Day, bad_until: Option<Millis>, now: Millis, hours: u32) -> bool {
    let pane = days.pane(today);
    match symptom {
        Cause::Mobility => pane.is_some_and(|pane| pane.mobility_events > 0),
        Cause::Congestion => {
            pane.is_some_and(|p| p.busy_poor > 0 && 2 * u16::from(p.busy_poor) >= u16::from(p.busy_sessions))
        }
        _ => bad_until.is_some_and(|until| now.since(until) <= i64::from(hours) * Millis::HOUR),
    }
}
