//! `homeqos.areas`: an area's verdicts, the record of its tickets. Pure.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::causes::CauseSet;
use super::count::{RowError, VERSION};
use super::scope::{Hexagon, Scope};
use super::totals::Mark;
use crate::ingest::OutcomeStatus;
use crate::units::{AreaId, Cause, CellId, Day, LatLon, Millis, Minute, words};

words! {
    /// Where a verdict stands.
    State {
        /// The share is too high; no ticket yet.
        Suspected = "suspected",
        /// A ticket is written.
        Open = "open",
        /// Operations acknowledged it.
        TakenUp = "taken_up",
        /// The share fell, by itself or after a repair, and stayed low.
        Resolved = "resolved",
        /// Refused by operations, merged into a wider ticket, or none of its homes is seen any more.
        Cancelled = "cancelled",
    }
}

impl State {
    /// Whether homes in its scope are held: the fault is there, or believed to be.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Suspected | Self::Open | Self::TakenUp)
    }
}

words! {
    /// Why a ticket was cancelled.
    Ending { Refused = "refused", Merged = "merged", Unobserved = "unobserved" }
}

/// What was measured of a verdict's scope at one minute.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    pub homes_seen: u32,
    pub homes_degraded: u32,
    pub share: f64,
    pub share_lower_bound: f64,
    /// Of the whole area: contacts do not say which cell.
    pub contacts: u32,
    /// The area's, by the scope's part of its degraded homes.
    pub value_at_risk_eur: u64,
    /// The cause's indicator (its p10, share, ... as the evidence says), where it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<f64>,
}

/// The last outcome a verdict has taken: what comes again is not taken twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    pub status: OutcomeStatus,
    pub ts: Millis,
}

/// What was told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub at: Minute,
    pub cause: Cause,
    /// The most degraded homes told since it opened.
    pub peak: u32,
}

/// What is thought of one cause in one scope, and how its ticket lives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub cause: Cause,
    /// The cause it opened with, which names the episode; differs from `cause` after a better diagnosis.
    pub opened_as: Cause,
    /// The causes of degraded homes that this fault explains: `cause`, and those too few to stand alone.
    pub covers: CauseSet,
    pub scope: Scope,
    pub state: State,
    /// Since when the fault is known: when the suspicion began, or the oldest of the tickets that ended in this one.
    pub since: Minute,
    /// The local date on which the suspicion began: it names the ticket's episode.
    pub day: Day,
    /// When the state last changed.
    pub changed: Minute,
    /// `tk_…` once there is a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Minute>,
    /// Messages written so far.
    #[serde(default)]
    pub revision: u32,
    #[serde(default)]
    pub escalation: u8,
    /// When operations were last heard, or reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<Minute>,
    /// Since when the share is below the healthy one, and what had been sampled then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below_since: Option<(Minute, Mark)>,
    /// When operations said that it is repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<(Minute, Mark)>,
    /// Of a finished verdict: since when the fault is back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_since: Option<Minute>,
    /// Since when none of its homes is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_since: Option<Minute>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Taken>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Figures>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Figures>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homes_helped: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linked: Vec<String>,
}

impl Verdict {
    /// Whether homes of its scope are held: it is live, or finished and the fault seems to be back.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.state.is_live() || self.again_since.is_some()
    }

    /// Whether it explains a home's cause. In one spot, `building` is `coverage`.
    #[must_use]
    pub fn explains(&self, cause: Cause) -> bool {
        self.covers.contains(cause)
    }

    /// Whether it explains what a home shows: no service is thin coverage at its worst.
    #[must_use]
    pub fn holds_for(&self, symptom: Cause) -> bool {
        self.explains(symptom) || (symptom == Cause::Outage && self.explains(Cause::Coverage))
    }

    /// Whether operations know of it: open or taken up.
    #[must_use]
    pub fn has_open_ticket(&self) -> bool {
        matches!(self.state, State::Open | State::TakenUp)
    }
}

/// Homes of one cell as all lanes may know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRow {
    pub cell: CellId,
    pub homes: u32,
    pub fine: u32,
}

/// What neighbours compare themselves with: the area's own indicators over its bins and its last seven days.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Levels {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rsrp_p10_dbm: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sinr_p10_db: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput_p10_kbps: Option<f32>,
    /// Handover troubles per call and trouble.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobility_share: Option<f32>,
    /// Minutes without service per home and day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_service_min: Option<f32>,
}

/// The value of one area's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreaRow {
    #[serde(rename = "v")]
    pub version: u8,
    pub area: AreaId,
    /// When it was judged.
    pub as_of: Minute,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pos: Option<LatLon>,
    #[serde(default)]
    pub homes: u32,
    #[serde(default)]
    pub fine: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellRow>,
    #[serde(default)]
    pub levels: Levels,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Verdict>,
}

impl AreaRow {
    #[must_use]
    pub fn empty(area: &str) -> Self {
        Self {
            version: VERSION,
            area: area.into(),
            as_of: Minute::default(),
            pos: None,
            homes: 0,
            fine: 0,
            cells: Vec::new(),
            levels: Levels::default(),
            verdicts: Vec::new(),
        }
    }

    /// # Errors
    /// [`RowError::Newer`] for a format of tomorrow, [`RowError::Malformed`] for anything else that is no row.
    pub fn parse(value: &[u8]) -> Result<Self, RowError> {
        read(value, |row: &Self| row.version)
    }

    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether a home lies in what a verdict of this row is about: its scope, or that of a ticket merged into its own. A spot
    /// that became a cell's matter has homes on other cells too.
    #[must_use]
    pub fn contains(&self, v: &Verdict, cells: &[&str], hex: impl Fn() -> Option<Hexagon>) -> bool {
        let is_part = |part: &&Verdict| part.merged_into.is_some() && part.merged_into == v.ticket;
        v.scope.contains(cells, &hex)
            || self.verdicts.iter().filter(is_part).any(|part| part.scope.contains(cells, &hex))
    }

    /// Nothing is seen in the area and nothing remembered: its row may go.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.homes == 0 && self.verdicts.is_empty()
    }
}

/// Reads a row. Only where that fails, or finds a format of tomorrow, is it asked which format it claims to be: every
/// row is read once, and a newer one is refused by name whatever else of it has changed.
pub(super) fn read<T: DeserializeOwned>(value: &[u8], version: impl Fn(&T) -> u8) -> Result<T, RowError> {
    #[derive(Deserialize)]
    struct Versioned {
        v: u64,
    }
    match serde_json::from_slice::<T>(value) {
        Ok(row) if version(&row) <= VERSION => Ok(row),
        Ok(row) => Err(RowError::Newer { found: version(&row).into() }),
        Err(e) => Err(match serde_json::from_slice::<Versioned>(value) {
            Ok(row) if row.v > u64::from(VERSION) => RowError::Newer { found: row.v },
            _ => RowError::Malformed(e.to_string()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_ignored_and_a_newer_format_is_refused_by_name() {
        let row = AreaRow::parse(br#"{"v":1,"area":"16419","as_of":5,"homes":3,"later":"yes"}"#).unwrap();
        assert_eq!((row.homes, row.as_of), (3, Minute(5)));
        assert_eq!(AreaRow::parse(br#"{"v":2,"area":"16419"}"#), Err(RowError::Newer { found: 2 }));
        assert!(matches!(AreaRow::parse(b"{}"), Err(RowError::Malformed(_))));
    }
}
