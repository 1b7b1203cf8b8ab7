//! Bad input at scale: malformed and mutated records of every input through decode, order, step and epoch.
//!
//! A simulated town's records are the sound ones. Around each of them come mutants: records with one to three faults in
//! their fields, bytes, key or topic. Nothing may panic, nothing may grow beyond its bound, and each record has one fate
//! (`consumed = folded + rejected + late + duplicate + control + forwarded + erased`). The short form is an ordinary
//! test; `tests/run malformed` is the long one.

mod account;
mod dice;
mod fields;
mod json;
mod mutant;
mod tally;
mod works;

use std::sync::Arc;

use homeqos::ingest::{Input, Mapping, decode_cell};
use homeqos::sim::{SimRecord, Town, TownSpec};
use homeqos::units::{Millis, Partitioner};

use dice::Dice;
use json::Json;
use mutant::{Faults, Sent, mutant};
use tally::Tally;
use works::{LANES, Works};

/// Records of one epoch.
const EPOCH: usize = 2_000;

/// One lane from a town's beginning to its end, or until so many mutants were sent.
struct Life {
    seed: u64,
    customers: u32,
    mutants: u64,
    /// The machine's clock judges times; else the neighbours do.
    by_wall: bool,
}

/// The sound records that mutants are made of: half of them of the input that is told just now, mostly probes, half of
/// all inputs alike.
struct Bases<'a> {
    /// Rows of the inventory and of the CRM.
    still: Vec<&'a SimRecord>,
    newest: Vec<(Sent, Json)>,
    now: usize,
    /// Some mutant of before, to paste from.
    other: Vec<u8>,
}

impl<'a> Bases<'a> {
    fn new(sound: &'a [SimRecord]) -> Self {
        let still = sound.iter().filter(|record| record.ts.is_none()).collect();
        Self { still, newest: Vec::new(), now: 0, other: Vec::new() }
    }

    fn see(&mut self, record: &SimRecord, start: Millis) {
        let base = (whole(record, start), Json::parse(record.value.as_deref().unwrap_or("{}")));
        let known = self.newest.iter().position(|(sent, _)| sent.input == record.input);
        self.now = known.unwrap_or(self.newest.len());
        match known {
            Some(at) => self.newest[at] = base,
            None => self.newest.push(base),
        }
    }

    fn mutant(&mut self, dice: &mut Dice, faults: &mut Faults) -> Sent {
        if dice.once_in(16) {
            let (at, time) = (self.now, Millis(self.newest[self.now].0.timestamp));
            self.see(self.still[dice.below(self.still.len())], time);
            self.now = at;
        }
        let at = if dice.once_in(2) { self.now } else { dice.below(self.newest.len()) };
        let (sound, tree) = &self.newest[at];
        let sent = mutant(sound, tree, &self.other, dice, faults);
        if dice.once_in(4)
            && let Some(value) = &sent.value
        {
            self.other.clone_from(value);
        }
        sent
    }
}

/// The record as it is; those without a time of their own are sent now.
fn whole(record: &SimRecord, now: Millis) -> Sent {
    Sent {
        input: record.input,
        key: Some(record.key.clone().into_bytes()),
        value: record.value.clone().map(String::into_bytes),
        timestamp: record.ts.unwrap_or(now).0,
    }
}

/// What is said of a panic: all that is needed to have it again.
struct Witness {
    seed: u64,
    sent: Option<Sent>,
}

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let text = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|bytes| bytes.escape_ascii().to_string());
            let sent = self.sent.as_ref().map(|sent| (sent.input, text(&sent.key), text(&sent.value)));
            eprintln!("seed {}, after {sent:?}", self.seed);
        }
    }
}

impl Life {
    fn town(&self) -> Town {
        Town::build(&TownSpec { customers: self.customers, deep_indoor_share: 0.2, ..TownSpec::demo(self.seed) })
    }

