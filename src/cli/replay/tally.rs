//! Accounts of a replay: `consumed = folded + rejected + late + duplicate + control + forwarded + erased`. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::ingest::{Input, RejectCode};
use crate::pipeline::Fate;

/// What became of one input's records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub consumed: u64,
    pub folded: u64,
    pub rejected: BTreeMap<RejectCode, u64>,
    pub late: u64,
    pub duplicate: u64,
    pub control: u64,
    pub forwarded: u64,
    pub erased: u64,
}

impl Tally {
    pub fn count(&mut self, fate: &Fate) {
        self.consumed += 1;
        match fate {
            Fate::Folded => self.folded += 1,
            Fate::Late => self.late += 1,
            Fate::Duplicate => self.duplicate += 1,
            Fate::Erased => self.erased += 1,
            Fate::Rejected(rejection) => *self.rejected.entry(rejection.code).or_default() += 1,
            Fate::Forwarded => self.forwarded += 1,
            Fate::Control => self.control += 1,
        }
    }

    /// Whether every record is accounted for.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let rejected: u64 = self.rejected.values().sum();
        let kept = self.folded + self.late + self.duplicate + self.control + self.forwarded + self.erased;
        self.consumed == kept + rejected
    }
}

/// The accounts of all inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tallies(pub BTreeMap<Input, Tally>);

impl Tallies {
    pub fn count(&mut self, input: Input, fate: &Fate) {
        self.0.entry(input).or_default().count(fate);
    }

    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.0.values().all(Tally::adds_up)
    }

    /// A table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = format!(
            "{:<10} {:>10} {:>10} {:>9} {:>7} {:>10} {:>8} {:>10} {:>7}\n",
            "input", "consumed", "folded", "rejected", "late", "duplicate", "control", "forwarded", "erased"
        );
        for (input, tally) in &self.0 {
            let rejected: u64 = tally.rejected.values().sum();
            let _ = writeln!(
                out,
                "{:<10} {:>10} {:>10} {:>9} {:>7} {:>10} {:>8} {:>10} {:>7}",
                input.as_str(),
                tally.consumed,
                tally.folded,
                rejected,
                tally.late,
                tally.duplicate,
                tally.control,
                tally.forwarded,
                tally.erased
            );
        }
        for (input, tally) in &self.0 {
            for (code, count) in &tally.rejected {
                let _ = writeln!(out, "  {} rejected {}: {count}", input.as_str(), code.as_str());
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Rejection;

    #[test]
    fn every_fate_is_accounted_for() {
        let mut tallies = Tallies::default();
        let rejected = Fate::Rejected(Rejection::new(RejectCode::NotJson, "x"));
        for fate in [Fate::Folded, Fate::Late, Fate::Duplicate, Fate::Erased, Fate::Forwarded, Fate::Control, rejected]
        {
            tallies.count(Input::Probes, &fate);
        }
        assert!(tallies.adds_up());
        assert_eq!(tallies.0[&Input::Probes].consumed, 7);
        assert!(tallies.table().contains("probes rejected not_json: 1"));
    }
}
