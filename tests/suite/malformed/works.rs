//! A lane at work without a broker: the engine's own intake, order and epochs around the core, fed from memory.
//!
//! Every epoch is held to account as it is cut, from what was sent, never from the engine's own sums: the offsets, the
//! fates, the bytes of every dead letter. Then a second lane folds it again as the journal tells it, as a recovery would.

use std::collections::{BTreeMap, VecDeque};

use homeqos::act::{IdKey, Ids};
use homeqos::ingest::{Input, Mapping, MappingFile, decode};
use homeqos::neighbourhood::AreaLane;
use homeqos::pipeline::{Fate, LaneState, Mode, Policy, RuleBook, Tape, World};
use homeqos::shell::dead_letter::DeadLetter;
use homeqos::shell::draft::{Cut, Draft, Stamp};
use homeqos::shell::intake::{AHEAD_OF_NEIGHBOURS_MS, Intake, Item, Slot, ahead_of_neighbours};
use homeqos::shell::journal::{Record, WorldOffsets};
use homeqos::shell::metrics::InputCounts;
use homeqos::shell::order::Merge;
use homeqos::units::{Lane, Millis, Partitioner, Zone};
use rdkafka::Timestamp;
use rdkafka::message::OwnedMessage;

use super::mutant::Sent;

/// Lanes of the deployment, of which this is the first.
pub(super) const LANES: u16 = 2;

/// The lane, its copy, and what stands between them and the topics.
pub(super) struct Works {
    pub(super) lane: LaneState,
    pub(super) twin: LaneState,
    pub(super) areas: AreaLane,
    /// Verdicts came after the last epoch.
    pub(super) judged: bool,
    pub(super) world: World,
    pub(super) policy: Policy,
    pub(super) intake: Intake,
    /// Decodes as the identity does, by another way.
    mapped: Mapping,
    merge: Merge<Slot>,
    draft: Draft,
    stamp: Stamp,
    by_wall: bool,
    wall: Millis,
    feeds: [VecDeque<OwnedMessage>; Input::KEYED.len()],
    /// What was sent and is in no epoch yet.
    pub(super) sent: BTreeMap<(usize, i64), OwnedMessage>,
    ends: [i64; Input::KEYED.len()],
    number: u64,
    /// Fates of the epoch under way, as the core and the intake gave them.
    pub(super) fates: [BTreeMap<&'static str, u64>; Input::KEYED.len()],
    /// All epochs' accounts.
    pub(super) counts: [InputCounts; Input::KEYED.len()],
    /// Offers made, for outcomes to speak of.
    pub(super) offers: VecDeque<(String, String)>,
    pub(super) actions: u64,
    /// How often the copy went on from a snapshot.
    pub(super) restored: u64,
    pub(super) decisions: u64,
}

impl Works {
    pub(super) fn new(by_wall: bool, zone: &str, start: Millis) -> Self {
        let policy = Policy::new(
            "works",
            Zone::named(zone).expect("a zone"),
            RuleBook::default(),
            Ids::new(IdKey::new([5; 32])),
        );
        let inputs = Input::KEYED.map(|input| input.as_str().to_owned());
        let doubt = (!by_wall).then_some(AHEAD_OF_NEIGHBOURS_MS);
        let odd: Vec<_> =
            Input::ALL.iter().map(|input| format!("[{input}]\nsentinels = [\"what no source says\"]\n")).collect();
        Self {
            lane: LaneState::new(Lane(0), LANES, &policy),
            twin: LaneState::new(Lane(0), LANES, &policy),
            areas: AreaLane::default(),
            judged: false,
            world: World::default(),
            intake: Intake { mapping: Mapping::identity(), partitioner: Some(Partitioner::Murmur2), lanes: LANES },
            mapped: Mapping::new(&MappingFile::parse(&odd.concat()).expect("TOML")).expect("a mapping"),
            policy,
            merge: Merge::new(doubt, None, true),
            draft: Draft::new([0; Input::KEYED.len()]),
            stamp: Stamp {
                cluster: "works".into(),
                lanes: LANES,
                code: "0".into(),
                policy: "0".into(),
                key: "0".into(),
                area_lanes: 1,
                inputs: inputs.to_vec(),
            },
            by_wall,
            wall: start,
            feeds: Default::default(),
            sent: BTreeMap::new(),
            ends: [0; Input::KEYED.len()],
            number: 0,
            fates: Default::default(),
            counts: Default::default(),
            offers: VecDeque::new(),
            actions: 0,
            restored: 0,
            decisions: 0,
        }
    }

