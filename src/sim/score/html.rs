//! A score as a page that opens without a network: the table, and plots as inline SVG. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Score;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#1b2430}\
    pre{background:#f4f6f8;padding:1em;overflow:auto}svg{max-width:100%}text{font-size:12px;fill:#1b2430}\
    .axis{stroke:#8a97a6;stroke-width:1;fill:none}.bar{fill:#2f6fb3}.goal{stroke:#b3432f;stroke-dasharray:4 3}\
    .line{stroke:#2f6fb3;stroke-width:2;fill:none}.dot{fill:#2f6fb3}";

/// Side of the square plots, pixels.
const SIDE: f64 = 280.0;
/// Room for words at the left of bars and tables.
const LEFT: f64 = 170.0;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A bar of 0 to 1 for each name, with a dashed line at what is to be reached.
fn bars(rows: &[(String, Option<f64>)], goal: f64) -> String {
    let height = 24.0 * rows.len() as f64 + 8.0;
    let mut svg = format!("<svg viewBox='0 0 {} {height}' width='{}' role='img'>", LEFT + 380.0, LEFT + 380.0);
    for (i, (name, value)) in rows.iter().enumerate() {
        let y = 24.0 * i as f64 + 4.0;
        let shown = value.map_or("-".to_owned(), |value| format!("{:.1} %", value * 100.0));
        let width = value.unwrap_or(0.0) * 300.0;
        let _ = write!(
            svg,
            "<text x='{}' y='{}' text-anchor='end'>{}</text><rect class='bar' x='{LEFT}' y='{y}' width='{width:.1}' \
             height='16'/><text x='{}' y='{}'>{shown}</text>",
            LEFT - 8.0,
            y + 13.0,
            escaped(name),
            LEFT + width + 6.0,
            y + 13.0
        );
    }
    let x = LEFT + goal * 300.0;
    let _ = write!(svg, "<line class='goal' x1='{x}' y1='0' x2='{x}' y2='{height}'/></svg>");
    svg
}

/// Points of the unit square joined by a line; the diagonal is what a perfect curve would be, where that is asked.
fn curve(points: &[(f64, f64)], diagonal: bool) -> String {
    let at = |(x, y): (f64, f64)| (30.0 + x * SIDE, 10.0 + (1.0 - y) * SIDE);
    let bottom = SIDE + 10.0;
    let mut svg = format!(
        "<svg viewBox='0 0 {0} {1}' width='{0}' role='img'><path class='axis' d='M30 10V{bottom}H{2}'/>\
         <text x='4' y='16'>1</text><text x='4' y='{bottom}'>0</text>",
        SIDE + 50.0,
        SIDE + 30.0,
        SIDE + 30.0
    );
    if diagonal {
        let _ = write!(svg, "<line class='goal' x1='30' y1='{bottom}' x2='{}' y2='10'/>", SIDE + 30.0);
    }
    let placed: Vec<(f64, f64)> = points.iter().copied().map(at).collect();
    let path: Vec<String> = placed.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = write!(svg, "<polyline class='line' points='{}'/>", path.join(" "));
    for (x, y) in placed {
        let _ = write!(svg, "<circle class='dot' cx='{x:.1}' cy='{y:.1}' r='4'/>");
    }
    svg + "</svg>"
}

/// True causes down, said causes across; the darker, the larger its part of the row.
fn heat(rows: &BTreeMap<String, BTreeMap<String, u64>>) -> String {
    let mut said: Vec<&String> = rows.values().flat_map(BTreeMap::keys).collect();
    said.sort();
    said.dedup();
    let (width, height) = (LEFT + 100.0 * said.len() as f64, 26.0 * rows.len() as f64 + 26.0);
    let mut svg = format!("<svg viewBox='0 0 {width} {height}' width='{width}' role='img'>");
    for (column, word) in said.iter().enumerate() {
        let x = LEFT + 100.0 * column as f64 + 50.0;
        let _ = write!(svg, "<text x='{x}' y='16' text-anchor='middle'>{}</text>", escaped(word));
    }
    for (line, (cause, row)) in rows.iter().enumerate() {
        let y = 26.0 * line as f64 + 26.0;
        let of = row.values().sum::<u64>().max(1) as f64;
        let _ = write!(svg, "<text x='{}' y='{}' text-anchor='end'>{}</text>", LEFT - 8.0, y + 17.0, escaped(cause));
        for (column, word) in said.iter().enumerate() {
            let count = row.get(*word).copied().unwrap_or(0);
            let (x, part) = (LEFT + 100.0 * column as f64, count as f64 / of);
            let _ = write!(
                svg,
                "<rect x='{x}' y='{y}' width='98' height='24' fill='#2f6fb3' fill-opacity='{part:.2}'/>\
                 <text x='{}' y='{}' text-anchor='middle'>{count}</text>",
                x + 49.0,
                y + 17.0
            );
        }
    }
    svg + "</svg>"
}

impl Score {
    /// The whole page.
    #[must_use]
    pub fn html(&self) -> String {
        let kinds: Vec<(String, Option<f64>)> =
            self.homes.by_kind.iter().map(|(kind, of)| (kind.clone(), of.right.value())).collect();
        let causes: Vec<(String, Option<f64>)> =
            self.problems.found_by_cause.iter().map(|(cause, share)| (cause.clone(), share.value())).collect();
        let felt: Vec<(f64, f64)> = self.felt.all.curve.iter().filter_map(|bin| bin.said.zip(bin.came_true)).collect();
        let dates = self.problems.at_dates.len().saturating_sub(1).max(1) as f64;
        let over_time = self.problems.at_dates.iter().enumerate();
        let over_time: Vec<(f64, f64)> =
            over_time.filter_map(|(i, date)| Some((i as f64 / dates, date.settled.f1()?))).collect();
        let mut errors: BTreeMap<&str, usize> = BTreeMap::new();
        for case in &self.cases {
            *errors.entry(&case.class).or_default() += 1;
        }
        let errors: String = errors.iter().fold(String::new(), |mut out, (class, count)| {
            let _ = writeln!(out, "{count:>7}  {class}");
            out
        });
        format!(
            "<!doctype html><html lang='en'><meta charset='utf-8'><title>homeqos: score</title><style>{STYLE}</style>\
             <h1>How often homeqos is right</h1><pre>{}</pre><h2>Home right, by kind of person</h2>{}\
             <h2>Problems seen, by true cause</h2>{}<h2>True cause (down) and said cause (across)</h2>{}\
             <h2>F1 of problems from the first date to the end</h2>{}\
             <h2>Felt: what was said (across) and how often it came true</h2>{}<h2>Errors by class</h2><pre>{}</pre></html>\n",
            escaped(&self.table()),
            bars(&kinds, 0.9),
            bars(&causes, 0.95),
            heat(&self.problems.confusion),
            curve(&over_time, false),
            curve(&felt, true),
            escaped(&errors),
        )
    }
}
