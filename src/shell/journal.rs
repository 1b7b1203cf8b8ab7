//! One record of `homeqos.journal`: what an epoch folded and what was decided in it. Pure.
//!
//! The record is JSON; its fields are those of [`Record`], described one by one in `docs/journal.md`. It commits in the
//! transaction of the outputs it speaks of, so that it exists exactly when they do.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::runs::{Ends, Runs};
use crate::decide::Decision;
use crate::ingest::Input;
use crate::limits::JOURNAL_ITEMS_MAX;
use crate::units::{CustomerId, Lane};

/// The format that is written, and that of a record in several parts, which a program that knows only the first would take
/// for several epochs.
pub const VERSION: u8 = 1;
pub const VERSION_IN_PARTS: u8 = 2;

/// Offsets by input, as a JSON object: `{"crm":0,"outcomes":0,"surveys":0,"contacts":12,"probes":4711}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offsets(pub Ends);

impl Serialize for Offsets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Input::KEYED.iter().map(|input| (input.as_str(), self.0[input.index()])))
    }
}

impl<'de> Deserialize<'de> for Offsets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let by_name = std::collections::BTreeMap::<String, i64>::deserialize(deserializer)?;
        let mut ends = Ends::default();
        for input in Input::KEYED {
            let missing = || serde::de::Error::custom(format!("offset of `{input}` is missing"));
            ends[input.index()] = *by_name.get(input.as_str()).ok_or_else(missing)?;
        }
        Ok(Self(ends))
    }
}

/// How far the shared views had been read when the epoch began: the next offset of each partition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WorldOffsets {
    pub cells: Vec<i64>,
    pub areas: Vec<i64>,
}

/// A snapshot that was finished since the last record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotNote {
    /// Random name of the store, kept in the store itself: two directories of the same path are not the same store.
    pub store: String,
    /// Path within the store.
    pub path: String,
    /// The epoch after which the state was as in the snapshot.
    pub epoch: u64,
    /// The journal offset from which a recovery reads on.
    pub journal: i64,
    /// The inputs' offsets from which it reads on.
    pub ends: Offsets,
    pub bytes: u64,
    /// CRC-32 of the payload.
    pub crc: u32,
    /// Version of the file's format.
    pub format: u16,
}

/// One epoch of one lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Format of this record; first, so that a reader can tell before it reads on.
    pub v: u8,
    pub lane: Lane,
    /// Counts the lane's epochs from 1 without gaps.
    pub epoch: u64,
    /// Partitions of the keyed inputs when this was written: a lane of another division is another lane.
    pub lanes: u16,
    /// Kafka's cluster id.
    pub cluster: String,
    /// Version of the program.
    pub code: String,
    /// Hash of the policy, as actions carry it.
    pub policy: String,
    /// Fingerprint of the identity key.
    pub key: String,
    /// What held for the whole epoch, of `shadow`, `backfill`, `offers_disabled`, `stale_inputs`, `crm_first`.
    pub mode: Vec<String>,
    /// First offset of each input that this epoch read.
    pub start: Offsets,
    pub runs: Runs,
    /// Next offset of each input: the offsets committed with this record.
    pub end: Offsets,
    /// The lane's clock after the epoch, epoch milliseconds.
    pub clock: Option<i64>,
    pub world: WorldOffsets,
    pub decisions: Vec<Decision>,
    /// Whom CRM erased, by tombstones or by no longer having them: a replay may find neither.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<CustomerId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<SnapshotNote>,
    /// Hash of the state after the epoch, 32 hexadecimal digits; now and then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Of a part that goes before its epoch's record: its number from 1. It holds decisions and whom CRM erased.
    #[serde(default, skip_serializing_if = "is_none")]
    pub part: u32,
    /// How many parts go before this record; what they hold comes before its own.
    #[serde(default, skip_serializing_if = "is_none")]
    pub parts: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn is_none(number: &u32) -> bool {
    *number == 0
}

