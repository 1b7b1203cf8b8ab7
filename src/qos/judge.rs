//! The rules' answers. Pure.

use serde::{Deserialize, Serialize};

use super::episode::{Episode, Running};
use super::hours::AtHome;
use super::opened::{Opened, pooled};
use super::rules::Rules;
use super::score::Qoe;
use super::window::Window;
use crate::units::{Day, Millis};

/// What the service at home is like.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Quality {
    /// Today + yesterday, 7 days, 14 days.
    pub windows: [Window; 3],
    /// The score below which a window is bad, 0..=100.
    pub target: f32,
    /// The score of 7 days: what a customer remembers. Where none of them is supported, that of all their samples together,
    /// or of the 14 days'; `None` where they are too few for one day.
    pub qoe: Option<Qoe>,
    /// The newest samples are poor, on two days or more and to the last; or the score is below the target; or an
    /// episode is running; and it is not in working hours only.
    pub degraded: bool,
    /// What is bad is a place of work on the home's own cells: nothing of it is the home's.
    pub work_next_door: bool,
    /// Degraded by more than a running episode.
    pub lasting: bool,
    /// Degraded, or below the target over 7 days.
    pub problem: bool,
    /// Today + yesterday is itself bad to its newest samples; where these are too few, the newest of two weeks are, and what
    /// there is of the two days.
    pub recent_bad: bool,
    /// The samples and days an offer needs are there.
    pub offer_supported: bool,
    pub running: Option<Running>,
}

impl Quality {
    #[must_use]
    pub fn recent(&self) -> &Window {
        &self.windows[0]
    }

    #[must_use]
    pub fn week(&self) -> &Window {
        &self.windows[1]
    }

    #[must_use]
    pub fn fortnight(&self) -> &Window {
        &self.windows[2]
    }
}

/// Judges a home's panes as of the local day `today` and the instant `now`, against the segment's `target` (0..=100).
/// `hours`: its newest samples by working hours.
#[must_use]
pub fn judge(
    panes: &Opened,
    episode: &Episode,
    hours: AtHome,
    today: Day,
    now: Millis,
    target: f32,
    rules: &Rules,
) -> Quality {
    let windows = panes.windows(today, [2, 7, 14], rules);
    let [recent, week, fortnight] = &windows;
    let work_next_door = hours.is_work_next_door(rules);
    let running = episode.running(now, rules).filter(|_| !work_next_door);
    let newest = panes.recent(today, rules);
    let bad =
        newest.is_poor(rules) || recent.is_below(target, rules) || is_still_below(panes, today, week, target, rules);
    let lasting = bad && !work_next_door;
    let degraded = lasting || running.is_some();
    let problem = degraded || (week.is_below(target, rules) && !work_next_door);
    let still_bad = newest.is_newest_poor(rules) || recent.latest.is_some_and(|day| day.is_bad(target, rules));
    let recent_bad = if recent.sums.samples >= rules.recent_samples_min {
        recent.is_bad(target, rules) && still_bad
    } else {
        // A home that yields few samples: the newest ten, unless those of the two days say otherwise.
        newest.is_poor(rules) && recent.is_poor(rules)
    };
    let offer_supported =
        fortnight.sums.samples >= rules.offer_samples_min && fortnight.seen_days >= rules.offer_days_min;
    Quality {
        windows,
        target,
        qoe: week.qoe.or_else(|| [week, fortnight].into_iter().find_map(|window| pooled(window, today, rules))),
        degraded,
        work_next_door,
        lasting,
        problem,
        recent_bad,
        offer_supported,
        running,
    }
}

/// While today has not yet the samples of a supported day it says nothing, and yesterday with the day before speaks for
/// it, as long as the latest supported day was bad. Without this every home would be fine again at midnight, and a
/// whole neighbourhood with it.
fn is_still_below(panes: &Opened, today: Day, week: &Window, target: f32, rules: &Rules) -> bool {
    let begun = panes.pane(today).is_none_or(|pane| u32::from(pane.samples) < rules.day_samples_min);
    begun
        && week.latest.is_some_and(|day| day.is_bad(target, rules))
        && panes.window(today.plus(-1), 2, rules).is_below(target, rules)
}
