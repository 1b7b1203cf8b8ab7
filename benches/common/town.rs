//! What the bench sends: two weeks that give every customer a home, used panes and contacts, then days to be drained.

use homeqos::sim::bench::{SITES, bench_probe, is_poor};
use homeqos::units::Millis;

use super::filled::{CONTACTS, HISTORY_DAYS, HISTORY_HOURS, key};
use super::support::broker::Broker;
use super::support::records::{Sent, produce};
use super::support::topics::Deployment;

/// The sizes of a run.
pub(crate) struct Town {
    pub(crate) customers: u32,
    /// Probes of one more day.
    pub(crate) events: u32,
    /// When the history begins: a midnight.
    pub(crate) begin: i64,
}

impl Town {
    /// CRM rows, cells, contacts and the probes of two weeks. Answers how many records there are.
    pub(crate) fn send_history(&self, broker: &Broker, deployment: &Deployment) -> usize {
        let begin = self.begin;
        let crm = (0..self.customers).map(|n| {
            let row = format!(
                "{{\"customer_id\":\"{}\",\"churn_risk\":0.02,\"arpu_eur\":17.3,\"segment\":\"mid\",\"tenure_months\":38,\
                 \"consent\":{{\"network_care\":true,\"marketing\":false,\"location\":true}},\
                 \"has_fixed_broadband\":true,\"device\":{{\"vowifi\":true,\"volte\":true,\"bands\":[3,7,20],\"nr\":false}}}}",
                key(n)
            );
            Sent { timestamp: Some(begin), ..Sent::new(&key(n), row) }
        });
        let contacts = (0..CONTACTS).flat_map(|k| (0..self.customers).map(move |n| (k, n))).map(|(k, n)| {
            // A tenth of the customers is poor, and complains of the network.
            let reason = if is_poor(n) { "NETWORK_INDOOR" } else { "BILLING_QUESTION" };
            let ts = begin + i64::from(k) * 3 * Millis::DAY + 12 * Millis::HOUR + i64::from(n % 3_600) * 1_000;
            let contact = format!(
                "{{\"contact_id\":\"K-{k}-{n}\",\"customer_id\":\"{}\",\"ts\":{ts},\"channel\":\"phone\",\
                 \"reason_code\":\"{reason}\"}}",
                key(n)
            );
            Sent { timestamp: Some(ts), ..Sent::new(&key(n), contact) }
        });
        let mut sent = produce(broker, &deployment.topic("crm"), crm);
        sent += Self::send_cells(broker, deployment);
        sent += produce(broker, &deployment.topic("contacts"), contacts);
        let slots = HISTORY_DAYS * HISTORY_HOURS.len() as i64;
        let probes = (0..slots).flat_map(|slot| {
            let (day, hour) = (slot / HISTORY_HOURS.len() as i64, HISTORY_HOURS[slot as usize % HISTORY_HOURS.len()]);
            let from = begin + day * Millis::DAY + hour * Millis::HOUR;
            self.probes(self.customers, slot as u32, from, 50 * Millis::MINUTE)
        });
        sent + produce(broker, &deployment.topic("probes"), probes)
    }

    /// The inventory.
    pub(crate) fn send_cells(broker: &Broker, deployment: &Deployment) -> usize {
        let cells = (0..SITES * 3).map(|n| {
            let (site, sector) = (16_400 + n / 3, n % 3);
            let id = format!("208-01-{}", (site << 8) + 1 + sector);
            let (row, column) = (n / 3 / 20, n / 3 % 20);
            let cell = format!(
                "{{\"cell_id\":\"{id}\",\"site_id\":\"{site}\",\"lat\":{:.4},\"lon\":{:.4},\"azimuth_deg\":{},\"rat\":\"lte\",\
                 \"band\":3}}",
                45.5 + row as f64 * 0.01,
                4.5 + column as f64 * 0.014,
                sector * 120
            );
            Sent::new(&id, cell)
        });
        produce(broker, &deployment.topic("cells"), cells)
    }

    /// One more day, everybody heard every so many hours.
    pub(crate) fn send_day(&self, number: u32, broker: &Broker, deployment: &Deployment) {
        self.send_from(number, Millis::DAY - 1, broker, deployment);
    }

    /// As many probes as of a day, within the first `span_ms` of it.
    pub(crate) fn send_from(&self, number: u32, span_ms: i64, broker: &Broker, deployment: &Deployment) {
        let from = self.begin + (HISTORY_DAYS + i64::from(number)) * Millis::DAY;
        let probes = self.probes(self.events, 1_000 * (number + 1), from, span_ms);
        assert_eq!(produce(broker, &deployment.topic("probes"), probes), self.events as usize);
    }

    /// `count` probes spread evenly over `span_ms`, round after round of all customers.
    fn probes(&self, count: u32, event: u32, from: i64, span_ms: i64) -> impl Iterator<Item = Sent> + use<> {
        let customers = self.customers;
        (0..count).map(move |n| {
            let ts = from + i64::from(n) * span_ms / i64::from(count);
            let customer = n % customers;
            let probe = bench_probe(customer, event + n / customers, Millis(ts));
            Sent { timestamp: Some(ts), ..Sent::new(&key(customer), probe) }
        })
    }
}
