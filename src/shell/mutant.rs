//! Faults on purpose, for the oracle of `tests/faults` to find. Shell.
//!
//! They exist only with the cargo feature `mutants`, which no build that is shipped has; `HOMEQOS_MUTANT` then names
//! the one that lives. Without the feature every question below is answered "no" when the program is compiled.

use crate::pipeline::Report;
use crate::units::words;

words! {
    /// One way to break a promise.
    Mutant {
        /// The committed offset is one too far: the next owner never sees a record.
        OffsetTooFar = "offset_too_far",
        /// An action is made and its decision is not journalled.
        DecisionLeftOut = "decision_left_out",
        /// Outputs commit before the offsets they belong to.
        OutputsApart = "outputs_apart",
        /// A cold lane judges before it has read the CRM rows.
        BarrierSkipped = "barrier_skipped",
        /// Part of an action's id is another in every process.
        RandomId = "random_id",
    }
}

/// Whether this mutant lives.
#[must_use]
#[cfg(feature = "mutants")]
pub fn is(mutant: Mutant) -> bool {
    static NAMED: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    NAMED.get_or_init(|| std::env::var("HOMEQOS_MUTANT").unwrap_or_default()) == mutant.as_str()
}

/// Whether this mutant lives: never.
#[must_use]
#[cfg(not(feature = "mutants"))]
pub const fn is(_: Mutant) -> bool {
    false
}

/// What the mutants do to what an epoch says, before it is cut.
pub fn spoil(report: &mut Report) {
    use crate::decide::Verdict;
    if is(Mutant::DecisionLeftOut) {
        report.decisions.retain(|decision| decision.verdict != Verdict::Emitted);
    }
    if is(Mutant::RandomId) {
        let mark = format!("{:08x}", std::process::id());
        for decision in &mut report.decisions {
            let Some(id) = decision.id.as_mut().filter(|id| id.len() > mark.len()) else { continue };
            let spoilt = format!("{}{mark}", &id[..id.len() - mark.len()]);
            for action in &mut report.actions {
                action.body = action.body.replace(id.as_str(), &spoilt);
                for (_, value) in &mut action.headers {
                    *value = value.replace(id.as_str(), &spoilt);
                }
            }
            *id = spoilt;
        }
    }
}
