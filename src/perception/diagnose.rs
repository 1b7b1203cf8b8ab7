//! One cause, with its evidence. Pure.
//!
//! First the *symptom*: which of outage, coverage, interference, congestion and mobility the home's own figures show.
//! Then whose it is: where at least `peers_min` homes are seen on the cell and most are fine, a weak signal is the
//! building's, and any symptom is the handset's if its samples elsewhere are poor too. Where the radio turned poor from
//! one day to the next few of them are enough, and it is not the building's: buildings do not change overnight. Where the
//! other homes are not known the symptom is the cause: `coverage` stays `coverage`.

use super::evidence::{Direction, Evidence};
use super::rules::{CauseRules, Rules};
use super::symptoms::{Figures, share};
use crate::qos::{EpisodeKind, Panes, Quality, Rules as QosRules, Window};
use crate::units::Cause;

/// Homes around one (on its cell, or its site), itself among them, and how many of them are fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CellPeers {
    pub homes: u32,
    pub fine: u32,
}

impl CellPeers {
    /// Share of the homes that are fine.
    #[must_use]
    pub fn fine_share(self) -> f32 {
        self.fine as f32 / self.homes.max(1) as f32
    }
}

/// Samples elsewhere that say something after a step.
const STEP_SAMPLES_MIN: u32 = 3;

/// What speaks for the handset, or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Handset {
    /// `(samples, poor)` taken away from home, in working hours and in all others.
    pub elsewhere: [(u32, u32); 2],
    /// The radio at home turned poor from one day to the next; what was heard elsewhere was heard since.
    pub sudden: bool,
    /// The same, or it may be: only one day of it is known. That is no building's doing, and says nothing of the handset.
    pub turned: bool,
}

/// `(samples, poor)` of all pairs together.
fn sum(pairs: impl IntoIterator<Item = (u32, u32)>) -> (u32, u32) {
    pairs.into_iter().fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1))
}

impl Handset {
    /// The pairs that say something.
    fn known(&self, k: &CauseRules) -> impl Iterator<Item = (u32, u32)> {
        let samples_min = k.elsewhere_samples_min;
        self.elsewhere.into_iter().filter(move |(samples, _)| *samples >= samples_min)
    }

    /// Poor at work and in free time alike, as far as either is known.
    fn is_poor_elsewhere(&self, k: &CauseRules) -> bool {
        let mut known = self.known(k).peekable();
        known.peek().is_some() && known.all(|(samples, poor)| share(poor, samples) >= k.elsewhere_share)
    }

    /// After a step few samples tell, since a building cannot have caused it.
    fn is_broken_since(&self, k: &CauseRules) -> bool {
        let (samples, poor) = sum(self.elsewhere);
        self.sudden && samples >= STEP_SAMPLES_MIN && share(poor, samples) >= k.elsewhere_share / 2.0
    }

    fn is_meant(&self, k: &CauseRules) -> bool {
        self.is_poor_elsewhere(k) || self.is_broken_since(k)
    }
}

/// The homes around one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Around {
    /// What `homeqos.areas` says of them.
    pub peers: Option<CellPeers>,
    /// Days by which the home's own trouble is older than a fault that now holds all of them: how they fared before it is
    /// not known any more, but nothing was wrong with them together.
    pub elder_days: Option<u32>,
    /// What the neighbourhood has, where that alone makes the home's trouble a problem.
    pub shared: Option<Cause>,
}

/// What is wrong at a home.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    pub cause: Cause,
    /// What the home's own figures show, whoever's it is: never `building` nor `device`. Counts of an area are by
    /// symptom: if they were by cause, a neighbourhood would be hidden by its own verdict of each home.
    pub symptom: Cause,
    /// There are samples enough to say so to the customer.
    pub is_sure: bool,
    /// The strongest first; never empty.
    pub evidence: Vec<Evidence>,
}

/// The cause of a home's problem; `None` while there is none, or when no figure is out of order.
///
/// The window judged is the one that makes the problem: today + yesterday when they are bad, else 7 days.
#[must_use]
pub fn diagnose(
    q: &Quality,
    panes: &Panes,
    handset: Handset,
    around: Around,
    rules: &Rules,
    qos: &QosRules,
) -> Option<Diagnosis> {
    if !q.problem {
        return None;
    }
    let k = &rules.cause;
    let running = q.running.is_some_and(|episode| episode.kind == EpisodeKind::NoService);
    let (figures, symptom) = judged(q, running, around.shared, k)?;
    let weak = figures.weak_share >= k.radio_share || symptom == Cause::Coverage;
    let device = around.are_fine(k.device_fine_share, k).filter(|_| handset.is_meant(k));
    // Buildings do not change overnight.
    let building = around.are_fine(k.building_fine_share, k).filter(|_| weak && !handset.turned);
    let mut evidence = own_evidence(&figures, symptom, panes, k, qos);
    if !evidence[0].is_beyond() {
        evidence.splice(..0, score(figures.w, q.target));
    }
    let cause = if let Some(others) = device {
        evidence.push(others);
        evidence.extend(handset.evidence(k, q.fortnight().sums.samples));
        Cause::Device
    } else if let Some(others) = building {
        evidence.push(others);
        Cause::Building
    } else {
        symptom
    };
    let is_sure = figures.are_sure(symptom, k, qos);
    Some(Diagnosis { cause, symptom, is_sure, evidence: evidence.into_iter().map(Evidence::rounded).collect() })
}

