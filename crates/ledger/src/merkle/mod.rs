//! The journal as one Merkle log, hashed as RFC 6962 (section 2.1) says: one leaf per transaction.
//!
//! A [`LogFrontier`] is all that appending needs. Of the tree's inner nodes only the roots of full subtrees at
//! the heights 8, 16, 24, … are kept ([`TreeNode`]); with the leaves they are enough to make any proof from at
//! most 512 hashes per 8 levels.

mod frontier;
mod proof;

pub use frontier::{LogFrontier, LogFrontierError, TreeNode};
pub use proof::{
    consistency_proof, inclusion_proof, root_from_inclusion, subtree_root, verify_consistency,
    verify_inclusion,
};

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The distance between the heights at which inner nodes are kept.
pub const NODE_EVERY: u32 = 8;

/// The hash of a leaf: SHA-256 over a zero byte and the leaf's bytes.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

/// The hash of an inner node: SHA-256 over a one byte, the left hash and the right hash.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the empty log: SHA-256 over nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}
