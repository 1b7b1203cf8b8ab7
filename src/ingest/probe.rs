//! Slots → one network probe. Pure.

use std::ops::RangeInclusive;

use crate::units::{CustomerId, Rat};

use super::check::{Record, required};
use super::fields::ProbeField as F;
use super::fingerprint::Fingerprint;
use super::raw::Raw;
use super::records::{Context, body_is_of};
use super::{Probe, Rejection};

/// Android's "no signal" on LTE; an absent value in every mapping.
const RSRP_SENTINEL_DBM: f64 = -200.0;

/// 3GPP TS 36.133 (LTE, reported −140…−44) and TS 38.133 (NR, −156…−31); the union where the source says neither.
fn rsrp_range(rat: Option<Rat>) -> RangeInclusive<f64> {
    match rat {
        Some(Rat::Lte) => -140.0..=-44.0,
        _ => -156.0..=-31.0,
    }
}

/// TS 36.133 with its extended range (−34…2.5) and TS 38.133 (−43…20).
fn rsrq_range(rat: Option<Rat>) -> RangeInclusive<f64> {
    match rat {
        Some(Rat::Lte) => -34.0..=2.5,
        _ => -43.0..=20.0,
    }
}

const SINR_DB: RangeInclusive<f64> = -23.0..=40.0;
const CQI: RangeInclusive<u16> = 0..=15;
/// GSM RxLev (TS 45.008, −110…−48) and UMTS RSCP (TS 25.133, −120…−25), with what handsets report around them.
const SIGNAL_DBM: RangeInclusive<f64> = -125.0..=-20.0;
/// 100 Gbit/s: above any terminal.
const RATE_KBPS: RangeInclusive<f64> = 0.0..=1e8;
/// 10 TB in one session.
const VOLUME_KB: RangeInclusive<f64> = 0.0..=1e10;
/// Ten minutes: above any time-out.
const DELAY_MS: RangeInclusive<f64> = 0.0..=600_000.0;
/// A week.
const DURATION_S: RangeInclusive<f64> = 0.0..=604_800.0;
const PERCENT: RangeInclusive<f64> = 0.0..=100.0;

pub(super) fn build(slots: &mut [Raw<'_>], context: &Context<'_>) -> Result<Probe, Rejection> {
    let rsrp = &mut slots[F::RsrpDbm as usize];
    if *rsrp == Raw::Num(RSRP_SENTINEL_DBM) {
        *rsrp = Raw::Null;
    }
    let record = Record::<F>::new(slots);
    body_is_of(context.key, F::CustomerId, &record)?;
    let event_id = record.id(F::EventId)?;
    let rat = record.word(F::Rat)?;
    let mut probe = Probe {
        customer_id: CustomerId::new(context.key),
        ts: required(F::Ts, record.time(F::Ts)?)?,
        kind: required(F::Kind, record.word(F::Kind)?)?,
        fingerprint: 0,
        cell_id: record.id(F::CellId)?,
        rat,
        pos: record.position(F::Lat, F::Lon, context.absent_positions)?,
        rsrp_dbm: record.number(F::RsrpDbm, rsrp_range(rat))?,
        rsrq_db: record.number(F::RsrqDb, rsrq_range(rat))?,
        sinr_db: record.number(F::SinrDb, SINR_DB)?,
        cqi: record.whole(F::Cqi, CQI)?.map(|n| n as u8),
        signal_dbm: record.number(F::SignalDbm, SIGNAL_DBM)?,
        dl_kbps: record.number(F::DlKbps, RATE_KBPS)?,
        ul_kbps: record.number(F::UlKbps, RATE_KBPS)?,
        volume_kb: record.number(F::VolumeKb, VOLUME_KB)?,
        latency_ms: record.number(F::LatencyMs, DELAY_MS)?,
        jitter_ms: record.number(F::JitterMs, DELAY_MS)?,
        loss_pct: record.number(F::LossPct, PERCENT)?,
        setup_ok: record.flag(F::SetupOk)?,
        setup_time_ms: record.number(F::SetupTimeMs, DELAY_MS)?,
        duration_s: record.number(F::DurationS, DURATION_S)?,
        indoor: record.flag(F::Indoor)?,
    };
    probe.fingerprint = match event_id {
        Some(id) => Fingerprint::new().text(&id).finish(),
        None => of_content(&probe),
    };
    Ok(probe)
}

/// Time, cell, kind and measured values: what makes two probes without event ids the same. Where it was measured
/// is not what was measured: two rows of one second that differ in position only are one probe.
fn of_content(probe: &Probe) -> u64 {
    let flag = |flag: Option<bool>| flag.map_or(2, u64::from);
    Fingerprint::new()
        .word(probe.ts.0 as u64)
        .text(probe.cell_id.as_deref().unwrap_or(""))
        .text(probe.kind.as_str())
        .value(probe.rsrp_dbm)
        .value(probe.rsrq_db)
        .value(probe.sinr_db)
        .value(probe.cqi.map(f32::from))
        .value(probe.signal_dbm)
        .value(probe.dl_kbps)
        .value(probe.ul_kbps)
        .value(probe.volume_kb)
        .value(probe.latency_ms)
        .value(probe.jitter_ms)
        .value(probe.loss_pct)
        .word(flag(probe.setup_ok))
        .value(probe.setup_time_ms)
        .value(probe.duration_s)
        .word(flag(probe.indoor))
        .finish()
}
