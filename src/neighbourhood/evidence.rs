//! What a radio engineer needs to see: indicators of the cause, and those of the neighbours. Pure.

use std::sync::Arc;

use super::causes::CauseSet;
use super::find::newly_degraded;
use super::homes::Homes;
use super::message::TicketEvidence;
use super::row::{AreaRow, Levels};
use super::rules::Rules;
use super::totals::Totals;
use crate::units::{Cause, Day, wilson};

/// Days of an area's sums that evidence looks at.
const DAYS: i32 = 7;

/// An area's own indicators. `None` where nothing was measured.
#[must_use]
pub(super) fn levels(totals: &Totals, today: Day) -> Levels {
    let week = totals.last_days(today, DAYS);
    let calls = week.call_ends + week.call_drops;
    let home_days = f64::from(totals.site.homes) * f64::from(DAYS);
    Levels {
        rsrp_p10_dbm: totals.bins.rsrp_quantile_dbm(0.1),
        sinr_p10_db: totals.bins.sinr_quantile_db(0.1),
        throughput_p10_kbps: totals.bins.throughput_quantile_kbps(0.1),
        mobility_share: (calls > 0).then(|| wilson::share(week.mobility_events.min(calls), calls) as f32),
        no_service_min: (home_days > 0.0).then(|| (f64::from(week.no_service_s) / 60.0 / home_days) as f32),
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => None,
        _ if n % 2 == 1 => Some(values[n / 2]),
        _ => Some(f64::midpoint(values[n / 2 - 1], values[n / 2])),
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

struct Sheet<'a> {
    neighbours: &'a [&'a Arc<AreaRow>],
    lines: Vec<TicketEvidence>,
}

impl Sheet<'_> {
    /// A quantile of the bins: bad when low.
    fn low(
        &mut self,
        name: &'static str,
        unit: &'static str,
        threshold: f64,
        samples: u32,
        of: fn(&Levels) -> Option<f32>,
        own: &Levels,
    ) {
        let Some(observed) = of(own) else { return };
        self.lines.push(TicketEvidence {
            indicator: name,
            statistic: "p10",
            observed: round(f64::from(observed)),
            unit,
            threshold,
            direction: "below",
            window: "P14D",
            samples,
            baseline: self.baseline(of),
        });
    }

    /// A share of a count of the last week: bad when high.
    fn share(&mut self, name: &'static str, statistic: &'static str, hits: u32, of: u32, threshold: f64) {
        if of > 0 {
            let observed = round(wilson::share(hits.min(of), of));
            let (unit, direction, window) = ("1", "above", "P7D");
            self.lines.push(TicketEvidence {
                indicator: name,
                statistic,
                observed,
                unit,
                threshold,
                direction,
                window,
                samples: of,
                baseline: None,
            });
        }
    }

    fn baseline(&self, of: fn(&Levels) -> Option<f32>) -> Option<f64> {
        median(self.neighbours.iter().filter_map(|row| of(&row.levels)).map(f64::from).collect()).map(round)
    }
}

