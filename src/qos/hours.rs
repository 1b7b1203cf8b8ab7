//! Samples of working hours apart from those of all others: who is poor at a desk in a basement is not poor on the way
//! there, and a broken handset is poor on both. Pure.

use serde::{Deserialize, Serialize};

use super::grade::Grade;
use super::rules::Rules;
use crate::units::LocalTime;

/// Samples of either kind of hours. Each pair forgets by halving at `FULL`, so that its share stays and the newer samples
/// come to weigh more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ByHours<const FULL: u8> {
    working: Pair,
    free: Pair,
}

/// Samples taken away from home: ten days or two weeks of an ordinary customer's.
pub type Elsewhere = ByHours<128>;

/// Samples taken at home: its last two or three days.
pub type AtHome = ByHours<24>;

/// Samples, and how many of them were poor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Pair {
    samples: u8,
    poor: u8,
}

impl Pair {
    fn fold(&mut self, poor: bool, full: u8) {
        if self.samples >= full {
            self.samples /= 2;
            self.poor /= 2;
        }
        self.samples += 1;
        self.poor += u8::from(poor);
    }

    fn share_poor(self) -> f32 {
        f32::from(self.poor) / f32::from(self.samples.max(1))
    }
}

impl<const FULL: u8> ByHours<FULL> {
    /// At which count a pair is halved.
    pub const FULL: u8 = FULL;

    /// Monday to Friday, 08:00 to 18:00: local hours in which most people who work are at work.
    fn is_working(local: LocalTime) -> bool {
        local.day.weekday() < 5 && (8..18).contains(&local.hour())
    }

    pub fn fold(&mut self, grade: Grade, local: LocalTime) {
        let pair = if Self::is_working(local) { &mut self.working } else { &mut self.free };
        pair.fold(grade.is_poor(), FULL);
    }

    /// `(samples, poor)` of working hours and of all others.
    #[must_use]
    pub fn pairs(self) -> [(u32, u32); 2] {
        [self.working, self.free].map(|pair| (u32::from(pair.samples), u32::from(pair.poor)))
    }
}

/// Standard deviations by which working hours must be worse: of homes that are poor at all hours alike, about one look in
/// a thousand shows as much.
const SURELY: f32 = 3.0;

impl AtHome {
    /// How many standard deviations the poor share of working hours lies above that of the others: the z of two proportions
    /// with pooled variance.
    fn contrast(self) -> f32 {
        let [w, f] = [self.working, self.free];
        let [n, m] = [f32::from(w.samples.max(1)), f32::from(f.samples.max(1))];
        let pooled = (f32::from(w.poor) + f32::from(f.poor)) / (n + m);
        let sd = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
        if sd > 0.0 { (w.share_poor() - f.share_poor()) / sd } else { 0.0 }
    }

    /// Fine outside working hours, and surely more often poor in them: that is a place of work on the home's own cells. A
    /// flat is poor in the evening too.
    #[must_use]
    pub fn is_work_next_door(self, rules: &Rules) -> bool {
        u32::from(self.free.samples) >= rules.free_samples_min
            && self.free.share_poor() <= rules.free_share_fine
            && self.working.share_poor() >= rules.share_poor_bad
            && self.contrast() >= SURELY
    }
}

const _: () = assert!(size_of::<Elsewhere>() == 4);
