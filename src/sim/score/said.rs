//! What homeqos said: views and actions, as `homeqos replay` writes them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fit::TERMS;
use crate::units::{LatLon, Millis};

/// A customer's view, as far as it is scored.
#[derive(Debug, Clone, Default)]
pub struct View {
    pub customer: String,
    pub as_of: Millis,
    pub status: String,
    pub cell: Option<String>,
    pub pos: Option<LatLon>,
    /// Valid nights; `None` where the view does not say.
    pub nights: Option<u64>,
    pub problem: bool,
    pub cause: String,
    pub probability: Option<f64>,
    /// What the felt model's coefficients were multiplied with, in the order of [`super::fit::TERMS`].
    pub terms: Option<[f64; TERMS.len()]>,
    /// `clear` or the state of the verdict that covers the home.
    pub verdict: String,
}

/// An offer and what became of it.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    pub id: String,
    pub customer: String,
    pub action: String,
    pub cause: String,
    pub made: Millis,
    pub withdrawn: Option<Millis>,
}

/// A ticket from its opening on.
#[derive(Debug, Clone, Default)]
pub struct Ticket {
    pub id: String,
    pub area: String,
    pub cause: String,
    /// `site`, `cell` or `hexagon`.
    pub scope: String,
    /// Named cells with the share of their homes that are degraded (1 where no counts are given).
    pub cells: BTreeMap<String, f64>,
    pub hexagons: BTreeSet<String>,
    /// When it was opened or reopened, and when the next resolution or cancellation ended that.
    pub spans: Vec<(Millis, Option<Millis>)>,
    pub merged: bool,
}

impl Ticket {
    #[must_use]
    pub fn opened(&self) -> Millis {
        self.spans.first().map_or(Millis(i64::MAX), |span| span.0)
    }

    #[must_use]
    pub fn is_open(&self, at: Millis) -> bool {
        self.spans.iter().any(|(from, until)| *from <= at && until.is_none_or(|until| at < until))
    }
}

/// All that was said.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Views of the end, by customer.
    pub last: BTreeMap<String, View>,
    /// Views at earlier dates, oldest first.
    pub earlier: Vec<Vec<View>>,
    pub offers: Vec<Offer>,
    pub tickets: Vec<Ticket>,
    /// Messages seen twice: the same `ce_id`, or the same offer made or ticket opened again.
    pub duplicates: Vec<String>,
    views: BTreeMap<String, Vec<View>>,
    seen: BTreeSet<String>,
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or("")
}

fn number(value: &Value, path: &str) -> Option<f64> {
    value.pointer(path).and_then(Value::as_f64)
}

fn terms(value: &Value) -> Option<[f64; TERMS.len()]> {
    let mut found = [0.0; TERMS.len()];
    for (name, term) in TERMS.iter().zip(&mut found) {
        *term = value.pointer("/perceived/terms")?.get(name)?.as_f64()?;
    }
    Some(found)
}

/// RFC 3339, or epoch milliseconds.
#[must_use]
pub fn instant(value: Option<&Value>) -> Option<Millis> {
    match value? {
        Value::Number(number) => number.as_i64().map(Millis),
        Value::String(text) => text.parse::<jiff::Timestamp>().ok().map(|at| Millis(at.as_millisecond())),
        _ => None,
    }
}

impl Said {
    /// One line of `--customers`. A customer's views may be several, of different times.
    pub fn view(&mut self, line: &str) -> Result<(), serde_json::Error> {
        let value: Value = serde_json::from_str(line)?;
        let home = value.get("home").unwrap_or(&Value::Null);
        let view = View {
            customer: text(&value, "/customer_id").to_owned(),
            as_of: instant(value.get("as_of")).unwrap_or_default(),
            status: text(home, "/status").to_owned(),
            cell: home.pointer("/cells/0").and_then(Value::as_str).map(str::to_owned),
            pos: number(home, "/lat").zip(number(home, "/lon")).and_then(|(a, b)| LatLon::new(a, b)),
            nights: home.get("nights").and_then(Value::as_u64),
            problem: value.pointer("/quality/problem").and_then(Value::as_bool).unwrap_or(false),
            cause: text(&value, "/quality/cause").to_owned(),
            probability: number(&value, "/perceived/probability"),
            terms: terms(&value),
            verdict: text(&value, "/neighbourhood/verdict").to_owned(),
        };
        self.views.entry(view.customer.clone()).or_default().push(view);
        Ok(())
    }

