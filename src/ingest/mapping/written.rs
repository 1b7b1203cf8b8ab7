//! A mapping as it is written in a file. Pure.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as DeserializeDerive, Serialize};

use super::super::Input;
use super::MappingError;

/// A mapping file: one table for each input it describes (`[probes]`, `[crm]`, `[cells]`, …). What it does not
/// describe stays JSON under our own field names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, DeserializeDerive)]
#[serde(transparent)]
pub struct MappingFile {
    pub inputs: BTreeMap<Input, SourceSpec>,
}

impl MappingFile {
    /// Reads the TOML text of a mapping file.
    ///
    /// # Errors
    /// With line, column and what was expected there; unknown keys are errors.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        toml::from_str(text).map_err(|error| MappingError::Syntax(error.to_string()))
    }
}

/// How one input's records are written by their source.
#[derive(Debug, Clone, PartialEq, Default, Serialize, DeserializeDerive)]
#[serde(default, deny_unknown_fields)]
pub struct SourceSpec {
    /// `json` (one object a record, the default) or `csv` (one row a record).
    pub format: Format,
    /// CSV: what parts the columns, one ASCII character. Default a comma.
    pub delimiter: Option<char>,
    /// CSV: the columns' names where the source sends no header row (a topic of bare rows). Default: the header row
    /// of the file.
    pub columns: Vec<String>,
    /// JSON: numbers and flags may come as text, and identifiers as numbers. Default false; CSV always does so.
    pub loose_types: bool,
    /// Numbers and texts that mean "nothing" in any of the source's fields, beside the empty text, `-`, `NaN`,
    /// 2147483647 and null, which always do.
    pub sentinels: Vec<Scalar>,
    /// Pairs of latitude and longitude that mean "unknown". Without this, (0, 0) and (−1, −1) are `bad_position`.
    pub absent_positions: Vec<(f64, f64)>,
    /// By our field's name, where it comes from: a [`FieldSpec`], a list of them (the first that gives a value
    /// counts), or just a source's name. A field that is not listed is read under its own name, if it is there.
    pub fields: BTreeMap<String, Picks>,
}

/// The form of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, DeserializeDerive)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Json,
    Csv,
}

/// Where one of our fields comes from, and how it is converted. Either `source` or `value` is given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, DeserializeDerive)]
#[serde(default, deny_unknown_fields)]
pub struct FieldSpec {
    /// A column of CSV, a path of JSON (`radio.rsrp`: the field `rsrp` of the object `radio`), or `@key`: the
    /// record's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// A constant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Scalar>,
    /// The unit of the source, such as `bit/s` for `dl_kbps`; not together with `scale`. Default: our own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Ours = theirs × `scale` + `offset`. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// Default 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<f64>,
    /// Of `ts` only: `rfc3339`, `epoch_ms`, `epoch_s`, or a pattern as of `strptime` (`%Y-%m-%d %H:%M:%S`).
    /// Default: RFC 3339 or epoch milliseconds, told apart by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_format: Option<String>,
    /// The IANA zone of times whose pattern has no offset, such as `Europe/Dublin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Numbers and texts that mean "nothing" in this source, wherever it is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sentinels: Vec<Scalar>,
    /// The source's words, each with ours; `"*"` stands for all others, which else stay as they are.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, String>,
    /// Only where all of these hold: for a source's name `"present"`, `"absent"`, or a list of values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub when: BTreeMap<String, Condition>,
}

/// A number, a text or a flag of a mapping file.
#[derive(Debug, Clone, PartialEq, Serialize, DeserializeDerive)]
#[serde(untagged, expecting = "a number, a text, or true or false")]
pub enum Scalar {
    Flag(bool),
    Number(f64),
    Text(String),
}

/// What a source must show for a [`FieldSpec`] to count.
#[derive(Debug, Clone, PartialEq, Serialize, DeserializeDerive)]
#[serde(untagged, expecting = "\"present\", \"absent\", or a list of values")]
pub enum Condition {
    Shown(Shown),
    OneOf(Vec<Scalar>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, DeserializeDerive)]
#[serde(rename_all = "lowercase")]
pub enum Shown {
    /// It gives a value that is no sentinel.
    Present,
    Absent,
}

/// The places a field may come from, in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(transparent)]
pub struct Picks(pub Vec<FieldSpec>);

impl<'de> Deserialize<'de> for Picks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Picks;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a source's name, a table, or a list of tables")
            }
            fn visit_str<E: Error>(self, source: &str) -> Result<Picks, E> {
                Ok(Picks(vec![FieldSpec { source: Some(source.to_owned()), ..FieldSpec::default() }]))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Picks, A::Error> {
                FieldSpec::deserialize(MapAccessDeserializer::new(map)).map(|spec| Picks(vec![spec]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Picks, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Picks)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
