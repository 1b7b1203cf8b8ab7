//! The town's records as JSON, field by field as the record contracts show them. Pure; written by hand, since a
//! town of 10 000 for five weeks has some six million of them.

use std::fmt::Write;

use super::care::{Care, Said};
use super::crm::Crm;
use super::dice::scramble;
use super::event::{Event, Link, What};
use super::town::Town;
use crate::units::Millis;

/// A number in tenths, with its one decimal.
struct Tenths(i16);

impl std::fmt::Display for Tenths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        write!(f, "{sign}{}.{}", size / 10, size % 10)
    }
}

/// Degrees in 1e-5.
struct Degrees(i32);

impl std::fmt::Display for Degrees {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:05}", size / 100_000, size % 100_000)
    }
}

/// RFC 3339 in UTC with milliseconds: `2026-10-19T21:04:05.123Z`.
pub(super) struct Utc(pub(super) i64);

impl std::fmt::Display for Utc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, ms) = (self.0.div_euclid(Millis::DAY), self.0.rem_euclid(Millis::DAY));
        // Civil date from a count of days: years of March to February, eras of 400 years.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
    }
}

/// Writes into a `String`, which cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { let _ = write!($out, $($arg)*); };
}

/// A JSON string: the phrases hold no control characters, so quotes and backslashes are all there is to escape.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn event_id(town: &Town, event: &Event) -> u64 {
    scramble(town.spec.seed ^ scramble(u64::from(event.person) << 16 ^ u64::from(event.number)) ^ event.ts as u64)
}

/// A throw in 0..2^64 that belongs to an event: whether it is lost or repeated on its way.
pub(super) fn fortune(town: &Town, event: &Event) -> u64 {
    scramble(event_id(town, event) ^ 0x5ca1_ab1e)
}

pub(super) fn probe(town: &Town, event: &Event) -> String {
    let mut out = String::with_capacity(320);
    let number = event.person + 1;
    put!(out, "{{\"event_id\":\"{:016x}\",\"customer_id\":\"C{number:07}\",\"ts\":", event_id(town, event));
    // Half of the customers' probes speak RFC 3339, the other half epoch milliseconds: the contract allows both.
    if number.is_multiple_of(2) {
        put!(out, "{}", event.ts);
    } else {
        put!(out, "\"{}\"", Utc(event.ts));
    }
    match event.link {
        Link::Cell(cell) => {
            let cell = &town.cells[cell as usize];
            put!(out, ",\"cell_id\":\"{}\",\"rat\":\"{}\"", cell.id, cell.layer.rat());
        }
        Link::Wifi => out.push_str(",\"rat\":\"wifi\""),
        Link::Nothing => {}
    }
    if let Some((lat, lon)) = event.position {
        put!(out, ",\"lat\":{},\"lon\":{}", Degrees(lat), Degrees(lon));
    }
    measured(&mut out, event);
    if let Some(indoor) = event.indoor {
        put!(out, ",\"indoor\":{indoor}");
    }
    out.push('}');
    out
}

fn measured(out: &mut String, event: &Event) {
    let kind = match event.what {
        What::Measurement { .. } => "measurement",
        What::Data { .. } => "data_session",
        What::Setup { .. } => "call_setup",
        What::CallEnd { .. } => "call_end",
        What::CallDrop { .. } => "call_drop",
        What::NoService { .. } => "no_service",
        What::Rlf => "rlf",
        What::HandoverFailure => "handover_failure",
    };
    put!(out, ",\"kind\":\"{kind}\"");
    if let Some(radio) = event.radio {
        let (rsrp, rsrq, sinr) = (Tenths(radio.rsrp), Tenths(radio.rsrq), Tenths(radio.sinr));
        put!(out, ",\"rsrp_dbm\":{rsrp},\"rsrq_db\":{rsrq},\"sinr_db\":{sinr},\"cqi\":{}", radio.cqi);
    }
    match event.what {
        What::Measurement { latency_ms } => {
            put!(out, ",\"latency_ms\":{latency_ms}");
        }
        What::Data { dl_kbps, ul_kbps, volume_kb, duration_s, latency_ms } => {
            put!(out, ",\"dl_kbps\":{dl_kbps},\"ul_kbps\":{ul_kbps},\"volume_kb\":{volume_kb}");
            put!(out, ",\"duration_s\":{duration_s},\"latency_ms\":{latency_ms}");
        }
        What::Setup { ok, time_ms } => {
            put!(out, ",\"setup_ok\":{ok}");
            if ok {
                put!(out, ",\"setup_time_ms\":{time_ms}");
            }
        }
        What::CallEnd { duration_s, loss_tenths, jitter_ms } => {
            put!(out, ",\"duration_s\":{duration_s},\"jitter_ms\":{jitter_ms}");
            put!(out, ",\"loss_pct\":{}", Tenths(loss_tenths.cast_signed()));
        }
        What::CallDrop { duration_s } | What::NoService { duration_s } => {
            put!(out, ",\"duration_s\":{duration_s}");
        }
        What::Rlf | What::HandoverFailure => {}
    }
}

