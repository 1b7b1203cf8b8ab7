//! `homeqos simulate`: a town whose truth is known, as the files that `homeqos replay` reads. Shell.
//!
//! In: a scenario, or the flags that change the default one. Out: a file per input, `scenario.toml` (the town as it was
//! built, so that it can be built again) and `truth.json`. What must hold: the same scenario gives the same bytes;
//! memory is that of the town and one day of its events; `truth.json` is written last, so that a folder with one is
//! whole.

mod files;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::progress::Progress;
use super::{Failure, Kind};
use crate::sim::{SpecError, Town, TownSpec};
use crate::units::Millis;
use files::Files;

/// Simulates a town whose truth is known: records as `replay` reads them, and truth.json to judge by
///
/// Writes probes.jsonl, contacts.jsonl, crm.jsonl, surveys.jsonl and cells.jsonl into DIR, one record a line as a topic's
/// value, in the order of time; scenario.toml, the town as it was built; and truth.json: homes, problems with their
/// cause, what is felt, faults. The same scenario and seed give the same bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  homeqos simulate --out town/ --customers 2000 --seed 7 && homeqos replay town/")]
pub(super) struct Args {
    /// Folder of the files; it is made where it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Scenario in TOML: people, faults, shares; without one, the default town of 10 000 customers and 35 days
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Above the scenario: another seed is another town of the same kind
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Above the scenario: how many customers the town has
    #[arg(long, value_name = "N")]
    customers: Option<u32>,
    /// Above the scenario: how many days pass
    #[arg(long, value_name = "N")]
    days: Option<u16>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let spec = spec(args)?;
    let town = Town::try_build(&spec).map_err(|error| Failure::new(Kind::Configuration, error.to_string()))?;
    let homeless = spec.faults.len() - town.truth.faults.len();
    if homeless > 0 {
        eprintln!("{homeless} of {} faults are left out: the town has no site that fits", spec.faults.len());
    }
    let counts = write(&town, &args.out)?;
    for (input, count) in counts {
        eprintln!("{input}: {count}");
    }
    let problems: usize = town.truth.people.iter().map(|person| person.problems.len()).sum();
    eprintln!(
        "{} customers for {} days from {}: {problems} problems at home, {} faults in the network",
        town.people.len(),
        spec.days,
        spec.start.iso(),
        town.truth.faults.len(),
    );
    Ok(())
}

/// The scenario's town with the flags above it.
fn spec(args: &Args) -> Result<TownSpec, Failure> {
    let mut spec = match &args.scenario {
        None => TownSpec::default(),
        Some(path) => read(path)?,
    };
    spec.seed = args.seed.unwrap_or(spec.seed);
    spec.customers = args.customers.unwrap_or(spec.customers);
    if let Some(days) = args.days {
        let later = spec.set_days(days);
        if later > 0 {
            eprintln!("{later} faults are left out: they begin after the last of {days} days");
        }
    }
    Ok(spec)
}

