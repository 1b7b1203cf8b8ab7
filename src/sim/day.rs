//! One person's day as probe events. Pure.

use super::air::{DRAGGED_SHARE, effect, usual_load};
use super::dice::{Dice, Purpose};
use super::event::{Event, Link, Radio, What};
use super::faults::Fault;
use super::network::Layer;
use super::people::{Person, PersonKind};
use super::plan::{DAY_END, DAY_START, DayPlan};
use super::radio::{Air, Heard, Place, sample};
use super::town::Town;
use crate::units::{Cause, Day, Millis, Zone};

/// When handsets are used: weights of the local hours of those who sleep at night.
const AWAKE: [f64; 24] = [
    0.55, 0.3, 0.22, 0.22, 0.25, 0.4, 0.8, 1.1, 1.1, 0.9, 0.9, 1.0, 1.2, 1.1, 1.0, 1.0, 1.1, 1.4, 1.9, 2.3, 2.5, 2.4,
    2.0, 1.2,
];

/// Minutes between which a phone that is off at night says nothing.
const OFF: std::ops::Range<u16> = 22 * 60 + 30..31 * 60;

/// What two receive antennas and repetitions are worth, dB.
const DIVERSITY_DB: f64 = 5.0;

/// Everything one person's day needs, and the events it yields.
pub(crate) struct DayOf<'a> {
    town: &'a Town,
    person: &'a Person,
    index: u32,
    day: Day,
    dice: Dice,
    number: u16,
    out: &'a mut Vec<Event>,
}

/// One moment: the instant, the place and what the air is like.
struct Moment<'a> {
    at: Millis,
    place: &'a Place,
    home: bool,
    /// Faults active now that can be felt at the place.
    faults: Vec<&'a Fault>,
    dragged: bool,
    hour: u16,
}

impl<'a> DayOf<'a> {
    /// Appends the day's events of one person, in no order.
    pub(crate) fn write(town: &'a Town, index: usize, day: Day, out: &'a mut Vec<Event>) {
        let person = &town.people[index];
        let dice = Dice::new(town.spec.seed, Purpose::Day, u64::from(person.number), day.0 as u64);
        let plan = DayPlan::new(person, &town.population, town.spec.seed, day);
        let mut own = Self { town, person, index: index as u32, day, dice, number: 0, out };
        let count = own.dice.poisson(town.spec.events_per_day * person.activity);
        for _ in 0..count {
            let minute = own.minute();
            let (place, home) = (plan.place(minute), plan.is_home(minute));
            if own.is_silent(minute, home) {
                continue;
            }
            let at = own.instant(minute);
            let hour = minute / 60 % 24;
            let faults: Vec<&Fault> = town.faults_at(place).filter(|f| f.is_active(at)).collect();
            let dragged = faults.iter().any(|f| f.cause == Cause::Mobility) && own.dice.chance(DRAGGED_SHARE);
            let place = &town.population.places[place.index()];
            own.event(Moment { at, place, home, faults, dragged, hour });
        }
    }

    /// A minute of the day at which something happens, by the hours' weights.
    fn minute(&mut self) -> u16 {
        let shifted = self.person.kind == PersonKind::NightWorker;
        let hour = self.dice.weighted(&AWAKE) as u16;
        let hour = if shifted { (hour + 10) % 24 } else { hour };
        let minute = hour * 60 + self.dice.below(60) as u16;
        if minute < DAY_START { minute + DAY_END - DAY_START } else { minute }
    }

    /// What habits and poor homes take away.
    fn is_silent(&mut self, minute: u16, home: bool) -> bool {
        let off = self.person.kind == PersonKind::PhoneOffAtNight && (OFF.contains(&minute) || minute < 7 * 60);
        let few = home && self.person.kind == PersonKind::FewEvents && self.dice.chance(0.55);
        let poor = home && self.person.deep_indoor && self.dice.chance(0.3);
        off || few || poor
    }

    fn instant(&mut self, minute: u16) -> Millis {
        let within = i64::from(self.dice.whole(0, 60_000));
        let (day, minute) = (self.day.plus(i32::from(minute / 1440)), minute % 1440);
        let again = self.dice.chance(0.5);
        local_instant(&self.town.zone, day, minute, again).plus(within)
    }

