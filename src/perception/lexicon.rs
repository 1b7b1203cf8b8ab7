//! The lexicon: a table of phrases, and the reading of a contact's text by it. Pure.

use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use arrayvec::ArrayVec;
use hashbrown::HashSet;

use super::fold::Folded;
use super::negation::{Span, Words};
use super::pairs;

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
    /// Of the network and nothing else.
    StrongThing,
    /// Of the network perhaps.
    WeakThing,
    /// What befalls calls and networks only.
    Specific,
    /// What may befall anything.
    Generic,
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
            "thing.strong" => Self::StrongThing,
            "thing.weak" => Self::WeakThing,
            "trouble.specific" => Self::Specific,
            "trouble.generic" => Self::Generic,
            _ => return None,
        })
    }

    /// Whether it counts only beside another ([`pairs`]).
    fn is_half(self) -> bool {
        matches!(self, Self::StrongThing | Self::WeakThing | Self::Specific | Self::Generic)
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

/// Patterns of one kind of search, and the numbers of their phrases.
#[derive(Debug)]
struct Finder {
    automaton: AhoCorasick,
    ids: Vec<u16>,
}

impl Finder {
    fn of(patterns: Vec<(String, u16)>) -> Self {
        let (patterns, ids): (Vec<String>, Vec<u16>) = patterns.into_iter().unzip();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&patterns)
            .expect("the table's phrases fit an automaton");
        Self { automaton, ids }
    }

    /// What is found, in the text's order, without overlaps.
    fn spans(&self, text: &Folded, phrases: &[Phrase]) -> Vec<Span> {
        let span = |found: aho_corasick::Match| {
            let id = self.ids[found.pattern().as_usize()];
            let (from, to) = (text.word_at(found.start()), text.word_at(found.end()));
            Span { id: PhraseId(id), kind: phrases[usize::from(id)].kind, from, to }
        };
        self.automaton.find_iter(&text.text).map(span).collect()
    }
}

#[derive(Debug)]
struct Phrase {
    /// As the table spells it.
    spelled: String,
    kind: Kind,
}

/// Finds the table's phrases in contact texts. A handle: the table is built once in a process, by whoever asks
/// first, and shared by all.
#[derive(Debug, Clone)]
pub struct Lexicon(Arc<Built>);

#[derive(Debug)]
struct Built {
    phrases: Vec<Phrase>,
    whole: Finder,
    halves: Finder,
    words: Words,
}

impl Default for Lexicon {
    fn default() -> Self {
        Self::new()
    }
}

impl Built {
    fn new() -> Self {
        let table = Table::parse(TABLE);
        let mut known = HashSet::with_hasher(foldhash::fast::FixedState::default());
        let (mut phrases, mut whole, mut halves) = (Vec::new(), Vec::new(), Vec::new());
        for (kind, spelled) in table.phrases {
            let pattern = Folded::of(&spelled, &table.words.skip).text;
            // Of phrases that fold to the same the first stands: two sections that disagree would be a riddle.
            if known.insert((kind.is_half(), pattern.clone())) {
                let id = u16::try_from(phrases.len()).ok().filter(|id| *id < u16::MAX);
                let id = id.expect("a phrase's number + 1 fits in 16 bits");
                if kind.is_half() { &mut halves } else { &mut whole }.push((pattern, id));
                phrases.push(Phrase { spelled, kind });
            }
        }
        Self { phrases, whole: Finder::of(whole), halves: Finder::of(halves), words: table.words }
    }
}

impl Lexicon {
    /// The lexicon of the table that is part of the program.
    #[must_use]
    pub fn new() -> Self {
        Self::shared().clone()
    }

    /// The same, without a count of handles.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Lexicon> = OnceLock::new();
        SHARED.get_or_init(|| Self(Arc::new(Built::new())))
    }

    /// How many phrases are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.phrases.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.phrases.is_empty()
    }

    /// A phrase as the table spells it; empty for a number that is none of ours.
    #[must_use]
    pub fn phrase(&self, id: PhraseId) -> &str {
        self.0.phrases.get(usize::from(id.0)).map_or("", |phrase| &phrase.spelled)
    }

    /// Reads a text: which complaints about the network stand in it undenied, and whether it names the home.
    #[must_use]
    pub fn read(&self, text: &str) -> Reading {
        let folded = Folded::of(text, &self.0.words.skip);
        let spans = self.0.whole.spans(&folded, &self.0.phrases);
        let stands = |i: &usize| {
            let before = i.checked_sub(1).map(|before| &spans[before]);
            self.0.words.stands(&folded, &spans[*i], before, spans.get(i + 1))
        };
        let standing: Vec<Span> = (0..spans.len()).filter(stands).map(|i| spans[i]).collect();
        let mut network: Vec<Span> = standing.iter().copied().filter(|span| span.kind != Kind::Home).collect();
        if network.is_empty() {
            let halves = self.0.halves.spans(&folded, &self.0.phrases);
            network
                .extend(pairs::first(&folded, &halves, &spans, &self.0.words).map(<[Span; 2]>::from).iter().flatten());
        }
        let home = standing.iter().find(|span| matches!(span.kind, Kind::Home | Kind::NetworkHome));
        Reading { network: !network.is_empty(), home: home.is_some(), phrases: shown(&network, home) }
    }
}

/// The phrases to show, in the text's order: two complaints and the home, or three complaints.
fn shown(network: &[Span], home: Option<&Span>) -> ArrayVec<PhraseId, 3> {
    let home = home.filter(|span| span.kind == Kind::Home);
    let mut chosen: Vec<&Span> = network.iter().take(if home.is_some() { 2 } else { 3 }).collect();
    chosen.extend(home);
    chosen.sort_by_key(|span| span.from);
    let mut phrases = ArrayVec::new();
    for span in chosen {
        if !phrases.contains(&span.id) {
            phrases.push(span.id);
        }
    }
    phrases
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
                head.split(' ').next().unwrap_or_default().clone_into(&mut section);
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
mod sentences;
#[cfg(test)]
mod tests;
