//! What there is to tell about a ticket, as plain data; the act stage writes the message. Pure.

use super::candidates::Candidate;
use super::row::{Ending, Figures, State};
use super::scope::Scope;
use crate::units::{AreaId, Cause, CellId, Day, LatLon, Minute, words};

words! {
    /// What happened to a ticket.
    TicketEvent {
        Opened = "opened",
        Updated = "updated",
        Resolved = "resolved",
        Reopened = "reopened",
        Escalated = "escalated",
        Cancelled = "cancelled",
    }
}

/// One indicator of the scope, with what it is compared to. The window of bins is two weeks, of sums seven days.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketEvidence {
    pub indicator: &'static str,
    pub statistic: &'static str,
    pub observed: f64,
    pub unit: &'static str,
    pub threshold: f64,
    /// `above` or `below`.
    pub direction: &'static str,
    /// ISO 8601 duration.
    pub window: &'static str,
    pub samples: u32,
    /// The median of the neighbouring areas, where they have one.
    pub baseline: Option<f64>,
}

/// Statistics that a ticket's description names too.
impl TicketEvidence {
    pub const POOR_IN_BUSY_HOURS: &'static str = "share_poor_busy_hours";
    pub const PER_CALL: &'static str = "per_call";
    pub const PER_HOME_DAY: &'static str = "mean_per_home_day";
}

/// Homes of one cell in a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellShare {
    pub cell: CellId,
    pub homes: u32,
    pub degraded: u32,
}

/// Homes of one hexagon in a ticket, never fewer than `k`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotShare {
    pub hexagon: String,
    pub centre: Option<LatLon>,
    pub homes: u32,
    pub degraded: u32,
}

/// One message about one ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketMessage {
    pub event: TicketEvent,
    pub area: AreaId,
    pub pos: Option<LatLon>,
    pub ticket: String,
    pub revision: u32,
    /// The grid minute of the decision.
    pub at: Minute,
    pub cause: Cause,
    pub scope: Scope,
    pub state: State,
    pub ending: Option<Ending>,
    pub merged_into: Option<String>,
    /// 1 is the most urgent, 10 the least.
    pub priority: u8,
    pub escalation: u8,
    /// The local date since which the verdict stands.
    pub since: Day,
    pub opened: Minute,
    pub changed: Minute,
    pub figures: Figures,
    pub min_share: f64,
    pub before: Option<Figures>,
    pub after: Option<Figures>,
    pub homes_helped: Option<u32>,
    /// Cells with degraded homes of the cause, the worst first.
    pub cells: Vec<CellShare>,
    /// Hexagons with `k` homes or more that suffer, the worst first.
    pub spots: Vec<SpotShare>,
    pub evidence: Vec<TicketEvidence>,
    /// Local hours at which samples are poorest; empty where all are alike.
    pub busy_hours: Vec<u8>,
    pub candidates: &'static [Candidate],
    pub linked: Vec<String>,
}
