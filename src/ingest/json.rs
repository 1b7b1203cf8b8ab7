//! JSON under our own field names: one pass from the text into slots, without a tree. Pure.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::fields::Field;
use super::raw::Raw;
use super::{RejectCode, Rejection};

/// Fills `slots` from one JSON object. Unknown fields are skipped, whatever their depth.
pub(super) fn fill<'a, F: Field>(text: &'a str, slots: &mut [Raw<'a>]) -> Result<(), Rejection> {
    let mut json = serde_json::Deserializer::from_str(text);
    let object = Object::<F> { slots, group: None, fields: PhantomData };
    object.deserialize(&mut json).and_then(|()| json.end()).map_err(|error| rejection(&error))
}

/// The rejection that a parser's error stands for.
pub(super) fn rejection(error: &serde_json::Error) -> Rejection {
    let detail = error.to_string();
    let code = match error.classify() {
        serde_json::error::Category::Data => RejectCode::WrongType,
        // Good JSON, but no 64-bit float holds it.
        _ if detail.starts_with("number out of range") => RejectCode::OutOfRange,
        _ => RejectCode::NotJson,
    };
    Rejection::new(code, detail)
}

/// An object whose keys are fields: the record, or one of its groups.
struct Object<'s, 'a, F> {
    slots: &'s mut [Raw<'a>],
    group: Option<&'static str>,
    fields: PhantomData<F>,
}

enum Key<F> {
    Field(F),
    /// Position in [`Field::GROUPS`].
    Group(usize),
    Unknown,
}

impl<F: Field> Key<F> {
    fn find(group: Option<&'static str>, key: &str) -> Self {
        let field = match group {
            Some(group) => F::ALL.iter().copied().find(|field| within(group, field.name()) == Some(key)),
            // A dot in a top-level key is no path.
            None if !F::GROUPS.is_empty() && key.contains('.') => None,
            None => F::find(key),
        };
        if let Some(field) = field {
            return Self::Field(field);
        }
        let nested = if group.is_none() { F::GROUPS.iter().position(|name| *name == key) } else { None };
        nested.map_or(Self::Unknown, Self::Group)
    }
}

/// `location` of `consent.location` in the group `consent`.
fn within<'n>(group: &str, name: &'n str) -> Option<&'n str> {
    name.strip_prefix(group)?.strip_prefix('.')
}

struct KeySeed<F>(Option<&'static str>, PhantomData<F>);

impl<'de, F: Field> DeserializeSeed<'de> for KeySeed<F> {
    type Value = Key<F>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key<F>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<F: Field> Visitor<'_> for KeySeed<F> {
    type Value = Key<F>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }
    fn visit_str<E>(self, key: &str) -> Result<Key<F>, E> {
        Ok(Key::find(self.0, key))
    }
}

impl<'de: 'a, 'a, F: Field> DeserializeSeed<'de> for Object<'_, 'a, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.group.is_some() { deserializer.deserialize_any(self) } else { deserializer.deserialize_map(self) }
    }
}

impl<'de: 'a, 'a, F: Field> Visitor<'de> for Object<'_, 'a, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group {
            Some(group) => write!(f, "an object in `{group}`"),
            None => f.write_str("a record: an object with named fields"),
        }
    }

    /// A group that is null is absent; a record that is null is none.
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        if self.group.is_some() { Ok(()) } else { Err(E::invalid_type(de::Unexpected::Unit, &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut groups_seen = 0_u32;
        while let Some(key) = map.next_key_seed(KeySeed::<F>(self.group, PhantomData))? {
            match key {
                Key::Field(field) => {
                    let slot = &mut self.slots[field.slot()];
                    if !matches!(slot, Raw::Absent) {
                        return Err(de::Error::duplicate_field(field.name()));
                    }
                    *slot = map.next_value()?;
                }
                Key::Group(index) => {
                    let group = F::GROUPS[index];
                    if groups_seen & (1 << index) != 0 {
                        return Err(de::Error::duplicate_field(group));
                    }
                    groups_seen |= 1 << index;
                    map.next_value_seed(Object::<F> {
                        slots: &mut *self.slots,
                        group: Some(group),
                        fields: PhantomData,
                    })?;
                }
                Key::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
