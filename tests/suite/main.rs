//! The one test binary: every file beside this one is a chapter of it.

mod checks;
mod contract;
mod cuts;
mod dashboard;
mod demo;
mod deploy;
mod evaluate;
mod harness;
mod house;
mod kafka;
mod malformed;
mod mappings;
mod operate;
mod realism;
mod scenarios;
mod secure;
mod secure_http;
mod snapshots;
#[expect(dead_code, reason = "chapters that use the rest are being written")]
mod support;
mod ucc;
mod ucc_live;
