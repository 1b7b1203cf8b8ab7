//! What is known of one customer at one minute: the four questions, answered without changing anything. Pure.

use super::customer::{Customer, Track};
use super::lane::LaneState;
use super::policy::{Policy, World};
use crate::home::{Home, HomeStatus};
use crate::neighbourhood::{FRESH_DAYS, Ground, Hexagon, Verdict};
use crate::perception::{self, Around, CellPeers, Diagnosis, Evidence, Handset, Perceived};
use crate::qos::{self, Elsewhere, Episode, Opened, Quality};
use crate::units::{Cause, Day, LatLon, Minute};

/// A home's trouble is over when its week's share of poor samples is below this part of `share_poor_bad`.
const CLEAR: f32 = 2.0 / 3.0;

/// Poor days that make a step, and not a bad day.
const STEP_DAYS: u8 = 2;

/// An assessment.
#[derive(Debug, Clone)]
pub(super) struct Assessment {
    pub today: Day,
    pub home: Home,
    pub quality: Quality,
    pub target: f32,
    pub perceived: Perceived,
    /// `None` where nothing is wrong.
    pub diagnosis: Option<Diagnosis>,
    /// It is wrong since a step from one day to the next.
    pub sudden: bool,
    /// The same, or only one day of it is known.
    pub turned: bool,
    /// Since when it is wrong by this home alone.
    pub trouble_since: Option<Minute>,
    /// What holds the neighbourhood is younger than this home's own trouble.
    pub elder: bool,
    /// What it rests on.
    pub ground: Ground,
    /// A problem only because the neighbourhood has it too.
    pub shared: bool,
    /// The newest there is still shows it (`decide.fresh_hours`).
    pub fresh: bool,
    /// How many of the latest supported days in a row were good.
    pub good_days: u8,
}

/// Where a home lies in its area, in the words of verdicts.
#[derive(Debug, Clone)]
pub(super) struct Standing<'a> {
    pub area: &'a str,
    /// The other sites that serve it, those of its heaviest cells first.
    beside: Vec<&'a str>,
    pub cells: Vec<&'a str>,
    pos: Option<LatLon>,
}

impl<'a> Standing<'a> {
    /// The verdict that holds this home for a cause, and the area it is of: its own; or, where another site serves the home
    /// too, that site's open ticket.
    pub fn verdict<'w>(&self, world: &'w World, cause: Cause) -> Option<(&'a str, &'w Verdict)> {
        let of = |area: &'a str| Some((area, world.areas.verdict_for(area, cause, &self.cells, || self.hexagon())?));
        let ticket = |area: &&'a str| of(area).filter(|(_, verdict)| verdict.has_open_ticket());
        of(self.area).or_else(|| self.beside.iter().find_map(ticket))
    }

    pub fn hexagon(&self) -> Option<Hexagon> {
        self.pos.and_then(Hexagon::at)
    }
}

impl Assessment {
    /// What an offer's `why.reasons` say: what was measured, then what was felt.
    pub fn evidence(&self) -> Vec<Evidence> {
        let measured = self.diagnosis.iter().flat_map(|diagnosis| diagnosis.evidence.iter().cloned());
        measured.chain(self.perceived.evidence()).collect()
    }

    /// The cause of a problem at home that is felt.
    pub fn trouble(&self) -> Option<Cause> {
        let felt = self.quality.problem && self.perceived.felt && self.home.status != HomeStatus::Unknown;
        felt.then(|| self.diagnosis.as_ref().map(|diagnosis| diagnosis.cause)).flatten()
    }
}

/// Since when a home is in trouble of its own; `since`: what was known before. A few better days end nothing.
fn own_trouble(since: Option<Minute>, quality: &Quality, now: Minute, policy: &Policy) -> Option<Minute> {
    let clear = || quality.week().sums.share_poor().is_none_or(|share| share < CLEAR * policy.qos.share_poor_bad);
    since.filter(|_| quality.lasting || !clear()).or_else(|| quality.lasting.then_some(now))
}

