//! The town's records in slices, with what is put into them, and what the core alone makes of them.

use std::collections::{BTreeMap, VecDeque};

use homeqos::ingest::{Input, Mapping, decode, decode_cell};
use homeqos::pipeline::{Fate, Instance, Mode, Policy};
use homeqos::sim::{Town, TownSpec};
use homeqos::units::{Millis, Partitioner};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::plan::{Fault, Plan};
use crate::support::broker::Broker;
use crate::support::records::{Sent, produce};
use crate::support::topics::Deployment;

/// Each of two workers of three instances has one.
pub(crate) const LANES: u16 = 6;

/// What the product should do with a record beyond what its bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Good,
    /// Refused for its place or its neighbours, though its bytes are fine: the reason.
    Refused(&'static str),
}

#[derive(Debug, Clone)]
pub(crate) struct One {
    pub(crate) input: Input,
    pub(crate) key: String,
    pub(crate) ts: Option<Millis>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) partition: Option<u16>,
    pub(crate) fit: Fit,
}

impl One {
    /// The lane that reads it: of its key, unless it was sent to a partition by name.
    fn lane(&self) -> u16 {
        self.partition.unwrap_or_else(|| lane(&self.key))
    }
}

pub(crate) fn lane(key: &str) -> u16 {
    Partitioner::Murmur2.partition(key.as_bytes(), LANES)
}

/// The town in slices of equal length, then strangers' records that move every lane's clock to the same end.
pub(crate) fn slices(plan: &Plan, done: &mut BTreeMap<&'static str, u64>) -> Vec<Vec<One>> {
    let spec = TownSpec { customers: 140, ..TownSpec::demo(plan.seed) };
    let town = Town::build(&spec);
    let good = |input, key, ts, value: Option<String>| One {
        input,
        key,
        ts,
        value: value.map(String::into_bytes),
        partition: None,
        fit: Fit::Good,
    };
    let mut all: Vec<One> = town.records().map(|r| good(r.input, r.key, r.ts, r.value)).collect();
    let last = all.iter().filter_map(|r| r.ts).max().expect("a town has events");
    for hours in [1, 2, 3] {
        for lane in 0..LANES {
            let ts = last.plus(hours * Millis::HOUR);
            let key = stranger(lane);
            let value = json!({"customer_id": key, "ts": ts.0, "kind": "measurement", "rat": "lte", "rsrp_dbm": -90});
            all.push(good(Input::Probes, key, Some(ts), Some(value.to_string())));
        }
    }
    let crm: BTreeMap<String, Value> = all
        .iter()
        .filter(|r| r.input == Input::Crm)
        .filter_map(|r| Some((r.key.clone(), serde_json::from_slice(r.value.as_deref()?).ok()?)))
        .collect();
    let length = all.len().div_ceil(plan.slices);
    let mut parts: Vec<Vec<One>> = all.chunks(length).map(<[One]>::to_vec).collect();
    let mut dice = Dice(plan.seed ^ 0x7031_5011);
    let last = parts.len() - 1;
    for step in plan.steps.iter().filter(|step| step.fault.is_input() && step.slice <= last) {
        // The strangers end the last slice and must stay where they are.
        let part = &mut parts[step.slice];
        let injected = spoil(part, step.fault, &crm, &mut dice);
        if injected > 0 {
            *done.entry(step.fault.as_str()).or_default() += 1;
        }
    }
    parts
}

/// The name of somebody of whom nothing else is known, in the given lane.
fn stranger(wanted: u16) -> String {
    let mut names = (0..).map(|n: u32| format!("stranger-{n}"));
    names.find(|key| lane(key) == wanted).expect("some key hashes there")
}

