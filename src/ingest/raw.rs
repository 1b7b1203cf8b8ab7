//! A value as its source wrote it, before anything is asked of it. Pure.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::limits::LIST_MAX;

/// One value of a record. Text borrows from the record; only escaped text is copied. JSON's numbers are 64-bit
/// floats here: epoch milliseconds stay exact for 285 000 years.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Raw<'a> {
    /// The record does not have the field.
    #[default]
    Absent,
    Null,
    Bool(bool),
    Num(f64),
    Str(Cow<'a, str>),
    /// At most [`LIST_MAX`] + 1 elements: one more than allowed is enough to refuse the rest.
    List(Box<[Raw<'a>]>),
    /// An object where a value was expected; what is in it is skipped.
    Object,
}

/// Absent by content, in every mapping: what sources write where they measured nothing.
pub(super) fn is_text_sentinel(text: &str) -> bool {
    matches!(text, "" | "-") || text.eq_ignore_ascii_case("nan")
}

/// Absent by content: the largest 32-bit integer is how Android reports "unavailable".
pub(super) const NUMBER_SENTINEL: f64 = 2_147_483_647.0;

impl Raw<'_> {
    /// Whether the source gave nothing here: no field, null, or a sentinel of every mapping.
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Self::Absent | Self::Null => true,
            Self::Str(text) => is_text_sentinel(text),
            Self::Num(n) => *n == NUMBER_SENTINEL,
            _ => false,
        }
    }

    /// What kind of value it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "nothing",
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Num(_) => "a number",
            Self::Str(_) => "text",
            Self::List(_) => "a list",
            Self::Object => "an object",
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_bool<E>(self, v: bool) -> Result<Raw<'de>, E> {
                Ok(Raw::Bool(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Raw<'de>, E> {
                Ok(Raw::Num(v as f64))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Raw<'de>, E> {
                Ok(Raw::Num(v as f64))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Raw<'de>, E> {
                Ok(Raw::Num(v))
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Raw<'de>, E> {
                Ok(Raw::Str(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Raw<'de>, E> {
                Ok(Raw::Str(Cow::Owned(v.to_owned())))
            }
            fn visit_unit<E>(self) -> Result<Raw<'de>, E> {
                Ok(Raw::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw<'de>, A::Error> {
                let mut items = Vec::new();
                while items.len() <= LIST_MAX {
                    let Some(item) = seq.next_element()? else { return Ok(Raw::List(items.into())) };
                    items.push(item);
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Raw::List(items.into()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Raw::Object)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_value_is_three_words_and_plain_text_is_borrowed() {
        assert_eq!(size_of::<Raw<'_>>(), 24);
        assert!(matches!(serde_json::from_str("\"plain\"").unwrap(), Raw::Str(Cow::Borrowed("plain"))));
        assert!(matches!(serde_json::from_str(r#""\u00e9""#).unwrap(), Raw::Str(Cow::Owned(t)) if t == "é"));
    }

    #[test]
    fn a_list_keeps_one_element_more_than_is_allowed() {
        let text = format!("[{}1]", "1,".repeat(5000));
        assert!(matches!(serde_json::from_str(&text).unwrap(), Raw::List(items) if items.len() == LIST_MAX + 1));
    }
}
