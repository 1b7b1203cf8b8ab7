//! Sentences customers write, and what must be read in them. Pure.

use super::*;

#[test]
fn the_phrase_of_the_contract_is_read_as_it_is_written() {
    let lexicon = Lexicon::new();
    let reading = lexicon.read("ça coupe tout le temps à la maison");
    assert!(reading.network && reading.home);
    let phrases: Vec<&str> = reading.phrases.iter().map(|id| lexicon.phrase(*id)).collect();
    assert_eq!(phrases, ["ça coupe", "à la maison"]);
}
