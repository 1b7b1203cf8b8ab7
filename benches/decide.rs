//! What a decision costs: all stages over the whole catalogue for a customer who suffers, and for one whom the first
//! stage holds.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use homeqos::decide::{CrmFacts, Ledger, Memory, Mode, Rules, Setting, Subject, evaluate};
use homeqos::home::HomeStatus;
use homeqos::ingest::{Input, Mapping, Observation, decode};
use homeqos::units::{Cause, Lane, Minute};

fn crm(consents: bool) -> CrmFacts {
    let row = format!(
        "{{\"customer_id\":\"C1\",\"churn_risk\":0.02,\"arpu_eur\":17.3,\"segment\":\"mid\",\"has_fixed_broadband\":true,\
         \"consent\":{{\"network_care\":{consents},\"location\":true}},\"device\":{{\"vowifi\":true,\"volte\":true}}}}"
    );
    match decode(Input::Crm, Some(b"C1"), Some(row.as_bytes()), &Mapping::identity()) {
        Ok(Observation::Crm(row)) => CrmFacts::of(&row),
        other => panic!("{other:?} is no CRM row"),
    }
}

fn decide(criterion: &mut Criterion) {
    let (rules, ledger, memory) = (Rules::default(), Ledger::default(), Memory::default());
    let setting = Setting { ledger: &ledger, customers: 100_000, lane: Lane(0), lanes: 8, mode: Mode::default() };
    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(1));
    for (name, consents) in [("all_stages", true), ("no_consent", false)] {
        let facts = crm(consents);
        let subject = Subject {
            crm: Some(&facts),
            home: HomeStatus::Confirmed,
            area_known: true,
            supported: true,
            recent_bad: true,
            sure: true,
            fresh: true,
            symptom: Cause::Coverage,
            felt: 0.9,
            cause: Cause::Building,
            covered: false,
            turned: false,
            neighbours_seen: true,
            trouble_days: 9,
            memory: &memory,
            now: Minute(29_000_000),
            local_minute: 600,
            held_out: false,
        };
        let outcome = evaluate(&subject, &setting, &rules);
        assert_eq!(outcome.held.is_none(), consents, "{outcome:?}");
        group.bench_function(name, |bench| bench.iter(|| evaluate(black_box(&subject), &setting, &rules)));
    }
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
