//! The least rights that a deployment needs, as commands. Pure.

use std::fmt::Write as _;

use crate::shell::Settings;
use crate::shell::topics::{Role, needed};

/// `kafka-acls.sh` commands that give `principal` what it needs to run, topic by topic, and nothing else.
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
    for topic in needed(&settings.topics) {
        let resource = format!("--topic {}", topic.name);
        match topic.role {
            Role::Keyed | Role::KeyedCompacted | Role::Cells => {
                add("input", &["Read", "DescribeConfigs"], &resource);
            }
            Role::Areas => add("internal", &["Read", "Write", "DescribeConfigs"], &resource),
            Role::Journal => add("internal: read at recovery", &["Read", "Write", "DescribeConfigs"], &resource),
            Role::Out => add("output", &["Write", "DescribeConfigs"], &resource),
        }
    }
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
        let line = |topic: &str| text.lines().find(|line| line.ends_with(&format!("--topic {topic}"))).unwrap();
        assert!(line("cem.network-probes").contains("--operation Read "));
        assert!(!line("cem.network-probes").contains("Write"));
        assert!(line("cem.actions").contains("--operation Write") && !line("cem.actions").contains("Read"));
        assert!(line("homeqos.journal").contains("--operation Read --operation Write"));
        assert!(text.contains("--transactional-id homeqos- --resource-pattern-type prefixed"));
        assert!(!text.contains("All") && !text.contains("--topic *"));
    }
}
