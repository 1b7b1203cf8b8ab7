//! The shell: everything worldly. Shell.
//!
//! In: topics, files, clocks, signals. Out: topics, snapshots, HTTP, logs, metrics. What must hold: nothing is decided
//! here that changes an action; the core says what happened, and the shell tells the world.

pub mod metrics;
