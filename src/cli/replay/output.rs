//! What a replay writes: JSON lines of actions, decisions, dead letters and views. Shell: it writes files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::value::RawValue;

use super::files::FileRecord;
use crate::act::{Action, ActionTopic};
use crate::ingest::Rejection;

/// A file of JSON lines; nothing when no path was given.
pub struct JsonLines {
    file: Option<BufWriter<File>>,
}

impl JsonLines {
    pub fn create(path: Option<&Path>) -> anyhow::Result<Self> {
        let create = |path: &Path| {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            anyhow::Ok(BufWriter::with_capacity(1 << 18, file))
        };
        Ok(Self { file: path.map(create).transpose()? })
    }

    pub fn write(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            serde_json::to_writer(&mut *file, value)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<()> {
        if let Some(mut file) = self.file {
            file.flush()?;
        }
        Ok(())
    }
}

/// One action as a line.
#[derive(Serialize)]
pub struct ActionLine<'a> {
    topic: &'a str,
    key: &'a str,
    headers: BTreeMap<&'a str, &'a str>,
    value: &'a RawValue,
}

impl<'a> ActionLine<'a> {
    /// `topic` names the two topics of actions.
    pub fn of(action: &'a Action, topic: impl Fn(ActionTopic) -> &'a str) -> anyhow::Result<Self> {
        Ok(Self {
            topic: topic(action.topic),
            key: &action.key,
            headers: action.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            value: serde_json::from_str(&action.body)?,
        })
    }
}

/// One dead letter as a line; the value's bytes as text, lossy where they are none.
#[derive(Serialize)]
pub struct DeadLetterLine<'a> {
    input: &'a str,
    offset: u64,
    key: Option<&'a str>,
    reason: &'a str,
    detail: &'a str,
    value: Option<String>,
}

impl<'a> DeadLetterLine<'a> {
    pub fn of(record: &'a FileRecord, rejection: &'a Rejection) -> Self {
        let kept = |value: &Vec<u8>| {
            let end = value.len().min(crate::limits::DEAD_LETTER_KEPT_BYTES);
            String::from_utf8_lossy(&value[..end]).into_owned()
        };
        Self {
            input: record.input.as_str(),
            offset: record.offset,
            key: record.key.as_deref(),
            reason: rejection.code.as_str(),
            detail: &rejection.detail,
            value: record.value.as_ref().map(kept),
        }
    }
}
