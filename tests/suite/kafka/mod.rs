//! The engine on the real broker: records in, actions out, once.

mod bad_input;
mod end_to_end;
mod engine;
mod kills;
mod to_topics;
mod town;
