//! QoS at home: probes taken at home → what the service there is like. Pure.
//!
//! In: a probe that the home stage placed at home, its local time, and whether a drop followed a change of cell.
//! Out: [`Quality`]: three windows of sums, the score with its support, and the rules' answers (degraded, problem).
//! What must hold: a counter never wraps; a window's sums equal those of its days' raw events (as long as no
//! counter is full); rolling through any sequence of days leaves what folding the surviving events anew would;
//! nothing here knows the customer, the cell or the clock.

mod bins;
mod episode;
mod grade;
mod hours;
mod judge;
mod opened;
mod packed;
mod pane;
mod panes;
mod recent;
mod rules;
mod score;
mod window;

#[cfg(test)]
pub(crate) mod tests;

pub use bins::{
    BinHits, Bins, LATENCY_BINS, LATENCY_EDGES_MS, RSRP_BINS, RSRP_EDGES_DBM, SINR_BINS, SINR_EDGES_DB,
    THROUGHPUT_BINS, THROUGHPUT_EDGES_KBPS,
};
pub use episode::{Episode, EpisodeKind, Running};
pub use grade::{Grade, grade, lte_phone};
pub use hours::{AtHome, Elsewhere};
pub use judge::{Quality, judge};
pub use opened::Opened;
pub use pane::Pane;
pub use panes::Panes;
pub use rules::{Grades, Points, Rules, Scores, Span, Weights};
pub use score::{Parts, Qoe, emodel_mos, emodel_r};
pub use window::{DayScore, Sums, Window};
