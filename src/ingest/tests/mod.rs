//! What ingest takes and refuses, told as tests. Pure.

mod dead_letters;
mod examples;
mod folded;
mod mapped;
mod properties;
mod unkeyed;

use super::{Input, Mapping, Observation, Probe, RejectCode, Rejection, decode};

const CUSTOMER: &str = "C0001234";

/// Decodes a body of [`CUSTOMER`] under our own field names.
fn read(input: Input, body: &str) -> Result<Observation, Rejection> {
    decode(input, Some(CUSTOMER.as_bytes()), Some(body.as_bytes()), &Mapping::identity())
}

fn probe(body: &str) -> Result<Probe, Rejection> {
    read(Input::Probes, body).map(|obs| match obs {
        Observation::Probe(probe) => probe,
        other => panic!("{other:?} is no probe"),
    })
}

/// A measurement with these further fields.
fn measured(fields: &str) -> Result<Probe, Rejection> {
    probe(&format!(r#"{{"customer_id":"C0001234","ts":1792443850000,"kind":"measurement"{fields}}}"#))
}

fn code<T: std::fmt::Debug>(result: Result<T, Rejection>) -> RejectCode {
    result.unwrap_err().code
}