/// What a home's trouble rests on. `transient`: on a running episode alone.
fn ground(transient: bool, sudden: bool, trouble_since: Option<Minute>, now: Minute) -> Ground {
    let is_young = || trouble_since.is_some_and(|since| now <= since.plus(FRESH_DAYS * 24 * 60));
    if transient {
        Ground::Transient
    } else if sudden && is_young() {
        Ground::Fresh
    } else {
        Ground::Lasting
    }
}

/// Days of trouble of its own.
pub(super) fn trouble_days(since: Option<Minute>, now: Minute) -> u32 {
    since.map_or(0, |since| now.days_since(since))
}

/// Whether what is wrong has been seen as lately as an offer asks for.
fn is_fresh(
    told: &Diagnosis,
    trouble_since: Option<Minute>,
    episode: &Episode,
    days: &Opened,
    (today, now): (Day, Minute),
    policy: &Policy,
) -> bool {
    let hours = policy.decide.fresh_hours_of(told.cause, trouble_days(trouble_since, now));
    hours == 0 || perception::is_fresh(told.symptom, days, today, episode.bad_until(), now.start(), hours)
}

/// Days by which the home's own trouble is older than what holds its neighbourhood, where they are enough.
fn elder_days(trouble_since: Option<Minute>, verdict: &Verdict, policy: &Policy) -> Option<u32> {
    let days = verdict.since.days_since(trouble_since?);
    Some(days).filter(|days| *days >= policy.perception.cause.elder_days)
}

/// Where the neighbourhood has a verdict, what is wrong with it is what is wrong with the home: one fault shows itself
/// differently in different homes.
fn in_its_street(told: Diagnosis, verdict: Option<&Verdict>) -> Diagnosis {
    Diagnosis { cause: verdict.map_or(told.cause, |verdict| verdict.cause), ..told }
}

impl LaneState {
    /// `today`: the local day of `now`.
    pub(super) fn assess(
        &self,
        customer: &Customer,
        track: &Track,
        now: Minute,
        today: Day,
        world: &World,
        policy: &Policy,
    ) -> Assessment {
        let at = now.start();
        let home = self.home(track, today, policy, |area| world.areas.any_held(area));
        let segment = customer.crm.as_ref().and_then(crate::decide::CrmFacts::segment);
        let target = policy.perception.target(segment);
        let bar = target - policy.qos.target_margin;
        let panes = &track.panes[usize::from(home.pane_slot.unwrap_or(track.home_slot))];
        let days = panes.open(&policy.qos);
        let mut quality = qos::judge(&days, &track.episode, track.at_home, today, at, bar, &policy.qos);
        if !quality.lasting && perception::afflicted(&quality, &days, today, &policy.perception.cause, &policy.qos) {
            (quality.lasting, quality.degraded, quality.problem) = (true, true, true);
        }
        // By this home alone, whatever its street has.
        let (degraded, lasting) = (quality.degraded, quality.lasting);
        let trouble_since = own_trouble(track.trouble_since.get(), &quality, now, policy);
        let shared = if quality.lasting { None } else { self.shared(&home, &quality, &days, today, world, policy) };
        if shared.is_some() {
            (quality.lasting, quality.degraded, quality.problem) = (true, true, true);
        }
        let perceived = perception::perceive(&track.perception, &quality, segment, at, &policy.perception);
        let wrong = quality.problem || quality.degraded;
        let step = wrong.then(|| days.stepped(today, &policy.qos)).flatten();
        let sudden = wrong && (track.sudden || step.is_some_and(|days| days >= STEP_DAYS));
        let turned = sudden || step.is_some();
        // What was heard elsewhere before the step says nothing of the handset since.
        let elsewhere = if sudden && !track.sudden { Elsewhere::default() } else { track.elsewhere };
        let handset = Handset { elsewhere: elsewhere.pairs(), sudden, turned };
        let diagnose = |elder_days| {
            let around = Around { peers: self.peers(&home, world, policy), elder_days, shared };
            perception::diagnose(&quality, panes, handset, around, &policy.perception, &policy.qos)
        };
        let told = wrong.then(|| diagnose(None)).flatten();
        let verdict = told.as_ref().and_then(|told| self.standing(&home)?.verdict(world, told.symptom));
        let verdict = verdict.map(|(_, verdict)| verdict);
        let before = verdict.and_then(|verdict| elder_days(trouble_since, verdict, policy));
        // What was this home's own before the street had its fault is its own still.
        let own = before.and_then(|days| diagnose(Some(days))).filter(|own| !own.cause.is_network());
        let elder = own.is_some();
        let diagnosis = own.or_else(|| told.map(|told| in_its_street(told, verdict)));
        let ground = ground(quality.running.is_some() && !lasting, sudden, trouble_since, now);
        let is_fresh = |told| self::is_fresh(told, trouble_since, &track.episode, &days, (today, now), policy);
        let fresh = diagnosis.as_ref().is_some_and(is_fresh);
        // Only an episode asks for it.
        let remembers = track.decisions.as_deref().is_some_and(|memory| memory.episode().is_some());
        let good_days = if remembers { days.good_run(today, bar, &policy.qos) } else { 0 };
        Assessment {
            today,
            home,
            quality,
            target,
            perceived,
            diagnosis,
            sudden,
            turned,
            trouble_since,
            elder,
            ground,
            shared: shared.is_some() && !degraded,
            fresh,
            good_days,
        }
    }

