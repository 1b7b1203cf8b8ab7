//! How sure a share is: the lower bound of Wilson's score interval. Pure.

/// Lower bound of the Wilson score interval for `hits` of `n` at `z` standard deviations (1.96: 97.5 % one-sided).
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927):
/// `(p + z²/2n − z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)`. 0 when nothing was seen: no evidence bounds nothing.
#[must_use]
pub fn lower_bound(hits: u32, n: u32, z: f64) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let (n, z2) = (f64::from(n), z * z);
    let p = (f64::from(hits) / n).min(1.0);
    let centre = p + z2 / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    ((centre - spread) / (1.0 + z2 / n)).max(0.0)
}

/// `hits / n`; 0 when nothing was seen.
#[must_use]
pub fn share(hits: u32, n: u32) -> f64 {
    if n == 0 { 0.0 } else { f64::from(hits) / f64::from(n) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_equals_values_computed_elsewhere() {
        // statsmodels.stats.proportion.proportion_confint(hits, n, alpha=.05, method="wilson")[0]
        for (hits, n, bound) in [(37, 60, 0.4902), (5, 5, 0.5655), (4, 5, 0.3755), (3, 5, 0.2307), (0, 10, 0.0)] {
            assert!((lower_bound(hits, n, 1.96) - bound).abs() < 5e-4, "{hits} of {n}: {}", lower_bound(hits, n, 1.96));
        }
    }

    #[test]
    fn two_of_five_homes_prove_less_than_two_hundred_of_five_hundred() {
        assert!(lower_bound(2, 5, 1.96) < 0.30);
        assert!(lower_bound(200, 500, 1.96) > 0.35);
    }

    #[test]
    fn nothing_seen_bounds_nothing() {
        assert!(lower_bound(0, 0, 1.96).abs() < f64::EPSILON);
        assert!(share(0, 0).abs() < f64::EPSILON);
    }
}
