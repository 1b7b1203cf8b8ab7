//! The town against real data: its radio against traces of a real network, its customers against a real company's.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use homeqos::ingest::Input;
use homeqos::sim::{Town, TownSpec};
use serde_json::Value;

use crate::support::{data, or_skip, traces};

/// RSRP, RSRQ, SINR, CQI and throughput in kbit/s; NaN where one is absent.
type Sample = [f64; 5];
const NAMES: [&str; 5] = ["RSRP", "RSRQ", "SINR", "CQI", "throughput"];
const RSRP: usize = 0;
const RSRQ: usize = 1;
const SINR: usize = 2;
const CQI: usize = 3;
const RATE: usize = 4;
/// Seconds over which a trace of one row a second is averaged where it is compared with sessions of many seconds.
const WINDOW: usize = 10;

/// What real phones on LTE saw while they downloaded as fast as they could, driving; one list per trace, row by row.
fn real() -> Result<Vec<Vec<Sample>>, String> {
    let files = traces::all()?;
    let driven = files.iter().filter(|trace| trace.name.contains("Download/Driving"));
    Ok(driven.map(|trace| rows(&trace.csv)).collect())
}

fn rows(csv: &[u8]) -> Vec<Sample> {
    let mut reader = csv::Reader::from_reader(csv);
    let rows = reader.deserialize::<BTreeMap<String, String>>().filter_map(Result::ok);
    let sample = |row: BTreeMap<String, String>| -> Option<Sample> {
        let value = |name: &str| row.get(name)?.parse::<f64>().ok();
        let all = [value("RSRP")?, value("RSRQ")?, value("SNR")?, value("CQI")?, value("DL_bitrate")?];
        // Sentinels of the traces are no values.
        let sound = (-140.0..-40.0).contains(&all[RSRP]) && all[RSRQ] <= 0.0;
        (row["NetworkMode"] == "LTE" && row["State"] == "D" && sound).then_some(all)
    };
    rows.filter_map(sample).collect()
}

fn windows(traces: &[Vec<Sample>]) -> Vec<Sample> {
    let mean = |rows: &[Sample]| -> Sample {
        std::array::from_fn(|at| rows.iter().map(|row| row[at]).sum::<f64>() / rows.len() as f64)
    };
    traces.iter().flat_map(|trace| trace.chunks_exact(WINDOW)).map(mean).collect()
}

/// A town in which nothing is broken and nobody has a reason to leave but those of the data; large enough that its
/// streets hear several sites.
fn calm_town() -> &'static Town {
    static TOWN: OnceLock<Town> = OnceLock::new();
    let calm = TownSpec { deep_indoor_share: 0.0, broken_device_share: 0.0, faults: Vec::new(), ..TownSpec::default() };
    TOWN.get_or_init(|| Town::build(&TownSpec { customers: 2_000, days: 2, ..calm }))
}

/// All LTE records of the town, and those of them whose handset believes itself outdoors.
fn simulated() -> (Vec<Sample>, Vec<Sample>) {
    let town = calm_town();
    let (mut all, mut outdoors) = (Vec::new(), Vec::new());
    for record in town.records().filter(|record| record.input == Input::Probes) {
        let value: Value = serde_json::from_str(&record.value.expect("a probe")).expect("JSON");
        if value["rat"] != "lte" || value["rsrp_dbm"].is_null() {
            continue;
        }
        let fields = ["rsrp_dbm", "rsrq_db", "sinr_db", "cqi", "dl_kbps"];
        let sample = fields.map(|field| value[field].as_f64().unwrap_or(f64::NAN));
        all.push(sample);
        if value["indoor"] == false {
            outdoors.push(sample);
        }
    }
    (all, outdoors)
}

/// Ranks from 0; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let same = order[from..].iter().take_while(|at| values[**at].total_cmp(&values[order[from]]).is_eq()).count();
        for at in &order[from..from + same] {
            ranks[*at] = from as f64 + (same - 1) as f64 / 2.0;
        }
        from += same;
    }
    ranks
}

