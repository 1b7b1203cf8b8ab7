//! Contacts with customer care and answered surveys. Pure.
//!
//! Phrases are this project's own, in `phrases_network.txt` and `phrases_other.txt`: language, what it is about,
//! and the text, separated by bars.

use super::dice::{Dice, Purpose};
use super::people::{Person, Population};
use super::spec::{TownSpec, Trap};
use super::truth::{Problem, TruePerson, Truth, care_about_bills};
use crate::units::{Cause, Day, Millis, Zone};

/// One contact or one survey.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Care {
    pub(crate) ts: Millis,
    pub(crate) person: u32,
    pub(crate) what: Said,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Said {
    Contact { channel: &'static str, code: Option<&'static str>, text: Option<&'static str>, resolved: bool },
    Survey { nps: u8, about: Option<&'static str> },
}

/// What a phrase is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// The network, at home.
    Home,
    /// The network, no place named.
    Network,
    /// The network, at work.
    Work,
    /// From here on something else; the network is at most denied.
    Billing,
    Contract,
    Device,
    Account,
    Thanks,
}

impl Topic {
    /// The phrase files' words.
    const WORDS: [(&'static str, Self); 8] = [
        ("home", Self::Home),
        ("network", Self::Network),
        ("work", Self::Work),
        ("billing", Self::Billing),
        ("contract", Self::Contract),
        ("device", Self::Device),
        ("account", Self::Account),
        ("thanks", Self::Thanks),
    ];

    fn is_network(self) -> bool {
        matches!(self, Self::Home | Self::Network | Self::Work)
    }
}

/// What people call about when the network is not it, with weights.
const OTHER: ([Topic; 5], [f64; 5]) =
    ([Topic::Billing, Topic::Contract, Topic::Device, Topic::Account, Topic::Thanks], [0.4, 0.2, 0.2, 0.12, 0.08]);

/// One phrase of the files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phrase {
    pub(crate) french: bool,
    pub(crate) topic: Topic,
    pub(crate) text: &'static str,
}

/// All phrases of both files, in their order.
pub(crate) fn phrases() -> Vec<Phrase> {
    let files = [include_str!("phrases_network.txt"), include_str!("phrases_other.txt")];
    files.iter().flat_map(|file| file.lines()).filter_map(parse).collect()
}

fn parse(line: &'static str) -> Option<Phrase> {
    let mut parts = line.splitn(3, '|');
    let (language, topic, text) = (parts.next()?, parts.next()?, parts.next()?);
    let topic = Topic::WORDS.iter().find(|(word, _)| *word == topic)?.1;
    Some(Phrase { french: language == "fr", topic, text })
}

struct Desk<'a> {
    zone: &'a Zone,
    phrases: Vec<Phrase>,
    end: Millis,
    out: Vec<Care>,
}

/// Everything said to customer care, in the order of time.
pub(crate) fn draw_all(spec: &TownSpec, zone: &Zone, population: &Population, truth: &Truth) -> Vec<Care> {
    let mut desk = Desk { zone, phrases: phrases(), end: truth.end, out: Vec::new() };
    let months = f64::from(spec.days) / 30.0;
    for (index, (person, own)) in population.people.iter().zip(&truth.people).enumerate() {
        let mut dice = Dice::new(spec.seed, Purpose::Contacts, u64::from(person.number), 0);
        for problem in &own.problems {
            desk.complain(index as u32, person, problem, &mut dice);
        }
        let bills = if care_about_bills(person) { 3.0 } else { 0.12 };
        let any = |dice: &mut Dice| spec.start.plus(dice.whole(0, i32::from(spec.days)));
        for _ in 0..dice.poisson(bills * months) {
            let at = desk.office_hour(any(&mut dice), &mut dice);
            let topic = if care_about_bills(person) { Topic::Billing } else { OTHER.0[dice.weighted(&OTHER.1)] };
            let codes = match topic {
                Topic::Billing => ["BILLING_AMOUNT", "BILLING_PAYMENT", "BILLING_REFUND"],
                Topic::Contract => ["CONTRACT_CHANGE", "CONTRACT_END", "CONTRACT_QUESTION"],
                Topic::Device => ["DEVICE_HELP", "DEVICE_ORDER", "DEVICE_LOST"],
                Topic::Account => ["ACCOUNT_ACCESS", "ACCOUNT_DATA", "ACCOUNT_PRIVACY"],
                _ => ["FEEDBACK", "FEEDBACK", "FEEDBACK"],
            };
            desk.contact(index as u32, person, at, topic, codes[dice.below(3)], &mut dice);
        }
        for _ in 0..if person.bad_work { dice.poisson(0.8 * months) } else { 0 } {
            let at = desk.office_hour(any(&mut dice), &mut dice);
            desk.contact(index as u32, person, at, Topic::Work, "NETWORK_COVERAGE", &mut dice);
        }
        if dice.chance(own.felt_probability_without_problem * months) {
            let at = desk.office_hour(any(&mut dice), &mut dice);
            desk.contact(index as u32, person, at, Topic::Network, "NETWORK_DATA", &mut dice);
        }
        for _ in 0..dice.poisson(0.12 * months) {
            let at = desk.office_hour(any(&mut dice), &mut dice);
            desk.survey(index as u32, own, at, &mut dice);
        }
    }
    desk.after_one_evening(spec, truth);
    desk.out.retain(|said| said.ts < truth.end);
    desk.out.sort_by_key(|said| (said.ts, said.person));
    desk.out
}

