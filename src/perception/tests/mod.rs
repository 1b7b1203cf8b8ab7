//! Tests of the stage, each named by the rule it holds. Pure.

mod diagnose;
mod memory;
mod perceive;
mod rules;
mod support;
mod symptoms;