/// Value of a contact or survey; `number` makes the contact's id.
pub(super) fn care(town: &Town, said: &Care, number: usize) -> String {
    let mut out = String::with_capacity(220);
    let customer = town.people[said.person as usize].id();
    match said.what {
        Said::Contact { channel, code, text, resolved } => {
            put!(out, "{{\"contact_id\":\"K-{number}\",\"customer_id\":\"{customer}\"");
            put!(out, ",\"ts\":\"{}\",\"channel\":\"{channel}\"", Utc(said.ts.0));
            if let Some(code) = code {
                put!(out, ",\"reason_code\":\"{code}\"");
            }
            if let Some(text) = text {
                put!(out, ",\"text\":{}", quoted(text));
            }
            put!(out, ",\"resolved\":{resolved}}}");
        }
        Said::Survey { nps, about } => {
            put!(out, "{{\"customer_id\":\"{customer}\",\"ts\":\"{}\",\"nps\":{nps}", Utc(said.ts.0));
            if let Some(about) = about {
                put!(out, ",\"about\":\"{about}\"");
            }
            out.push('}');
        }
    }
    out
}

pub(super) fn crm(town: &Town, index: usize) -> String {
    let (person, row): (_, &Crm) = (&town.people[index], &town.crm[index]);
    let mut out = String::with_capacity(480);
    put!(
        out,
        "{{\"customer_id\":\"{}\",\"churn_risk\":{:.4},\"arpu_eur\":{:.2}",
        person.id(),
        row.churn_risk,
        row.arpu_eur
    );
    put!(out, ",\"segment\":\"{}\",\"tenure_months\":{}", row.segment, row.tenure_months);
    put!(out, ",\"age_band\":\"{}\",\"consent\":{{", row.age_band);
    let consents = [("network_care", row.network_care), ("marketing", row.marketing), ("location", row.location)];
    let mut separator = "";
    for (name, given) in consents {
        if let Some(given) = given {
            put!(out, "{separator}\"{name}\":{given}");
            separator = ",";
        }
    }
    put!(out, "}},\"channel_preference\":\"{}\",\"has_fixed_broadband\":{}", row.channel, row.fixed_broadband);
    let bands = if row.nr { "3,7,20,78" } else { "3,7,20" };
    put!(
        out,
        ",\"device\":{{\"vowifi\":{},\"volte\":{},\"bands\":[{bands}],\"nr\":{}}}",
        row.vowifi,
        row.volte,
        row.nr
    );
    put!(out, ",\"has_femtocell\":{}", row.femtocell);
    if row.with_address {
        let (lat, lon) = town.population.places[person.home.index()].at.lat_lon();
        put!(out, ",\"home_lat\":{lat:.5},\"home_lon\":{lon:.5}");
    }
    out.push('}');
    out
}

pub(super) fn cell(town: &Town, index: usize) -> String {
    let cell = &town.cells[index];
    let site = &town.sites[cell.site as usize];
    let mut out = String::with_capacity(400);
    put!(out, "{{\"cell_id\":\"{}\",\"site_id\":\"{}\",\"lat\":{},\"lon\":{}", cell.id, site.id, site.lat, site.lon);
    put!(out, ",\"azimuth_deg\":{},\"band\":{},\"rat\":\"{}\"", cell.azimuth_deg, cell.layer.band(), cell.layer.rat());
    put!(out, ",\"tilt_deg\":{},\"power_dbm\":{},\"neighbours\":[", cell.tilt_deg, cell.layer.power_dbm());
    for (position, neighbour) in town.network.neighbours(index as u32).into_iter().enumerate() {
        put!(out, "{}\"{neighbour}\"", if position == 0 { "" } else { "," });
    }
    out.push_str("]}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_the_units_write_them() {
        for at in [1_792_659_600_123, 1_000_000_000_001, 1_709_164_800_999, 4_102_444_799_999] {
            assert_eq!(Utc(at).to_string(), Millis(at).rfc3339());
        }
    }

    #[test]
    fn tenths_below_one_keep_their_sign() {
        assert_eq!(Tenths(-5).to_string(), "-0.5");
        assert_eq!(Degrees(-484_000).to_string(), "-4.84000");
    }
}
