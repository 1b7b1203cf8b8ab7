//! Who left CRM while nobody read it. Shell.
//!
//! A tombstone erases a customer, and the topic keeps it for `delete.retention.ms` only. A lane that comes back after
//! longer than that may have missed some: it reads its CRM partition once more, and erases whom it no longer finds there,
//! in an epoch of their own, before anything else folds.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use rdkafka::message::Message as _;

use super::clock;
use super::lane::{CustomerLane, Env};
use super::recovery::Recovery;
use super::topics::{self, Admin};
use super::whole::whole;
use crate::ingest::{Input, Observation};
use crate::pipeline::{LaneState, Tape};
use crate::units::{CustomerId, Lane, Millis};

/// Kafka's own `delete.retention.ms`, for a topic whose settings may not be read.
const KAFKA_DEFAULT: Duration = Duration::from_hours(24);

impl Recovery {
    /// Whom CRM no longer has, of those it had told the lane of. `seen`: when the lane was last at work, as far as is
    /// known. `replayed`: CRM rows were folded again, of which compaction may have taken some, so that who seems unknown
    /// to CRM may only have lost his row. Nobody, without a look, where the topic still holds every tombstone written
    /// since.
    pub(super) fn gone(
        &self,
        lane: Lane,
        state: &LaneState,
        seen: Option<Millis>,
        replayed: bool,
    ) -> Result<Vec<CustomerId>> {
        let away = seen.map_or(i64::MAX, |seen| clock::wall().since(seen));
        let kept = self.tombstones_kept();
        if i128::from(away) <= kept.as_millis().cast_signed() {
            return Ok(Vec::new());
        }
        let told: BTreeSet<CustomerId> =
            if replayed { state.customers().cloned().collect() } else { state.in_crm().cloned().collect() };
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let Some(gone) = self.not_in_crm(lane, told)? else {
            tracing::error!(
                lane = lane.0,
                topic = self.settings.topics.crm,
                "the lane was away for longer than CRM keeps its tombstones, and its partition of CRM is empty: nobody is \
                 erased, since this looks like a topic that was lost; fill it, and start again"
            );
            return Ok(Vec::new());
        };
        tracing::warn!(
            lane = lane.0,
            away_seconds = away / Millis::SECOND,
            kept_seconds = kept.as_secs(),
            erased = gone.len(),
            "the lane was away for longer than CRM keeps its tombstones: CRM was read again, and who is no longer in it is \
             erased"
        );
        Ok(gone.into_iter().collect())
    }

    /// How long the CRM topic keeps a tombstone; asked until it is told.
    fn tombstones_kept(&self) -> Duration {
        if let Some(kept) = self.tombstones_kept.get() {
            return *kept;
        }
        let crm = topics::needed(&self.settings.topics).into_iter().find(|topic| topic.key == Input::Crm.as_str());
        let told =
            Admin::new(&self.settings).and_then(|admin| Ok(admin.setting(crm.as_slice(), "delete.retention.ms")?));
        match told {
            Ok(told) => {
                let told = told.into_iter().flatten().next().and_then(|ms| ms.parse().ok()).map(Duration::from_millis);
                *self.tombstones_kept.get_or_init(|| told.unwrap_or(KAFKA_DEFAULT))
            }
            Err(error) => {
                tracing::warn!("the settings of {} cannot be asked for: {error:#}", self.settings.topics.crm);
                KAFKA_DEFAULT
            }
        }
    }

    /// Those of `customers` of whom the lane's CRM partition holds no record, be it a row or a tombstone: both are folded
    /// in their turn. `None` where it holds nothing at all.
    fn not_in_crm(&self, lane: Lane, mut customers: BTreeSet<CustomerId>) -> Result<Option<BTreeSet<CustomerId>>> {
        let mut records = 0_u64;
        whole(&self.settings, &self.readers.second, &self.settings.topics.crm, lane.0, |message| {
            records += 1;
            if let Some(key) = message.key().and_then(|key| std::str::from_utf8(key).ok()) {
                customers.remove(key);
            }
        })?;
        Ok((records > 0).then_some(customers))
    }
}

impl CustomerLane {
    /// Erases who left CRM while the lane was away; answers how many. Nothing else folds until they are in an epoch: a
    /// replay erases at an epoch's end.
    pub(super) fn erase_gone(&mut self, env: &Env<'_>) -> usize {
        let gone = std::mem::take(&mut self.gone);
        if gone.is_empty() {
            return 0;
        }
        self.mode = self.mode(env, None);
        let erased = gone.len();
        for customer in gone {
            let mut tape = Tape::Live(self.mode);
            let observation = Observation::Erase(customer.clone());
            let _ = self.state.step(&observation, env.world, env.policy, &mut tape, &mut self.draft.report);
            self.draft.erased(customer);
        }
        erased
    }
}
