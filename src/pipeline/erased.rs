//! Customers who were erased: only a keyed hash of their id is kept, so that what still arrives of them is
//! refused, and only for a while. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::act::IdKey;
use crate::units::Minute;

/// 35 days: longer than any topic keeps its records (30), so that no old record revives an erased customer.
pub const REFUSED_DAYS: i32 = 35;

/// The hashes that are refused, each until a minute; `None` before the lane's clock first ran.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Erased {
    until: BTreeMap<[u8; 16], Option<Minute>>,
}

fn hash(key: &IdKey, customer: &str) -> [u8; 16] {
    key.hash(&["erased", customer])
}

impl Erased {
    pub fn insert(&mut self, key: &IdKey, customer: &str, now: Option<Minute>) {
        self.until.insert(hash(key, customer), now.map(|now| now.plus(REFUSED_DAYS * 24 * 60)));
    }

    /// A later CRM row takes the customer in again.
    pub fn readmit(&mut self, key: &IdKey, customer: &str) {
        if !self.until.is_empty() {
            self.until.remove(&hash(key, customer));
        }
    }

    #[must_use]
    pub fn refuses(&self, key: &IdKey, customer: &str) -> bool {
        !self.until.is_empty() && self.until.contains_key(&hash(key, customer))
    }

    /// Lets the expired go; those from before the clock ran get their term from `now`.
    pub fn expire(&mut self, now: Minute) {
        for until in self.until.values_mut() {
            until.get_or_insert(now.plus(REFUSED_DAYS * 24 * 60));
        }
        self.until.retain(|_, until| until.is_some_and(|until| until > now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erased_customer_is_refused_for_35_days_or_until_crm_takes_him_in_again() {
        let key = IdKey::new([3; 32]);
        let mut erased = Erased::default();
        erased.insert(&key, "C1", None);
        erased.insert(&key, "C2", Some(Minute(0)));
        erased.expire(Minute(10));
        assert!(erased.refuses(&key, "C1") && erased.refuses(&key, "C2"));
        erased.readmit(&key, "C2");
        assert!(!erased.refuses(&key, "C2"));
        erased.expire(Minute(10 + REFUSED_DAYS * 24 * 60));
        assert!(!erased.refuses(&key, "C1"));
    }
}
