//! The catalogue: what can be done, at what cost, with what effect, for whom: its content is configuration. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::CrmFacts;
use super::gain::Effect;
use crate::ingest::Channel;
use crate::units::{ActionKind, Cause};

/// What a customer must have for an act to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// The handset supports Wi-Fi calling.
    Vowifi,
    /// A fixed broadband line at home.
    FixedBroadband,
    /// No femtocell yet.
    NoFemtocell,
}

impl Needs {
    /// `Some(true)` met, `Some(false)` not met, `None` not known: who does not know does not offer.
    #[must_use]
    pub fn met(self, crm: &CrmFacts) -> Option<bool> {
        match self {
            Self::Vowifi => crm.device_vowifi(),
            Self::FixedBroadband => crm.has_fixed_broadband(),
            Self::NoFemtocell => Some(crm.has_femtocell() != Some(true)),
        }
    }
}

/// One individual act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// As the customer reads it.
    pub name: String,
    /// Euro an act costs the operator.
    pub cost_eur: f64,
    /// Effect by cause; an act without an effect on a cause is never offered for it.
    pub effects: BTreeMap<Cause, Effect>,
    /// All must be met.
    #[serde(default)]
    pub needs: Vec<Needs>,
    /// How many may be made a day over all lanes; absent: as many as are wanted; 0: switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock_per_day: Option<u32>,
    /// Days before the same act is offered to the same customer again.
    #[serde(default = "thirty_days")]
    pub cooldown_days: u16,
    /// Channels it can be made through; the first is taken unless the customer prefers another of them.
    pub channels: Vec<Channel>,
    /// Something is sold: needs the consent `marketing`, and is not suitable while service is felt as bad.
    #[serde(default)]
    pub upsell: bool,
}

fn thirty_days() -> u16 {
    30
}

/// The individual acts by kind, in the order of their names.
///
/// What is read changes the default catalogue: of an act that is named, the keys that are given; acts that are not named
/// stay. So `[decide.catalogue.femtocell]` with `stock_per_day = 0` switches one act off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "BTreeMap<ActionKind, Item>", from = "BTreeMap<ActionKind, Change>")]
pub struct Catalogue(pub BTreeMap<ActionKind, Item>);

/// What a configuration says of one act.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Change {
    name: Option<String>,
    cost_eur: Option<f64>,
    effects: Option<BTreeMap<Cause, Effect>>,
    needs: Option<Vec<Needs>>,
    stock_per_day: Option<u32>,
    cooldown_days: Option<u16>,
    channels: Option<Vec<Channel>>,
    upsell: Option<bool>,
}

impl From<Catalogue> for BTreeMap<ActionKind, Item> {
    fn from(catalogue: Catalogue) -> Self {
        catalogue.0
    }
}

impl From<BTreeMap<ActionKind, Change>> for Catalogue {
    fn from(changes: BTreeMap<ActionKind, Change>) -> Self {
        let mut catalogue = Self::default();
        for (kind, change) in changes {
            // An act without a default is refused by `check`: its one kind, the ticket, is no offer.
            let item = catalogue.0.entry(kind).or_insert_with(|| item(kind.as_str(), 0.0, &[], &[]));
            let Change { name, cost_eur, effects, needs, stock_per_day, cooldown_days, channels, upsell } = change;
            item.name = name.unwrap_or_else(|| std::mem::take(&mut item.name));
            item.cost_eur = cost_eur.unwrap_or(item.cost_eur);
            item.effects = effects.unwrap_or_else(|| std::mem::take(&mut item.effects));
            item.needs = needs.unwrap_or_else(|| std::mem::take(&mut item.needs));
            item.stock_per_day = stock_per_day.or(item.stock_per_day);
            item.cooldown_days = cooldown_days.unwrap_or(item.cooldown_days);
            item.channels = channels.unwrap_or_else(|| std::mem::take(&mut item.channels));
            item.upsell = upsell.unwrap_or(item.upsell);
        }
        catalogue
    }
}

impl Catalogue {
    /// The first sentence that is wrong with it, if any.
    pub fn check(&self) -> Result<(), String> {
        for (kind, item) in &self.0 {
            if *kind == ActionKind::NetworkTicket {
                return Err("catalogue.network_ticket is the neighbourhood's act; it cannot be offered".to_owned());
            }
            if item.channels.is_empty() {
                return Err(format!("catalogue.{kind}.channels is empty; give at least one channel"));
            }
            if !(0.0..=1e6).contains(&item.cost_eur) {
                return Err(format!("catalogue.{kind}.cost_eur is {}; allowed: 0 to 1000000", item.cost_eur));
            }
            for (cause, effect) in &item.effects {
                let fits = (0.0..=1.0).contains(&effect.mean) && (0.0..=1.0).contains(&effect.sd);
                if !fits {
                    return Err(format!("catalogue.{kind}.effects.{cause}: mean and sd must lie in 0 to 1"));
                }
            }
        }
        Ok(())
    }
}

