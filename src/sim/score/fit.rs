//! The coefficients of what is felt, fitted to a truth: logistic regression on the terms that the views tell. Pure.

use super::felt::outcome;
use super::given::Given;
use super::rates::{Brier, Calibration};
use super::said::Said;

/// The terms of the model, by their names in `[perception.felt]`; the constant comes before them.
pub const TERMS: [&str; 5] = ["shortfall", "contact", "names_home", "detractor", "no_service"];

/// Constant and terms.
const SIZE: usize = TERMS.len() + 1;

/// How strongly a coefficient is held where it was: as by one customer who contradicts the data.
const PULL: f64 = 1.0;

/// Newton's method on a concave function doubles its digits with each step.
const STEPS: usize = 30;

/// Fitted coefficients.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The constant, then [`TERMS`].
    pub coefficients: [f64; SIZE],
    /// What the views said, and what the fitted model says of the same views.
    pub before: Brier,
    pub after: Brier,
}

/// Fits the model to the views of all dates; `from` are the coefficients that it starts from and is pulled to, so that
/// a term which the town never shows stays as it was. `None` where no view tells its terms.
#[must_use]
pub fn fit(given: &Given, said: &Said, from: [f64; SIZE]) -> Option<Fit> {
    let people = given.by_id();
    let mut rows = Vec::new();
    let mut before = Calibration::default();
    for view in said.last.values().chain(said.earlier.iter().flatten()) {
        let Some((person, terms)) = people.get(view.customer.as_str()).zip(view.terms) else { continue };
        let outcome = outcome(person, view.as_of);
        before.count(view.probability.unwrap_or(0.0), outcome);
        rows.push((with_constant(terms), outcome));
    }
    if rows.is_empty() {
        return None;
    }
    let coefficients = regress(&rows, from);
    let mut after = Calibration::default();
    for (row, outcome) in &rows {
        after.count(probability(row, &coefficients), *outcome);
    }
    Some(Fit { coefficients, before: before.score(), after: after.score() })
}

fn with_constant(terms: [f64; TERMS.len()]) -> [f64; SIZE] {
    std::array::from_fn(|at| if at == 0 { 1.0 } else { terms[at - 1] })
}

fn probability(row: &[f64; SIZE], coefficients: &[f64; SIZE]) -> f64 {
    let logit: f64 = row.iter().zip(coefficients).map(|(value, k)| value * k).sum();
    1.0 / (1.0 + (-logit).exp())
}

/// The coefficients of greatest likelihood, less `PULL`/2 times the squared way from `from`.
fn regress(rows: &[([f64; SIZE], f64)], from: [f64; SIZE]) -> [f64; SIZE] {
    let mut k = from;
    for _ in 0..STEPS {
        let mut gradient: [f64; SIZE] = std::array::from_fn(|at| PULL * (from[at] - k[at]));
        let mut curvature = [[0.0; SIZE]; SIZE];
        (0..SIZE).for_each(|at| curvature[at][at] = PULL);
        for (row, outcome) in rows {
            let p = probability(row, &k);
            for at in 0..SIZE {
                gradient[at] += (outcome - p) * row[at];
                for other in 0..SIZE {
                    curvature[at][other] += p * (1.0 - p) * row[at] * row[other];
                }
            }
        }
        let step = solve(curvature, gradient);
        // A whole step may overshoot where the model is sure and wrong.
        let length = step.iter().fold(0.0, |longest: f64, part| longest.max(part.abs()));
        let scale = (2.0 / length).min(1.0);
        k.iter_mut().zip(step).for_each(|(k, part)| *k += scale * part);
        if length < 1e-9 {
            break;
        }
    }
    k
}

/// Gaussian elimination; the matrix is positive definite, so no pivot is zero.
fn solve(mut matrix: [[f64; SIZE]; SIZE], mut right: [f64; SIZE]) -> [f64; SIZE] {
    for pivot in 0..SIZE {
        for row in pivot + 1..SIZE {
            let (above, factor) = (matrix[pivot], matrix[row][pivot] / matrix[pivot][pivot]);
            matrix[row].iter_mut().zip(above).skip(pivot).for_each(|(value, above)| *value -= factor * above);
            right[row] -= factor * right[pivot];
        }
    }
    for row in (0..SIZE).rev() {
        let known: f64 = (row + 1..SIZE).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected outcomes of a known model, at every corner of its terms.
    fn corners(k: [f64; SIZE], weight: usize) -> Vec<([f64; SIZE], f64)> {
        let corner = |n: usize| {
            let row = with_constant(std::array::from_fn(|at| f64::from(u8::from(n >> at & 1 == 1))));
            std::iter::repeat_n((row, probability(&row, &k)), weight)
        };
        (0..1 << TERMS.len()).flat_map(corner).collect()
    }

    #[test]
    fn the_model_that_made_the_outcomes_is_found_again_from_far_away() {
        let k = [-2.5, 0.7, 1.1, 2.0, -0.4, 0.3];
        let found = regress(&corners(k, 2_000), [3.0, -3.0, 0.0, 0.0, 5.0, -5.0]);
        for (found, k) in found.iter().zip(k) {
            assert!((found - k).abs() < 0.02, "{found} {k}");
        }
    }

    #[test]
    fn a_term_that_never_shows_stays_as_it_was() {
        let k = [-2.0, 0.5, 1.0, 1.0, 1.0, 0.0];
        let rows: Vec<_> = corners(k, 100).into_iter().filter(|(row, _)| row[5] == 0.0).collect();
        assert!((regress(&rows, [0.0, 0.0, 0.0, 0.0, 0.0, 0.77])[5] - 0.77).abs() < 1e-9);
    }
}
