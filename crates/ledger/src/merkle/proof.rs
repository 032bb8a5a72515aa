//! Proofs that a leaf is in a log, and that one log begins with another (RFC 6962, section 2.1; checked as in
//! RFC 9162, sections 2.1.3.2 and 2.1.4.2).
//!
//! A proof is made from kept hashes through a reader: `reader(0, index)` is a leaf's hash, `reader(8, index)`,
//! `reader(16, index)`, … are [`TreeNode`](super::TreeNode)s. A node in between is computed from at most 128
//! of those below it.

use super::{Hash, NODE_EVERY, empty_root, node};

/// The hashes that lead from the leaf at `index` to the root of the first `size` leaves. Nothing when the
/// index is not below the size, or the reader lacks a hash that is needed.
pub fn inclusion_proof(
    index: u64,
    size: u64,
    mut reader: impl FnMut(u32, u64) -> Option<Hash>,
) -> Option<Vec<Hash>> {
    if index >= size {
        return None;
    }
    let mut proof = Vec::new();
    let (mut start, mut end) = (0_u64, size);
    while end.checked_sub(start)? > 1 {
        let middle = start.checked_add(split(end.checked_sub(start)?)?)?;
        if index < middle {
            proof.push(subtree_root(middle, end, &mut reader)?);
            end = middle;
        } else {
            proof.push(subtree_root(start, middle, &mut reader)?);
            start = middle;
        }
    }
    proof.reverse();
    Some(proof)
}

/// Whether `proof` leads from `leaf` at `index` to `root`, the root of a log of `size` leaves.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    root_from_inclusion(leaf, index, size, proof).as_ref() == Some(root)
}

/// The root that `proof` leads to; nothing when it is too short or too long for the index and the size.
#[must_use]
pub fn root_from_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut place, mut last) = (index, size.checked_sub(1)?);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            hash = node(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    (last == 0).then_some(hash)
}

/// The hashes that show that the log of `size` leaves begins with the log of its first `old_size`. Nothing
/// when the old size is larger, or the reader lacks a hash that is needed; an empty proof when the sizes are
/// equal or the old one is 0.
pub fn consistency_proof(
    old_size: u64,
    size: u64,
    mut reader: impl FnMut(u32, u64) -> Option<Hash>,
) -> Option<Vec<Hash>> {
    if old_size > size {
        return None;
    }
    let mut proof = Vec::new();
    if old_size == 0 || old_size == size {
        return Some(proof);
    }
    let (mut start, mut end) = (0_u64, size);
    while end != old_size {
        let middle = start.checked_add(split(end.checked_sub(start)?)?)?;
        if old_size <= middle {
            proof.push(subtree_root(middle, end, &mut reader)?);
            end = middle;
        } else {
            proof.push(subtree_root(start, middle, &mut reader)?);
            start = middle;
        }
    }
    // The old log's last subtree need not be told where it is the whole old log: its root is known.
    if start != 0 {
        proof.push(subtree_root(start, end, &mut reader)?);
    }
    proof.reverse();
    Some(proof)
}

/// Whether `proof` shows that the log with `size` leaves and `root` begins with the one of `old_size` leaves
/// and `old_root`. Every log begins with the empty log.
#[must_use]
pub fn verify_consistency(old_size: u64, old_root: &Hash, size: u64, root: &Hash, proof: &[Hash]) -> bool {
    match old_size {
        0 => proof.is_empty() && *old_root == empty_root(),
        _ if old_size == size => proof.is_empty() && old_root == root,
        _ if old_size > size => false,
        _ => roots_from_consistency(old_size, old_root, size, proof) == Some((*old_root, *root)),
    }
}

fn roots_from_consistency(old_size: u64, old_root: &Hash, size: u64, proof: &[Hash]) -> Option<(Hash, Hash)> {
    let (mut place, mut last) = (old_size.checked_sub(1)?, size.checked_sub(1)?);
    while place & 1 == 1 {
        (place, last) = (place >> 1, last >> 1);
    }
    let (first, rest) = if old_size.is_power_of_two() { (old_root, proof) } else { proof.split_first()? };
    let (mut old_hash, mut hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            old_hash = node(sibling, &old_hash);
            hash = node(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    (last == 0).then_some((old_hash, hash))
}

/// The root over the leaves from `start` up to `end` (exclusive), where `start` is a multiple of a power of
/// two that is no less than the range: a subtree as the log's splitting makes them. With `start` 0 it is the
/// root of the first `end` leaves. Nothing when the reader lacks a hash.
pub fn subtree_root(start: u64, end: u64, reader: &mut impl FnMut(u32, u64) -> Option<Hash>) -> Option<Hash> {
    let mut peaks = Vec::new();
    let mut from = start;
    while from < end {
        let level = end.checked_sub(from)?.ilog2();
        peaks.push(full_root(level, from.checked_shr(level)?, reader)?);
        from = from.checked_add(1_u64.checked_shl(level)?)?;
    }
    let smallest = peaks.pop();
    smallest.map(|smallest| peaks.iter().rev().fold(smallest, |right, left| node(left, &right)))
}

/// The root of the full subtree of a height, from the kept hashes at or below it.
fn full_root(level: u32, index: u64, reader: &mut impl FnMut(u32, u64) -> Option<Hash>) -> Option<Hash> {
    let above = level.checked_rem(NODE_EVERY)?;
    let kept = level.checked_sub(above)?;
    let first = index.checked_shl(above)?;
    let count = 1_u64.checked_shl(above)?;
    let mut hashes =
        (first..first.checked_add(count)?).map(|place| reader(kept, place)).collect::<Option<Vec<_>>>()?;
    while hashes.len() > 1 {
        hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node(left, right)).collect();
    }
    hashes.first().copied()
}

/// The largest power of two below `length`, which is at least 2.
fn split(length: u64) -> Option<u64> {
    1_u64.checked_shl(length.checked_sub(1)?.checked_ilog2()?)
}
