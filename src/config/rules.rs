//! The stages' rules: their own checks, those between values, and the policy they make. Pure.

use std::fmt::Display;

use super::checks::Findings;
use super::written::Written;
use crate::act::{IdKey, Ids};
use crate::pipeline::{Policy, RuleBook};
use crate::units::Zone;
use crate::{perception, qos};

pub(super) fn check(written: &Written, found: &mut Findings<'_>) {
    sentence("home", written.home.objection().map_or(Ok(()), Err), written, found);
    sentence("area", written.area.check(), written, found);
    sentence("decide", written.decide.check(), written, found);
    check_qos(&written.qos, found);
    check_grades(&written.qos.grades, found);
    check_perception(&written.perception, found);
}

/// The rules as the lanes use them.
pub(super) fn policy(written: &Written, zone: &Zone, key: IdKey) -> Policy {
    let rules = RuleBook {
        home: written.home.clone(),
        qos: written.qos.clone(),
        perception: written.perception.clone(),
        area: written.area.clone(),
        decide: written.decide.clone(),
    };
    Policy::new(&written.deployment.name, zone.clone(), rules, Ids::new(key))
}

/// A stage's own objection. Its sentence names the key, so that the place where it was written can be told.
fn sentence(section: &str, checked: Result<(), String>, written: &Written, found: &mut Findings<'_>) {
    let Err(said) = checked else { return };
    let table = toml::Table::try_from(written).unwrap_or_default();
    let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
    let words = said.split(|c| !is_key(c)).map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty());
    let qualified = words.map(|word| match word.strip_prefix(section).and_then(|rest| rest.strip_prefix('.')) {
        Some(_) => word.to_owned(),
        None => format!("{section}.{word}"),
    });
    let named = qualified.into_iter().find_map(|key| Some((value(&table, &key)?.to_string(), key)));
    match named {
        Some((value, key)) => found.add(&key, value.trim_matches('"'), said),
        None => found.add(section, "", said),
    }
}

fn value<'a>(table: &'a toml::Table, key: &str) -> Option<&'a toml::Value> {
    let mut parts = key.split('.');
    let first = table.get(parts.next()?)?;
    parts.try_fold(first, |at, part| at.as_table()?.get(part))
}

fn between<T: PartialOrd + Display + Copy>(found: &mut Findings<'_>, key: &str, value: T, least: T, most: T) {
    let fits = (&least..=&most).contains(&&value);
    found.need(fits, key, value, format_args!("must be between {least} and {most}"));
}

fn check_qos(rules: &qos::Rules, found: &mut Findings<'_>) {
    between(found, "qos.busy_until_hour", rules.busy_until_hour, 1, 24);
    found.need(
        rules.busy_from_hour < rules.busy_until_hour,
        "qos.busy_from_hour",
        rules.busy_from_hour,
        format_args!("must be less than qos.busy_until_hour ({})", rules.busy_until_hour),
    );
    between(found, "qos.share_poor_bad", rules.share_poor_bad, 0.0, 1.0);
    between(found, "qos.free_share_fine", rules.free_share_fine, -1.0, 1.0);
    between(found, "qos.days_min", rules.days_min, 1, 14);
    between(found, "qos.offer_days_min", rules.offer_days_min, 1, 14);
    between(found, "qos.episode_minutes", rules.episode_minutes, 1, 1_440);
    between(found, "qos.episode_stale_minutes", rules.episode_stale_minutes, 1, 1_440);
    between(found, "qos.no_service_default_s", rules.no_service_default_s, 0.0, 86_400.0);
    between(found, "qos.session_volume_min_kb", rules.session_volume_min_kb, 0.0, 1e9);
    between(found, "qos.session_poor_kbps", rules.session_poor_kbps, 0.0, 1e9);
    let weights = &rules.weights;
    let parts = [
        ("voice", weights.voice),
        ("data", weights.data),
        ("coverage", weights.coverage),
        ("availability", weights.availability),
        ("worst_day", weights.worst_day),
        ("latest_day", weights.latest_day),
        ("mean_day", weights.mean_day),
        ("weakest_part", weights.weakest_part),
    ];
    for (name, weight) in parts {
        between(found, &format!("qos.weights.{name}"), weight, 0.0, 1.0);
    }
    for (keys, group) in
        [("voice, data, coverage, availability", &parts[..4]), ("worst_day, latest_day, mean_day", &parts[4..7])]
    {
        let sum: f32 = group.iter().map(|(_, weight)| weight).sum();
        let key = format!("qos.weights.{}", group[0].0);
        found.need(sum > 0.0, &key, group[0].1, format_args!("one of {keys} must be above 0"));
    }
}