    fn push(&mut self, at: Millis, link: Link, what: What, radio: Option<Radio>, moment: &Moment<'_>) {
        let spread = if moment.place.indoors { 0.000_2 } else { 0.000_1 };
        let with_position = matches!(what, What::Measurement { .. }) && link != Link::Nothing;
        let position = (with_position && self.dice.chance(self.town.spec.position_share)).then(|| {
            let (lat, lon) = moment.place.at.lat_lon();
            let off = |degrees: f64, dice: &mut Dice| ((degrees + spread * dice.normal()) * 1e5).round() as i32;
            (off(lat, &mut self.dice), off(lon, &mut self.dice))
        });
        // Handsets guess whether they are indoors, and are right nine times in ten; half of them say so.
        let guess = matches!(what, What::Measurement { .. }) && self.person.number.is_multiple_of(2);
        let indoor = guess.then(|| moment.place.indoors ^ self.dice.chance(0.1));
        let number = self.number;
        self.number = self.number.saturating_add(1);
        self.out.push(Event { ts: at.0, person: self.index, number, link, what, radio, position, indoor });
    }

    fn air(&mut self, moment: &Moment<'_>) -> Option<Air> {
        let local = self.town.zone.local(moment.at);
        let sites = &self.town.sites;
        let load = |site: u32| usual_load(sites[site as usize].load_factor, site, local);
        let Moment { place, faults, hour, dragged, .. } = moment;
        let change = |heard: &Heard| effect(faults, place, heard, *hour, *dragged);
        sample(place, self.person.handset_on(self.day), load, change, &mut self.dice)
    }

    fn event(&mut self, mut moment: Moment<'_>) {
        if moment.home && self.person.kind == PersonKind::WifiOffloader && self.dice.chance(0.75) {
            return self.on_wifi(&moment);
        }
        let Some(air) = self.air(&moment) else {
            let duration_s = self.dice.between(240.0, 1_500.0) as u16;
            return self.push(moment.at, Link::Nothing, What::NoService { duration_s }, None, &moment);
        };
        // A neighbour is missing from a cell's list: whoever another cell serves hands over as ever.
        let lacks = |fault: &&Fault| fault.cause == Cause::Mobility && fault.cells.contains(&air.cell);
        moment.dragged &= moment.faults.iter().any(lacks);
        let moment = &moment;
        let radio = Some(Radio::of(&air, self.dice.normal()));
        let cell = Link::Cell(air.cell);
        // Links fail now and then everywhere, more often on the move, and often where a neighbour is missing.
        let lost = if moment.dragged {
            0.3
        } else if moment.home {
            0.001
        } else {
            0.006
        };
        if self.dice.chance(lost) {
            self.lost_link(&air, moment);
        }
        match self.dice.weighted(&[0.58, 0.28, 0.14]) {
            0 => {
                let latency_ms = self.latency(&air);
                self.push(moment.at, cell, What::Measurement { latency_ms }, radio, moment);
            }
            1 => self.data_session(&air, moment, radio),
            _ => self.call(&air, moment, radio),
        }
    }

    fn on_wifi(&mut self, moment: &Moment<'_>) {
        let dl_kbps = self.dice.between(8_000.0, 60_000.0) as u32;
        let duration_s = self.dice.between(5.0, 120.0) as u16;
        let volume_kb = self.dice.between(300.0, 20_000.0) as u32;
        let latency_ms = self.dice.between(18.0, 45.0) as u16;
        let data = What::Data { dl_kbps, ul_kbps: dl_kbps / 4, volume_kb, duration_s, latency_ms };
        self.push(moment.at, Link::Wifi, data, None, moment);
    }

    /// Round trip, ms: a floor per technology, a queue that grows with load, repetitions when SINR is low.
    fn latency(&mut self, air: &Air) -> u16 {
        let floor = if air.layer == Layer::N3500 { 18.0 } else { 30.0 };
        let queue = 9.0 / (1.0 - air.load).max(0.025);
        let repeats = (3.0 - air.sinr_db).max(0.0) * 4.0;
        ((floor + queue + repeats) * (0.18 * self.dice.normal()).exp()).clamp(8.0, 2_000.0) as u16
    }

    /// Truncated Shannon (TR 36.942 annex A: 0.6 of the bound, 4.8 bit/s/Hz at most), of what load leaves over. Two receive
    /// antennas and repetitions gain what SINR does not show; the far end, TCP and the handset take away as they please.
    fn throughput(&mut self, air: &Air) -> f64 {
        let gained = 10.0_f64.powf((air.sinr_db + DIVERSITY_DB) / 10.0);
        let efficiency = (0.6 * (1.0 + gained).log2()).min(4.8);
        let left = (1.0 - air.load).max(0.012);
        air.layer.bandwidth_mhz() * 1_000.0 * efficiency * left * (0.75 * self.dice.normal() - 0.9).exp()
    }

