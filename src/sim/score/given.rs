//! The truth as a file gives it: read leniently, so that towns of another make can be scored. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::units::{LatLon, Millis};

/// What lies further back than the two weeks that are judged explains nothing any more.
pub const JUDGED: i64 = 14 * Millis::DAY;

/// What `truth.json` says; every field may be absent, words may be unknown ones.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    pub seed: u64,
    pub start: Millis,
    pub end: Millis,
    pub people: Vec<GivenPerson>,
    pub faults: Vec<GivenFault>,
    pub hard_negatives: Vec<GivenNegative>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct GivenPerson {
    pub customer_id: String,
    pub kind: String,
    pub homes: Vec<GivenHome>,
    pub second_home: Option<GivenHome>,
    pub moved_on: Option<String>,
    /// Local dates: first day away and day of return.
    pub holiday: Option<(String, String)>,
    pub network_care: Option<bool>,
    pub location: Option<bool>,
    pub felt_probability_without_problem: Option<f64>,
    pub problems: Vec<GivenProblem>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct GivenHome {
    pub from: Option<Millis>,
    pub until: Option<Millis>,
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    pub hexagon: Option<String>,
    pub site: Option<String>,
    pub cells: Vec<String>,
    /// What it is like without any fault, where that is known. 0..=1.
    pub share_poor: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct GivenProblem {
    pub cause: String,
    /// `individual` or `neighbourhood`.
    pub scope: String,
    /// Position in the list of faults.
    pub fault: Option<usize>,
    pub start: Millis,
    pub end: Option<Millis>,
    pub felt_probability: Option<f64>,
    pub felt: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct GivenFault {
    pub cause: String,
    pub reach: String,
    pub trap: String,
    pub site: String,
    pub cells: Vec<String>,
    pub hexagon: Option<String>,
    pub start: Millis,
    pub end: Option<Millis>,
    pub customers: Vec<String>,
    pub ticket: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct GivenNegative {
    pub kind: String,
    pub id: String,
}

impl GivenHome {
    /// Open where a bound is absent.
    #[must_use]
    pub fn holds(&self, at: Millis) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    #[must_use]
    pub fn position(&self) -> Option<LatLon> {
        LatLon::new(self.lat?, self.lon?)
    }
}

impl GivenProblem {
    #[must_use]
    pub fn is_active(&self, at: Millis) -> bool {
        self.start <= at && self.end.is_none_or(|end| at < end)
    }

    #[must_use]
    pub fn is_neighbourhood(&self) -> bool {
        self.scope == "neighbourhood"
    }
}

impl GivenPerson {
    /// The main home at an instant; the last one from the town's end on.
    #[must_use]
    pub fn home(&self, at: Millis) -> Option<&GivenHome> {
        self.homes.iter().find(|home| home.holds(at)).or(self.homes.last())
    }

    /// The problem at home at an instant; of several, the one that began last.
    #[must_use]
    pub fn problem(&self, at: Millis) -> Option<&GivenProblem> {
        self.problems.iter().filter(|problem| problem.is_active(at)).max_by_key(|problem| problem.start)
    }

    /// The move, of those who have one.
    #[must_use]
    pub fn moved(&self) -> Option<Millis> {
        let [.., before, last] = &self.homes[..] else { return None };
        before.until.or(last.from)
    }

    /// Whether a problem that ended then ended because he moved out of the home it was in: nobody has repaired anything.
    #[must_use]
    pub fn left_a_home_at(&self, at: Millis) -> bool {
        self.homes.iter().any(|home| home.until == Some(at))
    }

    /// Whether his holiday may be why something is said at `at`: it has begun, and the two weeks that are judged still
    /// hold a day of it; by dates in UTC. Of who is on no holiday that is known of, it is not denied.
    #[must_use]
    pub fn may_blame_holiday(&self, at: Millis) -> bool {
        let date = |at: Millis| at.rfc3339().chars().take(10).collect::<String>();
        let (today, oldest) = (date(at), date(at.plus(-JUDGED)));
        self.holiday.as_ref().is_none_or(|(from, until)| *from <= today && oldest <= *until)
    }

    /// Whether an individual offer is allowed: care is consented to, and the use of his location not refused.
    #[must_use]
    pub fn consents(&self) -> bool {
        self.network_care == Some(true) && self.location != Some(false)
    }
}

impl GivenFault {
    #[must_use]
    pub fn is_active(&self, at: Millis) -> bool {
        self.start <= at && self.end.is_none_or(|end| at < end)
    }
}

impl Given {
    /// Reads `truth.json`.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[must_use]
    pub fn by_id(&self) -> BTreeMap<&str, &GivenPerson> {
        self.people.iter().map(|person| (person.customer_id.as_str(), person)).collect()
    }

    /// The kinds of hard negatives that a customer or a site is.
    pub fn traps<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        self.hard_negatives.iter().filter(move |negative| negative.id == id).map(|negative| negative.kind.as_str())
    }

    #[must_use]
    pub fn days(&self) -> f64 {
        self.end.since(self.start) as f64 / Millis::DAY as f64
    }
}
