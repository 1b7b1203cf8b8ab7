//! The epoch of one lane of customers while it grows, until it is cut into a value. Pure.

use super::bad_cells::Told;
use super::dead_letter::DeadLetter;
use super::epoch::{Epoch, Output, Owner, Target};
use super::journal::{Offsets, Record, SnapshotNote, VERSION, WorldOffsets, hash_text};
use super::metrics::EpochCounts;
use super::runs::{Ends, Runs};
use crate::act::{Action, ActionTopic};
use crate::ingest::{Input, Rejection};
use crate::pipeline::{CountRow, Fate, Forward, Mode, Report};
use crate::units::{CustomerId, Lane, Millis, Partitioner};

/// What every journal record of an instance says alike.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub cluster: String,
    pub lanes: u16,
    pub code: String,
    pub policy: String,
    /// Fingerprint of the identity key.
    pub key: String,
    /// Partitions of `homeqos.area-counts`.
    pub area_lanes: u16,
    /// The keyed inputs' topics, in the order of [`Input::KEYED`].
    pub inputs: Vec<String>,
}

/// What a lane knows when its epoch is cut.
#[derive(Debug, Clone)]
pub struct Cut {
    pub lane: Lane,
    pub number: u64,
    pub mode: Mode,
    /// The barrier of a cold start still stands.
    pub crm_first: bool,
    pub clock: Option<Millis>,
    pub world: WorldOffsets,
    pub snapshots: Vec<SnapshotNote>,
    pub hash: Option<[u8; 16]>,
    /// Dead letters of the cell inventory, and how far they are told with them.
    pub bad_cells: Vec<DeadLetter>,
    pub told: Told,
}

/// An epoch in the making.
#[derive(Debug)]
pub struct Draft {
    start: Ends,
    /// Next offset of each input.
    cursor: Ends,
    runs: Runs,
    pub report: Report,
    letters: Vec<DeadLetter>,
    erased: Vec<CustomerId>,
    counts: EpochCounts,
}

/// The words of a mode, as the journal keeps them.
pub const SHADOW: &str = "shadow";
pub const BACKFILL: &str = "backfill";
pub const OFFERS_DISABLED: &str = "offers_disabled";
pub const STALE_INPUTS: &str = "stale_inputs";
pub const CRM_FIRST: &str = "crm_first";

/// What holds, in the journal's words.
#[must_use]
pub fn words(mode: Mode, crm_first: bool) -> Vec<String> {
    let all = [
        (SHADOW, mode.shadow),
        (BACKFILL, mode.backfill),
        (OFFERS_DISABLED, !mode.offers_enabled),
        (STALE_INPUTS, mode.stale_inputs),
        (CRM_FIRST, crm_first),
    ];
    all.iter().filter(|(_, on)| *on).map(|(word, _)| (*word).to_owned()).collect()
}

impl Draft {
    #[must_use]
    pub fn new(cursor: Ends) -> Self {
        Self {
            start: cursor,
            cursor,
            runs: Runs::default(),
            report: Report::default(),
            letters: Vec::new(),
            erased: Vec::new(),
            counts: EpochCounts::default(),
        }
    }

    #[must_use]
    pub fn cursor(&self) -> Ends {
        self.cursor
    }

