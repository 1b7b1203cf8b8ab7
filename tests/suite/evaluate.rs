//! The evaluation page, in its short form: one command from a town to the page.

use std::path::Path;
use std::process::Command;

use crate::support::{product, root, scratch, skip};

fn run(arguments: &[&str], folder: &Path) {
    let output = product::command(arguments, folder);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn one_command_writes_the_evaluation_page_with_every_table() {
    let out = scratch::folder("evaluation").join("page.md");
    let mut command = Command::new("python3");
    command.arg("-W").arg("error").arg(root().join("tests/evaluate"));
    command
        .args(["--seeds", "7", "--customers", "60", "--ablation-seeds", "0", "--other-seeds", "0"])
        .args(["--repair-seeds", "0", "--unread-seeds", "", "--homeqos"])
        .arg(product::binary());
    let Ok(run) = command.arg("--out").arg(&out).output() else { skip!("no python3 here") };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let page = std::fs::read_to_string(out).expect("a page");
    assert!(page.contains("1 town(s) of 60 customers, not ten of 5 000"), "a short form says so: {page}");
    for table in ["| measure | mean |", "| kind of person | homeqos |", "| true \\ said |", "| class | how many |"] {
        assert!(page.contains(table), "{table}: {page}");
    }
    assert!(page.contains("at 4 date(s), the end the last"), "{page}");
    assert!(page.contains("| consent violations | 0 | 0 … 0 |"), "{page}");
}

#[test]
fn the_model_of_what_is_felt_is_fitted_to_a_town_and_the_fit_is_a_configuration() {
    let folder = scratch::folder("fit");
    let run = |arguments: &[&str]| run(arguments, &folder);
    run(&["simulate", "--out", "town", "--customers", "80", "--days", "20", "--seed", "7"]);
    run(&["replay", "town", "--actions", "a.jsonl", "--customers", "v.jsonl"]);
    let said = ["--actions", "a.jsonl", "--customers", "v.jsonl"];
    run(&[&["score", "town/truth.json", "--fit", "fit.toml"], &said[..]].concat());
    let text = std::fs::read_to_string(folder.join("fit.toml")).expect("a file");
    let fitted: toml::Table = text.parse().expect("TOML");
    let felt = fitted["perception"]["felt"].as_table().expect("a section");
    assert_eq!(felt.len(), 6, "{text}");
    let shipped = f64::from(homeqos::perception::Coefficients::default().constant);
    assert!((felt["constant"].as_float().expect("a number") - shipped).abs() > 0.001, "nothing was fitted: {text}");
    run(&["replay", "town", "--config", "fit.toml", "--actions", "b.jsonl"]);
}

/// A town without any of the simulator's radio: what is right in it is right by more than having grown up beside it.
#[test]
fn a_town_of_another_make_is_judged_as_well() {
    let folder = scratch::folder("other_town");
    let mut python = Command::new("python3");
    python.arg(root().join("tests/oracle/other_town.py")).arg("town").current_dir(&folder);
    python.args(["--seed", "4", "--customers", "1000", "--days", "24"]);
    let Ok(made) = python.output() else { skip!("no python3 here") };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let run = |arguments: &[&str]| run(arguments, &folder);
    let said = ["--actions", "a.jsonl", "--customers", "v.jsonl"];
    run(&[&["replay", "town", "--set", "decide.holdout_share=0"], &said[..]].concat());
    run(&[&["score", "town/truth.json", "--json", "score.json"], &said[..]].concat());
    let score = std::fs::read_to_string(folder.join("score.json")).expect("a score");
    let score: serde_json::Value = serde_json::from_str(&score).expect("JSON");
    let at = |path: &str| score.pointer(path).and_then(serde_json::Value::as_f64).unwrap_or_else(|| panic!("{path}"));
    for (path, least) in [
        ("/homes/all/right/share", 0.97),
        ("/problems/at_end/settled/f1", 0.95),
        ("/problems/cause_right/share", 0.90),
        ("/problems/scope_right/share", 0.95),
        ("/tickets/recall/share", 0.99),
        ("/tickets/precision/share", 0.90),
        ("/tickets/cause_right/share", 0.90),
        ("/offers/right/share", 0.90),
    ] {
        assert!(at(path) >= least, "{path}: {} of at least {least}", at(path));
    }
    assert_eq!((at("/offers/consent_violations"), at("/duplicates")), (0.0, 0.0));
}
