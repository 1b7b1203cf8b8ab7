//! Act: what is decided → the messages of `cem.actions`. Pure.
//!
//! In: a decision with its evidence, or a ticket's message. Out: an [`Action`]: CloudEvents 1.0 headers (binary
//! mode) and a JSON body in TM Forum terms. What must hold: `ce_id` is unique for every message, the same
//! decision always yields the same bytes, and no ticket names a customer or his home.

mod action;
mod cloudevent;
mod ids;
pub mod offer;
mod ticket;
mod wording;

pub use action::{Action, ActionTopic, EventType};
pub use cloudevent::headers;
pub use ids::{IdKey, Ids};
pub use offer::{Offer, rounded};
pub use ticket::ticket;
