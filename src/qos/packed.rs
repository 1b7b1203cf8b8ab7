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

fn take_varint(bytes: &mut &[u8]) -> u32 {
    let mut value = 0;
    for shift in (0..32).step_by(7) {
        let Some((&byte, rest)) = bytes.split_first() else { break };
        *bytes = rest;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
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

    pub(super) fn unpack(mut bytes: &[u8]) -> Self {
        let mut past = Self::default();
        if bytes.is_empty() {
            return past;
        }
        past.week = WeekBins::of_counters(take(&mut bytes));
        for day in &mut past.days {
            if bytes.is_empty() {
                break;
            }
            *day = Pane::of_counters(take(&mut bytes));
        }
        past
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
        fn any_bytes_are_some_panes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let past = Past::<13>::unpack(&bytes);
            prop_assert_eq!(Past::<13>::unpack(&past.pack()), past);
        }
    }
}
