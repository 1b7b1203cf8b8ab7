//! Probes and days to test with. Pure.

use crate::ingest::{Probe, ProbeKind};
use crate::qos::{Panes, Rules, grade};
use crate::units::{Day, LocalTime, Millis, Rat};

/// A Wednesday in the middle of an ISO week.
pub(crate) const WEDNESDAY: Day = Day(20_747);
/// The Monday of its week.
pub(crate) const MONDAY: Day = Day(20_745);

pub(crate) fn probe(kind: ProbeKind) -> Probe {
    Probe {
        customer_id: "C1".into(),
        ts: Millis(0),
        kind,
        fingerprint: 0,
        cell_id: None,
        rat: Some(Rat::Lte),
        pos: None,
        rsrp_dbm: None,
        rsrq_db: None,
        sinr_db: None,
        cqi: None,
        signal_dbm: None,
        dl_kbps: None,
        ul_kbps: None,
        volume_kb: None,
        latency_ms: None,
        jitter_ms: None,
        loss_pct: None,
        setup_ok: None,
        setup_time_ms: None,
        duration_s: None,
        indoor: None,
    }
}

pub(crate) fn radio(rsrp: f32, rsrq: f32, sinr: f32) -> Probe {
    Probe { rsrp_dbm: Some(rsrp), rsrq_db: Some(rsrq), sinr_db: Some(sinr), ..probe(ProbeKind::Measurement) }
}

pub(crate) fn good() -> Probe {
    radio(-80.0, -8.0, 15.0)
}

pub(crate) fn weak() -> Probe {
    radio(-116.0, -11.0, 6.0)
}

pub(crate) fn noisy() -> Probe {
    radio(-85.0, -17.0, -3.0)
}

pub(crate) fn session(kbps: f32) -> Probe {
    Probe { dl_kbps: Some(kbps), volume_kb: Some(5000.0), ..probe(ProbeKind::DataSession) }
}

pub(crate) fn no_service(seconds: f32) -> Probe {
    Probe { duration_s: Some(seconds), rat: None, ..probe(ProbeKind::NoService) }
}

/// At noon, outside the busy hours.
pub(crate) fn noon(day: Day) -> LocalTime {
    LocalTime { day, minute: 12 * 60 }
}

/// At eight in the evening, within them.
pub(crate) fn evening(day: Day) -> LocalTime {
    LocalTime { day, minute: 20 * 60 }
}

/// Folds `n` times the same probe.
pub(crate) fn fold(panes: &mut Panes, p: &Probe, at: LocalTime, n: usize) {
    let rules = Rules::default();
    for _ in 0..n {
        panes.fold(p, grade(p, None, &rules), at, false, &rules);
    }
}
