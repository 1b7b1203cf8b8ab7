//! A worker's epochs on their way into the log. Shell.

use std::time::Duration;

use anyhow::{Result, bail};
use rdkafka::consumer::Consumer as _;
use rdkafka::producer::Producer as _;

use super::clock::now;
use super::committed;
use super::epoch::{Epoch, Owner};
use super::kafka;
use super::metrics::{EpochCounts, EpochResult};
use super::transaction::{self, Ended, Receipt, Signature};
use super::worker::Worker;

/// A failed attempt is repeated after this long; the group is served meanwhile.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Longest wait of a single call that blocks the worker.
const CALL: Duration = Duration::from_secs(5);

/// How a pending epoch stands to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It has committed.
    Committed,
    /// The one before it is the last.
    Next,
    /// The lane has another owner: there is a younger epoch, or another's of the same number.
    Overtaken,
    /// An epoch before it is missing.
    Ahead,
}

/// `number`: the pending epoch; `mark`: the last one there, `ours` if this worker has committed it.
fn standing(number: u64, mark: u64, ours: bool) -> Standing {
    match mark {
        mark if mark == number && ours => Standing::Committed,
        mark if mark >= number => Standing::Overtaken,
        mark if mark + 1 == number => Standing::Next,
        _ => Standing::Ahead,
    }
}

impl Worker {
    fn pending(&self) -> impl Iterator<Item = &Epoch> {
        let lanes = self.seats.values().filter_map(|seat| seat.lane.as_ref()?.pending.as_ref());
        lanes.chain(self.areas.values().filter_map(|place| place.lane.as_ref()?.pending.as_ref()))
    }

    /// Whether an epoch waits for its commit.
    pub(super) fn is_sending(&self) -> bool {
        self.pending().next().is_some()
    }

    /// One attempt to commit what is pending; to be called again while [`Self::is_sending`].
    pub(super) fn send(&mut self) -> Result<()> {
        if let Some(at) = self.again_at.filter(|at| now() < *at) {
            std::thread::park_timeout(at.duration_since(now()));
            return Ok(());
        }
        if !self.is_sending() {
            self.began = None;
            return Ok(());
        }
        if !self.has_producer() || !self.is_certain()? {
            return Ok(());
        }
        let (Some(group), Some(producer)) = (self.consumer.group_metadata(), &self.producer) else {
            self.later("the group is not known yet");
            return Ok(());
        };
        let (settings, epochs) = (&self.shared.settings, self.pending().collect::<Vec<_>>());
        let (limit, signed) =
            (settings.transaction_timeout, Signature { url: settings.url.as_deref(), by: &self.name });
        let ended = transaction::attempt(producer, &group, &settings.topics, signed, &epochs, limit);
        match ended {
            Ended::Committed(receipt) => self.committed(&receipt),
            Ended::Aborted(why) => {
                self.shared.metrics.epoch(EpochResult::Aborted);
                self.later(&why);
            }
            Ended::Unknown(why) => {
                self.shared.metrics.epoch(EpochResult::Unknown);
                self.producer = None;
                self.doubt = true;
                self.later(&why);
            }
        }
        Ok(())
    }

    fn later(&mut self, why: &str) {
        tracing::warn!(worker = self.number, "an epoch did not commit and will be sent again: {why}");
        self.again_at = Some(now() + AGAIN_AFTER);
    }

    fn committed(&mut self, receipt: &Receipt) {
        let mut counts = EpochCounts::default();
        let at = now();
        let mut journal = receipt.journal.iter().copied();
        let lanes = self.seats.values_mut().filter_map(|seat| seat.lane.as_mut());
        for lane in lanes.filter(|lane| lane.pending.is_some()) {
            let epoch = lane.committed(journal.next().flatten(), at);
            if let Some(epoch) = epoch {
                counts.add(&epoch.counts);
            }
        }
        for lane in self.areas.values_mut().filter_map(|place| place.lane.as_mut()) {
            if let Some(epoch) = lane.committed() {
                counts.add(&epoch.counts);
            }
        }
        let took = self.began.take().map_or(receipt.commit, |began| at.duration_since(began));
        self.shared.metrics.committed(&counts, took.as_secs_f64(), receipt.commit.as_secs_f64());
    }

    /// Makes a producer where there is none. It fences whoever had its name before, our own former one among them.
    pub(super) fn has_producer(&mut self) -> bool {
        if self.producer.is_some() {
            return true;
        }
        let made = kafka::producer(&self.shared.settings, self.number)
            .and_then(|producer| producer.init_transactions(CALL).map(|()| producer));
        match made {
            Ok(producer) => self.producer = Some(producer),
            Err(error) => self.later(&format!("no producer yet: {error}")),
        }
        self.producer.is_some()
    }

