//! What is remembered of a customer's contacts and surveys. Pure.

use serde::{Deserialize, Serialize};

use super::lexicon::{Lexicon, PhraseId, Reading};
use super::rules::{ReasonMeaning, Rules};
use crate::ingest::{Contact, Survey};
use crate::limits::CONTACTS_MAX;
use crate::units::{Millis, Minute};

/// One remembered contact, 20 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// 64 bits of the contact's id, in halves so that the row needs no padding.
    id: [u32; 2],
    pub(super) at: Minute,
    /// 0: no phrase; else the phrase's number + 1, in the text's order.
    phrases: [u16; 3],
    flags: u8,
}

const _: () = assert!(size_of::<Remembered>() == 20);
const NETWORK: u8 = 1;
const HOME: u8 = 2;

impl Remembered {
    pub(super) fn network(&self) -> bool {
        self.flags & NETWORK != 0
    }

    pub(super) fn home(&self) -> bool {
        self.flags & HOME != 0
    }

    pub(super) fn phrases(&self) -> impl Iterator<Item = PhraseId> {
        self.phrases.into_iter().filter(|p| *p > 0).map(|p| PhraseId(p - 1))
    }
}

/// The last survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastSurvey {
    pub(super) ts: Millis,
    /// The last net promoter score given; a survey without one leaves it.
    pub(super) nps: Option<u8>,
}

/// The last contacts, oldest first, and the last survey. Contacts that are not about the network are kept for their
/// ids: a contact delivered again counts once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Memory {
    contacts: Box<[Remembered]>,
    survey: Option<LastSurvey>,
}

const _: () = assert!(size_of::<Memory>() <= 40);

/// 64 bits of a contact's id, the same on every machine.
fn id_hash(id: &str) -> [u32; 2] {
    use std::hash::BuildHasher;
    let hash = foldhash::fast::FixedState::with_seed(0x686f_6d65).hash_one(id);
    [(hash >> 32) as u32, hash as u32]
}

/// What the contact is about: its reason code's meaning if one fits, else its text's. A code for the network leaves
/// it to the text whether the home is named.
fn read(c: &Contact, lexicon: &Lexicon, rules: &Rules) -> Reading {
    let mut reading = c.text.as_deref().map_or_else(Reading::default, |text| lexicon.read(text));
    match c.reason_code.as_deref().and_then(|code| rules.reason(code)) {
        Some(ReasonMeaning::Network) => reading.network = true,
        Some(ReasonMeaning::NetworkHome) => (reading.network, reading.home) = (true, true),
        Some(ReasonMeaning::Other) => reading = Reading::default(),
        None => {}
    }
    reading
}

impl Memory {
    /// Remembers a contact; `false` when it is one of those remembered (a duplicate: nothing changes).
    pub fn contact(&mut self, c: &Contact, lexicon: &Lexicon, rules: &Rules) -> bool {
        let id = id_hash(&c.contact_id);
        if self.contacts.iter().any(|known| known.id == id) {
            return false;
        }
        let reading = read(c, lexicon, rules);
        let mut phrases = [0; 3];
        for (slot, phrase) in phrases.iter_mut().zip(&reading.phrases) {
            *slot = phrase.0 + 1;
        }
        let flags = u8::from(reading.network) * NETWORK + u8::from(reading.home) * HOME;
        let new = Remembered { id, at: c.ts.minute(), phrases, flags };
        let mut all = Vec::with_capacity(CONTACTS_MAX + 1);
        all.extend_from_slice(&self.contacts);
        // After those of the same minute: arrival breaks the tie.
        all.insert(all.partition_point(|known| known.at <= new.at), new);
        if all.len() > CONTACTS_MAX {
            let newest = all[all.len() - 1].at;
            all.remove(Self::leaves_first(&all, newest, rules));
        }
        self.contacts = all.into_boxed_slice();
        true
    }

    /// Who makes room: the oldest if it no longer counts, else the oldest that is not about the network, else the
    /// oldest.
    fn leaves_first(all: &[Remembered], newest: Minute, rules: &Rules) -> usize {
        let reach = i32::from(rules.felt.contact_days) * 24 * 60;
        let expired = newest.0.saturating_sub(all[0].at.0) > reach;
        if expired { 0 } else { all.iter().position(|contact| !contact.network()).unwrap_or(0) }
    }

    /// Remembers a survey; `false` when it is the one remembered (same time). One older than that changes nothing.
    pub fn survey(&mut self, s: &Survey) -> bool {
        match &mut self.survey {
            Some(last) if last.ts == s.ts => false,
            Some(last) if last.ts > s.ts => true,
            Some(last) => {
                *last = LastSurvey { ts: s.ts, nps: s.nps.or(last.nps) };
                true
            }
            none => {
                *none = Some(LastSurvey { ts: s.ts, nps: s.nps });
                true
            }
        }
    }

    pub(super) fn network_contacts(&self) -> impl DoubleEndedIterator<Item = &Remembered> {
        self.contacts.iter().filter(|contact| contact.network())
    }

    pub(super) fn last_survey(&self) -> Option<LastSurvey> {
        self.survey
    }

    /// How many contacts are remembered, about whatever.
    #[must_use]
    pub fn contacts(&self) -> usize {
        self.contacts.len()
    }

    /// When the latest contact about the network was.
    #[must_use]
    pub fn last_network_contact(&self) -> Option<Minute> {
        self.network_contacts().next_back().map(|contact| contact.at)
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&*self.contacts)
    }
}
