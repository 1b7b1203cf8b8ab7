//! A ticket in one sentence. Pure.

use crate::neighbourhood::{Scope, State, TicketEvidence, TicketMessage};
use crate::units::{Cause, Day};

/// One sentence for whoever reads a list of tickets.
pub(super) fn description(m: &TicketMessage) -> String {
    let place = match &m.scope {
        Scope::Site => format!("on site {}", m.area),
        Scope::Cell(cell) => format!("on cell {cell} of site {}", m.area),
        Scope::Hexagon(hex) => format!("in hexagon {hex} of site {}", m.area),
    };
    let (f, since, what) = (&m.figures, day_and_month(m.since), symptoms(m.cause));
    let (bad, seen) = (f.homes_degraded, f.homes_seen);
    if let Some(b) = m.before.filter(|_| m.state == State::Resolved) {
        let (were_bad, were_seen) = (b.homes_degraded, b.homes_seen);
        return format!(
            "{bad} of {seen} homes {place} are still degraded; {were_bad} of {were_seen} were, since {since}, {what}."
        );
    }
    let together = together(m).unwrap_or_default();
    format!("{bad} of {seen} homes {place} are degraded since {since}, {what}{together}.")
}

/// What a site's homes show together, where its ticket does not stand on their share.
fn together(m: &TicketMessage) -> Option<String> {
    if m.scope != Scope::Site || m.figures.share_lower_bound >= m.min_share {
        return None;
    }
    let told = |statistic: &str| m.evidence.iter().find(|line| line.statistic == statistic);
    let shown = match m.cause {
        Cause::Congestion => {
            let slow = told(TicketEvidence::POOR_IN_BUSY_HOURS)?;
            format!("{:.0} % of {} sessions in the busy hours are slow", 100.0 * slow.observed, slow.samples)
        }
        Cause::Mobility => {
            let lost = told(TicketEvidence::PER_CALL)?;
            format!("{:.0} links lost per 100 of {} calls", 100.0 * lost.observed, lost.samples)
        }
        Cause::Outage => format!("{:.0} minutes a day without service", told(TicketEvidence::PER_HOME_DAY)?.observed),
        Cause::Coverage | Cause::Interference | Cause::Building | Cause::Device => return None,
    };
    Some(format!("; its homes together in a week: {shown}"))
}

fn symptoms(cause: Cause) -> &'static str {
    match cause {
        Cause::Coverage => "RSRP poor",
        Cause::Interference => "RSRQ and SINR poor with good RSRP",
        Cause::Congestion => "throughput poor with good radio, worse in the busy hours",
        Cause::Mobility => "calls and links lost at changes of cell",
        Cause::Outage => "without service",
        Cause::Building => "RSRP poor indoors",
        Cause::Device => "poor wherever they go",
    }
}

/// `19 October`.
fn day_and_month(day: Day) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let iso = day.iso();
    let mut parts = iso.rsplit('-').map(str::parse::<usize>);
    match (parts.next(), parts.next()) {
        (Some(Ok(day)), Some(Ok(month @ 1..=12))) => format!("{day} {}", MONTHS[month - 1]),
        _ => iso,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_people_say_it() {
        assert_eq!(day_and_month(Day(20_745)), "19 October");
        assert_eq!(day_and_month(Day(20_454)), "1 January");
    }
}
