//! Everything configured that decides, and the world outside the lane. Pure.

use sha2::{Digest as _, Sha256};

use crate::act::Ids;
use crate::ingest::Inventory;
use crate::neighbourhood::AreaView;
use crate::perception::Lexicon;
use crate::units::Zone;
use crate::{decide, home, neighbourhood, perception, qos};

/// The rules of all stages and what they need. Immutable while a lane runs.
#[derive(Debug)]
pub struct Policy {
    /// Name of the deployment, in `ce_source`.
    pub deployment: String,
    pub zone: Zone,
    pub home: home::Rules,
    pub qos: qos::Rules,
    pub perception: perception::Rules,
    pub area: neighbourhood::Rules,
    pub decide: decide::Rules,
    pub lexicon: Lexicon,
    pub ids: Ids,
    hash: String,
}

/// The stages' rules as configuration holds them.
#[derive(Debug, Clone, Default)]
pub struct RuleBook {
    pub home: home::Rules,
    pub qos: qos::Rules,
    pub perception: perception::Rules,
    pub area: neighbourhood::Rules,
    pub decide: decide::Rules,
}

impl Policy {
    #[must_use]
    pub fn new(deployment: &str, zone: Zone, rules: RuleBook, ids: Ids) -> Self {
        let RuleBook { home, qos, perception, area, decide } = rules;
        let mut hasher = Sha256::new();
        let written = serde_json::to_vec(&(zone.name(), &home, &qos, &perception, &area, &decide));
        hasher.update(written.expect("rules are plain values"));
        let hash = hasher.finalize().iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"));
        let deployment = deployment.to_owned();
        Self { deployment, zone, home, qos, perception, area, decide, lexicon: Lexicon::new(), ids, hash }
    }

    /// `sha256:` and the hash of all rules and the zone: equal hashes decide equally, given equal code.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// The inventory and the verdicts, as read at an epoch's start.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub cells: Inventory,
    pub areas: AreaView,
}
