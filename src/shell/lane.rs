//! One lane of customers at work: records in by their order, epochs out. Shell.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use super::ahead::Ahead;
use super::alignment::Alignment;
use super::bad_cells::{BadCells, Told};
use super::dead_letter::DeadLetter;
use super::draft::{self, Cut, Draft, Stamp};
use super::epoch::Epoch;
use super::feed::Feed;
use super::intake::{AHEAD_OF_NEIGHBOURS_MS, Intake, Item, RouteWatch, Slot, ahead_of_neighbours};
use super::journal::{SnapshotNote, WorldOffsets};
use super::lag::Lag;
use super::lane_time::Quiet;
use super::membership::Membership;
use super::order::{Merge, Next};
use super::overtaken::Overtaken;
use super::runs::Ends;
use super::snapshot::Snapshotting;
use crate::config::TimeMode;
use crate::ingest::{Input, Observation, RejectCode};
use crate::limits::STATE_HASH_CUSTOMERS_MAX;
use crate::pipeline::{LaneState, Mode, Policy, Tape, World};
use crate::units::{CustomerId, Lane, Millis};

/// A record ahead of its neighbours that is the last of its partition passes after this long.
const TRUST_AFTER: Duration = Duration::from_secs(2);

/// Every so many epochs the journal holds the state's hash.
const HASH_EVERY: u64 = 64;

/// The five queues of a lane, in the order of [`Input::KEYED`].
pub type Feeds = [Feed<Membership>; Input::KEYED.len()];

/// What all lanes of a worker share while they fold.
#[derive(Debug)]
pub struct Env<'a> {
    pub world: &'a World,
    pub policy: &'a Policy,
    pub intake: &'a Intake,
    pub time: TimeMode,
    pub shadow: bool,
    pub offers_enabled: bool,
    /// The machine's clock, read once a round.
    pub wall: Millis,
    pub now: Instant,
    /// The greatest time folded by the instance.
    pub instance_clock: &'a AtomicI64,
    pub alignment: &'a Alignment,
    pub lag: &'a Lag,
    pub bad_cells: &'a BadCells,
}

/// How a lane begins: empty, or as recovery left it.
#[derive(Debug)]
pub struct Start {
    pub lane: Lane,
    pub state: LaneState,
    /// The last committed epoch; 0 before the first.
    pub number: u64,
    /// Next offset of each input.
    pub cursor: Ends,
    /// Next offset of the journal.
    pub journal: i64,
    /// CRM rows are to be read to their end before anything else folds.
    pub crm_first: bool,
    /// Who left CRM while nobody read it.
    pub gone: Vec<CustomerId>,
    /// How far the dead letters of the cell inventory are told, where this lane tells them.
    pub told: Told,
    /// Up to here is history (wall mode, first start).
    pub backfill_to: Option<Ends>,
    /// Records a recovery would replay now.
    pub debt: u64,
    pub snapshot_at: Option<Millis>,
    pub snapshot_bytes: u64,
    pub recovery: Duration,
}

/// A lane at work.
#[derive(Debug)]
pub struct CustomerLane {
    pub lane: Lane,
    pub state: LaneState,
    pub(super) merge: Merge<Slot>,
    pub(super) ahead: Ahead,
    pub(super) draft: Draft,
    /// The last committed epoch.
    pub number: u64,
    /// Cut and not yet known to have committed.
    pub pending: Option<Epoch>,
    /// Next offset of the journal.
    pub journal: i64,
    pub(super) mode: Mode,
    pub(super) backfill_to: Option<Ends>,
    /// Who is to be erased first.
    pub(super) gone: Vec<CustomerId>,
    pub(super) told: Told,
    /// Unreadable rows of the inventory that the instance had met when the last epoch was cut.
    pub(super) bad_cells_met: u64,
    watch: [RouteWatch; Input::KEYED.len()],
    /// The input whose records are misrouted, once the lane has paused for it.
    pub paused: Option<Input>,
    pub(super) last_record: Instant,
    pub(super) quiet: Option<Quiet>,
    /// When an input's end was last heard of, or the first record after the lane had read everything.
    pub(super) news_at: Option<Instant>,
    pub(super) last_epoch: Instant,
    /// The clock when the open epoch began.
    pub(super) draft_from: Option<Millis>,
    /// Newest event time folded, by input.
    pub newest: [Option<Millis>; Input::KEYED.len()],
    pub overtaken: Overtaken,
    pub snapshots: Snapshotting,
    pub recovery: Duration,
}