    fn data_session(&mut self, air: &Air, moment: &Moment<'_>, radio: Option<Radio>) {
        let dl = self.throughput(air).clamp(30.0, 600_000.0);
        // Sessions are wanted by volume; a slow link makes them longer, and people give up after two minutes.
        let wanted_kb = (1.4 * self.dice.normal() + 8.2).exp().clamp(60.0, 200_000.0);
        let seconds = (wanted_kb * 8.0 / dl).clamp(1.0, 120.0);
        let volume_kb = (dl * seconds / 8.0).min(wanted_kb).max(1.0) as u32;
        let ul_kbps = (dl * self.dice.between(0.12, 0.35)).max(15.0) as u32;
        let latency_ms = self.latency(air);
        let what = What::Data { dl_kbps: dl as u32, ul_kbps, volume_kb, duration_s: seconds.ceil() as u16, latency_ms };
        self.push(moment.at, Link::Cell(air.cell), what, radio, moment);
    }

    fn call(&mut self, air: &Air, moment: &Moment<'_>, radio: Option<Radio>) {
        let cell = Link::Cell(air.cell);
        let weak =
            1.0 / (1.0 + (-(-2.0 - air.sinr_db) / 1.5).exp()) + 1.0 / (1.0 + ((air.rsrp_dbm + 117.0) / 1.5).exp());
        let crowded = if air.load > 0.95 { 0.22 } else { 0.0 };
        let ok = !self.dice.chance((0.006 + 0.20 * weak + crowded).min(0.9));
        let slow = 2_600.0 + 1_400.0 * weak + if air.load > 0.95 { 6_000.0 } else { 0.0 };
        let time_ms = (slow * (0.2 * self.dice.normal()).exp()).clamp(800.0, 30_000.0) as u16;
        self.push(moment.at, cell, What::Setup { ok, time_ms }, radio, moment);
        if !ok {
            return;
        }
        let duration_s = (1.0 * self.dice.normal() + 4.4).exp().clamp(5.0, 3_000.0) as u16;
        let dropped =
            self.dice.chance((0.005 + 0.22 * weak + 0.3 * crowded + if moment.dragged { 0.5 } else { 0.0 }).min(0.9));
        let end =
            if dropped { (f64::from(duration_s) * self.dice.between(0.1, 0.9)).max(3.0) as u16 } else { duration_s };
        let ended = moment.at.plus(i64::from(time_ms) + i64::from(end) * Millis::SECOND);
        if dropped {
            let other = other_cell(air, moment.place).filter(|_| moment.dragged || !moment.home);
            if let Some(other) = other {
                let before = ended.plus(-(self.dice.between(1_500.0, 7_000.0) as i64)).max(moment.at.plus(1));
                self.push(before, Link::Cell(other), What::HandoverFailure, None, moment);
            }
            self.push(ended, other.map_or(cell, Link::Cell), What::CallDrop { duration_s: end }, None, moment);
        } else {
            let loss_tenths = ((0.4 + 12.0 * weak + 30.0 * crowded) * self.dice.unit() * 10.0) as u16;
            let jitter_ms = (4.0 + 30.0 * weak * self.dice.unit() + 40.0 * air.load * self.dice.unit()) as u16;
            self.push(ended, cell, What::CallEnd { duration_s: end, loss_tenths, jitter_ms }, None, moment);
        }
    }

    /// A missing neighbour outside calls: the link fails, or the handover does.
    fn lost_link(&mut self, air: &Air, moment: &Moment<'_>) {
        let at = moment.at.plus(-(self.dice.between(8_000.0, 60_000.0) as i64));
        let what = if self.dice.chance(0.5) { What::Rlf } else { What::HandoverFailure };
        self.push(at, Link::Cell(air.cell), what, None, moment);
    }
}

/// The strongest other cell of the same carrier at the place.
fn other_cell(air: &Air, place: &Place) -> Option<u32> {
    place.heard.iter().find(|h| h.layer == air.layer && h.cell != air.cell).map(|h| h.cell)
}

/// The instant of a wall-clock minute; `again` chooses the second showing of an hour that a clock change repeats.
fn local_instant(zone: &Zone, day: Day, minute: u16, again: bool) -> Millis {
    let first = zone.instant(day, minute);
    let second = first.plus(Millis::HOUR);
    let local = zone.local(second);
    if again && local.day == day && local.minute == minute { second } else { first }
}
