//! What must be true of every epoch, and of the lane when all is folded.

use homeqos::ingest::Input;
use homeqos::limits::{CELLS_PER_LANE_MAX, DEAD_LETTER_KEPT_BYTES};
use homeqos::neighbourhood::{AreaReport, Context, CountRecord};
use homeqos::pipeline::{Report, Tape};
use homeqos::shell::epoch::{Epoch, Output, Target};
use homeqos::shell::journal::Record;
use homeqos::shell::metrics::InputCounts;
use homeqos::shell::runs::Run;
use rdkafka::message::Message as _;

use super::works::Works;

/// What one customer may come to in a snapshot or in memory: 14 panes of some 20 B and two weeks of bins at two places,
/// 4 places of 4 sites, 8 contacts, 8 offers, 8 fingerprints, an id of 128 B: some 1.5 KiB, half of it for good measure.
const CUSTOMER_BYTES_MAX: u64 = 2_304;

/// A cell and its site: two ids of 128 B and some numbers.
const CELL_BYTES_MAX: u64 = 288;

impl Works {
    /// Every offset has one fate, and every refused record is a dead letter with its own bytes.
    pub(super) fn account(&mut self, epoch: &Epoch, record: &Record) {
        let mut letters = [0; Input::KEYED.len()];
        for output in epoch.outputs.iter().filter(|output| output.target == Target::DeadLetters) {
            letters[self.letter(output)] += 1;
        }
        for input in Input::KEYED {
            let at = input.index();
            let (counts, from, to) = (&epoch.counts.inputs[at], record.start.0[at], record.end.0[at]);
            let delivered = self.sent.range((at, from)..(at, to)).count() as u64;
            let consumed = (to - from).unsigned_abs();
            let fate = |word| self.fates[at].get(word).copied().unwrap_or(0);
            assert_eq!(counts.rejected(), letters[at], "{input}: a dead letter for each refused record");
            let expected = InputCounts {
                consumed,
                folded: fate("folded"),
                rejected: counts.rejected,
                late: fate("late"),
                duplicate: fate("duplicate"),
                control: fate("control") + consumed - delivered,
                forwarded: fate("forwarded"),
                erased: fate("erased"),
            };
            assert_eq!(*counts, expected, "{input}: the epoch's account");
            assert_eq!(counts.rejected(), fate("rejected"), "{input}: refused");
            assert!(counts.is_balanced(), "{input}: {counts:?}");
            self.counts[at].add(counts);
        }
        self.fates = Default::default();
        self.actions += epoch.outputs.iter().filter(|output| output.target == Target::Offers).count() as u64;
        self.decisions += record.decisions.len() as u64;
        for decision in &record.decisions {
            self.offers.extend(decision.id.clone().map(|id| (decision.customer.to_string(), id)));
        }
        self.offers.drain(..self.offers.len().saturating_sub(64));
    }

    /// A dead letter tells of a record that was sent, whole; answers its input.
    fn letter(&self, letter: &Output) -> usize {
        let header = |name| letter.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let input = header("dlq.topic").and_then(Input::parse).expect("the topic it came from").index();
        let offset = header("dlq.offset").and_then(|n| n.parse().ok()).expect("its offset");
        let sent = &self.sent[&(input, offset)];
        assert_eq!(letter.key.as_deref(), sent.key(), "the key of a dead letter");
        let kept = header("dlq.truncated").map_or(usize::MAX, |_| DEAD_LETTER_KEPT_BYTES);
        let value = sent.payload().map(|value| &value[..value.len().min(kept)]);
        assert_eq!(letter.value.as_deref(), value, "the bytes of a dead letter");
        assert!(
            header("dlq.detail").is_some_and(|detail| detail.len() < 300),
            "details quote little: {:?}",
            letter.headers
        );
        input
    }

    /// The other lane folds the epoch as the journal tells it. What is folded is forgotten.
    pub(super) fn fold_again(&mut self, record: &Record) {
        let (mut cursor, mut report) = (record.start.0, Report::default());
        let mut decisions = record.decisions.iter().cloned().collect();
        let mut tape = Tape::Replay(&mut decisions);
        let (world, policy) = (&self.world, &self.policy);
        for run in &record.runs.0 {
            match *run {
                Run::Tick(at) => self.twin.tick(at, world, policy, &mut tape, &mut report),
                Run::Rejected { input, offsets } => cursor[input.index()] += offsets,
                Run::Folded { input, offsets } => {
                    let at = input.index();
                    let run = (at, cursor[at])..(at, cursor[at] + offsets);
                    cursor[at] += offsets;
                    for (_, message) in self.sent.range(run) {
                        let observation = self.intake.reread(input, message).expect("what was folded decodes again");
                        self.twin.step(&observation, world, policy, &mut tape, &mut report);
                    }
                }
            }
        }
        assert_eq!(cursor, record.end.0, "the runs add up to the offsets");
        assert_eq!(report.divergences + decisions.len() as u64, 0, "replayed decisions");
        self.sent.retain(|(input, offset), _| *offset >= record.end.0[*input]);
    }

    /// Counts and outcomes go on to the area stage, whose verdicts the lane sees from the next epoch on.
    pub(super) fn judge_areas(&mut self, epoch: &Epoch) {
        let mut report = AreaReport::default();
        let name =
            |area: &str, cause: &str, scope: &str, since: &str| self.policy.ids.ticket(area, cause, scope, since);
        let context = Context {
            cells: &self.world.cells,
            view: &self.world.areas,
            rules: &self.policy.area,
            zone: &self.policy.zone,
            name_ticket: &name,
        };
        for output in epoch.outputs.iter().filter(|output| output.target == Target::AreaCounts) {
            let key = output.key.as_deref().and_then(|key| str::from_utf8(key).ok()).expect("a key of text");
            let record = CountRecord::parse(key, output.value.as_deref()).expect("a count that can be read");
            self.areas.fold(record, &context, &mut report);
        }
        self.judged |= !report.rows.is_empty();
        for (area, row) in report.rows {
            self.world.areas.apply(&area, row.map(std::sync::Arc::new));
        }
    }

    /// What has grown is within its bounds, and the lane made again from its journal is the lane.
    pub(super) fn check(&self) {
        let census = self.lane.census();
        let bound = census.customers * CUSTOMER_BYTES_MAX;
        assert!(census.state_bytes <= bound, "{} B of state, bound {bound}", census.state_bytes);
        let probes = self.counts[Input::Probes.index()].folded;
        let cells = probes.min(CELLS_PER_LANE_MAX as u64);
        let tombstones = self.counts[Input::Crm.index()].erased + self.counts[Input::Crm.index()].control;
        // Beside customers: cells with their sites, hashes of the erased, hours of areas with homes.
        let bound = bound + cells * CELL_BYTES_MAX + tombstones * 24 + census.customers * 256 + 4_096;
        let bytes = self.lane.to_bytes().len() as u64;
        assert!(bytes <= bound, "{bytes} B of snapshot, bound {bound}");
        let (areas, _) = self.areas.figures();
        assert!(areas as u64 <= census.customers + tombstones, "{areas} areas of {} customers", census.customers);
        assert_eq!(self.lane.hash(), self.twin.hash(), "the lane that its journal makes again");
    }
}
