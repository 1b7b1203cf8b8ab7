//! A score as a table for people. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::rates::{Found, Share, Spread};
use super::{ProblemsAt, Score};

fn percent(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{:.1} %", value * 100.0))
}

fn figure(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}

fn share(share: Share) -> String {
    format!("{:>8}  ({} of {})", percent(share.value()), share.right, share.of)
}

fn found(found: Found) -> String {
    format!(
        "{:>8}  (precision {}, recall {}; {} hits, {} false, {} missed)",
        figure(found.f1()),
        figure(found.precision()),
        figure(found.recall()),
        found.hits,
        found.false_alarms,
        found.misses
    )
}

fn spread(spread: &Spread) -> String {
    let days = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.1}"));
    format!("{:>8}  (median; p90 {}, {} of them)", days(spread.median), days(spread.p90), spread.count)
}

fn counts(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    counts.iter().map(|(why, count)| format!("{why} {count}")).collect::<Vec<_>>().join(", ")
}

fn line(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "  {name:<44}{value}");
}

impl Score {
    /// All figures, a line each.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = format!("{} customers, {:.0} days, seed {}\n", self.customers, self.days, self.seed);
        self.home_lines(&mut out);
        self.problem_lines(&mut out);
        self.ticket_lines(&mut out);
        self.offer_lines(&mut out);
        let felt = &self.felt.all;
        out.push_str("FELT\n");
        let better = format!(
            "{:>8}  (Brier {}, base rate's {})",
            percent(felt.better_than_base_rate),
            figure(felt.brier),
            figure(felt.base_rate_brier)
        );
        line(&mut out, "Brier better than the base rate's", &better);
        line(
            &mut out,
            "the same with a true problem",
            &format!("{:>8}", percent(self.felt.with_problem.better_than_base_rate)),
        );
        out.push_str("MUST BE ZERO\n");
        line(&mut out, "consent violations", &format!("{:>8}", self.offers.consent_violations));
        line(&mut out, "duplicates", &format!("{:>8}", self.duplicates));
        out
    }

    fn home_lines(&self, out: &mut String) {
        out.push_str("HOME\n");
        line(out, "right, >= 7 valid nights", &share(self.homes.all.right));
        line(out, "left unknown", &share(self.homes.all.unknown));
        for (kind, of) in &self.homes.by_kind {
            let unknown = percent(of.unknown.value());
            line(out, &format!("  {kind}"), &format!("{}, unknown {unknown}", share(of.right)));
        }
        line(out, "days to a confirmed home", &spread(&self.homes.days_to_confirmed));
        line(out, "moves found at the end", &share(self.homes.moves_found));
        line(out, "  of those 14 days ago or more", &share(self.homes.moves_found_after_14_days));
        line(out, "  days late", &spread(&self.homes.days_to_move_found));
        line(out, "moves of people who did not move", &format!("{:>8}", self.homes.moves_invented));
    }

    fn problem_lines(&self, out: &mut String) {
        let problems = &self.problems;
        out.push_str("PROBLEM AT HOME\n");
        line(out, "F1 at the end, settled", &found(problems.at_end.settled));
        line(out, "F1 at the end, strict", &found(problems.at_end.strict));
        line(out, "F1 of all dates, settled", &found(problems.pooled));
        if problems.at_dates.len() > 1 {
            for ProblemsAt { as_of, settled, .. } in &problems.at_dates {
                line(out, &format!("  at {}", as_of.rfc3339()), &found(*settled));
            }
        }
        line(out, "false by what looked like it", &counts(&problems.false_alarms_by_trap));
        line(out, "cause right, of those seen", &share(problems.cause_right));
        line(out, "flat or street right, of those seen", &share(problems.scope_right));
        self.confusion(out);
    }

    fn confusion(&self, out: &mut String) {
        let rows = &self.problems.confusion;
        let mut said: Vec<&String> = rows.values().flat_map(BTreeMap::keys).collect();
        said.sort();
        said.dedup();
        let _ = write!(out, "  {:<14}", "true \\ said");
        for word in &said {
            let _ = write!(out, "{word:>13}");
        }
        out.push('\n');
        for (cause, row) in rows {
            let _ = write!(out, "  {cause:<14}");
            for word in &said {
                let _ = write!(out, "{:>13}", row.get(*word).copied().unwrap_or(0));
            }
            out.push('\n');
        }
    }

    fn ticket_lines(&self, out: &mut String) {
        let tickets = &self.tickets;
        out.push_str("TICKETS\n");
        line(out, "precision", &share(tickets.precision));
        line(out, "recall", &share(tickets.recall));
        line(out, "ticketed within 3 days", &share(tickets.within_3_days));
        for (cause, share_of) in &tickets.recall_by_cause {
            line(out, &format!("  recall, {cause}"), &share(*share_of));
        }
        line(out, "days to ticket", &spread(&tickets.days_to_ticket));
        line(out, "cause right", &share(tickets.cause_right));
        line(out, "affected homes covered", &share(tickets.homes_covered));
        line(out, "cells named that are the fault's", &share(tickets.cells_named_right));
        line(out, "the fault's cells named", &share(tickets.cells_found));
        line(out, "repeated for the same fault", &format!("{:>8}", tickets.repeated));
        let rate = format!(
            "{:>8}  ({}: {})",
            figure(tickets.false_rate),
            tickets.false_tickets,
            counts(&tickets.false_by_trap)
        );
        line(out, "false per 10 000 customers and month", &rate);
    }

    fn offer_lines(&self, out: &mut String) {
        let offers = &self.offers;
        out.push_str("OFFERS AND ACTS\n");
        let made =
            format!("{:>8}  (of {}, {} withdrawn)", percent(offers.right.value()), offers.made, offers.withdrawn);
        line(out, "offers right", &made);
        line(out, "refused by truth", &counts(&offers.refused));
        line(out, "cause right, of the right ones", &share(offers.cause_right));
        line(out, "F1 of acts", &found(offers.acted));
        line(out, "F1 of acts, where felt", &found(offers.acted_of_felt));
        line(out, "offer or ticket right", &share(offers.scope_right));
    }
}
