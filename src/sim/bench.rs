//! Cheap probe records for benches: the right size and the right spread of values, no town behind them. Pure.

use std::fmt::Write;

use super::dice::scramble;
use crate::units::Millis;

/// Sites of [`bench_probe`], numbered from 16 400 on. With 200 000 customers 500 live at each; national operators have 1 000 to
/// 3 000 a site.
pub const SITES: u64 = 400;

/// Whether [`bench_probe`] gives this customer a poor radio.
#[must_use]
pub fn is_poor(customer_no: u32) -> bool {
    scramble(u64::from(customer_no)).is_multiple_of(10)
}

/// One probe of some 270 bytes. Each customer keeps to three cells of one site, as at home; one record in eight
/// is a data session; a tenth of the customers is poor.
#[must_use]
pub fn bench_probe(customer_no: u32, event_no: u32, ts: Millis) -> String {
    let bits = scramble(u64::from(customer_no) << 32 | u64::from(event_no));
    let who = scramble(u64::from(customer_no));
    let cell = ((16_400 + who % SITES) << 8) + 1 + [0, 0, 0, 0, 0, 0, 0, 1, 1, 2][((bits >> 8) % 10) as usize];
    let poor = is_poor(customer_no);
    let rsrp = if poor { 1_130 } else { 930 } + (bits >> 16) % 80;
    let rsrq = if poor { 140 } else { 85 } + (bits >> 24) % 30;
    let (sign, sinr) = if poor { ("-", 5 + (bits >> 32) % 30) } else { ("", 90 + (bits >> 32) % 80) };
    let mut out = String::with_capacity(288);
    let _ = write!(
        out,
        "{{\"event_id\":\"{bits:016x}\",\"customer_id\":\"C{customer_no:07}\",\"ts\":{},\"cell_id\":\"208-01-{cell}\",\
         \"rat\":\"lte\",\"lat\":45.{:05},\"lon\":4.{:05},",
        ts.0,
        70_000 + who % 10_000,
        80_000 + (who >> 16) % 10_000,
    );
    let _ = if bits.is_multiple_of(8) {
        write!(
            out,
            "\"kind\":\"data_session\",\"dl_kbps\":{},\"ul_kbps\":800,\"volume_kb\":5200,\"duration_s\":29,",
            1_500 + (bits >> 40) % 20_000
        )
    } else {
        write!(out, "\"kind\":\"measurement\",")
    };
    let _ = write!(
        out,
        "\"rsrp_dbm\":-{}.{},\"rsrq_db\":-{}.{},\"sinr_db\":{sign}{}.{},\"cqi\":{},\"latency_ms\":{},\"indoor\":true}}",
        rsrp / 10,
        rsrp % 10,
        rsrq / 10,
        rsrq % 10,
        sinr / 10,
        sinr % 10,
        3 + (bits >> 44) % 10,
        35 + (bits >> 48) % 60,
    );
    out
}