    /// Nothing happened that the journal would have to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.erased.is_empty()
    }

    /// It holds whom CRM no longer has, and no record: nothing more goes into it.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.runs.is_empty() && !self.erased.is_empty()
    }

    /// Offsets taken so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.counts.records()
    }

    pub fn tick(&mut self, at: Millis) {
        self.runs.tick(at);
    }

    /// Moves the input's cursor behind `offset`; answers the offsets taken, those passed over among them.
    fn pass(&mut self, input: Input, offset: i64) -> i64 {
        let at = input.index();
        let taken = offset + 1 - self.cursor[at];
        self.cursor[at] = offset + 1;
        if taken > 1 {
            self.counts.skipped(input, (taken - 1).unsigned_abs());
        }
        taken
    }

    /// A record went through the core. `letter` makes its dead letter, should the core refuse it.
    pub fn stepped(&mut self, input: Input, offset: i64, fate: &Fate, letter: impl FnOnce(Rejection) -> DeadLetter) {
        let taken = self.pass(input, offset);
        self.runs.add(input, taken, false);
        self.counts.record(input, fate);
        if let Fate::Rejected(rejection) = fate {
            self.letters.push(letter(rejection.clone()));
        }
    }

    /// CRM has erased a customer.
    pub fn erased(&mut self, customer: CustomerId) {
        self.erased.push(customer);
    }

    /// A record was refused before the core saw it.
    pub fn refused(&mut self, input: Input, letter: DeadLetter) {
        let taken = self.pass(input, letter.raw.offset);
        self.runs.add(input, taken, true);
        self.counts.record(input, &Fate::Rejected(letter.rejection.clone()));
        self.letters.push(letter);
    }

    /// Cuts the epoch: what it said becomes a value, and the next one begins where it ended.
    pub fn cut(&mut self, cut: Cut, stamp: &Stamp) -> Epoch {
        let done = std::mem::replace(self, Self::new(self.cursor));
        let Self { start, cursor, runs, mut report, letters, erased, mut counts } = done;
        counts.report(&report);
        cut.bad_cells.iter().for_each(|letter| counts.bad_cells[letter.code() as usize] += 1);
        let decisions = std::mem::take(&mut report.decisions);
        let mut outputs = Vec::with_capacity(report.actions.len() + report.counts.len() + letters.len() + 1);
        outputs.extend(report.actions.into_iter().map(action));
        outputs.extend(report.counts.into_iter().map(|row| count(row, stamp.area_lanes)));
        outputs.extend(report.forwards.into_iter().filter_map(|forwarded| forward(&forwarded, stamp.area_lanes)));
        outputs.extend(letters.into_iter().chain(cut.bad_cells).map(dead_letter));
        let record = Record {
            v: VERSION,
            lane: cut.lane,
            epoch: cut.number,
            lanes: stamp.lanes,
            cluster: stamp.cluster.clone(),
            code: stamp.code.clone(),
            policy: stamp.policy.clone(),
            key: stamp.key.clone(),
            mode: words(cut.mode, cut.crm_first),
            start: Offsets(start),
            runs,
            end: Offsets(cursor),
            clock: cut.clock.map(|clock| clock.0),
            world: cut.world,
            decisions,
            erased,
            snapshots: cut.snapshots,
            hash: cut.hash.map(hash_text),
            part: 0,
            parts: 0,
        };
        outputs.extend(record.encode_in_parts().into_iter().map(|value| Output {
            target: Target::Journal,
            partition: Some(cut.lane.0),
            key: Some(cut.lane.to_string().into_bytes()),
            value: Some(value),
            headers: Vec::new(),
        }));
        let offsets = stamp.inputs.iter().cloned().zip(cursor).collect();
        Epoch { owner: Owner::Customers(cut.lane), number: cut.number, outputs, offsets, cells: cut.told, counts }
    }
}

/// An action as a record of its topic.
#[must_use]
pub fn action(action: Action) -> Output {
    let target = match action.topic {
        ActionTopic::Offers => Target::Offers,
        ActionTopic::Tickets => Target::Tickets,
    };
    let (key, value) = (Some(action.key.into_bytes()), Some(action.body.into_bytes()));
    Output { target, partition: None, key, value, headers: action.headers }
}

/// The partition of an area in both area topics: murmur2 of the area alone, whatever follows it in the key.
#[must_use]
pub fn area_partition(area: &str, area_lanes: u16) -> u16 {
    Partitioner::Murmur2.partition(area.as_bytes(), area_lanes)
}

fn count(row: CountRow, area_lanes: u16) -> Output {
    Output {
        target: Target::AreaCounts,
        partition: Some(area_partition(&row.area, area_lanes)),
        key: Some(row.key.into_bytes()),
        value: row.value.map(|count| count.to_json().into_bytes()),
        headers: Vec::new(),
    }
}

