//! The clients with which one worker's recoveries read. Shell.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};

use super::failpoint::{self, Point};
use super::kafka::{self, Reader};
use super::settings::Settings;

/// A new client takes half a second to its first record: these live as long as they are answered.
pub(super) struct Readers {
    /// Reads what is committed, and answers last stable offsets.
    pub(super) committed: Arc<Reader>,
    /// Answers high watermarks.
    pub(super) uncommitted: Reader,
    /// Reads a lane's journal while `committed` reads its inputs, and the topics of areas.
    pub(super) second: Arc<Reader>,
    /// Time after which each question fails: zero unless a test has these clients lose the group's coordinator.
    lost: Duration,
}

impl Readers {
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        Ok(Self {
            committed: Arc::new(kafka::reader(settings, true, 32 << 10)?),
            uncommitted: kafka::reader(settings, false, 1 << 10)?,
            second: Arc::new(kafka::reader(settings, true, 32 << 10)?),
            lost: failpoint::due(Point::Readers),
        })
    }

    /// Called before the group's coordinator is asked.
    pub(super) fn reach_coordinator(&self) -> Result<()> {
        if !self.lost.is_zero() {
            std::thread::sleep(self.lost);
            bail!("the fail point has these clients lose the group's coordinator");
        }
        Ok(())
    }
}
