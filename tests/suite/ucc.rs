//! Real traces: what homeqos says of a customer's day at home is what an oracle in another language counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use homeqos::act::{IdKey, Ids};
use homeqos::cli::replay::{Options, Partition, Tally};
use homeqos::decide::Mode;
use homeqos::ingest::{Input, Mapping, MappingFile};
use homeqos::pipeline::{Policy, RuleBook};
use homeqos::units::{Partitioner, Zone};
use serde_json::{Value, json};

use crate::support::ucc::{Trace, Traces};
use crate::support::{or_skip, scratch};

/// The view's day against the oracle's, as `(samples, good, marginal, poor, bins of RSRP)`.
pub(crate) fn compare(trace: &Trace, view: &Value) -> Result<(), String> {
    let (date, told) = trace.day().expect("a trace with one day");
    let window = &view["quality"]["windows"]["today_yesterday"];
    let count = |name: &str| (told[name].as_u64(), window[name].as_u64());
    for name in ["samples", "good", "marginal", "poor"] {
        let (oracle, product) = count(name);
        if oracle != product {
            return Err(format!("{} on {date}: {name}: oracle {oracle:?}, homeqos {product:?}", trace.customer));
        }
    }
    let bins = &view["quality"]["rsrp_dbm"]["samples"];
    if &told["rsrp"] != bins {
        return Err(format!("{} on {date}: RSRP bins: oracle {}, homeqos {bins}", trace.customer, told["rsrp"]));
    }
    Ok(())
}

/// Writes the folder of a replay with these traces.
fn write_folder(folder: &Path, all: &Traces, chosen: &[&Trace]) {
    let (mut probes, mut crm) = (String::new(), String::new());
    for trace in chosen {
        for row in &trace.rows {
            let _ = writeln!(probes, "{}", json!({"key": trace.customer, "value": row}));
        }
        let _ = writeln!(crm, "{}", all.crm[&trace.customer]);
    }
    std::fs::write(folder.join("probes.jsonl"), probes).unwrap();
    std::fs::write(folder.join("crm.jsonl"), crm).unwrap();
}

/// Replays these traces and returns the views by customer, and what became of the probes.
fn replay(all: &Traces, chosen: &[&Trace]) -> (BTreeMap<String, Value>, Tally) {
    let folder = scratch::folder("ucc-replay");
    write_folder(&folder, all, chosen);
    let text = std::fs::read_to_string(all.mapping(&folder)).unwrap();
    let mapping = Mapping::new(&MappingFile::parse(&text).unwrap()).unwrap();
    let views = folder.join("views.jsonl");
    let options = Options {
        dir: folder,
        actions: None,
        customers: Some(views.clone()),
        decisions: None,
        dead_letters: None,
        partition: Partition { partitioner: Partitioner::Murmur2, lanes: 4 },
        until: None,
        views_at: Vec::new(),
        mode: Mode::default(),
        offers_topic: "cem.actions".to_owned(),
        tickets_topic: "cem.actions".to_owned(),
    };
    let ids = Ids::new(IdKey::new([0x5a; 32]));
    let policy = Policy::new("ucc", Zone::named("Europe/Dublin").unwrap(), RuleBook::default(), ids);
    let of = |input| if input == Input::Probes { mapping.clone() } else { Mapping::identity() };
    let summary = homeqos::cli::replay::replay(&options, policy, of).unwrap();
    let views = std::fs::read_to_string(views).unwrap();
    let views = views.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let views = views.map(|view| (view["customer_id"].as_str().unwrap().to_owned(), view)).collect();
    (views, summary.tallies.0[&Input::Probes].clone())
}

#[test]
fn replay_counts_each_static_trace_s_day_at_home_as_the_oracle_does() {
    let all = or_skip!(Traces::load());
    let dates: BTreeSet<_> = all.traces.iter().filter_map(|t| t.day().map(|(date, _)| date.to_owned())).collect();
    let (mut compared, mut wrong) = (0, String::new());
    for date in dates {
        let on_date = |t: &&Trace| t.rows[0].starts_with(&date.replace('-', "."));
        let chosen: Vec<_> = all.traces.iter().filter(on_date).collect();
        let (views, _) = replay(all, &chosen);
        for trace in chosen.into_iter().filter(|t| t.day().is_some()) {
            let view = &views[&trace.customer];
            assert_eq!(view["home"]["status"], "declared", "{view}");
            compared += 1;
            if let Err(difference) = compare(trace, view) {
                let _ = writeln!(wrong, "{difference}");
            }
        }
    }
    assert!(compared >= 10, "only {compared} traces were served by one cell");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn replay_accounts_for_every_row_of_every_trace() {
    let all = or_skip!(Traces::load());
    let (views, tally) = replay(all, &all.traces.iter().collect::<Vec<_>>());
    assert_eq!(views.len(), all.traces.len());
    assert_eq!(tally.consumed, all.sum("rows"));
    assert_eq!((tally.folded, tally.duplicate), (all.sum("folded"), all.sum("duplicate")));
    let rejected = tally.rejected.iter().map(|(code, count)| (code.as_str().to_owned(), *count)).collect();
    assert_eq!(all.rejected(), rejected);
    assert_eq!(tally.late + tally.control + tally.forwarded + tally.erased, 0);
}
