//! How long a probe is on its way, seen from outside: from the moment it lies in its partition until the epoch that folded
//! it has committed, and with it whatever it brought: an action, a decision, a count of its area.
//!
//! Every look notes where each partition ends, and which of the ends noted before are committed by now. What is told is
//! too long by up to one look; it is never too short.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use super::support::broker::Broker;
use super::support::{now, records};

const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(10);

/// Latencies seen, ms: all, and the greatest of each partition.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    all: Vec<u128>,
    pub(crate) greatest: Vec<u128>,
}

impl Seen {
    /// The least latency that this share of the looks does not exceed.
    pub(crate) fn quantile(&self, share: f64) -> u128 {
        let mut sorted = self.all.clone();
        sorted.sort_unstable();
        let at = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(at).copied().unwrap_or(0)
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }
}

/// Whoever looks.
pub(crate) struct Watch {
    asker: BaseConsumer,
    asked: TopicPartitionList,
    topic: String,
    /// Ends of each partition that are not committed yet, oldest first, with the time at which they were noted.
    open: Vec<VecDeque<(i64, Instant)>>,
    seen: Seen,
}

impl Watch {
    pub(crate) fn new(broker: &Broker, group: &str, topic: &str) -> Self {
        let mut config = broker.client();
        let asker: BaseConsumer = config.set("group.id", group).create().expect("a consumer");
        let partitions = records::ends(broker, topic).len();
        let mut asked = TopicPartitionList::new();
        (0..partitions).for_each(|partition| {
            asked.add_partition(topic, partition as i32);
        });
        let open = vec![VecDeque::new(); partitions];
        Self {
            asker,
            asked,
            topic: topic.to_owned(),
            open,
            seen: Seen { all: Vec::new(), greatest: vec![0; partitions] },
        }
    }

    /// Looks until told that it is over.
    pub(crate) fn until(mut self, done: &AtomicBool) -> Seen {
        while !done.load(Ordering::Acquire) {
            let began = now();
            self.look();
            std::thread::sleep(LOOK.saturating_sub(began.elapsed()));
        }
        self.seen
    }

    fn look(&mut self) {
        for (partition, open) in self.open.iter_mut().enumerate() {
            let (_, end) =
                self.asker.fetch_watermarks(&self.topic, partition as i32, PATIENCE).expect("the broker tells the end");
            if open.back().is_none_or(|(last, _)| *last < end) {
                open.push_back((end, now()));
            }
        }
        let committed = self.asker.committed_offsets(self.asked.clone(), PATIENCE).expect("the group's offsets");
        let at = now();
        for element in committed.elements() {
            let Offset::Offset(offset) = element.offset() else { continue };
            let partition = element.partition() as usize;
            while let Some((_, since)) = self.open[partition].pop_front_if(|(end, _)| *end <= offset) {
                let took = at.duration_since(since).as_millis();
                self.seen.all.push(took);
                self.seen.greatest[partition] = self.seen.greatest[partition].max(took);
            }
        }
    }
}
