//! Snapshots that earlier builds wrote, kept beside this file: one of each format there has been, `lane-FORMAT.snap`.
//!
//! The one of the present format must be read whole by every build until the format changes; the one before it is
//! migrated, and what is older is refused by its number: those lanes are rebuilt from the journal. A new format comes with
//! its own file: `HOMEQOS_GOLDEN=write cargo test --test suite snapshots`.

use std::path::PathBuf;

use homeqos::act::{IdKey, Ids};
use homeqos::home::HomeStatus;
use homeqos::ingest::{Input, Observation};
use homeqos::pipeline::{FORMAT, FORMER_FORMAT, LaneState, Mode, Policy, Report, RestoreError, RuleBook, Tape, World};
use homeqos::shell::journal::Offsets;
use homeqos::shell::snapshot_file::{self, Header, Writer};
use homeqos::sim::{Town, TownSpec};
use homeqos::units::{Lane, Zone};

/// Records of the town's last day come after the snapshot.
const DAYS: u16 = 12;

fn file(format: u8) -> PathBuf {
    crate::support::root().join(format!("tests/suite/snapshots/lane-{format}.snap"))
}

struct Stage {
    policy: Policy,
    world: World,
    records: Vec<Observation>,
}

fn stage() -> Stage {
    let spec = TownSpec { customers: 24, days: DAYS + 1, deep_indoor_share: 0.3, ..TownSpec::demo(3) };
    let town = Town::build(&spec);
    let zone = Zone::named(&spec.zone).expect("the town's zone");
    let policy = Policy::new("golden", zone, RuleBook::default(), Ids::new(IdKey::new([9; 32])));
    let (world, records) = crate::support::town::decoded(&town);
    Stage { policy, world, records }
}

fn fold(lane: &mut LaneState, stage: &Stage, records: &[Observation]) -> Report {
    let mut report = Report::default();
    for record in records {
        lane.step(record, &stage.world, &stage.policy, &mut Tape::Live(Mode::default()), &mut report);
    }
    lane.tell_counts(&mut report);
    report
}

/// How many records come before the snapshot.
fn before(stage: &Stage) -> usize {
    stage.records.len() * usize::from(DAYS) / usize::from(DAYS + 1)
}

fn header() -> Header {
    Header {
        cluster: "golden".into(),
        topics: Input::KEYED.map(|input| input.as_str().to_owned()).to_vec(),
        group: "homeqos".into(),
        lane: Lane(0),
        lanes: 1,
        epoch: 12,
        ends: Offsets([1, 2, 3, 4, 5]),
        journal: 13,
        policy: "golden".into(),
        code: "0.1.0".into(),
        key: "golden".into(),
        written_at: 1_792_443_845_123,
        mode: vec!["shadow".into()],
    }
}

fn write() {
    let stage = stage();
    let mut lane = LaneState::new(Lane(0), 1, &stage.policy);
    fold(&mut lane, &stage, &stage.records[..before(&stage)]);
    let mut out = Vec::new();
    let mut writer = Writer::begin(&header(), &mut out);
    writer.chunk(&lane.to_bytes(), &mut out);
    let _ = writer.finish(&mut out);
    std::fs::write(file(FORMAT), out).expect("the file can be written");
}

fn golden(format: u8) -> (Header, Vec<u8>) {
    let file =
        std::fs::read(file(format)).expect("a snapshot of each format; the head of this file says how one is written");
    snapshot_file::read(&file).expect("a sound file")
}

#[test]
fn a_snapshot_of_this_format_is_read_whole_whatever_build_wrote_it() {
    if std::env::var("HOMEQOS_GOLDEN").is_ok_and(|asked| asked == "write") {
        write();
    }
    let (told, payload) = golden(FORMAT);
    assert_eq!(told, header());
    let mut lane = LaneState::restore(Lane(0), 1, &payload).expect("a state of this format");
    assert_eq!(lane.to_bytes(), payload, "nothing is lost on the way in and out");
    let census = lane.census();
    assert_eq!(census.customers, 24);
    let homes = [HomeStatus::Confirmed, HomeStatus::Declared].map(|status| census.homes.get(&status).copied());
    assert!(homes.iter().flatten().sum::<u64>() >= 12, "{census:?}");
    let stage = stage();
    fold(&mut lane, &stage, &stage.records[before(&stage)..]);
    assert!(lane.customers().all(|id| lane.view(id, &stage.world, &stage.policy).is_some()));
}

#[test]
fn a_snapshot_of_the_format_before_is_migrated_and_the_lane_goes_on() {
    let (told, payload) = golden(FORMER_FORMAT);
    assert_eq!(told, header());
    let mut lane = LaneState::restore(Lane(0), 1, &payload).expect("a state of the format before");
    let stage = stage();
    let views = |lane: &LaneState| -> Vec<serde_json::Value> {
        let mut ids: Vec<_> = lane.customers().cloned().collect();
        ids.sort_unstable();
        ids.iter().filter_map(|id| lane.view(id, &stage.world, &stage.policy)).collect()
    };
    let homes = views(&lane).iter().filter(|view| view["home"]["status"] == "confirmed").count();
    assert_eq!((lane.census().customers, views(&lane).len()), (24, 24));
    assert!(homes >= 12, "{homes} homes are confirmed");
    let again = LaneState::restore(Lane(0), 1, &lane.to_bytes()).expect("what is migrated is of this format");
    assert_eq!(views(&again), views(&lane));
    let report = fold(&mut lane, &stage, &stage.records[before(&stage)..]);
    assert_eq!((report.divergences, lane.census().customers), (0, 24));
}

#[test]
fn a_snapshot_of_a_format_before_that_is_refused_by_its_number() {
    for format in 1..FORMER_FORMAT {
        let (told, payload) = golden(format);
        assert_eq!(told, header());
        let refused = LaneState::restore(Lane(0), 1, &payload).expect_err("another format");
        assert_eq!(refused, RestoreError::Version { found: format });
        assert_eq!(
            refused.to_string(),
            format!("the state is of format {format}, this build reads formats {FORMER_FORMAT} and {FORMAT}")
        );
    }
}
