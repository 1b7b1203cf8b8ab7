//! A story as its folder tells it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use homeqos::act::IdKey;
use homeqos::config::{Config, Sources};
use serde::Deserialize;
use toml::Table;

/// `story.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Story {
    #[serde(skip)]
    pub(super) folder: PathBuf,
    #[serde(default = "paris")]
    pub(super) zone: String,
    /// Local time at which the story ends; without it, with the last record.
    pub(super) until: Option<String>,
    #[serde(default = "two")]
    pub(super) lanes: u16,
    /// Records in an epoch: the second telling crashes at the end of each.
    #[serde(default = "forty")]
    pub(super) epoch_records: usize,
    /// What differs from the defaults, as in `homeqos.toml`. Nobody is held out unless a story says so.
    #[serde(default)]
    config: Table,
    /// Named field values that `value` may refer to.
    #[serde(default)]
    pub(super) values: BTreeMap<String, Table>,
    #[serde(default)]
    pub(super) cells: BTreeMap<String, Table>,
    #[serde(default)]
    pub(super) crm: Vec<Crm>,
    #[serde(default)]
    pub(super) probes: Vec<Probes>,
    #[serde(default)]
    pub(super) record: Vec<Single>,
    #[serde(default)]
    pub(super) outcome: Vec<OutcomeOf>,
    pub(super) must: Must,
}

/// `common.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    cells: BTreeMap<String, Table>,
    values: BTreeMap<String, Table>,
}

fn paris() -> String {
    "Europe/Paris".to_owned()
}

fn two() -> u16 {
    2
}

fn forty() -> usize {
    40
}

/// CRM rows, or tombstones.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Crm {
    /// Ids; `H01..H12` are twelve.
    pub(super) who: Vec<String>,
    /// Local time of arrival; without it, before everything that has a time.
    pub(super) at: Option<String>,
    /// The row's fields; without it a tombstone.
    pub(super) value: Option<Value>,
}

/// Probes at an even pace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Probes {
    pub(super) who: Vec<String>,
    /// `2026-10-01..2026-10-20`, the last day included.
    pub(super) days: String,
    /// Of these days only: `mon`, …; without it all.
    pub(super) weekdays: Option<Vec<String>>,
    /// Local hours, `19:00..23:30`; the end may be of the next day.
    pub(super) hours: String,
    /// Minutes between two probes of one customer; customers follow each other by a minute.
    pub(super) every: i64,
    /// How long after the event the record arrives.
    #[serde(default)]
    pub(super) arrives_after_hours: i64,
    pub(super) value: Value,
}

/// One record for each customer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Single {
    pub(super) input: String,
    pub(super) who: Vec<String>,
    /// Local time of the event.
    pub(super) at: String,
    /// Local time of arrival, if another.
    pub(super) arrives: Option<String>,
    pub(super) value: Value,
}

/// What became of an action that the story itself brings about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutcomeOf {
    /// `offer.made C1`, `ticket.opened 16419`.
    pub(super) of: String,
    /// Which of them, from 1.
    #[serde(default = "one")]
    pub(super) nth: usize,
    pub(super) after_hours: f64,
    pub(super) status: String,
}

fn one() -> usize {
    1
}

/// Fields in place, or the names of some in `[values]`, later ones over earlier ones.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Value {
    Named(String),
    Several(Vec<Value>),
    Fields(Table),
}

/// What the design demands of the story, whatever expected.txt says. A line fits when it holds all words, in this order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Must {
    /// Each fits some line of the report.
    #[serde(default)]
    pub(super) say: Vec<String>,
    /// None fits any line.
    #[serde(default)]
    pub(super) never: Vec<String>,
    /// How many lines fit.
    #[serde(default)]
    pub(super) count: BTreeMap<String, usize>,
}

impl Story {
    pub(super) fn read(folder: &Path) -> Self {
        let path = folder.join("story.toml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut story: Self = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let shared = std::fs::read_to_string(folder.with_file_name("common.toml")).expect("common.toml");
        let Common { mut cells, mut values } = toml::from_str(&shared).expect("common.toml is sound");
        cells.append(&mut story.cells);
        values.append(&mut story.values);
        (story.cells, story.values) = (cells, values);
        let told = std::fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        assert!(told.len() > 80, "{}: README.md says what happened", folder.display());
        let must = &story.must;
        assert!(!must.say.is_empty() || !must.count.is_empty(), "{}: [must] demands something", folder.display());
        Self { folder: folder.to_owned(), ..story }
    }

    pub(super) fn config(&self) -> Config {
        let mut config = self.config.clone();
        let section = |config: &mut Table, name: &str| match config.remove(name) {
            Some(toml::Value::Table(table)) => table,
            _ => Table::new(),
        };
        let mut decide = section(&mut config, "decide");
        decide.entry("holdout_share").or_insert(0.0.into());
        config.insert("decide".to_owned(), decide.into());
        let mut time = section(&mut config, "time");
        time.insert("zone".to_owned(), self.zone.clone().into());
        config.insert("time".to_owned(), time.into());
        let text = toml::to_string(&config).expect("TOML");
        Config::load(&Sources::of_text("story.toml", &text, Vec::new())).expect("a good configuration")
    }

    /// Ids of actions are the same in every telling.
    pub(super) fn key() -> IdKey {
        IdKey::new([0; 32])
    }

    /// The fields of a value.
    pub(super) fn fields(&self, value: &Value) -> Table {
        match value {
            Value::Fields(table) => table.clone(),
            Value::Named(name) => self.values.get(name).unwrap_or_else(|| panic!("no [values.{name}]")).clone(),
            Value::Several(values) => values.iter().flat_map(|value| self.fields(value)).collect(),
        }
    }
}

/// Ids written out: `H01..H12` are twelve.
pub(super) fn ids(who: &[String]) -> Vec<String> {
    let written_out = |one: &String| match one.split_once("..") {
        None => vec![one.clone()],
        Some((first, last)) => {
            let digits = first.bytes().rev().take_while(u8::is_ascii_digit).count();
            let word = &first[..first.len() - digits];
            let number = |text: &str| text.parse::<u32>().unwrap_or_else(|e| panic!("{one}: {e}"));
            let range = number(&first[word.len()..])..=number(last.trim_start_matches(word));
            range.map(|n| format!("{word}{n:0digits$}")).collect()
        }
    };
    who.iter().flat_map(written_out).collect()
}
