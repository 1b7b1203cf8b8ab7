//! A story's records as the files that `replay` reads.

use std::collections::BTreeMap;
use std::path::Path;

use homeqos::ingest::Input;
use homeqos::units::Millis;
use serde_json::{Value, json};

use super::local::Local;
use super::story::{Story, ids};

/// Lines by input, each with its time of arrival; `None`: before everything.
type Lines = BTreeMap<Input, Vec<(Option<Millis>, String)>>;

/// An outcome whose action is known by now.
#[derive(Debug, Clone)]
pub(super) struct KnownOutcome {
    pub(super) key: String,
    pub(super) action_id: String,
    pub(super) at: Millis,
    pub(super) status: String,
}

/// Writes the files of a story into `folder`.
pub(super) fn write(story: &Story, outcomes: &[KnownOutcome], folder: &Path) {
    let (local, mut lines) = (Local::of(&story.zone), Lines::new());
    cells(story, &mut lines);
    crm(story, &local, &mut lines);
    probes(story, &local, &mut lines);
    singles(story, &local, &mut lines);
    for outcome in outcomes {
        let value = json!({"action_id": outcome.action_id, "ts": outcome.at.0, "status": outcome.status});
        push(&mut lines, Input::Outcomes, Some(outcome.at), &json!({"key": outcome.key, "value": value}));
    }
    for &input in Input::ALL {
        let name = format!("{}.jsonl", input.as_str());
        let beside = std::fs::read_to_string(story.folder.join(&name)).unwrap_or_default();
        let all = lines.entry(input).or_default();
        all.extend(beside.lines().filter(|line| !line.is_empty()).map(|line| (time_of(line), line.to_owned())));
        all.sort_by_key(|(at, _)| *at);
        let lines: Vec<&str> = all.iter().map(|(_, line)| line.as_str()).collect();
        std::fs::write(folder.join(name), lines.join("\n")).expect("a file of records");
    }
}

fn push(lines: &mut Lines, input: Input, at: Option<Millis>, line: &Value) {
    lines.entry(input).or_default().push((at, line.to_string()));
}

/// When a hand-written line arrives: its wrapper's time, else its own.
fn time_of(line: &str) -> Option<Millis> {
    let value: Value = serde_json::from_str(line).ok()?;
    let ts = value.get("ts").or_else(|| value.get("value")?.get("ts"))?;
    let parsed = ts.as_str().map(|text| text.parse::<jiff::Timestamp>().expect("RFC 3339").as_millisecond());
    parsed.or(ts.as_i64()).map(Millis)
}

fn cells(story: &Story, lines: &mut Lines) {
    for (id, fields) in &story.cells {
        let mut value = json!(fields);
        value["cell_id"] = json!(id);
        push(lines, Input::Cells, None, &value);
    }
}

fn crm(story: &Story, local: &Local, lines: &mut Lines) {
    for rows in &story.crm {
        let at = rows.at.as_ref().map(|at| local.instant(at));
        for id in ids(&rows.who) {
            let value = rows.value.as_ref().map(|value| {
                let mut value = json!(story.fields(value));
                value["customer_id"] = json!(id);
                value
            });
            let line = json!({"key": id, "ts": at.map(|at| at.0), "value": value});
            push(lines, Input::Crm, at, &line);
        }
    }
}

fn probes(story: &Story, local: &Local, lines: &mut Lines) {
    for pace in &story.probes {
        let wanted = |day: &jiff::civil::Date| {
            let name = day.strftime("%a").to_string().to_lowercase();
            pace.weekdays.as_ref().is_none_or(|days| days.contains(&name))
        };
        let fields = json!(story.fields(&pace.value));
        let who = ids(&pace.who);
        for day in Local::days(&pace.days).into_iter().filter(wanted) {
            for at in local.every(day, &pace.hours, pace.every) {
                for (nth, id) in who.iter().enumerate() {
                    let at = at.plus((nth as i64 % pace.every) * Millis::MINUTE);
                    let arrives = at.plus(pace.arrives_after_hours * Millis::HOUR);
                    let line = json!({"key": id, "ts": arrives.0, "value": record(id, at, fields.clone())});
                    push(lines, Input::Probes, Some(arrives), &line);
                }
            }
        }
    }
}

fn singles(story: &Story, local: &Local, lines: &mut Lines) {
    for single in &story.record {
        let input = Input::ALL.iter().find(|input| input.as_str() == single.input);
        let input = *input.unwrap_or_else(|| panic!("no input `{}`", single.input));
        let at = local.instant(&single.at);
        let arrives = single.arrives.as_ref().map(|at| local.instant(at));
        let fields = json!(story.fields(&single.value));
        for id in ids(&single.who) {
            let value = record(&id, at, fields.clone());
            let line = arrives.map(|ts| json!({"key": id, "ts": ts.0, "value": value}));
            push(lines, input, Some(arrives.unwrap_or(at)), &line.unwrap_or(value));
        }
    }
}

fn record(id: &str, at: Millis, mut fields: Value) -> Value {
    fields["customer_id"] = json!(id);
    fields["ts"] = json!(at.0);
    fields
}
