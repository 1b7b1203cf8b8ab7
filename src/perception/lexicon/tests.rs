//! Sentences customers write, and what must be read in them. Pure.

use super::sentences::{ENGLISH_COMPLAINTS, ENGLISH_OTHERS, FRENCH_COMPLAINTS, FRENCH_OTHERS};
use super::*;

fn lexicon() -> &'static Lexicon {
    Lexicon::shared()
}

fn shown(text: &str) -> Vec<&'static str> {
    lexicon().read(text).phrases.iter().map(|id| lexicon().phrase(*id)).collect()
}

/// Every sentence must complain about the network or not, as said.
fn all(sentences: &[&str], network: bool) {
    let wrong: Vec<_> = sentences.iter().filter(|s| lexicon().read(s).network != network).collect();
    let found: Vec<_> = wrong.iter().map(|s| (*s, shown(s))).collect();
    assert!(found.is_empty(), "{} of {} read wrongly: {found:#?}", found.len(), sentences.len());
}

#[test]
fn french_complaints_are_read() {
    all(&FRENCH_COMPLAINTS, true);
}

#[test]
fn english_complaints_are_read() {
    all(&ENGLISH_COMPLAINTS, true);
}

#[test]
fn french_denials_and_other_matters_are_no_complaints() {
    all(&FRENCH_OTHERS, false);
}

#[test]
fn english_denials_and_other_matters_are_no_complaints() {
    all(&ENGLISH_OTHERS, false);
}

#[test]
fn the_home_is_named_in_both_languages() {
    for text in [
        "ça coupe à la maison",
        "je capte pas chez moi",
        "pas de réseau dans mon appartement",
        "aucun signal dans ma chambre",
        "réseau nul à l'intérieur",
        "pas de réseau à mon domicile",
        "je n'ai pas bien le réseau chez nous, problème de signal",
        "no signal at home",
        "calls drop in my flat",
        "no bars in the kitchen",
        "can't get a signal indoors",
        "poor reception at my place",
        "4G doesn't work in my house",
        "works everywhere except at home",
    ] {
        let reading = lexicon().read(text);
        assert!(reading.network && reading.home, "{text}: {reading:?} {:?}", shown(text));
    }
}

#[test]
fn a_home_where_all_is_well_is_not_named_as_the_place_of_the_trouble() {
    for text in [
        "ça capte pas au bureau mais ça va chez moi",
        "pas de réseau au travail, mais pas à la maison",
        "ça coupe dans le train, tout va bien à la maison",
        "no signal at work, fine at home",
        "calls drop on the train but not at home",
        "no signal in the office but it works well at home",
        "problème de réseau au travail",
        "no signal on the train",
    ] {
        let reading = lexicon().read(text);
        assert!(reading.network && !reading.home, "{text}: {reading:?} {:?}", shown(text));
    }
}

#[test]
fn phrases_are_returned_as_the_table_spells_them() {
    assert_eq!(shown("ca coupe tout le temps a la maison"), ["ça coupe", "à la maison"]);
    assert_eq!(shown("CHEZ MOI je n’ai PAS DE RESEAU"), ["chez moi", "pas de réseau"]);
    assert_eq!(shown("No bars, calls drop, no signal, at home"), ["No bars", "calls drop", "at home"].map(lower));
    assert!(shown("ma facture").is_empty());
}

fn lower(text: &'static str) -> &'static str {
    if text == "No bars" { "no bars" } else { text }
}

#[test]
fn at_most_three_phrases_are_kept_and_one_place_is_the_homes() {
    let many = "pas de signal, pas de réseau, ça coupe, ça saute, je perds le réseau et ça capte mal dans ma chambre";
    let reading = lexicon().read(many);
    assert_eq!(reading.phrases.len(), 3);
    assert_eq!(lexicon().phrase(reading.phrases[2]), "dans ma chambre");
    assert_eq!(shown("pas de signal, ça coupe, ça saute, ça capte mal").len(), 3);
}

#[test]
fn words_are_matched_whole() {
    all(&["les résolutions du réseautage", "signalisation", "no barstools", "athome is a brand"], false);
}

#[test]
fn odd_texts_are_read_without_harm() {
    for text in ["", " ", "!!!", "'", "’’", "\u{301}", "n't", "t", "pas", "a a a a a a a a", "🙂🙂 réseau 🙂"]
    {
        assert!(!lexicon().read(text).network, "{text:?}");
    }
    let long = "pas de réseau ".repeat(500);
    assert_eq!(lexicon().read(&long).phrases.len(), 1);
}

#[test]
fn each_language_has_sixty_network_phrases_and_more() {
    let mut section = String::new();
    let mut count = std::collections::BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if line.starts_with('[') {
            line.clone_into(&mut section);
        } else if section.starts_with("[network.") {
            let language = if section.ends_with("fr]") { "fr" } else { "en" };
            *count.entry(language).or_insert(0_usize) += expand(line, &[]).len();
        }
    }
    assert!(count["fr"] >= 60 && count["en"] >= 60, "{count:?}");
}

#[test]
fn an_unknown_number_is_an_empty_phrase() {
    assert_eq!(lexicon().phrase(PhraseId(u16::MAX)), "");
    assert!(!lexicon().is_empty() && lexicon().len() > 1000);
}

#[test]
fn lines_expand_to_every_choice_in_the_order_written() {
    let lists = [("<net>".to_owned(), "réseau|signal".to_owned())];
    assert_eq!(
        expand("(pas|plus) de <net>", &lists),
        ["pas de réseau", "pas de signal", "plus de réseau", "plus de signal"]
    );
    assert_eq!(expand("(<net>|barre) (très|) l' a", &lists)[..2], ["réseau très l'a", "réseau l'a"]);
}
