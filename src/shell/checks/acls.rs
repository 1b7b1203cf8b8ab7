//! The least rights that a deployment needs, as commands. Pure.

use std::fmt::Write as _;

use crate::shell::Settings;
use crate::shell::topics::{Role, needed};

/// `kafka-acls.sh` commands that give `principal` what it needs to run, and nothing else.
#[must_use]
pub fn acls(settings: &Settings, principal: &str) -> String {
    let mut out = String::new();
    let mut add = |comment: &str, operations: &[&str], resource: &str| {
        let operations: Vec<String> = operations.iter().map(|o| format!("--operation {o}")).collect();
        let _ = writeln!(
            out,
            "# {comment}\nkafka-acls.sh --bootstrap-server {} --command-config admin.properties --add --allow-principal \
             {principal} {} {resource}",
            settings.brokers,
            operations.join(" ")
        );
    };
    let topics = needed(&settings.topics);
    let of = |wanted: &[Role]| -> String {
        let named = topics.iter().filter(|topic| wanted.contains(&topic.role));
        named.map(|topic| format!("--topic {}", topic.name)).collect::<Vec<_>>().join(" ")
    };
    let inputs = of(&[Role::Keyed, Role::KeyedCompacted, Role::Cells]);
    add("inputs: read", &["Read", "DescribeConfigs"], &inputs);
    let internal = of(&[Role::Areas, Role::Journal]);
    add("internal topics: written, and read at recovery", &["Read", "Write", "DescribeConfigs"], &internal);
    add("outputs: written", &["Write", "DescribeConfigs"], &of(&[Role::Out]));
    add("consumer group", &["Read"], &format!("--group {}", settings.group));
    add(
        "transactional ids begin with the deployment's name",
        &["Write", "Describe"],
        &format!("--transactional-id {}- --resource-pattern-type prefixed", settings.deployment),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn inputs_are_read_outputs_written_and_nothing_is_all() {
        let text = acls(&Settings::new(&Config::defaults().unwrap(), false), "User:homeqos");
        let named = |line: &str, topic: &str| format!("{line} ").contains(&format!("--topic {topic} "));
        let line = |topic: &str| text.lines().find(|line| named(line, topic)).unwrap();
        assert!(line("cem.network-probes").contains("--operation Read "));
        assert!(!line("cem.network-probes").contains("Write"));
        assert!(line("cem.actions").contains("--operation Write") && !line("cem.actions").contains("Read"));
        assert!(line("homeqos.journal").contains("--operation Read --operation Write"));
        assert!(text.contains("--transactional-id homeqos- --resource-pattern-type prefixed"));
        assert!(!text.contains("All") && !text.contains("--topic *"));
    }
}
