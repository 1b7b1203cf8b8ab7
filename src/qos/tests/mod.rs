//! Tests of the stage, each named by the rule it holds. Pure.

mod bins;
mod episode;
mod grade;
mod judge;
mod pane;
mod panes;
mod properties;
mod score;
pub(crate) mod support;
