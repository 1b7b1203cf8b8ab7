//! What was observed, against which threshold: one element of an action's `why.reasons`. Pure.

use serde::Serialize;

use crate::units::words;

words! {
    /// On which side of its threshold an observation counts against the service.
    Direction { Above = "above", Below = "below" }
}

/// One observed figure. `unit` is a UCUM code, `1` for shares and counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    pub indicator: &'static str,
    /// `share_poor`, `p10`, `per_day`, …; empty (and left out) where the indicator is itself the figure.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub statistic: &'static str,
    pub observed: f64,
    pub unit: &'static str,
    pub threshold: f64,
    pub direction: Direction,
    /// ISO 8601 duration that ends today: `P14D`.
    pub window: &'static str,
    /// How many samples, events or homes the figure rests on.
    pub samples: u32,
}

impl Evidence {
    /// Whether the figure has reached its threshold.
    pub(super) fn is_beyond(&self) -> bool {
        match self.direction {
            Direction::Above => self.observed >= self.threshold,
            Direction::Below => self.observed < self.threshold,
        }
    }

    /// `observed` to three decimals: more would pretend to what the bins and counters do not hold.
    #[must_use]
    pub(super) fn rounded(mut self) -> Self {
        self.observed = (self.observed * 1000.0).round() / 1000.0;
        // f32 thresholds of the configuration must print as they were written.
        self.threshold = (self.threshold * 1000.0).round() / 1000.0;
        self
    }
}
