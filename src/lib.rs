//! homeqos: the quality of mobile service at each customer's home, and the act that follows.

#![forbid(unsafe_code)]

pub mod act;
pub mod cli;
pub mod config;
pub mod decide;
pub mod home;
pub mod ingest;
pub mod limits;
pub mod neighbourhood;
pub mod perception;
pub mod pipeline;
pub mod qos;
pub mod shell;
pub mod sim;
pub mod units;
