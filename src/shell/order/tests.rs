//! What folds when, of records buffered by hand.

use super::*;

fn merge() -> Merge<u32> {
    Merge::new(None, None, false)
}

fn ended(merge: &mut Merge<u32>, inputs: impl IntoIterator<Item = Input>) {
    inputs.into_iter().for_each(|input| merge.ended(input));
}

fn folded(merge: &mut Merge<u32>) -> Vec<u32> {
    std::iter::from_fn(|| merge.pop().map(|next| next.item)).collect()
}

#[test]
fn nothing_folds_while_an_input_behind_its_end_has_nothing_buffered() {
    let mut merge = merge();
    merge.put(Input::Probes, Some(Millis(10)), 1);
    assert_eq!(merge.pop(), None);
    ended(&mut merge, [Input::Crm, Input::Outcomes, Input::Surveys]);
    assert_eq!(merge.pop(), None);
    merge.put(Input::Contacts, Some(Millis(5)), 2);
    assert_eq!(merge.pop().unwrap().item, 2);
    assert_eq!(merge.pop(), None);
    merge.ended(Input::Contacts);
    assert_eq!(merge.pop().unwrap().item, 1);
    assert!(!merge.idle());
    merge.ended(Input::Probes);
    assert!(merge.idle());
}

#[test]
fn the_smallest_time_folds_first_and_ties_fold_in_the_fixed_order() {
    let mut merge = merge();
    for (at, input) in Input::KEYED.into_iter().rev().enumerate() {
        merge.put(input, Some(Millis(7)), at as u32);
    }
    let mut order = Vec::new();
    while let Some(next) = merge.pop() {
        merge.ended(next.input);
        order.push(next.input);
    }
    assert_eq!(order, Input::KEYED);
}

#[test]
fn a_record_never_overtakes_its_own_partition() {
    let mut merge = merge();
    ended(&mut merge, [Input::Crm, Input::Outcomes, Input::Surveys]);
    merge.put(Input::Probes, Some(Millis(100)), 1);
    merge.put(Input::Contacts, Some(Millis(50)), 2);
    assert_eq!(merge.pop().unwrap().item, 2);
    // Older than the probe, but behind a contact of time 50 only: it still folds before the probe.
    merge.put(Input::Contacts, Some(Millis(20)), 3);
    assert_eq!(merge.pop().unwrap().item, 3);
    merge.put(Input::Contacts, Some(Millis(120)), 4);
    assert_eq!(merge.pop().unwrap().item, 1);
    merge.put(Input::Probes, Some(Millis(90)), 5);
    assert_eq!(merge.pop().unwrap().item, 5);
}

#[test]
fn crm_rows_fold_before_all_else_until_their_end_at_a_cold_start() {
    let mut merge: Merge<u32> = Merge::new(None, None, true);
    merge.put(Input::Probes, Some(Millis(1)), 1);
    ended(&mut merge, [Input::Outcomes, Input::Surveys, Input::Contacts]);
    assert_eq!(merge.pop(), None);
    merge.put(Input::Crm, Some(Millis(9_000)), 2);
    assert_eq!(merge.pop().unwrap().item, 2);
    assert_eq!(merge.pop(), None);
    merge.ended(Input::Crm);
    assert_eq!(merge.pop().unwrap().item, 1);
    assert!(!merge.crm_first());
}

#[test]
fn what_lies_beyond_the_bound_waits_for_it_to_move() {
    let mut merge = merge();
    ended(&mut merge, [Input::Crm, Input::Outcomes, Input::Surveys]);
    merge.put(Input::Probes, Some(Millis(7)), 1);
    merge.hold_beyond(Millis(6));
    assert_eq!(merge.next_place(), None, "a contact may come before it");
    ended(&mut merge, [Input::Contacts]);
    assert_eq!(merge.next_place(), Some(Millis(7)), "where it goes on, held or not");
    assert_eq!(merge.pop(), None);
    assert!(merge.is_held());
    merge.hold_beyond(Millis(7));
    assert!(!merge.is_held());
    assert_eq!(folded(&mut merge), [1]);
}

#[test]
fn a_record_that_leaps_ahead_of_the_clock_is_told_while_another_input_may_have_news() {
    let mut merge: Merge<u32> = Merge::new(None, None, false);
    let all = [Input::Crm, Input::Outcomes, Input::Surveys, Input::Contacts, Input::Probes];
    ended(&mut merge, all);
    assert!(!merge.leaps(Some(Millis(0))), "nothing is buffered");
    merge.put(Input::Contacts, Some(Millis(2 * Millis::MINUTE)), 1);
    assert!(merge.leaps(Some(Millis(0))) && merge.leaps(None));
    assert!(!merge.leaps(Some(Millis(Millis::MINUTE))));
    for input in [Input::Crm, Input::Outcomes, Input::Surveys, Input::Probes] {
        merge.put(input, Some(Millis(3 * Millis::MINUTE)), 2);
    }
    assert!(!merge.leaps(Some(Millis(0))), "every input has been heard");
}

fn doubting() -> Merge<u32> {
    let mut merge = Merge::new(Some(Millis::DAY), None, false);
    ended(&mut merge, [Input::Crm, Input::Outcomes, Input::Surveys, Input::Contacts]);
    merge
}

#[test]
fn a_record_more_than_a_day_ahead_of_both_neighbours_is_future_and_moves_nothing() {
    let mut merge = doubting();
    let mut seen = Vec::new();
    for (n, ts) in [1_000, 2_000, 90 * Millis::DAY, 3_000, 4_000].into_iter().enumerate() {
        merge.put(Input::Probes, Some(Millis(ts)), n as u32);
        while let Some(next) = merge.pop() {
            seen.push((next.item, next.future));
        }
    }
    assert_eq!(seen, [(0, false), (1, false), (2, true), (3, false), (4, false)]);
}

#[test]
fn a_gap_of_days_is_no_fault_of_the_record_behind_it() {
    let mut merge = doubting();
    merge.put(Input::Probes, Some(Millis(0)), 1);
    assert_eq!(merge.pop(), None, "the first record has no neighbour before it and waits for the next");
    merge.put(Input::Probes, Some(Millis(5)), 2);
    assert_eq!(folded(&mut merge), [1, 2]);
    merge.put(Input::Probes, Some(Millis(10 * Millis::DAY)), 3);
    assert!(folded(&mut merge).is_empty());
    merge.put(Input::Probes, Some(Millis(10 * Millis::DAY + 1)), 4);
    assert_eq!(folded(&mut merge), [3, 4]);
}

#[test]
fn the_last_record_is_trusted_when_nothing_comes_behind_it() {
    let mut merge = doubting();
    merge.put(Input::Probes, Some(Millis(10 * Millis::DAY)), 3);
    assert!(merge.in_doubt());
    merge.trust();
    assert!(folded(&mut merge).is_empty(), "its partition has not been read to the end");
    merge.ended(Input::Probes);
    merge.trust();
    assert_eq!(folded(&mut merge), [3]);
}

#[test]
fn records_without_a_time_neither_settle_a_doubt_nor_wait_for_ever() {
    let mut merge = doubting();
    merge.put(Input::Probes, Some(Millis(90 * Millis::DAY)), 0);
    for n in 1..=DOUBT_MAX as u32 {
        merge.put(Input::Probes, None, n);
    }
    let first = merge.pop().unwrap();
    assert_eq!((first.item, first.future), (0, true));
    assert_eq!(folded(&mut merge).len(), DOUBT_MAX);
}
