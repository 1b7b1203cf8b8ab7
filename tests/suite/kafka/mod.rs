//! The engine on the real broker: records in, actions out, once.

mod backfill;
mod bad_input;
mod broken_worker;
mod changed;
mod crowd;
mod end_to_end;
mod engine;
mod kills;
mod lives;
mod lost_coordinator;
mod membership;
mod object_store;
mod overtaken;
mod refused;
mod tick_only;
mod to_topics;
mod town;
