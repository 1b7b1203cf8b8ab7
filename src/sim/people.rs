//! Who lives in the town, where, and with which handset. Pure.

use serde::Serialize;

use super::air::assess;
use super::dice::{Dice, Purpose};
use super::network::{Network, Point, SiteKind, URBAN_STEP};
use super::radio::{Handset, Place, Walls, hear};
use super::spec::TownSpec;
use crate::units::Day;

/// A place's position in the town's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlaceId(pub(crate) u32);

impl PlaceId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// How somebody lives; the order is that of [`super::PeopleMix`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    Ordinary,
    NightWorker,
    TwoHomes,
    Mover,
    Holiday,
    WifiOffloader,
    PhoneOffAtNight,
    FewEvents,
    StaysHome,
}

impl PersonKind {
    pub const ALL: [Self; 9] = [
        Self::Ordinary,
        Self::NightWorker,
        Self::TwoHomes,
        Self::Mover,
        Self::Holiday,
        Self::WifiOffloader,
        Self::PhoneOffAtNight,
        Self::FewEvents,
        Self::StaysHome,
    ];

    /// The scenario's and the truth's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::NightWorker => "night_worker",
            Self::TwoHomes => "two_homes",
            Self::Mover => "mover",
            Self::Holiday => "holiday",
            Self::WifiOffloader => "wifi_offloader",
            Self::PhoneOffAtNight => "phone_off_at_night",
            Self::FewEvents => "few_events",
            Self::StaysHome => "stays_home",
        }
    }
}

/// One customer.
#[derive(Debug, Clone)]
pub struct Person {
    /// Customer number; the id is `C` and seven digits.
    pub number: u32,
    pub kind: PersonKind,
    pub(crate) home: PlaceId,
    /// Where weekends are spent, of those with two homes.
    pub(crate) second: Option<PlaceId>,
    pub(crate) moved: Option<(Day, PlaceId)>,
    pub(crate) work: Option<PlaceId>,
    /// Away from the first day until before the second.
    pub(crate) holiday: Option<(Day, Day, PlaceId)>,
    /// A deep-indoor home: the flat itself is the trouble.
    pub(crate) deep_indoor: bool,
    pub(crate) bad_work: bool,
    pub(crate) nr: bool,
    /// From this day on the handset loses so many dB everywhere.
    pub(crate) broken: Option<(Day, f64)>,
    /// Multiplies the town's mean number of events.
    pub(crate) activity: f64,
    /// Standard normal: how easily the customer is annoyed.
    pub(crate) sensitivity: f64,
    pub(crate) french: bool,
}

impl Person {
    /// `C0001234`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("C{:07}", self.number)
    }

    /// The main home on a day.
    pub(crate) fn home_on(&self, day: Day) -> PlaceId {
        match self.moved {
            Some((from, place)) if day >= from => place,
            _ => self.home,
        }
    }

    /// The handset as it is on a day.
    pub(crate) fn handset_on(&self, day: Day) -> Handset {
        let loss_db = self.broken.filter(|(from, _)| day >= *from).map_or(0.0, |(_, loss)| loss);
        Handset { nr: self.nr, loss_db }
    }
}

/// Everybody, and every place they go to.
#[derive(Debug, Clone)]
pub(crate) struct Population {
    pub(crate) people: Vec<Person>,
    pub(crate) places: Vec<Place>,
    /// Streets, shops and stations: where everybody passes.
    pub(crate) public: Vec<PlaceId>,
}

/// A home whose poor share lies above this is drawn again, so that trouble is where the truth says it is.
const ORDINARY_POOR_MAX: f64 = 0.12;
/// A few homes are mediocre without being a problem.
const MEDIOCRE_SHARE: f64 = 0.06;
const MEDIOCRE_POOR_MAX: f64 = 0.22;
const DRAWS: usize = 24;

