//! What the core costs: a day of probes folded into a filled lane, with the minutes of the grid that they cross, and so
//! with every look at a customer, every stage of a decision and every publication that the day brings.

#[path = "common/filled.rs"]
mod filled;

use std::cell::RefCell;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use filled::{BEGIN, Filled, HISTORY_DAYS};
use homeqos::ingest::{Input, Mapping, decode};
use homeqos::sim::bench::bench_probe;
use homeqos::units::Millis;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CUSTOMERS: u32 = 20_000;
/// Probes a customer and day, as real sources send them.
const EVENTS: u32 = 15;

fn fold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold");
    group.sample_size(10).throughput(Throughput::Elements(u64::from(CUSTOMERS * EVENTS)));
    // The baseline: what it costs to read the same records.
    let text: Vec<(String, String)> = (0..CUSTOMERS * EVENTS)
        .map(|n| (format!("C{:07}", n % CUSTOMERS), bench_probe(n % CUSTOMERS, n / CUSTOMERS, Millis(BEGIN))))
        .collect();
    let mapping = Mapping::identity();
    group.bench_function("decode_a_day_of_probes", |bencher| {
        bencher.iter(|| {
            for (key, value) in &text {
                let decoded = decode(Input::Probes, Some(key.as_bytes()), Some(value.as_bytes()), &mapping);
                std::hint::black_box(decoded.expect("a good probe"));
            }
        });
    });
    let mut filled = Filled::empty(CUSTOMERS);
    filled.live_two_weeks();
    let filled = RefCell::new(filled);
    let mut day = HISTORY_DAYS;
    group.bench_function("fold_a_day_of_probes", |bencher| {
        bencher.iter_batched_ref(
            || {
                day += 1;
                let from = BEGIN + day * Millis::DAY;
                filled
                    .borrow()
                    .probes(CUSTOMERS * EVENTS, 1_000 * day as u32, from, Millis::DAY - 1)
                    .collect::<Vec<_>>()
            },
            |probes| probes.iter().for_each(|probe| filled.borrow_mut().step(probe)),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, fold);
criterion_main!(benches);
