//! A record as a producer that has gone wrong would send it: a sound one with one to three faults.

use std::collections::BTreeMap;

use homeqos::ingest::Input;
use homeqos::limits::{ID_BYTES_MAX, RECORD_BYTES_MAX};

use super::dice::Dice;
use super::fields;
use super::json::Json;

/// A record on its way to a topic.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) input: Input,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    /// The topic's time, epoch milliseconds.
    pub(super) timestamp: i64,
}

type OnBytes = fn(&mut Vec<u8>, &[u8], &mut Dice);

/// On the text of a record; the second argument is another record to paste from.
const ON_BYTES: [(&str, OnBytes); 6] = [
    ("bytes cut", |bytes, _, dice| bytes.truncate(dice.below(bytes.len() + 1))),
    ("byte flipped", |bytes, _, dice| {
        let at = dice.below(bytes.len().max(1));
        bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << dice.below(8));
    }),
    ("bytes not UTF-8", |bytes, _, dice| {
        const BROKEN: [&[u8]; 6] = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\x80"];
        insert(bytes, BROKEN[dice.below(BROKEN.len())], dice);
    }),
    ("bytes inserted", |bytes, _, dice| {
        let piece =
            dice.pick(&["\u{feff}", "\0", "{", "}", "[", "]", "\"", "\\", ",", ":", "\n", " ", "e", "-", "null"]);
        insert(bytes, piece.as_bytes(), dice);
    }),
    ("record pasted", |bytes, other, dice| {
        let (from, to) = (dice.below(other.len() + 1), dice.below(bytes.len() + 1));
        bytes.truncate(to);
        bytes.extend_from_slice(&other[from..]);
    }),
    ("record twice in one", |bytes, _, _| bytes.extend_from_within(..)),
];

fn insert(bytes: &mut Vec<u8>, piece: &[u8], dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    bytes.splice(at..at, piece.iter().copied());
}

type OnWhole = fn(&mut Sent, &mut Dice);

/// On the record as a whole: value, key, topic.
const ON_WHOLE: [(&str, OnWhole); 11] = [
    ("no value", |sent, _| sent.value = None),
    ("empty value", |sent, _| sent.value = Some(Vec::new())),
    ("noise", |sent, dice| sent.value = Some((0..dice.below(300)).map(|_| dice.below(256) as u8).collect())),
    ("no object", |sent, dice| {
        let text = dice.pick(&["[]", "null", "1", "\"text\"", "{}", "[[[[", "true", " ", "{\"a\":{}}"]);
        sent.value = Some(text.into());
    }),
    ("too large", |sent, dice| {
        // Copying a mebibyte takes as long as a thousand other records: one in sixty-four is large in truth.
        let size = if dice.once_in(64) { RECORD_BYTES_MAX + 1 } else { 4 << 10 };
        sent.value.get_or_insert_default().resize(size, b' ');
    }),
    ("no key", |sent, _| sent.key = None),
    ("empty key", |sent, _| sent.key = Some(Vec::new())),
    ("key not UTF-8", |sent, _| sent.key.get_or_insert_default().push(0xff)),
    ("key of another", |sent, dice| sent.key = Some(format!("C{:07}", dice.below(500)).into())),
    ("key too long", |sent, dice| sent.key = Some(vec![b'k'; ID_BYTES_MAX + dice.below(3)])),
    ("topic of another", |sent, dice| sent.input = Input::KEYED[dice.below(Input::KEYED.len())]),
];

/// How often each fault was put into a record.
pub(super) type Faults = BTreeMap<&'static str, u64>;

/// All faults there are.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    let names = fields::FAULTS.iter().map(|(name, _)| *name).chain(ON_BYTES.iter().map(|(name, _)| *name));
    names.chain(ON_WHOLE.iter().map(|(name, _)| *name))
}

/// The record with one to three faults. `other`: a record to paste from.
pub(super) fn mutant(sound: &Sent, tree: &Json, other: &[u8], dice: &mut Dice, faults: &mut Faults) -> Sent {
    let mut sent = Sent { value: None, ..sound.clone() };
    let (mut on_fields, mut on_bytes, mut on_whole) = (0, 0, 0);
    for _ in 0..=dice.below(3) {
        match dice.below(10) {
            0 => on_whole += 1,
            1 | 2 => on_bytes += 1,
            _ => on_fields += 1,
        }
    }
    let mut tree = tree.clone();
    for _ in 0..on_fields {
        let (name, fault) = fields::FAULTS[dice.below(fields::FAULTS.len())];
        *faults.entry(name).or_default() += 1;
        tree.fields().into_iter().for_each(|fields| fault(fields, dice));
    }
    let mut bytes = tree.text().into_bytes();
    for _ in 0..on_bytes {
        let (name, fault) = ON_BYTES[dice.below(ON_BYTES.len())];
        *faults.entry(name).or_default() += 1;
        fault(&mut bytes, other, dice);
    }
    sent.value = Some(bytes);
    for _ in 0..on_whole {
        let (name, fault) = ON_WHOLE[dice.below(ON_WHOLE.len())];
        *faults.entry(name).or_default() += 1;
        fault(&mut sent, dice);
    }
    sent
}
