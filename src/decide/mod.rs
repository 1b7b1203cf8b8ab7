//! Decide: what is known of a home → at most one act, or the reason why none. Pure.
//!
//! In: quality, perception, diagnosis, the neighbourhood's verdict, the CRM row and the memory of what was
//! done. Out: [`Decision`]s: offers emitted or withheld, candidates held, offers withdrawn, panes restarted. What
//! must hold: every decision carries its [`Reason`]; only [`Memory`] remembers, and it changes only by applying
//! decisions, so that a replayed journal and a live run leave the same memory.

mod catalogue;
mod decision;
mod facts;
mod gain;
mod ledger;
mod memory;
mod reason;
mod rules;
mod stages;

pub use catalogue::{Catalogue, Item, Needs};
pub use decision::{Decision, Verdict};
pub use facts::CrmFacts;
pub use gain::{ChurnPeriod, Economics, Effect, Gain, Worth};
pub use ledger::Ledger;
pub use memory::{Episode, Memory, Noted, OfferMemo};
pub use reason::{Reason, Stage};
pub use rules::{Offers, Rules};
pub use stages::{Alternative, Choice, Evaluation, Mode, Setting, Subject, evaluate};
