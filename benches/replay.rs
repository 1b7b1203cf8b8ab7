//! How fast `homeqos replay` is: records a second of reading lines alone, of reading and decoding them, and of the
//! whole, over the same file in one run. `HOMEQOS_BENCH_RECORDS` says how many records (1 000 000 by default).

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use homeqos::act::IdKey;
use homeqos::cli::replay::{Merged, Options, Partition, replay};
use homeqos::config::Config;
use homeqos::decide::Mode;
use homeqos::ingest::Mapping;
use homeqos::sim::bench::bench_probe;
use homeqos::units::{Millis, Partitioner};

/// Records of one customer: two weeks of some 14 a day.
const EVENTS: u64 = 200;
/// 2026-09-01T00:00:00Z.
const START: Millis = Millis(1_788_220_800_000);
const SPAN_MS: u64 = 14 * 86_400_000;
const PARTITION: Partition = Partition { partitioner: Partitioner::Murmur2, lanes: 4 };

fn main() {
    let asked = std::env::var("HOMEQOS_BENCH_RECORDS").ok();
    let records = asked.map_or(1_000_000, |n| n.parse().expect("HOMEQOS_BENCH_RECORDS is a number"));
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("probes.jsonl"), records).expect("probes are written");
    let lines = timed(|| read(&folder.path().join("probes.jsonl")));
    let parsed = timed(|| parse(folder.path()));
    let whole = timed(|| run(folder.path()));
    let bytes = folder.path().join("probes.jsonl").metadata().expect("a size").len();
    println!("{records} probes of {} customers, {} bytes each", records.div_ceil(EVENTS), bytes / records.max(1));
    let rate = |took: Duration| records as f64 / took.as_secs_f64();
    for (what, took) in [("reading lines", lines), ("and decoding", parsed), ("whole replay", whole)] {
        println!("{what:<14} {:>7.2} s {:>10.0} records/s", took.as_secs_f64(), rate(took));
    }
    println!(
        r#"{{"records":{records},"lines_per_s":{:.0},"parsed_per_s":{:.0},"replayed_per_s":{:.0},"ratio_parse":{:.3}}}"#,
        rate(lines),
        rate(parsed),
        rate(whole),
        rate(whole) / rate(parsed)
    );
}

/// Probes in the order of time, each customer's spread evenly.
fn write(path: &Path, records: u64) -> std::io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let customers = records.div_ceil(EVENTS);
    for n in 0..records {
        let ts = START.plus((u128::from(n) * u128::from(SPAN_MS) / u128::from(records)) as i64);
        writeln!(file, "{}", bench_probe((n % customers) as u32, (n / customers) as u32, ts))?;
    }
    file.flush()
}

fn read(path: &Path) {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).expect("the file"));
    let mut line = Vec::new();
    while file.read_until(b'\n', &mut line).expect("a line") > 0 {
        black_box(&line);
        line.clear();
    }
}

fn parse(folder: &Path) {
    let mut files = Merged::open(folder, PARTITION, |_| Mapping::identity()).expect("files");
    while let Some(record) = files.take().expect("a record") {
        assert!(black_box(record).said.is_ok());
    }
}

fn run(folder: &Path) {
    let config = Config::defaults().expect("the defaults");
    let options = Options {
        dir: folder.to_owned(),
        actions: Some(folder.join("actions.out")),
        customers: None,
        decisions: None,
        dead_letters: None,
        partition: PARTITION,
        until: None,
        views_at: Vec::new(),
        mode: Mode::default(),
        offers_topic: "cem.actions".to_owned(),
        tickets_topic: "cem.actions".to_owned(),
    };
    let policy = config.policy(IdKey::new([0; 32]));
    let summary = replay(&options, policy, |_| Mapping::identity()).expect("a replay");
    assert!(summary.tallies.adds_up());
}

#[expect(clippy::disallowed_methods, reason = "a bench is about time")]
fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
