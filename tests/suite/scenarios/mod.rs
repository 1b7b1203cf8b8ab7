//! The stories of `tests/scenarios`, each told twice: straight through `replay`, and through a crash at every epoch.
//!
//! A story is a folder: README.md says what happened, story.toml (with `*.jsonl` beside it where a story needs odd
//! records) gives the records, expected.txt is the report both tellings must give. What the design demands of a story
//! stands in story.toml under `[must]`, by hand; `HOMEQOS_BLESS=1` re-writes expected.txt, never that.

mod crashing;
mod expand;
mod local;
mod report;
mod story;
mod telling;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::root;
use story::Story;

fn folder() -> PathBuf {
    root().join("tests/scenarios")
}

/// Tells a story twice and compares both with what is expected.
fn tell(name: &str) {
    let story = Story::read(&folder().join(name));
    let told = telling::straight(&story);
    let again = crashing::tell(&story, &told.records);
    same(name, "action", &again.actions, &told.said.actions);
    same(name, "decision", &again.decisions, &told.said.decisions);
    same(name, "view", &again.views, &told.said.views);
    assert_eq!(again.accounts, told.said.accounts, "{name}: accounts, through crashes and straight");
    let report = report::Report::of(&told.said, &story);
    report.check(name, &story.must);
    let path = folder().join(name).join("expected.txt");
    if std::env::var_os("HOMEQOS_BLESS").is_some() {
        std::fs::write(&path, report.text()).expect("expected.txt is written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(report.text(), expected, "{name}: HOMEQOS_BLESS=1 re-writes expected.txt, if it was wrong");
}

/// Both tellings, item by item: the first that differs is shown alone.
fn same(name: &str, what: &str, crashed: &[Value], straight: &[Value]) {
    for (nth, (crashed, straight)) in crashed.iter().zip(straight).enumerate() {
        assert_eq!(crashed, straight, "{name}: {what} {nth}, through crashes and straight");
    }
    let common = crashed.len().min(straight.len());
    let more = crashed[common..].iter().chain(&straight[common..]).next();
    assert_eq!(crashed.len(), straight.len(), "{name}: {what}s through crashes and straight, first {more:#?}");
}

/// One test per folder, and a test that no folder is left out.
macro_rules! stories {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                tell(stringify!($name));
            }
        )*

        #[test]
        fn every_folder_is_a_story_that_is_told() {
            let told: BTreeSet<String> = [$(stringify!($name)),*].map(str::to_owned).into();
            let folders = std::fs::read_dir(folder()).expect("tests/scenarios").flatten();
            let found: BTreeSet<String> = folders
                .filter(|entry| entry.path().is_dir())
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect();
            assert_eq!(found, told);
        }
    };
}

stories! {
    a_cells_ticket_holds_its_homes_while_their_site_comes_under_suspicion
    a_complaint_about_the_bill_is_not_one_about_the_network
    a_detractor_is_heard_where_the_survey_weighs
    a_fault_that_returns_within_a_week_reopens_its_ticket
    a_flat_that_was_bad_before_its_street_keeps_its_own_remedy
    a_holiday_is_no_move
    a_holiday_without_network_is_no_outage_at_home
    a_home_between_two_sites_is_held_by_the_ticket_of_either
    a_night_worker_lives_where_he_sleeps_by_day
    a_phone_that_is_off_at_night_still_has_a_home
    a_pilot_without_crm_writes_tickets_and_no_offers
    a_refused_ticket_is_not_asked_again_for_two_weeks
    a_second_trouble_within_the_cooldown_gets_another_act
    a_street_in_trouble_gets_one_ticket_and_nobody_an_offer
    a_ticket_nobody_answers_escalates_every_three_days_and_a_failed_repair_at_once
    a_weekend_house_is_not_the_home
    a_ticket_keeps_the_homes_that_its_fault_drives_to_another_site
    after_two_offers_nobody_is_asked_again_for_ninety_days
    an_offer_is_withdrawn_when_the_streets_ticket_opens
    duplicates_fold_once_late_data_count_and_reordered_data_land_in_their_day
    homes_of_a_cell_that_turn_poor_together_get_their_ticket
    in_quiet_hours_an_offer_waits_for_the_morning
    interference_that_no_neighbour_shares_waits_a_week
    one_bad_evening_is_no_trouble
    the_night_the_clocks_go_back_is_one_night
    the_night_the_clocks_go_forward_is_one_night
    the_surge_guard_lets_a_few_offers_out_a_day
    vowifi_for_a_poor_flat_while_the_cells_other_homes_are_fine
    what_is_bad_only_at_work_is_not_the_homes
    what_is_repaired_overnight_is_not_offered_for_in_the_morning
    while_offers_are_switched_off_tickets_go_on
    who_is_erased_stays_erased_until_crm_takes_him_in_again
    who_is_held_out_is_decided_about_and_not_asked
    who_moves_is_helped_where_he_lives_now
    who_works_next_door_to_his_home_is_fine_at_home
    without_consent_nobody_is_asked
}
