//! The lexicon: a table of phrases, and the reading of a contact's text by it. Pure.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use arrayvec::ArrayVec;
use hashbrown::HashMap;

use super::fold::Folded;
use super::negation::{Span, Words};

/// The table, ours; its head says how it is written.
const TABLE: &str = include_str!("lexicon.txt");

/// A phrase's number: its place among the table's phrases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhraseId(pub u16);

/// What a phrase says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A complaint that a negation before it takes back.
    Noun,
    /// A complaint that a negation after it takes back.
    Verb,
    /// A complaint that carries its own negation.
    Fixed,
    /// A complaint unless a fixed line is named.
    Soft,
    Home,
    NetworkHome,
    /// No complaint; it hides the phrases within.
    Fine,
}

impl Kind {
    fn of(section: &str) -> Option<Self> {
        Some(match section {
            "network.noun" => Self::Noun,
            "network.verb" => Self::Verb,
            "network.fixed" => Self::Fixed,
            "network.soft" => Self::Soft,
            "network.home" => Self::NetworkHome,
            "home" => Self::Home,
            "fine" => Self::Fine,
            _ => return None,
        })
    }
}

/// What a text says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// It complains about the mobile network.
    pub network: bool,
    /// It names the home.
    pub home: bool,
    /// Up to three of the phrases that say so, in the text's order; one place is kept for the home.
    pub phrases: ArrayVec<PhraseId, 3>,
}

#[derive(Debug)]
struct Phrase {
    /// As the table spells it.
    spelled: String,
    kind: Kind,
}

/// Finds the table's phrases in contact texts. Built once, shared by all lanes.
#[derive(Debug)]
pub struct Lexicon {
    phrases: Vec<Phrase>,
    automaton: AhoCorasick,
    words: Words,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self::new()
    }
}

impl Lexicon {
    /// Builds the lexicon from the table that is part of the program.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the table is part of the program, and a test builds it")]
    pub fn new() -> Self {
        let table = Table::parse(TABLE);
        let mut known = HashMap::with_hasher(foldhash::fast::FixedState::default());
        let (mut phrases, mut patterns) = (Vec::new(), Vec::new());
        for (kind, spelled) in table.phrases {
            let pattern = Folded::of(&spelled, &table.words.skip).text;
            // Of phrases that fold to the same the first stands: two sections that disagree would be a riddle.
            if known.insert(pattern.clone(), ()).is_none() {
                patterns.push(pattern);
                phrases.push(Phrase { spelled, kind });
            }
        }
        assert!(phrases.len() < usize::from(u16::MAX), "a phrase's number + 1 must fit in 16 bits");
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&patterns)
            .expect("the table's phrases fit an automaton");
        Self { phrases, automaton, words: table.words }
    }

    /// How many phrases are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.phrases.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// A phrase as the table spells it; empty for a number that is none of ours.
    #[must_use]
    pub fn phrase(&self, id: PhraseId) -> &str {
        self.phrases.get(usize::from(id.0)).map_or("", |phrase| &phrase.spelled)
    }

    /// Reads a text: which complaints about the network stand in it undenied, and whether it names the home.
    #[must_use]
    pub fn read(&self, text: &str) -> Reading {
        let folded = Folded::of(text, &self.words.skip);
        let mut spans: Vec<Span> = Vec::new();
        for found in self.automaton.find_iter(&folded.text) {
            let id = found.pattern().as_usize();
            let (from, to) = (folded.word_at(found.start()), folded.word_at(found.end()));
            spans.push(Span { id: PhraseId(id as u16), kind: self.phrases[id].kind, from, to });
        }
        let stands: Vec<Span> = (0..spans.len())
            .filter(|i| self.words.stands(&folded, &spans[*i], i.checked_sub(1).map(|before| &spans[before])))
            .map(|i| spans[i])
            .collect();
        let network: Vec<&Span> = stands.iter().filter(|span| span.kind != Kind::Home).collect();
        let home = stands.iter().find(|span| matches!(span.kind, Kind::Home | Kind::NetworkHome));
        let room = if home.is_some_and(|span| span.kind == Kind::Home) { 2 } else { 3 };
        let mut shown: Vec<&Span> = network.iter().copied().take(room).collect();
        shown.extend(home.filter(|span| span.kind == Kind::Home));
        shown.sort_by_key(|span| span.from);
        let mut phrases = ArrayVec::new();
        for span in shown {
            if !phrases.contains(&span.id) && !phrases.is_full() {
                phrases.push(span.id);
            }
        }
        Reading { network: !network.is_empty(), home: home.is_some(), phrases }
    }
}

/// The table as parsed.
#[derive(Debug, Default)]
struct Table {
    phrases: Vec<(Kind, String)>,
    words: Words,
}

impl Table {
    fn parse(table: &str) -> Self {
        let mut parsed = Self::default();
        let mut lists: Vec<(String, String)> = Vec::new();
        let mut section = String::new();
        for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(head) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = head.split(' ').next().unwrap_or_default().to_owned();
            } else if let Some((name, choices)) = line.split_once(" = ") {
                lists.push((format!("<{name}>"), choices.to_owned()));
            } else if let Some(kind) = Kind::of(&section) {
                parsed.phrases.extend(expand(line, &lists).into_iter().map(|phrase| (kind, phrase)));
            } else {
                parsed.words.add(&section, line);
            }
        }
        parsed
    }
}

/// All phrases of a line: every choice of every group, in the order written.
fn expand(line: &str, lists: &[(String, String)]) -> Vec<String> {
    let mut text = line.to_owned();
    for (name, choices) in lists {
        text = text.replace(&format!("({name})"), name);
        // Inside a group a list's choices join the group's; alone it becomes one.
        while let Some(at) = text.find(name.as_str()) {
            let grouped = text[..at].matches('(').count() > text[..at].matches(')').count();
            let choices = if grouped { choices.clone() } else { format!("({choices})") };
            text.replace_range(at..at + name.len(), &choices);
        }
    }
    let mut phrases = vec![String::new()];
    for piece in text.split('(') {
        let (choices, rest) = piece.split_once(')').unwrap_or(("", piece));
        let mut longer = Vec::with_capacity(phrases.len());
        for head in &phrases {
            longer.extend(choices.split('|').map(|choice| format!("{head}{choice}{rest}")));
        }
        phrases = longer;
    }
    phrases.iter().map(|phrase| tidy(phrase)).collect()
}

/// One space between words, none at the ends nor after an apostrophe.
fn tidy(phrase: &str) -> String {
    phrase.split_whitespace().collect::<Vec<_>>().join(" ").replace("' ", "'")
}

#[cfg(test)]
mod tests;
