//! Home: sightings of a customer on the network → where he lives, and whether a record was made there. Pure.
//!
//! In: one [`Sighting`] per record (when, which cell, which position), the lane's [`CellTable`], the CRM address.
//! Out: [`Sighted`] — was it at home, and which panes belong to which place now — and, when asked, the [`Home`].
//!
//! How a home is found, in the order in which the files say it:
//! 1. [`CellTable`] gives every cell its site (`cells`, `sites`).
//! 2. Sites heard at one address are one place (`place`, `gather`); a customer has at most four. A cell heard by day only,
//!    where others are heard by night, serves the office next door: its records are not of the home.
//! 3. Each place keeps, for 28 nights, the nights that were valid there, its night half-hours, and how long the
//!    customer stayed by day (`nights`, `stays`).
//! 4. `judge` says which place is the home: the most nights; not a workplace of the night; not a holiday.
//! 5. `view` says it in the design's words: `unknown`, `provisional`, `confirmed`, `declared`.
//!
//! What must hold: any order of the sightings of one half-hour gives the same answer; a late record counts in its
//! own night; nothing grows beyond four places of six cells; a silent night is no evidence of absence; the panes
//! of the leading place stay with it when it becomes the home.

mod cells;
mod gather;
mod judge;
mod nights;
mod place;
mod rules;
mod sites;
mod state;
mod stays;
#[cfg(test)]
mod tests;
mod view;

pub use cells::CellTable;
pub use rules::Rules;
pub use sites::site_by_rule;
pub use state::HomeState;
pub use view::{CellRef, Home, HomeStatus, Presence, Sighted, Sighting, SiteRef};