/// The indicators of a cause, the telling one first. Thresholds are those of a poor sample, of a poor session and of
/// the score's ends.
#[must_use]
pub(super) fn evidence(
    cause: Cause,
    totals: &Totals,
    today: Day,
    min_share: f64,
    near: &[&Arc<AreaRow>],
) -> Vec<TicketEvidence> {
    let own = levels(totals, today);
    let week = totals.last_days(today, DAYS);
    let mut sheet = Sheet { neighbours: near, lines: Vec::new() };
    let (rsrp, sinr, sessions) = (totals.bins.rsrp_samples(), totals.bins.sinr_samples(), totals.bins.sessions());
    match cause {
        Cause::Coverage | Cause::Building | Cause::Device => {
            sheet.low("rsrp_dbm", "dBm", -110.0, rsrp, |l| l.rsrp_p10_dbm, &own);
            sheet.share("rsrp_dbm", "share_poor", week.poor_rsrp, week.samples, min_share);
        }
        Cause::Interference => {
            sheet.low("sinr_db", "dB", 0.0, sinr, |l| l.sinr_p10_db, &own);
            sheet.share("sinr_db", "share_poor", week.poor_quality, week.samples, min_share);
            sheet.low("rsrp_dbm", "dBm", -110.0, rsrp, |l| l.rsrp_p10_dbm, &own);
        }
        Cause::Congestion => {
            sheet.low("dl_kbps", "kbit/s", 500.0, sessions, |l| l.throughput_p10_kbps, &own);
            sheet.share("dl_kbps", TicketEvidence::POOR_IN_BUSY_HOURS, week.busy_poor, week.busy_sessions, min_share);
            sheet.share("dl_kbps", "share_poor_quiet_hours", week.quiet_poor, week.quiet_sessions, min_share);
        }
        Cause::Mobility => {
            let calls = week.call_ends + week.call_drops;
            sheet.share("mobility_events", TicketEvidence::PER_CALL, week.mobility_events, calls, 0.1);
            if let Some(line) = sheet.lines.last_mut() {
                line.baseline =
                    median(near.iter().filter_map(|r| r.levels.mobility_share).map(f64::from).collect()).map(round);
            }
            sheet.share("call_drops", "share", week.call_drops, calls, 0.1);
        }
        Cause::Outage => {
            if let Some(minutes) = own.no_service_min {
                let baseline = sheet.baseline(|l| l.no_service_min);
                sheet.lines.push(TicketEvidence {
                    indicator: "no_service_min",
                    statistic: TicketEvidence::PER_HOME_DAY,
                    observed: round(f64::from(minutes)),
                    unit: "min",
                    threshold: 60.0,
                    direction: "above",
                    window: "P7D",
                    samples: totals.site.homes,
                    baseline,
                });
            }
            sheet.share("no_service", "share_of_homes_now", totals.no_service, totals.site.homes, min_share);
        }
    }
    sheet.lines
}

/// That so many homes of a scope came into trouble lately, where it is no chance.
#[must_use]
pub(super) fn newly(homes: &Homes, causes: CauseSet, rules: &Rules) -> Option<TicketEvidence> {
    newly_degraded(homes, causes, rules).then(|| TicketEvidence {
        indicator: "homes_newly_degraded",
        statistic: "share",
        observed: round(wilson::share(homes.fresh(causes), homes.homes)),
        unit: "1",
        threshold: rules.healthy_share(),
        direction: "above",
        window: "P7D",
        samples: homes.homes,
        baseline: None,
    })
}

/// The share of bad among what was sampled, as the cause would show it; `None` where the cause shows elsewhere.
#[must_use]
pub(super) fn bad_share(cause: Cause, sums: &super::days::DaySums) -> Option<(u32, f64)> {
    let pair = match cause {
        Cause::Coverage => (sums.poor_rsrp, sums.samples),
        Cause::Interference => (sums.poor_quality, sums.samples),
        Cause::Congestion => (sums.busy_poor, sums.busy_sessions),
        Cause::Mobility => (sums.mobility_events, sums.call_ends + sums.call_drops),
        Cause::Outage | Cause::Building | Cause::Device => return None,
    };
    (pair.1 > 0).then(|| (pair.1, wilson::share(pair.0.min(pair.1), pair.1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbourhood::DaySums;

    #[test]
    fn interference_shows_sinr_first_against_the_neighbours_median() {
        let mut totals = Totals::default();
        totals.bins.sinr = [50, 30, 10, 5, 5, 0];
        totals.days.insert(Day(10), DaySums { samples: 100, poor_quality: 80, ..DaySums::default() });
        let neighbour = |sinr: f32| {
            let mut row = AreaRow::empty("n");
            row.levels.sinr_p10_db = Some(sinr);
            Arc::new(row)
        };
        let rows = [neighbour(4.0), neighbour(9.0), neighbour(5.8)];
        let lines = evidence(Cause::Interference, &totals, Day(10), 0.3, &rows.iter().collect::<Vec<_>>());
        assert_eq!((lines[0].indicator, lines[0].statistic, lines[0].samples), ("sinr_db", "p10", 100));
        assert!(lines[0].observed < -5.0);
        assert_eq!(lines[0].baseline, Some(5.8));
        assert!((lines[1].observed - 0.8).abs() < 1e-9);
    }

    #[test]
    fn what_was_not_measured_is_not_told() {
        for cause in [Cause::Coverage, Cause::Congestion, Cause::Mobility] {
            assert!(evidence(cause, &Totals::default(), Day(10), 0.3, &[]).is_empty(), "{cause}");
        }
    }
}
