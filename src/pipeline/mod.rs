//! The pipeline: one lane's customers, folded record by record. Pure.
//!
//! `step(state, observation, world, policy) → report` and `tick(state, now, world, policy) → report` are the whole
//! functional core. In: one valid record, or the time. Out: what became of the record ([`Fate`]) and what follows
//! from it ([`Report`]: actions, decisions, area counts, forwards). What must hold: where epochs are cut changes
//! nothing; a minute of the grid is evaluated before a record beyond it folds; with a replay [`Tape`] recorded
//! decisions are applied and none is taken.

mod agenda;
mod assess;
mod at_home;
mod census;
mod customer;
mod customers;
mod erase;
mod erased;
mod evaluate;
mod fold;
mod instance;
mod lane;
mod news;
mod offers;
mod policy;
mod report;
mod resume;
mod snapshot;
mod view;

pub use census::Census;
pub use instance::Instance;
pub use lane::LaneState;
pub use policy::{Policy, RuleBook, World};
pub use report::{Fate, Forward, Report, Tape};
pub use snapshot::{FORMAT, FORMER_FORMAT, RestoreError};

pub use crate::decide::Mode;
pub use crate::neighbourhood::CountRow;