fn check_grades(grades: &qos::Grades, found: &mut Findings<'_>) {
    for (name, poor, marginal, good) in [
        ("rsrp_dbm", grades.poor_rsrp_dbm, grades.marginal_rsrp_dbm, grades.good_rsrp_dbm),
        ("rsrq_db", grades.poor_rsrq_db, grades.marginal_rsrq_db, grades.good_rsrq_db),
        ("sinr_db", grades.poor_sinr_db, grades.marginal_sinr_db, grades.good_sinr_db),
    ] {
        let key = format!("qos.grades.marginal_{name}");
        let allowed = format!("must lie from poor_{name} ({poor}) to good_{name} ({good})");
        found.need(poor <= marginal && marginal <= good, &key, marginal, allowed);
    }
}

fn check_perception(rules: &perception::Rules, found: &mut Findings<'_>) {
    for (name, target) in [("low", rules.targets.low), ("mid", rules.targets.mid), ("high", rules.targets.high)] {
        between(found, &format!("perception.targets.{name}"), target, 0.0, 100.0);
    }
    between(found, "perception.felt.felt_from", rules.felt.felt_from, 0.0, 1.0);
    between(found, "perception.felt.silent_felt_from", rules.felt.silent_felt_from, 0.0, 1.0);
    between(found, "perception.felt.detractor_nps", rules.felt.detractor_nps, 0, 10);
    let most = crate::limits::CONTACTS_MAX as u8;
    between(found, "perception.felt.contacts_max", rules.felt.contacts_max, 0, most);
    let cause = &rules.cause;
    for (name, share) in [
        ("radio_share", cause.radio_share),
        ("mobility_share", cause.mobility_share),
        ("congestion_share", cause.congestion_share),
        ("choked_share", cause.choked_share),
        ("congestion_contrast", cause.congestion_contrast),
        ("building_fine_share", cause.building_fine_share),
        ("device_fine_share", cause.device_fine_share),
        ("elsewhere_share", cause.elsewhere_share),
    ] {
        between(found, &format!("perception.cause.{name}"), share, 0.0, 1.0);
    }
    between(found, "perception.cause.elder_days", cause.elder_days, 0, 365);
    for prefix in rules.reason_codes.keys() {
        let key = format!("perception.reason_codes.{prefix}");
        found.need(!prefix.trim().is_empty(), &key, prefix, "a prefix must not be empty: it would fit every code");
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Override, Sources};
    use crate::act::IdKey;

    fn load(text: &str) -> Result<Config, String> {
        Config::load(&Sources::of_text("h.toml", text, vec![])).map_err(|error| error.to_string())
    }

    #[test]
    fn a_stages_own_objection_is_told_with_its_line() {
        let said = load("[decide]\nsettle_minutes = 5\nholdout_share = 1.5\n").unwrap_err();
        assert!(said.starts_with("h.toml, line 3: `decide.holdout_share` = 1.5: "), "{said}");
        let said = load("[home]\nnight_from_hour = 3\n").unwrap_err();
        assert!(said.starts_with("h.toml, line 2: `home.night_from_hour` = 3: "), "{said}");
        let said = load("[area]\nmin_share = 2\n").unwrap_err();
        assert!(said.starts_with("h.toml, line 2: `area.min_share` = 2"), "{said}");
    }

    #[test]
    fn a_bad_value_of_the_catalogue_is_found_where_it_stands() {
        let said = load("[decide.catalogue.femtocell]\ncost_eur = -1\n").unwrap_err();
        assert!(said.starts_with("h.toml, line 2: `decide.catalogue.femtocell.cost_eur` = -1"), "{said}");
    }

    #[test]
    fn thresholds_must_rise_and_shares_be_shares() {
        let said = load("[qos.grades]\nmarginal_rsrp_dbm = -120.0\n[perception.felt]\nfelt_from = 5.0\n").unwrap_err();
        assert!(said.contains("line 2: `qos.grades.marginal_rsrp_dbm` = -120"), "{said}");
        assert!(said.contains("line 4: `perception.felt.felt_from` = 5: must be between 0 and 1"), "{said}");
    }

    #[test]
    fn the_stable_keys_are_there_and_reason_codes_replace_the_default_ones() {
        let text = "[decide]\nholdout_share = 0\nsurge_share = 1\n[offers]\nenabled = false\n[time]\nzone = \"UTC\"\nmode = \
                    \"input\"\n[perception]\nreason_codes = { NET = \"network\" }\n";
        let written = load(text).unwrap().written;
        assert_eq!((written.decide.holdout_share, written.decide.surge_share), (0.0, 1.0));
        assert!(!written.offers.enabled);
        assert_eq!(written.perception.reason_codes.len(), 1);
    }

    #[test]
    fn one_act_can_be_switched_off_from_outside_and_the_policy_tells() {
        let of = |overrides| {
            let config = Config::load(&Sources::of_text("h.toml", "", overrides)).unwrap();
            config.policy(IdKey::new([1; 32])).hash().to_owned()
        };
        let off = Override {
            key: "decide.catalogue.femtocell.stock_per_day".into(),
            value: "0".into(),
            at: "flag --set".into(),
        };
        assert_ne!(of(vec![]), of(vec![off]));
    }
}
