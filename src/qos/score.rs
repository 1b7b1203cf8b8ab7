//! Scores from 0 to 100 and the E-model. Pure.

use serde::{Deserialize, Serialize};

use super::rules::{Span, Weights};

impl Span {
    /// Linear between `bad` (0) and `good` (100), clamped, as ETSI TR 103 559 scores an indicator.
    #[must_use]
    pub fn linear(self, value: f32) -> f32 {
        (100.0 * (value - self.bad) / (self.good - self.bad)).clamp(0.0, 100.0)
    }

    /// The same on a log scale; `value` at or below zero scores 0. Both ends must be above zero.
    #[must_use]
    pub fn log(self, value: f32) -> f32 {
        if value <= 0.0 {
            return 0.0;
        }
        (100.0 * (value / self.bad).ln() / (self.good / self.bad).ln()).clamp(0.0, 100.0)
    }
}

/// Transmission rating R of a call, 0..=93.2, by the E-model (ITU-T G.107) with its default values, which leave
/// `R = 93.2 − Id − Ie,eff`. Delay enters by the usual linear form of `Id`
/// (`0.024·d + 0.11·(d − 177.3)` above 177.3 ms), loss by `Ie,eff = Ie + (95 − Ie)·Ppl/(Ppl + Bpl)` for random
/// loss, with `Ie` 5 and `Bpl` 10, which ITU-T G.113 Appendix I gives for AMR 12.2.
#[must_use]
pub fn emodel_r(loss_pct: f32, one_way_delay_ms: f32) -> f32 {
    const IE: f32 = 5.0;
    const BPL: f32 = 10.0;
    let loss = loss_pct.clamp(0.0, 100.0);
    let delay = one_way_delay_ms.max(0.0);
    let id = 0.024 * delay + 0.11 * (delay - 177.3).max(0.0);
    let ie_eff = IE + (95.0 - IE) * loss / (loss + BPL);
    (93.2 - id - ie_eff).clamp(0.0, 100.0)
}

/// Mean opinion score of a rating R, 1..=4.5, by ITU-T G.107 Annex B.
#[must_use]
pub fn emodel_mos(r: f32) -> f32 {
    if r <= 0.0 {
        1.0
    } else if r >= 100.0 {
        4.5
    } else {
        (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).max(1.0)
    }
}

/// The parts of a score, each 0..=100; `None` where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Parts {
    pub voice: Option<f32>,
    pub data: Option<f32>,
    pub coverage: Option<f32>,
    pub availability: Option<f32>,
}

impl Parts {
    /// The parts with their weights.
    fn weighed(&self, w: &Weights) -> [(Option<f32>, f32); 4] {
        [(self.voice, w.voice), (self.data, w.data), (self.coverage, w.coverage), (self.availability, w.availability)]
    }

    /// Weighted mean of the measured parts, pulled to the weakest one by `weakest_part`; `None` when none was.
    #[must_use]
    pub fn score(&self, w: &Weights) -> Option<f32> {
        let (mut sum, mut weight, mut weakest) = (0.0, 0.0, f32::INFINITY);
        for (part, share) in self.weighed(w) {
            if let Some(value) = part {
                sum += value * share;
                weight += share;
                weakest = weakest.min(value);
            }
        }
        (weight > 0.0).then(|| sum / weight * (1.0 - w.weakest_part) + weakest * w.weakest_part)
    }
}

/// Mean of the scores that exist.
pub(super) fn mean_of(scores: &[Option<f32>]) -> Option<f32> {
    let (mut sum, mut n) = (0.0, 0.0);
    for score in scores.iter().flatten() {
        sum += score;
        n += 1.0;
    }
    (n > 0.0).then(|| sum / n)
}

/// A window's quality of experience, 0..=100, with its support beside it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Qoe {
    /// Peak-end over the supported days: worst, latest and mean by [`Weights`].
    pub score: f32,
    pub worst: f32,
    pub latest: f32,
    pub mean: f32,
    /// Mean of each part over the supported days that measured it.
    pub parts: Parts,
    /// Supported days.
    pub days: u8,
    /// Samples of the whole window.
    pub samples: u32,
}
