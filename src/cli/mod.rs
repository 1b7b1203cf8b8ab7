//! Commands: one file each. Shell.
//!
//! In: the arguments. Out: lines on stdout, errors on stderr, an exit code. What must hold: stdout carries results only,
//! so that it can be piped; an error says what, where and what to do; colour and progress only on a terminal.

mod check;
mod completions;
mod demo;
mod failure;
mod options;
pub mod progress;
pub mod replay;
mod run;
mod score;
mod simulate;
mod tap;
mod topics;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::{Failure, Kind};
pub use options::ConfigOptions;

/// Watches the quality of mobile service at each customer's home, and acts before the customer leaves.
#[derive(Debug, Parser)]
#[command(name = "homeqos", version, propagate_version = true, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 configuration, 3 broker, 4 state refused, 5 fenced by another instance."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    Check(check::Args),
    Topics(topics::Args),
    Tap(tap::Args),
    Replay(replay::Args),
    Simulate(simulate::Args),
    Score(score::Args),
    Demo(demo::Args),
    Completions(completions::Args),
}

/// Runs the command of the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Topics(args) => topics::run(&args),
        Command::Tap(args) => tap::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Score(args) => score::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent_and_every_command_has_an_example() {
        let mut all = vec![Cli::command()];
        Cli::command().debug_assert();
        while let Some(mut command) = all.pop() {
            all.extend(command.get_subcommands().cloned());
            if command.get_subcommands().next().is_none() && command.get_name() != "help" {
                let help = command.render_long_help().to_string();
                assert!(help.contains("Example"), "{}: {help}", command.get_name());
            }
        }
    }
}
