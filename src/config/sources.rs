//! Where configuration comes from: file < environment < flags. Shell: reads the file and the environment.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Problem};
use super::written::Written;

/// Variables `HOMEQOS_<SECTION>__<KEY>`; names without `__` (`HOMEQOS_KEY`) are not keys of the file.
const ENV_PREFIX: &str = "HOMEQOS_";

/// One value given outside the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// `kafka.workers`.
    pub key: String,
    /// As typed: the key's type decides how it is read; a list may be written `a,b`.
    pub value: String,
    /// `environment variable HOMEQOS_KAFKA__WORKERS`, `flag --set`.
    pub at: String,
}

/// Everything that was said, in rising order of rank.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    file: Option<(PathBuf, String)>,
    overrides: Vec<Override>,
}

impl Sources {
    /// Reads the file, if one is named, and puts environment and flags above it.
    pub fn read(
        file: Option<&Path>,
        env: impl Iterator<Item = (OsString, OsString)>,
        flags: Vec<Override>,
    ) -> Result<Self, ConfigError> {
        let file = match file {
            Some(path) => Some((path.to_owned(), read_text(path)?)),
            None => None,
        };
        let mut overrides: Vec<Override> = env.filter_map(|(name, value)| variable(&name, &value)).collect();
        overrides.sort_by(|a, b| a.key.cmp(&b.key));
        overrides.extend(flags);
        Ok(Self { file, overrides })
    }

    /// From a text already read.
    #[must_use]
    pub fn of_text(name: &str, text: &str, overrides: Vec<Override>) -> Self {
        Self { file: Some((PathBuf::from(name), text.to_owned())), overrides }
    }

    /// All sources laid over one another. An error names the one that is at fault.
    pub fn written(&self) -> Result<Written, ConfigError> {
        let mut written = Written::default();
        let mut table = toml::Table::new();
        if let Some((path, text)) = &self.file {
            written = toml::from_str(text).map_err(|error| file_problem(path, text, &error))?;
            table = toml::from_str(text).map_err(|error| file_problem(path, text, &error))?;
        }
        for change in &self.overrides {
            (table, written) = apply(&table, change)?;
        }
        Ok(written)
    }

    /// Where the value of `key` was written.
    #[must_use]
    pub fn at(&self, key: &str) -> String {
        if let Some(found) = self.overrides.iter().rev().find(|o| o.key == key) {
            return found.at.clone();
        }
        let Some((path, text)) = &self.file else { return "default".to_owned() };
        let line = DeTable::parse(text).ok().and_then(|table| {
            let (first, rest) = split(key);
            let mut at = table.get_ref().iter().find(|(k, _)| k.get_ref() == first)?;
            for part in rest {
                at = at.1.get_ref().as_table()?.iter().find(|(k, _)| k.get_ref() == part)?;
            }
            Some(line_of(text, at.0.span().start))
        });
        match line {
            Some(line) => format!("{}, line {line}", path.display()),
            None => "default".to_owned(),
        }
    }
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| {
        let allowed = format!("cannot be read ({error}); name a configuration file with --config, or leave it out");
        Problem { at: path.display().to_string(), key: String::new(), value: String::new(), allowed }.into()
    })
}

fn variable(name: &OsString, value: &OsString) -> Option<Override> {
    let (name, value) = (name.to_str()?, value.to_str()?);
    let (section, key) = name.strip_prefix(ENV_PREFIX)?.split_once("__")?;
    let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase().replace("__", "."));
    // A librdkafka property has dots, which a variable's name cannot have, and no underscore.
    let key = match key.split_once('.') {
        Some((table @ ("properties" | "secret_files"), property)) if section == "kafka" => {
            format!("{table}.{}", property.replace('_', "."))
        }
        _ => key,
    };
    let at = format!("environment variable {name}");
    Some(Override { key: format!("{section}.{key}"), value: value.to_owned(), at })
}

/// The parts of a key. What follows a table of free names is one part, dots included.
fn split(key: &str) -> (&str, Vec<&str>) {
    let (first, rest) = key.split_once('.').unwrap_or((key, ""));
    if first == "kafka"
        && let Some((table @ ("properties" | "secret_files"), property)) = rest.split_once('.')
    {
        return (first, vec![table, property]);
    }
    (first, rest.split('.').filter(|part| !part.is_empty()).collect())
}

/// The value is read as what its key wants: a text as it stands, else TOML, else a list of texts.
fn apply(table: &toml::Table, change: &Override) -> Result<(toml::Table, Written), ConfigError> {
    let text = toml::Value::String(change.value.clone());
    let literal = toml::from_str::<toml::Table>(&format!("v = {}", change.value)).ok().and_then(|mut t| t.remove("v"));
    let list = change.value.split(',').map(|item| toml::Value::String(item.trim().to_owned())).collect();
    let mut refusal = String::new();
    for value in [Some(text), literal, Some(toml::Value::Array(list))].into_iter().flatten() {
        let mut changed = table.clone();
        if !put(&mut changed, &change.key, value) {
            break;
        }
        match Written::deserialize(changed.clone()) {
            Ok(written) => return Ok((changed, written)),
            Err(error) if refusal.is_empty() => error.message().clone_into(&mut refusal),
            Err(_) => {}
        }
    }
    if refusal.is_empty() {
        "there is no such key".clone_into(&mut refusal);
    }
    Err(Problem { at: change.at.clone(), key: change.key.clone(), value: change.value.clone(), allowed: refusal }
        .into())
}

