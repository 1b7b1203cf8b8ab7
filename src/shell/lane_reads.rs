//! How a lane of customers reads its partitions into the order. Shell.

use rdkafka::message::Message as _;

use super::feed::Polled;
use super::lane::{CustomerLane, Env, Feeds};
use crate::ingest::Input;
use crate::limits::TOUCHED_MAX;

impl CustomerLane {
    /// Asks the partitions the order waits for; `true` if any of them had something to say.
    pub(super) fn pull_awaited(&mut self, feeds: &Feeds, env: &Env<'_>) -> bool {
        let mut heard = false;
        for input in Input::KEYED {
            if !self.merge.at_end(input) {
                heard |= self.pull(input, feeds, env);
            }
        }
        heard
    }

    /// Takes the next record of an input, if the order wants one; `true` if the partition had something to say.
    pub(super) fn pull(&mut self, input: Input, feeds: &Feeds, env: &Env<'_>) -> bool {
        if !self.merge.wants(input) {
            return false;
        }
        let polled = if self.ahead.is_empty(input) { self.read(input, feeds, env) } else { Polled::Record(()) };
        match polled {
            Polled::Record(()) => {
                if let Some((ts, slot)) = self.ahead.take(input) {
                    self.merge.put(input, ts, slot);
                }
                true
            }
            Polled::End => {
                self.merge.ended(input);
                self.news_at = Some(env.now);
                true
            }
            Polled::Nothing => false,
            Polled::Failed(error) => {
                tracing::error!(lane = self.lane.0, input = input.as_str(), %error, "a partition cannot be read");
                false
            }
        }
    }

    /// Reads the next few records of an input and touches the rows they fold into. Those behind the history of a first start
    /// are judged by other rules, so none of them is read before its turn while it lasts.
    fn read(&mut self, input: Input, feeds: &Feeds, env: &Env<'_>) -> Polled<()> {
        let wall = self.by_wall(env.time).then_some(env.wall);
        let until = self.backfill_to.map_or(i64::MAX, |to| to[input.index()]);
        let (merge, cursor) = (&self.merge, self.draft.cursor()[input.index()]);
        let overtaken = &mut self.overtaken;
        let polled = self.ahead.read(input, TOUCHED_MAX, until, || {
            feeds[input.index()].next(|message| {
                overtaken.read(input, message.offset(), env.now);
                // What lies before the cursor was folded already.
                let fresh = message.offset() >= cursor;
                fresh.then(|| env.intake.read(input, message, wall, |ts| merge.doubts(input, ts)))
            })
        });
        if polled == Polled::Record(()) {
            self.state.touch(self.ahead.keys(input));
        }
        polled
    }
}
