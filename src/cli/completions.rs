//! `homeqos completions`: what a shell needs to complete our commands. Shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Cli, Failure};

/// Prints completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  homeqos completions bash > /etc/bash_completion.d/homeqos")]
pub(super) struct Args {
    /// Which shell
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "homeqos", &mut text);
    std::io::Write::write_all(&mut std::io::stdout(), &text)?;
    Ok(())
}
