//! What part of an area a verdict is about. Pure.

use serde::{Deserialize, Serialize};

use crate::units::{CellId, LatLon};

/// An H3 hexagon of resolution 9 (edge about 200 m), in JSON its usual 15 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hexagon(std::num::NonZeroU64);

impl Hexagon {
    /// The hexagon a position lies in.
    #[must_use]
    pub fn at(pos: LatLon) -> Option<Self> {
        let at = h3o::LatLng::new(pos.lat(), pos.lon()).ok()?;
        std::num::NonZeroU64::new(u64::from(at.to_cell(h3o::Resolution::Nine))).map(Self)
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let cell: h3o::CellIndex = text.parse().ok()?;
        (cell.resolution() == h3o::Resolution::Nine).then(|| std::num::NonZeroU64::new(u64::from(cell)).map(Self))?
    }

    /// The hexagon's middle, to point at on a map.
    #[must_use]
    pub fn centre(self) -> Option<LatLon> {
        let centre = h3o::LatLng::from(h3o::CellIndex::try_from(self.0.get()).ok()?);
        LatLon::new(centre.lat(), centre.lng())
    }
}

impl std::fmt::Display for Hexagon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:015x}", self.0)
    }
}

/// Text for people's formats (JSON), the number for ours (snapshots).
impl Serialize for Hexagon {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        if out.is_human_readable() { out.collect_str(self) } else { self.0.serialize(out) }
    }
}

impl<'de> Deserialize<'de> for Hexagon {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        if !from.is_human_readable() {
            return std::num::NonZeroU64::deserialize(from).map(Self);
        }
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not an H3 index of resolution 9"))
    }
}

/// The part of an area that suffers: all of its site, one cell, or one spot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "lowercase")]
pub enum Scope {
    Site,
    Cell(CellId),
    Hexagon(Hexagon),
}

impl Scope {
    /// The word of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Cell(_) => "cell",
            Self::Hexagon(_) => "hexagon",
        }
    }

    /// Kind and id in one text, for the ticket's episode: `site`, `cell:208-01-4203265`, `hexagon:891f…`.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Site => "site".to_owned(),
            Self::Cell(id) => format!("cell:{id}"),
            Self::Hexagon(hex) => format!("hexagon:{hex}"),
        }
    }

    /// Whether a home served by `cells` (ids) at `hexagon` lies in it. The hexagon is found only for a scope that is one:
    /// that costs as much as the rest of a look at a home.
    #[must_use]
    pub fn contains(&self, cells: &[&str], hexagon: impl FnOnce() -> Option<Hexagon>) -> bool {
        match self {
            Self::Site => true,
            Self::Cell(id) => cells.contains(&id.as_str()),
            Self::Hexagon(hex) => hexagon() == Some(*hex),
        }
    }

    /// Whether it is a wider kind of scope than `other`: a site is wider than its cells, a cell than hexagons.
    #[must_use]
    pub fn is_wider_than(&self, other: &Self) -> bool {
        let width = |scope: &Self| match scope {
            Self::Site => 2,
            Self::Cell(_) => 1,
            Self::Hexagon(_) => 0,
        };
        width(self) > width(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hexagon_is_fifteen_digits_and_comes_back() {
        let hex = Hexagon::at(LatLon::new(45.76, 4.84).unwrap()).unwrap();
        let text = hex.to_string();
        assert_eq!(text.len(), 15);
        assert_eq!(Hexagon::parse(&text), Some(hex));
        assert!(hex.centre().unwrap().metres_to(LatLon::new(45.76, 4.84).unwrap()) < 250.0);
        let json = serde_json::to_string(&Scope::Hexagon(hex)).unwrap();
        assert_eq!(serde_json::from_str::<Scope>(&json).unwrap(), Scope::Hexagon(hex));
        assert_eq!(postcard::from_bytes::<Hexagon>(&postcard::to_stdvec(&hex).unwrap()).unwrap(), hex);
    }

    #[test]
    fn a_cell_contains_the_homes_it_serves() {
        let cell = Scope::Cell("208-01-1".into());
        assert!(cell.contains(&["208-01-9", "208-01-1"], || None));
        assert!(!cell.contains(&["208-01-9"], || None));
        assert!(Scope::Site.is_wider_than(&cell));
    }
}
