//! A lane's snapshots: when one is due, and one being written in slices. Shell.
//!
//! A snapshot is begun right after an epoch has committed, while nothing is folded beyond it, and is written between
//! epochs a slice at a time. It counts once the store has it whole.

use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::journal::{Offsets, SnapshotNote};
use super::snapshot_file::{FORMAT, Header, Writer};
use super::store::{Snapshots, Upload, Uploaded};
use crate::pipeline::LaneState;
use crate::units::Millis;

/// Bytes of state written between two epochs: less than 20 ms of work (`cargo bench --bench snapshot`).
pub const SLICE_BYTES: usize = 2 << 20;

#[derive(Debug)]
struct Writing {
    /// `None`: all is written, and the upload is waited for.
    writer: Option<Writer>,
    upload: Upload,
    /// The newest slice; kept for its room.
    slice: Vec<u8>,
    /// What was written and not handed over yet.
    waiting: Vec<u8>,
    /// All is handed over but the empty slice that ends the file.
    ending: bool,
    header: Header,
    payload: (u64, u32),
    /// The debt that this snapshot pays.
    pays: u64,
    began: Instant,
}

/// The snapshots of one lane.
#[derive(Debug)]
pub struct Snapshotting {
    writing: Option<Writing>,
    /// Records a recovery would replay now.
    debt: u64,
    /// When the newest snapshot was begun, or the lane.
    since: Instant,
    /// When the newest one was begun, by the machine's clock.
    pub at: Option<Millis>,
    pub bytes: u64,
    /// How long the newest one took, from its beginning to its end in the store.
    pub took: Duration,
    /// Finished and not yet journalled.
    notes: Vec<SnapshotNote>,
    /// After a failure, not before this.
    not_before: Option<Instant>,
}

/// After a failed upload the next attempt waits this long.
const RETRY_AFTER: Duration = Duration::from_secs(30);

impl Snapshotting {
    #[must_use]
    pub fn new(debt: u64, at: Option<Millis>, bytes: u64, now: Instant) -> Self {
        Self { writing: None, debt, since: now, at, bytes, took: Duration::ZERO, notes: Vec::new(), not_before: None }
    }

    /// More records that a recovery would replay.
    pub fn owe(&mut self, records: u64) {
        self.debt += records;
    }

    #[must_use]
    pub fn debt(&self) -> u64 {
        self.debt
    }

    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    #[must_use]
    pub fn has_notes(&self) -> bool {
        !self.notes.is_empty()
    }

    pub fn take_notes(&mut self) -> Vec<SnapshotNote> {
        std::mem::take(&mut self.notes)
    }

    /// Whether the lane has changes older than `after`, and may try.
    #[must_use]
    pub fn is_due(&self, now: Instant, after: Duration) -> bool {
        self.may_begin(now) && now.duration_since(self.since) >= after
    }

    /// Whether there is anything to snapshot, and nothing against it.
    #[must_use]
    pub fn may_begin(&self, now: Instant) -> bool {
        self.writing.is_none() && self.debt > 0 && self.not_before.is_none_or(|at| now >= at)
    }

    /// Begins a snapshot of the state as it is: right after a commit, with nothing folded since.
    pub fn begin(
        &mut self,
        state: &mut LaneState,
        header: Header,
        store: &Snapshots,
        done: Sender<Uploaded>,
        began: Instant,
    ) {
        state.snapshot_begin();
        let mut waiting = Vec::new();
        let writer = Writer::begin(&header, &mut waiting);
        let upload = store.upload(header.lane, header.epoch, done);
        let pays = self.debt;
        self.writing = Some(Writing {
            writer: Some(writer),
            upload,
            slice: Vec::new(),
            waiting,
            ending: false,
            header,
            payload: (0, 0),
            pays,
            began,
        });
    }

    /// Gives up what is being written.
    pub fn give_up(&mut self) {
        self.writing = None;
    }

    /// Whether what is being written is the state as of this epoch.
    #[must_use]
    pub fn is_writing_of(&self, epoch: u64) -> bool {
        self.writing.as_ref().is_some_and(|writing| writing.header.epoch == epoch)
    }

    /// Writes the next slice, if the upload has room.
    pub fn slice(&mut self, state: &mut LaneState) {
        let Some(writing) = &mut self.writing else { return };
        if writing.upload.has_room() {
            writing.push(state, Upload::push);
        }
    }

