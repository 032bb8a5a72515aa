//! The Merkle log against the roots of Certificate Transparency's test data, and against RFC 6962's recursive
//! definitions written down as they stand there.

use makegood_ledger::merkle::{
    Hash, LogFrontier, NODE_EVERY, TreeNode, consistency_proof, empty_root, inclusion_proof, leaf, node,
    root_from_inclusion, subtree_root, verify_consistency, verify_inclusion,
};
use std::collections::HashMap;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// MTH of RFC 6962, section 2.1.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves.len() {
        0 => empty_root(),
        1 => leaves[0],
        size => {
            let (left, right) = leaves.split_at(size.next_power_of_two() / 2);
            node(&naive_root(left), &naive_root(right))
        }
    }
}

/// PATH of RFC 6962, section 2.1.1.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return vec![];
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, sibling) = if index < left.len() {
        (naive_path(index, left), right)
    } else {
        (naive_path(index - left.len(), right), left)
    };
    path.push(naive_root(sibling));
    path
}

/// SUBPROOF of RFC 6962, section 2.1.2.
fn naive_subproof(old_size: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if old_size == leaves.len() {
        return if known { vec![] } else { vec![naive_root(leaves)] };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut proof, sibling) = if old_size <= left.len() {
        (naive_subproof(old_size, left, known), right)
    } else {
        (naive_subproof(old_size - left.len(), right, false), left)
    };
    proof.push(naive_root(sibling));
    proof
}

/// A log that keeps what a store keeps.
#[derive(Default)]
struct Log {
    frontier: LogFrontier,
    leaves: Vec<Hash>,
    nodes: HashMap<(u32, u64), Hash>,
    reads: u64,
}

impl Log {
    fn of(size: u64) -> Self {
        let mut log = Self::default();
        for number in 0..size {
            let hash = leaf(&number.to_be_bytes());
            log.leaves.push(hash);
            let nodes = &mut log.nodes;
            log.frontier.append(hash, |TreeNode { level, index, hash }| {
                assert!(nodes.insert((level, index), hash).is_none());
            });
        }
        log
    }

    fn read(&mut self, level: u32, index: u64) -> Option<Hash> {
        self.reads += 1;
        if level == 0 {
            self.leaves.get(usize::try_from(index).unwrap()).copied()
        } else {
            self.nodes.get(&(level, index)).copied()
        }
    }
}

#[test]
fn roots_of_the_reference_data() {
    let leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = LogFrontier::default();
    for (size, root) in roots.iter().enumerate() {
        assert_eq!(frontier.root().as_slice(), bytes(root), "{size}");
        leaves.get(size).into_iter().for_each(|text| frontier.append(leaf(&bytes(text)), |_| {}));
    }
}

#[test]
fn roots_nodes_and_bytes_are_right_at_every_size() {
    let mut frontier = LogFrontier::default();
    let log = Log::of(600);
    for (size, hash) in log.leaves.iter().enumerate() {
        assert_eq!(frontier.size(), u64::try_from(size).unwrap());
        assert_eq!(frontier.root(), naive_root(&log.leaves[..size]), "{size}");
        assert_eq!(LogFrontier::from_bytes(&frontier.to_bytes()), Ok(frontier.clone()));
        frontier.append(*hash, |_| {});
    }
    let full = |index: usize| naive_root(&log.leaves[256 * index..256 * (index + 1)]);
    assert_eq!(log.nodes, HashMap::from([((8, 0), full(0)), ((8, 1), full(1))]));
    for wrong in [0, 7, 8 + 31, 8 + 33, 8 + 64] {
        let mut bytes = frontier.to_bytes();
        bytes.resize(wrong, 0);
        assert!(LogFrontier::from_bytes(&bytes).is_err(), "{wrong}");
    }
}

