//! The story a demo tells: what homeqos said, with the town's truth in a column of its own. Pure.
//!
//! Everything on the left is read back from `cem.actions` and the customers' views; everything under "truth" is the
//! simulator's.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::sim::{Problem, TrueFault, TruePerson, Truth};
use crate::units::{Millis, Zone};

/// What was read back.
#[derive(Debug)]
pub struct Told<'a> {
    /// Messages of the actions topic: CloudEvents type and body, in order.
    pub actions: &'a [(String, Value)],
    /// Views by customer.
    pub views: &'a BTreeMap<String, Value>,
    pub truth: &'a Truth,
    pub zone: &'a Zone,
}

/// A field deep in a JSON value as text; empty where it is not there.
fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or("")
}

fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or(0.0)
}

fn is_true(value: &Value, path: &str) -> bool {
    value.pointer(path).and_then(Value::as_bool).unwrap_or(false)
}

/// `19 Oct 21:04`, local.
fn local_time(zone: &Zone, at: Millis) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let local = zone.local(at);
    let iso = local.day.iso();
    let mut parts = iso.split('-').skip(1).map(|part| part.parse::<usize>().unwrap_or(1));
    let (month, day) = (parts.next().unwrap_or(1), parts.next().unwrap_or(1));
    format!("{day:>2} {} {:02}:{:02}", MONTHS[(month - 1) % 12], local.minute / 60, local.minute % 60)
}

fn parsed_time(rfc3339: &str) -> Option<Millis> {
    rfc3339.parse::<jiff::Timestamp>().ok().map(|at| Millis(at.as_millisecond()))
}