impl Desk<'_> {
    fn office_hour(&self, day: Day, dice: &mut Dice) -> Millis {
        let minute = dice.between(8.5 * 60.0, 20.0 * 60.0) as u16;
        self.zone.instant(day, minute).plus(i64::from(dice.whole(0, 60_000)))
    }

    /// Who suffers calls, most often within days; who does not suffer hardly ever does.
    fn complain(&mut self, index: u32, person: &Person, problem: &Problem, dice: &mut Dice) {
        let calls = if problem.felt {
            if dice.chance(0.75) { 1 + dice.poisson(0.8) } else { 0 }
        } else {
            u32::from(dice.chance(0.04))
        };
        for _ in 0..calls {
            let wait = -dice.unit().max(1e-6).ln() * 4.0 + 0.5;
            let day = self.zone.local(problem.start.plus((wait * Millis::DAY as f64) as i64)).day;
            let at = self.office_hour(day, dice);
            if at <= problem.start || at >= problem.end.min(self.end) {
                continue;
            }
            let home = dice.chance(0.6);
            let code = match problem.cause {
                _ if home => "NETWORK_INDOOR",
                Cause::Congestion => "NETWORK_DATA",
                Cause::Mobility => "NETWORK_VOICE",
                Cause::Outage => "NETWORK_OUTAGE",
                _ => "NETWORK_COVERAGE",
            };
            self.contact(index, person, at, if home { Topic::Home } else { Topic::Network }, code, dice);
        }
    }

    /// A contact carries a code, a text, or both.
    fn contact(&mut self, index: u32, person: &Person, ts: Millis, topic: Topic, code: &'static str, dice: &mut Dice) {
        let form = dice.unit();
        let (with_code, with_text) = (form < 0.7, !(0.5..0.7).contains(&form));
        let own: Vec<&Phrase> = self.phrases.iter().filter(|p| p.topic == topic && p.french == person.french).collect();
        let text = own[dice.below(own.len())].text;
        let channel = ["phone", "chat", "app", "email", "shop"][dice.weighted(&[0.5, 0.2, 0.15, 0.1, 0.05])];
        let resolved = dice.chance(if topic.is_network() { 0.15 } else { 0.7 });
        let what =
            Said::Contact { channel, code: with_code.then_some(code), text: with_text.then_some(text), resolved };
        self.out.push(Care { ts, person: index, what });
    }

    fn survey(&mut self, index: u32, own: &TruePerson, ts: Millis, dice: &mut Dice) {
        let suffers = own.problems.iter().any(|p| p.felt && p.start <= ts && ts < p.end);
        let nps = if suffers { 3.0 + 2.0 * dice.normal() } else { 7.6 + 1.7 * dice.normal() };
        let about = if suffers && dice.chance(0.7) {
            Some("network")
        } else {
            [None, Some("network"), Some("billing"), Some("service")][dice.weighted(&[0.4, 0.25, 0.15, 0.2])]
        };
        let what = Said::Survey { nps: nps.round().clamp(0.0, 10.0) as u8, about };
        self.out.push(Care { ts, person: index, what });
    }

    /// One bad evening is complained about, too, and still calls for nothing.
    fn after_one_evening(&mut self, spec: &TownSpec, truth: &Truth) {
        for (number, fault) in truth.faults.iter().enumerate().filter(|(_, f)| f.trap == Trap::OneEvening) {
            let mut dice = Dice::new(spec.seed, Purpose::Contacts, u64::MAX, number as u64);
            for (index, own) in truth.people.iter().enumerate() {
                if fault.customers.contains(&own.customer_id) && dice.chance(0.12) {
                    let ts = fault.start.plus(i64::from(dice.whole(0, 14 * 3_600_000)));
                    let code = Some("NETWORK_COVERAGE");
                    let what = Said::Contact { channel: "app", code, text: None, resolved: false };
                    self.out.push(Care { ts, person: index as u32, what });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_eighty_phrases_of_each_file_in_both_languages() {
        let all = phrases();
        let lines = |text: &str| text.lines().filter(|l| !l.is_empty()).count();
        let files = lines(include_str!("phrases_network.txt")) + lines(include_str!("phrases_other.txt"));
        assert_eq!(all.len(), files, "a line of a phrase file has not its three parts");
        for french in [true, false] {
            for network in [true, false] {
                let own = all.iter().filter(|p| p.french == french && p.topic.is_network() == network).count();
                assert!(own >= 80, "{own} phrases, French {french}, network {network}");
            }
            for (word, topic) in Topic::WORDS {
                assert!(all.iter().filter(|p| p.topic == topic && p.french == french).count() >= 5, "{word}");
            }
        }
        let mut texts: Vec<&str> = all.iter().map(|p| p.text).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), all.len(), "a phrase stands twice");
    }

    #[test]
    fn negations_stand_on_both_sides() {
        // Words of the network that are denied in what is about something else, and complaints that deny nothing.
        let denies = |p: &&Phrase| {
            let words = if p.french { ["pas de ", "aucun ", "plus "] } else { ["no ", "not ", "n't "] };
            words.iter().any(|word| p.text.contains(word))
        };
        let of_network = |text: &str| {
            let words =
                ["réseau", "couverture", "signal", "coupe", "coupure", "network", "coverage", "reception", "drop"];
            words.iter().any(|word| text.contains(word))
        };
        let all = phrases();
        for french in [true, false] {
            let own = |network| all.iter().filter(move |p| p.french == french && p.topic.is_network() == network);
            assert!(own(true).filter(denies).count() >= 15);
            let denied = own(false).filter(|p| of_network(p.text)).filter(denies).count();
            assert!(denied >= 5, "{denied}, French {french}");
        }
    }
}
