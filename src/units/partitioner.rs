//! Which partition a key belongs to. Pure.
//!
//! Two hashes are in use in the Kafka world: Java clients (and all that copy them) use murmur2, librdkafka's default
//! is CRC-32. A customer whose records are spread by both would have two lanes, hence two owners; that is why the
//! shell compares every record with the partitioner that is configured.

use super::words;

words! {
    /// How producers choose a keyed record's partition.
    Partitioner {
        /// Java's default partitioner; librdkafka's `murmur2` and `murmur2_random`.
        Murmur2 = "murmur2",
        /// librdkafka's `consistent` and `consistent_random`, its default.
        Crc32 = "crc32",
    }
}

impl Partitioner {
    /// The partition of `key` among `partitions`. With no partitions it answers 0, as there is nothing to choose.
    #[must_use]
    pub fn partition(self, key: &[u8], partitions: u16) -> u16 {
        let hash = match self {
            // Java clears the sign bit (it does not negate).
            Self::Murmur2 => murmur2(key) & 0x7fff_ffff,
            Self::Crc32 => crc32fast::hash(key),
        };
        hash.checked_rem(u32::from(partitions)).unwrap_or(0) as u16
    }
}

/// Murmur2 in the 32-bit form and with the seed that Kafka's Java client fixed (`Utils.murmur2`).
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    let mut hash = SEED ^ data.len() as u32;
    let (words, tail) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        let rest = tail.iter().rev().fold(0, |rest, byte| rest << 8 | u32::from(*byte));
        hash = (hash ^ rest).wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur2_gives_the_values_that_javas_client_gives() {
        let known: [(&str, i32); 6] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ];
        for (key, hash) in known {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }

    #[test]
    fn crc32_is_the_one_of_zlib() {
        assert_eq!(Partitioner::Crc32.partition(b"123456789", u16::MAX), (0xcbf4_3926_u32 % 65_535) as u16);
    }

    #[test]
    fn a_partition_is_always_one_of_those_there_are() {
        for partitioner in Partitioner::ALL {
            assert_eq!(partitioner.partition(b"C0001234", 0), 0);
            for n in 1..40 {
                for key in 0..50 {
                    assert!(partitioner.partition(format!("C{key}").as_bytes(), n) < n);
                }
            }
        }
    }

    #[test]
    fn the_negative_hash_of_a_key_loses_its_sign_bit_only() {
        let expected = (-973_932_308_i32).wrapping_sub(i32::MIN) % 8;
        assert_eq!(i32::from(Partitioner::Murmur2.partition(b"21", 8)), expected);
    }
}
