//! `homeqos score TRUTH`: what homeqos said against what is true. Shell: it reads and writes files.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Failure;
use crate::perception::Coefficients;
use crate::sim::score::{Brier, Given, Said, Score, TERMS, fit, score};

/// Scores actions and customers' views against the truth of a town
///
/// Reads truth.json as `homeqos simulate` writes it (fields may be absent), and what `homeqos replay` wrote. Views of
/// several dates (`replay --views-at`) are scored at each date; the last of each customer counts as the end.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  homeqos replay town/ --actions a.jsonl --customers v.jsonl && homeqos score town/truth.json --actions a.jsonl --customers v.jsonl"
)]
pub struct Args {
    /// The truth
    #[arg(value_name = "TRUTH")]
    truth: PathBuf,
    /// Actions, as `replay --actions` writes them
    #[arg(long, value_name = "FILE")]
    actions: PathBuf,
    /// Views, as `replay --customers` writes them; may be given several times
    #[arg(long, value_name = "FILE", required = true)]
    customers: Vec<PathBuf>,
    /// All figures, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// A page with the table and plots, which opens without a network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// One line per error: its class, whom it concerns, what is true, what was said
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Coefficients of what is felt ([perception.felt]) that fit this truth best, as a piece of a configuration file
    #[arg(long, value_name = "FILE")]
    fit: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let (given, said) = read(&args.truth, &args.actions, &args.customers)?;
    let scored = score(&given, &said);
    if let Some(path) = &args.json {
        let json = serde_json::to_vec_pretty(&scored).context("the score cannot be written")?;
        write(path, &json)?;
    }
    if let Some(path) = &args.html {
        write(path, scored.html().as_bytes())?;
    }
    if let Some(path) = &args.errors {
        write_errors(path, &scored)?;
    }
    if let Some(path) = &args.fit {
        write(path, fitted(&given, &said)?.as_bytes())?;
    }
    print!("{}", scored.table());
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The fitted coefficients, with what they are worth.
fn fitted(given: &Given, said: &Said) -> anyhow::Result<String> {
    let k = Coefficients::default();
    let from = [k.constant, k.shortfall, k.contact, k.names_home, k.detractor, k.no_service].map(f64::from);
    let fit = fit(given, said, from).context("no view tells what it was judged from (perceived.terms)")?;
    let brier = |brier: &Brier| brier.brier.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    let mut out = format!(
        "# Fitted to {} views of the town of seed {}: Brier score {} before, {} with these, {} for the base rate.\n\
         [perception.felt]\n",
        fit.after.count,
        given.seed,
        brier(&fit.before),
        brier(&fit.after),
        fit.after.base_rate_brier.unwrap_or_default()
    );
    for (name, value) in std::iter::once("constant").chain(TERMS).zip(fit.coefficients) {
        let _ = writeln!(out, "{name} = {value:.3}");
    }
    Ok(out)
}

/// Reads all files.
fn read(truth: &Path, actions: &Path, customers: &[PathBuf]) -> anyhow::Result<(Given, Said)> {
    let text = std::fs::read_to_string(truth).with_context(|| format!("cannot read {}", truth.display()))?;
    let given = Given::parse(&text).with_context(|| format!("{} is no truth of a town", truth.display()))?;
    let mut said = Said::default();
    each_line(actions, |line| said.action(line))?;
    for path in customers {
        each_line(path, |line| said.view(line))?;
    }
    said.arrange(given.end);
    Ok((given, said))
}

fn each_line(path: &Path, mut take: impl FnMut(&str) -> Result<(), serde_json::Error>) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    for (number, line) in BufReader::with_capacity(1 << 18, file).lines().enumerate() {
        let place = || format!("{}, line {}", path.display(), number + 1);
        let line = line.with_context(place)?;
        if !line.trim().is_empty() {
            take(&line).with_context(place)?;
        }
    }
    Ok(())
}

fn write_errors(path: &Path, scored: &Score) -> anyhow::Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut out = BufWriter::new(file);
    for case in &scored.cases {
        serde_json::to_writer(&mut out, case)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
