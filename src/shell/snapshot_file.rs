//! A snapshot's file: header, chunks, trailer. Pure.
//!
//! ```text
//! magic "homeqos\x1a" · u16 format · u32 length · header (JSON) · u32 crc of the header
//! { u32 length · bytes }…  · u32 0
//! u64 payload bytes · u32 crc of the payload · magic "sqoemoh\x1a"
//! ```
//!
//! Numbers are little-endian. The payload is the lane's slices joined; it has a version of its own. The file can be
//! written without knowing its length, and a file cut anywhere is told from a whole one.

use serde::{Deserialize, Serialize};

use super::draft::Stamp;
use super::journal::Offsets;
use crate::units::Lane;

pub const MAGIC: &[u8; 8] = b"homeqos\x1a";
const END: &[u8; 8] = b"sqoemoh\x1a";

/// The format that is written. An older one that can still be read is migrated by [`read`].
pub const FORMAT: u16 = 1;

/// Longest header that is believed: names of topics and some numbers.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// Of what the snapshot is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub cluster: String,
    /// The keyed inputs' topics, in the order of [`crate::ingest::Input::KEYED`].
    pub topics: Vec<String>,
    pub group: String,
    pub lane: Lane,
    pub lanes: u16,
    /// The state is as after this epoch.
    pub epoch: u64,
    /// The inputs' offsets from which a recovery reads on.
    pub ends: Offsets,
    /// The journal offset from which it reads on.
    pub journal: i64,
    /// The policy and program that folded it.
    pub policy: String,
    pub code: String,
    /// Fingerprint of the identity key.
    pub key: String,
    /// When it was begun, epoch milliseconds.
    pub written_at: i64,
    /// What held then, in the journal's words: a recovery that finds no epoch after this one knows it only from here.
    /// Files from before this was written have none.
    #[serde(default)]
    pub mode: Vec<String>,
}

impl Header {
    /// Whether it is of this group's lane in this deployment: the same cluster and the same topics.
    #[must_use]
    pub fn is_of(&self, lane: Lane, group: &str, stamp: &Stamp) -> bool {
        self.cluster == stamp.cluster && self.topics == stamp.inputs && self.group == group && self.lane == lane
    }
}

/// Why a file is no snapshot that can be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("not a snapshot of homeqos")]
    NotOurs,
    #[error("format {0}, this program reads up to {FORMAT}: a newer release wrote it")]
    Newer(u16),
    #[error("cut short")]
    Truncated,
    #[error("damaged: {0}")]
    Damaged(&'static str),
}

/// Writes a file piece by piece; what is to be stored is taken from the buffers the caller gives.
#[derive(Debug)]
pub struct Writer {
    crc: crc32fast::Hasher,
    bytes: u64,
}

impl Writer {
    /// Begins a file: appends magic, format and header to `out`.
    #[must_use]
    pub fn begin(header: &Header, out: &mut Vec<u8>) -> Self {
        let text = serde_json::to_vec(header).unwrap_or_default();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&(text.len() as u32).to_le_bytes());
        out.extend_from_slice(&text);
        out.extend_from_slice(&crc32fast::hash(&text).to_le_bytes());
        Self { crc: crc32fast::Hasher::new(), bytes: 0 }
    }

    /// Appends a slice of the payload.
    pub fn chunk(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        // For its length, and what ends the file, too: what is handed over is allocated once.
        out.reserve(payload.len() + 64);
        // An empty chunk is the end mark, and nothing to write.
        for part in payload.chunks(1 << 30) {
            self.crc.update(part);
            self.bytes += part.len() as u64;
            out.extend_from_slice(&(part.len() as u32).to_le_bytes());
            out.extend_from_slice(part);
        }
    }

    /// Appends end mark and trailer; answers the payload's length and CRC-32.
    #[must_use]
    pub fn finish(self, out: &mut Vec<u8>) -> (u64, u32) {
        let crc = self.crc.finalize();
        out.extend_from_slice(&0u32.to_le_bytes());
        out.extend_from_slice(&self.bytes.to_le_bytes());
        out.extend_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(END);
        (self.bytes, crc)
    }
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8], Unusable> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(Unusable::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unusable> {
        self.take(N)?.try_into().map_err(|_| Unusable::Truncated)
    }

    fn u32(&mut self) -> Result<u32, Unusable> {
        Ok(u32::from_le_bytes(self.array()?))
    }
}

