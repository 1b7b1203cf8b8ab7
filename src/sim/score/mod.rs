//! Score: what homeqos said ([`Said`]) against what is true ([`Given`]) → a [`Score`]. Pure.
//!
//! In: `truth.json` of a simulated town, or of any town written in its format, and the lines that `homeqos replay`
//! wrote. Out: one figure for each question that decisions are worth, and a [`Case`] for every error.
//! What must hold: nothing is scored that the truth does not tell; a share of nobody is no figure; the arithmetic has
//! known answers in tests.
//!
//! | measure | definition |
//! |---|---|
//! | home right | first cell is the true home's first cell, or position within 500 m; among views with ≥ 7 valid nights, `unknown` is not right |
//! | problem | `quality.problem` against a true problem active at the view's time; *settled* leaves out homes whose truth changed within two days |
//! | cause | `quality.cause` against the true one, among settled problems that were seen |
//! | street or flat | said *individual* if the cause is building or device or no open ticket covers the home |
//! | ticket right | opened while a fault worth a ticket lasts (or within two days after), at its site, naming its cells, or where five of its homes are served |
//! | false tickets | all others, per 10 000 customers and 30 days |
//! | felt | Brier score of `perceived.probability` against the drawn (else the true) probability of being unhappy |
//! | offer right | made while an individual problem lasts; all others are counted by why truth refuses them |
//! | acted | problems of ≥ 3 days with an offer, or whose home a ticket covers |

mod felt;
mod fit;
mod given;
mod homes;
mod html;
mod offers;
mod problems;
mod rates;
mod said;
mod table;
#[cfg(test)]
mod tests;
mod tickets;

use serde::Serialize;

use crate::units::Millis;

pub use felt::Felt;
pub use fit::{Fit, TERMS, fit};
pub use given::{Given, GivenFault, GivenHome, GivenNegative, GivenPerson, GivenProblem};
pub use homes::{Homes, HomesOfKind};
pub use offers::Offers;
pub use problems::{Problems, ProblemsAt};
pub use rates::{Bin, Brier, Calibration, Found, Share, Spread};
pub use said::{Offer, Said, Ticket, View};
pub use tickets::Tickets;

/// One error: whom it concerns, what is true and what was said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// `home_wrong`, `problem_missed`, `cause_wrong`, `ticket_false`, `offer_refused`, …
    pub class: String,
    /// Customer, ticket or fault.
    pub id: String,
    pub at: Millis,
    /// Kind of person, scope of a ticket, reach of a fault.
    pub kind: String,
    pub truth: String,
    pub said: String,
}

/// All measures.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Score {
    pub seed: u64,
    pub customers: usize,
    pub days: f64,
    pub homes: Homes,
    pub problems: Problems,
    pub tickets: Tickets,
    pub offers: Offers,
    pub felt: Felt,
    /// Messages seen twice.
    pub duplicates: usize,
    #[serde(skip)]
    pub cases: Vec<Case>,
}

/// Scores everything. `said` must be arranged.
#[must_use]
pub fn score(given: &Given, said: &Said) -> Score {
    let mut cases = Vec::new();
    let mut scored = Score {
        seed: given.seed,
        customers: given.people.len(),
        days: given.days(),
        homes: homes::score(given, said, &mut cases),
        problems: problems::score(given, said, &mut cases),
        tickets: tickets::score(given, said, &mut cases),
        offers: offers::score(given, said, &mut cases),
        felt: felt::score(given, said),
        duplicates: said.duplicates.len(),
        cases: Vec::new(),
    };
    cases.sort_by(|a, b| (&a.class, a.at, &a.id).cmp(&(&b.class, b.at, &b.id)));
    scored.cases = cases;
    scored
}
