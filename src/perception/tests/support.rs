//! Contacts, surveys and homes to test with. Pure.

use crate::ingest::{Contact, Survey};
use crate::perception::{Lexicon, Memory, Rules};
use crate::qos::tests::support::{WEDNESDAY, fold, noon};
use crate::qos::{AtHome, Episode, Panes, Quality, Rules as QosRules, judge};
use crate::units::Millis;

pub(super) const NOW: Millis = Millis(1_792_659_600_000);

pub(super) fn lexicon() -> &'static Lexicon {
    Lexicon::shared()
}

pub(super) fn contact(id: &str, days_ago: i64, text: Option<&str>, code: Option<&str>) -> Contact {
    Contact {
        contact_id: id.into(),
        customer_id: "C1".into(),
        ts: NOW.plus(-days_ago * Millis::DAY),
        channel: None,
        reason_code: code.map(Into::into),
        text: text.map(str::to_owned),
        resolved: None,
    }
}

pub(super) fn survey(days_ago: i64, nps: Option<u8>) -> Survey {
    Survey { customer_id: "C1".into(), ts: NOW.plus(-days_ago * Millis::DAY), nps, csat: None, about: None }
}

/// A memory of contacts (id, days ago, text, code), given in this order.
pub(super) fn remembering(contacts: &[(&str, i64, Option<&str>, Option<&str>)]) -> Memory {
    let mut memory = Memory::default();
    for (id, days, text, code) in contacts {
        assert!(memory.contact(&contact(id, *days, *text, *code), lexicon(), &Rules::default()));
    }
    memory
}

/// Panes whose last `days` days each hold the given probes, so many of each at noon.
pub(super) fn home(days: i32, each: &[(crate::ingest::Probe, usize)]) -> Panes {
    let mut panes = Panes::default();
    for back in (0..days).rev() {
        for (p, n) in each {
            fold(&mut panes, p, noon(WEDNESDAY.plus(-back)), *n);
        }
    }
    panes
}

pub(super) fn quality(panes: &Panes) -> Quality {
    judge(
        &panes.open(&QosRules::default()),
        &Episode::default(),
        AtHome::default(),
        WEDNESDAY,
        NOW,
        60.0,
        &QosRules::default(),
    )
}
