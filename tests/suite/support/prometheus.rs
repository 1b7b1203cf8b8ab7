//! A real Prometheus that scrapes the real binary with the rules that are shipped.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::children::Process;
use super::{http, ports, root, scratch, wait_for};

/// One running Prometheus.
#[derive(Debug)]
pub(crate) struct Prometheus {
    port: u16,
    process: Process,
}

/// The path of `prometheus` or `promtool`: the machine's, else what `tests/run` unpacked; the error is a skip's reason.
pub(crate) fn program(name: &str) -> Result<PathBuf, String> {
    let unpacked = root().join("target/prometheus/usr/bin").join(name);
    let installed = Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    if installed {
        Ok(PathBuf::from(name))
    } else if unpacked.exists() {
        Ok(unpacked)
    } else {
        Err(format!("no {name}: `tests/run prepare` fetches Debian's package"))
    }
}

impl Prometheus {
    /// Starts one with `deploy/prometheus/scrape.yaml`, its targets replaced by `targets` and its interval by 1 s.
    pub(crate) fn start(targets: &[u16]) -> Result<Self, String> {
        let program = program("prometheus")?;
        let folder = scratch::folder("prometheus");
        let shipped = root().join("deploy/prometheus");
        std::fs::write(folder.join("scrape.yaml"), config(&shipped.join("scrape.yaml"), targets)).expect("a file");
        std::fs::copy(shipped.join("alerts.yaml"), folder.join("alerts.yaml")).expect("the rules are shipped");
        let mut last = String::new();
        for _ in 0..5 {
            let port = ports::free();
            let args = [
                "--config.file=scrape.yaml".to_owned(),
                "--storage.tsdb.path=data".to_owned(),
                format!("--web.listen-address=127.0.0.1:{port}"),
            ];
            let process = Process::start(&program, &args, &folder, "prometheus").map_err(|e| e.to_string())?;
            let mut started = Self { port, process };
            match started.ready() {
                Ok(()) => return Ok(started),
                Err(words) => last = words,
            }
        }
        panic!("Prometheus does not start; its last words:\n{last}");
    }

    fn ready(&mut self) -> Result<(), String> {
        wait_for("Prometheus", Duration::from_mins(1), || {
            if self.process.ended().is_some() {
                return Some(Err(self.process.last_words()));
            }
            http::get(self.port, "/-/ready").is_ok_and(|(status, _)| status == 200).then_some(Ok(()))
        })
    }

    /// An instant query's result: labels and value of each series. An error of the query panics with its text.
    pub(crate) fn query(&self, expression: &str) -> Vec<(serde_json::Value, f64)> {
        let path = format!("/api/v1/query?query={}", http::encode(expression));
        let (status, body) = http::get(self.port, &path).expect("Prometheus answers");
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert!(status == 200 && answer["status"] == "success", "`{expression}`: {body}");
        let series = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let value = |s: &serde_json::Value| s["value"][1].as_str().and_then(|v| v.parse().ok()).unwrap_or(f64::NAN);
        series.iter().map(|s| (s["metric"].clone(), value(s))).collect()
    }

    /// Rules with their health, as Prometheus has loaded them.
    pub(crate) fn rules(&self) -> Vec<(String, String)> {
        let (_, body) = http::get(self.port, "/api/v1/rules").expect("Prometheus answers");
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let groups = answer["data"]["groups"].as_array().cloned().unwrap_or_default();
        let rules = groups.iter().flat_map(|g| g["rules"].as_array().cloned().unwrap_or_default());
        let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
        rules.map(|rule| (text(&rule["name"]), text(&rule["health"]))).collect()
    }
}

fn config(shipped: &Path, targets: &[u16]) -> String {
    let targets: Vec<_> = targets.iter().map(|port| format!("\"127.0.0.1:{port}\"")).collect();
    let text = std::fs::read_to_string(shipped).expect("deploy/prometheus/scrape.yaml");
    let mut out = String::new();
    for line in text.lines() {
        let (key, indent) = (line.trim_start(), line.len() - line.trim_start().len());
        let line = match key.split(':').next().unwrap_or("") {
            "- targets" => format!("{}- targets: [{}]", " ".repeat(indent), targets.join(", ")),
            "scrape_interval" | "evaluation_interval" | "scrape_timeout" => {
                format!("{}{}: 1s", " ".repeat(indent), key.split(':').next().unwrap_or(""))
            }
            _ => line.to_owned(),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}