    /// Writes all that is left at once and waits for room: for the last snapshot of a stop.
    pub fn finish(&mut self, state: &mut LaneState) {
        let Some(writing) = &mut self.writing else { return };
        while writing.push(state, Upload::push_waiting) {}
    }

    /// The upload has ended. Answers whether the snapshot counts.
    pub fn ended(&mut self, uploaded: &Uploaded, store: &str, now: Instant) -> bool {
        let Some(writing) = self.writing.take_if(|writing| writing.upload.number == uploaded.number) else {
            return false;
        };
        if uploaded.result.is_err() {
            self.not_before = Some(now + RETRY_AFTER);
            return false;
        }
        let header = writing.header;
        self.debt = self.debt.saturating_sub(writing.pays);
        self.since = now;
        self.at = Some(Millis(header.written_at));
        self.bytes = uploaded.bytes;
        self.took = now.duration_since(writing.began);
        self.notes.push(SnapshotNote {
            store: store.to_owned(),
            path: uploaded.path.clone(),
            epoch: header.epoch,
            journal: header.journal,
            ends: Offsets(header.ends.0),
            bytes: writing.payload.0,
            crc: writing.payload.1,
            format: FORMAT,
        });
        true
    }
}

impl Writing {
    /// Hands the next piece over; `false` when there is none left, or nobody takes it: then the upload ends by itself
    /// and says so.
    fn push(&mut self, state: &mut LaneState, push: impl Fn(&Upload, Vec<u8>) -> bool) -> bool {
        if self.writer.is_some() {
            self.ending = self.fill(state);
            return push(&self.upload, std::mem::take(&mut self.waiting));
        }
        std::mem::take(&mut self.ending) && push(&self.upload, Vec::new())
    }

    /// Takes the next slice of the state; `true` when it was the last.
    fn fill(&mut self, state: &mut LaneState) -> bool {
        let Some(writer) = &mut self.writer else { return true };
        self.slice.clear();
        let complete = state.snapshot_slice(SLICE_BYTES, &mut self.slice);
        writer.chunk(&self.slice, &mut self.waiting);
        if complete && let Some(writer) = self.writer.take() {
            self.payload = writer.finish(&mut self.waiting);
        }
        complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::IdKey;
    use crate::config::{Config, Store};
    use crate::shell::clock::now;
    use crate::shell::settings::Settings;
    use crate::units::Lane;

    fn header() -> Header {
        let text = String::new;
        Header {
            cluster: text(),
            topics: Vec::new(),
            group: text(),
            lane: Lane(0),
            lanes: 1,
            epoch: 5,
            ends: Offsets([0; 5]),
            journal: 5,
            policy: text(),
            code: text(),
            key: text(),
            written_at: 0,
            mode: Vec::new(),
        }
    }

    #[test]
    fn the_end_of_an_upload_that_was_given_up_is_not_the_end_of_its_successor_of_the_same_epoch() {
        let config = Config::defaults().unwrap();
        let (folder, runtime) = (tempfile::tempdir().unwrap(), tokio::runtime::Runtime::new().unwrap());
        let mut settings = Settings::new(&config, false);
        settings.store = Store::Directory(folder.path().to_owned());
        let store = Snapshots::open(&settings, runtime.handle()).unwrap();
        let mut state = LaneState::new(Lane(0), 1, &config.policy(IdKey::new([7; 32])));
        let (done, ended) = std::sync::mpsc::channel();
        let mut snapshots = Snapshotting::new(3, None, 0, now());

        snapshots.begin(&mut state, header(), &store, done.clone(), now());
        assert!(snapshots.is_writing_of(5) && !snapshots.is_writing_of(6));
        snapshots.give_up();
        assert!(!snapshots.is_writing_of(5));
        snapshots.begin(&mut state, header(), &store, done, now());
        let given_up = ended.recv().unwrap();
        assert!(given_up.result.is_err() && !snapshots.ended(&given_up, store.id(), now()));
        assert!(snapshots.is_writing_of(5) && !snapshots.has_notes());

        snapshots.finish(&mut state);
        let whole = ended.recv().unwrap();
        assert!(snapshots.ended(&whole, store.id(), now()));
        assert!(!snapshots.is_writing() && snapshots.debt() == 0);
        assert_eq!(snapshots.take_notes().len(), 1);
        assert_eq!(store.list(Lane(0)).unwrap().len(), 1);
    }
}
