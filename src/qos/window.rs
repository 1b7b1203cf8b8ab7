//! Sums over days. Pure.

use serde::{Deserialize, Serialize};

use super::opened::Scored;
use super::pane::Pane;
use super::rules::Rules;
use super::score::{Parts, Qoe};
use crate::units::Day;

/// A pane's counters summed over days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sums {
    pub samples: u32,
    pub good: u32,
    pub marginal: u32,
    pub poor_rsrp: u32,
    pub poor_quality: u32,
    pub poor_both: u32,
    pub no_service_s: u32,
    pub voice_score_sum: u32,
    pub session_score_sum: u32,
    pub call_attempts: u32,
    pub call_failures: u32,
    pub call_ends: u32,
    pub call_drops: u32,
    pub mobility_events: u32,
    pub voice_scores: u32,
    pub busy_sessions: u32,
    pub busy_poor: u32,
    pub quiet_sessions: u32,
    pub quiet_poor: u32,
}

impl Sums {
    pub fn add(&mut self, p: &Pane) {
        self.samples += u32::from(p.samples);
        self.good += u32::from(p.good);
        self.marginal += u32::from(p.marginal);
        self.poor_rsrp += u32::from(p.poor_rsrp);
        self.poor_quality += u32::from(p.poor_quality);
        self.poor_both += u32::from(p.poor_both);
        self.no_service_s += u32::from(p.no_service_s);
        self.voice_score_sum += u32::from(p.voice_score_sum);
        self.session_score_sum += u32::from(p.session_score_sum);
        self.call_attempts += u32::from(p.call_attempts);
        self.call_failures += u32::from(p.call_failures);
        self.call_ends += u32::from(p.call_ends);
        self.call_drops += u32::from(p.call_drops);
        self.mobility_events += u32::from(p.mobility_events);
        self.voice_scores += u32::from(p.voice_scores);
        self.busy_sessions += u32::from(p.busy_sessions);
        self.busy_poor += u32::from(p.busy_poor);
        self.quiet_sessions += u32::from(p.quiet_sessions);
        self.quiet_poor += u32::from(p.quiet_poor);
    }

    /// The counters of one day that saw all of it; as everywhere, one too large for its place is full.
    pub(super) fn as_day(&self) -> Pane {
        let wide = |n: u32| u16::try_from(n).unwrap_or(u16::MAX);
        let narrow = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
        Pane {
            samples: wide(self.samples),
            good: wide(self.good),
            marginal: wide(self.marginal),
            poor_rsrp: wide(self.poor_rsrp),
            poor_quality: wide(self.poor_quality),
            poor_both: wide(self.poor_both),
            no_service_s: wide(self.no_service_s),
            voice_score_sum: wide(self.voice_score_sum),
            session_score_sum: wide(self.session_score_sum),
            call_attempts: narrow(self.call_attempts),
            call_failures: narrow(self.call_failures),
            call_ends: narrow(self.call_ends),
            call_drops: narrow(self.call_drops),
            mobility_events: narrow(self.mobility_events),
            voice_scores: narrow(self.voice_scores),
            busy_sessions: narrow(self.busy_sessions),
            busy_poor: narrow(self.busy_poor),
            quiet_sessions: narrow(self.quiet_sessions),
            quiet_poor: narrow(self.quiet_poor),
        }
    }

    #[must_use]
    pub fn poor(&self) -> u32 {
        self.poor_rsrp + self.poor_quality + self.poor_both
    }

    /// Neither good, marginal nor poor.
    #[must_use]
    pub fn fair(&self) -> u32 {
        self.samples.saturating_sub(self.good + self.marginal + self.poor())
    }

    /// Share of poor samples, 0..=1; `None` without samples.
    #[must_use]
    pub fn share_poor(&self) -> Option<f32> {
        (self.samples > 0).then(|| self.poor() as f32 / self.samples as f32)
    }

    #[must_use]
    pub fn no_service_minutes(&self) -> f32 {
        self.no_service_s as f32 / 60.0
    }

    /// Calls that were established, by whichever of set-ups and ends the source reports more of.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.call_attempts.saturating_sub(self.call_failures).max(self.call_ends + self.call_drops)
    }
}

/// One supported day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DayScore {
    pub day: Day,
    pub samples: u32,
    pub share_poor: f32,
    /// The day's own score, 0..=100.
    pub qoe: f32,
}