/// The shortest window that shows a symptom at its threshold, from the one that makes the problem on; else the first
/// that shows any; else what is `shared` with the neighbourhood, which a home may show too faintly for any symptom.
fn judged<'a>(q: &'a Quality, running: bool, shared: Option<Cause>, k: &CauseRules) -> Option<(Figures<'a>, Cause)> {
    let from = usize::from(!q.degraded);
    let mut weaker = None;
    for window in &q.windows[from..] {
        let figures = Figures::of(window, k);
        let Some(symptom) = figures.symptom(running, k) else { continue };
        let reached = figures.severities(k).iter().any(|(cause, severity)| *cause == symptom && *severity >= 1.0);
        if reached || (running && symptom == Cause::Outage) {
            return Some((figures, symptom));
        }
        weaker = weaker.or(Some((figures, symptom)));
    }
    weaker.or_else(|| Some((Figures::of(q.week(), k), shared?)))
}

fn above(
    indicator: &'static str,
    statistic: &'static str,
    observed: f32,
    threshold: f32,
    window: &'static str,
    samples: u32,
) -> Evidence {
    Evidence {
        indicator,
        statistic,
        observed: f64::from(observed),
        unit: "1",
        threshold: f64::from(threshold),
        direction: Direction::Above,
        window,
        samples,
    }
}

impl Around {
    /// The evidence that the others are fine, or were before a fault that holds them all.
    fn are_fine(&self, threshold: f32, k: &CauseRules) -> Option<Evidence> {
        let fine = self.peers.filter(|p| p.homes >= k.peers_min && p.fine_share() >= threshold);
        let told = |p: CellPeers| above("cell_homes", "share_fine", p.fine_share(), threshold, "P14D", p.homes);
        let elder = |days: u32| Evidence {
            unit: "d",
            ..above("own_trouble", "days_before_fault", days as f32, k.elder_days as f32, "P14D", days)
        };
        fine.map(told).or_else(|| self.elder_days.map(elder))
    }
}

impl Handset {
    fn evidence(&self, k: &CauseRules, samples_at_home: u32) -> impl Iterator<Item = Evidence> {
        // The samples that made the case: those that say something, or after a step all there are.
        let ((samples, poor), threshold) = if self.is_poor_elsewhere(k) {
            (sum(self.known(k)), k.elsewhere_share)
        } else {
            (sum(self.elsewhere), k.elsewhere_share / 2.0)
        };
        let elsewhere = above("elsewhere", "share_poor", share(poor, samples), threshold, "P14D", samples);
        let step = self.sudden.then(|| above("sudden_onset", "", 1.0, 1.0, "P14D", samples_at_home));
        std::iter::once(elsewhere).chain(step)
    }
}

/// The score, where it is the score that makes the problem and no single figure.
fn score(w: &Window, target: f32) -> Option<Evidence> {
    let qoe = w.qoe.filter(|qoe| qoe.score < target)?;
    let score = above("qoe", "score", qoe.score, target, w.iso(), w.sums.samples);
    Some(Evidence { direction: Direction::Below, ..score })
}

/// What the home's own figures show for the symptom; never empty.
fn own_evidence(f: &Figures, symptom: Cause, panes: &Panes, k: &CauseRules, qos: &QosRules) -> Vec<Evidence> {
    let (s, window) = (&f.w.sums, f.w.iso());
    let mut found = Vec::with_capacity(4);
    match symptom {
        Cause::Interference => {
            found.push(above("sinr_db", "share_poor", f.quality_share, k.radio_share, window, s.samples));
            found.extend(sinr_p10(panes, qos));
        }
        Cause::Congestion => {
            found.push(above("dl_kbps", "share_poor_busy", f.busy_share, k.congestion_share, window, s.busy_sessions));
            if let Some(quiet) = f.quiet_share {
                found.push(above("dl_kbps", "share_poor_quiet", quiet, k.congestion_share, window, s.quiet_sessions));
            }
            found.extend(throughput_p10(panes, qos));
        }
        Cause::Mobility => {
            let calls = s.calls().max(s.mobility_events);
            found.push(above("mobility_events", "per_call", f.mobility_per_call, k.mobility_share, window, calls));
        }
        Cause::Outage => {
            let mut minutes = above(
                "no_service_minutes",
                "per_day",
                f.outage_minutes_a_day,
                k.outage_minutes_a_day,
                window,
                u32::from(f.w.seen_days),
            );
            minutes.unit = "min";
            found.push(minutes);
        }
        Cause::Coverage | Cause::Building | Cause::Device => {
            found.push(above("rsrp_dbm", "share_poor", f.weak_share, k.radio_share, window, s.samples));
            found.extend(rsrp_p10(panes, qos));
        }
    }
    found
}

/// A 10th percentile of the two weeks of bins, if it lies below its threshold.
fn p10(
    indicator: &'static str,
    unit: &'static str,
    value: Option<f32>,
    threshold: f32,
    samples: u32,
) -> Option<Evidence> {
    let observed = f64::from(value.filter(|v| *v < threshold)?);
    let threshold = f64::from(threshold);
    let direction = Direction::Below;
    Some(Evidence { indicator, statistic: "p10", observed, unit, threshold, direction, window: "P14D", samples })
}

fn rsrp_p10(panes: &Panes, qos: &QosRules) -> Option<Evidence> {
    let bins = panes.bins();
    p10("rsrp_dbm", "dBm", bins.rsrp_quantile_dbm(0.1), qos.grades.poor_rsrp_dbm, bins.rsrp_samples())
}

fn sinr_p10(panes: &Panes, qos: &QosRules) -> Option<Evidence> {
    let bins = panes.bins();
    p10("sinr_db", "dB", bins.sinr_quantile_db(0.1), qos.grades.poor_sinr_db, bins.sinr_samples())
}

fn throughput_p10(panes: &Panes, qos: &QosRules) -> Option<Evidence> {
    let bins = panes.bins();
    p10("dl_kbps", "kbit/s", bins.throughput_quantile_kbps(0.1), qos.session_poor_kbps, bins.sessions())
}
