//! A delivered record → what the lane folds, with its place in the order. Shell: it reads librdkafka's messages, or
//! copies of them.

use rdkafka::message::Message;

use super::dead_letter::{DeadLetter, Raw};
use crate::ingest::{Input, Mapping, Observation, RejectCode, Rejection, decode};
use crate::units::{Lane, Millis, Partitioner};

/// How far ahead of the machine's clock a record may be, in wall time.
pub const AHEAD_OF_WALL_MS: i64 = 5 * Millis::MINUTE;

/// How far ahead of both its neighbours a record may be, in input time.
pub const AHEAD_OF_NEIGHBOURS_MS: i64 = Millis::DAY;

/// What a record turned out to be. Boxed: it is handed on half a dozen times before it folds.
#[derive(Debug)]
pub enum Item {
    Good(Box<Observation>),
    /// Good in itself; its bytes are kept, since its neighbours may yet refuse it.
    Doubtful(Box<Observation>, Box<Raw>),
    Bad(Box<DeadLetter>),
}

/// A record with its offset.
#[derive(Debug)]
pub struct Slot {
    pub offset: i64,
    pub item: Item,
}

impl Slot {
    /// Whom the record is about; nobody, if it is a bad one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match &self.item {
            Item::Good(observation) | Item::Doubtful(observation, _) => Some(observation.key()),
            Item::Bad(_) => None,
        }
    }
}

/// How records are read.
#[derive(Debug, Clone)]
pub struct Intake {
    pub mapping: Mapping,
    /// `None`: any partition is right for any key.
    pub partitioner: Option<Partitioner>,
    pub lanes: u16,
}

/// The bytes of a message, kept.
#[must_use]
pub fn raw(message: &impl Message) -> Raw {
    let timestamp = message.timestamp().to_millis();
    Raw::new(message.topic(), message.partition(), message.offset(), timestamp, message.key(), message.payload())
}

impl Intake {
    /// What to change where records of this key come to this lane and do not belong there.
    #[must_use]
    pub fn advice(&self, key: &[u8], lane: Lane) -> String {
        match Partitioner::ALL.iter().find(|p| p.partition(key, self.lanes) == lane.0) {
            Some(partitioner) => format!("its producer seems to use `{partitioner}`: set kafka.partitioner to it"),
            None => {
                "its producer uses a partitioner of its own: set kafka.partitioner to `trust` if it is a fixed one, or let \
                 the producer use murmur2"
                    .to_owned()
            }
        }
    }

    /// Reads a record of a keyed input. `wall`: the machine's clock where it judges. `doubts` tells whether a time
    /// runs too far ahead of what came before in its partition.
    pub fn read(
        &self,
        input: Input,
        message: &impl Message,
        wall: Option<Millis>,
        doubts: impl FnOnce(Millis) -> bool,
    ) -> (Option<Millis>, Slot) {
        let offset = message.offset();
        let bad =
            |rejection| (None, Slot { offset, item: Item::Bad(Box::new(DeadLetter { raw: raw(message), rejection })) });
        if let Some(rejection) = self.misrouted(message) {
            return bad(rejection);
        }
        let observation = match decode(input, message.key(), message.payload(), &self.mapping) {
            Ok(observation) => Box::new(observation),
            Err(rejection) => return bad(rejection),
        };
        let Some(ts) = observation.ts() else {
            // CRM rows have no time of their own: the topic's stands in.
            let ts = message.timestamp().to_millis().map(Millis);
            return (ts, Slot { offset, item: Item::Good(observation) });
        };
        if let Some(wall) = wall
            && ts.since(wall) > AHEAD_OF_WALL_MS
        {
            let detail = format!("ts {} is ahead of the clock by {} s", ts.rfc3339(), ts.since(wall) / Millis::SECOND);
            return bad(Rejection::new(RejectCode::Future, detail));
        }
        let item =
            if doubts(ts) { Item::Doubtful(observation, Box::new(raw(message))) } else { Item::Good(observation) };
        (Some(ts), Slot { offset, item })
    }

    /// The record again, for a replay: what it was judged then is in the journal. `None`: it no longer decodes.
    #[must_use]
    pub fn reread(&self, input: Input, message: &impl Message) -> Option<Observation> {
        decode(input, message.key(), message.payload(), &self.mapping).ok()
    }

    fn misrouted(&self, message: &impl Message) -> Option<Rejection> {
        let partitioner = self.partitioner?;
        let key = message.key().filter(|key| !key.is_empty())?;
        let belongs = i32::from(partitioner.partition(key, self.lanes));
        (belongs != message.partition()).then(|| {
            let detail = format!("by {partitioner} the key belongs to partition {belongs}");
            Rejection::new(RejectCode::Misrouted, detail)
        })
    }
}

/// The refusal of a record that its neighbours showed to be ahead of its time.
#[must_use]
pub fn ahead_of_neighbours(ts: Option<Millis>) -> Rejection {
    let when = ts.map_or_else(String::new, |ts| format!("ts {} is ", ts.rfc3339()));
    Rejection::new(RejectCode::Future, format!("{when}more than a day ahead of both neighbours in its partition"))
}

/// Watches for producers that use another partitioner: a lane with more than 1 % of 10 000 records misrouted pauses.
#[derive(Debug, Clone, Copy, Default)]
pub struct RouteWatch {
    seen: u32,
    misrouted: u32,
}

impl RouteWatch {
    const WINDOW: u32 = 10_000;

    /// Counts a record; `true` when the lane should pause.
    pub fn count(&mut self, misrouted: bool) -> bool {
        self.seen += 1;
        self.misrouted += u32::from(misrouted);
        let pause = self.misrouted > Self::WINDOW / 100;
        if self.seen >= Self::WINDOW {
            *self = Self::default();
        }
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_pauses_above_one_percent_of_ten_thousand_misrouted_and_not_at_it() {
        let mut watch = RouteWatch::default();
        assert!((0..10_000).all(|n| !watch.count(n % 100 == 0)));
        let mut watch = RouteWatch::default();
        assert!((0..101).any(|_| watch.count(true)));
    }
}
