//! `homeqos.area-counts`: what one lane knows of one area, absolute, without any customer in it. Pure.

use serde::{Deserialize, Serialize};

use super::causes::by_word;
use super::days::{DaySums, Hours};
use super::homes::Homes;
use super::scope::Hexagon;
use crate::qos::Bins;
use crate::units::{Causes, CellId, Day, Minute};

/// The format this version writes. An older one is read, a newer one refused by name.
pub const VERSION: u8 = 1;

/// Why a row of an area topic is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    #[error("a row of format {found}, this version reads up to {VERSION}: run the newer homeqos or clear the topic")]
    Newer { found: u64 },
    #[error("not a row of an area: {0}")]
    Malformed(String),
}

/// Homes of one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Flat")]
pub struct CellCount {
    pub cell: CellId,
    #[serde(flatten)]
    pub homes: Homes,
}

/// Homes of one hexagon that one cell serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Flat")]
pub struct HexCount {
    pub hex: Hexagon,
    /// Absent where the home's cell is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<CellId>,
    #[serde(flatten)]
    pub homes: Homes,
}

/// Both as they are written. Rows have hundreds of them: reading a flattened structure would collect its fields first.
#[derive(Deserialize)]
struct Flat {
    cell: Option<CellId>,
    hex: Option<Hexagon>,
    homes: u32,
    #[serde(default, with = "by_word")]
    degraded: Causes<u32>,
    #[serde(default, with = "by_word")]
    transient: Causes<u32>,
    #[serde(default, with = "by_word")]
    fresh: Causes<u32>,
}

impl Flat {
    fn homes(&self) -> Homes {
        Homes { homes: self.homes, degraded: self.degraded, transient: self.transient, fresh: self.fresh }
    }
}

impl TryFrom<Flat> for CellCount {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        let homes = flat.homes();
        Ok(Self { cell: flat.cell.ok_or("homes of no cell")?, homes })
    }
}

impl TryFrom<Flat> for HexCount {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        let homes = flat.homes();
        Ok(Self { hex: flat.hex.ok_or("homes of no hexagon")?, cell: flat.cell, homes })
    }
}

/// The value of `area|lane`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreaCount {
    #[serde(rename = "v")]
    pub version: u8,
    /// The grid minute of publication, minutes since 1970-01-01T00:00Z.
    pub as_of: Minute,
    #[serde(flatten)]
    pub site: Homes,
    /// Homes with a running no-service episode.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub no_service: u32,
    /// Contacts about the network in the last 30 days.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub contacts: u32,
    /// Of the degraded homes: monthly churn probability times lifetime value, in cents so that sums are exact.
    #[serde(default)]
    pub value_at_risk_cents: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellCount>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hexagons: Vec<HexCount>,
    /// Sums of the homes' days, oldest first, at most [`crate::limits::AREA_DAYS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<(Day, DaySums)>,
    #[serde(default)]
    pub bins: Bins,
    /// Poor samples by hour of day.
    #[serde(default)]
    pub hours: Hours,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl AreaCount {
    /// # Errors
    /// [`RowError::Newer`] for a format of tomorrow, [`RowError::Malformed`] for anything else that is no row.
    pub fn parse(value: &[u8]) -> Result<Self, RowError> {
        super::row::read(value, |row: &Self| row.version)
    }

    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The key of a lane's row.
#[must_use]
pub fn count_key(area: &str, lane: crate::units::Lane) -> String {
    format!("{area}|{lane}")
}

/// The key under which a customer lane forwards an outcome that is keyed by area.
#[must_use]
pub fn outcome_key(area: &str, action_id: &str) -> String {
    format!("{area}|outcome|{action_id}")
}

/// What a key of the topic names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountKey<'a> {
    Lane { area: &'a str, lane: u16 },
    Outcome { area: &'a str, action_id: &'a str },
}

impl<'a> CountKey<'a> {
    /// Reads from the right: an area's name may hold any character, a bar too.
    #[must_use]
    pub fn parse(key: &'a str) -> Option<Self> {
        let (head, last) = key.rsplit_once('|')?;
        match (head.strip_suffix("|outcome"), last.parse()) {
            (Some(area), _) => Some(Self::Outcome { area, action_id: last }),
            (None, Ok(lane)) => Some(Self::Lane { area: head, lane }),
            (None, Err(_)) => None,
        }
    }

    #[must_use]
    pub fn area(&self) -> &'a str {
        match self {
            Self::Lane { area, .. } | Self::Outcome { area, .. } => area,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Lane;

    #[test]
    fn keys_name_a_lane_or_an_outcome_even_in_areas_with_bars() {
        assert_eq!(CountKey::parse(&count_key("a|b", Lane(7))), Some(CountKey::Lane { area: "a|b", lane: 7 }));
        let outcome = outcome_key("16419", "tk_1");
        assert_eq!(CountKey::parse(&outcome), Some(CountKey::Outcome { area: "16419", action_id: "tk_1" }));
        assert_eq!(CountKey::parse("nothing"), None);
        assert_eq!(CountKey::parse("area|x"), None);
    }
}
