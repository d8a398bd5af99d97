//! All nodes over a prefix of leaves that ends in one repeated value.

use crate::keccak::parents;
use gavel_primitives::{Depth, Hash, node};

/// As `ConstantTail` of the primitives, with a level hashed at once.
pub(super) struct Levels {
    levels: Vec<Vec<Hash>>,
    tails: Vec<Hash>,
}

impl Levels {
    pub(super) fn new(prefix: Vec<Hash>, tail: Hash, depth: Depth) -> Self {
        let mut levels = vec![prefix];
        let mut tails = vec![tail];
        for height in 0..usize::from(depth) {
            let below = &levels[height];
            let pairs: Vec<[u8; 64]> = below
                .chunks(2)
                .map(|pair| joined(&pair[0], pair.get(1).unwrap_or(&tails[height])))
                .collect();
            levels.push(parents(&pairs));
            tails.push(node(&tails[height], &tails[height]));
        }
        Levels { levels, tails }
    }

    pub(super) fn root(&self) -> Hash {
        self.node(self.levels.len() as Depth - 1, 0)
    }

    pub(super) fn node(&self, height: Depth, index: u64) -> Hash {
        let height = usize::from(height);
        self.levels[height]
            .get(index as usize)
            .copied()
            .unwrap_or(self.tails[height])
    }
}

/// Two nodes side by side, as their parent hashes them.
pub(super) fn joined(left: &Hash, right: &Hash) -> [u8; 64] {
    let mut pair = [0u8; 64];
    pair[..32].copy_from_slice(&left.0);
    pair[32..].copy_from_slice(&right.0);
    pair
}
