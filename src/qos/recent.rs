//! The newest samples that say enough. Pure.

use super::pane::Pane;
use super::rules::Rules;

/// Samples walked back from today, in stretches of as many days as it takes to support one.
///
/// Two days are no measure of a home that yields three samples a day or one, because it is mostly on Wi-Fi or hardly has
/// service: its last ten samples tell the same as another's today and yesterday. And a day that has only begun is no
/// stretch of its own: with yesterday it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Recent {
    all: Count,
    /// The stretch that is not yet long enough.
    open: Count,
    /// The newest stretch, once it is.
    newest: Count,
    stretches: u8,
    poor_stretches: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Count {
    samples: u32,
    poor: u32,
}

impl Count {
    fn add(&mut self, pane: &Pane) {
        self.samples += u32::from(pane.samples);
        self.poor += pane.poor();
    }

    fn reaches(self, share: f32) -> bool {
        self.samples > 0 && self.poor as f32 >= share * self.samples as f32
    }
}

impl Recent {
    /// Days looked back at most: as far as the panes reach.
    pub(super) const DAYS_MAX: i32 = 14;

    /// Adds the next older day.
    pub(super) fn day(&mut self, pane: &Pane, rules: &Rules) {
        self.all.add(pane);
        self.open.add(pane);
        if self.open.samples < rules.day_samples_min {
            return;
        }
        let stretch = std::mem::take(&mut self.open);
        if self.stretches == 0 {
            self.newest = stretch;
        }
        self.stretches += 1;
        // Half of what makes a home bad makes a stretch no contradiction.
        self.poor_stretches += u8::from(stretch.reaches(rules.share_poor_bad / 2.0));
    }

    pub(super) fn is_enough(&self, rules: &Rules) -> bool {
        self.all.samples >= rules.recent_samples_min && self.stretches >= rules.days_min
    }

    /// Whether the latest day, or as many of the latest as support one, is poor.
    pub(super) fn is_newest_poor(&self, rules: &Rules) -> bool {
        self.newest.reaches(rules.share_poor_bad)
    }

    /// Poor altogether, in more than one stretch, and still: one bad evening is no bad home, and neither is one that
    /// was repaired.
    pub(super) fn is_poor(&self, rules: &Rules) -> bool {
        self.is_enough(rules)
            && self.all.reaches(rules.share_poor_bad)
            && self.poor_stretches >= rules.days_min
            && self.is_newest_poor(rules)
    }
}