struct Builder<'a> {
    spec: &'a TownSpec,
    net: &'a Network,
    places: Vec<Place>,
    /// Centres of the streets around each site.
    streets: Vec<Vec<Point>>,
    work: Vec<PlaceId>,
    resort: Vec<PlaceId>,
}

impl Population {
    pub(crate) fn build(spec: &TownSpec, net: &Network) -> Self {
        let mut b =
            Builder { spec, net, places: Vec::new(), streets: Vec::new(), work: Vec::new(), resort: Vec::new() };
        let mut dice = Dice::new(spec.seed, Purpose::Places, 0, 0);
        b.streets = (0..net.sites.len()).map(|site| b.streets_around(site, &mut dice)).collect();
        let customers = spec.customers as usize;
        let urban: Vec<usize> = b.sites_of(|k| k == SiteKind::Urban);
        let resorts: Vec<usize> = b.sites_of(|k| k == SiteKind::Resort);
        let public =
            (0..30 + customers / 20).map(|_| b.somewhere(&urban, Walls::None, 300.0, 0.0, &mut dice)).collect();
        b.work = (0..10 + customers / 12).map(|_| b.somewhere(&urban, Walls::Old, 150.0, 0.0, &mut dice)).collect();
        // Holidays are spent behind coated glass, far from the mast: reception there is bad and no reason to act.
        b.resort =
            (0..8 + customers / 100).map(|_| b.somewhere(&resorts, Walls::Modern, 400.0, 14.0, &mut dice)).collect();
        let people = b.households(&mut dice);
        Self { people, places: b.places, public }
    }
}

