//! 64 bits that tell recent probes apart. Pure.
//!
//! The function is our own and fixed: the same on every machine and in every release, since fingerprints live in
//! snapshots. (General-purpose hashers, foldhash among them, promise neither.) It folds eight little-endian bytes
//! at a time: `h ← fold(h ⊕ word)`, where `fold` multiplies to 128 bits and joins the halves by exclusive or.
//! A collision can only hide one probe among a customer's last eight: odds of some 2⁻⁶¹ a record.

/// Odd, with its bits well mixed: 2⁶⁴ divided by the golden ratio.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
/// Not zero, so that leading zero words count.
const SEED: u64 = 0x2545_F491_4F6C_DD1D;

/// A running fingerprint.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    pub(super) fn new() -> Self {
        Self(SEED)
    }

    pub(super) fn word(self, word: u64) -> Self {
        let wide = u128::from(self.0 ^ word) * u128::from(MULTIPLIER);
        // The sum keeps the state from staying at zero, where every product is zero.
        Self(((wide >> 64) as u64 ^ wide as u64).wrapping_add(SEED))
    }

    /// Text, and its length, so that neighbours cannot trade bytes.
    pub(super) fn text(self, text: &str) -> Self {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        let mut folded = self.word(text.len() as u64);
        for word in words {
            folded = folded.word(u64::from_le_bytes(*word));
        }
        if rest.is_empty() {
            return folded;
        }
        let mut last = [0_u8; 8];
        last[..rest.len()].copy_from_slice(rest);
        folded.word(u64::from_le_bytes(last))
    }

    /// A measured value or its absence.
    pub(super) fn value(self, value: Option<f32>) -> Self {
        self.word(value.map_or(u64::MAX, |v| u64::from(v.to_bits())))
    }

    pub(super) fn finish(self) -> u64 {
        self.word(0).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_never_change_between_releases() {
        assert_eq!(Fingerprint::new().text("9f2c0a61-8d5e-4f0b-9a57-0c4b1f0f7d11").finish(), 0xda6b_7475_a7fd_ce08);
        assert_eq!(Fingerprint::new().text("").value(None).value(Some(-113.5)).finish(), 0x91a5_da7b_5955_eb5b);
    }

    #[test]
    fn a_million_event_ids_have_a_million_fingerprints() {
        let mut all: Vec<u64> =
            (0..1_000_000).map(|n| Fingerprint::new().text(&format!("event-{n}")).finish()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1_000_000);
    }
}
