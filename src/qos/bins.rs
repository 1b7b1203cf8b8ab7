//! Bins of what was measured in a week, and their sums over many homes. Pure.
//!
//! Edges lie on the thresholds, so that a share below a threshold is exact and only quantiles are estimates. A
//! value belongs to the bin whose lower edge it reaches: with the edges `e0 < e1 < …` bin 0 is `value < e0`, bin i is
//! `e(i−1) ≤ value < e(i)`, the last has no upper edge.

use serde::{Deserialize, Serialize};

use crate::ingest::{Probe, ProbeKind};

/// RSRP, dBm: poor below −110, marginal below −100, good from −95.
pub const RSRP_EDGES_DBM: [f32; 7] = [-120.0, -115.0, -110.0, -105.0, -100.0, -95.0, -85.0];
/// SINR, dB: poor below 0, marginal below 5, good from 10.
pub const SINR_EDGES_DB: [f32; 5] = [-5.0, 0.0, 5.0, 10.0, 20.0];
/// Downlink throughput of sessions of 1 MB or more, kbit/s: the score's ends for p10 are 500 and 8000, for the mean
/// 1000 and 20000; a session below 3000 is poor.
pub const THROUGHPUT_EDGES_KBPS: [f32; 7] = [500.0, 1000.0, 2000.0, 3000.0, 5000.0, 8000.0, 20000.0];
/// Latency, ms.
pub const LATENCY_EDGES_MS: [f32; 3] = [50.0, 100.0, 200.0];

pub const RSRP_BINS: usize = RSRP_EDGES_DBM.len() + 1;
pub const SINR_BINS: usize = SINR_EDGES_DB.len() + 1;
pub const THROUGHPUT_BINS: usize = THROUGHPUT_EDGES_KBPS.len() + 1;
pub const LATENCY_BINS: usize = LATENCY_EDGES_MS.len() + 1;

/// Where the outermost bins are taken to end when a quantile falls into them: the ranges that ingest admits for
/// LTE, and what a home's session may carry or take.
const RSRP_RANGE_DBM: (f32, f32) = (-140.0, -44.0);
const SINR_RANGE_DB: (f32, f32) = (-23.0, 40.0);
const THROUGHPUT_RANGE_KBPS: (f32, f32) = (0.0, 100_000.0);
const LATENCY_RANGE_MS: (f32, f32) = (0.0, 1000.0);

/// The bin of a value; branch-free counting beats a search in arrays this short.
fn bin_of(edges: &[f32], value: f32) -> u8 {
    edges.iter().map(|edge| u8::from(value >= *edge)).sum()
}

/// One home's bins of one ISO week. A full bin stays full: it is then no longer counted, here and in the area alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct WeekBins {
    rsrp: [u16; RSRP_BINS],
    sinr: [u16; SINR_BINS],
    latency: [u16; LATENCY_BINS],
    throughput: [u8; THROUGHPUT_BINS],
}

const _: () = assert!(size_of::<WeekBins>() <= 44);

/// Which bins one probe incremented; the area's sums follow by [`Bins::hit`]. A `None` hit nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BinHits {
    pub rsrp: Option<u8>,
    pub sinr: Option<u8>,
    pub throughput: Option<u8>,
    pub latency: Option<u8>,
}

impl BinHits {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

macro_rules! count {
    ($bins:expr, $edges:expr, $value:expr) => {
        $value.and_then(|value| {
            let bin = bin_of($edges, value);
            let slot = &mut $bins[usize::from(bin)];
            let more = slot.checked_add(1)?;
            *slot = more;
            Some(bin)
        })
    };
}

impl WeekBins {
    pub(super) const COUNTERS: usize = RSRP_BINS + SINR_BINS + LATENCY_BINS + THROUGHPUT_BINS;

    /// Counts what the probe measured; `session_kbps` is its throughput if it is a session that counts.
    #[inline]
    pub(super) fn count(&mut self, p: &Probe, session_kbps: Option<f32>) -> BinHits {
        // A call's delay is not a session's latency.
        let latency_ms = if p.kind == ProbeKind::CallEnd { None } else { p.latency_ms };
        BinHits {
            rsrp: count!(self.rsrp, &RSRP_EDGES_DBM, p.rsrp_dbm),
            sinr: count!(self.sinr, &SINR_EDGES_DB, p.sinr_db),
            throughput: count!(self.throughput, &THROUGHPUT_EDGES_KBPS, session_kbps),
            latency: count!(self.latency, &LATENCY_EDGES_MS, latency_ms),
        }
    }

    /// All bins in one list.
    pub(super) fn counters(&self) -> [u16; Self::COUNTERS] {
        let throughput = self.throughput.map(u16::from);
        let mut all = self.rsrp.iter().chain(&self.sinr).chain(&self.latency).chain(&throughput);
        std::array::from_fn(|_| all.next().copied().unwrap_or(0))
    }