/// Spearman's rank correlation of two columns, over the samples that have both.
fn rank_correlation(samples: &[Sample], one: usize, other: usize) -> f64 {
    let both = |s: &&Sample| !s[one].is_nan() && !s[other].is_nan();
    let (a, b): (Vec<f64>, Vec<f64>) = samples.iter().filter(both).map(|s| (s[one], s[other])).unzip();
    let (a, b) = (ranks(&a), ranks(&b));
    let middle = (a.len() as f64 - 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum::<f64>();
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Median of `what` where `by` lies in a range.
fn median_where(samples: &[Sample], by: usize, range: (f64, f64), what: usize) -> f64 {
    let within = |s: &&Sample| s[by] >= range.0 && s[by] < range.1 && !s[what].is_nan();
    let values: Vec<f64> = samples.iter().filter(within).map(|s| s[what]).collect();
    assert!(values.len() >= 20, "{} samples with {} in {range:?}", values.len(), NAMES[by]);
    median(values)
}

/// What is further from the real figure than it may be.
#[derive(Default)]
struct Strangers(Vec<String>);

impl Strangers {
    fn unless(&mut self, alike: bool, what: &str, real: f64, ours: f64) {
        if !alike {
            self.0.push(format!("{what}: {real:.2}, ours {ours:.2}"));
        }
    }
}

#[test]
fn radio_values_hang_together_as_in_real_traces() {
    let traces = or_skip!(real());
    let (town, outdoors) = simulated();
    let (seconds, windows) = (traces.concat(), windows(&traces));
    let mut strange = Strangers::default();
    // Rank correlations within 0.2: of the radio out in the streets, where the traces were taken; of sessions anywhere.
    let pairs = [(RSRP, RSRQ), (RSRP, SINR), (RSRQ, SINR), (SINR, CQI), (SINR, RATE), (CQI, RATE)];
    for (one, other) in pairs {
        let samples = if other == RATE { &town } else { &outdoors };
        let (real, ours) = (rank_correlation(&windows, one, other), rank_correlation(samples, one, other));
        let what = format!("rank correlation of {} and {}", NAMES[one], NAMES[other]);
        strange.unless((real - ours).abs() <= 0.2, &what, real, ours);
    }
    // SINR within 5 dB where RSRQ is alike, CQI within 1.5 where SINR is.
    for at in [-16.0, -14.0, -12.0, -10.0, -8.0] {
        let of = |samples: &[Sample]| median_where(samples, RSRQ, (at - 1.0, at + 1.0), SINR);
        let (real, ours) = (of(&seconds), of(&town));
        strange.unless((real - ours).abs() <= 5.0, &format!("SINR at RSRQ {at}"), real, ours);
    }
    for from in [-5.0, 0.0, 5.0, 10.0, 15.0, 20.0] {
        let of = |samples: &[Sample]| median_where(samples, SINR, (from, from + 5.0), CQI);
        let (real, ours) = (of(&seconds), of(&town));
        strange.unless((real - ours).abs() <= 1.5, &format!("CQI at SINR from {from}"), real, ours);
    }
    // Throughput within a factor of 2.5 where CQI is alike.
    for from in [4.0, 6.0, 8.0, 10.0, 12.0, 14.0] {
        let of = |samples: &[Sample]| median_where(samples, CQI, (from, from + 2.0), RATE);
        let (real, ours) = (of(&seconds), of(&town));
        strange.unless((0.4..=2.5).contains(&(ours / real)), &format!("throughput at CQI from {from}"), real, ours);
    }
    // SINR within 7 dB where RSRP is alike: the town's streets are less crowded than the city of the traces.
    for from in [-110.0, -100.0, -90.0, -80.0] {
        let of = |samples: &[Sample]| median_where(samples, RSRP, (from, from + 10.0), SINR);
        let (real, ours) = (of(&seconds), of(&outdoors));
        strange.unless((real - ours).abs() <= 7.0, &format!("SINR at RSRP from {from}"), real, ours);
    }
    assert!(strange.0.is_empty(), "{:#?}", strange.0);
}

/// One customer: months of tenure, charges over their mean, and the share of such customers who leave in a year.
type Customer = [f64; 3];

fn real_customers() -> Result<Vec<Customer>, String> {
    let path = data("ibm_telco_churn/Telco-Customer-Churn.csv")?;
    let mut reader = csv::Reader::from_path(path).map_err(|error| error.to_string())?;
    let rows: Result<Vec<BTreeMap<String, String>>, _> = reader.deserialize().collect();
    let number = |row: &BTreeMap<String, String>, name: &str| row[name].parse::<f64>().expect("a number");
    let of = |row: &BTreeMap<String, String>| {
        [number(row, "tenure"), number(row, "MonthlyCharges"), f64::from(u8::from(row["Churn"] == "Yes"))]
    };
    Ok(over_the_mean(rows.map_err(|error| error.to_string())?.iter().map(of).collect()))
}

fn simulated_customers() -> Vec<Customer> {
    let rows =
        calm_town().records().take_while(|record| record.ts.is_none()).filter(|record| record.input == Input::Crm);
    let of = |value: Value| ["tenure_months", "arpu_eur", "churn_risk"].map(|f| value[f].as_f64().expect("a number"));
    let rows = rows.map(|record| of(serde_json::from_str(&record.value.expect("a row")).expect("JSON")));
    // The data counts who left at all; a month's risk is a twelfth of it.
    over_the_mean(rows.map(|[tenure, arpu, risk]| [tenure, arpu, risk * 12.0]).collect())
}

fn over_the_mean(mut all: Vec<Customer>) -> Vec<Customer> {
    let mean = all.iter().map(|customer| customer[1]).sum::<f64>() / all.len() as f64;
    for customer in &mut all {
        customer[1] /= mean;
    }
    all
}

fn quantile(all: &[Customer], column: usize, share: f64) -> f64 {
    let mut values: Vec<f64> = all.iter().map(|customer| customer[column]).collect();
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}

#[test]
fn tenure_charges_and_churn_have_the_marginals_of_the_data() {
    let real = or_skip!(real_customers());
    let ours = simulated_customers();
    for share in [0.1, 0.25, 0.5, 0.75, 0.9] {
        let (want, have) = (quantile(&real, 0, share), quantile(&ours, 0, share));
        assert!((want - have).abs() <= 4.0, "tenure at {share}: {want}, ours {have}");
        let (want, have) = (quantile(&real, 1, share), quantile(&ours, 1, share));
        assert!((want - have).abs() <= 0.1, "charges over their mean at {share}: {want:.2}, ours {have:.2}");
    }
    for (from, until) in [(0.0, 6.0), (6.0, 12.0), (12.0, 24.0), (24.0, 48.0), (48.0, 99.0)] {
        let left = |all: &[Customer]| {
            let risks: Vec<f64> = all.iter().filter(|c| c[0] >= from && c[0] < until).map(|c| c[2]).collect();
            risks.iter().sum::<f64>() / risks.len() as f64
        };
        let (want, have) = (left(&real), left(&ours));
        assert!((want - have).abs() <= 0.05, "who left of tenure {from} to {until}: {want:.3}, ours {have:.3}");
    }
}