impl DayScore {
    /// A day is bad by its share of poor samples or by its score.
    #[must_use]
    pub fn is_bad(&self, target: f32, rules: &Rules) -> bool {
        self.share_poor >= rules.share_poor_bad || self.qoe < target
    }
}

/// The last `days` local days, today included.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Window {
    pub days: u8,
    pub sums: Sums,
    /// Days with enough samples to be judged (`day_samples_min`).
    pub supported_days: u8,
    /// Days on which anything was seen.
    pub seen_days: u8,
    /// `None` without a supported day.
    pub qoe: Option<Qoe>,
    pub latest: Option<DayScore>,
    pub worst: Option<DayScore>,
    /// Score of the second worst supported day: what one bad day cannot pull down.
    pub second_worst_qoe: Option<f32>,
    /// Days without service for as long as an episode lasts (`episode_minutes`) or longer.
    pub dark_days: u8,
}

impl Window {
    /// Bad by its share of poor samples, whatever its support.
    #[must_use]
    pub fn is_poor(&self, rules: &Rules) -> bool {
        self.sums.share_poor().is_some_and(|share| share >= rules.share_poor_bad)
    }

    /// Bad by its share of poor samples or by its score, whatever its support.
    #[must_use]
    pub fn is_bad(&self, target: f32, rules: &Rules) -> bool {
        self.is_poor(rules) || self.qoe.is_some_and(|qoe| qoe.score < target)
    }

    /// Scores below the target on two days or more, the latest supported one among the bad.
    #[must_use]
    pub fn is_below(&self, target: f32, rules: &Rules) -> bool {
        self.supported_days >= rules.days_min
            && self.qoe.is_some_and(|qoe| qoe.score < target)
            && self.second_worst_qoe.is_some_and(|score| score < target)
            && self.latest.is_some_and(|day| day.is_bad(target, rules))
    }

    /// ISO 8601 length: `P7D`.
    #[must_use]
    pub fn iso(&self) -> &'static str {
        match self.days {
            2 => "P2D",
            7 => "P7D",
            _ => "P14D",
        }
    }
}

/// Builds windows from days given newest first: each day is read once, whatever the number of windows.
#[derive(Debug, Default)]
pub(super) struct WindowBuilder {
    window: Window,
    qoe_sum: f32,
    parts: [(f32, f32); 4],
}

impl WindowBuilder {
    /// Adds the next older day.
    pub(super) fn day(&mut self, pane: &Pane, scored: Option<&Scored>, rules: &Rules) {
        if pane.is_empty() {
            return;
        }
        let w = &mut self.window;
        w.sums.add(pane);
        w.seen_days += 1;
        w.dark_days += u8::from(u32::from(pane.no_service_s) >= rules.episode_minutes * 60);
        let Some(&Scored { day: score, parts }) = scored else { return };
        let qoe = score.qoe;
        w.supported_days += 1;
        w.latest = w.latest.or(Some(score));
        // Of equally bad days the later one is kept.
        let overtaken = match w.worst {
            Some(worst) if qoe >= worst.qoe => Some(qoe),
            worst => {
                w.worst = Some(score);
                worst.map(|worst| worst.qoe)
            }
        };
        w.second_worst_qoe = w.second_worst_qoe.into_iter().chain(overtaken).reduce(f32::min);
        self.qoe_sum += qoe;
        let each = [parts.voice, parts.data, parts.coverage, parts.availability];
        for (sum, part) in self.parts.iter_mut().zip(each) {
            if let Some(value) = part {
                sum.0 += value;
                sum.1 += 1.0;
            }
        }
    }

    /// The window so far, as one of `days` days.
    pub(super) fn window(&self, days: u8, rules: &Rules) -> Window {
        let mut w = self.window;
        w.days = days;
        if let (Some(latest), Some(worst)) = (w.latest, w.worst) {
            let mean = self.qoe_sum / f32::from(w.supported_days);
            let k = &rules.weights;
            let score = k.worst_day * worst.qoe + k.latest_day * latest.qoe + k.mean_day * mean;
            let part = |i: usize| (self.parts[i].1 > 0.0).then(|| self.parts[i].0 / self.parts[i].1);
            let parts = Parts { voice: part(0), data: part(1), coverage: part(2), availability: part(3) };
            w.qoe = Some(Qoe {
                score,
                worst: worst.qoe,
                latest: latest.qoe,
                mean,
                parts,
                days: w.supported_days,
                samples: w.sums.samples,
            });
        }
        w
    }
}