fn header(cursor: &mut Cursor<'_>) -> Result<Header, Unusable> {
    if cursor.take(MAGIC.len()).map_err(|_| Unusable::NotOurs)? != MAGIC {
        return Err(Unusable::NotOurs);
    }
    match u16::from_le_bytes(cursor.array()?) {
        FORMAT => {}
        0 => return Err(Unusable::Damaged("format 0")),
        newer => return Err(Unusable::Newer(newer)),
    }
    let length = cursor.u32()? as usize;
    if length > HEADER_BYTES_MAX {
        return Err(Unusable::Damaged("header length"));
    }
    let text = cursor.take(length)?;
    if cursor.u32()? != crc32fast::hash(text) {
        return Err(Unusable::Damaged("header checksum"));
    }
    serde_json::from_slice(text).map_err(|_| Unusable::Damaged("header"))
}

/// Reads the header alone, from a file's first [`HEAD_BYTES_MAX`] bytes or fewer.
///
/// # Errors
/// As [`read`], as far as it can be seen from here.
pub fn head(beginning: &[u8]) -> Result<Header, Unusable> {
    header(&mut Cursor(beginning))
}

/// Longest beginning of a file that [`glance`] needs.
pub const HEAD_BYTES_MAX: usize = MAGIC.len() + 2 + 4 + HEADER_BYTES_MAX + 4;

/// Length of the end of a file that [`glance`] needs.
pub const TAIL_BYTES: usize = END.len();

/// Tells a file by its beginning and its end: its header, if it is one of ours and was written to its end. Whether the
/// payload is sound, only [`read`] tells.
///
/// # Errors
/// As [`read`], as far as it can be seen from here.
pub fn glance(beginning: &[u8], tail: &[u8]) -> Result<Header, Unusable> {
    let header = head(beginning)?;
    if tail == END { Ok(header) } else { Err(Unusable::Truncated) }
}

/// Reads a whole file: its header and its payload.
///
/// # Errors
/// When the file is another's, newer, cut or damaged; never panics, whatever the bytes.
pub fn read(file: &[u8]) -> Result<(Header, Vec<u8>), Unusable> {
    let mut cursor = Cursor(file);
    let header = header(&mut cursor)?;
    let mut payload = Vec::with_capacity(cursor.0.len());
    loop {
        let length = cursor.u32()? as usize;
        if length == 0 {
            break;
        }
        payload.extend_from_slice(cursor.take(length)?);
    }
    let bytes = u64::from_le_bytes(cursor.array()?);
    let crc = cursor.u32()?;
    if cursor.take(END.len())? != END || !cursor.0.is_empty() {
        return Err(Unusable::Damaged("trailer"));
    }
    if bytes != payload.len() as u64 || crc != crc32fast::hash(&payload) {
        return Err(Unusable::Damaged("payload checksum"));
    }
    Ok((header, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glance_tells_a_whole_file_from_a_cut_one_and_from_a_strangers() {
        let file = file();
        let tail = |file: &[u8]| file[file.len() - TAIL_BYTES..].to_vec();
        assert_eq!(glance(&file[..file.len().min(HEAD_BYTES_MAX)], &tail(&file)), Ok(sample()));
        let cut = &file[..file.len() - 3];
        assert_eq!(glance(cut, &tail(cut)), Err(Unusable::Truncated));
        assert_eq!(glance(b"something else entirely", b"entirely"), Err(Unusable::NotOurs));
    }

    fn file() -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::begin(&sample(), &mut out);
        writer.chunk(b"first slice ", &mut out);
        writer.chunk(b"", &mut out);
        writer.chunk(b"and the second", &mut out);
        let (bytes, _) = writer.finish(&mut out);
        assert_eq!(bytes, 26);
        out
    }

    fn sample() -> Header {
        Header {
            cluster: "cluster".into(),
            topics: vec!["crm".into(), "probes".into()],
            group: "homeqos".into(),
            lane: Lane(1),
            lanes: 4,
            epoch: 12,
            ends: Offsets([1, 2, 3, 4, 5]),
            journal: 13,
            policy: "sha256:0".into(),
            code: "0.1.0".into(),
            key: "k".into(),
            written_at: 7,
            mode: vec!["backfill".into()],
        }
    }

    #[test]
    fn a_file_gives_back_its_header_and_its_slices_joined() {
        let (header, payload) = read(&file()).unwrap();
        assert_eq!(header, sample());
        assert_eq!(payload, b"first slice and the second");
    }

    #[test]
    fn a_file_cut_anywhere_or_with_any_byte_changed_is_refused() {
        let whole = file();
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "cut at {length}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x20;
            assert!(read(&damaged).is_err(), "byte {at}");
        }
        let mut longer = whole;
        longer.push(0);
        assert!(read(&longer).is_err());
    }

    #[test]
    fn a_newer_format_is_refused_by_its_number() {
        let mut newer = file();
        newer[8] = 9;
        assert_eq!(read(&newer), Err(Unusable::Newer(9)));
        assert_eq!(read(b"PK\x03\x04"), Err(Unusable::NotOurs));
    }
}
