//! The running episode: poor or no service that has not ended. Pure.

use serde::{Deserialize, Serialize};

use super::grade::Grade;
use super::rules::Rules;
use crate::ingest::{Probe, ProbeKind};
use crate::units::{Millis, words};

words! {
    /// What an episode is made of, by its latest news.
    EpisodeKind { Poor = "poor", NoService = "no_service" }
}

/// An episode that is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    pub kind: EpisodeKind,
    pub since: Millis,
}

/// Consecutive bad news at home.
///
/// - It *starts* with a poor sample or a no-service record, at that record's time; a no-service record lasts for its
///   duration from its time.
/// - Further bad news within `episode_stale_minutes` of the last *extends* it; later bad news starts another.
/// - It *ends* with a sample that is not poor, or with an event that shows service (a call set up or ended as
///   wished, a data session), unless that event's own sample is poor. A record older than the latest news neither
///   extends nor ends it.
/// - It is *running* once bad news spans `episode_minutes`, until it ends or has been without news for
///   `episode_stale_minutes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Episode {
    /// Seconds since 1970; both 0 while there is none.
    since_s: u32,
    /// Where the bad news reaches to; a no-service record's duration included.
    until_s: u32,
    /// Time of the latest record that was bad news: what is older changes nothing.
    news_s: u32,
    no_service: bool,
}

const _: () = assert!(size_of::<Episode>() <= 16);

fn seconds(at: Millis) -> u32 {
    u32::try_from(at.0.div_euclid(Millis::SECOND)).unwrap_or(if at.0 < 0 { 0 } else { u32::MAX })
}

impl Episode {
    /// Nothing bad is going on.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.since_s == 0
    }

    /// Until when the newest news from home is bad; `None` once it was good.
    #[must_use]
    pub fn bad_until(&self) -> Option<Millis> {
        (!self.is_over()).then(|| Millis(i64::from(self.until_s) * Millis::SECOND))
    }

    /// Takes note of a probe taken at home, with its grade.
    pub fn observe(&mut self, p: &Probe, grade: Option<Grade>, rules: &Rules) {
        let at = seconds(p.ts);
        let no_service = p.kind == ProbeKind::NoService;
        let poor = grade.is_some_and(Grade::is_poor);
        if no_service || poor {
            let lasts = if no_service { p.duration_s.unwrap_or(rules.no_service_default_s).max(0.0) as u32 } else { 0 };
            self.bad_news(at, lasts, no_service, rules);
        } else if (grade.is_some() || Self::shows_service(p)) && at >= self.news_s {
            *self = Self::default();
        }
    }

    fn shows_service(p: &Probe) -> bool {
        match p.kind {
            ProbeKind::CallEnd | ProbeKind::DataSession => true,
            ProbeKind::CallSetup => p.setup_ok == Some(true),
            _ => false,
        }
    }

    fn bad_news(&mut self, at: u32, lasts: u32, no_service: bool, rules: &Rules) {
        let until = at.saturating_add(lasts);
        let stale = at.saturating_sub(self.until_s) > rules.episode_stale_minutes * 60;
        if self.since_s == 0 || stale {
            *self = Self { since_s: at.max(1), until_s: until, news_s: at, no_service };
        } else if at >= self.news_s {
            self.until_s = self.until_s.max(until);
            self.news_s = at;
            self.no_service = no_service;
        }
    }

    /// Whether it is running at `now`.
    #[must_use]
    pub fn running(&self, now: Millis, rules: &Rules) -> Option<Running> {
        if self.since_s == 0 {
            return None;
        }
        let now = seconds(now);
        let spans = self.until_s.min(now).saturating_sub(self.since_s) >= rules.episode_minutes * 60;
        let fresh = now.saturating_sub(self.until_s) <= rules.episode_stale_minutes * 60;
        let kind = if self.no_service { EpisodeKind::NoService } else { EpisodeKind::Poor };
        let since = Millis(i64::from(self.since_s) * Millis::SECOND);
        (spans && fresh).then_some(Running { kind, since })
    }

    /// The instant after which, without further news, [`Episode::running`] may answer otherwise; `None` while there
    /// is none.
    #[must_use]
    pub fn next_change(&self, now: Millis, rules: &Rules) -> Option<Millis> {
        if self.since_s == 0 {
            return None;
        }
        let at = |s: u32| Millis(i64::from(s) * Millis::SECOND);
        let begins = at(self.since_s.saturating_add(rules.episode_minutes * 60));
        let expires = at(self.until_s.saturating_add(rules.episode_stale_minutes * 60 + 1));
        [begins, expires].into_iter().find(|instant| *instant > now)
    }

    /// Forgets it (a repair, a move).
    pub fn end(&mut self) {
        *self = Self::default();
    }
}
