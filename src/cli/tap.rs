//! `homeqos tap`: what left, what was refused, what was decided, as JSON lines. Shell.

use std::io::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{ConfigOptions, Failure, Kind};
use crate::act::IdKey;
use crate::shell::Settings;
use crate::shell::journal::Record;
use crate::shell::tail::{Span, Tailed, tail};

/// Prints actions, dead letters or decisions as JSON lines
///
/// Reads what is committed, from the newest records on unless --from-beginning or --customer is given, and ends at
/// today's end unless --follow is. Customers' ids are replaced by hashes that hold within one run, and what a dead letter
/// contains is withheld, unless --show-ids is given.
///
/// `decisions` come from the journal: the only place that tells what was withheld, and why.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  homeqos tap actions --follow\n  homeqos tap decisions --customer C0001234 --show-ids\n  \
                        homeqos tap dead-letters | jq -r '.headers[\"dlq.reason\"]' | sort | uniq -c"
)]
pub(super) struct Args {
    /// Which of them
    what: What,
    /// Only this customer's (or, among tickets, this area's)
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// From the oldest record that is kept; otherwise the newest 100 of each partition
    #[arg(long)]
    from_beginning: bool,
    /// Go on with what comes, until interrupted
    #[arg(long, short)]
    follow: bool,
    /// Print customers' ids as they are, and dead letters whole
    #[arg(long)]
    show_ids: bool,
    #[command(flatten)]
    options: ConfigOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Actions,
    DeadLetters,
    Decisions,
}

/// Records of each partition that are read when nothing else is asked for.
const NEWEST: i64 = 100;

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let settings = Settings::new(&args.options.load(Vec::new())?, false);
    let names = &settings.topics;
    let mut topics = match args.what {
        What::Actions => vec![names.offers.as_str(), names.tickets.as_str()],
        What::DeadLetters => vec![names.dead_letters.as_str()],
        What::Decisions => vec![names.journal.as_str()],
    };
    topics.dedup();
    let all = args.from_beginning || (args.customer.is_some() && !args.follow);
    let span = if all { Span::All } else { Span::Newest(NEWEST) };
    let printer = Printer { customer: args.customer.clone(), hide: (!args.show_ids).then(one_runs_key).transpose()? };
    let mut broken = None;
    let mut out = std::io::stdout().lock();
    let read = tail(&settings, &topics, span, args.follow, |record| {
        let lines = match args.what {
            What::Actions => printer.action(&record),
            What::DeadLetters => printer.dead_letter(&record),
            What::Decisions => printer.decisions(&record),
        };
        let written = lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush());
        broken = written.err();
        broken.is_none()
    });
    match broken {
        // `tap … | head` has seen enough.
        Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Some(error) => Err(error.into()),
        None => read.map_err(|said| Failure::new(Kind::Broker, said)),
    }
}

/// A key for hashes that nobody can undo and that mean nothing in the next run.
fn one_runs_key() -> std::io::Result<IdKey> {
    let mut bytes = [0; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(IdKey::new(bytes))
}

/// From records to lines.
struct Printer {
    customer: Option<String>,
    /// The key that ids are hashed with; `None`: they are shown.
    hide: Option<IdKey>,
}

impl Printer {
    fn wants(&self, id: Option<&str>) -> bool {
        self.customer.is_none() || self.customer.as_deref() == id
    }

    fn id(&self, id: &str) -> String {
        match &self.hide {
            Some(key) => format!("hidden-{:016x}", u128::from_be_bytes(key.hash(&["tap", id])) >> 64),
            None => id.to_owned(),
        }
    }

    fn line(&self, record: &Tailed, key: Option<&str>, value: &Value) -> Value {
        let hidden = |(name, text): &(String, String)| {
            let text = if name == "ce_subject" && is_offer(record) { self.id(text) } else { text.clone() };
            (name.clone(), Value::from(text))
        };
        let headers: serde_json::Map<String, Value> = record.headers.iter().map(hidden).collect();
        json!({
            "topic": record.topic, "partition": record.partition, "offset": record.offset,
            "timestamp": record.timestamp, "key": key, "headers": headers, "value": value,
        })
    }

    /// An offer's customer stands in its key, its subject and its related party; a ticket names none.
    fn action(&self, record: &Tailed) -> Vec<Value> {
        let key = record.key.as_deref().map(String::from_utf8_lossy);
        if !self.wants(key.as_deref()) {
            return Vec::new();
        }
        let mut value = parsed(record);
        let offer = is_offer(record);
        for party in value.get_mut("relatedParty").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(id) = party.get("id").and_then(Value::as_str).map(|id| self.id(id)) {
                party["id"] = id.into();
            }
        }
        let key = key.map(|key| if offer { self.id(&key) } else { key.into_owned() });
        vec![self.line(record, key.as_deref(), &value)]
    }

    /// Anything may stand in a record that could not be read, so it is shown only when ids are.
    fn dead_letter(&self, record: &Tailed) -> Vec<Value> {
        let key = record.key.as_deref().map(String::from_utf8_lossy);
        if !self.wants(key.as_deref()) {
            return Vec::new();
        }
        let value = match (&self.hide, &record.value) {
            (Some(_), Some(bytes)) => json!({ "withheld_bytes": bytes.len() }),
            _ => parsed(record),
        };
        let mut line = self.line(record, key.map(|key| self.id(&key)).as_deref(), &value);
        if self.hide.is_some() {
            // The detail may quote the record.
            line["headers"]["dlq.detail"] = "withheld".into();
        }
        vec![line]
    }

    fn decisions(&self, record: &Tailed) -> Vec<Value> {
        let epoch = match Record::decode(record.value.as_deref().unwrap_or_default()) {
            Ok(epoch) => epoch,
            Err(error) => {
                let at = format!("{} {}/{}", record.topic, record.partition, record.offset);
                return vec![json!({ "unreadable": at, "error": error.to_string() })];
            }
        };
        let decisions = epoch.decisions.iter().filter(|decision| self.wants(Some(&decision.customer)));
        let line = |decision: &crate::decide::Decision| {
            let mut line = json!(decision);
            line["customer"] = self.id(&decision.customer).into();
            line["at"] = decision.at.rfc3339().into();
            line["episode"] = decision.episode.map(crate::units::Day::iso).into();
            line["lane"] = epoch.lane.0.into();
            line["epoch"] = epoch.epoch.into();
            line["policy"] = epoch.policy.clone().into();
            line["mode"] = epoch.mode.clone().into();
            line
        };
        decisions.map(line).collect()
    }
}