fn forward(forward: &Forward, area_lanes: u16) -> Option<Output> {
    Some(Output {
        target: Target::AreaCounts,
        partition: Some(area_partition(&forward.area, area_lanes)),
        key: Some(format!("{}|outcome|{}", forward.area, forward.outcome.action_id).into_bytes()),
        value: Some(serde_json::to_vec(&forward.outcome).ok()?),
        headers: Vec::new(),
    })
}

fn dead_letter(letter: DeadLetter) -> Output {
    let headers = letter.headers();
    Output { target: Target::DeadLetters, partition: None, key: letter.raw.key, value: letter.raw.value, headers }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::RejectCode;
    use crate::shell::dead_letter::Raw;

    fn stamp() -> Stamp {
        Stamp {
            cluster: "c".into(),
            lanes: 4,
            code: "0".into(),
            policy: "sha256:0".into(),
            key: "k".into(),
            area_lanes: 16,
            inputs: Input::KEYED.iter().map(|input| format!("t.{input}")).collect(),
        }
    }

    fn cut(number: u64) -> Cut {
        Cut {
            lane: Lane(2),
            number,
            mode: Mode::default(),
            crm_first: false,
            clock: Some(Millis(5)),
            world: WorldOffsets::default(),
            snapshots: Vec::new(),
            hash: None,
            bad_cells: Vec::new(),
            told: Told::new(),
        }
    }

    fn letter(offset: i64) -> DeadLetter {
        let raw = Raw::new("t.probes", 2, offset, None, Some(b"C1"), Some(b"x"));
        DeadLetter { raw, rejection: Rejection::new(RejectCode::NotJson, "x") }
    }

    #[test]
    fn an_epoch_accounts_for_every_offset_and_the_next_begins_where_it_ended() {
        let mut draft = Draft::new([10, 0, 0, 0, 100]);
        draft.tick(Millis(60_000));
        draft.stepped(Input::Probes, 100, &Fate::Folded, |_| letter(100));
        // 101 and 102 were markers of transactions.
        draft.stepped(Input::Probes, 103, &Fate::Duplicate, |_| letter(103));
        draft.refused(Input::Probes, letter(104));
        draft.stepped(Input::Crm, 10, &Fate::Folded, |_| letter(10));
        let epoch = draft.cut(cut(7), &stamp());
        assert!(epoch.counts.inputs.iter().all(super::super::metrics::InputCounts::is_balanced));
        let probes = epoch.counts.inputs[Input::Probes.index()];
        assert_eq!((probes.consumed, probes.folded, probes.duplicate, probes.control), (5, 1, 1, 2));
        assert_eq!(epoch.offsets.last(), Some(&("t.probes".to_owned(), 105)));
        let journal = Record::decode(epoch.outputs.last().unwrap().value.as_ref().unwrap()).unwrap();
        assert_eq!((journal.epoch, journal.start.0, journal.end.0), (7, [10, 0, 0, 0, 100], [11, 0, 0, 0, 105]));
        assert_eq!(
            serde_json::to_string(&journal.runs).unwrap(),
            r#"[["tick",60000],["probes",4],["probes",1,"rejected"],["crm",1]]"#
        );
        assert!(draft.is_empty());
        assert_eq!(draft.cursor(), journal.end.0);
    }

    #[test]
    fn every_epoch_carries_the_offsets_of_all_inputs_changed_or_not() {
        let mut draft = Draft::new([1, 2, 3, 4, 5]);
        draft.tick(Millis(0));
        let epoch = draft.cut(cut(1), &stamp());
        assert_eq!(epoch.offsets.iter().map(|(_, offset)| *offset).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn an_area_lies_in_one_partition_whichever_lane_counts_it() {
        let row = |lane| CountRow { area: "16419".into(), key: format!("16419|{lane}"), value: None };
        let (a, b) = (count(row(1), 16), count(row(2), 16));
        assert_eq!(a.partition, b.partition);
    }
}
