//! What must hold between the values of a configuration. Pure.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::error::{ConfigError, Problem};
use super::sources::Sources;
use super::written::{InputSource, Kafka, State, Topics, Written};
use crate::ingest::Input;

/// Properties that homeqos sets itself, since its guarantees rest on them.
const OWN_PROPERTIES: [&str; 13] = [
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "group.id",
    "group.instance.id",
    "isolation.level",
    "max.poll.interval.ms",
    "partition.assignment.strategy",
    "session.timeout.ms",
    "transaction.timeout.ms",
    "transactional.id",
];

/// Gathers what is wrong, each with the place it was written at.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    sources: &'a Sources,
    problems: Vec<Problem>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self { sources, problems: Vec::new() }
    }

    pub(super) fn add(&mut self, key: &str, value: impl Display, allowed: impl Display) {
        let value = format!("{:?}", value.to_string()).replace("\\\"", "\"");
        let number = value.trim_matches('"').parse::<f64>().is_ok();
        let value = if number { value.trim_matches('"').to_owned() } else { value };
        self.problems.push(Problem {
            at: self.sources.at(key),
            key: key.to_owned(),
            value,
            allowed: allowed.to_string(),
        });
    }

    /// Adds the problem unless `holds`.
    pub(super) fn need(&mut self, holds: bool, key: &str, value: impl Display, allowed: impl Display) {
        if !holds {
            self.add(key, value, allowed);
        }
    }

    pub(super) fn finish(self) -> Result<(), ConfigError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigError(self.problems)) }
    }
}

/// A name that Kafka ids, topic names and URLs all bear.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

pub(super) fn deployment(written: &Written, found: &mut Findings<'_>) {
    let name = &written.deployment.name;
    found.need(is_name(name), "deployment.name", name, "must be 1 to 64 letters, digits, `.`, `_` or `-`");
}

pub(super) fn kafka(kafka: &Kafka, found: &mut Findings<'_>) {
    let address = |part: &str| {
        part.trim()
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|p| p > 0))
    };
    let brokers = &kafka.brokers;
    found.need(
        brokers.split(',').all(address),
        "kafka.brokers",
        brokers,
        "must be `host:port`, several separated by commas",
    );
    found.need(
        !kafka.group.is_empty() && kafka.group.len() <= 200,
        "kafka.group",
        &kafka.group,
        "must be 1 to 200 characters",
    );
    let mut range = |value: u32, key: &str, least: u32, most: u32| {
        let fits = (least..=most).contains(&value);
        found.need(fits, key, value, format_args!("must be between {least} and {most}"));
    };
    range(u32::from(kafka.workers), "kafka.workers", 0, 256);
    range(kafka.epoch_ms, "kafka.epoch_ms", 5, 10_000);
    range(kafka.transaction_timeout_ms, "kafka.transaction_timeout_ms", 1_000, 900_000);
    range(kafka.session_timeout_ms, "kafka.session_timeout_ms", 1_000, 1_800_000);
    range(kafka.max_poll_interval_ms, "kafka.max_poll_interval_ms", 1_000, 86_400_000);
    range(kafka.request_timeout_ms, "kafka.request_timeout_ms", 100, 300_000);
    range(kafka.lag_interval_ms, "kafka.lag_interval_ms", 100, 300_000);
    let (epoch, transaction, session) = (kafka.epoch_ms, kafka.transaction_timeout_ms, kafka.session_timeout_ms);
    found.need(
        transaction < session,
        "kafka.transaction_timeout_ms",
        transaction,
        format_args!(
            "must be less than kafka.session_timeout_ms ({session}): a member that lost its lanes must not commit"
        ),
    );
    found.need(
        epoch <= transaction / 2,
        "kafka.epoch_ms",
        epoch,
        format_args!("must be at most half of kafka.transaction_timeout_ms ({transaction})"),
    );
    found.need(
        kafka.max_poll_interval_ms >= session,
        "kafka.max_poll_interval_ms",
        kafka.max_poll_interval_ms,
        format_args!("must be at least kafka.session_timeout_ms ({session})"),
    );
    for (table, name) in
        kafka.properties.keys().map(|n| ("properties", n)).chain(kafka.secret_files.keys().map(|n| ("secret_files", n)))
    {
        let own = OWN_PROPERTIES.contains(&name.as_str());
        found.need(
            !own,
            &format!("kafka.{table}.{name}"),
            name,
            "homeqos sets this itself, since its guarantees rest on it",
        );
    }
    for name in kafka.secret_files.keys().filter(|name| kafka.properties.contains_key(*name)) {
        found.add(&format!("kafka.secret_files.{name}"), name, "is given in kafka.properties too; keep one of them");
    }
}