    /// One line of `--actions`: `{topic, key, headers, value}`, in the order in which they were sent.
    pub fn action(&mut self, line: &str) -> Result<(), serde_json::Error> {
        let value: Value = serde_json::from_str(line)?;
        let ce_id = text(&value, "/headers/ce_id");
        if !ce_id.is_empty() && !self.seen.insert(ce_id.to_owned()) {
            self.duplicates.push(ce_id.to_owned());
            return Ok(());
        }
        let at = instant(value.pointer("/headers/ce_time")).unwrap_or_default();
        let kind = text(&value, "/headers/ce_type").trim_start_matches("org.homeqos.").trim_end_matches(".v1");
        let body = value.get("value").unwrap_or(&Value::Null);
        let id = text(body, "/id");
        match kind {
            "offer.made" => self.offer(id, text(&value, "/key"), at, body),
            "offer.withdrawn" => {
                if let Some(offer) = self.offers.iter_mut().rev().find(|offer| offer.id == id) {
                    offer.withdrawn = Some(at);
                }
            }
            _ if kind.starts_with("ticket.") => self.ticket(id, text(&value, "/key"), kind, at, body),
            _ => {}
        }
        Ok(())
    }

    fn offer(&mut self, id: &str, customer: &str, made: Millis, body: &Value) {
        if !self.seen.insert(format!("made {id}")) {
            self.duplicates.push(id.to_owned());
            return;
        }
        self.offers.push(Offer {
            id: id.to_owned(),
            customer: customer.to_owned(),
            action: text(body, "/recommendationItem/0/product/productOffering/id").to_owned(),
            cause: text(body, "/why/cause").to_owned(),
            made,
            withdrawn: None,
        });
    }

    fn ticket(&mut self, id: &str, area: &str, kind: &str, at: Millis, body: &Value) {
        let known = self.tickets.iter().position(|ticket| ticket.id == id);
        if known.is_some() && kind == "ticket.opened" {
            self.duplicates.push(id.to_owned());
            return;
        }
        let index = known.unwrap_or_else(|| {
            self.tickets.push(Ticket { id: id.to_owned(), area: area.to_owned(), ..Ticket::default() });
            self.tickets.len() - 1
        });
        let ticket = &mut self.tickets[index];
        match kind {
            "ticket.opened" | "ticket.reopened" => ticket.spans.push((at, None)),
            "ticket.resolved" | "ticket.cancelled" => {
                if let Some(span) = ticket.spans.last_mut() {
                    span.1 = Some(at);
                }
            }
            _ => {}
        }
        let cause = text(body, "/why/cause");
        if cause.is_empty() { text(body, "/reason") } else { cause }.clone_into(&mut ticket.cause);
        text(body, "/why/scope").clone_into(&mut ticket.scope);
        ticket.merged |= body.pointer("/why/merged_into").is_some();
        let list = |name: &str| body.get(name).and_then(Value::as_array).into_iter().flatten();
        for cell in list("affectedResource") {
            let share = number(cell, "/degraded").zip(number(cell, "/homes").filter(|homes| *homes > 0.0));
            let share = share.map_or(1.0, |(degraded, homes)| degraded / homes);
            let known = ticket.cells.entry(text(cell, "/id").to_owned()).or_default();
            *known = known.max(share);
        }
        let hexagons = list("affectedLocation").filter(|place| text(place, "/role").starts_with("hex"));
        ticket.hexagons.extend(hexagons.map(|place| text(place, "/id").to_owned()));
    }

    /// Sorts the views into those of the end and those before, by their order within each customer: the clocks of two
    /// customers need not agree to the minute. A view taken after the town's `end` is one of its last instant.
    pub fn arrange(&mut self, end: Millis) {
        for (id, mut views) in std::mem::take(&mut self.views) {
            for view in &mut views {
                view.as_of = view.as_of.min(end.plus(-1));
            }
            views.sort_by_key(|view| view.as_of);
            let Some(last) = views.pop() else { continue };
            self.last.insert(id, last);
            for (age, view) in views.into_iter().rev().enumerate() {
                if self.earlier.len() <= age {
                    self.earlier.push(Vec::new());
                }
                self.earlier[age].push(view);
            }
        }
        self.earlier.reverse();
    }

    /// Every date with its views, the end last.
    pub fn dates(&self) -> impl Iterator<Item = Vec<&View>> {
        self.earlier.iter().map(|views| views.iter().collect()).chain(std::iter::once(self.last.values().collect()))
    }
}
