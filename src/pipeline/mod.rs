//! The pipeline: one lane's customers, folded record by record. Pure.
//!
//! `step(state, observation, world, policy) → report` and `tick(state, now, world, policy) → report` are the whole
//! functional core. In: one valid record, or the time. Out: what became of the record ([`Fate`]) and what follows
//! from it ([`Report`]: actions, decisions, area counts, forwards). What must hold: where epochs are cut changes
//! nothing; a minute of the grid is evaluated before a record beyond it folds; with a replay [`Tape`] recorded
//! decisions are applied and none is taken.

mod report;

pub use report::{CountRow, Fate, Forward, Mode, Report, Tape};