/// Takes what one message cannot hold off the front, a message's worth at a time.
fn surplus<T>(all: &mut Vec<T>) -> Vec<Vec<T>> {
    let mut taken = Vec::new();
    while all.len() > JOURNAL_ITEMS_MAX {
        let rest = all.split_off(JOURNAL_ITEMS_MAX);
        taken.push(std::mem::replace(all, rest));
    }
    taken
}

/// Why a journal record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("journal record is not JSON of a known form: {0}")]
    Form(#[from] serde_json::Error),
    #[error("journal record has format {0}, this program reads up to {VERSION_IN_PARTS}: a newer release wrote it")]
    Version(u64),
}

impl Record {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The record as the topic takes it. One minute may decide about a whole lane, and its decisions cannot be parted among
    /// epochs: what is more than a message holds goes before it, in the same transaction.
    #[must_use]
    pub fn encode_in_parts(mut self) -> Vec<Vec<u8>> {
        let (decisions, erased) = (surplus(&mut self.decisions), surplus(&mut self.erased));
        let parts = decisions.len().max(erased.len());
        let (mut decisions, mut erased) = (decisions.into_iter(), erased.into_iter());
        let mut all = Vec::with_capacity(1 + parts);
        for part in (1..).take(parts) {
            let (runs, end, world) = (Runs::default(), self.start, WorldOffsets::default());
            let (v, snapshots, hash, clock) = (VERSION_IN_PARTS, Vec::new(), None, None);
            let (decisions, erased) = (decisions.next().unwrap_or_default(), erased.next().unwrap_or_default());
            let own =
                Self { v, runs, end, clock, world, decisions, erased, snapshots, hash, part, parts: 0, ..self.clone() };
            all.push(own.encode());
            (self.v, self.parts) = (VERSION_IN_PARTS, part);
        }
        all.push(self.encode());
        all
    }

    /// # Errors
    /// When the bytes are no record, or one of a newer format.
    pub fn decode(bytes: &[u8]) -> Result<Self, JournalError> {
        #[derive(Deserialize)]
        struct Version {
            v: u64,
        }
        match serde_json::from_slice::<Version>(bytes)?.v {
            v if v == u64::from(VERSION) || v == u64::from(VERSION_IN_PARTS) => Ok(serde_json::from_slice(bytes)?),
            v => Err(JournalError::Version(v)),
        }
    }
}

/// 32 lower-case hexadecimal digits.
#[must_use]
pub fn hash_text(hash: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(hash))
}

/// What is written beside each committed offset of a lane, and read back with it: it commits with the journal record,
/// so it names the lane's last epoch without reading the journal, and where its owner answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub epoch: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Who wrote it, a name that no other worker of any process ever has: an epoch of the same number may be another's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Of the lane that tells the dead letters of the cell inventory: how far it has, by partition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<i64>,
}

impl Mark {
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// `None` where somebody else committed the offset.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Millis;

    fn record() -> Record {
        let mut runs = Runs::default();
        runs.tick(Millis(60_000));
        runs.add(Input::Probes, 2, false);
        Record {
            v: VERSION,
            lane: Lane(3),
            epoch: 17,
            lanes: 8,
            cluster: "c".into(),
            code: "0.1.0".into(),
            policy: "sha256:00".into(),
            key: "k".into(),
            mode: vec!["backfill".into()],
            start: Offsets([0, 0, 0, 0, 40]),
            runs,
            end: Offsets([0, 0, 0, 0, 42]),
            clock: Some(60_000),
            world: WorldOffsets { cells: vec![5], areas: vec![1, 2] },
            decisions: Vec::new(),
            erased: Vec::new(),
            snapshots: Vec::new(),
            hash: None,
            part: 0,
            parts: 0,
        }
    }

