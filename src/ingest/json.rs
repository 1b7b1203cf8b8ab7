//! JSON into slots in one pass, without a tree; whose names the keys are is the caller's. Pure.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::fields::Field;
use super::raw::Raw;
use super::{RejectCode, Rejection};

/// What a key of an object stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Slot(usize),
    /// A nested object that is read too, at most 63 of them.
    Group(usize),
    Unknown,
}

/// The names that are read, and where. Group 0 is the record itself.
pub(super) trait Names: Copy {
    fn find(self, group: usize, key: &str) -> Key;
    /// For messages.
    fn group_name(self, group: usize) -> &'static str;
    /// For messages.
    fn slot_name(self, slot: usize) -> &'static str;
}

/// Our own field names, known when compiling.
#[derive(Debug)]
pub(super) struct Own<F>(PhantomData<F>);

impl<F> Clone for Own<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Own<F> {}

impl<F> Own<F> {
    pub(super) fn names() -> Self {
        Self(PhantomData)
    }
}

impl<F: Field> Names for Own<F> {
    fn find(self, group: usize, key: &str) -> Key {
        if group > 0 {
            let field = F::ALL.iter().find(|field| within(F::GROUPS[group - 1], field.name()) == Some(key));
            return field.map_or(Key::Unknown, |field| Key::Slot(field.slot()));
        }
        // A dot in a top-level key is no path.
        let path = !F::GROUPS.is_empty() && key.contains('.');
        if let Some(field) = F::find(key).filter(|_| !path) {
            return Key::Slot(field.slot());
        }
        F::GROUPS.iter().position(|name| *name == key).map_or(Key::Unknown, |at| Key::Group(at + 1))
    }

    fn group_name(self, group: usize) -> &'static str {
        if group == 0 { "the record" } else { F::GROUPS[group - 1] }
    }

    fn slot_name(self, slot: usize) -> &'static str {
        F::ALL[slot].name()
    }
}

/// `location` of `consent.location` in the group `consent`.
fn within<'n>(group: &str, name: &'n str) -> Option<&'n str> {
    name.strip_prefix(group)?.strip_prefix('.')
}

/// Fills `slots` from one JSON object. Unknown fields are skipped, whatever their depth.
pub(super) fn fill<'a>(text: &'a str, names: impl Names, slots: &mut [Raw<'a>]) -> Result<(), Rejection> {
    let mut json = serde_json::Deserializer::from_str(text);
    let object = Object { slots, names, group: 0 };
    object.deserialize(&mut json).and_then(|()| json.end()).map_err(|error| rejection(&error))
}

/// The rejection that a parser's error stands for.
fn rejection(error: &serde_json::Error) -> Rejection {
    let detail = error.to_string();
    let code = match error.classify() {
        serde_json::error::Category::Data => RejectCode::WrongType,
        // Good JSON, but no 64-bit float holds it.
        _ if detail.starts_with("number out of range") => RejectCode::OutOfRange,
        _ => RejectCode::NotJson,
    };
    Rejection::new(code, detail)
}

/// An object whose keys are names: the record, or one of its groups.
struct Object<'s, 'a, N> {
    slots: &'s mut [Raw<'a>],
    names: N,
    group: usize,
}

struct KeySeed<N>(N, usize);

impl<'de, N: Names> DeserializeSeed<'de> for KeySeed<N> {
    type Value = Key;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<N: Names> Visitor<'_> for KeySeed<N> {
    type Value = Key;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }
    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(self.0.find(self.1, key))
    }
}

impl<'de: 'a, 'a, N: Names> DeserializeSeed<'de> for Object<'_, 'a, N> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.group == 0 { deserializer.deserialize_map(self) } else { deserializer.deserialize_any(self) }
    }
}

impl<'de: 'a, 'a, N: Names> Visitor<'de> for Object<'_, 'a, N> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group {
            0 => f.write_str("a record: an object with named fields"),
            group => write!(f, "an object in `{}`", self.names.group_name(group)),
        }
    }

    /// A group that is null is absent; a record that is null is none.
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        if self.group == 0 { Err(E::invalid_type(de::Unexpected::Unit, &self)) } else { Ok(()) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut groups_seen = 0_u64;
        while let Some(key) = map.next_key_seed(KeySeed(self.names, self.group))? {
            match key {
                Key::Slot(slot) => {
                    if !matches!(self.slots[slot], Raw::Absent) {
                        return Err(de::Error::duplicate_field(self.names.slot_name(slot)));
                    }
                    self.slots[slot] = map.next_value()?;
                }
                Key::Group(group) => {
                    if groups_seen & (1 << group) != 0 {
                        return Err(de::Error::duplicate_field(self.names.group_name(group)));
                    }
                    groups_seen |= 1 << group;
                    map.next_value_seed(Object { slots: &mut *self.slots, names: self.names, group })?;
                }
                Key::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