/// `false` where the path leads through something that is not a table.
fn put(table: &mut toml::Table, key: &str, value: toml::Value) -> bool {
    let (first, mut rest) = split(key);
    let Some(last) = rest.pop() else { return false };
    let mut at = table;
    for part in std::iter::once(first).chain(rest) {
        let next = at.entry(part).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        let toml::Value::Table(next) = next else { return false };
        at = next;
    }
    at.insert(last.to_owned(), value);
    true
}

fn file_problem(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let offset = error.span().map_or(0, |span| span.start);
    let (key, value) = DeTable::parse(text).ok().and_then(|t| entry_at(t.get_ref(), text, offset)).unwrap_or_default();
    let at = format!("{}, line {}", path.display(), line_of(text, offset));
    Problem { at, key, value, allowed: error.message().replace('\n', " ") }.into()
}

/// The deepest key whose name or value contains `offset`, and its value as typed.
fn entry_at(table: &DeTable<'_>, text: &str, offset: usize) -> Option<(String, String)> {
    for (name, value) in table {
        if let DeValue::Table(inner) = value.get_ref()
            && let Some((mut path, value)) = entry_at(inner, text, offset)
        {
            path.insert_str(0, &format!("{}.", name.get_ref()));
            return Some((path, value));
        }
        if name.span().contains(&offset) || value.span().contains(&offset) {
            let mut shown = String::new();
            if !value.get_ref().is_table() {
                let _ = write!(shown, "{}", text.get(value.span()).unwrap_or_default().trim());
            }
            return Some((name.get_ref().to_string(), shown));
        }
    }
    None
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str, overrides: Vec<Override>) -> String {
        Sources::of_text("h.toml", text, overrides).written().unwrap_err().to_string()
    }

    fn set(key: &str, value: &str) -> Override {
        Override { key: key.to_owned(), value: value.to_owned(), at: "flag --set".to_owned() }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_keys_there_are() {
        let said = refusal("[time]\nzone = \"UTC\"\n\n[kafka]\nwrokers = 2\n", vec![]);
        assert!(said.starts_with("h.toml, line 5: `kafka.wrokers` = 2: unknown field"), "{said}");
        assert!(said.contains("`workers`"), "{said}");
    }

    #[test]
    fn an_unknown_section_is_refused() {
        assert!(refusal("[kafak]\n", vec![]).contains("`kafak`: unknown field"));
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_with_what_is_expected() {
        let said = refusal("[kafka]\nworkers = \"two\"\n", vec![]);
        assert!(
            said.contains("line 2: `kafka.workers` = \"two\": invalid type: string \"two\", expected u16"),
            "{said}"
        );
        let said = refusal("[time]\nmode = \"moon\"\n", vec![]);
        assert!(said.contains("`time.mode` = \"moon\"") && said.contains("`wall` or `input`"), "{said}");
    }

    #[test]
    fn text_that_is_not_toml_is_refused_with_its_line() {
        assert!(refusal("[kafka]\nworkers 2\n", vec![]).starts_with("h.toml, line 2: "));
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
        let env = [(OsString::from("HOMEQOS_KAFKA__WORKERS"), OsString::from("3"))];
        let env_only = Sources::read(None, env.clone().into_iter(), vec![]).unwrap();
        assert_eq!(env_only.written().unwrap().kafka.workers, 3);
        assert_eq!(env_only.at("kafka.workers"), "environment variable HOMEQOS_KAFKA__WORKERS");
        let both = Sources::read(None, env.into_iter(), vec![set("kafka.workers", "4")]).unwrap();
        assert_eq!(both.written().unwrap().kafka.workers, 4);
        let over_file = Sources::of_text("h.toml", "[kafka]\nworkers = 1\n", vec![set("kafka.workers", "4")]);
        assert_eq!(over_file.written().unwrap().kafka.workers, 4);
    }

    #[test]
    fn librdkafka_properties_can_be_given_by_the_environment() {
        let env = [
            (OsString::from("HOMEQOS_KAFKA__PROPERTIES__SECURITY_PROTOCOL"), OsString::from("SSL")),
            (OsString::from("HOMEQOS_KEY"), OsString::from("00")),
        ];
        let written = Sources::read(None, env.into_iter(), vec![]).unwrap().written().unwrap();
        assert_eq!(written.kafka.properties["security.protocol"], "SSL");
    }

    #[test]
    fn a_bad_override_is_refused_by_its_name() {
        let said = refusal("", vec![set("kafka.workers", "many")]);
        assert!(said.starts_with("flag --set: `kafka.workers` = many: "), "{said}");
        assert!(refusal("", vec![set("kafka.speed", "1")]).contains("unknown field `speed`"));
        assert!(refusal("", vec![set("kafka", "1")]).contains("no such key"));
    }

    #[test]
    fn a_value_is_found_where_it_was_written() {
        let sources = Sources::of_text("h.toml", "# hi\n[kafka]\nworkers = 1\n", vec![]);
        assert_eq!(sources.at("kafka.workers"), "h.toml, line 3");
        assert_eq!(sources.at("kafka.group"), "default");
    }

    #[test]
    fn a_missing_file_is_named() {
        let said = Sources::read(Some(Path::new("/no/such.toml")), std::iter::empty(), vec![]).unwrap_err().to_string();
        assert!(said.contains("/no/such.toml") && said.contains("--config"), "{said}");
    }
}
