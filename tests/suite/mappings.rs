//! Shipped mappings on real data.

use std::collections::BTreeMap;

use homeqos::ingest::{Input, Mapping, MappingFile, Observation, Probe, RejectCode, csv_rows, decode};
use homeqos::units::{Millis, Rat};

use crate::support::{or_skip, root, traces};

fn gnettrack() -> Mapping {
    let text = std::fs::read_to_string(root().join("config/mappings/ucc-gnettrack.toml")).expect("the mapping ships");
    Mapping::new(&MappingFile::parse(&text).expect("it parses")).expect("it compiles")
}

/// Every row of a trace, decoded for a customer.
fn decoded(trace: &traces::Trace, mapping: &Mapping, customer: &str) -> Vec<Result<Probe, RejectCode>> {
    let delimiter = mapping.csv_delimiter(Input::Probes).expect("traces are CSV");
    let lines = trace.csv.split(|byte| *byte == b'\n').map(|line| Ok::<_, std::convert::Infallible>(line.to_vec()));
    let mut rows = csv_rows(lines, delimiter).map(|row| row.expect("bytes in memory"));
    let header = rows.next().expect("a header row");
    let mapping = mapping.with_header(Input::Probes, &header).unwrap_or_else(|error| panic!("{}: {error}", trace.name));
    rows.map(|row| match decode(Input::Probes, Some(customer.as_bytes()), Some(&row), &mapping) {
        Ok(Observation::Probe(probe)) => Ok(probe),
        Ok(other) => panic!("{other:?} is no probe"),
        Err(rejection) => Err(rejection.code),
    })
    .collect()
}

#[test]
fn all_traces_of_the_public_data_set_are_mapped_and_each_row_is_accounted_for() {
    let traces = or_skip!(traces::all());
    let mapping = gnettrack();
    let mut rejected: BTreeMap<RejectCode, u32> = BTreeMap::new();
    let mut rats: BTreeMap<Option<Rat>, u32> = BTreeMap::new();
    let (mut rows, mut without_cell, mut graded, mut steps_back) = (0, 0, 0, 0);
    for (number, trace) in traces.iter().enumerate() {
        let mut newest = Millis::default();
        for row in decoded(trace, &mapping, &format!("ucc-{:02}", number + 1)) {
            rows += 1;
            match row {
                Err(code) => *rejected.entry(code).or_default() += 1,
                Ok(probe) => {
                    steps_back += u32::from(probe.ts < newest);
                    newest = newest.max(probe.ts);
                    *rats.entry(probe.rat).or_default() += 1;
                    without_cell += u32::from(probe.cell_id.is_none());
                    let radio = [probe.rsrp_dbm, probe.rsrq_db, probe.sinr_db, probe.signal_dbm];
                    graded += u32::from(radio.iter().any(Option::is_some));
                    assert!(probe.pos.is_some() && probe.fingerprint != 0);
                }
            }
        }
    }
    assert_eq!((traces.len(), rows), (83, 188_711));
    // 41 NR rows with an RSRQ of −44 to −56, and three LTE rows with an SINR of −30.
    assert_eq!(rejected, BTreeMap::from([(RejectCode::OutOfRange, 44)]));
    let expected = [(Rat::Gsm, 91), (Rat::Umts, 17_005), (Rat::Lte, 49_933), (Rat::Nr, 121_638)];
    assert_eq!(rats, expected.into_iter().map(|(rat, rows)| (Some(rat), rows)).collect());
    // Counted from the files by hand: no cell known, something to grade, a clock set back by a second.
    assert_eq!((without_cell, graded, steps_back), (10, 188_597, 2));
}