fn effects(of: &[(Cause, f64, f64)]) -> BTreeMap<Cause, Effect> {
    of.iter().map(|(cause, mean, sd)| (*cause, Effect { mean: *mean, sd: *sd })).collect()
}

fn item(name: &str, cost_eur: f64, effect: &[(Cause, f64, f64)], channels: &[Channel]) -> Item {
    Item {
        name: name.to_owned(),
        cost_eur,
        effects: effects(effect),
        needs: Vec::new(),
        stock_per_day: None,
        cooldown_days: thirty_days(),
        channels: channels.to_vec(),
        upsell: false,
    }
}

impl Default for Catalogue {
    /// The first catalogue. Effects are the design's working figures, to be refitted from outcomes.
    fn default() -> Self {
        use Cause::{Building, Congestion, Coverage, Device, Interference, Mobility, Outage};
        let message = [Channel::App, Channel::Sms, Channel::Email];
        let personal = [Channel::Phone, Channel::App, Channel::Email];
        let all = |mean: f64, sd: f64| {
            [Coverage, Interference, Congestion, Mobility, Outage, Building, Device].map(|cause| (cause, mean, sd))
        };
        let vowifi = [(Building, 0.64, 0.20), (Coverage, 0.60, 0.20), (Interference, 0.45, 0.20), (Outage, 0.35, 0.20)];
        let femtocell = [(Building, 0.75, 0.15), (Coverage, 0.70, 0.15), (Interference, 0.50, 0.20)];
        let repeater = [(Building, 0.55, 0.20), (Coverage, 0.45, 0.20)];
        Self(BTreeMap::from([
            (
                ActionKind::VowifiActivation,
                Item {
                    needs: vec![Needs::Vowifi, Needs::FixedBroadband],
                    ..item("Wi-Fi calling", 2.0, &vowifi, &message)
                },
            ),
            (
                ActionKind::Femtocell,
                Item {
                    needs: vec![Needs::FixedBroadband, Needs::NoFemtocell],
                    stock_per_day: Some(40),
                    ..item("Femtocell", 70.0, &femtocell, &personal)
                },
            ),
            (
                ActionKind::IndoorRepeater,
                Item { stock_per_day: Some(200), ..item("Indoor repeater", 45.0, &repeater, &personal) },
            ),
            (ActionKind::HandsetSwap, item("Replacement handset", 120.0, &[(Device, 0.70, 0.15)], &personal)),
            (ActionKind::SimSwap, item("Replacement SIM card", 6.0, &[(Device, 0.15, 0.10)], &message)),
            (
                ActionKind::CareCallback,
                Item {
                    stock_per_day: Some(2000),
                    ..item("Call back by care", 6.0, &all(0.15, 0.08), &[Channel::Phone])
                },
            ),
            (ActionKind::InformationMessage, item("Information message", 0.1, &all(0.04, 0.03), &message)),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_catalogue_is_sound_and_has_an_act_for_every_cause() {
        let catalogue = Catalogue::default();
        catalogue.check().unwrap();
        for cause in Cause::ALL {
            assert!(catalogue.0.values().any(|item| item.effects.contains_key(cause)), "{cause}");
        }
    }

    #[test]
    fn a_configured_act_changes_only_what_is_given() {
        let read: Catalogue = serde_json::from_str(r#"{"femtocell":{"stock_per_day":0}}"#).unwrap();
        let mut expected = Catalogue::default();
        expected.0.get_mut(&ActionKind::Femtocell).unwrap().stock_per_day = Some(0);
        assert_eq!(read, expected);
        let whole = serde_json::to_string(&expected).unwrap();
        assert_eq!(serde_json::from_str::<Catalogue>(&whole).unwrap(), expected);
        assert!(serde_json::from_str::<Catalogue>(r#"{"femtocell":{"stok":0}}"#).is_err());
    }

    #[test]
    fn a_ticket_cannot_be_an_offer() {
        let mut catalogue = Catalogue::default();
        let item = catalogue.0[&ActionKind::SimSwap].clone();
        catalogue.0.insert(ActionKind::NetworkTicket, item);
        assert!(catalogue.check().unwrap_err().contains("network_ticket"));
    }
}
