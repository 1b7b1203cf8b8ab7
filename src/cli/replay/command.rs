//! The arguments of `homeqos replay`, and what it prints. Shell.

use std::path::PathBuf;

use super::send::send;
use super::{Options, Partition, replay};
use crate::act::IdKey;
use crate::cli::{ConfigOptions, Failure, Kind};
use crate::decide::Mode;
use crate::units::{Millis, Partitioner};

/// Runs files through the whole pipeline, without a broker: records in, actions out; or sends them to topics
///
/// Reads whichever exist of probes.jsonl, contacts.jsonl, crm.jsonl, surveys.jsonl, outcomes.jsonl and cells.jsonl in DIR:
/// one record a line, as a topic's value; or wrapped, `{"key", "ts", "value"}`, null values included. Each file is in its
/// order of arrival; the files are merged by time. Equal input gives equal output, byte for byte.
///
/// With --to-topics the records go to the broker of the configuration instead, in the same order, with the keys and times
/// that a replay finds; sent again, they are there twice. The topics' retention must reach back to the records' times.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  homeqos replay town/ --actions actions.jsonl --customers views.jsonl\n  homeqos replay \
                        town/ --to-topics --config homeqos.toml"
)]
pub struct Args {
    /// Folder of the files
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Send the records to the broker's topics, and run nothing
    #[arg(long, conflicts_with_all = ["actions", "customers", "decisions", "dead_letters", "lanes", "shadow"])]
    to_topics: bool,
    /// One line per action: {"topic", "key", "headers", "value"}
    #[arg(long, value_name = "FILE")]
    actions: Option<PathBuf>,
    /// One line per customer: his view at the end, and at the dates of --views-at before it
    #[arg(long, value_name = "FILE")]
    customers: Option<PathBuf>,
    /// One line per decision, held ones included, with its reason
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// One line per refused record, with its reason
    #[arg(long, value_name = "FILE")]
    dead_letters: Option<PathBuf>,
    /// How many lanes share the customers
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1024))]
    lanes: u16,
    /// Time stops here (RFC 3339); records after it are not read. Without it, at the last record's time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Millis>,
    /// Views are also written of these times (RFC 3339, comma-separated); the last of a customer is that of the end
    #[arg(long, value_name = "TIMES", value_delimiter = ',', requires = "customers", value_parser = parse_time)]
    views_at: Vec<Millis>,
    /// Decide, but make no offer
    #[arg(long)]
    shadow: bool,
    #[command(flatten)]
    options: ConfigOptions,
}

fn parse_time(text: &str) -> Result<Millis, String> {
    let at = text.parse::<jiff::Timestamp>();
    at.map(|at| Millis(at.as_millisecond())).map_err(|_| "must be RFC 3339, as 2026-10-22T09:00:00Z".to_owned())
}

fn sorted(times: &[Millis]) -> Vec<Millis> {
    let mut times = times.to_vec();
    times.sort();
    times
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let config = args.options.load(Vec::new())?;
    if args.to_topics {
        eprint!("{}", send(&args.dir, &config, args.until)?.table());
        return Ok(());
    }
    // Without a key of the deployment's own, ids are those of a fixed one: a replay needs no set-up.
    let key = config.id_key().unwrap_or_else(|_| IdKey::new([0; 32]));
    let policy = config.policy(key);
    let topics = &config.written.topics;
    let partitioner = config.written.kafka.partitioner.partitioner().unwrap_or(Partitioner::Murmur2);
    let options = Options {
        dir: args.dir.clone(),
        actions: args.actions.clone(),
        customers: args.customers.clone(),
        decisions: args.decisions.clone(),
        dead_letters: args.dead_letters.clone(),
        partition: Partition { partitioner, lanes: args.lanes },
        until: args.until,
        views_at: sorted(&args.views_at),
        mode: Mode { shadow: args.shadow, offers_enabled: config.written.offers.enabled, ..Mode::default() },
        offers_topic: topics.offers.clone(),
        tickets_topic: topics.tickets.clone(),
    };
    let summary = replay(&options, policy, |_| config.mapping.clone())?;
    eprint!("{}", summary.tallies.table());
    for (event, count) in &summary.actions {
        eprintln!("{event}: {count}");
    }
    eprintln!(
        "{} customers, {} bytes of state each",
        summary.customers,
        summary.state_bytes / summary.customers.max(1)
    );
    if summary.tallies.adds_up() {
        return Ok(());
    }
    Err(Failure::new(Kind::Other, "the accounts do not add up: consumed is not the sum of what became of the records"))
}