#[test]
fn inclusion_proofs_are_right_and_nothing_else_passes() {
    for size in (1..=70).chain([255, 256, 257, 511, 512, 513, 600]) {
        let mut log = Log::of(size);
        let root = log.frontier.root();
        let step = if size > 70 { 37 } else { 1 };
        for index in (0..size).step_by(step) {
            let proof = inclusion_proof(index, size, |level, index| log.read(level, index)).unwrap();
            let place = usize::try_from(index).unwrap();
            assert_eq!(proof, naive_path(place, &log.leaves), "{index} of {size}");
            let hash = log.leaves[place];
            assert!(verify_inclusion(&hash, index, size, &proof, &root));
            assert!(!verify_inclusion(&empty_root(), index, size, &proof, &root));
            assert!(!verify_inclusion(&hash, index, size, &proof, &empty_root()));
            assert!(!verify_inclusion(&hash, size, size, &proof, &root));
            if size > 1 {
                assert!(!verify_inclusion(&hash, (index + 1) % size, size, &proof, &root));
                assert!(!verify_inclusion(&hash, index, size, &proof[1..], &root));
                let mut longer = proof.clone();
                longer.push(hash);
                assert!(!verify_inclusion(&hash, index, size, &longer, &root));
                assert_eq!(root_from_inclusion(&hash, index, size, &longer), None);
                assert_eq!(root_from_inclusion(&hash, index, size, &proof[1..]), None);
            }
            for place in 0..proof.len() {
                let mut wrong = proof.clone();
                wrong[place][31] ^= 1;
                assert!(!verify_inclusion(&hash, index, size, &wrong, &root));
            }
        }
        assert_eq!(inclusion_proof(size, size, |level, index| log.read(level, index)), None);
    }
    assert_eq!(inclusion_proof(0, 0, |_, _| Some([0; 32])), None);
    assert_eq!(inclusion_proof(3, 9, |_, _| None), None);
}

#[test]
fn consistency_proofs_are_right_and_nothing_else_passes() {
    for size in (1..=40).chain([256, 257, 513]) {
        let mut log = Log::of(size);
        let root = log.frontier.root();
        for old_size in 1..=size.min(40) {
            let old_leaves = &log.leaves[..usize::try_from(old_size).unwrap()];
            let old_root = naive_root(old_leaves);
            let expected = naive_subproof(old_leaves.len(), &log.leaves, true);
            let proof = consistency_proof(old_size, size, |level, index| log.read(level, index)).unwrap();
            assert_eq!(proof, expected, "{old_size} of {size}");
            assert!(verify_consistency(old_size, &old_root, size, &root, &proof));
            assert!(!verify_consistency(old_size, &empty_root(), size, &root, &proof));
            assert!(!verify_consistency(old_size, &old_root, size, &empty_root(), &proof));
            for place in 0..proof.len() {
                let mut wrong = proof.clone();
                wrong[place][0] ^= 1;
                assert!(!verify_consistency(old_size, &old_root, size, &root, &wrong));
                assert!(!verify_consistency(old_size, &old_root, size, &root, &proof[..place]));
            }
        }
    }
    assert!(verify_consistency(0, &empty_root(), 5, &[7; 32], &[]));
    assert!(!verify_consistency(0, &[7; 32], 5, &[7; 32], &[]));
    assert!(!verify_consistency(6, &[7; 32], 5, &[7; 32], &[]));
    assert_eq!(consistency_proof(6, 5, |_, _| None), None);
}

/// The promise of [`NODE_EVERY`]: a proof in a log of 2^17 leaves reads at most 512 hashes per 8 levels.
#[test]
fn proofs_read_few_hashes() {
    let size = (1 << 17) - 1;
    let mut log = Log::of(size);
    let root = log.frontier.root();
    for index in [0, 1, 65_535, 65_536, size - 1] {
        log.reads = 0;
        let proof = inclusion_proof(index, size, |level, index| log.read(level, index)).unwrap();
        assert!(verify_inclusion(&log.leaves[usize::try_from(index).unwrap()], index, size, &proof, &root));
        assert!(log.reads <= 2 * 512 + 1, "{} reads for {index}", log.reads);
    }
    assert_eq!(subtree_root(0, size, &mut |level, index| log.read(level, index)), Some(root));
    assert!(log.nodes.keys().all(|(level, _)| level.is_multiple_of(NODE_EVERY) && *level > 0));
}
