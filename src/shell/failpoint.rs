//! Moments that a test may stretch, so that a fault falls into them. Shell.
//!
//! Release builds have none, whatever the environment says. In a debug build `HOMEQOS_FAIL_POINTS` names some of them:
//! `before_commit=300/20,upload=500` has every 20th passage of the one and each of the other wait that many
//! milliseconds, and say so in the log before it does. `tests/faults` waits for that line and strikes. With `panic` in
//! place of the milliseconds the passage panics, as a fault of ours would.

use std::time::Duration;

use crate::units::words;

words! {
    /// A moment at which a crash must do no harm.
    Point {
        /// Outputs are acknowledged, their offsets are not sent.
        BeforeOffsets = "before_offsets",
        /// All is sent, nothing is committed.
        BeforeCommit = "before_commit",
        /// The broker has committed, the lane does not know.
        AfterCommit = "after_commit",
        /// A snapshot is handed over and not yet under its name.
        Upload = "upload",
        /// The clients of a worker's recoveries are made: these will never reach the group's coordinator.
        Readers = "readers",
        /// An epoch of a recovery is about to be folded.
        Replay = "replay",
    }
}

/// How long this passage is to wait: zero nearly always.
#[must_use]
#[cfg(not(debug_assertions))]
pub fn due(_: Point) -> Duration {
    Duration::ZERO
}

/// How long this passage is to wait: zero nearly always.
#[must_use]
#[cfg(debug_assertions)]
pub fn due(point: Point) -> Duration {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    static SET: OnceLock<Vec<(String, Option<u64>, u64)>> = OnceLock::new();
    static PASSED: [AtomicU64; Point::ALL.len()] = [const { AtomicU64::new(0) }; Point::ALL.len()];
    let set = SET.get_or_init(|| parse(&std::env::var("HOMEQOS_FAIL_POINTS").unwrap_or_default()));
    let Some((_, ms, every)) = set.iter().find(|(name, ..)| name == point.as_str()) else { return Duration::ZERO };
    if !(PASSED[point as usize].fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(*every) {
        return Duration::ZERO;
    }
    let ms = ms.unwrap_or_else(|| panic!("fail point {}", point.as_str()));
    tracing::warn!("fail point {} waits {ms} ms", point.as_str());
    Duration::from_millis(ms)
}

/// Waits here if it is to.
pub fn pass(point: Point) {
    let due = due(point);
    if !due.is_zero() {
        std::thread::sleep(due);
    }
}

/// `name=ms/every,…`, where `panic` is no number of milliseconds; what cannot be read is no fail point.
#[cfg(debug_assertions)]
fn parse(text: &str) -> Vec<(String, Option<u64>, u64)> {
    let one = |part: &str| {
        let (name, rest) = part.split_once('=')?;
        let (ms, every) = rest.split_once('/').unwrap_or((rest, "1"));
        let ms = if ms == "panic" { None } else { Some(ms.parse().ok()?) };
        Some((name.to_owned(), ms, every.parse::<u64>().ok()?.max(1)))
    };
    text.split(',').filter_map(one).collect()
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn fail_points_are_read_with_their_rarity_and_nonsense_is_none() {
        let point = |name: &str, ms, every| (name.to_owned(), ms, every);
        let expected = [point("before_commit", Some(300), 20), point("upload", Some(500), 1), point("replay", None, 3)];
        assert_eq!(parse("before_commit=300/20,upload=500,replay=panic/3,x,y=z"), expected);
        assert!(parse("").is_empty());
    }
}
