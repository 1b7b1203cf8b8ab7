//! Homes counted, and how many of them suffer of what. Pure.

use serde::{Deserialize, Serialize};

use super::causes::{CauseSet, by_word};
use super::contribution::Ground;
use crate::units::{Cause, Causes, wilson};

/// Homes of an area, a cell or a hexagon. Sums are exact: what was added can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Homes {
    /// Homes seen: those with a known quality that were heard within the last days.
    pub homes: u32,
    /// Of these, degraded, by the cause diagnosed.
    #[serde(default, with = "by_word", skip_serializing_if = "by_word::is_zero")]
    pub degraded: Causes<u32>,
    /// Of the degraded, those whose only ground is a running episode.
    #[serde(default, with = "by_word", skip_serializing_if = "by_word::is_zero")]
    pub transient: Causes<u32>,
    /// Of the degraded, those whose trouble is fresh.
    #[serde(default, with = "by_word", skip_serializing_if = "by_word::is_zero")]
    pub fresh: Causes<u32>,
}

impl Homes {
    /// Adds one home (`up`), or takes it away. `trouble`: what it suffers of, and what that rests on.
    pub(super) fn count(&mut self, trouble: Option<(Cause, Ground)>, up: bool) {
        let step = |n: &mut u32| {
            debug_assert!(up || *n > 0, "only what was added is taken away");
            *n = if up { *n + 1 } else { n.saturating_sub(1) };
        };
        step(&mut self.homes);
        if let Some((cause, ground)) = trouble {
            step(&mut self.degraded[cause.index()]);
            if let Some(counts) = self.on(ground) {
                step(&mut counts[cause.index()]);
            }
        }
    }

    /// Adds degraded homes; they are counted among the homes already.
    pub(super) fn degrade(&mut self, cause: Cause, ground: Ground, homes: u32) {
        self.degraded[cause.index()] += homes;
        if let Some(counts) = self.on(ground) {
            counts[cause.index()] += homes;
        }
    }

    /// The counts kept of a ground; what is left of all degraded homes is the usual one.
    fn on(&mut self, ground: Ground) -> Option<&mut Causes<u32>> {
        match ground {
            Ground::Lasting => None,
            Ground::Transient => Some(&mut self.transient),
            Ground::Fresh => Some(&mut self.fresh),
        }
    }

    fn zip(self, other: &Self, op: impl Fn(u32, u32) -> u32) -> Self {
        let causes = |a: Causes<u32>, b: Causes<u32>| std::array::from_fn(|i| op(a[i], b[i]));
        Self {
            homes: op(self.homes, other.homes),
            degraded: causes(self.degraded, other.degraded),
            transient: causes(self.transient, other.transient),
            fresh: causes(self.fresh, other.fresh),
        }
    }

    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        self.zip(other, u32::saturating_add)
    }

    #[must_use]
    pub fn minus(self, other: &Self) -> Self {
        self.zip(other, u32::saturating_sub)
    }

    /// Degraded homes of any cause of the set.
    #[must_use]
    pub fn of(&self, causes: CauseSet) -> u32 {
        causes.iter().map(|c| self.degraded[c.index()]).sum()
    }

    /// Degraded homes of the set that are so by more than a running episode.
    #[must_use]
    pub fn lasting(&self, causes: CauseSet) -> u32 {
        causes.iter().map(|c| self.degraded[c.index()].saturating_sub(self.transient[c.index()])).sum()
    }

    /// Degraded homes of the set whose trouble is fresh.
    #[must_use]
    pub fn fresh(&self, causes: CauseSet) -> u32 {
        causes.iter().map(|c| self.fresh[c.index()]).sum()
    }

    /// Degraded homes, whatever the cause.
    #[must_use]
    pub fn all_degraded(&self) -> u32 {
        self.degraded.iter().sum()
    }

    #[must_use]
    pub fn fine(&self) -> u32 {
        self.homes.saturating_sub(self.all_degraded())
    }

    #[must_use]
    pub fn share(&self, causes: CauseSet) -> f64 {
        wilson::share(self.of(causes), self.homes)
    }

    /// The cause of the set that most homes suffer of; of equals the first. `building` in one spot is `coverage`.
    #[must_use]
    pub fn leading(&self, causes: CauseSet) -> Option<Cause> {
        let count = |cause: Cause| {
            let alone =
                if cause == Cause::Coverage && causes.contains(Cause::Building) { Cause::Building } else { cause };
            let own = self.degraded[cause.index()];
            if alone == cause { own } else { own + self.degraded[alone.index()] }
        };
        let network = causes.iter().filter(|c| c.is_network());
        network
            .fold(None, |best: Option<(Cause, u32)>, cause| match (best, count(cause)) {
                (Some((_, most)), n) if n <= most => best,
                (_, 0) => best,
                (_, n) => Some((cause, n)),
            })
            .map(|(cause, _)| cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_are_counted_and_taken_away_exactly() {
        let mut homes = Homes::default();
        let coverage = CauseSet::one(Cause::Coverage);
        let all = [None, Some(Ground::Transient), Some(Ground::Lasting), Some(Ground::Fresh)];
        let all = all.map(|ground| ground.map(|ground| (Cause::Coverage, ground)));
        for trouble in all {
            homes.count(trouble, true);
        }
        assert_eq!((homes.homes, homes.fine()), (4, 1));
        assert_eq!((homes.lasting(coverage), homes.fresh(coverage)), (2, 1), "what is fresh lasts");
        for trouble in all {
            homes.count(trouble, false);
        }
        assert_eq!(homes, Homes::default());
    }

    #[test]
    fn the_leading_cause_is_the_most_frequent_and_of_equals_the_first() {
        let mut homes = Homes::default();
        for cause in [Cause::Mobility, Cause::Interference, Cause::Building, Cause::Building] {
            homes.count(Some((cause, Ground::Lasting)), true);
        }
        assert_eq!(homes.leading(CauseSet::network()), Some(Cause::Interference));
        assert_eq!(homes.leading(CauseSet::network().in_one_spot()), Some(Cause::Coverage));
        assert_eq!(homes.leading(CauseSet::one(Cause::Outage)), None);
    }
}
