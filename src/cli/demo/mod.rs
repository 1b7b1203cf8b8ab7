//! `homeqos demo`: the whole product with nothing to set up. Shell.
//!
//! A simulated town is produced to an embedded broker, the real engine runs between its topics, and what it said is
//! read back and told beside the truth. A record that is lost, or an account that does not add up, fails the demo.

mod run;
mod story;

use super::Failure;
use crate::sim::{Town, TownSpec};
pub use story::Told;

/// A simulated town, the real pipeline, an embedded broker: no set-up
///
/// Example: homeqos demo --seed 7
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Another seed is another town
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many customers the town has
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(50..=5_000))]
    customers: u32,
    /// How many days pass; a home needs seven nights to be known
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(10..=60))]
    days: u16,
}

/// Runs the demo to its end.
pub fn run(args: &Args) -> Result<(), Failure> {
    let spec = TownSpec { customers: args.customers, days: args.days, ..TownSpec::demo(args.seed) };
    let town = Town::build(&spec);
    eprintln!(
        "homeqos demo: town {} with {} customers, {} sites and {} cells; {} days from {}",
        args.seed,
        args.customers,
        town.sites.len(),
        town.cells.len(),
        args.days,
        spec.start.iso(),
    );
    let outcome = run::run(&town).map_err(Failure::from)?;
    let told = Told { actions: &outcome.actions, views: &outcome.views, truth: &town.truth, zone: &outcome.zone };
    println!("{}", told.story());
    println!("{}", outcome.account);
    Ok(())
}
