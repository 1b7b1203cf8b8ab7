//! Sets of causes, and figures per cause as the rows carry them. Pure.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::units::{Cause, Causes};

/// A set of causes. In JSON a list of their words, in the order of [`Cause::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct CauseSet(u8);

impl CauseSet {
    /// What operations can repair for a whole neighbourhood.
    #[must_use]
    pub fn network() -> Self {
        Cause::ALL.iter().filter(|c| c.is_network()).copied().collect()
    }

    #[must_use]
    pub fn one(cause: Cause) -> Self {
        Self(1 << cause.index())
    }

    #[must_use]
    pub fn with(self, cause: Cause) -> Self {
        Self(self.0 | Self::one(cause).0)
    }

    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[must_use]
    pub fn contains(self, cause: Cause) -> bool {
        self.0 & Self::one(cause).0 != 0
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Cause> {
        Cause::ALL.iter().copied().filter(move |c| self.contains(*c))
    }

    /// The causes that can sit in one spot of a cell: a shadowed street, an overlap, a border without handover.
    /// Congestion and outage belong to cells and sites. In one spot many homes that each seem the only poor one
    /// of a large cell are no longer alone: `building` counts with `coverage` there.
    #[must_use]
    pub fn in_one_spot(self) -> Self {
        let placed = Self::one(Cause::Coverage).with(Cause::Interference).with(Cause::Mobility);
        let set = Self(self.0 & placed.0);
        if set.contains(Cause::Coverage) { set.with(Cause::Building) } else { set }
    }
}

impl FromIterator<Cause> for CauseSet {
    fn from_iter<I: IntoIterator<Item = Cause>>(causes: I) -> Self {
        causes.into_iter().fold(Self::default(), Self::with)
    }
}

impl Serialize for CauseSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for CauseSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Cause>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// `Causes<u32>` as a JSON object of what is not zero. A word this version does not know is ignored when read.
pub(super) mod by_word {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{DeserializeSeed, MapAccess, Visitor};

    use super::{Cause, Causes, Deserializer, Serializer};

    pub(in crate::neighbourhood) fn serialize<S: Serializer>(counts: &Causes<u32>, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(Cause::ALL.iter().map(|c| (c.as_str(), counts[c.index()])).filter(|(_, n)| *n > 0))
    }

    pub(in crate::neighbourhood) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Causes<u32>, D::Error> {
        from.deserialize_map(Words)
    }

    /// One at a time and without a map: an area has hundreds of these.
    struct Words;

    impl<'de> Visitor<'de> for Words {
        type Value = Causes<u32>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of causes and how many homes suffer of each")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut counts = Causes::<u32>::default();
            while let Some((cause, n)) = map.next_entry_seed(Word, PhantomData)? {
                if let Some(cause) = cause {
                    counts[cause.index()] = n;
                }
            }
            Ok(counts)
        }
    }

    /// A cause by its word; `None` for one that this version does not know.
    struct Word;

    impl<'de> DeserializeSeed<'de> for Word {
        type Value = Option<Cause>;

        fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
            from.deserialize_str(self)
        }
    }

    impl Visitor<'_> for Word {
        type Value = Option<Cause>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a cause")
        }

        fn visit_str<E>(self, word: &str) -> Result<Self::Value, E> {
            Ok(Cause::parse(word))
        }
    }

    pub(in crate::neighbourhood) fn is_zero(counts: &Causes<u32>) -> bool {
        counts.iter().all(|n| *n == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_causes_are_five_and_a_set_reads_as_its_words() {
        assert_eq!(CauseSet::network().iter().count(), 5);
        let set = CauseSet::one(Cause::Mobility).with(Cause::Coverage);
        assert_eq!(serde_json::to_string(&set).unwrap(), r#"["coverage","mobility"]"#);
        assert_eq!(serde_json::from_str::<CauseSet>(r#"["mobility","coverage"]"#).unwrap(), set);
    }

    #[test]
    fn lonely_homes_count_as_coverage_in_one_spot_only() {
        assert!(CauseSet::network().in_one_spot().contains(Cause::Building));
        assert!(!CauseSet::one(Cause::Interference).in_one_spot().contains(Cause::Building));
        assert!(CauseSet::one(Cause::Congestion).in_one_spot().is_empty());
    }
}
