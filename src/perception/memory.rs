//! What is remembered of a customer's contacts and surveys. Pure.

use serde::{Deserialize, Serialize};

use super::lexicon::{Lexicon, PhraseId, Reading};
use super::rules::{ReasonMeaning, Rules};
use crate::ingest::{Contact, Survey};
use crate::limits::CONTACTS_MAX;
use crate::units::{Millis, Minute};

/// One remembered contact, 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    id: ContactKey,
    /// 0: no phrase; else the phrase's number + 1, in the text's order. The highest bits of the first two are the flags.
    read: [u16; 3],
    pub(super) at: Minute,
}

const _: () = assert!(size_of::<Remembered>() == 16);
const FLAG: u16 = 1 << 15;

impl Remembered {
    fn new(id: ContactKey, at: Minute, reading: &Reading) -> Self {
        let mut read = [0; 3];
        for (slot, phrase) in read.iter_mut().zip(&reading.phrases) {
            // The lexicon has fewer phrases than 15 bits can name (tested); one beyond them would not be shown.
            *slot = Some(phrase.0 + 1).filter(|number| *number < FLAG).unwrap_or(0);
        }
        read[0] |= if reading.network { FLAG } else { 0 };
        read[1] |= if reading.home { FLAG } else { 0 };
        Self { id, read, at }
    }

    /// From now on it counts as one that was about something else.
    fn settle(&mut self) {
        self.read[0] &= !FLAG;
        self.read[1] &= !FLAG;
    }

    pub(super) fn network(&self) -> bool {
        self.read[0] & FLAG != 0
    }

    pub(super) fn home(&self) -> bool {
        self.read[1] & FLAG != 0
    }

    pub(super) fn phrases(&self) -> impl Iterator<Item = PhraseId> {
        self.read.into_iter().map(|read| read & !FLAG).filter(|number| *number > 0).map(|number| PhraseId(number - 1))
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

/// 48 bits of a contact's id, the same on every machine, in parts that need no padding.
type ContactKey = [u16; 3];

fn contact_key(id: &str) -> ContactKey {
    use std::hash::BuildHasher;
    let hash = foldhash::fast::FixedState::with_seed(0x686f_6d65).hash_one(id);
    [(hash >> 48) as u16, (hash >> 32) as u16, (hash >> 16) as u16]
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
        let id = contact_key(&c.contact_id);
        if self.contacts.iter().any(|known| known.id == id) {
            return false;
        }
        let new = Remembered::new(id, c.ts.minute(), &read(c, lexicon, rules));
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

    /// What was complained of from `from` to `to` is repaired: those contacts speak of the network no more.
    pub fn settle(&mut self, from: Minute, to: Minute) {
        self.contacts.iter_mut().filter(|contact| contact.at >= from && contact.at <= to).for_each(Remembered::settle);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_of_what_is_repaired_are_settled_and_stay_known() {
        let network = Reading { network: true, home: true, ..Reading::default() };
        let contacts = [10, 20, 30].map(|at| Remembered::new([at as u16; 3], Minute(at), &network));
        let mut memory = Memory { contacts: contacts.into(), survey: None };
        memory.settle(Minute(15), Minute(20));
        assert_eq!(memory.network_contacts().map(|contact| contact.at.0).collect::<Vec<_>>(), [10, 30]);
        assert_eq!(memory.contacts(), 3, "one that is delivered again is a duplicate still");
    }

    #[test]
    fn every_phrase_of_the_lexicon_fits_its_fifteen_bits() {
        let last = PhraseId((Lexicon::default().len() - 1) as u16);
        let reading = Reading { network: true, home: false, phrases: [last, PhraseId(0), last].into_iter().collect() };
        let kept = Remembered::new([1, 2, 3], Minute(3), &reading);
        assert_eq!((kept.network(), kept.home()), (true, false));
        assert_eq!(kept.phrases().collect::<Vec<_>>(), [last, PhraseId(0), last]);
    }
}