/// Puts a fault into a slice; answers how many records it concerns.
fn spoil(part: &mut Vec<One>, fault: Fault, crm: &BTreeMap<String, Value>, dice: &mut Dice) -> usize {
    let end = part.iter().position(|r| r.key.starts_with("stranger-")).unwrap_or(part.len());
    let probes: Vec<usize> = (0..end).filter(|at| part[*at].input == Input::Probes).collect();
    if probes.len() < 200 {
        return 0;
    }
    let before = part.len();
    let middle = probes[probes.len() / 4 + dice.roll(probes.len() / 2)];
    match fault {
        Fault::PoisonOnePercent => {
            for at in probes.iter().rev().step_by(100) {
                let bad = bad(&part[*at], dice);
                part.insert(*at, bad);
            }
        }
        Fault::PoisonAll => {
            let burst: Vec<One> = (0..1_500).map(|_| bad(&part[*dice.pick(&probes)], dice)).collect();
            part.splice(middle..middle, burst);
        }
        Fault::LargeRecords => {
            let large = One { value: Some(vec![b'x'; 2 << 20]), ..part[middle].clone() };
            part.splice(middle..middle, [large.clone(), large]);
        }
        Fault::ClockJumps => jump(part, &probes, dice),
        Fault::Misrouted => {
            let wrong = (lane(&part[middle].key) + 1) % LANES;
            let fit = Fit::Refused("misrouted");
            let one = One { partition: Some(wrong), fit, ..part[middle].clone() };
            part.splice(middle..middle, vec![one; 5]);
        }
        Fault::SilentPartition => {
            let silent = dice.roll(usize::from(LANES)) as u16;
            let keep = |r: &One| r.input != Input::Probes || lane(&r.key) != silent || r.key.starts_with("stranger-");
            part.retain(keep);
        }
        Fault::Erased | Fault::ConsentWithdrawn => {
            let ts = part[middle].ts;
            let customers: Vec<&String> = crm.keys().collect();
            let rows: Vec<One> = (0..5)
                .map(|_| {
                    let key = (*dice.pick(&customers)).clone();
                    let mut row = crm[&key].clone();
                    row["consent"]["network_care"] = false.into();
                    let value = (fault == Fault::ConsentWithdrawn).then(|| row.to_string().into_bytes());
                    One { input: Input::Crm, key, ts, value, partition: None, fit: Fit::Good }
                })
                .collect();
            part.splice(middle..middle, rows);
        }
        _ => {}
    }
    part.len().abs_diff(before)
}

/// Copies of probes with times far ahead and far behind, each just before the probe it is copied from: so that its
/// neighbours in its partition are of the town's time.
fn jump(part: &mut Vec<One>, probes: &[usize], dice: &mut Dice) {
    let inner = &probes[100..probes.len() - 100];
    let mut places: Vec<usize> = (0..6).map(|_| *dice.pick(inner)).collect();
    places.sort_unstable();
    places.dedup();
    for (n, at) in places.into_iter().rev().enumerate() {
        let (days, fit) = if n % 2 == 0 { (90, Fit::Refused("future")) } else { (-400, Fit::Good) };
        let mut one = part[at].clone();
        let mut value: Value = serde_json::from_slice(one.value.as_deref().unwrap_or_default()).expect("a probe");
        let ts = one.ts.expect("a probe has a time").plus(days * Millis::DAY);
        value["ts"] = ts.0.into();
        one.value = Some(value.to_string().into_bytes());
        one.fit = fit;
        part.insert(at, one);
    }
}

