//! One local day of one home in 28 bytes. Pure.

use serde::{Deserialize, Serialize};

use super::bins::{BinHits, WeekBins};
use super::grade::Grade;
use super::rules::Rules;
use super::score::{Parts, emodel_mos, emodel_r, mean_of};
use crate::ingest::{Probe, ProbeKind};
use crate::units::LocalTime;

/// Small counters of one local day. All saturate: a full counter stays full and never wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pane {
    /// Graded samples; those neither good, marginal nor poor are fair.
    pub samples: u16,
    pub good: u16,
    pub marginal: u16,
    /// Poor by RSRP (or the 2G/3G signal) only.
    pub poor_rsrp: u16,
    /// Poor by RSRQ or SINR only.
    pub poor_quality: u16,
    pub poor_both: u16,
    /// Seconds without service, all of a record's on the day it began.
    pub no_service_s: u16,
    /// Sum of the voice scores (0..=100 each): set-up times, and calls' E-model scores.
    pub voice_score_sum: u16,
    /// Sum of the log scores (0..=100 each) of the sessions that count; there are `busy_sessions + quiet_sessions`.
    pub session_score_sum: u16,
    /// Set-ups tried, and those that failed.
    pub call_attempts: u8,
    pub call_failures: u8,
    /// Calls that ended as the customer wished.
    pub call_ends: u8,
    pub call_drops: u8,
    /// Drops after a change of cell, handover failures, and radio links lost where the signal was not weak.
    pub mobility_events: u8,
    pub voice_scores: u8,
    pub busy_sessions: u8,
    pub busy_poor: u8,
    pub quiet_sessions: u8,
    pub quiet_poor: u8,
}

const _: () = assert!(size_of::<Pane>() <= 28);

fn bump(counter: &mut u8) {
    *counter = counter.saturating_add(1);
}

fn bump16(counter: &mut u16) {
    *counter = counter.saturating_add(1);
}

impl Pane {
    /// Counts one probe, here and in the bins of its week.
    #[inline]
    pub(super) fn fold(
        &mut self,
        week: &mut WeekBins,
        p: &Probe,
        grade: Option<Grade>,
        local: LocalTime,
        drop_after_handover: bool,
        rules: &Rules,
    ) -> BinHits {
        if let Some(grade) = grade {
            self.sample(grade);
        }
        let mut session_kbps = None;
        match p.kind {
            ProbeKind::Measurement => {}
            ProbeKind::DataSession => {
                session_kbps = p.dl_kbps.filter(|_| p.volume_kb.is_some_and(|kb| kb >= rules.session_volume_min_kb));
                if let Some(kbps) = session_kbps {
                    self.session(kbps, local, rules);
                }
            }
            ProbeKind::CallSetup => {
                bump(&mut self.call_attempts);
                if p.setup_ok == Some(false) {
                    bump(&mut self.call_failures);
                } else if let Some(ms) = p.setup_time_ms {
                    self.voice(rules.scores.setup_time_s.linear(ms / 1000.0));
                }
            }
            ProbeKind::CallEnd => {
                bump(&mut self.call_ends);
                if let (Some(loss), Some(delay)) = (p.loss_pct, p.latency_ms) {
                    self.voice(rules.scores.voice_mos.linear(emodel_mos(emodel_r(loss, delay))));
                }
            }
            ProbeKind::CallDrop => {
                bump(&mut self.call_drops);
                if drop_after_handover {
                    bump(&mut self.mobility_events);
                }
            }
            // A link lost where the signal is weak tells of coverage, which its sample already counts.
            ProbeKind::Rlf if grade.is_some_and(Grade::is_weak) => {}
            ProbeKind::HandoverFailure | ProbeKind::Rlf => bump(&mut self.mobility_events),
            ProbeKind::NoService => {
                let seconds = p.duration_s.unwrap_or(rules.no_service_default_s).max(0.0);
                self.no_service_s = self.no_service_s.saturating_add(seconds.round() as u16);
            }
        }
        week.count(p, session_kbps)
    }

    pub(super) const COUNTERS: usize = 19;

    /// All counters, those most often above zero first.
    pub(super) fn counters(&self) -> [u16; Self::COUNTERS] {
        let narrow = |n: u8| u16::from(n);
        [
            self.samples,
            self.good,
            narrow(self.quiet_sessions),
            self.session_score_sum,
            narrow(self.busy_sessions),
            self.marginal,
            self.poor_rsrp,
            narrow(self.call_attempts),
            narrow(self.call_ends),
            self.poor_quality,
            narrow(self.voice_scores),
            self.voice_score_sum,
            narrow(self.quiet_poor),
            narrow(self.busy_poor),
            self.poor_both,
            self.no_service_s,
            narrow(self.call_drops),
            narrow(self.mobility_events),
            narrow(self.call_failures),
        ]
    }

