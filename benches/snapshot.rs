//! What an epoch waits for a snapshot that is written beside it: the longest slice, and the beginning, of a lane of
//! `HOMEQOS_SNAPSHOT_CUSTOMERS` customers (250 000 by default) that folds an epoch of probes between each two slices; and
//! how long the lane takes to come back from it. The last line is JSON.

#[path = "common/filled.rs"]
mod filled;
#[path = "common/size.rs"]
mod size;

use std::time::{Duration, Instant};

use filled::{BEGIN, Filled, HISTORY_DAYS};
use homeqos::pipeline::LaneState;
use homeqos::shell::journal::Offsets;
use homeqos::shell::snapshot::SLICE_BYTES;
use homeqos::shell::snapshot_file::{Header, Writer, read};
use homeqos::units::{Lane, Millis};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Probes of one epoch: customers that are about to change are written first, into the next slice.
const EPOCH: usize = 2_000;

fn main() {
    let customers = size::size("HOMEQOS_SNAPSHOT_CUSTOMERS", 250_000);
    let mut filled = Filled::empty(customers);
    filled.live_two_weeks();
    let noon = BEGIN + HISTORY_DAYS * Millis::DAY + 11 * Millis::HOUR;
    let mut probes = filled.probes(u32::MAX, 1_000, noon, 3_600_000);
    // The looks of the night are behind us, which a lane that lives takes minute by minute.
    filled.step(&probes.next().expect("a probe"));

    let mut file = Vec::new();
    let (began, mut writer) = timed(|| {
        filled.lane.snapshot_begin();
        Writer::begin(&header(), &mut file)
    });
    let (mut slices, mut epochs) = (Vec::new(), Vec::new());
    loop {
        let (took, (complete, slice)) = timed(|| {
            let (mut payload, mut slice) = (Vec::new(), Vec::new());
            let complete = filled.lane.snapshot_slice(SLICE_BYTES, &mut payload);
            writer.chunk(&payload, &mut slice);
            (complete, slice)
        });
        slices.push(took);
        file.extend(slice);
        if complete {
            break;
        }
        let probes: Vec<_> = probes.by_ref().take(EPOCH).collect();
        epochs.push(timed(|| probes.iter().for_each(|probe| filled.step(probe))).0);
    }
    let (length, _) = writer.finish(&mut file);
    let (loaded, back) = timed(|| {
        let (_, payload) = read(&file).expect("a sound file");
        LaneState::restore(Lane(0), 1, &payload).expect("the lane")
    });
    assert_eq!(back.census().customers, u64::from(customers), "everybody is back");

    let most = |of: &[Duration]| of.iter().max().map_or(0.0, |d| ms(*d));
    let total: f64 = slices.iter().map(|d| ms(*d)).sum();
    let (slice, epoch) = (most(&slices), most(&epochs));
    println!(
        "{customers} customers in one lane, {} MB in {} slices of {total:.0} ms",
        length / 1_000_000,
        slices.len()
    );
    println!("  {:6.1} ms to begin, {slice:.1} ms the longest slice", ms(began));
    println!("  {epoch:6.1} ms the longest epoch of {EPOCH} probes beside it, {:.0} ms to load", ms(loaded));
    println!(
        "{{\"customers\":{customers},\"bytes\":{length},\"begin_ms\":{:.1},\"slice_max_ms\":{slice:.1},\
         \"slices_ms\":{total:.0},\"load_ms\":{:.0}}}",
        ms(began),
        ms(loaded)
    );
}

fn header() -> Header {
    let text = String::new;
    Header {
        cluster: text(),
        topics: Vec::new(),
        group: text(),
        lane: Lane(0),
        lanes: 1,
        epoch: 1,
        ends: Offsets([0; 5]),
        journal: 1,
        policy: text(),
        code: text(),
        key: text(),
        written_at: 0,
        mode: Vec::new(),
    }
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

#[expect(clippy::disallowed_methods, reason = "a bench is about time")]
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}
