//! The house's own tests: each rule must find what it is there to find, and must not cry without cause.

use super::rules::{
    forbidden_faults, hidden_absence_faults, import_faults, machine_faults, opening_faults, purity_faults, size_faults,
};
use super::scan::{code_only, functions, imports, uncommented_dependencies};

#[test]
fn an_import_against_the_stream_is_found_in_each_of_its_forms() {
    for bad in [
        "use crate::decide::Policy;",
        "use crate::{units::Day, decide::Policy};",
        "use crate::{\n    units::{Day, Zone},\n    act,\n};",
        "fn f() { crate::pipeline::step(); }",
        "mod a { fn f() -> super::super::super::shell::Worker {} }",
        "use super::super::decide;",
        "use crate::sim::Town;",
    ] {
        assert_eq!(import_faults("src/home/night.rs", bad).len(), 1, "{bad}");
    }
    assert_eq!(import_faults("src/home/mod.rs", "use super::qos;").len(), 1);
    assert_eq!(import_faults("src/sim/town.rs", "use crate::home::Home;").len(), 1);
    assert_eq!(import_faults("src/shell/worker.rs", "use crate::cli;").len(), 1);
}

#[test]
fn an_import_with_the_stream_passes() {
    for good in [
        "use crate::{ingest::{Probe, Cell}, units::Day, home::place};",
        "// crate::decide says why\nconst A: &str = \"crate::shell\";",
        "use super::place;\nmod tests { use super::*; use super::super::place; }",
        "use crate::limits::NIGHTS;",
    ] {
        assert!(import_faults("src/home/night.rs", good).is_empty(), "{good}");
    }
    assert!(import_faults("src/cli/demo.rs", "use crate::{sim::Town, shell, units};").is_empty());
    assert!(import_faults("src/home/mod.rs", "mod tests { use super::*; }").is_empty());
    assert!(import_faults("src/main.rs", "use homeqos::cli;").is_empty());
}

#[test]
fn a_long_file_and_a_long_function_are_found() {
    let long = format!("fn long() {{\n{}}}\nfn short() {{}}\n", "    x();\n".repeat(69));
    let faults = size_faults(&long, 400, 70);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].1.contains("`long` has 71 lines"), "{faults:?}");
    assert_eq!(size_faults(&"\n".repeat(401), 400, 70).len(), 1);
    assert!(size_faults(&long.replacen("    x();\n", "", 1), 400, 70).is_empty());
}

#[test]
fn braces_in_strings_comments_and_characters_do_not_count() {
    let text =
        "fn a<'x>(s: &'x str) { let _ = ('{', \"{\\\"{\", r#\"{\"{\"#, b'{'); /* { /* { */ */ // {\n}\nfn b() {}\n";
    let found = functions(&code_only(text));
    assert_eq!(found, [(1, "a".to_owned(), 2), (3, "b".to_owned(), 1)]);
    assert!(imports("let x = 1;").is_empty());
}

#[test]
fn a_file_that_does_not_say_what_it_is_is_found() {
    assert_eq!(opening_faults("src/home/night.rs", "use std::fmt;").len(), 1);
    assert_eq!(opening_faults("src/home/night.rs", "//! Nights.\n").len(), 1);
    assert_eq!(opening_faults("src/home/night.rs", "//! Nights. Shell.\n").len(), 1);
    assert!(opening_faults("src/home/night.rs", "//! Nights. Pure.\n").is_empty());
    assert!(opening_faults("src/shell/worker.rs", "//! Polls. Shell.\n").is_empty());
    assert!(opening_faults("src/home/mod.rs", "//! Home.\n").is_empty());
}

#[test]
fn a_worldly_pure_file_is_found() {
    assert_eq!(purity_faults("src/home/night.rs", "//! Pure.\nuse std::fs;").len(), 1);
    assert_eq!(purity_faults("src/pipeline.rs", "//! Pure.\nfn f() { println!(); }").len(), 1);
    assert_eq!(purity_faults("src/shell/plan.rs", "//! Pure.\nuse rdkafka::Offset;").len(), 1);
    assert!(purity_faults("src/shell/worker.rs", "//! Shell.\nuse rdkafka::Offset;").is_empty());
    assert!(purity_faults("src/home/night.rs", "//! Pure. No std::fs here.\n").is_empty());
}

#[test]
fn the_forbidden_is_found() {
    let bad = [
        concat!("uns", "afe { x() }"),
        "fn f() { todo!() }",
        "let t = Instant::now();",
        "#[allow(dead_code)]",
        "#[expect(dead_code)]",
        "#[ignore]\nfn f() {}",
    ];
    for text in bad {
        assert_eq!(forbidden_faults("src/home/night.rs", text).len(), 1, "{text}");
    }
    for text in ["#[expect(dead_code, reason = \"later\")]", "#[ignore = \"slow\"]", "// todo!()", "unsafe_code"] {
        assert!(forbidden_faults("src/home/night.rs", text).is_empty(), "{text}");
    }
    assert!(forbidden_faults("src/shell/clock.rs", "SystemTime::now()").is_empty());
}

#[test]
fn a_machine_a_registry_and_a_hidden_absence_are_found() {
    assert_eq!(machine_faults(concat!("see /ho", "me/someone/x")).len(), 1);
    assert_eq!(machine_faults(concat!("from https://repo1.ma", "ven.org/x")).len(), 1);
    assert!(machine_faults("src/home/night.rs and deploy/home/").is_empty());
    assert_eq!(hidden_absence_faults(concat!("sum(x) or vec", "tor(0)")).len(), 1);
    assert!(hidden_absence_faults("sum(x) or sum(y)").is_empty());
}

#[test]
fn a_dependency_without_a_comment_is_found() {
    let manifest = "[dependencies]\n# Errors.\nanyhow = \"1\"\nserde = \"1\"\n[lints.rust]\nx = \"y\"\n";
    let faults = uncommented_dependencies(manifest);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].1.contains("serde"));
}
