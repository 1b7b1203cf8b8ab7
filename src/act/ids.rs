//! Ids that follow from what they name: keyed BLAKE3, 128 bits, lower-case hex. Pure.
//!
//! The same episode yields the same id on every machine and at every replay, and without the key nobody can
//! tell which customer an id belongs to.

/// The deployment's secret of 32 bytes. Its fingerprint, never itself, stands in the journal.
#[derive(Clone, PartialEq, Eq)]
pub struct IdKey([u8; 32]);

impl std::fmt::Debug for IdKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdKey({})", self.fingerprint())
    }
}

impl IdKey {
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From 64 hexadecimal digits, as the key file and `HOMEQOS_KEY` hold it.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text.trim()).ok().map(|hash| Self(*hash.as_bytes()))
    }

    /// 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// A short public name of the key: two keys never share it by accident, and it tells nothing of the key.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        blake3::keyed_hash(&self.0, b"homeqos key fingerprint").to_hex()[..16].to_owned()
    }

    /// The keyed hash of `parts`, each framed by its length so that no two lists of parts collide.
    #[must_use]
    pub fn hash(&self, parts: &[&str]) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut out = [0; 16];
        out.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        out
    }

    /// A share in 0..1 that depends on `parts` alone: hold-out, rotation.
    #[must_use]
    pub fn share(&self, parts: &[&str]) -> f64 {
        let hash = self.hash(parts);
        let high = u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]);
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }
}

/// Names offers and tickets.
#[derive(Debug, Clone)]
pub struct Ids {
    key: IdKey,
}

impl Ids {
    #[must_use]
    pub fn new(key: IdKey) -> Self {
        Self { key }
    }

    #[must_use]
    pub fn key(&self) -> &IdKey {
        &self.key
    }

    /// `of_` + hash of kind and episode (customer, cause it opened with, local date it became perceived).
    #[must_use]
    pub fn offer(&self, kind: &str, customer: &str, cause: &str, episode: &str) -> String {
        format!("of_{}", hex(self.key.hash(&["offer", kind, customer, cause, episode])))
    }

    /// `tk_` + hash of the area, cause, scope and the local date the verdict stands since.
    #[must_use]
    pub fn ticket(&self, area: &str, cause: &str, scope: &str, since: &str) -> String {
        format!("tk_{}", hex(self.key.hash(&["ticket", area, cause, scope, since])))
    }
}

fn hex(bytes: [u8; 16]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(32), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_the_key_and_on_how_its_parts_are_divided() {
        let (a, b) = (Ids::new(IdKey::new([1; 32])), Ids::new(IdKey::new([2; 32])));
        assert_eq!(a.offer("k", "C1", "c", "d"), a.offer("k", "C1", "c", "d"));
        assert_ne!(a.offer("k", "C1", "c", "d"), b.offer("k", "C1", "c", "d"));
        assert_ne!(a.offer("k", "C1c", "", "d"), a.offer("k", "C1", "c", "d"));
        assert_eq!(a.offer("k", "C1", "c", "d").len(), 35);
    }

    #[test]
    fn a_key_survives_its_hexadecimal_form_and_bad_ones_are_refused() {
        let key = IdKey::new([7; 32]);
        assert_eq!(IdKey::from_hex(&key.to_hex()), Some(key));
        assert_eq!(IdKey::from_hex("short"), None);
    }
}
