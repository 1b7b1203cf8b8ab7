//! Attacks on the guarantees: seeded faults against the real binary on a real broker, judged by `tests/oracle`.
//!
//! `cargo test` plays three short rounds. `tests/run faults --rounds N --seed S` plays the long form, and
//! `tests/run faults mutants` shows that the oracle finds what is broken on purpose.

mod dice;
mod disk;
mod dump;
mod fleet;
mod inject;
mod network;
mod plan;
mod round;
#[path = "../suite/support/mod.rs"]
#[expect(dead_code, unused_imports, unused_macros, reason = "shared with the suite, which uses the rest")]
mod support;
mod town;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::json;

use network::Scene;
use plan::{Fault, Kind, Plan, Wishes};
use round::{Outcome, play};

/// Rounds that share a broker: its data grow with every round, and so does its start after a kill.
const ROUNDS_PER_BROKER: usize = 6;

/// Each mutant with the faults that bring it out, and the slices of the town: with one, all of it is history at the start.
const MUTANTS: [(&str, &[Fault], usize); 5] = [
    ("offset_too_far", &[Fault::KillAtWork], 5),
    ("decision_left_out", &[Fault::KillAtWork], 5),
    ("outputs_apart", &[Fault::KillBeforeOffsets], 5),
    ("barrier_skipped", &[Fault::KillAtWork], 1),
    ("random_id", &[Fault::KillAtWork], 5),
];

#[derive(Debug, Default)]
struct Args {
    rounds: usize,
    seed: Option<u64>,
    wishes: Wishes,
    record: bool,
    mutants: bool,
    /// As cargo gives it: only what has this in its name.
    filter: Option<String>,
}

fn parse(mut from: impl Iterator<Item = String>) -> Result<Args, String> {
    let mut args = Args::default();
    while let Some(word) = from.next() {
        let mut value = || from.next().ok_or(format!("{word} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text} is no number"));
        match word.as_str() {
            "--rounds" => args.rounds = number(value()?)? as usize,
            "--seed" => args.seed = Some(number(value()?)?),
            "--instances" => args.wishes.instances = Some(number(value()?)? as usize),
            "--steps" => args.wishes.steps = Some(number(value()?)? as usize),
            "--areas" => args.wishes.kind = Some(Kind::Areas),
            "--alone" => args.wishes.kind = Some(Kind::Alone),
            "--production-times" => args.wishes.production_times = true,
            "--record" => args.record = true,
            "--only" => {
                let named = |word: &str| Fault::ALL.iter().copied().find(|fault| fault.as_str() == word);
                let list = value()?;
                let parse = |word: &str| named(word).ok_or(format!("no fault is called {word}"));
                args.wishes.only = list.split(',').map(parse).collect::<Result<_, _>>()?;
            }
            "mutants" => args.mutants = true,
            word if word.starts_with("--") => {}
            word => args.filter = Some(word.to_owned()),
        }
    }
    Ok(args)
}

fn main() -> ExitCode {
    let args = match parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(words) => {
            eprintln!("tests/run faults: {words}");
            return ExitCode::from(2);
        }
    };
    let ok = if args.mutants {
        mutants(args.seed.unwrap_or(1))
    } else if args.rounds > 0 {
        long(&args)
    } else {
        short(args.filter.as_deref())
    };
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(plan: &Plan, outcome: &Outcome) {
    let (faults, seconds, actions) = (&outcome.faults, outcome.seconds, outcome.actions);
    let order = if outcome.reordered { ", one topic's records came before another's" } else { "" };
    println!("seed {}: {seconds} s, {actions} actions{order}, faults {faults:?}", plan.seed);
    for violation in &outcome.violations {
        println!("  VIOLATION {violation}");
    }
    if !outcome.violations.is_empty() {
        println!("  schedule {}", plan.json());
        println!("  dump and logs in {}", keep(&outcome.folder, plan.seed).display());
        println!("  again: tests/run faults --rounds 1 --seed {} --instances {}", plan.seed, plan.instances);
    }
}

/// Keeps what a broken round left, which may not come again: seeds draw the faults, not the moments.
fn keep(folder: &Path, seed: u64) -> PathBuf {
    let kept = support::root().join(format!("target/faults/{seed}-{}", std::process::id()));
    let made = std::fs::create_dir_all(&kept).is_ok();
    let copied = Command::new("cp").arg("-r").arg(folder.join(".")).arg(&kept).status();
    if made && copied.is_ok_and(|status| status.success()) { kept } else { folder.to_owned() }
}

/// A round of the ordinary run: few faults, of few kinds.
struct Short {
    name: &'static str,
    instances: usize,
    seed: u64,
    steps: usize,
    only: &'static [Fault],
}

const LIVES: &[Fault] =
    &[Fault::KillAtWork, Fault::KillBeforeCommit, Fault::SnapshotCut, Fault::PoisonOnePercent, Fault::Erased];
const NETWORK: &[Fault] = &[Fault::NetworkSlow, Fault::NetworkReset, Fault::NetworkHalfOpen, Fault::NetworkSlowClose];

const STORE: &[Fault] = &[Fault::StoreFull, Fault::StoreSlow, Fault::SnapshotOfOtherCluster, Fault::CutOffBeforeCommit];

const SHORT: [Short; 4] = [
    Short { name: "faults::a_short_round_on_one_instance", instances: 1, seed: 101, steps: 3, only: LIVES },
    Short { name: "faults::a_short_round_on_three_instances", instances: 3, seed: 102, steps: 3, only: LIVES },
    // A seed that draws each of the four once, the half-open one for longer than the session.
    Short { name: "faults::a_short_round_on_a_bad_network", instances: 2, seed: 139, steps: 4, only: NETWORK },
    // A seed that draws each of the four once.
    Short { name: "faults::a_short_round_on_a_bad_store", instances: 2, seed: 186, steps: 4, only: STORE },
];

