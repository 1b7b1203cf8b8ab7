//! The source's own paths as a trie: one look-up for each key of a record. Pure.

use compact_str::CompactString;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::super::json::{Key, Names};

/// Groups that fit the reader's mark of those it has seen.
const GROUPS_MAX: usize = 64;

/// Paths such as `radio.rsrp`, by object and key.
#[derive(Debug, Clone)]
pub(super) struct Trie {
    /// By group; group 0 is the record.
    groups: Vec<HashMap<CompactString, Key, FixedState>>,
}

impl Trie {
    /// Path `n` fills slot `n`.
    ///
    /// # Errors
    /// When a path runs through another, is empty, or there are too many objects.
    pub(super) fn new<'p>(paths: impl Iterator<Item = &'p str>) -> Result<Self, String> {
        let mut trie = Self { groups: vec![HashMap::default()] };
        for (slot, path) in paths.enumerate() {
            trie.insert(path, slot)?;
        }
        Ok(trie)
    }

    fn insert(&mut self, path: &str, slot: usize) -> Result<(), String> {
        let mut group = 0;
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            if part.is_empty() {
                return Err(format!("`{path}` is no path: a name is empty"));
            }
            let last = parts.peek().is_none();
            let next = self.groups.len();
            let new = if last { Key::Slot(slot) } else { Key::Group(next) };
            let key = *self.groups[group].entry(part.into()).or_insert(new);
            match (key, last) {
                (Key::Group(below), false) if below < next => group = below,
                (Key::Group(below), false) if next < GROUPS_MAX => {
                    self.groups.push(HashMap::default());
                    group = below;
                }
                (Key::Group(_), false) => return Err(format!("more than {GROUPS_MAX} nested objects")),
                (Key::Slot(filled), true) if filled == slot => {}
                _ => return Err(format!("`{path}` and another path ask the same field to be a value and an object")),
            }
        }
        Ok(())
    }
}

impl Names for &Trie {
    fn find(self, group: usize, key: &str) -> Key {
        self.groups[group].get(key).copied().unwrap_or(Key::Unknown)
    }

    fn group_name(self, _group: usize) -> &'static str {
        "a nested object"
    }

    fn slot_name(self, _slot: usize) -> &'static str {
        "of the source"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_share_the_objects_they_have_in_common() {
        let trie = Trie::new(["radio.rsrp", "ts", "radio.cell.id", "radio.cell.tac"].into_iter()).unwrap();
        assert_eq!((&trie).find(0, "ts"), Key::Slot(1));
        let Key::Group(radio) = (&trie).find(0, "radio") else { panic!("radio is a group") };
        let Key::Group(cell) = (&trie).find(radio, "cell") else { panic!("cell is a group") };
        assert_eq!(((&trie).find(cell, "tac"), (&trie).find(0, "tac")), (Key::Slot(3), Key::Unknown));
    }

    #[test]
    fn a_field_is_a_value_or_an_object() {
        for paths in [["a", "a.b"], ["a.b", "a"], ["a.b.c", "a.b"], ["a..b", "c"], ["", "c"]] {
            assert!(Trie::new(paths.into_iter()).is_err(), "{paths:?}");
        }
    }
}