    /// A record arrives in its topic, behind `gap` offsets that nobody delivers (markers, compacted records).
    pub(super) fn send(&mut self, sent: Sent, gap: i64) {
        let at = sent.input.index();
        let offset = self.ends[at] + gap;
        self.ends[at] = offset + 1;
        let topic = sent.input.as_str().to_owned();
        self.same_by_mapping(&sent);
        let timestamp = Timestamp::CreateTime(sent.timestamp);
        let message = OwnedMessage::new(sent.value, sent.key, topic, timestamp, 0, offset, None);
        self.sent.insert((at, offset), message.clone());
        self.feeds[at].push_back(message);
    }

    /// A mapping that says what the identity says gives the same observation, or refuses for the same reason.
    fn same_by_mapping(&self, sent: &Sent) {
        let read = |mapping| decode(sent.input, sent.key.as_deref(), sent.value.as_deref(), mapping);
        let (own, mapped) = (read(&self.intake.mapping), read(&self.mapped));
        let [own, mapped] = [own, mapped].map(|read| read.map_err(|rejection| rejection.code));
        assert_eq!(own, mapped, "by the identity and by a mapping of it");
    }

    /// Moves the machine's clock.
    pub(super) fn clock(&mut self, wall: Millis) {
        self.wall = self.wall.max(wall);
    }

    /// Folds what has arrived and cuts an epoch of it. `last`: nothing will follow, so nothing is in doubt any longer.
    pub(super) fn epoch(&mut self, last: bool) {
        if self.by_wall {
            self.draft.tick(self.wall);
            let mut tape = Tape::Live(Mode::default());
            self.lane.tick(self.wall, &self.world, &self.policy, &mut tape, &mut self.draft.report);
        }
        loop {
            for input in Input::KEYED {
                self.pull(input);
            }
            let Some(next) = self.merge.pop() else {
                if !last || !self.merge.in_doubt() {
                    break;
                }
                self.merge.trust();
                continue;
            };
            let Slot { offset, item } = next.item;
            match item {
                Item::Bad(letter) => self.refuse(next.input, *letter),
                Item::Doubtful(observation, raw) if next.future => {
                    let rejection = ahead_of_neighbours(observation.ts());
                    self.refuse(next.input, DeadLetter { raw: *raw, rejection });
                }
                Item::Doubtful(observation, _) | Item::Good(observation) => {
                    let mut tape = Tape::Live(Mode::default());
                    let report = &mut self.draft.report;
                    let fate = self.lane.step(&observation, &self.world, &self.policy, &mut tape, report);
                    *self.fates[next.input.index()].entry(word(&fate)).or_default() += 1;
                    self.draft.stepped(next.input, offset, &fate, |_| panic!("the core refuses nothing"));
                }
            }
        }
        if !self.draft.is_empty() {
            self.cut();
        }
    }

    /// A verdict makes the living lane look at its homes at once, and a replay at their next look: then the copy goes on
    /// from a snapshot. Otherwise it is the same lane.
    fn compare(&mut self) {
        if std::mem::take(&mut self.judged) {
            self.twin = LaneState::restore(Lane(0), LANES, &self.lane.to_bytes()).expect("a snapshot that restores");
            self.restored += 1;
        }
        if self.number.is_multiple_of(8) {
            assert_eq!(self.lane.hash(), self.twin.hash(), "the lane that its journal makes again");
        }
    }

    fn pull(&mut self, input: Input) {
        while self.merge.wants(input) {
            let Some(message) = self.feeds[input.index()].pop_front() else { return self.merge.ended(input) };
            let merge = &self.merge;
            let wall = self.by_wall.then_some(self.wall);
            let (ts, slot) = self.intake.read(input, &message, wall, |ts| merge.doubts(input, ts));
            self.merge.put(input, ts, slot);
        }
    }

    fn refuse(&mut self, input: Input, letter: DeadLetter) {
        *self.fates[input.index()].entry("rejected").or_default() += 1;
        self.draft.refused(input, letter);
    }

    fn cut(&mut self) {
        self.number += 1;
        let cut = Cut {
            lane: Lane(0),
            number: self.number,
            mode: Mode::default(),
            crm_first: false,
            clock: self.lane.clock(),
            world: WorldOffsets::default(),
            snapshots: Vec::new(),
            hash: None,
            bad_cells: Vec::new(),
            told: Vec::new(),
        };
        let epoch = self.draft.cut(cut, &self.stamp);
        let journal = epoch.outputs.last().and_then(|output| output.value.as_deref()).expect("a journal record");
        let record = Record::decode(journal).expect("a journal record that can be read");
        assert_eq!(record.parts, 0, "an epoch of few decisions is one record");
        self.account(&epoch, &record);
        self.fold_again(&record);
        self.compare();
        self.judge_areas(&epoch);
    }
}

fn word(fate: &Fate) -> &'static str {
    match fate {
        Fate::Folded => "folded",
        Fate::Late => "late",
        Fate::Duplicate => "duplicate",
        Fate::Erased => "erased",
        Fate::Rejected(_) => "rejected",
        Fate::Forwarded => "forwarded",
        Fate::Control => "control",
    }
}