    /// After an unknown outcome: which of the pending epochs are there? Nobody else can have written them while the lanes
    /// were ours. Whoever was cut off for longer than a session finds those of the lane's next owner instead, one of the
    /// same number perhaps, and perhaps before the group has told him: he waits for that, since a lane that is taken away
    /// takes its epoch with it.
    fn is_certain(&mut self) -> Result<bool> {
        if !self.doubt {
            return Ok(true);
        }
        let owners: Vec<(Owner, u64)> = self.pending().map(|epoch| (epoch.owner, epoch.number)).collect();
        let mut found = Vec::with_capacity(owners.len());
        for (owner, number) in owners {
            match self.mark(owner) {
                Ok((mark, ours)) => found.push((owner, number, mark, standing(number, mark, ours))),
                Err(error) => {
                    self.later(&format!("{error:#}"));
                    return Ok(false);
                }
            }
        }
        if self.waits_for_the_group(&found) {
            return Ok(false);
        }
        for (owner, number, mark, standing) in found {
            match standing {
                Standing::Next => {}
                Standing::Committed => {
                    tracing::info!(?owner, epoch = number, "the epoch in doubt has committed");
                    self.known_committed(owner);
                }
                Standing::Overtaken | Standing::Ahead => {
                    // What its queues have delivered is gone, so the lane cannot be made again in this process.
                    self.shared.metrics.epoch(EpochResult::Dropped);
                    self.shared.metrics.broken_invariant();
                    bail!(
                        "{owner:?} stands at epoch {mark}, and {number} was to be sent: another process has written for \
                         it; starting again is safe, nothing is lost"
                    );
                }
            }
        }
        self.doubt = false;
        Ok(self.is_sending())
    }

    /// Whether what is there is younger than a pending epoch, or another's of the same number, and the group has had no
    /// time yet to say whose the lane is.
    fn waits_for_the_group(&mut self, found: &[(Owner, u64, u64, Standing)]) -> bool {
        let overtaken = found.iter().find(|(.., standing)| *standing == Standing::Overtaken);
        let Some((owner, number, mark, _)) = overtaken else {
            self.overtaken_at = None;
            return false;
        };
        let since = *self.overtaken_at.get_or_insert_with(|| {
            tracing::warn!(
                ?owner,
                "epoch {number} was to be sent and another's {mark} is there: the lane has another owner, as the group is \
                 about to say"
            );
            now()
        });
        self.again_at = Some(now() + AGAIN_AFTER);
        now().duration_since(since) < self.shared.settings.session_timeout * 2
    }

    /// The last committed epoch of a lane, 0 before the first, and whether it is this worker who committed it.
    fn mark(&self, owner: Owner) -> Result<(u64, bool)> {
        let (topics, partition) = match owner {
            Owner::Customers(lane) => (self.shared.stamp.inputs.clone(), lane.0),
            Owner::Areas(partition) => (vec![self.shared.settings.topics.area_counts.clone()], partition),
        };
        let found = committed::ask(self.consumer.as_ref(), &topics, i32::from(partition))?;
        Ok((found.epoch.unwrap_or(0), found.by.is_some_and(|by| by == self.name)))
    }

    fn known_committed(&mut self, owner: Owner) {
        let (at, metrics) = (now(), &self.shared.metrics);
        let epoch = match owner {
            Owner::Customers(lane) => {
                let settings = &self.shared.settings;
                let ends = self.consumer.fetch_watermarks(
                    &settings.topics.journal,
                    i32::from(lane.0),
                    settings.request_timeout,
                );
                let seat = self.seats.get_mut(&lane).and_then(|seat| seat.lane.as_mut());
                // A recovery may read on from the journal's end: nothing of this lane lies beyond it. Where the broker
                // does not say, it reads on from where it would have before, and passes over what it knows.
                seat.and_then(|lane| lane.committed(ends.ok().map(|(_, end)| end - 1), at))
            }
            Owner::Areas(partition) => {
                let place = self.areas.get_mut(&partition).and_then(|place| place.lane.as_mut());
                place.and_then(|lane| lane.committed())
            }
        };
        let counts = epoch.map(|epoch| epoch.counts).unwrap_or_default();
        metrics.committed(&counts, 0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_of_the_same_number_has_committed_only_if_this_worker_wrote_it() {
        assert_eq!(standing(8, 8, true), Standing::Committed);
        assert_eq!(standing(8, 8, false), Standing::Overtaken, "the next owner's");
        assert_eq!(standing(8, 9, true), Standing::Overtaken);
        assert_eq!((standing(8, 7, false), standing(8, 7, true)), (Standing::Next, Standing::Next));
        assert_eq!(standing(1, 0, false), Standing::Next, "the first");
        assert_eq!(standing(8, 6, true), Standing::Ahead);
    }
}
