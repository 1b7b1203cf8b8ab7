//! The UCC 5G traces as a town of 83 customers: one trace each, an address in its middle, a CRM row from the churn data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::traces::ARCHIVE;
use super::{data, root};

const CHURN: &str = "ibm_telco_churn/Telco-Customer-Churn.csv";

/// One trace.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) customer: String,
    /// Rows as they stand in the file, without the header.
    pub(crate) rows: Vec<String>,
    /// What the oracle says of it.
    pub(crate) told: Value,
}

impl Trace {
    /// The one local date on which a trace in one cell was taken, with what the oracle counted; `None` for others.
    pub(crate) fn day(&self) -> Option<(&str, &Value)> {
        let days = self.told["days"].as_object().filter(|days| self.told["static"] == true && days.len() == 1)?;
        days.iter().next().map(|(date, day)| (date.as_str(), day))
    }
}

/// All traces, in the order of their first timestamps.
#[expect(clippy::struct_field_names, reason = "the traces of the traces")]
#[derive(Debug)]
pub(crate) struct Traces {
    pub(crate) header: String,
    pub(crate) traces: Vec<Trace>,
    /// CRM rows by customer.
    pub(crate) crm: BTreeMap<String, Value>,
}

impl Traces {
    /// Unzipped and judged by the oracle once per test process; the error is a skip's reason.
    pub(crate) fn load() -> Result<&'static Self, String> {
        static LOADED: OnceLock<Result<Traces, String>> = OnceLock::new();
        LOADED.get_or_init(Self::read).as_ref().map_err(Clone::clone)
    }

    fn read() -> Result<Self, String> {
        let (archive, churn) = (data(ARCHIVE)?, data(CHURN)?);
        let told = python(&[root().join("tests/oracle/ucc_panes.py"), archive])?;
        let told: Value = serde_json::from_str(&told).map_err(|e| format!("the oracle's JSON: {e}"))?;
        let (mut header, mut traces) = (String::new(), Vec::new());
        for (one, file) in told["traces"].as_array().expect("traces").iter().zip(super::traces::all()?) {
            assert_eq!(one["file"], file.name, "the oracle and we number the traces alike");
            let text = String::from_utf8(file.csv).map_err(|e| format!("{}: {e}", file.name))?;
            let mut lines = text.lines().map(str::to_owned);
            header = lines.next().expect("a header row");
            let customer = one["customer"].as_str().expect("a customer").to_owned();
            traces.push(Trace { customer, rows: lines.filter(|l| !l.is_empty()).collect(), told: one.clone() });
        }
        let crm = crm(&churn, &traces)?;
        Ok(Self { header, traces, crm })
    }

    /// The shipped mapping for a topic, which has no header row to tell the columns.
    pub(crate) fn mapping(&self, folder: &Path) -> PathBuf {
        let shipped = std::fs::read_to_string(root().join("config/mappings/ucc-gnettrack.toml")).expect("shipped");
        let columns: Vec<&str> = self.header.split(',').collect();
        let format = "format = \"csv\"\n";
        assert!(shipped.contains(format), "the shipped mapping reads CSV");
        let path = folder.join("ucc-topic.toml");
        let text = shipped.replacen(format, &format!("{format}columns = {columns:?}\n"), 1);
        std::fs::write(&path, text).expect("a mapping file");
        path
    }

    /// A sum over all traces of a number that the oracle tells.
    pub(crate) fn sum(&self, number: &str) -> u64 {
        self.traces.iter().filter_map(|t| t.told[number].as_u64()).sum()
    }

    /// Rejected rows by reason, over all traces.
    pub(crate) fn rejected(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for (reason, count) in self.traces.iter().filter_map(|t| t.told["rejected"].as_object()).flatten() {
            *sums.entry(reason.clone()).or_default() += count.as_u64().expect("a count");
        }
        sums
    }
}

/// Runs Python; the error is its own words.
fn python(args: &[PathBuf]) -> Result<String, String> {
    let run = Command::new("python3").args(args).output().map_err(|_| "no python3 here".to_owned())?;
    if run.status.success() {
        return Ok(String::from_utf8_lossy(&run.stdout).into_owned());
    }
    panic!("python3 {args:?}: {}", String::from_utf8_lossy(&run.stderr));
}

/// A CRM row for each trace from the churn data, in its order. The risk of leaving is the share of those with the same
/// contract who left.
fn crm(churn: &Path, traces: &[Trace]) -> Result<BTreeMap<String, Value>, String> {
    let rows: Result<Vec<BTreeMap<String, String>>, _> =
        csv::Reader::from_path(churn).and_then(|mut reader| reader.deserialize().collect());
    let rows = rows.map_err(|e| e.to_string())?;
    let mut left: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for row in &rows {
        let (gone, all) = left.entry(&row["Contract"]).or_default();
        *gone += f64::from(u8::from(row["Churn"] == "Yes"));
        *all += 1.0;
    }
    let made = traces.iter().zip(&rows).map(|(trace, row)| {
        let (gone, all) = left[row["Contract"].as_str()];
        let value = json!({
            "customer_id": trace.customer,
            "churn_risk": gone / all,
            "arpu_eur": row["MonthlyCharges"].parse::<f64>().unwrap_or(20.0),
            "tenure_months": row["tenure"].parse::<u32>().unwrap_or(0),
            "consent": {"network_care": true, "marketing": row["PaperlessBilling"] == "Yes", "location": true},
            "channel_preference": if row["PaperlessBilling"] == "Yes" { "app" } else { "letter" },
            "has_fixed_broadband": row["InternetService"] != "No",
            "home_lat": trace.told["home"]["lat"],
            "home_lon": trace.told["home"]["lon"],
        });
        (trace.customer.clone(), value)
    });
    Ok(made.collect())
}
