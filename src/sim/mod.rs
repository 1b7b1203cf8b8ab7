//! Sim: a [`TownSpec`] → a [`Town`] whose truth is known, and its records. Pure.
//!
//! In: a spec with its seed. Out: the records that a real operator's topics would carry, in the order of time,
//! and the [`Truth`] by which decisions are judged: homes, problems with their cause and whom they concern, what
//! is felt, faults with the homes they hit, and traps.
//! What must hold: the same spec gives the same bytes; the truth comes from the model and never from the sampled
//! events; no record carries anything an operator could not know; memory is that of one day.

mod air;
pub mod bench;
mod care;
mod check;
mod crm;
mod day;
mod dice;
mod event;
mod faults;
mod network;
mod people;
mod plan;
mod radio;
mod records;
mod render;
pub mod score;
mod spec;
#[cfg(test)]
mod tests;
mod town;
mod truth;

pub use check::{SpecError, SpecProblem};
pub use network::{Cell, Layer, Site, SiteKind};
pub use people::{Person, PersonKind};
pub use records::{Records, SimRecord};
pub use spec::{FaultPlan, PeopleMix, Reach, TownSpec, Trap};
pub use town::Town;
pub use truth::{HardNegative, Problem, Scope, TrueFault, TrueHome, TruePerson, Truth};