fn is_offer(record: &Tailed) -> bool {
    record.headers.iter().any(|(name, value)| name == "ce_type" && value.starts_with("org.homeqos.offer."))
}

/// The value as JSON; as text where it is none.
fn parsed(record: &Tailed) -> Value {
    let Some(bytes) = &record.value else { return Value::Null };
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printer(customer: Option<&str>, hidden: bool) -> Printer {
        Printer { customer: customer.map(str::to_owned), hide: hidden.then(|| IdKey::new([3; 32])) }
    }

    fn offer() -> Tailed {
        Tailed {
            topic: "cem.actions".into(),
            partition: 0,
            offset: 4,
            timestamp: Some(1),
            key: Some(b"C0001234".to_vec()),
            headers: vec![
                ("ce_type".into(), "org.homeqos.offer.made.v1".into()),
                ("ce_subject".into(), "C0001234".into()),
            ],
            value: Some(br#"{"id":"of_1","relatedParty":[{"id":"C0001234","role":"customer"}]}"#.to_vec()),
        }
    }

    #[test]
    fn an_offer_shows_its_customer_only_when_asked_to() {
        let hidden = printer(None, true).action(&offer())[0].to_string();
        assert!(!hidden.contains("C0001234") && hidden.contains("of_1"), "{hidden}");
        let shown = printer(None, false).action(&offer())[0].to_string();
        assert_eq!(shown.matches("C0001234").count(), 3, "{shown}");
    }

    #[test]
    fn a_tickets_area_is_no_secret() {
        let mut ticket = offer();
        ticket.key = Some(b"16419".to_vec());
        ticket.headers =
            vec![("ce_type".into(), "org.homeqos.ticket.opened.v1".into()), ("ce_subject".into(), "16419".into())];
        ticket.value = Some(br#"{"id":"tk_1"}"#.to_vec());
        assert_eq!(printer(None, true).action(&ticket)[0]["key"], "16419");
    }

    #[test]
    fn only_the_customer_asked_for_is_printed() {
        assert!(printer(Some("C9"), true).action(&offer()).is_empty());
        assert_eq!(printer(Some("C0001234"), true).action(&offer()).len(), 1);
    }

    #[test]
    fn a_dead_letters_content_is_withheld_with_the_ids() {
        let mut letter = offer();
        letter.headers = vec![("dlq.reason".into(), "not_json".into()), ("dlq.detail".into(), "C0001234".into())];
        letter.value = Some(b"{C0001234".to_vec());
        let hidden = printer(None, true).dead_letter(&letter)[0].to_string();
        assert!(!hidden.contains("C0001234") && hidden.contains("not_json"), "{hidden}");
        assert_eq!(printer(None, false).dead_letter(&letter)[0]["value"], "{C0001234");
    }

    #[test]
    fn a_journal_record_that_cannot_be_read_is_a_line_of_its_own() {
        let line = &printer(None, true).decisions(&offer())[0];
        assert!(line["unreadable"].as_str().unwrap().contains("cem.actions 0/4"), "{line}");
    }
}
