//! Text as the lexicon sees it: folded words in clauses. Pure.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Appends `word` folded: lower case, without accents, ligatures opened.
fn push_folded(out: &mut String, c: char) {
    match c {
        'œ' | 'Œ' => out.push_str("oe"),
        'æ' | 'Æ' => out.push_str("ae"),
        _ => out.extend(std::iter::once(c).nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase)),
    }
}

/// What English leaves of a verb before `n't`, and the verb; forms of "to do" say nothing beside `not`.
const CONTRACTED: [(&str, &str); 14] = [
    ("don", ""),
    ("doesn", ""),
    ("didn", ""),
    ("can", "can"),
    ("couldn", "could"),
    ("won", "will"),
    ("wouldn", "would"),
    ("isn", "is"),
    ("aren", "are"),
    ("wasn", "was"),
    ("weren", "were"),
    ("haven", "have"),
    ("hasn", "has"),
    ("hadn", "had"),
];

/// The verb of `word` read as a contraction: `isnt` is `is`. French has a word "dont", so that one is left alone.
fn contraction(word: &str) -> Option<&'static str> {
    let stem = if word == "cannot" { "can" } else { word.strip_suffix('t').filter(|stem| *stem != "don")? };
    // "want", "hadnt": only what is listed, and "cant" whose stem is a whole word.
    CONTRACTED.iter().find(|(short, _)| *short == stem).map(|(_, verb)| *verb)
}

/// A text as words. Each word stands between two spaces of its own (` ca  coupe `), so that a pattern written the
/// same way begins and ends at word boundaries only.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) text: String,
    /// Where each word begins in `text` (at its leading space), and whether a clause begins with it.
    pub(super) words: Vec<(usize, bool)>,
}

impl Folded {
    /// Folds a text: `n't` becomes `not`, the words of `skip` vanish. Apostrophes and hyphens part words
    /// ("l'appartement", "rendez-vous"); other marks part clauses.
    pub(super) fn of(text: &str, skip: &BTreeSet<String>) -> Self {
        let mut folded = Self { text: String::with_capacity(text.len() * 2), words: Vec::new() };
        let mut clause = true;
        let words = split(text);
        let mut i = 0;
        while let Some((word, begins)) = words.get(i) {
            clause |= begins;
            let split = words.get(i + 1).is_some_and(|(next, _)| next == "t");
            let verb =
                if split { CONTRACTED.iter().find(|(s, _)| s == word).map(|(_, v)| *v) } else { contraction(word) };
            if let Some(verb) = verb {
                for word in [verb, "not"].into_iter().filter(|word| !word.is_empty()) {
                    folded.push(word, &mut clause);
                }
                i += 1 + usize::from(split);
                continue;
            }
            if !skip.contains(word) {
                folded.push(word, &mut clause);
            }
            i += 1;
        }
        folded
    }

    fn push(&mut self, word: &str, clause: &mut bool) {
        self.words.push((self.text.len(), *clause));
        for part in [" ", word, " "] {
            self.text.push_str(part);
        }
        *clause = false;
    }

    /// The index of the word that begins at `offset` of the folded text.
    pub(super) fn word_at(&self, offset: usize) -> usize {
        self.words.partition_point(|(at, _)| *at < offset)
    }

    /// The word, without its spaces; empty beyond the ends.
    pub(super) fn word(&self, index: usize) -> &str {
        let Some((from, _)) = self.words.get(index) else { return "" };
        let to = self.words.get(index + 1).map_or(self.text.len(), |(at, _)| *at);
        self.text[*from..to].trim()
    }

    /// Whether a clause begins with this word (or the text is over).
    pub(super) fn begins_clause(&self, index: usize) -> bool {
        self.words.get(index).is_none_or(|(_, clause)| *clause)
    }

    /// The words of the clause that holds this word.
    pub(super) fn clause(&self, index: usize) -> std::ops::Range<usize> {
        let from = (0..=index).rev().find(|i| self.begins_clause(*i)).unwrap_or(0);
        let to = (index + 1..self.words.len()).find(|i| self.begins_clause(*i)).unwrap_or(self.words.len());
        from..to
    }
}

/// The text's words, folded, each with whether a mark that parts clauses stands before it.
fn split(text: &str) -> Vec<(String, bool)> {
    let mut words: Vec<(String, bool)> = Vec::new();
    let (mut open, mut clause) = (false, true);
    for c in text.chars() {
        if c.is_alphanumeric() || is_combining_mark(c) {
            if !open {
                words.push((String::new(), clause));
                (open, clause) = (true, false);
            }
            if let Some((word, _)) = words.last_mut() {
                push_folded(word, c);
            }
        } else {
            open = false;
            clause |= matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')' | '\n' | '…' | '/' | '"' | '«' | '»');
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(text: &str) -> Folded {
        Folded::of(text, &BTreeSet::from(["tres".to_owned()]))
    }

    #[test]
    fn accents_case_and_apostrophes_are_folded_alike() {
        let folded = fold("Ça coupe à l’étage d'en HAUT, cœur");
        assert_eq!(folded.text, " ca  coupe  a  l  etage  d  en  haut  coeur ");
        assert_eq!(fold("C\u{327}a").text, " ca ");
        assert_eq!(folded.word(4), "etage");
        assert!(folded.begins_clause(8));
        assert!(!folded.begins_clause(7));
    }

    #[test]
    fn contractions_are_opened_and_skipped_words_vanish_without_their_clause() {
        assert_eq!(fold("I can’t, it doesn't, it isnt, cannot").text, " i  can  not  it  not  it  is  not  can  not ");
        let folded = fold("ok, très mal, le quartier dont je parle");
        assert_eq!(folded.word(1), "mal");
        assert!(folded.begins_clause(1));
        assert_eq!(folded.word(4), "dont");
    }
}