    fn decision(at: i64) -> Decision {
        use crate::decide::{Reason, Stage, Verdict};
        Decision {
            at: Millis(at),
            customer: "C".repeat(crate::limits::ID_BYTES_MAX).as_str().into(),
            verdict: Verdict::Held,
            stage: Stage::Consent,
            reason: Reason::NoConsent,
            action: None,
            id: None,
            cause: None,
            episode: None,
            gain_eur: None,
        }
    }

    #[test]
    fn a_record_of_many_decisions_goes_in_parts_that_a_topic_takes_and_that_say_all_in_order() {
        const MAX: usize = JOURNAL_ITEMS_MAX;
        for (decisions, gone, parts) in [(0, 0, 0), (MAX, MAX, 0), (MAX + 1, 3, 1), (10_000, 0, 9), (9, 5_000, 4)] {
            let erased = (0..gone).map(|n| CustomerId::new(format!("C{n:0>127}"))).collect();
            let whole = Record { decisions: (0..decisions as i64).map(decision).collect(), erased, ..record() };
            let encoded = whole.clone().encode_in_parts();
            assert_eq!(encoded.len(), parts + 1);
            assert!(encoded.iter().all(|bytes| bytes.len() < 1 << 20), "Kafka's own bound is 1 MiB");
            let mut read: Vec<Record> = encoded.iter().map(|bytes| Record::decode(bytes).unwrap()).collect();
            let said: Vec<Decision> = read.iter().flat_map(|record| record.decisions.clone()).collect();
            assert_eq!(said, whole.decisions);
            let erased: Vec<CustomerId> = read.iter().flat_map(|record| record.erased.clone()).collect();
            assert_eq!(erased, whole.erased);
            let last = read.pop().unwrap();
            assert_eq!((last.part, last.parts as usize), (0, parts));
            assert!(read.iter().zip(1..).all(|(record, part)| record.part == part && record.runs.is_empty()));
            let v = if parts == 0 { VERSION } else { VERSION_IN_PARTS };
            let joined = Record { v: VERSION, parts: 0, decisions: said, erased, ..last.clone() };
            assert_eq!(joined, whole);
            assert!(read.iter().chain([&last]).all(|record| record.v == v));
        }
    }

    #[test]
    fn a_record_survives_its_bytes_and_begins_with_its_format() {
        let bytes = record().encode();
        assert!(bytes.starts_with(br#"{"v":1,"lane":3,"epoch":17,"#), "{}", String::from_utf8_lossy(&bytes));
        assert_eq!(Record::decode(&bytes).unwrap(), record());
    }

    #[test]
    fn a_newer_record_is_refused_by_its_number_and_garbage_by_its_form() {
        let newer = String::from_utf8(record().encode()).unwrap().replacen("\"v\":1", "\"v\":3", 1);
        assert!(Record::decode(newer.as_bytes()).unwrap_err().to_string().contains("format 3"));
        assert!(matches!(Record::decode(b"{\"v\":1}"), Err(JournalError::Form(_))));
        assert!(matches!(Record::decode(b"nothing"), Err(JournalError::Form(_))));
    }

    #[test]
    fn unknown_fields_of_a_later_minor_release_are_read_over() {
        let more = String::from_utf8(record().encode()).unwrap().replacen("{\"v\":1", "{\"v\":1,\"new\":[1]", 1);
        assert_eq!(Record::decode(more.as_bytes()).unwrap(), record());
    }

    #[test]
    fn a_hash_is_32_digits() {
        assert_eq!(hash_text([0x0a; 16]), "0a".repeat(16));
    }

    #[test]
    fn a_mark_survives_its_text_and_a_strangers_text_is_none() {
        let (url, by) = (Some("http://127.0.0.1:9464".into()), Some("one-000-5f".into()));
        let mark = Mark { epoch: 9, url, by, cells: vec![4, 0] };
        assert_eq!(Mark::decode(&mark.encode()), Some(mark));
        assert_eq!(Mark::decode(r#"{"epoch":9}"#), Some(Mark { epoch: 9, url: None, by: None, cells: Vec::new() }));
        assert_eq!(Mark::decode(""), None);
    }
}
