//! What an act is worth. Pure.
//!
//! `gain = CLV(h − Δh) − CLV(h) + ΔC2S + v·ΔCSat − cost`, with `CLV(h) = m(1+d)/(d+h)`: a customer who brings a
//! margin `m` a month, leaves with hazard `h` a month, discounted by `d` a month (the closed form of the
//! geometric series, Gupta & Lehmann 2003). The hazard that bad service causes is the attributable fraction
//! `a = p(RR−1)/(1+p(RR−1))` (Levin 1953) of a felt probability `p` and a relative risk `RR`; an act that mends a
//! share `e` of it reduces the hazard by `Δh = h·a·e`.

use serde::{Deserialize, Serialize};

use super::facts::CrmFacts;

/// The economic constants of a deployment; part of the configuration's section `[decide]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Economics {
    /// Discount rate, per month.
    pub discount_monthly: f64,
    /// Share of revenue that is margin, 0..1. Used only where CRM gives an ARPU.
    pub margin: f64,
    /// How much likelier a customer who feels bad service is to leave than one who does not.
    pub relative_risk: f64,
    /// An act is made only if `gain − z·σ > 0`.
    pub z: f64,
    /// Whether `churn_risk` of the CRM rows is per `month` or per `quarter`.
    pub churn_period: ChurnPeriod,
    /// Saved cost to serve, euro per act.
    pub cost_to_serve_eur: f64,
    /// Value of a step of satisfaction, euro per act.
    pub satisfaction_eur: f64,
}

/// The period a churn risk speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChurnPeriod {
    Month,
    Quarter,
}

impl Default for Economics {
    fn default() -> Self {
        Self {
            discount_monthly: 0.01,
            margin: 0.6,
            relative_risk: 2.0,
            z: 1.0,
            churn_period: ChurnPeriod::Month,
            cost_to_serve_eur: 0.0,
            satisfaction_eur: 0.0,
        }
    }
}

/// The effect of an act on a cause: the share of the felt hazard it mends, with its standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// 0..=1.
    pub mean: f64,
    pub sd: f64,
}

/// An expected gain, euro.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    pub value: f64,
    pub sd: f64,
    pub cost: f64,
}

impl Gain {
    /// Whether the gain stays positive at `z` standard deviations below its mean.
    #[must_use]
    pub fn is_safe(&self, economics: &Economics) -> bool {
        self.value - economics.z * self.sd > 0.0
    }
}

/// What is known of a customer's worth: monthly hazard and monthly margin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    pub hazard: f64,
    pub margin_eur: f64,
}

impl Economics {
    /// Hazard and margin, or `None` where CRM gives no churn risk or neither ARPU nor CLV.
    #[must_use]
    pub fn worth(&self, crm: &CrmFacts) -> Option<Worth> {
        let hazard = self.hazard_monthly(crm)?;
        let margin_eur = match (crm.arpu_eur(), crm.clv_eur()) {
            (Some(arpu), _) => arpu * self.margin,
            (None, Some(clv)) => clv * (self.discount_monthly + hazard) / (1.0 + self.discount_monthly),
            (None, None) => return None,
        };
        Some(Worth { hazard, margin_eur })
    }

    /// The monthly hazard; a quarter's risk `q` is `1 − (1−q)^(1/3)` a month.
    #[must_use]
    pub fn hazard_monthly(&self, crm: &CrmFacts) -> Option<f64> {
        let risk = crm.churn_risk()?.clamp(0.0, 0.999);
        Some(match self.churn_period {
            ChurnPeriod::Month => risk,
            ChurnPeriod::Quarter => 1.0 - (1.0 - risk).powf(1.0 / 3.0),
        })
    }

    /// What is lost, in expectation over a month, if nothing is done: hazard × remaining value, euro.
    #[must_use]
    pub fn value_at_risk_eur(&self, worth: Worth) -> f64 {
        worth.hazard * self.lifetime_value(worth.margin_eur, worth.hazard)
    }

    fn lifetime_value(&self, margin: f64, hazard: f64) -> f64 {
        margin * (1.0 + self.discount_monthly) / (self.discount_monthly + hazard)
    }

    /// The gain of an act with `effect` on what is felt with probability `felt`, at `cost` euro.
    #[must_use]
    pub fn gain(&self, worth: Worth, felt: f64, effect: Effect, cost: f64) -> Gain {
        let excess = felt * (self.relative_risk - 1.0);
        let attributable = excess / (1.0 + excess);
        let kept = |share: f64| {
            let reduction = worth.hazard * attributable * share.clamp(0.0, 1.0);
            self.lifetime_value(worth.margin_eur, worth.hazard - reduction)
                - self.lifetime_value(worth.margin_eur, worth.hazard)
        };
        let value = kept(effect.mean) + self.cost_to_serve_eur + self.satisfaction_eur - cost;
        let sd = (kept(effect.mean + effect.sd) - kept(effect.mean - effect.sd)).abs() / 2.0;
        Gain { value, sd, cost }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_designs_example_gives_85_euro_for_wifi_calling_and_18_for_a_femtocell() {
        let economics = Economics::default();
        let worth = Worth { hazard: 0.01, margin_eur: 17.3 * 0.6 };
        let effect = Effect { mean: 0.64, sd: 0.2 };
        let vowifi = economics.gain(worth, 0.81, effect, 2.0);
        let femtocell = economics.gain(worth, 0.81, effect, 70.0);
        assert!((vowifi.value - 85.6).abs() < 0.1, "{vowifi:?}");
        assert!((femtocell.value - 17.6).abs() < 0.1, "{femtocell:?}");
        assert!(vowifi.is_safe(&economics) && !femtocell.is_safe(&economics));
    }

    #[test]
    fn a_lifetime_value_gives_back_the_margin_it_was_made_of() {
        let economics = Economics::default();
        let clv = economics.lifetime_value(10.38, 0.02);
        let facts = CrmFacts::of_values(Some(0.02), Some(clv as f32), None);
        let worth = economics.worth(&facts).unwrap();
        assert!((worth.margin_eur - 10.38).abs() < 1e-3);
    }

    #[test]
    fn a_quarters_risk_is_less_than_a_third_a_month_more() {
        let economics = Economics { churn_period: ChurnPeriod::Quarter, ..Economics::default() };
        let facts = CrmFacts::of_values(Some(0.3), None, Some(20.0));
        assert!((economics.hazard_monthly(&facts).unwrap() - 0.112).abs() < 1e-3);
    }

    #[test]
    fn without_a_felt_problem_nothing_is_gained() {
        let economics = Economics::default();
        let gain = economics.gain(Worth { hazard: 0.01, margin_eur: 10.0 }, 0.0, Effect { mean: 0.9, sd: 0.1 }, 1.0);
        assert!((gain.value + 1.0).abs() < 1e-9);
    }
}