impl Told<'_> {
    /// The whole story.
    #[must_use]
    pub fn story(&self) -> String {
        let mut out = String::new();
        self.homes(&mut out);
        self.suffering(&mut out);
        self.tickets(&mut out);
        self.offers(&mut out);
        self.left_alone(&mut out);
        out
    }

    fn person(&self, id: &str) -> Option<&TruePerson> {
        self.truth.people.iter().find(|person| person.customer_id == id)
    }

    /// The true problem of a customer at an instant, if there is one.
    fn problem_at(&self, id: &str, at: Millis) -> Option<&Problem> {
        self.person(id)?.problems.iter().find(|problem| problem.start <= at && at < problem.end)
    }

    fn homes(&self, out: &mut String) {
        let mut by_status: BTreeMap<&str, (u32, u32, u32)> = BTreeMap::new();
        for (id, view) in self.views {
            let count = by_status.entry(text(&view["home"], "/status")).or_default();
            count.0 += 1;
            let Some(home) = self.person(id).and_then(|person| person.homes.last()) else { continue };
            let cell = text(&view["home"], "/cells/0");
            if !cell.is_empty() {
                count.1 += 1;
                count.2 +=
                    u32::from(home.cells.first().is_some_and(|first| first == cell) || Self::is_near(view, home));
            }
        }
        out.push_str("WHERE IS HOME?\n");
        let _ = writeln!(out, "  {:<14}{:>10}   truth: first cell right, or within 500 m", "homeqos says", "customers");
        for (status, (all, placed, right)) in by_status {
            let truth = if placed == 0 { "-".to_owned() } else { format!("{right} of {placed}") };
            let _ = writeln!(out, "  {status:<14}{all:>10}   {truth}");
        }
    }

    fn is_near(view: &Value, home: &crate::sim::TrueHome) -> bool {
        let found = crate::units::LatLon::new(number(&view["home"], "/lat"), number(&view["home"], "/lon"));
        let real = crate::units::LatLon::new(home.lat, home.lon);
        found.zip(real).is_some_and(|(found, real)| found.metres_to(real) <= 500.0)
    }

    fn suffering(&self, out: &mut String) {
        let mut causes: BTreeMap<&str, (u32, u32, u32)> = BTreeMap::new();
        for (id, view) in self.views {
            let said = is_true(view, "/quality/problem").then(|| text(view, "/quality/cause"));
            let real = self.problem_at(id, Millis(self.truth.end.0 - 1)).map(|problem| problem.cause.as_str());
            if let Some(cause) = said {
                causes.entry(cause).or_default().0 += 1;
            }
            if let Some(cause) = real {
                causes.entry(cause).or_default().1 += 1;
                causes.entry(cause).or_default().2 += u32::from(said == Some(cause));
            }
        }
        out.push_str("\nWHO SUFFERS AT HOME, at the end?\n");
        let _ = writeln!(out, "  {:<14}{:>10}   truth: {:>6}  {:>12}", "cause", "customers", "really", "found as such");
        for (cause, (said, real, both)) in causes {
            let _ = writeln!(out, "  {cause:<14}{said:>10}          {real:>6}  {both:>12}");
        }
    }

    fn tickets(&self, out: &mut String) {
        out.push_str("\nWHICH NEIGHBOURHOODS GOT A TICKET?\n");
        let mut tickets: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
        for (event, body) in self.actions.iter().filter(|(event, _)| event.contains(".ticket.")) {
            tickets.entry(text(body, "/id")).or_default().push((event, body));
        }
        if tickets.is_empty() {
            out.push_str("  none\n");
        }
        for messages in tickets.values() {
            let Some(((_, first), (_, last))) = messages.first().zip(messages.last()) else { continue };
            let site = text(first, "/affectedLocation/0/id");
            let opened = parsed_time(text(first, "/creationDate")).unwrap_or_default();
            let _ = writeln!(
                out,
                "  {} {} {}",
                local_time(self.zone, opened),
                &text(first, "/id")[..11.min(text(first, "/id").len())],
                text(first, "/description")
            );
            let steps: Vec<&str> = messages
                .iter()
                .map(|(event, _)| event.trim_start_matches("org.homeqos.ticket.").trim_end_matches(".v1"))
                .collect();
            let _ = writeln!(
                out,
                "      {} messages: {}; now {}",
                messages.len(),
                run_lengths(&steps),
                text(last, "/status")
            );
            let _ = writeln!(out, "      truth: {}", self.fault_of(site, opened));
        }
        let missed = self.truth.faults.iter().filter(|fault| fault.ticket && !Self::is_ticketed(fault, &tickets));
        for fault in missed {
            let _ = writeln!(out, "  no ticket for {} on site {}", fault.cause, fault.site);
            let _ = writeln!(out, "      truth: {}", self.describe(fault));
        }
    }

    fn is_ticketed(fault: &TrueFault, tickets: &BTreeMap<&str, Vec<(&str, &Value)>>) -> bool {
        tickets.values().filter_map(|messages| messages.first()).any(|(_, body)| {
            text(body, "/affectedLocation/0/id") == fault.site
                || body
                    .pointer("/affectedResource")
                    .and_then(Value::as_array)
                    .is_some_and(|cells| cells.iter().any(|cell| fault.cells.iter().any(|id| id == text(cell, "/id"))))
        })
    }

    fn fault_of(&self, site: &str, at: Millis) -> String {
        let here = self.truth.faults.iter().filter(|fault| fault.site == site && fault.start <= at);
        here.max_by_key(|fault| fault.start).map_or_else(|| "nothing is wrong there".to_owned(), |f| self.describe(f))
    }

    fn describe(&self, fault: &TrueFault) -> String {
        let until = fault.end.map_or("to the end".to_owned(), |end| format!("to {}", local_time(self.zone, end)));
        let from = local_time(self.zone, fault.start);
        format!(
            "{} on site {} from {from} {until}, {} customers suffer",
            fault.cause,
            fault.site,
            fault.customers.len()
        )
    }

    fn offers(&self, out: &mut String) {
        out.push_str("\nWHO GOT WHICH OFFER, AND WHY?\n");
        let withdrawn: Vec<&str> = self.of("offer.withdrawn").map(|body| text(body, "/id")).collect();
        let mut any = false;
        for body in self.of("offer.made") {
            any = true;
            let customer = text(body, "/relatedParty/0/id");
            let at = parsed_time(text(body, "/recommendationDate")).unwrap_or_default();
            let reason = body.pointer("/why/reasons/0").map(reason).unwrap_or_default();
            let _ = writeln!(
                out,
                "  {} {customer} {:<20} {:<12} {reason}; felt {:.2}; gain {:+.1} €{}",
                local_time(self.zone, at),
                text(body, "/recommendationItem/0/product/productOffering/name"),
                text(body, "/why/cause"),
                number(body, "/why/perceived/probability"),
                number(body, "/why/gain_eur/value"),
                if withdrawn.contains(&text(body, "/id")) { "; withdrawn: a ticket was opened" } else { "" },
            );
            let truth = self.problem_at(customer, at).map_or("nothing is wrong".to_owned(), |problem| {
                format!(
                    "{} ({})",
                    problem.cause,
                    if problem.fault.is_some() { "the neighbourhood" } else { "only this home" }
                )
            });
            let _ = writeln!(out, "      truth: {truth}");
        }
        if !any {
            out.push_str("  nobody\n");
        }
    }

    fn of<'s>(&'s self, event: &'s str) -> impl Iterator<Item = &'s Value> {
        self.actions.iter().filter(move |(e, _)| e.contains(event)).map(|(_, body)| body)
    }

    fn left_alone(&self, out: &mut String) {
        let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (id, view) in self.views.iter().filter(|(_, view)| is_true(view, "/quality/problem")) {
            let state = text(view, "/next_best_action/state");
            let reason = match state {
                "made" => continue,
                "held" => text(view, "/next_best_action/reason"),
                "withheld" => "hold_out",
                "settling" => "settling",
                _ if !is_true(view, "/perceived/felt") => "not_felt",
                _ => "no_act_fits",
            };
            reasons.entry(reason.to_owned()).or_default().push(id);
        }
        out.push_str("\nWHO SUFFERS AND WAS LEFT ALONE, AND WHY?\n");
        if reasons.is_empty() {
            out.push_str("  nobody\n");
        }
        for (reason, ids) in reasons {
            let really = ids.iter().filter(|id| self.problem_at(id, Millis(self.truth.end.0 - 1)).is_some()).count();
            let some = ids.iter().take(3).copied().collect::<Vec<_>>().join(", ");
            let _ = writeln!(out, "  {reason:<20}{:>4}   {some}{}", ids.len(), if ids.len() > 3 { ", …" } else { "" });
            let _ = writeln!(out, "      truth: {really} of {} really suffer", ids.len());
        }
    }
}

/// `sinr_db p10 -3.1 dB (threshold 0)`.
fn reason(value: &Value) -> String {
    let unit = match text(value, "/unit") {
        "1" => "",
        unit => unit,
    };
    let statistic = text(value, "/statistic");
    let space = if statistic.is_empty() { "" } else { " " };
    format!(
        "{}{space}{statistic} {} {unit} (threshold {})",
        text(value, "/indicator"),
        number(value, "/observed"),
        number(value, "/threshold"),
    )
    .replace("  ", " ")
}

/// `opened, updated ×3, resolved`.
fn run_lengths(steps: &[&str]) -> String {
    let mut runs: Vec<(&str, u32)> = Vec::new();
    for step in steps {
        match runs.last_mut() {
            Some((last, count)) if last == step => *count += 1,
            _ => runs.push((step, 1)),
        }
    }
    let run = |(step, count): &(&str, u32)| if *count > 1 { format!("{step} ×{count}") } else { (*step).to_owned() };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}
