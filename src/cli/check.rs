//! `homeqos check`: the start-up checks, without starting. Shell.

use std::io::{IsTerminal as _, Write as _};

use super::{ConfigOptions, Failure, Kind};
use crate::config::Config;
use crate::shell::Settings;
use crate::shell::checks::{self, Finding, Level};

/// Checks configuration, broker, topics, keys and access, and starts nothing
///
/// Looks at everything `run` would refuse: an unknown key or a bad value, no broker, a missing topic, unequal partition
/// counts, keys that lie in other partitions than the configured partitioner says, a snapshot store that cannot be
/// used, a port that is taken, denied access. Nothing is written to the broker.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  homeqos check --config homeqos.toml\n  homeqos check --print-acls --principal User:homeqos"
)]
pub(super) struct Args {
    /// Print the kafka-acls commands with the least rights that a deployment needs, and end
    #[arg(long)]
    print_acls: bool,
    /// Whom the rights are for
    #[arg(long, value_name = "PRINCIPAL", default_value = "User:homeqos", requires = "print_acls")]
    principal: String,
    #[command(flatten)]
    options: ConfigOptions,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = args.options.load(Vec::new())?;
    let mut out = std::io::stdout().lock();
    if args.print_acls {
        out.write_all(checks::acls(&Settings::new(&config, false), &args.principal).as_bytes())?;
        return Ok(());
    }
    let found = checks::all(&config);
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    writeln!(out, "{}", line(Level::Fine, "configuration can be read", colour))?;
    for finding in found.iter().filter(|finding| !finding.level.refuses()) {
        writeln!(out, "{}", line(finding.level, &finding.said, colour))?;
    }
    refuse(&found)
}

fn line(level: Level, said: &str, colour: bool) -> String {
    let word = format!("{:8}", level.as_str());
    match level {
        _ if !colour => format!("{word} {said}"),
        Level::Fine => format!("\x1b[32m{word}\x1b[0m {said}"),
        Level::Note => format!("\x1b[36m{word}\x1b[0m {said}"),
        _ => format!("\x1b[33m{word}\x1b[0m {said}"),
    }
}

/// What is refused, all of it, with the exit code of the first.
fn refuse(found: &[Finding]) -> Result<(), Failure> {
    let refused: Vec<&Finding> = found.iter().filter(|finding| finding.level.refuses()).collect();
    let Some(first) = refused.first() else { return Ok(()) };
    let kind = match first.level {
        Level::RefusedBroker => Kind::Broker,
        Level::RefusedState => Kind::State,
        _ => Kind::Configuration,
    };
    let said: Vec<&str> = refused.iter().map(|finding| finding.said.as_str()).collect();
    Err(Failure::new(kind, said.join("\n")))
}

/// The same checks at the start of `run`: what is refused ends it, what is a warning is logged.
pub(super) fn before_start(config: &Config) -> Result<(), Failure> {
    let found = checks::all(config);
    for finding in &found {
        match finding.level {
            Level::Fine => tracing::debug!("{}", finding.said),
            Level::Note => tracing::info!("{}", finding.said),
            Level::Warning => tracing::warn!("{}", finding.said),
            _ => {}
        }
    }
    refuse(&found)
}
