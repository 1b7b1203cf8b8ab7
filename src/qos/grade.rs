//! The grade of one sample. Pure.

use serde::{Deserialize, Serialize};

use super::rules::{Grades, Rules};
use crate::ingest::{DeviceCaps, Probe};
use crate::units::Rat;

/// What one radio sample says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    Good,
    Fair,
    Marginal,
    /// RSRP (or the 2G/3G signal) is poor, quality is not.
    PoorRsrp,
    /// RSRQ or SINR is poor, RSRP is not.
    PoorQuality,
    /// Both are.
    PoorBoth,
}

impl Grade {
    #[must_use]
    pub fn is_poor(self) -> bool {
        self >= Self::PoorRsrp
    }

    /// Whether the signal itself is too weak.
    #[must_use]
    pub fn is_weak(self) -> bool {
        matches!(self, Self::PoorRsrp | Self::PoorBoth)
    }
}

/// Whether the handset speaks LTE, told by what it can do; `None` where the source says nothing.
#[must_use]
pub fn lte_phone(caps: &DeviceCaps) -> Option<bool> {
    let can = [caps.volte, caps.vowifi, caps.nr].contains(&Some(true));
    can.then_some(true)
}

/// Grades a probe's radio values, whatever its kind; `None` when it carries none that can be graded.
///
/// Absent values are skipped. On NR a low RSRP is poor only when RSRQ or SINR backs it by being at least
/// marginal: beams are found far below what LTE needs, so alone it makes a sample marginal at most. GSM and UMTS
/// are judged by `signal_dbm`; on a phone that speaks LTE (`lte_phone`) they are marginal at best. Wi-Fi is not
/// graded: it is not the network's service.
#[must_use]
pub fn grade(p: &Probe, lte_phone: Option<bool>, rules: &Rules) -> Option<Grade> {
    let g = &rules.grades;
    match p.rat {
        Some(Rat::Wifi) => None,
        Some(Rat::Gsm) => second_or_third(p.signal_dbm, g.poor_gsm_dbm, lte_phone),
        Some(Rat::Umts) => second_or_third(p.signal_dbm, g.poor_umts_dbm, lte_phone),
        Some(Rat::Nr) => fourth_or_fifth(p, g, true),
        Some(Rat::Lte) | None => fourth_or_fifth(p, g, false),
    }
}

fn second_or_third(signal: Option<f32>, poor: f32, lte_phone: Option<bool>) -> Option<Grade> {
    let fallen_back = lte_phone == Some(true);
    match signal {
        Some(dbm) if dbm < poor => Some(Grade::PoorRsrp),
        _ if fallen_back => Some(Grade::Marginal),
        Some(_) => Some(Grade::Fair),
        None => None,
    }
}

fn fourth_or_fifth(p: &Probe, g: &Grades, nr: bool) -> Option<Grade> {
    let below = |value: Option<f32>, edge: f32| value.is_some_and(|v| v < edge);
    if p.rsrp_dbm.is_none() && p.rsrq_db.is_none() && p.sinr_db.is_none() {
        return None;
    }
    let quality_poor = below(p.rsrq_db, g.poor_rsrq_db) || below(p.sinr_db, g.poor_sinr_db);
    let quality_marginal = below(p.rsrq_db, g.marginal_rsrq_db) || below(p.sinr_db, g.marginal_sinr_db);
    let rsrp_poor = below(p.rsrp_dbm, g.poor_rsrp_dbm) && (!nr || quality_marginal || quality_poor);
    Some(match (rsrp_poor, quality_poor) {
        (true, true) => Grade::PoorBoth,
        (true, false) => Grade::PoorRsrp,
        (false, true) => Grade::PoorQuality,
        (false, false) if quality_marginal || below(p.rsrp_dbm, g.marginal_rsrp_dbm) => Grade::Marginal,
        (false, false) => {
            let good = !below(p.rsrp_dbm, g.good_rsrp_dbm)
                && !below(p.rsrq_db, g.good_rsrq_db)
                && !below(p.sinr_db, g.good_sinr_db);
            if good { Grade::Good } else { Grade::Fair }
        }
    })
}
