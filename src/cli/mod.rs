//! Commands. Shell.

pub mod progress;
pub mod replay;