/// What a round of folding came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    pub records: usize,
    /// There may be more to fold at once.
    pub more: bool,
    /// The next record is too far ahead of the other lanes.
    pub waits: bool,
}

impl CustomerLane {
    #[must_use]
    pub fn new(start: Start, time: TimeMode, now: Instant) -> Self {
        let by_input = time == TimeMode::Input || start.backfill_to.is_some();
        let doubt = by_input.then_some(AHEAD_OF_NEIGHBOURS_MS);
        Self {
            lane: start.lane,
            merge: Merge::new(doubt, start.state.clock(), start.crm_first),
            ahead: Ahead::default(),
            state: start.state,
            draft: Draft::new(start.cursor),
            number: start.number,
            pending: None,
            journal: start.journal,
            mode: Mode::default(),
            backfill_to: start.backfill_to,
            gone: start.gone,
            told: start.told,
            bad_cells_met: 0,
            watch: Default::default(),
            paused: None,
            last_record: now,
            quiet: None,
            news_at: None,
            last_epoch: now,
            draft_from: None,
            newest: Default::default(),
            overtaken: Overtaken::default(),
            snapshots: Snapshotting::new(start.debt, start.snapshot_at, start.snapshot_bytes, now),
            recovery: start.recovery,
        }
    }

    /// Next offset to fold of each input.
    #[must_use]
    pub fn cursor(&self) -> Ends {
        self.draft.cursor()
    }

