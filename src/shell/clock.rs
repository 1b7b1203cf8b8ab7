//! The machine's clocks: the only place that reads them. Shell.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::units::Millis;

/// The wall clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is where the shell reads the wall clock")]
pub fn wall() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A clock that never goes back, for durations and deadlines.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is where the shell reads the monotonic clock")]
pub fn now() -> Instant {
    Instant::now()
}

/// A point in time after which something is given up.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        Self(now() + limit)
    }

    #[must_use]
    pub fn passed(self) -> bool {
        now() >= self.0
    }

    /// What is left, zero when nothing is.
    #[must_use]
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(now())
    }
}