impl Short {
    /// `true` if it passed; the error says why it could not be played.
    fn play(&self, scene: &Scene) -> Result<bool, String> {
        if self.only == NETWORK || self.only == STORE {
            scene.network.as_ref().map_err(Clone::clone)?;
        }
        if self.only == STORE {
            scene.disk.as_ref().map_err(Clone::clone)?;
        }
        let (instances, only) = (Some(self.instances), self.only.to_vec());
        let wishes = Wishes { instances, only, kind: Some(Kind::Alone), steps: Some(self.steps), ..Wishes::default() };
        let plan = Plan::draw(self.seed, &wishes);
        let outcome = play(scene, &plan, None);
        tell(&plan, &outcome);
        Ok(outcome.violations.is_empty())
    }
}

/// The ordinary run, in cargo's words.
fn short(filter: Option<&str>) -> bool {
    let wanted: Vec<&Short> = SHORT.iter().filter(|short| filter.is_none_or(|f| short.name.contains(f))).collect();
    if wanted.is_empty() {
        return true;
    }
    println!("\nrunning {} tests", wanted.len());
    let scene = Scene::start();
    let mut failed = 0;
    for short in &wanted {
        let played = scene.as_ref().map_err(Clone::clone).and_then(|scene| short.play(scene));
        if let Err(reason) = &played {
            println!("SKIPPED ({}) {}", support::in_brackets(reason), short.name);
        }
        let ok = played.unwrap_or(!support::required());
        failed += usize::from(!ok);
        println!("test {} ... {}", short.name, if ok { "ok" } else { "FAILED" });
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {} passed; {failed} failed; 0 ignored;", wanted.len() - failed);
    failed == 0
}

/// The scene of rounds played by hand.
fn begin() -> Scene {
    let scene = Scene::start().unwrap_or_else(|reason| panic!("no broker: {reason}"));
    if let Err(reason) = &scene.network {
        println!("no fault of the network will take place: {reason}");
    }
    scene
}

/// A seed nobody chose.
fn chance() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one("seed") >> 32
}

/// `--rounds N`: the seeds follow from the first one. The last line is JSON.
fn long(args: &Args) -> bool {
    let first = args.seed.unwrap_or_else(chance);
    let commit = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=10"]).output();
    let commit = commit.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    let mut faults: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut violations, mut reordered) = (0, 0);
    let mut scene = None;
    for n in 0..args.rounds {
        if n % ROUNDS_PER_BROKER == 0 {
            scene = None;
        }
        let scene = scene.get_or_insert_with(begin);
        let plan = Plan::draw(first + n as u64, &args.wishes);
        println!("round {} of {}: {}", n + 1, args.rounds, plan.json());
        let outcome = play(scene, &plan, None);
        tell(&plan, &outcome);
        outcome.faults.iter().for_each(|(fault, n)| *faults.entry(fault).or_default() += n);
        violations += outcome.violations.len();
        reordered += usize::from(outcome.reordered);
        if args.record {
            record(&plan, &outcome, &commit);
        }
        if outcome.violations.is_empty() && std::env::var_os("HOMEQOS_KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&outcome.folder);
        }
    }
    let sum = json!({
        "rounds": args.rounds, "seed": first, "faults": faults, "reordered": reordered, "violations": violations,
    });
    println!("{sum}");
    violations == 0
}

/// A line of `tests/faults/rounds.jsonl`.
fn record(plan: &Plan, outcome: &Outcome, commit: &str) {
    use std::io::Write as _;
    let line = json!({
        "seed": plan.seed, "commit": commit, "kind": format!("{:?}", plan.kind).to_lowercase(),
        "instances": plan.instances, "production_times": plan.production_times, "faults": outcome.faults,
        "actions": outcome.actions, "seconds": outcome.seconds, "reordered": outcome.reordered,
        "violations": outcome.violations.len(),
    });
    let path = support::root().join("tests/faults/rounds.jsonl");
    let file = std::fs::File::options().create(true).append(true).open(path);
    file.and_then(|mut file| writeln!(file, "{line}")).expect("the record can be written");
}

/// Each mutant must be found, and the program without one must not be accused by the same rounds.
fn mutants(seed: u64) -> bool {
    if !cfg!(feature = "mutants") {
        eprintln!("the binary has no mutants: tests/run faults mutants builds it with them");
        return false;
    }
    let scene = begin();
    let mut all = true;
    for (mutant, only, steps) in std::iter::once(("none", MUTANTS[0].1, 5)).chain(MUTANTS) {
        let wishes = Wishes {
            instances: Some(2),
            only: only.to_vec(),
            kind: Some(Kind::Alone),
            steps: Some(steps),
            ..Wishes::default()
        };
        let plan = Plan::draw(seed, &wishes);
        let outcome = play(&scene, &plan, Some(mutant));
        let found = !outcome.violations.is_empty();
        let right = found == (mutant != "none");
        all &= right;
        let first = outcome.violations.first().map_or("nothing", String::as_str);
        let first: String = first.chars().take(160).collect();
        println!("mutant {mutant}: {} ({first})", if found { "found" } else { "not found" });
        if !right {
            tell(&plan, &outcome);
        }
    }
    println!("{}", json!({"mutants": MUTANTS.len(), "all_found": all}));
    all
}
