//! The file that ships is complete and says the defaults. Pure.

use std::collections::BTreeSet;

use super::{Sources, Written};

const SHIPPED: &str = include_str!("../../config/homeqos.toml");

fn keys(table: &toml::Table, prefix: &str, into: &mut BTreeSet<String>) {
    for (name, value) in table {
        let path = format!("{prefix}{name}");
        if let toml::Value::Table(inner) = value {
            keys(inner, &format!("{path}."), into);
        }
        into.insert(path);
    }
}

#[test]
fn the_shipped_file_equals_the_defaults() {
    let shipped = Sources::of_text("homeqos.toml", SHIPPED, vec![]).written().unwrap();
    assert_eq!(shipped, Written::default());
}

#[test]
fn the_shipped_file_has_every_key() {
    let (mut there, mut needed) = (BTreeSet::new(), BTreeSet::new());
    keys(&toml::from_str(SHIPPED).unwrap(), "", &mut there);
    keys(&toml::Table::try_from(Written::default()).unwrap(), "", &mut needed);
    assert_eq!(needed.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_key_of_the_shipped_file_has_a_comment_above_it() {
    let mut explained = false;
    for (n, line) in SHIPPED.lines().enumerate() {
        let line = line.trim();
        match line.chars().next() {
            Some('#') => explained = true,
            // Keys that follow one another share the comment above the first.
            Some('[') | None => explained = explained && line.starts_with('['),
            Some(_) => assert!(explained, "line {}: {line}", n + 1),
        }
    }
}
