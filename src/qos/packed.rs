//! Small counters in few bytes: what a home keeps of the days behind it. Pure.
//!
//! A list of counters is a mask of those that are not zero (a varint, first counter in bit 0) and then each of them
//! (varints). Most counters of most days are zero and the others small: a pane of 19 counters takes 6 to 10 bytes, an
//! empty one a single byte. Equal counters have equal bytes. Reading past the end gives zeros, so that whatever bytes
//! there are, they are some panes.

use super::bins::WeekBins;
use super::pane::Pane;

fn put_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[inline]
fn take_varint(bytes: &mut &[u8]) -> u32 {
    let Some((&first, rest)) = bytes.split_first() else { return 0 };
    *bytes = rest;
    if first < 0x80 { u32::from(first) } else { take_longer(u32::from(first & 0x7f), bytes) }
}

/// The rest of a varint of two bytes or more.
fn take_longer(mut value: u32, bytes: &mut &[u8]) -> u32 {
    for shift in [7, 14, 21, 28] {
        let Some((&byte, rest)) = bytes.split_first() else { break };
        *bytes = rest;
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn put<const N: usize>(out: &mut Vec<u8>, counters: [u16; N]) {
    const { assert!(N <= 32, "the mask has a bit for each counter") }
    let mask = (0..N).fold(0, |mask, at| mask | u32::from(counters[at] > 0) << at);
    put_varint(out, mask);
    counters.into_iter().filter(|n| *n > 0).for_each(|n| put_varint(out, u32::from(n)));
}

fn take<const N: usize>(bytes: &mut &[u8]) -> [u16; N] {
    let mut counters = [0; N];
    let mut mask = take_varint(bytes) & (((1_u64 << N) - 1) as u32);
    while mask != 0 {
        counters[mask.trailing_zeros() as usize] = take_varint(bytes) as u16;
        mask &= mask - 1;
    }
    counters
}

/// The first list and what lies behind it.
fn split<const N: usize>(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut rest = bytes;
    let mask = take_varint(&mut rest) & (((1_u64 << N) - 1) as u32);
    for _ in 0..mask.count_ones() {
        take_varint(&mut rest);
    }
    bytes.split_at(bytes.len() - rest.len())
}

/// A list of counters that are all zero; no other ends in a zero.
const EMPTY: u8 = 0;

/// The bins of the week before, and the panes of the `N` days before the newest, the latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Past<const N: usize> {
    pub week: WeekBins,
    pub days: [Pane; N],
}

impl<const N: usize> Default for Past<N> {
    fn default() -> Self {
        Self { week: WeekBins::default(), days: [Pane::default(); N] }
    }
}

impl<const N: usize> Past<N> {
    pub(super) fn is_empty(&self) -> bool {
        self.week == WeekBins::default() && self.days.iter().all(Pane::is_empty)
    }

    /// As few bytes as hold it: none where there is nothing.
    pub(super) fn pack(&self) -> Box<[u8]> {
        if self.is_empty() {
            return Box::default();
        }
        let mut out = Vec::with_capacity(16 * (N + 1));
        put(&mut out, self.week.counters());
        let used = N - self.days.iter().rev().take_while(|day| day.is_empty()).count();
        for day in &self.days[..used] {
            put(&mut out, day.counters());
        }
        out.into_boxed_slice()
    }

    pub(super) fn unpack(bytes: &[u8]) -> Self {
        let mut past = Self::default();
        past.week = Self::unpack_into(bytes, &mut past.days);
        past
    }

    /// Unpacks the days into panes that are empty; answers the week.
    pub(super) fn unpack_into(mut bytes: &[u8], days: &mut [Pane]) -> WeekBins {
        if bytes.is_empty() {
            return WeekBins::default();
        }
        let week = WeekBins::of_counters(take(&mut bytes));
        for day in days {
            if bytes.is_empty() {
                break;
            }
            *day = Pane::of_counters(take(&mut bytes));
        }
        week
    }

    /// What the past in `bytes` is `steps` days later, with `today` the latest of its days: the bytes that unpacking,
    /// moving and packing would give, without any of it. `week`: the bins of the week before, if that is another by then.
    pub(super) fn rolled(bytes: &[u8], week: Option<WeekBins>, today: &Pane, steps: usize) -> Box<[u8]> {
        let (same_week, mut days) = split::<{ WeekBins::COUNTERS }>(bytes);
        let mut out = Vec::with_capacity(bytes.len() + 64);
        match week {
            Some(week) => put(&mut out, week.counters()),
            // There may be no list, or one that was cut: behind it nothing may be written.
            None if days.is_empty() => put(&mut out, Self::unpack_week(bytes).counters()),
            None => out.extend_from_slice(same_week),
        }
        let of_week = out.len();
        if let Some(kept) = N.checked_sub(steps) {
            // The days between the two were empty.
            out.resize(of_week + steps.saturating_sub(1), EMPTY);
            put(&mut out, today.counters());
            for _ in 0..kept {
                let (day, older) = split::<{ Pane::COUNTERS }>(days);
                out.extend_from_slice(day);
                days = older;
            }
        }
        while out.len() > of_week && out.last() == Some(&EMPTY) {
            out.pop();
        }
        if out == [EMPTY] { Box::default() } else { out.into_boxed_slice() }
    }

    /// The bins of the week before alone.
    pub(super) fn unpack_week(mut bytes: &[u8]) -> WeekBins {
        WeekBins::of_counters(take(&mut bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_takes_no_byte_and_a_day_as_people_have_them_takes_few() {
        assert!(Past::<13>::default().pack().is_empty());
        let day =
            Pane { samples: 14, good: 11, marginal: 1, quiet_sessions: 3, session_score_sum: 240, ..Pane::default() };
        let past = Past { week: WeekBins::default(), days: [day; 13] };
        assert_eq!(past.pack().len(), 1 + 13 * 7);
        assert_eq!(Past::unpack(&past.pack()), past);
    }

    proptest! {
        #[test]
        fn whatever_is_packed_comes_back(week: [u16; 26], days: [[u16; 19]; 4]) {
            let past = Past { week: WeekBins::of_counters(week), days: days.map(Pane::of_counters) };
            let bytes = past.pack();
            prop_assert_eq!(Past::<4>::unpack(&bytes), past.clone());
            prop_assert_eq!(Past::<4>::unpack_week(&bytes), past.week);
        }

        #[test]
        fn what_is_rolled_is_what_is_unpacked_moved_and_packed(
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..64),
                (any::<[u16; 26]>(), any::<[[u8; 19]; 4]>()).prop_map(|(week, days)| {
                    let days = days.map(|day| Pane::of_counters(day.map(|n| u16::from(n.saturating_sub(200)))));
                    Past { week: WeekBins::of_counters(week), days }.pack().into_vec()
                }),
            ],
            week in proptest::option::of(any::<[u16; 26]>()),
            today: [u16; 19],
            lives: bool,
            steps in 1_usize..7,
        ) {
            let week = week.map(WeekBins::of_counters);
            let today = if lives { Pane::of_counters(today) } else { Pane::default() };
            let old = Past::<4>::unpack(&bytes);
            let mut moved = Past { week: week.unwrap_or(old.week), ..Past::default() };
            let known = std::iter::once(today).chain(old.days);
            for (age, pane) in known.enumerate().take_while(|(age, _)| age + steps <= 4) {
                moved.days[age + steps - 1] = pane;
            }
            let rolled = Past::<4>::rolled(&bytes, week, &today, steps);
            prop_assert_eq!(Past::<4>::unpack(&rolled), moved.clone());
            if old.pack()[..] == bytes[..] {
                prop_assert_eq!(rolled, moved.pack());
            }
        }

        #[test]
        fn any_bytes_are_some_panes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let past = Past::<13>::unpack(&bytes);
            prop_assert_eq!(Past::<13>::unpack(&past.pack()), past);
        }
    }
}
