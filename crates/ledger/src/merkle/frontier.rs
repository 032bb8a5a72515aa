//! The right edge of the log: the roots of its full subtrees, the largest first.

use super::{Hash, NODE_EVERY, empty_root, node};

/// What appending to the log needs to know of it: its size and the roots of the full subtrees that it
/// consists of, one per set bit of the size. Appending costs two hashes on average.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogFrontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// The root of a full subtree that is kept for proofs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeNode {
    /// Its height: it stands over 2^level leaves. A multiple of [`NODE_EVERY`], never 0.
    pub level: u32,
    /// Its place among the nodes of this height, from 0.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

/// The bytes are not those of a frontier: 8 of the size, then 32 per set bit of the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the bytes of a log frontier")]
pub struct LogFrontierError;

impl LogFrontier {
    /// How many leaves the log has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the log, as RFC 6962 defines it for any size.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(smallest) = peaks.next() else { return empty_root() };
        peaks.fold(*smallest, |right, left| node(left, &right))
    }

    /// Appends the hash of a leaf, and hands each node that is to be kept to `keep`.
    pub fn append(&mut self, leaf: Hash, mut keep: impl FnMut(TreeNode)) {
        let mut hash = leaf;
        let mut level = 0_u32;
        // A set bit of the size is a full subtree of that height; it joins with one of its own height.
        while self.size.checked_shr(level).is_some_and(|rest| rest & 1 == 1) {
            let Some(left) = self.peaks.pop() else { break };
            hash = node(&left, &hash);
            level = level.saturating_add(1);
            if level.is_multiple_of(NODE_EVERY) {
                keep(TreeNode { level, index: self.size.checked_shr(level).unwrap_or(0), hash });
            }
        }
        self.peaks.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// The frontier as bytes: the size (8, big-endian), then the roots, the largest subtree's first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.peaks.iter().for_each(|peak| bytes.extend_from_slice(peak));
        bytes
    }

    /// The frontier that [`to_bytes`](Self::to_bytes) wrote. A wrong length is refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LogFrontierError> {
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(LogFrontierError)?;
        let size = u64::from_be_bytes(*size);
        let (peaks, []) = rest.as_chunks::<32>() else { return Err(LogFrontierError) };
        if u32::try_from(peaks.len()) != Ok(size.count_ones()) {
            return Err(LogFrontierError);
        }
        Ok(Self { size, peaks: peaks.to_vec() })
    }
}
