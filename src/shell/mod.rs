//! The shell: everything worldly around the pure core. Shell.
//!
//! In: a [`Settings`] (what `config` means), the policy, the topics. Out: the same topics' transactions, snapshots in
//! a store, answers to whoever asks. What must hold (DESIGN §3): an [`epoch::Epoch`] is a value that is sent until it
//! is known to have committed or its lane is gone; nothing is produced outside a transaction, no transaction lacks
//! the offsets of a lane it writes for; state is only what snapshot and journal can make again; a lane's records fold
//! in the order [`order::Merge`] gives them, and that order is what the journal records.
//!
//! A worker is one thread with one consumer, one producer and its lanes. Lanes come and go in `rebalance`, are made
//! again by `recovery`, forget in `gone` whom CRM erased meanwhile, read `ahead`, fold in `lane`, kept together through
//! history by `alignment`, and are committed by `transaction`; `world` reads the two shared views, whose unreadable rows
//! go the way of `bad_cells`.

mod ahead;
pub mod alignment;
pub mod area;
mod bad_cells;
mod between;
pub mod checks;
pub mod clock;
mod commit;
mod committed;
pub mod dead_letter;
pub mod draft;
pub mod engine;
pub mod epoch;
pub mod failpoint;
pub mod feed;
mod gone;
pub mod http;
pub mod intake;
pub mod journal;
mod journal_reader;
pub mod kafka;
pub mod lag;
pub mod lane;
mod lane_reads;
mod lane_time;
pub mod loader;
pub mod log;
pub mod membership;
pub mod metrics;
pub mod mutant;
pub mod order;
pub mod overtaken;
mod readers;
mod rebalance;
mod rebuilt;
mod recovery;
mod refusal;
pub mod registry;
mod replay;
mod restorer;
pub mod runs;
pub mod settings;
pub mod snapshot;
pub mod snapshot_file;
pub mod store;
pub mod tail;
pub mod topics;
pub mod transaction;
mod whole;
mod worker;
pub mod world;

pub use engine::{Control, Exit, RunConfig, run};
pub use registry::Registry;
pub use settings::Settings;
