//! Whether what is said to be felt is felt. Pure.

use serde::Serialize;

use super::given::{Given, GivenPerson};
use super::rates::{Brier, Calibration};
use super::said::Said;
use crate::units::Millis;

/// Calibration of `perceived.probability` at the end.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Felt {
    /// All customers whose view says a probability.
    pub all: Brier,
    /// Those with a true problem at the end.
    pub with_problem: Brier,
}

/// What came true of a view: what the truth drew of a problem (`felt`), else its probability; without a problem, the
/// probability of being unhappy all the same; 0 where the truth says nothing.
pub(super) fn outcome(person: &GivenPerson, at: Millis) -> f64 {
    match person.problem(at) {
        None => person.felt_probability_without_problem.unwrap_or(0.0),
        Some(problem) => problem.felt.map_or_else(|| problem.felt_probability.unwrap_or(0.0), f64::from),
    }
}

pub(super) fn score(given: &Given, said: &Said) -> Felt {
    let (mut all, mut with_problem) = (Calibration::default(), Calibration::default());
    for person in &given.people {
        let Some(view) = said.last.get(&person.customer_id) else { continue };
        let Some(probability) = view.probability else { continue };
        let outcome = outcome(person, view.as_of);
        all.count(probability, outcome);
        if person.problem(view.as_of).is_some() {
            with_problem.count(probability, outcome);
        }
    }
    Felt { all: all.score(), with_problem: with_problem.score() }
}
