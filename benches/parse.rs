//! What decoding one probe costs: under our own names, through a mapping, and, to compare, as a tree of JSON values.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use homeqos::ingest::{Input, Mapping, MappingFile, decode};

/// About 270 bytes, as the drain bench sends them.
const PROBE: &str = r#"{"event_id":"9f2c0a61-8d5e-4f0b-9a57-0c4b1f0f7d11","customer_id":"C0001234","ts":"2026-10-19T21:04:05.123Z","cell_id":"208-01-4203265","rat":"lte","lat":45.7601,"lon":4.8402,"kind":"measurement","rsrp_dbm":-113.5,"rsrq_db":-14.0,"sinr_db":1.5,"cqi":4,"latency_ms":71,"indoor":true}"#;

const HEADER: &[u8] = b"Timestamp,Longitude,Latitude,Speed,Operatorname,CellID,NetworkMode,RSRP,RSRQ,SNR,CQI,RSSI,\
    DL_bitrate,UL_bitrate,State,PINGAVG,PINGMIN,PINGMAX,PINGSTDEV,PINGLOSS,CELLHEX,NODEHEX,LACHEX,RAWCELLID,NRxRSRP,\
    NRxRSRQ";
const ROW: &[u8] = b"2020.01.05_14.55.57,-8.394703999999999,51.886183,0,B,11,5G,-97,-13,-3.0,6,-,100,30,D,-,-,-,-,-,B,\
    A4DF,9CBA,10805003,-107.0,-20.0";

fn mapping(toml: &str) -> Mapping {
    Mapping::new(&MappingFile::parse(toml).expect("TOML")).expect("a mapping")
}

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Elements(1));
    let key = Some(b"C0001234".as_slice());
    let value = Some(PROBE.as_bytes());
    let identity = Mapping::identity();
    group.bench_function("identity", |bench| {
        bench.iter(|| decode(Input::Probes, key, black_box(value), &identity).expect("a probe"));
    });
    // One sentinel more is enough to leave the path of our own names.
    let mapped = mapping("[probes]\nsentinels = [\"n/a\"]");
    group.bench_function("mapped", |bench| {
        bench.iter(|| decode(Input::Probes, key, black_box(value), &mapped).expect("a probe"));
    });
    let csv = mapping(include_str!("../config/mappings/ucc-gnettrack.toml"));
    let csv = csv.with_header(Input::Probes, HEADER).expect("the header of the mapping's files");
    group.bench_function("gnettrack_csv", |bench| {
        bench.iter(|| decode(Input::Probes, key, Some(black_box(ROW)), &csv).expect("a probe"));
    });
    group.bench_function("serde_json_value", |bench| {
        bench.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(PROBE.as_bytes())).expect("JSON"));
    });
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
