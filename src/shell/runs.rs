//! In which order an epoch's records were folded, as the journal keeps it. Pure.
//!
//! A run says: the next so many offsets of one input. Offsets, not records: what lies between two records (markers
//! of transactions, aborted records, rows that compaction took) is part of the run, so that a replay that finds fewer
//! records than there were still cuts the inputs at the same places.

use serde::de::{self, SeqAccess, Visitor};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ingest::Input;
use crate::units::Millis;

/// The next offset to read of each keyed input, in the order of [`Input::KEYED`].
pub type Ends = [i64; Input::KEYED.len()];

/// One item of an epoch's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// The clock was moved to this instant: `["tick", 1792443850000]`.
    Tick(Millis),
    /// The next `offsets` of the input were stepped through the core: `["probes", 400]`.
    Folded { input: Input, offsets: i64 },
    /// The next `offsets` of the input never reached the core: `["probes", 1, "rejected"]`. Whether a record is ahead
    /// of the machine's clock, for one, cannot be told again later.
    Rejected { input: Input, offsets: i64 },
}

/// The order of one epoch while it grows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runs(pub Vec<Run>);

impl Runs {
    pub fn tick(&mut self, at: Millis) {
        self.0.push(Run::Tick(at));
    }

    /// Adds a record: `offsets` from the input's cursor to behind it.
    pub fn add(&mut self, input: Input, offsets: i64, rejected: bool) {
        match self.0.last_mut() {
            Some(Run::Folded { input: last, offsets: sum }) if !rejected && *last == input => *sum += offsets,
            Some(Run::Rejected { input: last, offsets: sum }) if rejected && *last == input => *sum += offsets,
            _ if rejected => self.0.push(Run::Rejected { input, offsets }),
            _ => self.0.push(Run::Folded { input, offsets }),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Run {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        match self {
            Self::Tick(at) => {
                seq.serialize_element("tick")?;
                seq.serialize_element(&at.0)?;
            }
            Self::Folded { input, offsets } => {
                seq.serialize_element(input.as_str())?;
                seq.serialize_element(offsets)?;
            }
            Self::Rejected { input, offsets } => {
                seq.serialize_element(input.as_str())?;
                seq.serialize_element(offsets)?;
                seq.serialize_element("rejected")?;
            }
        }
        seq.end()
    }
}

impl<'de> Deserialize<'de> for Run {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RunVisitor;
        impl<'de> Visitor<'de> for RunVisitor {
            type Value = Run;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("[\"tick\", ms] or [input, offsets] or [input, offsets, \"rejected\"]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Run, A::Error> {
                let short = |at| de::Error::invalid_length(at, &"two or three elements");
                let word: std::borrow::Cow<'de, str> = seq.next_element()?.ok_or_else(|| short(0))?;
                let number: i64 = seq.next_element()?.ok_or_else(|| short(1))?;
                let mark: Option<std::borrow::Cow<'de, str>> = seq.next_element()?;
                if word == "tick" {
                    return Ok(Run::Tick(Millis(number)));
                }
                let input = Input::parse(&word).filter(|input| Input::KEYED.contains(input));
                let input = input.ok_or_else(|| de::Error::custom(format!("`{word}` is no keyed input")))?;
                match mark.as_deref() {
                    None => Ok(Run::Folded { input, offsets: number }),
                    Some("rejected") => Ok(Run::Rejected { input, offsets: number }),
                    Some(other) => Err(de::Error::custom(format!("`{other}` is no mark of a run"))),
                }
            }
        }
        deserializer.deserialize_seq(RunVisitor)
    }
}

impl Serialize for Runs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Runs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_records_of_one_input_are_one_run_and_the_text_is_as_documented() {
        let mut runs = Runs::default();
        runs.tick(Millis(60_000));
        for _ in 0..3 {
            runs.add(Input::Probes, 1, false);
        }
        runs.add(Input::Contacts, 2, false);
        runs.add(Input::Probes, 1, true);
        runs.add(Input::Probes, 1, false);
        let text = serde_json::to_string(&runs).unwrap();
        assert_eq!(text, r#"[["tick",60000],["probes",3],["contacts",2],["probes",1,"rejected"],["probes",1]]"#);
        assert_eq!(serde_json::from_str::<Runs>(&text).unwrap(), runs);
    }

    #[test]
    fn a_run_of_an_input_that_is_not_keyed_is_refused() {
        assert!(serde_json::from_str::<Runs>(r#"[["cells",3]]"#).is_err());
        assert!(serde_json::from_str::<Runs>(r#"[["probes"]]"#).is_err());
        assert!(serde_json::from_str::<Runs>(r#"[["probes",1,"late"]]"#).is_err());
    }
}
