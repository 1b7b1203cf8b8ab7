//! What is remembered, and what makes room. Pure.

use super::support::{NOW, contact, lexicon, remembering, survey};
use crate::perception::{Memory, Rules, perceive};
use crate::qos::Quality;

fn network_contacts(memory: &Memory) -> u8 {
    perceive(memory, &Quality::default(), None, NOW, &Rules::default()).network_contacts
}

#[test]
fn a_contact_delivered_again_counts_once() {
    let mut memory = remembering(&[("K1", 3, Some("pas de réseau"), None)]);
    let before = memory.clone();
    let again = contact("K1", 2, Some("no signal at home"), None);
    assert!(!memory.contact(&again, lexicon(), &Rules::default()));
    assert_eq!(memory, before);
}

#[test]
fn contacts_about_other_matters_are_remembered_by_their_id_only() {
    let mut memory = remembering(&[("K1", 3, Some("ma facture est trop élevée"), None)]);
    assert_eq!((memory.contacts(), network_contacts(&memory)), (1, 0));
    assert!(!memory.contact(&contact("K1", 3, None, Some("NETWORK_X")), lexicon(), &Rules::default()));
    assert_eq!(memory.last_network_contact(), None);
}

#[test]
fn reason_codes_win_over_the_text_and_the_longest_prefix_wins() {
    let read = |text, code| {
        let memory = remembering(&[("K", 1, text, Some(code))]);
        let p = perceive(&memory, &Quality::default(), None, NOW, &Rules::default());
        (p.network_contacts, p.names_home)
    };
    assert_eq!(read(Some("ma facture"), "NETWORK_DATA"), (1, false));
    assert_eq!(read(Some("ma facture"), "NETWORK_INDOOR_2"), (1, true));
    assert_eq!(read(Some("pas de réseau à la maison"), "BILLING_LATE"), (0, false));
    assert_eq!(read(None, "network_indoor"), (1, true));
    // A code for the network leaves it to the text whether the home is named.
    assert_eq!(read(Some("ça coupe à la maison"), "NETWORK_DATA"), (1, true));
    // A code that fits no prefix leaves all to the text.
    assert_eq!(read(Some("pas de réseau"), "MISC_7"), (1, false));
    assert_eq!(read(None, "MISC_7"), (0, false));
}

#[test]
fn eight_contacts_are_remembered_and_those_of_other_matters_make_room_first() {
    let rules = Rules::default();
    let mut memory = Memory::default();
    memory.contact(&contact("N0", 20, Some("pas de réseau"), None), lexicon(), &rules);
    for i in 0..7 {
        memory.contact(&contact(&format!("B{i}"), 15 - i, Some("ma facture"), None), lexicon(), &rules);
    }
    memory.contact(&contact("N1", 1, Some("no signal"), None), lexicon(), &rules);
    assert_eq!((memory.contacts(), network_contacts(&memory)), (8, 2));
    // B0, the oldest of other matters, has gone: it would be taken for new.
    assert!(memory.contact(&contact("B0", 15, Some("ma facture"), None), lexicon(), &rules));
}

#[test]
fn a_contact_too_old_to_count_makes_room_before_any_other() {
    let rules = Rules::default();
    let mut memory = Memory::default();
    memory.contact(&contact("N0", 40, Some("pas de réseau"), None), lexicon(), &rules);
    for i in 0..8 {
        memory.contact(&contact(&format!("B{i}"), 9 - i, Some("ma facture"), None), lexicon(), &rules);
    }
    assert!(!memory.contact(&contact("B0", 9, None, Some("X")), lexicon(), &rules), "B0 is still known");
    assert!(memory.contact(&contact("N0", 40, Some("pas de réseau"), None), lexicon(), &rules), "N0 has gone");
}

#[test]
fn surveys_are_told_apart_by_their_time_and_an_older_one_changes_nothing() {
    let mut memory = Memory::default();
    assert!(memory.survey(&survey(5, Some(3))));
    assert!(!memory.survey(&survey(5, Some(9))));
    let before = memory.clone();
    assert!(memory.survey(&survey(9, Some(10))));
    assert_eq!(memory, before);
    assert!(memory.survey(&survey(1, None)), "a survey without a score is a survey");
}

#[test]
fn arrival_out_of_order_leaves_the_same_memory() {
    let (a, b) = (("K1", 3, Some("pas de réseau"), None), ("K2", 1, Some("no bars at home"), None));
    assert_eq!(remembering(&[a, b]), remembering(&[b, a]));
}

#[test]
fn memory_is_small_and_comes_back_from_a_snapshot_as_it_was() {
    let mut memory = remembering(&[("K1", 3, Some("ça coupe à la maison"), None), ("K2", 1, None, Some("NETWORK_1"))]);
    memory.survey(&survey(2, Some(4)));
    assert_eq!(memory.heap_bytes(), 32);
    assert!(size_of::<Memory>() <= 40);
    let bytes = postcard::to_stdvec(&memory).unwrap();
    assert_eq!(postcard::from_bytes::<Memory>(&bytes).unwrap(), memory);
    assert_eq!(Memory::default().heap_bytes(), 0);
}