fn read(path: &Path) -> Result<TownSpec, Failure> {
    let refused = |said: String| Failure::new(Kind::Configuration, format!("{}: {said}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    let spec: TownSpec = toml::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let lines = |SpecError(problems)| {
        let lines: Vec<String> = problems.iter().map(|problem| format!("{}: {problem}", path.display())).collect();
        lines.join("\n")
    };
    spec.check().map_err(|error| Failure::new(Kind::Configuration, lines(error)))?;
    Ok(spec)
}

/// Writes the whole town; answers how many records each file has.
fn write(town: &Town, folder: &Path) -> anyhow::Result<Vec<(&'static str, u64)>> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let scenario = toml::to_string(&town.spec).context("the scenario cannot be written")?;
    files::write(folder, "scenario.toml", scenario.as_bytes())?;
    let mut out = Files::create(folder)?;
    let hours = town.truth.end.since(town.truth.start) / Millis::HOUR;
    let bar = Progress::count("simulating hours", hours as u64);
    for record in town.records() {
        if let Some(at) = record.ts {
            bar.set((at.since(town.truth.start) / Millis::HOUR).clamp(0, hours) as u64);
        }
        out.put(&record)?;
    }
    bar.finish();
    let counts = out.finish()?;
    let truth = serde_json::to_vec(&town.truth).context("the truth cannot be written")?;
    files::write(folder, "truth.json", &truth)?;
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(seed: u64) -> Vec<(String, Vec<u8>)> {
        let folder = tempfile::tempdir().unwrap();
        let town = Town::build(&TownSpec { customers: 60, days: 2, ..TownSpec::demo(seed) });
        write(&town, folder.path()).unwrap();
        let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    }

    #[test]
    fn the_same_scenario_writes_the_same_bytes_and_another_seed_others() {
        let first = written(1);
        assert_eq!(first, written(1));
        assert_ne!(first, written(2));
        let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
        let inputs = ["cells.jsonl", "contacts.jsonl", "crm.jsonl", "probes.jsonl"];
        assert_eq!(names, [&inputs[..], &["scenario.toml", "surveys.jsonl", "truth.json"]].concat());
    }

    #[test]
    fn the_scenario_that_is_written_builds_the_same_town_again() {
        let files = written(3);
        let text =
            |name: &str| String::from_utf8(files.iter().find(|(known, _)| known == name).unwrap().1.clone()).unwrap();
        let town = Town::build(&toml::from_str(&text("scenario.toml")).unwrap());
        assert_eq!(serde_json::to_string(&town.truth).unwrap(), text("truth.json"));
    }

    #[test]
    fn the_shipped_scenarios_load_and_the_complete_one_is_the_default() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/scenarios");
        let paths: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(paths.len() >= 6, "{paths:?}");
        for path in &paths {
            let spec = read(path).unwrap_or_else(|failure| panic!("{failure}"));
            // Small: that each can be built is what is to be seen.
            let small = TownSpec { customers: 120, ..spec };
            assert_eq!(Town::build(&small).people.len(), 120, "{}", path.display());
        }
        let complete = folder.join("default.toml");
        assert_eq!(read(&complete).unwrap(), TownSpec::default());
        let written: toml::Table = toml::from_str(&toml::to_string(&TownSpec::default()).unwrap()).unwrap();
        let text = std::fs::read_to_string(complete).unwrap();
        let known: toml::Table = toml::from_str(&text).unwrap();
        assert!(written.keys().all(|key| known.contains_key(key)), "a knob is not in the complete scenario");
    }

    #[test]
    fn a_scenario_that_cannot_be_built_is_refused_by_file_and_field() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrong.toml");
        let fault = "[[faults]]\ncause = \"coverage\"\nreach = \"site\"\nfrom_day = 50\n";
        std::fs::write(&path, format!("village_share = 2\n{fault}")).unwrap();
        let failure = read(&path).unwrap_err();
        assert_eq!((failure.kind, failure.said.lines().count()), (Kind::Configuration, 2));
        let mut lines = failure.said.lines();
        assert!(lines.next().is_some_and(|line| line.contains("wrong.toml: village_share: must be")), "{failure}");
        assert!(lines.next().is_some_and(|line| line.contains("wrong.toml: faults[1].from_day: must")), "{failure}");
    }

    #[test]
    fn fewer_days_leave_out_what_begins_after_them() {
        let mut spec = TownSpec::default();
        let later = spec.set_days(15);
        assert!(later > 0 && spec.faults.iter().all(|fault| fault.from_day < 15.0));
        assert_eq!(spec.check(), Ok(()));
    }

    #[test]
    fn a_scenario_with_an_unknown_key_is_refused_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrong.toml");
        std::fs::write(&path, "custommers = 5\n").unwrap();
        let failure = read(&path).unwrap_err();
        assert_eq!(failure.kind, Kind::Configuration);
        assert!(failure.said.contains("wrong.toml") && failure.said.contains("custommers"), "{failure}");
    }
}
