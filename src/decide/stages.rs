//! The stages of a decision, asked in their order. Pure.
//!
//! First the customer (consent, home, support), then every act of the catalogue (eligibility, applicability,
//! suitability, contact policy), then the neighbourhood, gain and stock, and last what concerns the instance (mode,
//! surge) and the hold-out. Each refusal is kept with its reason: what lost is part of what won.

use serde::{Deserialize, Serialize};

use super::catalogue::Item;
use super::facts::CrmFacts;
use super::gain::Gain;
use super::ledger::Ledger;
use super::memory::{DAY_MINUTES, Memory};
use super::reason::{Reason, Stage};
use super::rules::Rules;
use crate::home::HomeStatus;
use crate::ingest::Channel;
use crate::units::{ActionKind, Cause, Lane, Minute};

/// How the instance runs at this moment; the shell says it, the core obeys and the journal keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode {
    /// Decide and journal, emit nothing.
    pub shadow: bool,
    /// History is being folded: candidates are held (`backfill`).
    pub backfill: bool,
    pub offers_enabled: bool,
    /// Wall mode, and the lane's clock is more than 15 min behind it.
    pub stale_inputs: bool,
}

impl Default for Mode {
    fn default() -> Self {
        Self { shadow: false, backfill: false, offers_enabled: true, stale_inputs: false }
    }
}

/// Whom a decision is about, and what is known of him at `now`.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub crm: Option<&'a CrmFacts>,
    pub home: HomeStatus,
    pub area_known: bool,
    /// 20 samples on 3 days.
    pub supported: bool,
    /// Today and yesterday are bad themselves, with 10 samples or more.
    pub recent_bad: bool,
    /// What is wrong rests on enough to be told to the customer.
    pub sure: bool,
    /// Probability that the problem is felt, 0..1.
    pub felt: f64,
    pub cause: Cause,
    /// What the home's own figures show, whoever's it is.
    pub symptom: Cause,
    /// The signal was lost from one day to the next, so that it is no building's doing.
    pub turned: bool,
    /// What is wrong was seen in the last hours.
    pub fresh: bool,
    /// A verdict for this cause covers the home.
    pub covered: bool,
    /// Enough homes around are seen to say whether a cause is theirs too.
    pub neighbours_seen: bool,
    /// Days for which the home has been in trouble of its own.
    pub trouble_days: u32,
    pub memory: &'a Memory,
    pub now: Minute,
    /// Local minute of the day.
    pub local_minute: u16,
    /// In the hold-out, by keyed hash.
    pub held_out: bool,
}

/// The lane a decision is taken in.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub ledger: &'a Ledger,
    pub customers: usize,
    pub lane: Lane,
    pub lanes: u16,
    pub mode: Mode,
}

/// An act of the catalogue that was not chosen, and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alternative {
    pub action: ActionKind,
    pub stage: Stage,
    pub reason: Reason,
    pub gain: Option<Gain>,
}

/// The act with the best expected gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    pub action: ActionKind,
    pub channel: Channel,
    pub gain: Gain,
}

/// The outcome of all stages.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The best act that passed the stages of acts, if any, whatever else holds it.
    pub choice: Option<Choice>,
    /// What holds it; `None`: it is to be made.
    pub held: Option<(Stage, Reason)>,
    /// To be journalled, not made: the hold-out, shadow.
    pub withheld: Option<(Stage, Reason)>,
    pub alternatives: Vec<Alternative>,
}

/// Asks all stages.
#[must_use]
pub fn evaluate(subject: &Subject<'_>, setting: &Setting<'_>, rules: &Rules) -> Evaluation {
    let (choice, alternatives) = choose(subject, setting, rules);
    let best_refused = alternatives
        .iter()
        .filter(|lost| lost.reason != Reason::NotForThisCause)
        .max_by_key(|lost| lost.stage)
        .map_or((Stage::Applicability, Reason::NotForThisCause), |lost| (lost.stage, lost.reason));
    let held = customer_stages(subject)
        .or_else(|| choice.is_none().then_some(best_refused))
        .or_else(|| contact_stages(subject, rules))
        .or_else(|| subject.covered.then_some((Stage::Neighbourhood, Reason::Neighbourhood)))
        .or_else(|| unshared(subject, rules).then_some((Stage::Neighbourhood, Reason::NotShared)))
        .or_else(|| (!subject.fresh).then_some((Stage::Neighbourhood, Reason::NotFresh)))
        .or_else(|| mode_stages(setting, rules));
    let withheld = if subject.held_out {
        Some((Stage::HoldOut, Reason::HoldOut))
    } else {
        setting.mode.shadow.then_some((Stage::Mode, Reason::Shadow))
    };
    Evaluation { choice, held, withheld, alternatives }
}

