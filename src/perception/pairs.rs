//! A thing of the network and a trouble in one clause: what no list of phrases can hold. Pure.

use super::fold::Folded;
use super::lexicon::Kind;
use super::negation::{Span, Words};

/// How many words may stand between a thing and its trouble.
const APART_MAX: usize = 6;

/// The first pair that stands: a thing and a trouble of one clause, near each other, the trouble not taken back, and
/// nothing in the clause that speaks of bills or fixed lines. `phrases` are those found whole, none of which stands as
/// a complaint: what sounds like one hides what lies within, and one that was denied silences its clause.
pub(super) fn first(text: &Folded, found: &[Span], phrases: &[Span], words: &Words) -> Option<(Span, Span)> {
    let hidden = |span: &Span| {
        phrases.iter().any(|phrase| match phrase.kind {
            Kind::Home => false,
            Kind::Fine => phrase.from < span.to && span.from < phrase.to,
            _ => text.clause(phrase.from).contains(&span.from),
        })
    };
    let seen: Vec<&Span> = found.iter().filter(|span| !hidden(span)).collect();
    for thing in seen.iter().filter(|span| matches!(span.kind, Kind::StrongThing | Kind::WeakThing)) {
        for trouble in &seen {
            let enough = match trouble.kind {
                Kind::Specific => true,
                Kind::Generic => thing.kind == Kind::StrongThing,
                _ => false,
            };
            if enough && near(text, thing, trouble) && words.pair_stands(text, thing, trouble) {
                let (a, b) = if thing.from < trouble.from { (thing, trouble) } else { (trouble, thing) };
                return Some((**a, **b));
            }
        }
    }
    None
}

/// In one clause, with few words between.
fn near(text: &Folded, a: &Span, b: &Span) -> bool {
    let (a, b) = if a.from < b.from { (a, b) } else { (b, a) };
    b.from >= a.to && b.from - a.to <= APART_MAX && (a.from + 1..b.to).all(|i| !text.begins_clause(i))
}
