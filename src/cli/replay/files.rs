//! The files of a replayed folder, merged into one stream of records. Shell: it reads files.
//!
//! A line is a record's value, or, wrapped, `{"key", "ts", "value"}`: what a topic carries beside it. A value that is
//! a JSON string is the text in it (a CSV line, say); `null` is a tombstone. Each file is in its order of arrival;
//! the files are merged by the running maximum of their times, rows without a time first; records of one time in
//! the order of the inputs.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::{
    Cell, Input, Mapping, Observation, RejectCode, Rejection, Unkeyed, decode, decode_cell, decode_unkeyed,
};
use crate::units::{CellId, Id, Millis, Partitioner};

/// What a line says.
#[derive(Debug, Clone)]
pub enum Said {
    Keyed(Observation),
    Cell(CellId, Option<Box<Cell>>),
}

/// One line of a file.
#[derive(Debug)]
pub struct FileRecord {
    pub input: Input,
    /// Line number from 0: the offset of its dead letter.
    pub offset: u64,
    pub key: Option<Id>,
    pub said: Result<Said, Rejection>,
    /// The line's own time, from its wrapper or its value.
    pub ts: Option<Millis>,
    /// The value's bytes; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped<'a> {
    #[serde(borrow, default)]
    key: Option<Cow<'a, str>>,
    #[serde(default)]
    ts: Option<serde_json::Value>,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// A record more than this far ahead of both its neighbours in its lane is `future`: one broken clock must not move
/// the lane's.
const FUTURE_MS: i64 = Millis::DAY;

/// Lines that are read ahead to find the neighbour of a doubtful record; without one in reach it is believed.
const LOOK_AHEAD_MAX: usize = 1 << 16;

/// Buffers kept for the next lines: one is filled while one is folded.
const SPARE_MAX: usize = 2;

/// One file, read line by line.
pub struct InputFile {
    reader: BufReader<File>,
    input: Input,
    mapping: Mapping,
    partition: Partition,
    lines: u64,
    /// Running maximum of the times taken; the smallest of all before the first.
    reached: Millis,
    /// The same by lane.
    newest: Vec<Option<Millis>>,
    /// Records read ahead, with their lane.
    queue: VecDeque<(usize, FileRecord)>,
    /// Buffers of records that are done with, for the next lines.
    spare: Vec<Vec<u8>>,
    at_end: bool,
    bytes: u64,
}

/// Which lane a key belongs to, and how many there are.
#[derive(Debug, Clone, Copy)]
pub struct Partition {
    pub partitioner: Partitioner,
    pub lanes: u16,
}

impl Partition {
    fn of(self, key: Option<&str>) -> usize {
        key.map_or(0, |key| usize::from(self.partitioner.partition(key.as_bytes(), self.lanes)))
    }
}

impl InputFile {
    /// The name of an input's file.
    #[must_use]
    pub fn name(input: Input) -> String {
        format!("{}.jsonl", input.as_str())
    }

    pub fn open(path: &Path, input: Input, mapping: Mapping, partition: Partition) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut file = Self {
            reader: BufReader::with_capacity(1 << 20, file),
            input,
            mapping,
            partition,
            lines: 0,
            reached: Millis(i64::MIN),
            newest: vec![None; usize::from(partition.lanes)],
            queue: VecDeque::new(),
            spare: Vec::new(),
            at_end: false,
            bytes: 0,
        };
        file.settle()?;
        Ok(file)
    }

    /// Takes the next record.
    pub fn take(&mut self) -> anyhow::Result<Option<FileRecord>> {
        let record = self.queue.pop_front().map(|(_, record)| record);
        self.settle()?;
        Ok(record)
    }

    /// What the next record is merged by; `None` at the end.
    #[must_use]
    pub fn order(&self) -> Option<(Millis, Input)> {
        self.queue.front().map(|_| (self.reached, self.input))
    }

