//! A lane filled without a broker: everybody has a CRM row, four contacts, two weeks of probes, and a home.

use homeqos::act::{IdKey, Ids};
use homeqos::ingest::{Input, Mapping, Observation, decode};
use homeqos::pipeline::{LaneState, Mode, Policy, Report, RuleBook, Tape, World};
use homeqos::sim::bench::{bench_probe, is_poor};
use homeqos::units::{Lane, Millis, Zone};

/// Monday 2026-09-07, 00:00 UTC: far from a clock change.
pub const BEGIN: i64 = 1_788_739_200_000;
pub const HISTORY_DAYS: i64 = 14;
/// Hours (UTC) of a day's probes of one customer: two in the night in Paris, one at noon.
pub const HISTORY_HOURS: [i64; 3] = [0, 11, 21];
pub const CONTACTS: u32 = 4;
/// Records after which what the lane reports is taken away, as an epoch does.
const EPOCH_RECORDS: u64 = 10_000;

/// The lane and what it reads.
pub struct Filled {
    pub lane: LaneState,
    customers: u32,
    world: World,
    policy: Policy,
    report: Report,
    steps: u64,
}

pub fn key(customer: u32) -> String {
    format!("C{customer:07}")
}

fn decoded(input: Input, key: &str, value: &str) -> Observation {
    decode(input, Some(key.as_bytes()), Some(value.as_bytes()), &Mapping::identity()).expect("a good record")
}

impl Filled {
    pub fn empty(customers: u32) -> Self {
        let zone = Zone::named("Europe/Paris").expect("a zone");
        let policy = Policy::new("bench", zone, RuleBook::default(), Ids::new(IdKey::new([7; 32])));
        let lane = LaneState::new(Lane(0), 1, &policy);
        Self { lane, customers, world: World::default(), policy, report: Report::default(), steps: 0 }
    }

    /// CRM rows, contacts and two weeks of probes, in the order of time.
    pub fn live_two_weeks(&mut self) {
        for n in 0..self.customers {
            let row = format!(
                "{{\"customer_id\":\"{}\",\"churn_risk\":0.02,\"arpu_eur\":17.3,\"segment\":\"mid\",\
                 \"consent\":{{\"network_care\":true,\"location\":true}},\"device\":{{\"vowifi\":true,\"volte\":true}}}}",
                key(n)
            );
            self.step(&decoded(Input::Crm, &key(n), &row));
        }
        for day in 0..HISTORY_DAYS {
            for (slot, hour) in HISTORY_HOURS.into_iter().enumerate() {
                let from = BEGIN + day * Millis::DAY + hour * Millis::HOUR;
                let event = 10 * day as u32 + slot as u32;
                for probe in self.probes(self.customers, event, from, 50 * Millis::MINUTE) {
                    self.step(&probe);
                }
            }
            if day % 3 == 0 && day / 3 < i64::from(CONTACTS) {
                self.contact(day);
            }
        }
    }

    /// Everybody calls once; the tenth that is poor calls about the network.
    fn contact(&mut self, day: i64) {
        for n in 0..self.customers {
            let reason = if is_poor(n) { "NETWORK_INDOOR" } else { "BILLING_QUESTION" };
            let ts = BEGIN + day * Millis::DAY + 22 * Millis::HOUR + i64::from(n % 3_600) * 100;
            let contact = format!(
                "{{\"contact_id\":\"K-{day}-{n}\",\"customer_id\":\"{}\",\"ts\":{ts},\"channel\":\"phone\",\
                 \"reason_code\":\"{reason}\"}}",
                key(n)
            );
            self.step(&decoded(Input::Contacts, &key(n), &contact));
        }
    }

    pub fn step(&mut self, observation: &Observation) {
        let mut tape = Tape::Live(Mode::default());
        std::hint::black_box(self.lane.step(observation, &self.world, &self.policy, &mut tape, &mut self.report));
        self.steps += 1;
        if self.steps.is_multiple_of(EPOCH_RECORDS) {
            self.lane.tell_counts(&mut self.report);
            std::hint::black_box(std::mem::take(&mut self.report));
        }
    }

    /// `count` probes spread evenly over `span_ms`, round after round of all customers.
    pub fn probes(&self, count: u32, event: u32, from: i64, span_ms: i64) -> impl Iterator<Item = Observation> + use<> {
        let customers = self.customers;
        (0..count).map(move |n| {
            let ts = Millis(from + i64::from(n) * span_ms / i64::from(count));
            let probe = bench_probe(n % customers, event + n / customers, ts);
            decoded(Input::Probes, &key(n % customers), &probe)
        })
    }
}
