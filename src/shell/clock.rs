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

/// What a name needs that nobody else has, of this process or another, now or later: 16 hexadecimal digits.
#[must_use]
pub fn fresh_name(who: &str) -> String {
    let seed = format!("{who} {} {} {:?}", wall().0, std::process::id(), now());
    blake3::hash(seed.as_bytes()).to_hex()[..16].to_owned()
}

/// How long the steps of something took, one after the other.
#[derive(Debug)]
pub struct Steps {
    began: Instant,
    last: Instant,
    said: Vec<String>,
}

impl Steps {
    #[must_use]
    pub fn begin() -> Self {
        let began = now();
        Self { began, last: began, said: Vec::new() }
    }

    /// A step is done; answers how long all of them have taken.
    pub fn done(&mut self, name: &str) -> Duration {
        let last = std::mem::replace(&mut self.last, now());
        self.said.push(format!("{name} {} ms", self.last.duration_since(last).as_millis()));
        self.last.duration_since(self.began)
    }

    /// `committed 1 ms, journal 46 ms`.
    #[must_use]
    pub fn text(&self) -> String {
        self.said.join(", ")
    }
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
