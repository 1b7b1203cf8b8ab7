//! Perception: contacts, surveys and quality → is it felt, and what is wrong. Pure.
//!
//! In: a customer's contacts and surveys as they come, the [`Quality`](crate::qos::Quality) of his home, and how the
//! other homes on his cell fare. Out: [`Perceived`] (a probability, and what was read) and [`Diagnosis`] (one cause
//! with its evidence).
//! What must hold: a contact counts once however often it is delivered; a text is read the same with or without
//! accents; a denied complaint is none; a cause never comes without evidence.

mod diagnose;
mod evidence;
mod fold;
mod lexicon;
mod memory;
mod negation;
mod pairs;
mod perceive;
mod rules;
mod symptoms;
#[cfg(test)]
mod tests;

pub use diagnose::{Around, CellPeers, Diagnosis, Handset, diagnose};
pub use evidence::{Direction, Evidence};
pub use lexicon::{Lexicon, PhraseId, Reading};
pub use memory::Memory;
pub use perceive::{Perceived, Terms, perceive};
pub use rules::{CauseRules, Coefficients, ReasonMeaning, Rules, Targets};
pub use symptoms::{afflicted, is_fresh, shared};
