//! What became of all records, and the sums that must hold.

use std::collections::BTreeMap;
use std::fmt;

use homeqos::ingest::{Input, RejectCode, Rejection};
use homeqos::shell::metrics::{InputCounts, resident_bytes};

use super::mutant::{Faults, kinds};
use super::works::Works;

/// The accounts of one lane or of several.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Records with a fault.
    pub(super) mutants: u64,
    /// Records sent to keyed topics, sound ones among them.
    pub(super) sent: u64,
    /// Offsets that nobody delivers.
    pub(super) skipped: u64,
    pub(super) faults: Faults,
    counts: [InputCounts; Input::KEYED.len()],
    /// Rows of the inventory: taken in, removed, refused by code.
    cells: BTreeMap<&'static str, u64>,
    actions: u64,
    decisions: u64,
    /// Snapshots from which a copy of the lane went on.
    restored: u64,
    customers: u64,
    /// Bytes per customer by the census, the most of any lane.
    customer_bytes: u64,
    resident_bytes: u64,
}

impl Tally {
    pub(super) fn cell(&mut self, read: Result<bool, &Rejection>) {
        let word = match read {
            Ok(true) => "taken in",
            Ok(false) => "removed",
            Err(rejection) => rejection.code.as_str(),
        };
        *self.cells.entry(word).or_default() += 1;
    }

    pub(super) fn take(&mut self, works: &Works) {
        self.counts = works.counts;
        (self.actions, self.decisions) = (works.actions, works.decisions);
        self.restored = works.restored;
        let census = works.lane.census();
        self.customers = census.customers;
        self.customer_bytes = census.state_bytes / census.customers.max(1);
        self.resident_bytes = resident_bytes();
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.mutants += other.mutants;
        self.sent += other.sent;
        self.skipped += other.skipped;
        other.faults.iter().for_each(|(name, n)| *self.faults.entry(name).or_default() += n);
        other.cells.iter().for_each(|(word, n)| *self.cells.entry(word).or_default() += n);
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| mine.add(theirs));
        self.actions += other.actions;
        self.decisions += other.decisions;
        self.restored += other.restored;
        self.customers += other.customers;
        self.customer_bytes = self.customer_bytes.max(other.customer_bytes);
        self.resident_bytes = self.resident_bytes.max(other.resident_bytes);
    }

    fn of(&self, figure: fn(&InputCounts) -> u64) -> u64 {
        self.counts.iter().map(figure).sum()
    }

    /// Nothing is lost and nothing counted twice, over all lanes.
    pub(super) fn check(&self) {
        assert!(self.counts.iter().all(InputCounts::is_balanced), "{self}");
        assert_eq!(self.of(|counts| counts.consumed), self.sent + self.skipped, "{self}");
    }

    fn fates(&self) -> [(&'static str, u64); 7] {
        [
            ("folded", self.of(|c| c.folded)),
            ("rejected", self.of(InputCounts::rejected)),
            ("late", self.of(|c| c.late)),
            ("duplicate", self.of(|c| c.duplicate)),
            ("control", self.of(|c| c.control)),
            ("forwarded", self.of(|c| c.forwarded)),
            ("erased", self.of(|c| c.erased)),
        ]
    }

    fn rejected(&self, code: RejectCode) -> u64 {
        self.counts.iter().map(|counts| counts.rejected[code as usize]).sum()
    }

    /// What the run would have shown had it come up, and did not.
    pub(super) fn never(&self) -> Vec<String> {
        let faults = kinds().filter(|name| !self.faults.contains_key(name)).map(str::to_owned);
        let fates = self.fates().into_iter().filter(|(_, n)| *n == 0).map(|(fate, _)| fate.to_owned());
        let codes = RejectCode::ALL.iter().filter(|code| self.rejected(**code) == 0).map(ToString::to_string);
        let acts = [("decisions", self.decisions), ("offers", self.actions)];
        let acts = acts.into_iter().filter(|(_, n)| *n == 0).map(|(act, _)| act.to_owned());
        faults.chain(fates).chain(codes).chain(acts).collect()
    }

    pub(super) fn line(&self) -> String {
        let fates: Vec<String> = self.fates().iter().map(|(fate, n)| format!("{fate} {n}")).collect();
        format!("{}, {} MiB resident", fates.join(", "), self.resident_bytes >> 20)
    }

    /// For machines that read on.
    pub(super) fn json(&self) -> String {
        let fates: serde_json::Map<_, _> =
            self.fates().iter().map(|(fate, n)| ((*fate).to_owned(), (*n).into())).collect();
        serde_json::json!({
            "mutants": self.mutants, "sent": self.sent, "skipped": self.skipped, "fates": fates,
            "decisions": self.decisions, "restored": self.restored, "offers": self.actions, "bytes_per_customer": self.customer_bytes,
            "resident_bytes": self.resident_bytes,
        })
        .to_string()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} mutants among {} records, {} offsets skipped", self.mutants, self.sent, self.skipped)?;
        for input in Input::KEYED {
            let c = &self.counts[input.index()];
            writeln!(
                f,
                "{input:<9} consumed {} = folded {} + rejected {} + late {} + duplicate {} + control {} + forwarded {} + erased {}",
                c.consumed,
                c.folded,
                c.rejected(),
                c.late,
                c.duplicate,
                c.control,
                c.forwarded,
                c.erased
            )?;
        }
        writeln!(f, "cells     {:?}", self.cells)?;
        let codes = RejectCode::ALL.iter().map(|code| format!("{code} {}", self.rejected(*code)));
        writeln!(f, "refused   {}", codes.collect::<Vec<_>>().join(", "))?;
        let faults: Vec<String> = self.faults.iter().map(|(name, n)| format!("{name} {n}")).collect();
        writeln!(f, "faults    {}", faults.join(", "))?;
        let (decisions, offers, bytes) = (self.decisions, self.actions, self.customer_bytes);
        writeln!(f, "{decisions} decisions, {offers} offers; {} customers of {bytes} B at most", self.customers)
    }
}