impl Topics {
    /// Each topic with its key in the configuration.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &str); 12] {
        [
            ("probes", &self.probes),
            ("contacts", &self.contacts),
            ("crm", &self.crm),
            ("surveys", &self.surveys),
            ("outcomes", &self.outcomes),
            ("cells", &self.cells),
            ("area_counts", &self.area_counts),
            ("areas", &self.areas),
            ("journal", &self.journal),
            ("offers", &self.offers),
            ("tickets", &self.tickets),
            ("dead_letters", &self.dead_letters),
        ]
    }

    /// The topic of an input.
    #[must_use]
    pub fn input(&self, input: Input) -> &str {
        match input {
            Input::Probes => &self.probes,
            Input::Contacts => &self.contacts,
            Input::Crm => &self.crm,
            Input::Surveys => &self.surveys,
            Input::Outcomes => &self.outcomes,
            Input::Cells => &self.cells,
        }
    }
}

pub(super) fn topics(topics: &Topics, found: &mut Findings<'_>) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (key, name) in topics.named() {
        let legal = (1..=249).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            && name != "."
            && name != "..";
        found.need(legal, &format!("topics.{key}"), name, "must be 1 to 249 letters, digits, `.`, `_` or `-`");
        if let Some(other) = seen.insert(name, key)
            && (other, key) != ("offers", "tickets")
        {
            let allowed = format!("is also topics.{other}; only offers and tickets may share a topic");
            found.add(&format!("topics.{key}"), name, allowed);
        }
    }
}

pub(super) fn state(state: &State, found: &mut Findings<'_>) {
    found.need(state.snapshot_records > 0, "state.snapshot_records", state.snapshot_records, "must be at least 1");
    let seconds = state.snapshot_seconds;
    found.need((1..=86_400).contains(&seconds), "state.snapshot_seconds", seconds, "must be between 1 and 86400");
    found.need(state.park_seconds <= 3_600, "state.park_seconds", state.park_seconds, "must be at most 3600");
}

pub(super) fn inputs(inputs: &BTreeMap<String, InputSource>, found: &mut Findings<'_>) {
    for name in inputs.keys().filter(|name| Input::parse(name).is_none()) {
        let allowed: Vec<&str> = Input::ALL.iter().map(|input| input.as_str()).collect();
        found.add(
            &format!("inputs.{name}"),
            name,
            format_args!("there is no such input; there are {}", allowed.join(", ")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Sources};

    fn refusal(text: &str) -> String {
        Config::load(&Sources::of_text("h.toml", text, vec![])).unwrap_err().to_string()
    }

    #[test]
    fn a_value_out_of_range_is_refused_with_file_line_key_value_and_range() {
        let said = refusal("[kafka]\nepoch_ms = 2\n");
        assert_eq!(said, "h.toml, line 2: `kafka.epoch_ms` = 2: must be between 5 and 10000");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let said =
            refusal("[time]\nzone = \"Europe/Lyon\"\n[http]\nlisten = \"here\"\n[state]\nstore = \"ftp://x/y\"\n");
        assert_eq!(said.lines().count(), 3, "{said}");
        for word in ["Europe/Lyon", "line 4: `http.listen` = \"here\"", "`ftp` is not a store"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }

    #[test]
    fn a_transaction_must_end_before_its_member_is_given_up() {
        let said = refusal("[kafka]\ntransaction_timeout_ms = 60000\n");
        assert!(said.contains("less than kafka.session_timeout_ms (45000)"), "{said}");
    }

    #[test]
    fn properties_that_the_guarantees_rest_on_are_refused() {
        let said = refusal("[kafka.properties]\n\"isolation.level\" = \"read_uncommitted\"\n");
        assert!(said.contains("line 2: `kafka.properties.isolation.level`"), "{said}");
    }

    #[test]
    fn only_offers_and_tickets_may_share_a_topic() {
        assert!(refusal("[topics]\ncells = \"cem.network-probes\"\n").contains("is also topics.probes"));
        let apart = Sources::of_text("h.toml", "[topics]\ntickets = \"cem.tickets\"\n", vec![]);
        assert_eq!(Config::load(&apart).unwrap().written.topics.tickets, "cem.tickets");
    }

    #[test]
    fn an_input_that_is_none_is_refused_with_those_there_are() {
        let said = refusal("[inputs.prosbe]\nmapping = \"x.toml\"\n");
        assert!(said.contains("`inputs.prosbe`") && said.contains("probes"), "{said}");
    }

    #[test]
    fn a_secret_file_that_is_missing_is_named() {
        let said = refusal("[kafka.secret_files]\n\"sasl.password\" = \"/no/secret\"\n");
        assert!(said.contains("/no/secret"), "{said}");
    }

    #[test]
    fn brokers_without_a_port_are_refused() {
        assert!(refusal("[kafka]\nbrokers = \"kafka\"\n").contains("`host:port`"));
    }

    #[test]
    fn the_defaults_can_be_run() {
        let config = Config::defaults().unwrap();
        assert_eq!(config.zone.name(), "Europe/Paris");
        assert!(!config.instance.is_empty());
    }
}