    /// The home, in the area it counts in as long as that `keeps` it. A fault drives telephones to the sites around, and after
    /// some nights one of these would be the home's: the ticket would lose its homes one by one.
    pub(super) fn home(&self, track: &Track, today: Day, policy: &Policy, keeps: impl FnOnce(&str) -> bool) -> Home {
        let home = track.home.home(today, &self.cells, &policy.home);
        let counted = track.contribution.as_ref().map(|contribution| contribution.area);
        let left = counted.filter(|area| home.site.is_some_and(|site| site != *area));
        match left.filter(|area| keeps(self.cells.site_id(*area))) {
            Some(area) => track.home.in_area(home, area, &self.cells),
            None => home,
        }
    }

    /// What of a suspicion or a ticket of the neighbourhood explains what the home shows too faintly by itself. The usual
    /// home has none, told without asking where it lives.
    fn shared(
        &self,
        home: &Home,
        quality: &Quality,
        days: &Opened,
        today: Day,
        world: &World,
        policy: &Policy,
    ) -> Option<Cause> {
        if !home.site.is_some_and(|site| world.areas.any_held(self.cells.site_id(site))) {
            return None;
        }
        let standing = self.standing(home);
        let verdict = |cause| standing.as_ref()?.verdict(world, cause);
        let told = |cause| verdict(cause).is_some_and(|(_, verdict)| verdict.cause == cause);
        perception::shared(quality, days, today, told, &policy.perception.cause, &policy.qos)
    }

    /// How the other homes around this one fare, as the area stage last said: those on its main cell or, where they
    /// are too few or stand out from the site, those on the site. A home deep in its building sits on the band that
    /// reaches it, whose other homes are deep in theirs: they say nothing of the street. Where it is the cell that
    /// suffers, a verdict says so.
    pub(super) fn peers(&self, home: &Home, world: &World, policy: &Policy) -> Option<CellPeers> {
        let cell = home.main_cell?;
        let site = self.cells.site_id(self.cells.site(cell));
        let on_cell = world.areas.peers(site, self.cells.cell_id(cell));
        let on_site = world.areas.get(site).map(|row| CellPeers { homes: row.homes, fine: row.fine });
        let known = on_cell.into_iter().chain(on_site).filter(|p| p.homes >= policy.perception.cause.peers_min);
        known.max_by(|a, b| a.fine_share().total_cmp(&b.fine_share()))
    }

    /// Where the home lies in its area.
    pub(super) fn standing<'a>(&'a self, home: &Home) -> Option<Standing<'a>> {
        let site = home.site?;
        let cells = home.cells.iter().map(|cell| self.cells.cell_id(*cell).as_str()).collect();
        let area = self.cells.site_id(site).as_str();
        let mut beside = Vec::new();
        for other in home.cells.iter().map(|cell| self.cells.site_id(self.cells.site(*cell)).as_str()) {
            if other != area && !beside.contains(&other) {
                beside.push(other);
            }
        }
        Some(Standing { area, beside, cells, pos: home.pos })
    }
}
