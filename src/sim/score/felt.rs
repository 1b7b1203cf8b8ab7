//! Whether what is said to be felt is felt. Pure.

use serde::Serialize;

use super::given::Given;
use super::rates::{Brier, Calibration};
use super::said::Said;

/// Calibration of `perceived.probability` at the end.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Felt {
    /// All customers whose view says a probability.
    pub all: Brier,
    /// Those with a true problem at the end.
    pub with_problem: Brier,
}

/// The outcome is what the truth drew of a problem (`felt`), else its probability; without a problem, the probability
/// of being unhappy all the same; 0 where the truth says nothing.
pub(super) fn score(given: &Given, said: &Said) -> Felt {
    let (mut all, mut with_problem) = (Calibration::default(), Calibration::default());
    for person in &given.people {
        let Some(view) = said.last.get(&person.customer_id) else { continue };
        let Some(probability) = view.probability else { continue };
        let problem = person.problem(view.as_of);
        let outcome = match problem {
            None => person.felt_probability_without_problem.unwrap_or(0.0),
            Some(problem) => problem.felt.map_or_else(|| problem.felt_probability.unwrap_or(0.0), f64::from),
        };
        all.count(probability, outcome);
        if problem.is_some() {
            with_problem.count(probability, outcome);
        }
    }
    Felt { all: all.score(), with_problem: with_problem.score() }
}
