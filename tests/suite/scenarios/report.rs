//! A telling as text for people: what was done, what was decided, where everybody stands, what became of the records.

use std::fmt::Write as _;

use homeqos::units::Millis;
use serde_json::Value;

use super::local::Local;
use super::story::{Must, Story};
use super::telling::Said;

/// One line: when, who, what.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    at: String,
    who: String,
    what: String,
}

impl Line {
    fn day(&self) -> &str {
        self.at.split(' ').next().unwrap_or_default()
    }
}

/// The report of a story. Scores, gains and ids are left out: what is told must hold whatever they are tuned to.
#[derive(Debug)]
pub(super) struct Report {
    actions: Vec<Line>,
    decisions: Vec<Line>,
    customers: Vec<Line>,
    accounts: Vec<String>,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

impl Report {
    pub(super) fn of(said: &Said, story: &Story) -> Self {
        let local = Local::of(&story.zone);
        let mut customers: Vec<Line> = said.views.iter().map(customer).collect();
        customers.sort_by(|a, b| a.who.cmp(&b.who));
        Self {
            actions: said.actions.iter().map(|action| act(action, &local)).collect(),
            decisions: said.decisions.iter().map(|decision| decided(decision, &local)).collect(),
            customers,
            accounts: accounts(said),
        }
    }

    /// The text of expected.txt: by days, since rules that are tuned move minutes. Neighbours who fare alike on the same
    /// day share a line.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for (title, lines) in
            [("actions", &self.actions), ("decisions", &self.decisions), ("customers at the end", &self.customers)]
        {
            let _ = writeln!(out, "# {title}");
            let mut lines = lines.iter().peekable();
            while let Some(line) = lines.next() {
                let mut who = line.who.clone();
                while let Some(next) = lines.next_if(|next| next.day() == line.day() && next.what == line.what) {
                    let _ = write!(who, " {}", next.who);
                }
                let _ = writeln!(out, "{}", format!("{} {who} {}", line.day(), line.what).trim());
            }
        }
        let _ = writeln!(out, "# records\n{}", self.accounts.join("\n"));
        out
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let each = [&self.actions, &self.decisions, &self.customers].into_iter().flatten();
        each.map(|line| format!("{} {} {}", line.at, line.who, line.what)).chain(self.accounts.iter().cloned())
    }

    /// Holds the report against what the story demands.
    pub(super) fn check(&self, name: &str, must: &Must) {
        let count = |wanted: &str| self.lines().filter(|line| fits(line, wanted)).count();
        for wanted in &must.say {
            assert!(count(wanted) > 0, "{name}: nothing says `{wanted}` in\n{}", self.text());
        }
        for unwanted in &must.never {
            assert_eq!(count(unwanted), 0, "{name}: `{unwanted}` must not be said, in\n{}", self.text());
        }
        for (wanted, times) in &must.count {
            assert_eq!(count(wanted), *times, "{name}: how often `{wanted}` is said, in\n{}", self.text());
        }
    }
}

/// Whether the line holds all words, in this order.
fn fits(line: &str, words: &str) -> bool {
    let mut has = line.split_whitespace();
    words.split_whitespace().all(|word| has.any(|one| one == word))
}

fn act(action: &Value, local: &Local) -> Line {
    let (headers, body) = (&action["headers"], &action["value"]);
    let event = text(&headers["ce_type"]);
    let event = event.strip_prefix("org.homeqos.").and_then(|e| e.strip_suffix(".v1")).unwrap_or(event);
    let made: jiff::Timestamp = text(&headers["ce_time"]).parse().expect("RFC 3339");
    let why = &body["why"];
    let revision = text(&headers["ce_id"]).rsplit('.').next().unwrap_or("-").to_owned();
    let what = match event {
        "offer.made" => {
            let item = &body["recommendationItem"][0]["product"]["productOffering"]["id"];
            let (channel, cause, episode) = (&body["channel"][0]["id"], &why["cause"], &why["episode"]);
            let mut lost: Vec<String> = why["alternatives"].as_array().into_iter().flatten().map(alternative).collect();
            lost.sort_unstable();
            let (cause, lost) = (text(cause), lost.join(", "));
            format!("{} by {}: {cause} since {}, not {lost}", text(item), text(channel), text(episode))
        }
        "offer.withdrawn" => format!("revision {revision}: {}", text(&why["reason"])),
        _ => {
            let (cause, scope, since) = (text(&why["cause"]), text(&why["scope"]), text(&why["since"]));
            let (status, level) = (text(&body["status"]), text(&body["problemEscalation"]));
            let ending = why["ending"].as_str().map(|ending| format!(" {ending}")).unwrap_or_default();
            format!("revision {revision}: {cause} {scope} since {since}, {status}{ending}, escalation {level}")
        }
    };
    let who = format!("{event} {}", text(&action["key"]));
    Line { at: local.text(Millis(made.as_millisecond())), who, what }
}

fn alternative(lost: &Value) -> String {
    format!("{} ({})", text(&lost["action"]), text(&lost["reason"]))
}

fn decided(decision: &Value, local: &Local) -> Line {
    let at = local.text(Millis(decision["at"].as_i64().expect("a time")));
    let mut what =
        format!("{} {} ({})", text(&decision["verdict"]), text(&decision["reason"]), text(&decision["stage"]));
    for (word, field) in [("", "action"), ("for ", "cause"), ("since ", "episode")] {
        if let Some(value) = decision.get(field).filter(|value| !value.is_null()) {
            let value = value.as_str().map_or_else(|| day(value), str::to_owned);
            let _ = write!(what, " {word}{value}");
        }
    }
    Line { at, who: text(&decision["customer"]).to_owned(), what }
}

/// A day is recorded as its number.
fn day(value: &Value) -> String {
    value.as_i64().map_or_else(|| value.to_string(), |n| homeqos::units::Day(n as i32).iso())
}

fn customer(view: &Value) -> Line {
    let (home, quality) = (&view["home"], &view["quality"]);
    let mut what = format!("home {} {}", text(&home["status"]), text(&home["site"]));
    if let Some(since) = home["since"].as_str() {
        let _ = write!(what, " since {since} ({} nights)", home["nights"]);
    }
    let felt = if view["perceived"]["felt"] == true { "felt" } else { "not felt" };
    let quality =
        quality["cause"].as_str().map_or_else(|| "fine".to_owned(), |cause| format!("suffers {cause}, {felt}"));
    // What of the felt probability stands on complaints.
    let complains = if view["perceived"]["terms"]["contact"].as_f64() > Some(0.0) { "; complains" } else { "" };
    let _ = write!(what, "; {quality}; area {}{complains}", text(&view["neighbourhood"]["verdict"]));
    Line { at: String::new(), who: text(&view["customer_id"]).to_owned(), what }
}

fn accounts(said: &Said) -> Vec<String> {
    let line = |(input, tally): (&homeqos::ingest::Input, &homeqos::cli::replay::Tally)| {
        let fates = [
            ("folded", tally.folded),
            ("late", tally.late),
            ("duplicate", tally.duplicate),
            ("erased", tally.erased),
            ("control", tally.control),
            ("forwarded", tally.forwarded),
        ];
        let mut line = format!("{input} consumed {}:", tally.consumed);
        for (word, count) in fates.into_iter().filter(|(_, count)| *count > 0) {
            let _ = write!(line, " {count} {word}");
        }
        for (code, count) in &tally.rejected {
            let _ = write!(line, " {count} rejected {}", code.as_str());
        }
        line
    };
    said.accounts.0.iter().map(line).collect()
}