    /// What holds beyond the last epoch, in the journal's words.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        draft::words(Mode { backfill: self.backfill_to.is_some(), ..self.mode }, self.merge.crm_first())
    }

    /// Forgets what was read ahead; it will be delivered again when the lane's partitions are assigned anew.
    pub fn rewind(&mut self, time: TimeMode) {
        let doubt = (!self.by_wall(time)).then_some(AHEAD_OF_NEIGHBOURS_MS);
        self.merge = Merge::new(doubt, self.state.clock(), self.merge.crm_first());
        self.ahead = Ahead::default();
        self.overtaken.rewind(self.draft.cursor());
    }

    /// Where its partitions are to be read from if the lane may be resumed: behind what has committed. `None` while an
    /// epoch is pending: should another owner have written meanwhile, that epoch never was, and its records are the
    /// next owner's to fold. What is delivered twice is passed over.
    #[must_use]
    pub fn resumes_at(&self) -> Option<Ends> {
        (self.pending.is_none() && self.draft.is_empty()).then(|| self.draft.cursor())
    }

    /// Folds up to `budget` records.
    pub fn fold(&mut self, feeds: &Feeds, env: &Env<'_>, budget: usize) -> Round {
        let mut round = Round::default();
        if self.paused.is_some() {
            return round;
        }
        round.records = self.erase_gone(env);
        if self.draft.is_sealed() {
            return round;
        }
        let idle = self.merge.idle();
        for input in Input::KEYED {
            self.pull(input, feeds, env);
        }
        if idle && !self.merge.idle() {
            self.news_at = Some(env.now);
        }
        self.merge.hold_beyond(self.may_fold_until(env));
        let mut listens = false;
        while round.records < budget && self.paused.is_none() {
            if self.listens(env.now) {
                listens = true;
                break;
            }
            let Some(next) = self.merge.pop() else {
                if self.pull_awaited(feeds, env) {
                    continue;
                }
                break;
            };
            let input = next.input;
            if self.draft.is_empty() {
                self.mode = self.mode(env, next.place);
                self.draft_from = self.state.clock().max(next.place);
            }
            self.step(next, env);
            round.records += 1;
            self.pull(input, feeds, env);
        }
        round.more = round.records == budget;
        round.waits = self.merge.is_held();
        if round.records > 0 {
            self.last_record = env.now;
            self.quiet = None;
        } else if !round.waits && self.merge.in_doubt() && env.now.duration_since(self.last_record) > TRUST_AFTER {
            self.merge.trust();
            round.more = true;
        }
        self.tell_others(env, listens);
        round
    }

    fn step(&mut self, next: Next<Slot>, env: &Env<'_>) {
        let Next { input, item: Slot { offset, item }, future, .. } = next;
        let observation = match item {
            Item::Bad(letter) => return self.refuse(input, *letter, env),
            Item::Doubtful(observation, raw) if future => {
                let rejection = ahead_of_neighbours(observation.ts());
                return self.refuse(input, DeadLetter { raw: *raw, rejection }, env);
            }
            Item::Doubtful(observation, _) | Item::Good(observation) => observation,
        };
        self.watch[input.index()].count(false);
        self.newest[input.index()] = self.newest[input.index()].max(observation.ts());
        let mut tape = Tape::Live(self.mode);
        let fate = self.state.step(&observation, env.world, env.policy, &mut tape, &mut self.draft.report);
        if let Observation::Erase(customer) = &*observation {
            self.draft.erased(customer.clone());
        }
        self.draft
            .stepped(input, offset, &fate, |rejection| DeadLetter::of(&observation, self.lane, offset, rejection));
    }

    fn refuse(&mut self, input: Input, letter: DeadLetter, env: &Env<'_>) {
        let misrouted = letter.code() == RejectCode::Misrouted;
        if self.watch[input.index()].count(misrouted) {
            self.paused = Some(input);
            self.tell_pause(input, &letter, env);
        }
        self.draft.refused(input, letter);
    }

    fn tell_pause(&self, input: Input, letter: &DeadLetter, env: &Env<'_>) {
        let advice = env.intake.advice(letter.raw.key.as_deref().unwrap_or_default(), self.lane);
        tracing::error!(
            lane = self.lane.0,
            topic = letter.raw.topic,
            input = input.as_str(),
            "the lane is paused: more than 1 % of 10 000 records do not belong to their partition; {advice}"
        );
    }

    /// Nothing is folded that is not cut.
    #[must_use]
    pub fn draft_is_empty(&self) -> bool {
        self.draft.is_empty()
    }

    /// Records folded that are not cut.
    #[must_use]
    pub fn draft_records(&self) -> u64 {
        self.draft.records()
    }

    /// Makes what was folded since the last cut an epoch, if anything was, or if a snapshot is to be announced.
    pub fn cut(&mut self, env: &Env<'_>, world: &WorldOffsets, stamp: &Stamp, announce: bool) {
        if self.pending.is_some() {
            return;
        }
        let bad_cells = self.take_bad_cells(env);
        if self.draft.is_empty() && bad_cells.is_empty() && !(announce && self.snapshots.has_notes()) {
            return;
        }
        let number = self.number + 1;
        let few = self.state.census().customers <= STATE_HASH_CUSTOMERS_MAX;
        let hash = (number.is_multiple_of(HASH_EVERY) && few).then(|| self.state.hash());
        let snapshots: Vec<SnapshotNote> = self.snapshots.take_notes();
        self.state.tell_counts(&mut self.draft.report);
        super::mutant::spoil(&mut self.draft.report);
        let cut = Cut {
            lane: self.lane,
            number,
            mode: self.mode,
            crm_first: self.merge.crm_first(),
            clock: self.state.clock(),
            world: world.clone(),
            snapshots,
            hash,
            bad_cells,
            told: self.told.clone(),
        };
        self.pending = Some(self.draft.cut(cut, stamp));
        if let Some(clock) = self.state.clock() {
            env.instance_clock.fetch_max(clock.0, Ordering::Relaxed);
        }
        self.leave_backfill();
    }

    /// The pending epoch has committed; `journal`: where its record lies.
    pub fn committed(&mut self, journal: Option<i64>, now: Instant) -> Option<Epoch> {
        let epoch = self.pending.take()?;
        self.number = epoch.number;
        if let Some(journal) = journal {
            self.journal = journal + 1;
        }
        self.last_epoch = now;
        self.snapshots.owe(epoch.counts.records());
        Some(epoch)
    }

    /// Nothing buffered, everything read.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.merge.idle()
    }

    /// Whether the input is read to its end.
    #[must_use]
    pub fn at_end(&self, input: Input) -> bool {
        self.merge.ended_empty(input)
    }
}

#[cfg(test)]
mod tests;
