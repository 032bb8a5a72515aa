//! A hash map for keys that are ids.
//!
//! Ids end in a hash or in a version 7 UUID's random part and a counter, and none of them is chosen by a
//! stranger, so a keyed hash of all their bytes would buy nothing: the last eight bytes are taken and mixed.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// A map with ids, or pairs of an id and a small number, as keys.
pub(crate) type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct IdHasher(u64);

impl IdHasher {
    /// The odd number nearest to 2^64 divided by the golden ratio.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

    const fn mix(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(Self::SPREAD).rotate_left(26);
    }
}

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        match bytes.last_chunk::<8>() {
            Some(tail) => self.mix(u64::from_ne_bytes(*tail)),
            None => bytes.iter().for_each(|byte| self.mix(u64::from(*byte))),
        }
    }

    fn write_u16(&mut self, number: u16) {
        self.mix(u64::from(number));
    }

    fn write_i64(&mut self, number: i64) {
        self.mix(number.cast_unsigned());
    }

    /// The length of an id is always the same.
    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TransactionId, TransferRef};
    use std::{collections::BTreeSet, hash::Hash};

    fn hash(key: impl Hash) -> u64 {
        let mut hasher = IdHasher::default();
        key.hash(&mut hasher);
        hasher.finish()
    }

    /// The map takes its place from the low bits and a tag from the seven highest.
    #[test]
    fn neighbours_spread_in_low_and_in_high_bits() {
        let hashes: Vec<u64> = (0..1_024_u64)
            .flat_map(|number| {
                let mut raw = [7; 16];
                raw[8..].copy_from_slice(&number.to_be_bytes());
                let transaction = TransactionId::from_raw(raw);
                (0..4).map(move |leg| hash(TransferRef { transaction, leg }))
            })
            .collect();
        let distinct = |part: fn(u64) -> u64| hashes.iter().map(|hash| part(*hash)).collect::<BTreeSet<_>>();
        assert_eq!(distinct(|hash| hash).len(), 4_096);
        assert!(distinct(|hash| hash & 0xfff).len() > 2_000);
        assert_eq!(distinct(|hash| hash >> 57).len(), 128);
    }
}
