//! The words every stage shares: times, places, causes, ids. Pure.
//!
//! Two integers that could be swapped are two types: a [`Millis`] is an instant, a [`Minute`] a point of the
//! one-minute grid, a [`Day`] a local calendar day, and none converts to another by accident.

mod geo;
mod id;
mod partitioner;
mod time;
mod vocabulary;
pub mod wilson;
mod zone;

pub use geo::LatLon;
pub use id::{AreaId, CellId, CustomerId, Id, Lane, SiteId};
pub use partitioner::Partitioner;
pub use time::{Day, MaybeMinute, Millis, Minute};
pub(crate) use vocabulary::words;
pub use vocabulary::{ActionKind, Cause, Causes, Rat, Segment};
pub use zone::{LocalTime, Zone, ZoneError};
