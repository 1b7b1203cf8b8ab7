//! Windows equal a naive count of the raw events; rolling equals folding anew. Pure.

use proptest::prelude::*;

use super::support::{no_service, probe, radio, session};
use crate::ingest::{Probe, ProbeKind};
use crate::qos::{Bins, Grade, Panes, Rules, grade};
use crate::units::{Day, LocalTime};

const TODAY: i32 = 20_750;

#[derive(Debug, Clone)]
struct Event {
    p: Probe,
    at: LocalTime,
    after_handover: bool,
}

fn events(days: std::ops::Range<i32>) -> impl Strategy<Value = Vec<Event>> {
    let kind = prop_oneof![
        (-140.0_f32..-44.0, -30.0_f32..2.0, -20.0_f32..35.0).prop_map(|(a, b, c)| radio(a, b, c)),
        (50.0_f32..60_000.0).prop_map(session),
        (1.0_f32..900.0).prop_map(no_service),
        any::<bool>().prop_map(|ok| Probe { setup_ok: Some(ok), ..probe(ProbeKind::CallSetup) }),
        Just(probe(ProbeKind::CallDrop)),
        Just(probe(ProbeKind::CallEnd)),
        Just(probe(ProbeKind::HandoverFailure)),
    ];
    let event = (kind, days, 0_u16..1440, any::<bool>()).prop_map(|(p, day, minute, after_handover)| Event {
        p,
        at: LocalTime { day: Day(day), minute },
        after_handover,
    });
    prop::collection::vec(event, 0..150)
}

fn folded(events: &[Event], rules: &Rules) -> Panes {
    let mut panes = Panes::default();
    for e in events {
        panes.fold(&e.p, grade(&e.p, None, rules), e.at, e.after_handover, rules);
    }
    panes
}

/// Counters recomputed from the events themselves.
fn naive(events: &[Event], today: Day, days: i32, rules: &Rules) -> [u32; 9] {
    let newest = events.iter().map(|e| e.at.day).max();
    let counts = |f: &dyn Fn(&Event) -> u32| -> u32 {
        let reached = |e: &&Event| e.at.day > today.plus(-days) && e.at.day <= today;
        let kept = |e: &&Event| newest.is_some_and(|newest| e.at.day > newest.plus(-14));
        events.iter().filter(reached).filter(kept).map(f).sum()
    };
    let graded = |g: Grade| move |e: &Event| u32::from(grade(&e.p, None, rules) == Some(g));
    let kind = |k: ProbeKind| move |e: &Event| u32::from(e.p.kind == k);
    [
        counts(&|e| u32::from(grade(&e.p, None, rules).is_some())),
        counts(&graded(Grade::Good)),
        counts(&graded(Grade::PoorRsrp)),
        counts(&graded(Grade::PoorQuality)),
        counts(&graded(Grade::PoorBoth)),
        counts(&|e| if e.p.kind == ProbeKind::NoService { e.p.duration_s.unwrap().round() as u32 } else { 0 }),
        counts(&kind(ProbeKind::CallDrop)),
        counts(&|e| u32::from(e.p.kind == ProbeKind::HandoverFailure))
            + counts(&|e| u32::from(e.p.kind == ProbeKind::CallDrop && e.after_handover)),
        counts(&kind(ProbeKind::DataSession)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn window_sums_equal_a_naive_count(mut events in events(TODAY - 13..TODAY + 1), back in 0_i32..4) {
        let rules = Rules::default();
        // Arrival order within the ring's reach is of no matter: late days land in their own.
        let third = events.len() / 3;
        events.rotate_left(third);
        let panes = folded(&events, &rules);
        let today = Day(TODAY - back);
        for days in [2_u8, 7, 14] {
            let s = panes.open(&rules).window(today, days, &rules).sums;
            let got = [s.samples, s.good, s.poor_rsrp, s.poor_quality, s.poor_both, s.no_service_s, s.call_drops,
                s.mobility_events, s.busy_sessions + s.quiet_sessions];
            prop_assert_eq!(got, naive(&events, today, i32::from(days), &rules));
        }
    }

    #[test]
    fn rolling_any_sequence_of_days_equals_folding_what_survives_anew(
        mut events in events(TODAY - 60..TODAY + 1),
        rolls in prop::collection::vec(0_usize..150, 0..6),
    ) {
        let rules = Rules::default();
        events.sort_by_key(|e| e.at);
        let mut rolled = Panes::default();
        let mut area = Bins::default();
        for (i, e) in events.iter().enumerate() {
            // Ticks may roll at any moment, and folding rolls by itself.
            if rolls.contains(&i) {
                area.sub(&rolled.roll(e.at.day).unwrap_or_default());
            }
            area.sub(&rolled.roll(e.at.day).unwrap_or_default());
            let hits = rolled.fold(&e.p, grade(&e.p, None, &rules), e.at, e.after_handover, &rules);
            area.hit(&hits.unwrap_or_default());
        }
        area.sub(&rolled.roll(Day(TODAY)).unwrap_or_default());
        prop_assert_eq!(&area, &rolled.bins());
        let week = |day: Day| (day.0 + 3).div_euclid(7);
        let mut anew = Panes::default();
        for e in events.iter().filter(|e| week(e.at.day) >= week(Day(TODAY)) - 1 || e.at.day.0 > TODAY - 14) {
            anew.fold(&e.p, grade(&e.p, None, &rules), e.at, e.after_handover, &rules);
        }
        anew.roll(Day(TODAY));
        prop_assert_eq!(anew, rolled);
    }

    #[test]
    fn panes_come_back_from_a_snapshot_as_they_were(events in events(TODAY - 20..TODAY + 1)) {
        let rules = Rules::default();
        let panes = folded(&events, &rules);
        let bytes = postcard::to_stdvec(&panes).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Panes>(&bytes).unwrap(), panes);
    }
}
