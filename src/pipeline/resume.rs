//! The areas as a restored lane first sees them. Pure.
//!
//! A replay sees the verdicts of today, not those of the minutes it replays: what they did then is recorded. So nothing
//! is marked for them until the lane lives again, and then only who may have missed something: verdicts that changed
//! when the lane was lost or while it was away. Looking at everybody would find at this minute what the lane would
//! have found at another, and a crash would show.

use super::customer::Customer;
use super::customers::Row;
use super::lane::LaneState;
use crate::decide::{Memory, Reason};
use crate::neighbourhood::{AreaRow, AreaView, Verdict};

/// How long before a lane was lost a verdict may have changed without the lane having seen it: rows come a few epochs
/// after their minute.
const UNSEEN_MINUTES: i32 = 10;

impl LaneState {
    /// Marks whom the areas may concern anew after a restore.
    pub(super) fn mark_unseen(&mut self, areas: &AreaView) {
        let since = self.reached.unwrap_or_default().plus(-UNSEEN_MINUTES);
        let is_news = |row: &AreaRow| row.verdicts.iter().any(|verdict| verdict.changed >= since);
        let holds = |row: &AreaRow| row.verdicts.iter().any(Verdict::holds);
        let concerned = |customer: &Customer| {
            let Some(track) = customer.track.as_ref().filter(|track| !track.dirty) else { return false };
            let Some(contribution) = &track.contribution else { return false };
            let row = areas.get(self.cells.site_id(contribution.area));
            let held = track.decisions.as_deref().and_then(Memory::held);
            let is_held = held.is_some_and(|(_, reason)| reason == Reason::Neighbourhood);
            row.is_some_and(|row| is_news(row)) || (is_held && !row.is_some_and(|row| holds(row)))
        };
        let rows: Vec<Row> =
            self.customers.iter().filter(|(_, customer)| concerned(customer)).map(|(row, _)| row).collect();
        for row in rows {
            self.mark(row);
        }
    }
}
