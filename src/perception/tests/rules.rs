//! The sections of the configuration that belong to this stage and to quality. Pure.

use crate::perception::{ReasonMeaning, Rules};
use crate::qos::Rules as QosRules;

#[test]
fn an_empty_section_is_the_defaults_and_an_unknown_key_is_refused() {
    assert_eq!(toml::from_str::<Rules>("").unwrap(), Rules::default());
    assert_eq!(toml::from_str::<QosRules>("").unwrap(), QosRules::default());
    assert!(toml::from_str::<Rules>("felt_at = 1").is_err());
    assert!(toml::from_str::<QosRules>("[grades]\npoor_rsrp = -110").is_err());
}

#[test]
fn the_rules_come_back_from_a_configuration_file_as_they_were() {
    let text = toml::to_string(&Rules::default()).unwrap();
    assert_eq!(toml::from_str::<Rules>(&text).unwrap(), Rules::default());
    let text = toml::to_string(&QosRules::default()).unwrap();
    assert_eq!(toml::from_str::<QosRules>(&text).unwrap(), QosRules::default());
}

#[test]
fn reason_codes_are_written_as_the_design_writes_them() {
    let text = "[reason_codes]\n\"NET\" = \"network\"\n\"NET-IN\" = \"network_home\"\n\"PAY\" = \"other\"";
    let rules: Rules = toml::from_str(text).unwrap();
    assert_eq!(rules.reason("NET-3"), Some(ReasonMeaning::Network));
    assert_eq!(rules.reason("net-indoor"), Some(ReasonMeaning::NetworkHome));
    assert_eq!(rules.reason("PAYMENT"), Some(ReasonMeaning::Other));
    assert_eq!(rules.reason("NE"), None);
    assert_eq!(rules.reason("é"), None);
}