/// What concerns the customer, whatever the act.
fn customer_stages(subject: &Subject<'_>) -> Option<(Stage, Reason)> {
    let Some(crm) = subject.crm else { return Some((Stage::Consent, Reason::NoConsent)) };
    if !crm.consents_to_care() {
        return Some((Stage::Consent, Reason::NoConsent));
    }
    if crm.refuses_location() {
        return Some((Stage::Consent, Reason::NoLocationConsent));
    }
    if !matches!(subject.home, HomeStatus::Confirmed | HomeStatus::Declared) {
        return Some((Stage::Eligibility, Reason::HomeNotConfirmed));
    }
    if !subject.area_known {
        return Some((Stage::Eligibility, Reason::AreaUnknown));
    }
    if !subject.supported {
        return Some((Stage::Applicability, Reason::NotEnoughSupport));
    }
    if !subject.recent_bad {
        return Some((Stage::Applicability, Reason::Recovered));
    }
    (!subject.sure).then_some((Stage::Applicability, Reason::NotEnoughSupport))
}

/// Whether a cell's cause is believed of this home alone too early: its neighbours are seen and no verdict says that they
/// have it too. What the samples of a few days show is chance then, or the street's fault that has only begun; a signal
/// that was lost from one day to the next is first of all such a fault, and slow sessions under a good signal are first
/// of all a full cell's, whatever is poor elsewhere.
fn unshared(subject: &Subject<'_>, rules: &Rules) -> bool {
    let waits = if subject.cause.is_shared() || subject.symptom == Cause::Congestion {
        rules.unshared_days
    } else if subject.turned && subject.cause == Cause::Coverage {
        rules.turned_days
    } else {
        0
    };
    subject.neighbours_seen && subject.trouble_days < waits
}

/// Quiet hours and the cap on all offers together.
fn contact_stages(subject: &Subject<'_>, rules: &Rules) -> Option<(Stage, Reason)> {
    let since = subject.now.plus(-90 * DAY_MINUTES);
    let made = subject.memory.offers().iter().filter(|offer| offer.at > since).count();
    if made >= usize::from(rules.offers_per_90_days) {
        return Some((Stage::ContactPolicy, Reason::ContactCap));
    }
    rules.is_quiet(subject.local_minute).then_some((Stage::ContactPolicy, Reason::QuietHours))
}

/// What concerns the instance and the lane.
fn mode_stages(setting: &Setting<'_>, rules: &Rules) -> Option<(Stage, Reason)> {
    let mode = setting.mode;
    let reason = if !mode.offers_enabled {
        Reason::OffersDisabled
    } else if mode.backfill {
        Reason::Backfill
    } else if mode.stale_inputs {
        Reason::StaleInputs
    } else if setting.ledger.surges(setting.customers, rules) {
        Reason::Surge
    } else {
        return None;
    };
    Some((Stage::Mode, reason))
}

/// The best act of the catalogue, and all others with their reason.
fn choose(subject: &Subject<'_>, setting: &Setting<'_>, rules: &Rules) -> (Option<Choice>, Vec<Alternative>) {
    let mut best: Option<Choice> = None;
    let mut lost = Vec::with_capacity(rules.catalogue.0.len());
    for (&action, item) in &rules.catalogue.0 {
        let gain = gain_of(subject, item, rules);
        let refused =
            act_stages(subject, action, item, rules).or_else(|| gain_stages(gain, item, action, setting, rules));
        let (Some(gain), None) = (gain, refused) else {
            let (stage, reason) = refused.unwrap_or((Stage::Gain, Reason::NotEnoughSupport));
            lost.push(Alternative { action, stage, reason, gain });
            continue;
        };
        let choice = Choice { action, channel: channel_of(subject, item), gain };
        match best {
            Some(other) if other.gain.value >= gain.value => lost.push(lower(choice)),
            _ => lost.extend(best.replace(choice).map(lower)),
        }
    }
    lost.sort_by(|a, b| {
        let value = |alternative: &Alternative| alternative.gain.map_or(f64::NEG_INFINITY, |gain| gain.value);
        value(b).total_cmp(&value(a)).then(a.action.cmp(&b.action))
    });
    (best, lost)
}

fn lower(choice: Choice) -> Alternative {
    Alternative { action: choice.action, stage: Stage::Gain, reason: Reason::LowerGain, gain: Some(choice.gain) }
}

fn gain_of(subject: &Subject<'_>, item: &Item, rules: &Rules) -> Option<Gain> {
    let worth = rules.economics.worth(subject.crm?)?;
    let effect = item.effects.get(&subject.cause)?;
    Some(rules.economics.gain(worth, subject.felt, *effect, item.cost_eur))
}

fn channel_of(subject: &Subject<'_>, item: &Item) -> Channel {
    let preferred = subject.crm.and_then(CrmFacts::channel).filter(|channel| item.channels.contains(channel));
    preferred.unwrap_or(item.channels[0])
}

/// Eligibility, applicability, suitability and the contact policy of one act.
fn act_stages(subject: &Subject<'_>, action: ActionKind, item: &Item, rules: &Rules) -> Option<(Stage, Reason)> {
    if !item.effects.contains_key(&subject.cause) {
        return Some((Stage::Applicability, Reason::NotForThisCause));
    }
    if let Some(crm) = subject.crm {
        if action == ActionKind::Femtocell && crm.has_femtocell() == Some(true) {
            return Some((Stage::Eligibility, Reason::AlreadyInstalled));
        }
        if item.needs.iter().any(|needs| needs.met(crm) != Some(true)) {
            return Some((Stage::Eligibility, Reason::NotEligible));
        }
        if item.upsell && !crm.consents_to_marketing() {
            return Some((Stage::Consent, Reason::NoConsent));
        }
    }
    if item.upsell && subject.felt >= 0.5 {
        return Some((Stage::Suitability, Reason::NotSuitable));
    }
    contact_policy(subject, action, item, rules)
}