    /// The pane of these counters; one too large for its place is full.
    pub(super) fn of_counters(counters: [u16; Self::COUNTERS]) -> Self {
        let narrow = |n: u16| u8::try_from(n).unwrap_or(u8::MAX);
        let [
            samples,
            good,
            quiet_sessions,
            session_score_sum,
            busy_sessions,
            marginal,
            poor_rsrp,
            call_attempts,
            call_ends,
            poor_quality,
            voice_scores,
            voice_score_sum,
            quiet_poor,
            busy_poor,
            poor_both,
            no_service_s,
            call_drops,
            mobility_events,
            call_failures,
        ] = counters;
        Self {
            samples,
            good,
            marginal,
            poor_rsrp,
            poor_quality,
            poor_both,
            no_service_s,
            voice_score_sum,
            session_score_sum,
            call_attempts: narrow(call_attempts),
            call_failures: narrow(call_failures),
            call_ends: narrow(call_ends),
            call_drops: narrow(call_drops),
            mobility_events: narrow(mobility_events),
            voice_scores: narrow(voice_scores),
            busy_sessions: narrow(busy_sessions),
            busy_poor: narrow(busy_poor),
            quiet_sessions: narrow(quiet_sessions),
            quiet_poor: narrow(quiet_poor),
        }
    }

    #[inline]
    fn sample(&mut self, grade: Grade) {
        // A full day is left as it is, so that its shares stay true.
        if self.samples == u16::MAX {
            return;
        }
        self.samples += 1;
        match grade {
            Grade::Good => bump16(&mut self.good),
            Grade::Fair => {}
            Grade::Marginal => bump16(&mut self.marginal),
            Grade::PoorRsrp => bump16(&mut self.poor_rsrp),
            Grade::PoorQuality => bump16(&mut self.poor_quality),
            Grade::PoorBoth => bump16(&mut self.poor_both),
        }
    }

    fn voice(&mut self, score: f32) {
        if self.voice_scores < u8::MAX {
            self.voice_scores += 1;
            self.voice_score_sum += score.round() as u16;
        }
    }

    fn session(&mut self, kbps: f32, local: LocalTime, rules: &Rules) {
        let busy = (rules.busy_from_hour..rules.busy_until_hour).contains(&local.hour());
        let (sessions, poor) = if busy {
            (&mut self.busy_sessions, &mut self.busy_poor)
        } else {
            (&mut self.quiet_sessions, &mut self.quiet_poor)
        };
        if *sessions < u8::MAX {
            *sessions += 1;
            *poor += u8::from(kbps < rules.session_poor_kbps);
            self.session_score_sum += rules.scores.throughput_mbps.log(kbps / 1000.0).round() as u16;
        }
    }

    #[must_use]
    pub fn poor(&self) -> u32 {
        u32::from(self.poor_rsrp) + u32::from(self.poor_quality) + u32::from(self.poor_both)
    }

    #[must_use]
    pub fn sessions(&self) -> u32 {
        u32::from(self.busy_sessions) + u32::from(self.quiet_sessions)
    }

    /// Nothing bad was seen.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let events = [self.call_failures, self.call_drops, self.mobility_events, self.busy_poor, self.quiet_poor];
        self.poor() == 0 && self.no_service_s == 0 && events == [0; 5]
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The day's parts. `p10_score` is that of the bins of the day's week. A day on which anything was seen and
    /// no outage was reported had service all day.
    pub(super) fn parts(&self, p10_score: Option<f32>, rules: &Rules) -> Parts {
        let s = &rules.scores;
        let ratio = |part: u32, of: u32| (of > 0).then(|| part as f32 / of as f32);
        let attempts = u32::from(self.call_attempts);
        let failures = u32::from(self.call_failures).min(attempts);
        let drops = u32::from(self.call_drops);
        // A source may report set-ups, ends, or both: the larger count is nearer to the calls there were.
        let calls = (attempts - failures).max(u32::from(self.call_ends) + drops);
        let voice = [
            ratio(attempts - failures, attempts).map(|share| s.setup_success.linear(share)),
            ratio(drops, calls).map(|share| s.drop_share.linear(share)),
            ratio(u32::from(self.voice_score_sum), u32::from(self.voice_scores)),
        ];
        let sessions = ratio(u32::from(self.session_score_sum), self.sessions());
        let data = [sessions, sessions.and(p10_score)];
        let coverage = ratio(self.poor(), u32::from(self.samples)).map(|share| s.share_poor.linear(share));
        let minutes = f32::from(self.no_service_s) / 60.0;
        Parts {
            voice: mean_of(&voice),
            data: mean_of(&data),
            coverage,
            availability: (!self.is_empty()).then(|| s.no_service_minutes.linear(minutes)),
        }
    }
}
