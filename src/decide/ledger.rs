//! What a lane has handed out today: offers against the surge guard, scarce acts against their stock, euros
//! against the budget. Pure.
//!
//! Stock is shared out, not raced for: lane `l` of `n` gets `stock / n` a day, and the remainder goes round the
//! lanes by the day, so that no lane waits for another and the sum over the lanes is the stock.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rules::Rules;
use crate::units::{ActionKind, Day, Lane};

/// The day's account of one lane.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    day: Option<Day>,
    offers: u32,
    used: BTreeMap<ActionKind, u32>,
    /// Cents, so that the order of additions changes nothing.
    spent_cents: u64,
}

impl Ledger {
    /// Begins a new account when the day is another.
    pub fn open(&mut self, day: Day) {
        if self.day != Some(day) {
            *self = Self { day: Some(day), ..Self::default() };
        }
    }

    pub fn record(&mut self, kind: ActionKind, cost_eur: f64) {
        self.offers += 1;
        *self.used.entry(kind).or_default() += 1;
        self.spent_cents += cents(cost_eur);
    }

    /// Whether the surge guard stops a further offer today.
    #[must_use]
    pub fn surges(&self, customers: usize, rules: &Rules) -> bool {
        let share = (customers as f64 * rules.surge_share).floor();
        f64::from(self.offers) >= share.max(f64::from(rules.surge_min))
    }

    /// Whether `kind` has stock left today.
    #[must_use]
    pub fn has_stock(&self, kind: ActionKind, stock_per_day: Option<u32>, lane: Lane, lanes: u16) -> bool {
        let Some(stock) = stock_per_day else { return true };
        let used = self.used.get(&kind).copied().unwrap_or_default();
        used < lane_share(stock, self.day.unwrap_or_default(), lane, lanes)
    }

    /// Whether the day's budget bears `cost_eur` more.
    #[must_use]
    pub fn has_budget(&self, cost_eur: f64, budget_eur: Option<f64>, lanes: u16) -> bool {
        budget_eur.is_none_or(|budget| self.spent_cents + cents(cost_eur) <= cents(budget / f64::from(lanes.max(1))))
    }
}

fn cents(eur: f64) -> u64 {
    (eur.max(0.0) * 100.0).round() as u64
}

/// A lane's part of a day's stock.
fn lane_share(stock: u32, day: Day, lane: Lane, lanes: u16) -> u32 {
    let lanes = u32::from(lanes.max(1));
    let turn = (u32::from(lane.0) + day.0.unsigned_abs()) % lanes;
    stock / lanes + u32::from(turn < stock % lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lanes_shares_add_up_to_the_stock_and_the_remainder_goes_round() {
        for day in 0..8 {
            let shares: Vec<u32> = (0..8).map(|lane| lane_share(13, Day(day), Lane(lane), 8)).collect();
            assert_eq!(shares.iter().sum::<u32>(), 13);
        }
        assert_ne!(lane_share(1, Day(0), Lane(0), 8), lane_share(1, Day(1), Lane(0), 8));
    }

    #[test]
    fn a_small_lane_may_still_make_twenty_offers_a_day() {
        let (mut ledger, rules) = (Ledger::default(), Rules::default());
        ledger.open(Day(1));
        for _ in 0..19 {
            ledger.record(ActionKind::SimSwap, 6.0);
        }
        assert!(!ledger.surges(100, &rules));
        ledger.record(ActionKind::SimSwap, 6.0);
        assert!(ledger.surges(100, &rules) && !ledger.surges(10_000, &rules));
        ledger.open(Day(2));
        assert!(!ledger.surges(100, &rules));
    }

    #[test]
    fn stock_zero_switches_an_act_off() {
        let ledger = Ledger::default();
        assert!(!ledger.has_stock(ActionKind::Femtocell, Some(0), Lane(0), 1));
        assert!(ledger.has_stock(ActionKind::Femtocell, None, Lane(0), 1));
    }
}
