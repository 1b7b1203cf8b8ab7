//! Whether problems at home are seen, with their cause and with whom they concern, in the views. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Case;
use super::given::{Given, GivenPerson, GivenProblem, JUDGED};
use super::rates::{Found, Share};
use super::said::{Said, View};
use crate::units::Millis;

/// A problem younger than this, or ended more recently, is neither demanded nor refused in the settled figures: the
/// rule that a problem takes two bad days is the product's contract.
pub const SETTLING: i64 = 2 * Millis::DAY;

/// What is said where nothing is: a word in the confusion matrix.
const NOTHING: &str = "none";

/// One date's views.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProblemsAt {
    /// Greatest `as_of` of the views.
    pub as_of: Millis,
    /// Every problem, however young.
    pub strict: Found,
    /// Without the homes whose truth changed within two days.
    pub settled: Found,
}

/// All dates.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Problems {
    pub at_end: ProblemsAt,
    pub at_dates: Vec<ProblemsAt>,
    /// All dates pooled, settled.
    pub pooled: Found,
    /// Settled problems found, by true cause; all dates.
    pub found_by_cause: BTreeMap<String, Share>,
    /// True cause → said cause → settled problems, all dates; `none` = not seen.
    pub confusion: BTreeMap<String, BTreeMap<String, u64>>,
    /// Cause right, among settled problems that were seen.
    pub cause_right: Share,
    /// Street or flat right, among the same: said *individual* if the cause is building or device or no ticket
    /// covers the home, else *neighbourhood*.
    pub scope_right: Share,
    /// False alarms (settled, all dates) by why the customer may have looked like a case.
    pub false_alarms_by_trap: BTreeMap<String, u64>,
}

/// What is true of a home at an instant, with its doubt.
struct Reality<'a> {
    problem: Option<&'a GivenProblem>,
    settled: bool,
}

fn reality(person: &GivenPerson, at: Millis) -> Reality<'_> {
    let problem = person.problem(at);
    let changed = person.problems.iter().any(|p| {
        let recent = |instant: Millis| instant <= at && at.since(instant) < SETTLING;
        recent(p.start) || p.end.is_some_and(recent)
    });
    let moved = person.moved().is_some_and(|moved| moved <= at && at.since(moved) < SETTLING);
    Reality { problem, settled: !changed && !moved }
}

pub(super) fn score(given: &Given, said: &Said, cases: &mut Vec<Case>) -> Problems {
    let mut all = Problems::default();
    let by_id = given.by_id();
    let dates: Vec<_> = said.dates().collect();
    let end = dates.len().saturating_sub(1);
    for (index, views) in dates.into_iter().enumerate() {
        let mut date = ProblemsAt::default();
        for view in views {
            let Some(person) = by_id.get(view.customer.as_str()) else { continue };
            date.as_of = date.as_of.max(view.as_of);
            let reality = reality(person, view.as_of);
            date.strict.count(view.problem, reality.problem.is_some());
            if !reality.settled {
                continue;
            }
            date.settled.count(view.problem, reality.problem.is_some());
            all.judge(given, person, view, reality.problem, cases);
        }
        if index == end {
            date.add_unseen(given, said);
            all.at_end = date.clone();
        }
        all.pooled.add(date.settled);
        all.at_dates.push(date);
    }
    all
}

impl ProblemsAt {
    /// Customers without a view have no problem said.
    fn add_unseen(&mut self, given: &Given, said: &Said) {
        for person in given.people.iter().filter(|person| !said.last.contains_key(&person.customer_id)) {
            let reality = reality(person, given.end.plus(-1));
            self.strict.count(false, reality.problem.is_some());
            if reality.settled {
                self.settled.count(false, reality.problem.is_some());
            }
        }
    }
}

/// What a view says of whom it concerns.
fn says_neighbourhood(view: &View) -> bool {
    let own = matches!(view.cause.as_str(), "building" | "device");
    !own && matches!(view.verdict.as_str(), "open" | "taken_up")
}

impl Problems {
    fn judge(
        &mut self,
        given: &Given,
        person: &GivenPerson,
        view: &View,
        problem: Option<&GivenProblem>,
        cases: &mut Vec<Case>,
    ) {
        let mut case = |class: &str, truth: String| {
            let fixed = if view.problem { view.cause.as_str() } else { NOTHING };
            cases.push(Case {
                class: class.to_owned(),
                id: person.customer_id.clone(),
                at: view.as_of,
                kind: person.kind.clone(),
                truth,
                said: format!("{fixed}, home {}, verdict {}", view.status, view.verdict),
            });
        };
        let Some(problem) = problem else {
            if view.problem {
                let trap = trap_of(given, person, view.as_of);
                case("problem_false", trap.clone());
                *self.false_alarms_by_trap.entry(trap).or_default() += 1;
            }
            return;
        };
        let told = if view.problem { view.cause.as_str() } else { NOTHING };
        let truth = || {
            format!("{} {} fault {:?} since {}", problem.cause, problem.scope, problem.fault, problem.start.rfc3339())
        };
        self.found_by_cause.entry(problem.cause.clone()).or_default().count(view.problem);
        *self.confusion.entry(problem.cause.clone()).or_default().entry(told.to_owned()).or_default() += 1;
        if !view.problem {
            case("problem_missed", truth());
            return;
        }
        self.cause_right.count(told == problem.cause);
        if told != problem.cause {
            case("cause_wrong", truth());
        }
        let scope_right = says_neighbourhood(view) == problem.is_neighbourhood();
        self.scope_right.count(scope_right);
        if !scope_right {
            case("scope_wrong", truth());
        }
    }
}

/// A home with this share of poor moments by itself is hard to tell from one that truth calls poor (from .30 on): it needs no
/// fault and no holiday to look like one.
const NEARLY_POOR: f64 = 0.20;

/// Why somebody without a problem may have looked like one: the nearest reason first.
pub(super) fn trap_of(given: &Given, person: &GivenPerson, at: Millis) -> String {
    if person.home(at).and_then(|home| home.share_poor).is_some_and(|share| share >= NEARLY_POOR) {
        return "nearly_poor".to_owned();
    }
    let ended = person.problems.iter().filter_map(|problem| problem.end).filter(|end| *end <= at).max();
    if let Some(end) = ended.filter(|end| at.since(*end) < JUDGED) {
        return if person.left_a_home_at(end) { "moved_out" } else { "repaired" }.to_owned();
    }
    let evening = given.faults.iter().find(|fault| {
        fault.trap == "one_evening" && fault.start <= at && fault.customers.contains(&person.customer_id)
    });
    if evening.is_some() {
        return "one_evening".to_owned();
    }
    // A holiday explains nothing before it has begun, and nothing after it is forgotten.
    let blames = person.may_blame_holiday(at);
    let traps = given.traps(&person.customer_id).filter(|kind| *kind != "bad_holiday" || blames);
    let traps: Vec<&str> = traps.collect();
    if traps.is_empty() { "nothing is wrong".to_owned() } else { traps.join(", ") }
}
