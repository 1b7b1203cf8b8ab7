//! Rows of the customer-relationship system. Pure.
//!
//! Tenure, charges, contract and churn follow the marginals of `ibm_telco_churn` (7 043 customers, IBM,
//! Apache-2.0): quantiles of `tenure` and `MonthlyCharges`, share of contracts by tenure, share churned by
//! contract and tenure. Charges are scaled from that company's bundles (mean 64.8) to a mobile line's 17.3 €.

use super::dice::{Dice, Purpose, at_quantile};
use super::people::Population;
use super::spec::TownSpec;
use crate::units::Segment;

/// Quantiles of `tenure`, months.
const TENURE: [(f64, f64); 15] = [
    (0.0, 0.0),
    (0.05, 1.0),
    (0.1, 2.0),
    (0.2, 6.0),
    (0.25, 9.0),
    (0.3, 12.0),
    (0.4, 20.0),
    (0.5, 29.0),
    (0.6, 40.0),
    (0.7, 50.0),
    (0.75, 55.0),
    (0.8, 60.0),
    (0.9, 69.0),
    (0.95, 72.0),
    (1.0, 72.0),
];
/// Quantiles of `MonthlyCharges`.
const CHARGES: [(f64, f64); 15] = [
    (0.0, 18.25),
    (0.05, 19.65),
    (0.1, 20.05),
    (0.2, 25.05),
    (0.25, 35.5),
    (0.3, 45.85),
    (0.4, 58.85),
    (0.5, 70.35),
    (0.6, 79.1),
    (0.7, 85.5),
    (0.75, 89.85),
    (0.8, 94.25),
    (0.9, 102.6),
    (0.95, 107.4),
    (1.0, 118.75),
];
const CHARGES_MEAN: f64 = 64.76;
const ARPU_MEAN_EUR: f64 = 17.3;
/// From this tenure in months: share of contracts (by month, one year, two years) and share churned.
const BY_TENURE: [(f64, [f64; 3], f64); 5] = [
    (0.0, [0.961, 0.023, 0.015], 0.543),
    (6.0, [0.845, 0.100, 0.054], 0.365),
    (12.0, [0.731, 0.190, 0.079], 0.295),
    (24.0, [0.520, 0.314, 0.166], 0.209),
    (48.0, [0.155, 0.287, 0.558], 0.096),
];
/// Share churned by contract, over the share of all (0.265).
const CONTRACT_FACTOR: [f64; 3] = [1.61, 0.43, 0.11];
/// The data calls 26.5 % of all churned, far more than leave an operator in a month: a twelfth is about 2 %.
const CHURN_DIVISOR: f64 = 12.0;
/// Those who suffer leave more often.
const FELT_FACTOR: f64 = 1.8;

/// One customer's row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crm {
    pub(crate) churn_risk: f64,
    pub(crate) arpu_eur: f64,
    pub(crate) segment: Segment,
    pub(crate) tenure_months: u16,
    pub(crate) age_band: &'static str,
    pub(crate) network_care: Option<bool>,
    pub(crate) marketing: Option<bool>,
    pub(crate) location: Option<bool>,
    pub(crate) channel: &'static str,
    pub(crate) fixed_broadband: bool,
    pub(crate) vowifi: bool,
    pub(crate) volte: bool,
    pub(crate) nr: bool,
    pub(crate) femtocell: bool,
    /// Whether the address's position is in the row.
    pub(crate) with_address: bool,
}

impl Crm {
    pub(crate) fn draw_all(spec: &TownSpec, population: &Population) -> Vec<Self> {
        let row = |person: &super::people::Person| {
            let mut dice = Dice::new(spec.seed, Purpose::Crm, u64::from(person.number), 0);
            Self::draw(spec, person.nr, &mut dice)
        };
        population.people.iter().map(row).collect()
    }

    fn draw(spec: &TownSpec, nr: bool, dice: &mut Dice) -> Self {
        let tenure = dice.quantile(&TENURE);
        let (_, contracts, churned) = BY_TENURE[BY_TENURE.partition_point(|(from, ..)| *from <= tenure) - 1];
        let contract = dice.weighted(&contracts);
        let usual: f64 = contracts.iter().zip(CONTRACT_FACTOR).map(|(share, factor)| share * factor).sum();
        let risk = churned * CONTRACT_FACTOR[contract] / usual / CHURN_DIVISOR;
        let rank = dice.unit();
        let fixed_broadband = dice.chance(0.78);
        let consent = |dice: &mut Dice, yes: f64, absent: f64| {
            let throw = dice.unit();
            if throw < yes { Some(true) } else { (throw >= yes + absent).then_some(false) }
        };
        Self {
            churn_risk: (risk * (0.25 * dice.normal()).exp()).clamp(0.000_5, 0.5),
            arpu_eur: at_quantile(&CHARGES, rank) * ARPU_MEAN_EUR / CHARGES_MEAN,
            segment: if rank < 0.3 {
                Segment::Low
            } else if rank < 0.8 {
                Segment::Mid
            } else {
                Segment::High
            },
            tenure_months: tenure as u16,
            age_band: ["18-29", "30-44", "45-59", "60-74", "75+"][dice.weighted(&[0.22, 0.30, 0.26, 0.16, 0.06])],
            network_care: consent(dice, 0.82, 0.06),
            marketing: consent(dice, 0.5, 0.1),
            location: consent(dice, 0.8, 0.1),
            channel: ["app", "sms", "email", "phone", "letter"][dice.weighted(&[0.42, 0.26, 0.18, 0.11, 0.03])],
            fixed_broadband,
            vowifi: dice.chance(0.72),
            volte: dice.chance(0.9),
            nr,
            femtocell: fixed_broadband && dice.chance(0.01),
            with_address: dice.chance(spec.address_share),
        }
    }

    /// Churn depends on what people feel.
    pub(crate) fn feel(&mut self, felt: bool) {
        if felt {
            self.churn_risk = (self.churn_risk * FELT_FACTOR).min(0.6);
        }
    }
}
