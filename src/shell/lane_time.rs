//! What time it is in a lane of customers. Shell.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::lane::{CustomerLane, Env};
use super::runs::Ends;
use crate::config::TimeMode;
use crate::ingest::Input;
use crate::pipeline::{Mode, Tape};
use crate::units::Millis;

/// A lane that folds nothing for this long is idle: its clock then follows the tick.
const IDLE_AFTER: Duration = Duration::from_secs(2);

/// Where an input is at its end and another leaps ahead, it is given this long to be heard: several fetches, which bring
/// the partitions one after another. Without it, after an outage of an hour, contacts of that hour
/// would fold before the probes of it.
const LISTEN: Duration = Duration::from_millis(200);

/// Ends beyond the cursor that stay for this long are markers of transactions, and nothing is to be read.
const MARKERS_AFTER: Duration = Duration::from_secs(30);

/// Behind the machine's clock by more than this, a lane makes no offers.
const STALE_AFTER_MS: i64 = 15 * Millis::MINUTE;

/// Through history an epoch is cut early when it spans this much: the areas' verdicts, which the lanes read one epoch or
/// two later, are then hours old and not days.
const EPOCH_SPAN_MS: i64 = Millis::HOUR;

/// A lane writes an epoch at least this often, so that its journal never empties.
const SILENCE_MAX: Duration = Duration::from_hours(20);

/// A lane that has read everything, as far as it knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quiet {
    /// The ends of its partitions since it is quiet.
    ends: Ends,
    since: Instant,
    /// The instance's clock, and when it was read.
    clock: Millis,
    clock_at: Instant,
}

impl CustomerLane {
    /// Whether the next record waits until the others had time to be heard: it leaps ahead, and an end may be out of
    /// date, since it was told before what lies behind it came.
    pub(super) fn listens(&mut self, now: Instant) -> bool {
        let Some(at) = self.news_at else { return false };
        if now.duration_since(at) >= LISTEN {
            self.news_at = None;
            return false;
        }
        self.merge.leaps(self.state.clock())
    }

    /// Up to where the lane may fold now: where the inputs' time rules, not far ahead of the instance's other lanes.
    pub(super) fn may_fold_until(&self, env: &Env<'_>) -> Millis {
        if self.by_wall(env.time) { Millis(i64::MAX) } else { env.alignment.until(self.lane, env.now) }
    }

    /// Tells the instance's other lanes how far this one is, if they are to wait for it: where it goes on, since hours in
    /// which nothing happened are no distance. Before its first record nobody knows how old that will be.
    pub(super) fn tell_others(&self, env: &Env<'_>, listens: bool) {
        let settles = listens || self.merge.in_doubt();
        let waited_for = !(self.by_wall(env.time) || settles || self.paused.is_some() || self.merge.idle());
        let clock = self.state.clock().max(self.merge.next_place()).filter(|_| !self.merge.crm_first());
        let clock = clock.unwrap_or(Millis(i64::MIN));
        env.alignment.tell(self.lane, waited_for.then_some(clock), self.last_record);
    }

    /// Whether the open epoch spans so much of the inputs' time that what it counts should be told to the areas.
    pub(super) fn draft_is_long(&self, time: TimeMode) -> bool {
        let span = self.state.clock().zip(self.draft_from).map_or(0, |(clock, from)| clock.since(from));
        !self.by_wall(time) && !self.draft.is_empty() && span >= EPOCH_SPAN_MS
    }

    /// History ends where each input has reached the end captured at the start.
    pub(super) fn leave_backfill(&mut self) {
        let Some(to) = self.backfill_to else { return };
        let cursor = self.draft.cursor();
        let reached = |input: &Input| cursor[input.index()] >= to[input.index()] || self.merge.ended_empty(*input);
        if Input::KEYED.iter().all(reached) {
            self.backfill_to = None;
            self.merge.believe();
            tracing::info!(lane = self.lane.0, "history is folded: from here on the machine's clock rules");
        }
    }

    /// Whether the machine's clock judges the lane's records.
    pub(super) fn by_wall(&self, time: TimeMode) -> bool {
        time == TimeMode::Wall && self.backfill_to.is_none()
    }

    /// Lets time pass in an idle lane, as far as something is due; `true` if the clock was moved.
    pub fn tick(&mut self, env: &Env<'_>) -> bool {
        let quiet = env.now.duration_since(self.last_record) > IDLE_AFTER && self.merge.idle();
        if !quiet || self.draft.is_sealed() || self.paused.is_some() {
            return false;
        }
        let now = if self.by_wall(env.time) { Some(env.wall) } else { self.input_now(env) };
        let Some(now) = now else { return false };
        let overdue = self.number > 0 && env.now.duration_since(self.last_epoch) > SILENCE_MAX;
        let due = self.state.next_due().is_some_and(|due| due <= now.minute());
        if !(due || overdue) || self.state.clock().is_none_or(|clock| clock > now) {
            return false;
        }
        if self.draft.is_empty() {
            self.mode = self.mode(env, None);
        }
        self.draft.tick(now);
        let mut tape = Tape::Live(self.mode);
        self.state.tick(now, env.world, env.policy, &mut tape, &mut self.draft.report);
        true
    }

    /// The time by the inputs: the greatest that the instance has folded, as far as nothing of this lane can still lie
    /// before it. That is so once the ends of its partitions, asked after the instance had got there, are those at
    /// which the lane fell quiet.
    fn input_now(&mut self, env: &Env<'_>) -> Option<Millis> {
        let seen = env.lag.seen(self.lane)?;
        let clock = Millis(env.instance_clock.load(Ordering::Relaxed));
        let read = self.draft.cursor().iter().zip(&seen.ends).all(|(cursor, end)| cursor >= end);
        let patience = if read { IDLE_AFTER } else { MARKERS_AFTER };
        match &mut self.quiet {
            Some(quiet) if quiet.ends == seen.ends => {
                let long = seen.asked.saturating_duration_since(quiet.since) > patience;
                if !long || seen.asked <= quiet.clock_at {
                    return None;
                }
                quiet.clock_at = env.now;
                Some(std::mem::replace(&mut quiet.clock, clock))
            }
            _ if seen.asked <= self.last_record => None,
            quiet => {
                *quiet = Some(Quiet { ends: seen.ends, since: seen.asked, clock, clock_at: env.now });
                None
            }
        }
    }

    /// What holds for the epoch that begins. `next`: the time of the record that begins it.
    pub(super) fn mode(&self, env: &Env<'_>, next: Option<Millis>) -> Mode {
        let clock = self.state.clock().max(next);
        let behind = clock.is_some_and(|clock| env.wall.since(clock) > STALE_AFTER_MS);
        Mode {
            shadow: env.shadow,
            backfill: self.backfill_to.is_some(),
            offers_enabled: env.offers_enabled,
            stale_inputs: self.by_wall(env.time) && behind && next.is_some(),
        }
    }
}
