//! A lane on its way from one assignment to the next.

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use super::*;
use crate::act::IdKey;
use crate::config::Config;
use crate::ingest::Mapping;
use crate::pipeline::Report;
use crate::shell::clock::now;

fn policy() -> Policy {
    Config::defaults().unwrap().policy(IdKey::new([7; 32]))
}

fn lane(policy: &Policy, at: Instant) -> CustomerLane {
    let start = Start {
        lane: Lane(0),
        state: LaneState::new(Lane(0), 1, policy),
        number: 5,
        cursor: [1, 2, 3, 4, 100],
        journal: 9,
        crm_first: false,
        gone: Vec::new(),
        told: Told::new(),
        backfill_to: Some([9; 5]),
        debt: 0,
        snapshot_at: None,
        snapshot_bytes: 0,
        recovery: Duration::ZERO,
    };
    CustomerLane::new(start, TimeMode::Wall, at)
}

fn env<'a>(
    world: &'a World,
    policy: &'a Policy,
    intake: &'a Intake,
    (instance_clock, alignment, lag): (&'a AtomicI64, &'a Alignment, &'a Lag),
    now: Instant,
) -> Env<'a> {
    static NONE: std::sync::LazyLock<BadCells> = std::sync::LazyLock::new(BadCells::default);
    Env {
        world,
        policy,
        intake,
        time: TimeMode::Wall,
        shadow: false,
        offers_enabled: true,
        wall: Millis(0),
        now,
        instance_clock,
        alignment,
        lag,
        bad_cells: &NONE,
    }
}

fn stamp() -> Stamp {
    let inputs = Input::KEYED.iter().map(|input| input.as_str().to_owned()).collect();
    let text = String::new;
    Stamp { cluster: text(), lanes: 1, code: text(), policy: text(), key: text(), area_lanes: 1, inputs }
}

#[test]
fn a_lane_with_an_epoch_in_the_air_is_read_again_from_what_has_committed() {
    let policy = policy();
    let mut lane = lane(&policy, now());
    assert_eq!(lane.resumes_at(), Some([1, 2, 3, 4, 100]));
    lane.draft.tick(Millis(60_000));
    assert_eq!(lane.resumes_at(), None, "what is folded has not committed");
    let (world, clock, lag) = (World::default(), AtomicI64::new(0), Lag::default());
    let alignment = Alignment::new(1, now());
    let intake = Intake { mapping: Mapping::identity(), partitioner: None, lanes: 1 };
    let env = env(&world, &policy, &intake, (&clock, &alignment, &lag), now());
    lane.cut(&env, &WorldOffsets::default(), &stamp(), false);
    assert!(lane.pending.is_some());
    assert_eq!(lane.resumes_at(), None, "what is cut has not committed");
    lane.committed(Some(12), now());
    assert_eq!(lane.resumes_at(), Some([1, 2, 3, 4, 100]));
}

#[test]
fn a_snapshot_keeps_what_holds_beyond_the_last_epoch() {
    let policy = policy();
    assert_eq!(lane(&policy, now()).words(), ["backfill"]);
}

#[test]
fn a_record_that_leaps_ahead_waits_a_while_after_an_end_was_told() {
    let policy = policy();
    let begin = now();
    let mut lane = lane(&policy, begin);
    for input in Input::KEYED {
        lane.merge.ended(input);
    }
    lane.merge.believe();
    let item = Item::Bad(Box::new(letter_of(4)));
    lane.merge.put(Input::Contacts, Some(Millis(5)), Slot { offset: 4, item });
    assert!(!lane.listens(begin), "no end was told of late");
    lane.news_at = Some(begin);
    assert!(lane.listens(begin + Duration::from_millis(100)));
    assert!(!lane.listens(begin + Duration::from_millis(300)));
    assert!(!lane.listens(begin + Duration::from_millis(100)), "the news are heard");
}

#[test]
fn hours_in_which_nothing_happened_keep_no_other_lane_waiting() {
    const HOUR: i64 = Millis::HOUR;
    let policy = policy();
    let begin = now();
    let mut lane = lane(&policy, begin);
    let (world, clock, lag) = (World::default(), AtomicI64::new(0), Lag::default());
    let alignment = Alignment::new(2, begin);
    let intake = Intake { mapping: Mapping::identity(), partitioner: None, lanes: 2 };
    let env = Env { time: TimeMode::Input, ..env(&world, &policy, &intake, (&clock, &alignment, &lag), begin) };
    lane.state.tick(Millis(HOUR), &world, &policy, &mut Tape::Live(Mode::default()), &mut Report::default());
    lane.rewind(TimeMode::Input);
    lane.tell_others(&env, false);
    assert_eq!(alignment.until(Lane(1), begin), Millis(2 * HOUR), "nobody knows yet where it goes on");
    for input in Input::KEYED {
        lane.merge.ended(input);
    }
    let item = Item::Bad(Box::new(letter_of(4)));
    lane.merge.put(Input::Contacts, Some(Millis(9 * HOUR)), Slot { offset: 4, item });
    lane.tell_others(&env, false);
    assert_eq!(alignment.until(Lane(1), begin), Millis(10 * HOUR));
}

fn letter_of(offset: i64) -> DeadLetter {
    let raw = crate::shell::dead_letter::Raw::new("contacts", 0, offset, None, None, None);
    DeadLetter { raw, rejection: crate::ingest::Rejection::new(RejectCode::NotJson, "") }
}

#[test]
fn who_left_crm_while_nobody_read_it_is_erased_in_an_epoch_of_their_own() {
    let policy = policy();
    let (world, clock, lag) = (World::default(), AtomicI64::new(0), Lag::default());
    let alignment = Alignment::new(1, now());
    let intake = Intake { mapping: Mapping::identity(), partitioner: None, lanes: 1 };
    let env = env(&world, &policy, &intake, (&clock, &alignment, &lag), now());
    let mut lane = lane(&policy, now());
    for customer in ["C1", "C2"] {
        let row = format!(r#"{{"customer_id":"{customer}","tariff":"T"}}"#);
        let key = Some(customer.as_bytes());
        let row = crate::ingest::decode(Input::Crm, key, Some(row.as_bytes()), &Mapping::identity()).unwrap();
        let mut tape = Tape::Live(Mode::default());
        let _ = lane.state.step(&row, &world, &policy, &mut tape, &mut Report::default());
    }
    lane.gone = vec!["C2".into()];
    assert_eq!(lane.erase_gone(&env), 1);
    assert!(lane.draft.is_sealed() && !lane.draft_is_empty());
    assert_eq!(lane.state.in_crm().collect::<Vec<_>>(), ["C1"]);
    lane.cut(&env, &WorldOffsets::default(), &stamp(), false);
    assert!(!lane.draft.is_sealed());
    let epoch = lane.pending.as_ref().unwrap();
    let journal = epoch.outputs.iter().find(|output| output.target == crate::shell::epoch::Target::Journal);
    let record = crate::shell::journal::Record::decode(journal.unwrap().value.as_ref().unwrap()).unwrap();
    assert_eq!((record.erased, record.start, record.runs.is_empty()), (vec!["C2".into()], record.end, true));
    lane.committed(Some(12), now());
    assert_eq!(lane.erase_gone(&env), 0, "once");
}
