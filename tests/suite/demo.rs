//! `homeqos demo`: the first thing a new user runs.

use std::collections::BTreeSet;

use crate::support::product::command;
use crate::support::scratch;

/// What a seed's demo prints, and the sums it ends with.
fn told(seed: &str) -> (String, Vec<u64>) {
    let folder = scratch::folder("demo");
    let output = command(&["demo", "--seed", seed, "--customers", "150", "--days", "14"], &folder);
    let (story, progress) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{progress}");
    for stream in [&story, &progress] {
        assert!(!stream.contains(['\r', '\u{1b}']), "no bar and no colour where nobody looks: {stream:?}");
    }
    let account = story.lines().last().unwrap_or_default();
    let numbers = account.split(' ').filter_map(|word| word.parse().ok()).collect();
    (story, numbers)
}

#[test]
fn the_demo_ends_by_itself_accounts_for_every_record_and_tells_another_story_of_another_seed() {
    let stories = ["1", "2"].map(told);
    for (story, numbers) in &stories {
        let headings: Vec<&str> = story.lines().filter(|line| line.contains('?') && !line.starts_with(' ')).collect();
        assert_eq!(headings.len(), 5, "{headings:?}");
        let confirmed = story.lines().find_map(|line| line.trim().strip_prefix("confirmed")).expect("homes are found");
        let found: u32 = confirmed.split_whitespace().next().unwrap().parse().unwrap();
        assert!(found > 100, "{found} of 150 homes are confirmed after 14 days");
        let (consumed, kinds) = numbers.split_first().expect("an account");
        assert!(*consumed > 10_000 && kinds.len() == 7, "{numbers:?}");
        assert_eq!(*consumed, kinds.iter().sum::<u64>());
        assert!(story.contains("truth: "), "{story}");
    }
    let [one, other] = stories.each_ref().map(|(story, _)| story.lines().collect::<BTreeSet<_>>());
    assert!(one.intersection(&other).count() * 2 < one.len(), "two towns, one story");
}
