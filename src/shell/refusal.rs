//! Why a lane did not come back. Pure.

use crate::units::Lane;

/// Why a lane did not come back.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It must not: the sentence says what the operator can do.
    #[error("{0}")]
    Refused(String),
    /// It may at another attempt.
    #[error("{0:#}")]
    Later(#[from] anyhow::Error),
}

/// A refusal of this lane.
pub fn refused(lane: Lane, why: impl std::fmt::Display) -> Failed {
    Failed::Refused(format!("lane {lane} cannot be restored: {why}"))
}
