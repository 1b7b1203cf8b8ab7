//! The stage's rules: the section `[qos]` of the configuration. Pure.

use serde::{Deserialize, Serialize};

/// Thresholds, windows and weights of quality at home. The defaults are the design's numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// What makes a sample good, marginal or poor.
    pub grades: Grades,
    /// Where each indicator scores 0 and where 100.
    pub scores: Scores,
    /// How the parts weigh in the score, and how days do.
    pub weights: Weights,
    /// First hour of the busy period, local; default 18.
    pub busy_from_hour: u16,
    /// First hour after the busy period, local; default 23, so that busy is 18:00–22:59. Above `busy_from_hour`.
    pub busy_until_hour: u16,
    /// Samples that support a day; default 5.
    pub day_samples_min: u32,
    /// Supported days that today + yesterday (or 7 days) must have before they are called degraded; default 2.
    pub days_min: u8,
    /// Share of poor samples from which a window or a day is bad, 0..=1; default 0.30.
    pub share_poor_bad: f32,
    /// Points that a score must lie below the target before it is a problem by itself; default 8. A week of few calls
    /// and sessions knows its score no better than that.
    pub target_margin: f32,
    /// Newest samples at home outside working hours (Monday to Friday, 08:00 to 18:00) that tell what the home is like;
    /// default 6.
    pub free_samples_min: u32,
    /// If no more than this share of them is poor, while working hours are surely worse and bad, it is a place of work next
    /// door that is bad, and not the home, 0..=1; default 0.20. Below 0 the home is judged by all hours alike.
    pub free_share_fine: f32,
    /// Samples of today + yesterday from which an offer goes by these two days; with fewer it goes by the newest so many of
    /// two weeks, as [`super::Quality::degraded`] does; default 10.
    pub recent_samples_min: u32,
    /// Samples in 14 days that support an offer; default 20.
    pub offer_samples_min: u32,
    /// Days of 14 on which anything was seen that support an offer; default 3.
    pub offer_days_min: u8,
    /// Sessions below this volume say nothing about throughput, kB; default 1000 (1 MB).
    pub session_volume_min_kb: f32,
    /// A session below this is poor, kbit/s; default 3000 (what standard video needs). It is a bin's edge.
    pub session_poor_kbps: f32,
    /// Sessions in a week's bins from which their 10th percentile is believed; default 5.
    pub p10_sessions_min: u32,
    /// What a no-service record without a duration counts, seconds; default 60.
    pub no_service_default_s: f32,
    /// Poor or no service for this long is a running episode, minutes; default 15.
    pub episode_minutes: u32,
    /// An episode without news ends after this, minutes; default 60.
    pub episode_stale_minutes: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            grades: Grades::default(),
            scores: Scores::default(),
            weights: Weights::default(),
            busy_from_hour: 18,
            busy_until_hour: 23,
            day_samples_min: 5,
            days_min: 2,
            share_poor_bad: 0.30,
            target_margin: 8.0,
            free_samples_min: 6,
            free_share_fine: 0.20,
            recent_samples_min: 10,
            offer_samples_min: 20,
            offer_days_min: 3,
            session_volume_min_kb: 1000.0,
            session_poor_kbps: 3000.0,
            p10_sessions_min: 5,
            no_service_default_s: 60.0,
            episode_minutes: 15,
            episode_stale_minutes: 60,
        }
    }
}

/// Thresholds of a sample's grade. A value below `poor_*` is poor, below `marginal_*` marginal; a sample whose
/// present values all reach `good_*` is good; the rest is fair. Each triple must ascend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grades {
    pub poor_rsrp_dbm: f32,
    pub poor_rsrq_db: f32,
    pub poor_sinr_db: f32,
    pub marginal_rsrp_dbm: f32,
    pub marginal_rsrq_db: f32,
    pub marginal_sinr_db: f32,
    pub good_rsrp_dbm: f32,
    pub good_rsrq_db: f32,
    pub good_sinr_db: f32,
    /// GSM `RxLev` below this is poor, dBm.
    pub poor_gsm_dbm: f32,
    /// UMTS RSCP below this is poor, dBm.
    pub poor_umts_dbm: f32,
}

impl Default for Grades {
    fn default() -> Self {
        Self {
            poor_rsrp_dbm: -110.0,
            poor_rsrq_db: -15.0,
            poor_sinr_db: 0.0,
            marginal_rsrp_dbm: -100.0,
            marginal_rsrq_db: -12.0,
            marginal_sinr_db: 5.0,
            good_rsrp_dbm: -95.0,
            good_rsrq_db: -10.0,
            good_sinr_db: 10.0,
            poor_gsm_dbm: -100.0,
            poor_umts_dbm: -105.0,
        }
    }
}

/// An indicator's way from 0 to 100 points; `bad` may be the larger number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Scores 0 here and beyond.
    pub bad: f32,
    /// Scores 100 here and beyond.
    pub good: f32,
}

/// The two numbers of a [`Span`], for constants.
pub type Points = (f32, f32);

impl From<Points> for Span {
    fn from((bad, good): Points) -> Self {
        Self { bad, good }
    }
}

/// Bad and good points of each indicator, after the way ETSI TR 103 559 scores a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scores {
    /// Share of poor samples, 0..=1.
    pub share_poor: Span,
    /// Minutes without service a day.
    pub no_service_minutes: Span,
    /// Share of call set-ups that succeed.
    pub setup_success: Span,
    /// Share of established calls that drop.
    pub drop_share: Span,
    /// Time to set a call up, seconds.
    pub setup_time_s: Span,
    /// Mean opinion score of a call, from the E-model.
    pub voice_mos: Span,
    /// Throughput of a session, Mbit/s, on a log scale.
    pub throughput_mbps: Span,
    /// 10th percentile of the week's sessions, Mbit/s, on a log scale.
    pub throughput_p10_mbps: Span,
}

impl Default for Scores {
    fn default() -> Self {
        Self {
            share_poor: (0.50, 0.0).into(),
            no_service_minutes: (60.0, 0.0).into(),
            setup_success: (0.85, 1.0).into(),
            drop_share: (0.10, 0.0).into(),
            setup_time_s: (12.0, 4.5).into(),
            voice_mos: (2.0, 4.2).into(),
            throughput_mbps: (1.0, 20.0).into(),
            throughput_p10_mbps: (0.5, 8.0).into(),
        }
    }
}

/// Weights of the parts of a day's score (renormalised over the parts measured) and of days in a window's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    pub voice: f32,
    pub data: f32,
    pub coverage: f32,
    pub availability: f32,
    /// Peak-end: the worst supported day,
    pub worst_day: f32,
    /// the latest supported day,
    pub latest_day: f32,
    /// and the mean of all supported days.
    pub mean_day: f32,
    /// How far a day's score is pulled from the weighted mean to its weakest part, 0..=1; default 0.
    pub weakest_part: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            voice: 0.30,
            data: 0.35,
            coverage: 0.20,
            availability: 0.15,
            worst_day: 0.40,
            latest_day: 0.30,
            mean_day: 0.30,
            weakest_part: 0.0,
        }
    }
}
