//! Does a phrase stand, or do the words around it take it back? Pure.

use std::collections::BTreeSet;

use super::fold::Folded;
use super::lexicon::{Kind, PhraseId};

/// A phrase found in a text: its words are `from..to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) id: PhraseId,
    pub(super) kind: Kind,
    pub(super) from: usize,
    pub(super) to: usize,
}

type Set = BTreeSet<String>;

/// The words around phrases, by what they do; the table's `word.*` sections.
#[derive(Debug, Default)]
pub(super) struct Words {
    negator: Set,
    negator_with_filler: Set,
    filler: Set,
    more: Set,
    settled: Set,
    unsettled: Set,
    undone_after: Set,
    still_after: Set,
    thing_after: Set,
    well: Set,
    fixed_line: Set,
    not_that: Set,
    /// Left out of texts and phrases: they change no meaning here.
    pub(super) skip: Set,
}

/// How many fillers may stand between a negation and what it denies.
const FILLERS_MAX: usize = 4;
/// How far after the home it may be said that all is well there.
const WELL_WITHIN: usize = 5;
/// How far after a trouble its end may be told ("le problème de réseau est maintenant résolu").
const SETTLED_WITHIN: usize = 8;

impl Words {
    /// Adds a line of words to the section's set.
    pub(super) fn add(&mut self, section: &str, line: &str) {
        let set = match section {
            "word.negator" => &mut self.negator,
            "word.negator-with-filler" => &mut self.negator_with_filler,
            "word.filler" => &mut self.filler,
            "word.more" => &mut self.more,
            "word.settled" => &mut self.settled,
            "word.unsettled" => &mut self.unsettled,
            "word.undone-after" => &mut self.undone_after,
            "word.still-after" => &mut self.still_after,
            "word.thing-after" => &mut self.thing_after,
            "word.well" => &mut self.well,
            "word.not-that" => &mut self.not_that,
            "word.skip" => &mut self.skip,
            "word.fixed-line" => &mut self.fixed_line,
            other => unreachable!("the lexicon's table has no section {other}"),
        };
        set.extend(line.split_whitespace().map(|word| Folded::of(word, &Set::new()).text.trim().to_owned()));
    }

    /// Whether the phrase says what it seems to say; `before` and `after` are the
    /// phrases found next to it.
    pub(super) fn stands(&self, text: &Folded, span: &Span, before: Option<&Span>, after: Option<&Span>) -> bool {
        match span.kind {
            Kind::Noun => !self.denied_before(text, span.from) && !self.settled_after(text, span.to),
            Kind::Verb => !self.undone_after(text, span.to),
            Kind::Fixed => !self.thing_after(text, span.to),
            Kind::Soft => {
                !self.denied_before(text, span.from) && !self.undone_after(text, span.to) && self.mobile(text)
            }
            Kind::NetworkHome => true,
            // Halves stand in pairs only.
            Kind::Fine | Kind::StrongThing | Kind::WeakThing | Kind::Specific | Kind::Generic => false,
            Kind::Home => {
                !self.well_before(text, span.from, before)
                    && !self.well_after(text, span.to, after.map_or(usize::MAX, |next| next.from))
            }
        }
    }

    /// Whether a thing and its trouble make a complaint.
    pub(super) fn pair_stands(&self, text: &Folded, thing: &Span, trouble: &Span) -> bool {
        let trouble_denied = self.denied_before(text, trouble.from) || self.undone_after(text, trouble.to);
        // A negation between them is the trouble's own ("reçois pas les sms").
        let thing_denied = thing.from < trouble.from && self.denied_before(text, thing.from);
        // "pas coupé", "never cut", "not bad": a trouble is denied by the very word before it.
        let word = if trouble.from > 0 && !text.begins_clause(trouble.from) { text.word(trouble.from - 1) } else { "" };
        let adjacent = self.negator_with_filler.contains(word) && word != "plus";
        let (first, last) = (thing.from.min(trouble.from), thing.to.max(trouble.to));
        !thing_denied
            && !trouble_denied
            && !adjacent
            && !self.settled_after(text, last)
            && !self.thing_after(text, last)
            && self.of_the_network(text, first)
    }