    /// Takes a record back that is done with: its buffer is filled again.
    pub fn recycle(&mut self, record: FileRecord) {
        self.spare.extend(record.value.filter(|_| self.spare.len() < SPARE_MAX));
    }

    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes
    }

    /// Makes sure of a record at the front of the queue whose time is believed or refused.
    fn settle(&mut self) -> anyhow::Result<()> {
        if self.queue.is_empty() {
            self.read()?;
        }
        let Some((lane, Some(ts))) = self.queue.front().map(|(lane, record)| (*lane, record.ts)) else { return Ok(()) };
        let beyond = |earlier: Millis| ts.since(earlier) > FUTURE_MS;
        if self.input != Input::Crm && self.newest[lane].is_none_or(beyond) && self.behind(lane)?.is_some_and(beyond) {
            let detail = format!("{} is more than 24 h ahead of both its neighbours", ts.rfc3339());
            if let Some((_, record)) = self.queue.front_mut() {
                record.said = Err(Rejection::new(RejectCode::Future, detail));
            }
            return Ok(());
        }
        self.newest[lane] = self.newest[lane].max(Some(ts));
        self.reached = self.reached.max(ts);
        Ok(())
    }

    /// The time of the next record of a lane behind the front one.
    fn behind(&mut self, lane: usize) -> anyhow::Result<Option<Millis>> {
        let mut at = 1;
        while at < LOOK_AHEAD_MAX {
            while self.queue.len() <= at {
                if !self.read()? {
                    return Ok(None);
                }
            }
            let (other, record) = &self.queue[at];
            if *other == lane && record.ts.is_some() {
                return Ok(record.ts);
            }
            at += 1;
        }
        Ok(None)
    }

    /// Reads one more line into the queue; `false` at the end.
    fn read(&mut self) -> anyhow::Result<bool> {
        let mut line = self.spare.pop().unwrap_or_default();
        while !self.at_end {
            line.clear();
            let read = self.reader.read_until(b'\n', &mut line)?;
            self.bytes += read as u64;
            self.at_end = read == 0;
            while matches!(line.last(), Some(b'\n' | b'\r')) {
                line.pop();
            }
            if read > 0 {
                self.lines += 1;
            }
            if !line.is_empty() {
                let record = parse(self.input, self.lines - 1, line, &self.mapping);
                self.queue.push_back((self.partition.of(record.key.as_deref()), record));
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn parse(input: Input, offset: u64, line: Vec<u8>, mapping: &Mapping) -> FileRecord {
    let wrapped = looks_wrapped(&line).then(|| serde_json::from_slice::<Wrapped<'_>>(&line).ok()).flatten();
    let Some(wrapped) = wrapped else {
        let (key, said) = unwrapped(input, &line, mapping);
        let ts = time_of(&said);
        return FileRecord { input, offset, key, said, ts, value: Some(line) };
    };
    let value = match wrapped.value.get() {
        "null" => None,
        // Text that is none (half a surrogate pair, say) stays as it is written, to be refused by name.
        text if text.starts_with('"') => {
            Some(serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned()).into_bytes())
        }
        json => Some(json.as_bytes().to_vec()),
    };
    let key = wrapped.key.map(Id::from);
    let said = match (&key, &value) {
        (None, Some(value)) => unwrapped(input, value, mapping).1,
        _ => said(input, key.as_deref().map(str::as_bytes), value.as_deref(), mapping),
    };
    let ts = wrapped.ts.as_ref().and_then(wrapper_time).or_else(|| time_of(&said));
    FileRecord { input, offset, key: key.or_else(|| own_key(&said)), said, ts, value }
}

/// A record whose key is what its value names.
fn unwrapped(input: Input, value: &[u8], mapping: &Mapping) -> (Option<Id>, Result<Said, Rejection>) {
    let said = decode_unkeyed(input, value, mapping).map(|decoded| match decoded {
        Unkeyed::Keyed(observation) => Said::Keyed(observation),
        Unkeyed::Cell(cell) => Said::Cell(cell.cell_id.clone(), Some(cell)),
    });
    (own_key(&said), said)
}

fn said(input: Input, key: Option<&[u8]>, value: Option<&[u8]>, mapping: &Mapping) -> Result<Said, Rejection> {
    if input == Input::Cells {
        return decode_cell(key, value, mapping).map(|(id, cell)| Said::Cell(id, cell.map(Box::new)));
    }
    decode(input, key, value, mapping).map(Said::Keyed)
}

fn own_key(said: &Result<Said, Rejection>) -> Option<Id> {
    match said {
        Ok(Said::Keyed(observation)) => Some(Id::from(observation.key())).filter(|key| !key.is_empty()),
        Ok(Said::Cell(id, _)) => Some(id.clone()),
        Err(_) => None,
    }
}

fn time_of(said: &Result<Said, Rejection>) -> Option<Millis> {
    match said {
        Ok(Said::Keyed(observation)) => observation.ts(),
        _ => None,
    }
}

/// Whether a line can be a wrapped one: cheap, and wrong only towards yes. A wrapper has no other fields than these, so
/// its first one tells; a name may be written with escapes.
fn looks_wrapped(line: &[u8]) -> bool {
    const NAMES: [&[u8]; 3] = [b"key\"", b"ts\"", b"value\""];
    let Some(inside) = line.strip_prefix(b"{").map(<[u8]>::trim_ascii_start) else { return false };
    let Some(name) = inside.strip_prefix(b"\"") else { return false };
    let escaped = || name.iter().take_while(|b| **b != b'"').any(|b| *b == b'\\');
    NAMES.iter().any(|first| name.starts_with(first)) || escaped()
}

fn wrapper_time(ts: &serde_json::Value) -> Option<Millis> {
    match ts {
        serde_json::Value::Number(number) => number.as_i64().map(Millis),
        serde_json::Value::String(text) => text.parse::<jiff::Timestamp>().ok().map(|at| Millis(at.as_millisecond())),
        _ => None,
    }
}

/// All files of a folder, merged.
pub struct Merged {
    files: Vec<InputFile>,
}

impl Merged {
    /// Opens whichever files of `folder` exist. `mapping` tells an input's own.
    pub fn open(folder: &Path, partition: Partition, mapping: impl Fn(Input) -> Mapping) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        for &input in Input::ALL {
            let path = folder.join(InputFile::name(input));
            if path.exists() {
                files.push(InputFile::open(&path, input, mapping(input), partition)?);
            }
        }
        anyhow::ensure!(
            !files.is_empty(),
            "{} holds none of {}; each is one record a line",
            folder.display(),
            Input::ALL.iter().map(|input| InputFile::name(*input)).collect::<Vec<_>>().join(", ")
        );
        Ok(Self { files })
    }

    /// Size of all files, bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().filter_map(|file| file.reader.get_ref().metadata().ok()).map(|m| m.len()).sum()
    }

    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.files.iter().map(InputFile::bytes_read).sum()
    }

    /// The next record of all files; `None` at the end of the last.
    pub fn take(&mut self) -> anyhow::Result<Option<FileRecord>> {
        // The inventory has no time of its own: it is read whole before anything else.
        let key =
            |file: &InputFile| file.order().map(|(at, input)| (input != Input::Cells || at.0 > i64::MIN, at, input));
        let first = self.files.iter_mut().filter(|file| !file.queue.is_empty()).min_by_key(|file| key(file));
        first.map_or(Ok(None), InputFile::take)
    }

    /// Takes a record back that is done with: its buffer is filled again.
    pub fn recycle(&mut self, record: FileRecord) {
        if let Some(file) = self.files.iter_mut().find(|file| file.input == record.input) {
            file.recycle(record);
        }
    }
}