/// A record of the same customer that cannot be used.
fn bad(like: &One, dice: &mut Dice) -> One {
    let good = like.value.clone().unwrap_or_default();
    let value = match dice.roll(8) {
        0 => b"{".to_vec(),
        1 => b"null".to_vec(),
        2 => Vec::new(),
        3 => good[..good.len() / 2].to_vec(),
        4 => [b"\xff\xfe".as_slice(), &good].concat(),
        5 => format!(r#"{{"customer_id":"{}","ts":"yesterday","kind":"measurement"}}"#, like.key).into_bytes(),
        6 => {
            format!(r#"{{"customer_id":"{}","ts":-1,"kind":"measurement","rsrp_dbm":"strong"}}"#, like.key).into_bytes()
        }
        _ => format!("{}{}", "[".repeat(400), "]".repeat(400)).into_bytes(),
    };
    One { value: Some(value), ..like.clone() }
}

/// Writes the records to the deployment's topics, each with its own time.
pub(crate) fn send(broker: &Broker, deployment: &Deployment, part: &[One]) {
    for input in Input::ALL {
        let of = part.iter().filter(|r| r.input == *input).map(|r| Sent {
            key: Some(r.key.clone()),
            value: r.value.clone(),
            timestamp: r.ts.map(|ts| ts.0),
            partition: r.partition.map(i32::from),
        });
        produce(broker, &deployment.topic(input.as_str()), of);
    }
}

/// What the core alone makes of the records.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    /// `ce_id`s of its actions.
    pub(crate) actions: Vec<String>,
    /// Its decisions, held ones too, for whoever looks for the reason of a difference.
    pub(crate) decisions: Vec<Value>,
    /// Dead letters by reason.
    pub(crate) letters: BTreeMap<String, u64>,
}

pub(crate) fn expected(parts: &[Vec<One>], policy: Policy) -> Expected {
    let mut core = Core::new(policy);
    parts.iter().flatten().for_each(|one| core.push(one));
    core.end()
}

/// What the core alone makes of the records in the order in which the lanes say they have read them; `None` where that is
/// none of the orders there may be.
///
/// What is written to five topics while nobody looks is mostly seen at once. Now and then an instance is brought one
/// topic's records before it hears that another has new ones too: then it folds what it has, as it must, and the journal
/// says so. What lies there before the first start is seen whole, and has one order.
pub(crate) fn expected_as_read(
    parts: &[Vec<One>],
    journal: &[Value],
    policy: impl Fn() -> Policy,
) -> Option<Vec<String>> {
    let mut actions = Vec::new();
    for lane in 0..LANES {
        let of_lane = |one: &&One| one.input != Input::Cells && one.lane() == lane;
        let mut left: BTreeMap<&str, VecDeque<&One>> = BTreeMap::new();
        parts
            .iter()
            .flatten()
            .filter(of_lane)
            .for_each(|one| left.entry(one.input.as_str()).or_default().push_back(one));
        let mut first = parts[0].iter().filter(of_lane);
        let mut core = Core::new(policy());
        parts.iter().flatten().filter(|one| one.input == Input::Cells).for_each(|one| core.push(one));
        let mut epochs: Vec<&Value> =
            journal.iter().filter(|epoch| epoch["lane"] == lane && epoch["runs"].is_array()).collect();
        epochs.sort_by_key(|epoch| epoch["epoch"].as_u64());
        for run in epochs.iter().filter_map(|epoch| epoch["runs"].as_array()).flatten() {
            let (what, count) = (run[0].as_str()?, run[1].as_i64()?);
            if what == "tick" {
                core.instance.run_until(Millis(count));
                continue;
            }
            for _ in 0..count {
                let one = left.get_mut(what)?.pop_front()?;
                if first.next().is_some_and(|first| !std::ptr::eq(first, one)) {
                    return None;
                }
                core.push(one);
            }
        }
        actions.extend(core.end().actions);
    }
    Some(actions)
}

/// The core alone, and what it refuses.
struct Core {
    instance: Instance,
    letters: BTreeMap<String, u64>,
}

impl Core {
    fn new(policy: Policy) -> Self {
        Self { instance: Instance::new(policy, LANES, Partitioner::Murmur2, Mode::default()), letters: BTreeMap::new() }
    }

    fn push(&mut self, one: &One) {
        let mapping = Mapping::identity();
        let (key, value) = (Some(one.key.as_bytes()), one.value.as_deref());
        if let Fit::Refused(why) = one.fit {
            self.refuse(why);
        } else if one.input == Input::Cells {
            let (id, cell) = decode_cell(key, value, &mapping).expect("a good cell");
            self.instance.cell(&id, cell);
        } else {
            match decode(one.input, key, value, &mapping).map(|observation| self.instance.push(&observation)) {
                Ok(Fate::Rejected(rejection)) | Err(rejection) => self.refuse(rejection.code.as_str()),
                Ok(_) => {}
            }
        }
    }

    fn refuse(&mut self, why: &str) {
        *self.letters.entry(why.to_owned()).or_default() += 1;
    }

    fn end(mut self) -> Expected {
        let id =
            |action: &homeqos::act::Action| action.headers.iter().find(|(n, _)| n == "ce_id").map(|(_, v)| v.clone());
        Expected {
            decisions: self.instance.take_decisions().iter().map(|decision| json!(decision)).collect(),
            actions: self.instance.take_actions().iter().filter_map(id).collect(),
            letters: self.letters,
        }
    }
}