    /// The clause that holds the word `at` speaks neither of bills nor of a fixed line.
    fn of_the_network(&self, text: &Folded, at: usize) -> bool {
        text.clause(at).all(|i| !self.not_that.contains(text.word(i)) && !self.fixed_line.contains(text.word(i)))
    }

    /// A negation stands before the word `at`, with nothing but fillers between, in the same clause.
    fn denied_before(&self, text: &Folded, at: usize) -> bool {
        let mut fillers = 0;
        let mut i = at;
        while i > 0 && !text.begins_clause(i) && fillers <= FILLERS_MAX {
            i -= 1;
            let word = text.word(i);
            if self.negator.contains(word) {
                return true;
            }
            let previous = if i > 0 { text.word(i - 1) } else { "" };
            if self.negator_with_filler.contains(word) {
                // "de plus en plus de problèmes", "encore plus de problèmes" are more of them, not none.
                let more = word == "plus" && (self.more.contains(previous) || text.word(i + 1) == "en");
                return fillers > 0 && !more;
            }
            if !self.filler.contains(word) {
                return false;
            }
            fillers += 1;
        }
        false
    }

    /// The clause goes on to say that the trouble is over.
    fn settled_after(&self, text: &Folded, at: usize) -> bool {
        for i in at..at + SETTLED_WITHIN {
            let word = text.word(i);
            if word.is_empty() || text.begins_clause(i) || self.unsettled.contains(word) {
                return false;
            }
            if self.settled.contains(word) {
                return true;
            }
        }
        false
    }

    /// "ça coupe plus", "ça coupe pas", but not "ça coupe plus souvent" nor "ça coupe pas mal".
    fn undone_after(&self, text: &Folded, at: usize) -> bool {
        let next = !text.begins_clause(at) && self.undone_after.contains(text.word(at));
        next && (text.begins_clause(at + 1) || !self.still_after.contains(text.word(at + 1)))
    }

    /// "no network" is a complaint, "no network problems" is none.
    fn thing_after(&self, text: &Folded, at: usize) -> bool {
        !text.begins_clause(at) && self.thing_after.contains(text.word(at))
    }

    /// Neither a fixed line nor a bill is named.
    fn mobile(&self, text: &Folded) -> bool {
        (0..text.words.len()).all(|i| !self.fixed_line.contains(text.word(i)) && !self.not_that.contains(text.word(i)))
    }

    /// The home is named as where all is well ("fine at home", "ça va bien chez moi"), or denied ("mais pas chez moi").
    fn well_before(&self, text: &Folded, at: usize, before: Option<&Span>) -> bool {
        // A word that belongs to a complaint ("je capte pas chez moi") says nothing about the home.
        let free = |i: usize| before.is_none_or(|span| i >= span.to || span.kind == Kind::Fine);
        let mut i = at;
        if i > 0 && !text.begins_clause(i) && ["a", "with"].contains(&text.word(i - 1)) {
            i -= 1;
        }
        if i == 0 || text.begins_clause(i) || !free(i - 1) {
            return false;
        }
        let word = text.word(i - 1);
        let previous = if i > 1 && !text.begins_clause(i - 1) { text.word(i - 2) } else { "" };
        if word == "pas" || word == "not" {
            return ["", "mais", "but", "et", "and"].contains(&previous);
        }
        let denied = ["pas", "plus", "not", "jamais", "never"].contains(&previous);
        (self.well.contains(word) && !denied) || (word == "va" && ["ca", "tout"].contains(&previous))
    }

    /// "chez moi tout va bien", "at home it's fine": all is well there, said before the next phrase begins.
    fn well_after(&self, text: &Folded, at: usize, next: usize) -> bool {
        let said = (at..(at + WELL_WITHIN).min(next)).take_while(|i| !text.begins_clause(*i));
        let mut said = said.filter(|i| self.well.contains(text.word(*i)));
        // "bien sûr" is no praise, nor is what a negation precedes.
        said.any(|i| text.word(i + 1) != "sur" && (i == at || !self.negator_with_filler.contains(text.word(i - 1))))
    }
}