/// One offer of a kind per episode, its cooldown, and the cap of its channel.
fn contact_policy(subject: &Subject<'_>, action: ActionKind, item: &Item, rules: &Rules) -> Option<(Stage, Reason)> {
    let offers = subject.memory.offers();
    let of_kind = || offers.iter().filter(|offer| offer.kind == action);
    if of_kind().any(|offer| Some(offer.episode) == subject.memory.episode()) {
        return Some((Stage::ContactPolicy, Reason::AlreadyOffered));
    }
    let cooled = subject.now.plus(-i32::from(item.cooldown_days) * DAY_MINUTES);
    if of_kind().any(|offer| offer.at > cooled) {
        return Some((Stage::ContactPolicy, Reason::Cooldown));
    }
    let channel = channel_of(subject, item);
    let cap = rules.channel_caps_30_days.get(&channel)?;
    let month = subject.now.plus(-30 * DAY_MINUTES);
    let used = offers.iter().filter(|offer| offer.at > month && offer.channel == Some(channel)).count();
    (used >= usize::from(*cap)).then_some((Stage::ContactPolicy, Reason::ChannelCap))
}

/// Gain, stock and budget of one act.
fn gain_stages(
    gain: Option<Gain>,
    item: &Item,
    action: ActionKind,
    setting: &Setting<'_>,
    rules: &Rules,
) -> Option<(Stage, Reason)> {
    let gain = gain?;
    if !gain.is_safe(&rules.economics) {
        return Some((Stage::Gain, Reason::NoGain));
    }
    if !setting.ledger.has_stock(action, item.stock_per_day, setting.lane, setting.lanes) {
        return Some((Stage::Budget, Reason::StockExhausted));
    }
    let bears = setting.ledger.has_budget(item.cost_eur, rules.budget_eur_per_day, setting.lanes);
    (!bears).then_some((Stage::Budget, Reason::BudgetExhausted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::{Input, Mapping, Observation, decode};

    const ROW: &str = r#"{"customer_id":"C1","churn_risk":0.02,"arpu_eur":17.3,"has_fixed_broadband":true,
        "consent":{"network_care":true,"location":true},"device":{"vowifi":true,"volte":true}}"#;

    /// What holds the act for a customer who differs from one that gets an offer.
    fn held(differs: impl FnOnce(&mut Subject<'_>)) -> Option<Reason> {
        let (rules, ledger, memory) = (Rules::default(), Ledger::default(), Memory::default());
        let row = decode(Input::Crm, Some(b"C1"), Some(ROW.as_bytes()), &Mapping::identity());
        let Ok(Observation::Crm(row)) = row else { panic!("{row:?}") };
        let facts = CrmFacts::of(&row);
        let mut subject = Subject {
            crm: Some(&facts),
            home: HomeStatus::Confirmed,
            area_known: true,
            supported: true,
            recent_bad: true,
            sure: true,
            fresh: true,
            felt: 0.9,
            cause: Cause::Building,
            symptom: Cause::Coverage,
            covered: false,
            turned: false,
            neighbours_seen: true,
            trouble_days: 2,
            memory: &memory,
            now: Minute(29_000_000),
            local_minute: 600,
            held_out: false,
        };
        differs(&mut subject);
        let setting = Setting { ledger: &ledger, customers: 100_000, lane: Lane(0), lanes: 8, mode: Mode::default() };
        evaluate(&subject, &setting, &rules).held.map(|(_, reason)| reason)
    }

    #[test]
    fn what_is_not_sure_is_not_told_to_the_customer() {
        assert_eq!(held(|_| ()), None);
        assert_eq!(held(|subject| subject.sure = false), Some(Reason::NotEnoughSupport));
        assert_eq!(held(|subject| (subject.sure, subject.recent_bad) = (false, false)), Some(Reason::Recovered));
    }

    #[test]
    fn what_is_not_seen_any_more_waits() {
        let unseen = |subject: &mut Subject<'_>| subject.fresh = false;
        assert_eq!(held(unseen), Some(Reason::NotFresh));
        let early = |subject: &mut Subject<'_>| (subject.fresh, subject.cause) = (false, Cause::Interference);
        assert_eq!(held(early), Some(Reason::NotShared), "asked last");
    }

    #[test]
    fn what_shows_in_sessions_alone_waits_as_a_full_cell_does() {
        let device = |symptom, days| {
            held(|subject| {
                (subject.cause, subject.symptom) = (Cause::Device, symptom);
                subject.trouble_days = days;
            })
        };
        assert_eq!(device(Cause::Coverage, 2), None);
        assert_eq!(device(Cause::Congestion, 2), Some(Reason::NotShared));
        assert_eq!(device(Cause::Congestion, 7), None);
    }
}