impl Builder<'_> {
    fn sites_of(&self, wanted: impl Fn(SiteKind) -> bool) -> Vec<usize> {
        (0..self.net.sites.len()).filter(|s| wanted(self.net.sites[*s].kind)).collect()
    }

    fn streets_around(&self, site: usize, dice: &mut Dice) -> Vec<Point> {
        let own = &self.net.sites[site];
        let reach = if own.kind == SiteKind::Urban { URBAN_STEP * 0.45 } else { 550.0 };
        let street = |dice: &mut Dice| {
            let (turn, far) = (dice.between(0.0, std::f64::consts::TAU), reach * dice.between(0.02, 1.0).sqrt());
            Point { x: own.at.x + far * turn.cos(), y: own.at.y + far * turn.sin() }
        };
        (0..6).map(|_| street(dice)).collect()
    }

    fn add(&mut self, place: Place) -> PlaceId {
        self.places.push(place);
        PlaceId(self.places.len() as u32 - 1)
    }

    /// A place near one of these sites.
    fn somewhere(&mut self, sites: &[usize], walls: Walls, spread: f64, extra_db: f64, dice: &mut Dice) -> PlaceId {
        let streets = &self.streets[sites[dice.below(sites.len())]];
        let at = streets[dice.below(streets.len())].scattered(spread, dice);
        let place = hear(self.net, self.spec.seed, at, walls, dice.between(0.0, 10.0), extra_db);
        self.add(place)
    }

    /// A home around a site; `None` keeps ordinary homes good, `Some` gives the level at which a deep-indoor
    /// home hears its best cell.
    fn home(&mut self, site: usize, deep_dbm: Option<f64>, dice: &mut Dice) -> PlaceId {
        let limit = if dice.chance(MEDIOCRE_SHARE) { MEDIOCRE_POOR_MAX } else { ORDINARY_POOR_MAX };
        let mut best: Option<(f64, Place, Walls, f64)> = None;
        for _ in 0..DRAWS {
            let streets = &self.streets[site];
            let at = streets[dice.below(streets.len())].scattered(70.0, dice);
            let walls = if dice.chance(0.65) { Walls::Old } else { Walls::Modern };
            let inside = dice.between(0.0, 10.0);
            let place = hear(self.net, self.spec.seed, at, walls, inside, 0.0);
            let poor = assess(&place, Handset::default(), &[], 128, dice).poor;
            if best.as_ref().is_none_or(|(known, ..)| poor < *known) {
                best = Some((poor, place, walls, inside));
            }
            if poor <= limit {
                break;
            }
        }
        let (_, mut place, walls, inside) = best.expect("at least one home was drawn");
        if let (Some(level), Some(strongest)) = (deep_dbm, place.heard.first()) {
            let extra = (f64::from(strongest.rsrp_dbm) - level).max(0.0);
            place = hear(self.net, self.spec.seed, place.at, walls, inside, extra);
        }
        self.add(place)
    }

    /// Households of one to three around every site, each with its home.
    fn households(&mut self, dice: &mut Dice) -> Vec<Person> {
        let total = self.spec.customers as usize;
        let mut people = Vec::with_capacity(total);
        for site in self.sites_of(|k| k == SiteKind::Hamlet) {
            for _ in 0..3 + dice.below(2) {
                if people.len() < total {
                    let home = self.home(site, None, dice);
                    people.push(self.person(people.len(), home, false));
                }
            }
        }
        let sites = self.sites_of(|k| matches!(k, SiteKind::Urban | SiteKind::Village));
        let crowd: Vec<f64> = sites.iter().map(|_| dice.between(0.7, 1.3)).collect();
        while people.len() < total {
            let site = sites[dice.weighted(&crowd)];
            let deep = dice.chance(self.spec.deep_indoor_share).then(|| dice.between(-117.5, -111.0));
            let home = self.home(site, deep, dice);
            for _ in 0..=dice.weighted(&[0.6, 0.3, 0.1]) {
                if people.len() < total {
                    people.push(self.person(people.len(), home, deep.is_some()));
                }
            }
        }
        people
    }

    fn person(&mut self, index: usize, home: PlaceId, deep_indoor: bool) -> Person {
        let spec = self.spec;
        let mut dice = Dice::new(spec.seed, Purpose::People, index as u64, 0);
        let weights = spec.people.weights().map(|(_, weight)| weight);
        let kind = PersonKind::ALL[dice.weighted(&weights)];
        let ordinary = spec.people.ordinary / weights.iter().sum::<f64>();
        let bad_work = kind == PersonKind::Ordinary && dice.chance(spec.bad_work_share / ordinary);
        let days = f64::from(spec.days);
        let day = |share: f64| spec.start.plus((days * share) as i32);
        let broken_at = day(dice.between(0.0, 0.5));
        let broken = dice.chance(spec.broken_device_share).then(|| (broken_at, dice.between(21.0, 27.0)));
        let work = match kind {
            PersonKind::StaysHome => None,
            _ if bad_work => Some(self.basement(&mut dice)),
            _ => Some(self.work[dice.below(self.work.len())]),
        };
        let settled = self.sites_of(|k| matches!(k, SiteKind::Urban | SiteKind::Village));
        let other = settled[dice.below(settled.len())];
        let second = (kind == PersonKind::TwoHomes).then(|| self.home(other, None, &mut dice));
        let move_day = day(dice.between(0.3, 0.6));
        let moved = (kind == PersonKind::Mover).then(|| (move_day, self.home(other, None, &mut dice)));
        let leave = day(dice.between(0.2, 0.6));
        let stay = dice.whole(5, 13);
        let resort = self.resort[dice.below(self.resort.len())];
        Person {
            number: index as u32 + 1,
            kind,
            home,
            second,
            moved,
            work,
            holiday: (kind == PersonKind::Holiday).then(|| (leave, leave.plus(stay), resort)),
            deep_indoor,
            bad_work,
            nr: dice.chance(0.45),
            broken,
            activity: (0.25 * dice.normal()).exp().clamp(0.55, 1.7),
            sensitivity: dice.normal(),
            french: dice.chance(spec.french_share),
        }
    }

    /// A workplace below ground.
    fn basement(&mut self, dice: &mut Dice) -> PlaceId {
        let urban = self.sites_of(|k| k == SiteKind::Urban);
        self.somewhere(&urban, Walls::Modern, 150.0, 22.0, dice)
    }
}
