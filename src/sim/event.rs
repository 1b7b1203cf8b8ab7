//! One probe event of the town, compact until it is written. Pure.

use super::radio::Air;

/// What was measured; the words are the record contract's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum What {
    Measurement { latency_ms: u16 },
    Data { dl_kbps: u32, ul_kbps: u32, volume_kb: u32, duration_s: u16, latency_ms: u16 },
    Setup { ok: bool, time_ms: u16 },
    CallEnd { duration_s: u16, loss_tenths: u16, jitter_ms: u16 },
    CallDrop { duration_s: u16 },
    NoService { duration_s: u16 },
    Rlf,
    HandoverFailure,
}

/// Radio values as a chipset reports them: tenths of dB and dBm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Radio {
    pub(crate) rsrp: i16,
    pub(crate) rsrq: i16,
    pub(crate) sinr: i16,
    pub(crate) cqi: u8,
}

/// How the handset was connected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Link {
    /// Cell, by position in the town's list.
    Cell(u32),
    Wifi,
    Nothing,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) ts: i64,
    /// Position in the town's people.
    pub(crate) person: u32,
    /// Number of the event within the person's day.
    pub(crate) number: u16,
    pub(crate) link: Link,
    pub(crate) what: What,
    pub(crate) radio: Option<Radio>,
    /// Latitude and longitude in 1e-5 degrees.
    pub(crate) position: Option<(i32, i32)>,
    pub(crate) indoor: Option<bool>,
}

impl Radio {
    /// CQI follows SINR with the slope and the spread of real traces: both codewords, averaged over subbands.
    pub(crate) fn of(air: &Air, noise: f64) -> Self {
        let tenths = |value: f64| (value * 10.0).round() as i16;
        let cqi = (7.2 + 0.3 * air.sinr_db + 1.4 * noise).round().clamp(1.0, 15.0);
        Self { rsrp: tenths(air.rsrp_dbm), rsrq: tenths(air.rsrq_db), sinr: tenths(air.sinr_db), cqi: cqi as u8 }
    }
}
