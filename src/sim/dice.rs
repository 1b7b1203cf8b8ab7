//! Seeded random numbers. Pure: the same seed, purpose and indices always give the same throws.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// What a stream of throws is for, so that one purpose's throws never shift another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Sites = 1,
    Places = 2,
    People = 3,
    Crm = 4,
    Faults = 5,
    Truth = 6,
    Contacts = 7,
    Plan = 8,
    Day = 9,
}

/// One stream of throws.
#[derive(Debug, Clone)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of a purpose and two indices (a person and a day, say).
    pub(crate) fn new(seed: u64, purpose: Purpose, first: u64, second: u64) -> Self {
        let mut key = [0_u8; 32];
        for (part, value) in key.chunks_exact_mut(8).zip([seed, purpose as u64, first, second]) {
            part.copy_from_slice(&value.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in 0..1.
    pub(crate) fn unit(&mut self) -> f64 {
        unit_of(self.0.next_u64())
    }

    /// Uniform in `low..high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Standard normal.
    pub(crate) fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// A whole number in `0..count`; 0 when `count` is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// Poisson, by multiplying uniforms; a large mean in parts of 60, below which the product does not vanish.
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        let (mut left, mut count) = (mean.max(0.0), 0);
        loop {
            let floor = (-left.min(60.0)).exp();
            let mut product = self.unit();
            while product > floor {
                product *= self.unit();
                count += 1;
            }
            left -= 60.0;
            if left <= 0.0 {
                return count;
            }
        }
    }

    /// An index drawn with these weights.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// A value of a distribution given by its quantiles, (share, value) in rising order, linear between them.
    pub(crate) fn quantile(&mut self, table: &[(f64, f64)]) -> f64 {
        at_quantile(table, self.unit())
    }

    /// A whole number in `low..high`.
    pub(crate) fn whole(&mut self, low: i32, high: i32) -> i32 {
        let span = i64::from(high) - i64::from(low);
        low + ((self.unit() * span as f64) as i32).min(high.saturating_sub(low + 1))
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The value of a quantile table at a share of 0..1.
pub(crate) fn at_quantile(table: &[(f64, f64)], share: f64) -> f64 {
    let after = table.partition_point(|(at, _)| *at <= share).clamp(1, table.len() - 1);
    let ((low, from), (high, to)) = (table[after - 1], table[after]);
    from + (to - from) * ((share - low) / (high - low)).clamp(0.0, 1.0)
}

/// The scrambling of `SplitMix64`: a fixed scrambling of one number, for values that belong to a place rather than to a moment.
pub(crate) fn scramble(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The upper 53 bits as a number in 0..1.
pub(crate) fn unit_of(bits: u64) -> f64 {
    (bits >> 11) as f64 / 9_007_199_254_740_992.0
}

/// A standard normal that belongs to `value` (the sum of four uniforms, right to 2 % within three deviations).
pub(crate) fn normal_of(value: u64) -> f64 {
    let bits = scramble(value);
    let sum: f64 = (0..4).map(|part| f64::from((bits >> (16 * part)) as u16) / 65_536.0).sum();
    (sum - 2.0) * 3.0_f64.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_repeats_and_its_neighbours_differ() {
        let throw = |purpose, a| Dice::new(7, purpose, a, 0).unit().to_bits();
        assert_eq!(throw(Purpose::Day, 3), throw(Purpose::Day, 3));
        assert_ne!(throw(Purpose::Day, 3), throw(Purpose::Day, 4));
        assert_ne!(throw(Purpose::Day, 3), throw(Purpose::Crm, 3));
    }

    #[test]
    fn poisson_and_place_normals_have_their_moments() {
        let mut dice = Dice::new(1, Purpose::Day, 0, 0);
        let mean = (0..4_000).map(|_| f64::from(dice.poisson(16.0))).sum::<f64>() / 4_000.0;
        assert!((mean - 16.0).abs() < 0.3, "{mean}");
        let large = (0..400).map(|_| f64::from(dice.poisson(500.0))).sum::<f64>() / 400.0;
        assert!((large - 500.0).abs() < 5.0, "{large}");
        let squares = (0..10_000).map(|i| normal_of(i).powi(2)).sum::<f64>() / 10_000.0;
        assert!((squares - 1.0).abs() < 0.05, "{squares}");
    }

    #[test]
    fn a_quantile_table_is_read_linearly_and_never_left() {
        let table = [(0.0, 10.0), (0.5, 20.0), (1.0, 40.0)];
        assert!((at_quantile(&table, 0.75) - 30.0).abs() < 1e-9);
        assert!((at_quantile(&table, 1.0) - 40.0).abs() < 1e-9);
    }
}