    /// Lives it, and answers its accounts.
    fn live(&self) -> Tally {
        let (town, mut dice, mut tally) = (self.town(), Dice::new(self.seed), Tally::default());
        let ours = |record: &SimRecord| {
            record.input == Input::Cells || Partitioner::Murmur2.partition(record.key.as_bytes(), LANES) == 0
        };
        let sound: Vec<SimRecord> = town.records().filter(ours).collect();
        let start = sound.iter().find_map(|record| record.ts).expect("the town has a time");
        let mut works = Works::new(self.by_wall, &town.spec.zone, start);
        let mut witness = Witness { seed: self.seed, sent: None };
        let mut bases = Bases::new(&sound);
        let mut waiting = 0;
        for (at, record) in sound.iter().enumerate() {
            works.clock(record.ts.unwrap_or(start));
            bases.see(record, start);
            let wanted = (self.mutants * (at as u64 + 1) / sound.len() as u64).saturating_sub(tally.mutants);
            for _ in 0..wanted {
                let sent = bases.mutant(&mut dice, &mut tally.faults);
                tally.mutants += 1;
                witness.sent = Some(sent.clone());
                deliver(sent, &mut works, &mut dice, &mut tally);
            }
            if dice.once_in(40) {
                self.outcome(record.ts.unwrap_or(start).0, &mut works, &mut dice, &mut tally);
            }
            let sent = whole(record, start);
            witness.sent = Some(sent.clone());
            deliver(sent, &mut works, &mut dice, &mut tally);
            waiting += 1 + wanted as usize;
            if waiting >= EPOCH {
                waiting = 0;
                works.epoch(false);
            }
        }
        works.epoch(true);
        works.check();
        tally.take(&works);
        tally
    }

    /// What became of an offer that was made, or of some ticket.
    fn outcome(&self, timestamp: i64, works: &mut Works, dice: &mut Dice, tally: &mut Tally) {
        let statuses = ["delivered", "accepted", "refused", "installed", "acknowledged", "resolved", "failed"];
        let offer = (!works.offers.is_empty()).then(|| works.offers[dice.below(works.offers.len())].clone());
        let (key, id) = match offer.filter(|_| !dice.once_in(4)) {
            Some(offer) => offer,
            None => (format!("{}", 16_400 + dice.below(600)), format!("tk_{:032x}", dice.below(4) as u64 ^ self.seed)),
        };
        let status = dice.pick(&statuses);
        let value = format!(r#"{{"action_id":"{id}","ts":{timestamp},"status":"{status}"}}"#);
        let sound = Sent { input: Input::Outcomes, key: Some(key.into()), value: Some(value.into()), timestamp };
        if dice.once_in(2) {
            let tree = Json::parse(str::from_utf8(sound.value.as_deref().unwrap_or_default()).unwrap_or_default());
            tally.mutants += 1;
            deliver(mutant(&sound, &tree, b"{}", dice, &mut tally.faults), works, dice, tally);
        }
        deliver(sound, works, dice, tally);
    }
}

/// To its topic; now and then twice, as after a producer's retry, or behind offsets that nobody delivers.
fn deliver(sent: Sent, works: &mut Works, dice: &mut Dice, tally: &mut Tally) {
    if sent.input == Input::Cells {
        // The inventory is no lane's input: its rows are looked at by the instance, between two epochs.
        let read = decode_cell(sent.key.as_deref(), sent.value.as_deref(), &Mapping::identity());
        tally.cell(read.as_ref().map(|(_, cell)| cell.is_some()));
        if let Ok((id, cell)) = read {
            works.epoch(false);
            works.world.cells.apply(&id, cell.map(Arc::new));
        }
        return;
    }
    if dice.once_in(50) {
        works.send(sent.clone(), 0);
        tally.sent += 1;
    }
    let gap = if dice.once_in(100) { 1 + dice.below(3) as i64 } else { 0 };
    works.send(sent, gap);
    tally.sent += 1;
    tally.skipped += gap.unsigned_abs();
}

#[test]
fn malformed_and_mutated_records_are_all_accounted_for() {
    let mut tally = Life { seed: 1, customers: 60, mutants: 20_000, by_wall: true }.live();
    tally.add(&Life { seed: 2, customers: 40, mutants: 10_000, by_wall: false }.live());
    tally.check();
    assert_eq!(tally.never(), Vec::<String>::new(), "faults, fates and reasons that never came up:\n{tally}");
}

/// The long form: `HOMEQOS_MALFORMED=RECORDS[,SEED]`.
#[test]
fn malformed_and_mutated_records_by_the_million() {
    let Ok(asked) = std::env::var("HOMEQOS_MALFORMED") else { return };
    let (records, seed) = asked.split_once(',').unwrap_or((&asked, "1"));
    let (records, seed): (u64, u64) = (records.parse().expect("records"), seed.parse().expect("a seed"));
    let lives = records.div_ceil(1_000_000);
    let mut tally = Tally::default();
    for life in 0..lives {
        // Every fourth lane is judged by its records' neighbours, as history is.
        let life = Life { seed: seed + life, customers: 400, mutants: records.div_ceil(lives), by_wall: life % 4 != 3 };
        tally.add(&life.live());
        tally.check();
        eprintln!("seed {}: {} mutants of {records} so far, {}", life.seed, tally.mutants, tally.line());
    }
    println!("{tally}{}", tally.json());
}
