//! Neighbourhood: homes of one site together → is it the street, and who repairs it. Pure.
//!
//! In, in a customer lane: what each home adds ([`Contribution`]), summed by the [`AreaTable`] and published as
//! absolute [`AreaCount`]s. In, in an area lane: the newest count of every lane and the outcomes of tickets. Out: an
//! [`AreaRow`] with its [`Verdict`]s, and the [`TicketMessage`]s that go with it. All lanes read the rows as an
//! [`AreaView`].
//! What must hold: sums are exact, whatever was added, taken away or moved, and in whatever order; a row is all that
//! is needed to go on with its tickets; there is one open ticket per site, cause and scope at most; a revision is
//! told once; nothing here names a customer, and no hexagon with fewer than `k` homes leaves it.

mod candidates;
mod causes;
mod contribution;
mod count;
mod days;
mod evidence;
mod find;
mod homes;
mod judge;
mod lane;
mod life;
mod links;
mod message;
mod outcomes;
mod pooled;
mod row;
mod rules;
mod scope;
mod sums;
mod suspect;
mod table;
mod tell;
#[cfg(test)]
mod tests;
mod totals;
mod view;

pub use candidates::{Candidate, candidates};
pub use causes::CauseSet;
pub use contribution::{Contribution, FRESH_DAYS, Ground};
pub use count::{AreaCount, CellCount, CountKey, HexCount, RowError, VERSION, count_key, outcome_key};
pub use days::{DaySums, Hours};
pub use homes::Homes;
pub use lane::{AreaLane, AreaReport, Context, CountRecord, NameTicket};
pub use message::{CellShare, SpotShare, TicketEvent, TicketEvidence, TicketMessage};
pub use row::{AreaRow, CellRow, Ending, Figures, Levels, State, Taken, Told, Verdict};
pub use rules::{Rules, Switch};
pub use scope::{Hexagon, Scope};
pub use table::{AreaTable, CountRow, Hit};
pub use totals::{Mark, Totals};
pub use view::{AreaView, Change};
