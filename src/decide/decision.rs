//! What the journal records of a decision. Pure.

use serde::{Deserialize, Serialize};

use super::reason::{Reason, Stage};
use crate::units::{ActionKind, Cause, CustomerId, Day, Millis, words};

words! {
    /// What became of a decision.
    Verdict {
        /// On the actions topic, in the same transaction as this record.
        Emitted = "emitted",
        /// Would have been emitted; only the journal knows (hold-out, shadow). Counts in the customer's memory.
        Withheld = "withheld",
        /// Not made; the candidate stays and is judged again.
        Held = "held",
        /// An offer made earlier was taken back, as a message of revision 2.
        Withdrawn = "withdrawn",
        /// The home's panes were emptied and complaints of that time settled, since what they tell of is repaired.
        Restarted = "restarted",
    }
}

/// One recorded decision: all that is needed to apply it again without deciding again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The grid minute's instant at which it was taken, epoch milliseconds.
    pub at: Millis,
    pub customer: CustomerId,
    pub verdict: Verdict,
    pub stage: Stage,
    pub reason: Reason,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub action: Option<ActionKind>,
    /// `of_…` of an offer; of the ticket that was resolved, for restarted panes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<Cause>,
    /// The episode's local date; for restarted panes, that of the ticket's verdict.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub episode: Option<Day>,
    /// What would be gained, euro, where it was computed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gain_eur: Option<f64>,
}
