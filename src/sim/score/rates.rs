//! Arithmetic of scores: shares, precision and recall, quantiles, calibration. Pure.

use serde::Serialize;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    pub right: u64,
    pub of: u64,
}

impl Share {
    pub fn count(&mut self, right: bool) {
        self.of += 1;
        self.right += u64::from(right);
    }

    /// `None` of nothing: a share of nobody is not a figure.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.right as f64 / self.of as f64)
    }
}

impl Serialize for Share {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut out = serializer.serialize_struct("Share", 3)?;
        out.serialize_field("right", &self.right)?;
        out.serialize_field("of", &self.of)?;
        out.serialize_field("share", &self.value().map(rounded))?;
        out.end()
    }
}

/// What was found, what was not, what was not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Said and true.
    pub hits: u64,
    /// Said and not true.
    pub false_alarms: u64,
    /// True and not said.
    pub misses: u64,
}

impl Found {
    pub fn count(&mut self, said: bool, real: bool) {
        self.hits += u64::from(said && real);
        self.false_alarms += u64::from(said && !real);
        self.misses += u64::from(!said && real);
    }

    pub fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.false_alarms += other.false_alarms;
        self.misses += other.misses;
    }

    /// Share of what was said that is true.
    #[must_use]
    pub fn precision(self) -> Option<f64> {
        Share { right: self.hits, of: self.hits + self.false_alarms }.value()
    }

    /// Share of what is true that was said.
    #[must_use]
    pub fn recall(self) -> Option<f64> {
        Share { right: self.hits, of: self.hits + self.misses }.value()
    }

    /// Harmonic mean of the two: `2·hits / (2·hits + false alarms + misses)`.
    #[must_use]
    pub fn f1(self) -> Option<f64> {
        let of = 2 * self.hits + self.false_alarms + self.misses;
        Share { right: 2 * self.hits, of }.value()
    }
}

impl Serialize for Found {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut out = serializer.serialize_struct("Found", 6)?;
        out.serialize_field("hits", &self.hits)?;
        out.serialize_field("false_alarms", &self.false_alarms)?;
        out.serialize_field("misses", &self.misses)?;
        out.serialize_field("precision", &self.precision().map(rounded))?;
        out.serialize_field("recall", &self.recall().map(rounded))?;
        out.serialize_field("f1", &self.f1().map(rounded))?;
        out.end()
    }
}

/// Four digits behind the point.
#[must_use]
pub fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Quantiles of a list of figures; all `None` of an empty one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Spread {
    pub count: usize,
    pub median: Option<f64>,
    pub p90: Option<f64>,
    pub max: Option<f64>,
}

impl Spread {
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |q: f64| quantile(&values, q).map(rounded);
        Self { count: values.len(), median: at(0.5), p90: at(0.9), max: at(1.0) }
    }
}

/// The nearest rank: the smallest value that at least a share `q` of all does not exceed.
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let rank = (q * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied()
}

/// Bins of a reliability curve.
pub const BINS: usize = 10;

/// How well probabilities agree with what came true.
#[derive(Debug, Clone, Default)]
pub struct Calibration {
    count: u64,
    squares: f64,
    outcomes: f64,
    bins: [(u64, f64, f64); BINS],
}

impl Calibration {
    /// `said` is a probability; `outcome` 0 or 1, or the true probability of 1 where nobody threw the dice: then all
    /// sums are expectations over it.
    pub fn count(&mut self, said: f64, outcome: f64) {
        let said = said.clamp(0.0, 1.0);
        self.count += 1;
        self.squares += outcome * (1.0 - said).powi(2) + (1.0 - outcome) * said.powi(2);
        self.outcomes += outcome;
        let bin = &mut self.bins[((said * BINS as f64) as usize).min(BINS - 1)];
        *bin = (bin.0 + 1, bin.1 + said, bin.2 + outcome);
    }

    #[must_use]
    pub fn score(&self) -> Brier {
        let mean = |sum: f64| (self.count > 0).then(|| sum / self.count as f64);
        let (brier, rate) = (mean(self.squares), mean(self.outcomes));
        // The variance of a coin: its square is itself.
        let base_brier = rate.map(|rate| rate * (1.0 - rate));
        let better = brier.zip(base_brier).filter(|(_, base)| *base > 0.0).map(|(brier, base)| 1.0 - brier / base);
        let bin = |(i, (count, said, came)): (usize, &(u64, f64, f64))| Bin {
            from: i as f64 / BINS as f64,
            count: *count,
            said: (*count > 0).then(|| rounded(said / *count as f64)),
            came_true: (*count > 0).then(|| rounded(came / *count as f64)),
        };
        Brier {
            count: self.count,
            brier: brier.map(rounded),
            base_rate: rate.map(rounded),
            base_rate_brier: base_brier.map(rounded),
            better_than_base_rate: better.map(rounded),
            curve: self.bins.iter().enumerate().map(bin).collect(),
        }
    }
}

/// A Brier score beside that of always saying the base rate, and the reliability curve.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Brier {
    pub count: u64,
    /// Mean squared error of the probability; 0 is perfect.
    pub brier: Option<f64>,
    pub base_rate: Option<f64>,
    pub base_rate_brier: Option<f64>,
    /// 1 − brier / base rate's brier.
    pub better_than_base_rate: Option<f64>,
    pub curve: Vec<Bin>,
}

/// One bin of the curve: what was said there on average, and how often it came true.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Bin {
    pub from: f64,
    pub count: u64,
    pub said: Option<f64>,
    pub came_true: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nobody_and_an_f1_of_nothing_are_no_figures() {
        assert_eq!(Share::default().value(), None);
        assert_eq!(
            (Found::default().precision(), Found::default().recall(), Found::default().f1()),
            (None, None, None)
        );
        assert_eq!(Spread::of(Vec::new()), Spread::default());
        assert_eq!(Calibration::default().score().brier, None);
    }

    #[test]
    fn precision_recall_and_f1_of_eight_hits_two_alarms_and_four_misses() {
        let found = Found { hits: 8, false_alarms: 2, misses: 4 };
        assert_eq!(found.precision(), Some(0.8));
        assert_eq!(found.recall().map(rounded), Some(0.6667));
        assert_eq!(found.f1().map(rounded), Some(0.7273));
        let none = Found { misses: 4, ..Found::default() };
        assert_eq!((none.precision(), none.recall(), none.f1()), (None, Some(0.0), Some(0.0)));
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 2.0]);
        assert_eq!((spread.median, spread.p90, spread.max), (Some(2.0), Some(4.0), Some(4.0)));
    }

    #[test]
    fn whoever_says_the_base_rate_is_no_better_than_it_and_whoever_knows_is_perfect() {
        let (mut blind, mut knows) = (Calibration::default(), Calibration::default());
        for outcome in [1.0, 0.0, 0.0, 0.0] {
            blind.count(0.25, outcome);
            knows.count(outcome, outcome);
        }
        assert_eq!(blind.score().better_than_base_rate, Some(0.0));
        assert_eq!(blind.score().brier, Some(0.1875));
        assert_eq!((knows.score().brier, knows.score().better_than_base_rate), (Some(0.0), Some(1.0)));
        assert_eq!(knows.score().curve[9], Bin { from: 0.9, count: 1, said: Some(1.0), came_true: Some(1.0) });
    }

    #[test]
    fn a_true_probability_is_scored_as_the_expectation_over_its_outcomes() {
        let mut expected = Calibration::default();
        expected.count(0.3, 0.3);
        assert_eq!(expected.score().brier, Some(0.21), "the variance that is left when the truth itself is said");
    }
}
