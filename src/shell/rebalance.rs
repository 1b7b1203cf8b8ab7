//! Lanes come and go. Shell.
//!
//! The group's callbacks only leave a note. Here, on the worker's own thread, a revocation first commits what is
//! folded, unless the lanes are lost already, and parks the lanes; then it lets go of the partitions, which is what
//! the group waits for. An assignment splits off the queues before the partitions are taken, and orders the lanes
//! back; those that are there go on at once.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::clock::now;
use super::engine::Exit;
use super::feed::Feed;
use super::lane::Feeds;
use super::membership::{GroupEvent, Membership};
use super::metrics::{EpochResult, LaneStage, LaneState};
use super::restorer::Order;
use super::worker::{AreaPlace, Parked, Seat, Worker};
use crate::ingest::Input;
use crate::units::Lane;

impl Worker {
    /// Lets the client speak: events of the group, errors.
    pub(super) fn serve_group(&mut self) -> Result<()> {
        loop {
            match self.consumer.poll(Duration::ZERO) {
                None => break,
                Some(Ok(_)) => {
                    // Every partition has its own queue; a record that came past it would be lost.
                    self.shared.metrics.broken_invariant();
                    bail!("a record came past its partition's queue; starting again is safe, nothing is lost");
                }
                Some(Err(error)) => {
                    if let Some(exit) = fatal(&error)? {
                        self.shared.metrics.fenced();
                        self.exit = Some(exit);
                        return Ok(());
                    }
                }
            }
        }
        while let Some(event) = self.consumer.context().event() {
            match event {
                GroupEvent::Revoked { lost } => self.revoked(lost)?,
                GroupEvent::Assigned(partitions) => self.assigned(&partitions)?,
            }
        }
        Ok(())
    }

    fn revoked(&mut self, lost: bool) -> Result<()> {
        tracing::info!(worker = self.number, lost, lanes = self.seats.len(), "lanes revoked");
        self.cut(false);
        if !lost && self.is_sending() {
            self.again_at = None;
            self.send()?;
        }
        self.generation += 1;
        let until = now() + self.shared.settings.park;
        for (lane, seat) in std::mem::take(&mut self.seats) {
            self.shared.registry.remove(LaneStage::Customer, lane);
            self.shared.metrics.lane_gone(LaneStage::Customer, lane);
            if let Some(mut lane) = seat.lane {
                lane.snapshots.give_up();
                self.parked.insert(lane.lane, Parked { lane, until });
            }
        }
        for (partition, place) in std::mem::take(&mut self.areas) {
            self.shared.registry.remove(LaneStage::Area, Lane(partition));
            self.shared.metrics.lane_gone(LaneStage::Area, Lane(partition));
            if place.lane.is_some_and(|lane| lane.pending.is_some()) {
                self.shared.metrics.epoch(EpochResult::Dropped);
            }
        }
        self.began = None;
        self.consumer.unassign().context("partitions could not be given back")?;
        self.consumer.context().answered();
        Ok(())
    }

    fn assigned(&mut self, partitions: &[(String, i32)]) -> Result<()> {
        self.generation += 1;
        self.shared.metrics.rebalanced();
        let settings = std::sync::Arc::clone(&self.shared.settings);
        let mut list = TopicPartitionList::new();
        let whole = |partition: i32| {
            Input::KEYED.iter().all(|i| partitions.iter().any(|(t, p)| *p == partition && t == settings.topic(*i)))
        };
        let mut lanes: Vec<u16> = partitions.iter().filter_map(|(_, p)| u16::try_from(*p).ok()).collect();
        lanes.sort_unstable();
        lanes.dedup();
        for lane in lanes.into_iter().filter(|lane| whole(i32::from(*lane))) {
            self.seat(Lane(lane), &mut list)?;
        }
        for (topic, partition) in partitions.iter().filter(|(topic, _)| *topic == settings.topics.area_counts) {
            let Ok(partition) = u16::try_from(*partition) else { continue };
            list.add_partition_offset(topic, i32::from(partition), Offset::Stored)?;
            let feed = self.split(topic, i32::from(partition))?;
            self.areas.insert(partition, AreaPlace { feed, lane: None });
            let stage = LaneStage::Area;
            self.shared.registry.put(stage, Lane(partition), LaneState::Restoring, &self.mailbox);
            self.restorer.order(self.generation, Order::Area(partition));
        }
        if list.count() < partitions.len() {
            // Unequal partition counts are refused at the start; a member with other topics could still do this.
            tracing::warn!(worker = self.number, "some partitions were assigned without the others of their lane");
        }
        tracing::info!(worker = self.number, lanes = self.seats.len(), areas = self.areas.len(), "lanes assigned");
        self.consumer.assign(&list).context("partitions could not be taken")?;
        self.consumer.context().answered();
        if !self.joined {
            self.joined = true;
            self.shared.registry.joined();
        }
        Ok(())
    }

    /// Makes room for a lane and orders it back.
    fn seat(&mut self, lane: Lane, list: &mut TopicPartitionList) -> Result<()> {
        let partition = i32::from(lane.0);
        let parked = self.parked.remove(&lane).map(|parked| parked.lane);
        let cursor = parked.as_ref().and_then(|lane| lane.resumes_at());
        let mut feeds = Vec::with_capacity(Input::KEYED.len());
        for input in Input::KEYED {
            let topic = self.shared.settings.topic(input).to_owned();
            feeds.push(self.split(&topic, partition)?);
            let offset = cursor.map_or(Offset::Stored, |cursor| Offset::Offset(cursor[input.index()]));
            list.add_partition_offset(&topic, partition, offset)?;
        }
        let feeds: Feeds = feeds.try_into().map_err(|_| anyhow::anyhow!("a lane has five inputs"))?;
        self.seats.insert(lane, Seat { feeds, lane: None, state: LaneState::Restoring });
        self.shared.registry.put(LaneStage::Customer, lane, LaneState::Restoring, &self.mailbox);
        self.restorer.order(self.generation, Order::Lane { lane, parked });
        Ok(())
    }

    fn split(&self, topic: &str, partition: i32) -> Result<Feed<Membership>> {
        let worker = std::thread::current();
        Feed::split(&self.consumer, topic, partition, move || worker.unpark())
            .with_context(|| format!("{topic} partition {partition} is not known to the client"))
    }

    /// Forgets parked lanes whose time is up.
    pub(super) fn unpark_expired(&mut self) {
        let now = now();
        self.parked.retain(|_, parked| parked.until > now);
    }
}

/// Whether the client can no longer work: fenced by a member of the same name, or broken.
fn fatal(error: &KafkaError) -> Result<Option<Exit>> {
    match error {
        KafkaError::MessageConsumptionFatal(RDKafkaErrorCode::FencedInstanceId) => Ok(Some(Exit::Fenced(
            "another process has joined the group with the same kafka.instance; give each instance its own".to_owned(),
        ))),
        KafkaError::MessageConsumptionFatal(code) => bail!("the consumer cannot go on: {code}"),
        error => {
            tracing::debug!(%error, "the consumer reports");
            Ok(None)
        }
    }
}