    /// The bins of such a list; one too large for its place is full.
    pub(super) fn of_counters(counters: [u16; Self::COUNTERS]) -> Self {
        let mut bins = Self::default();
        let (rsrp, rest) = counters.split_at(RSRP_BINS);
        let (sinr, rest) = rest.split_at(SINR_BINS);
        let (latency, throughput) = rest.split_at(LATENCY_BINS);
        bins.rsrp.copy_from_slice(rsrp);
        bins.sinr.copy_from_slice(sinr);
        bins.latency.copy_from_slice(latency);
        for (bin, counter) in bins.throughput.iter_mut().zip(throughput) {
            *bin = u8::try_from(*counter).unwrap_or(u8::MAX);
        }
        bins
    }

    /// The week's sessions that count.
    pub(super) fn sessions(&self) -> u32 {
        self.throughput.iter().map(|n| u32::from(*n)).sum()
    }

    /// See [`Bins::throughput_quantile_kbps`].
    pub(super) fn throughput_quantile_kbps(&self, q: f32) -> Option<f32> {
        quantile(&self.throughput.map(u32::from), &THROUGHPUT_EDGES_KBPS, THROUGHPUT_RANGE_KBPS, q)
    }

    pub(super) fn bins(&self) -> Bins {
        Bins {
            rsrp: self.rsrp.map(u32::from),
            sinr: self.sinr.map(u32::from),
            throughput: self.throughput.map(u32::from),
            latency: self.latency.map(u32::from),
        }
    }
}

/// Bins summed over weeks or homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bins {
    pub rsrp: [u32; RSRP_BINS],
    pub sinr: [u32; SINR_BINS],
    pub throughput: [u32; THROUGHPUT_BINS],
    pub latency: [u32; LATENCY_BINS],
}

impl Bins {
    fn zip(&mut self, other: &Self, op: impl Fn(u32, u32) -> u32) {
        let mine = self.rsrp.iter_mut().chain(&mut self.sinr).chain(&mut self.throughput).chain(&mut self.latency);
        let theirs = other.rsrp.iter().chain(&other.sinr).chain(&other.throughput).chain(&other.latency);
        for (a, b) in mine.zip(theirs) {
            *a = op(*a, *b);
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.zip(other, u32::saturating_add);
    }

    /// Takes away what was added before.
    pub fn sub(&mut self, other: &Self) {
        self.zip(other, u32::saturating_sub);
    }

    /// Adds what one probe incremented.
    pub fn hit(&mut self, hits: &BinHits) {
        fn one(bins: &mut [u32], bin: Option<u8>) {
            if let Some(slot) = bin.and_then(|b| bins.get_mut(usize::from(b))) {
                *slot = slot.saturating_add(1);
            }
        }
        one(&mut self.rsrp, hits.rsrp);
        one(&mut self.sinr, hits.sinr);
        one(&mut self.throughput, hits.throughput);
        one(&mut self.latency, hits.latency);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// RSRP below which the share `q` (0..=1) of samples lies, dBm; `None` without samples.
    #[must_use]
    pub fn rsrp_quantile_dbm(&self, q: f32) -> Option<f32> {
        quantile(&self.rsrp, &RSRP_EDGES_DBM, RSRP_RANGE_DBM, q)
    }

    #[must_use]
    pub fn sinr_quantile_db(&self, q: f32) -> Option<f32> {
        quantile(&self.sinr, &SINR_EDGES_DB, SINR_RANGE_DB, q)
    }

    #[must_use]
    pub fn throughput_quantile_kbps(&self, q: f32) -> Option<f32> {
        quantile(&self.throughput, &THROUGHPUT_EDGES_KBPS, THROUGHPUT_RANGE_KBPS, q)
    }

    #[must_use]
    pub fn latency_quantile_ms(&self, q: f32) -> Option<f32> {
        quantile(&self.latency, &LATENCY_EDGES_MS, LATENCY_RANGE_MS, q)
    }

    #[must_use]
    pub fn rsrp_samples(&self) -> u32 {
        total(&self.rsrp)
    }

    #[must_use]
    pub fn sinr_samples(&self) -> u32 {
        total(&self.sinr)
    }

    #[must_use]
    pub fn sessions(&self) -> u32 {
        total(&self.throughput)
    }
}

fn total(bins: &[u32]) -> u32 {
    bins.iter().fold(0, |sum, n| sum.saturating_add(*n))
}

/// The quantile `q` by linear interpolation: with `n` values and rank `r = q·n`, the first bin whose cumulated count
/// reaches `r` holds it, at `lower + (upper − lower)·(r − before)/count`, values being taken as spread evenly.
fn quantile(bins: &[u32], edges: &[f32], range: (f32, f32), q: f32) -> Option<f32> {
    let n = total(bins);
    if n == 0 {
        return None;
    }
    let rank = q.clamp(0.0, 1.0) * n as f32;
    let mut before = 0.0;
    for (i, count) in bins.iter().enumerate().filter(|(_, count)| **count > 0) {
        let count = *count as f32;
        if before + count >= rank {
            let lower = if i == 0 { range.0 } else { edges[i - 1] };
            let upper = edges.get(i).copied().unwrap_or(range.1);
            return Some(lower + (upper - lower) * ((rank - before) / count).clamp(0.0, 1.0));
        }
        before += count;
    }
    // Only rounding of the rank leads here: the largest value.
    Some(range.1)
}
