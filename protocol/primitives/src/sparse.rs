//! Trees whose leaves end in one repeated value, as traces do after their end.

use crate::merkle::{level_above, one_by_one};
use crate::{Depth, Hash, HashPairs, node};
use alloc::vec::Vec;

/// A tree of `2^depth` leaves: a written prefix, then `tail` for ever. Kept whole in memory for the prefix.
#[derive(Clone, Debug)]
pub struct ConstantTail {
    depth: Depth,
    levels: Vec<Vec<Hash>>,
    tails: Vec<Hash>,
}

impl ConstantTail {
    /// A tree over `prefix`, every later leaf being `tail`.
    ///
    /// # Panics
    /// If the prefix exceeds `2^depth` leaves.
    pub fn new(prefix: Vec<Hash>, tail: Hash, depth: Depth) -> Self {
        Self::over(prefix, tail, 0, depth)
    }

    /// The same over subtree roots: `prefix` are nodes of height `base`, `tail` is the repeated *leaf*.
    ///
    /// # Panics
    /// If the prefix exceeds the tree.
    pub fn over(prefix: Vec<Hash>, tail: Hash, base: Depth, depth: Depth) -> Self {
        Self::hashed_by(prefix, tail, base, depth, one_by_one)
    }

    /// The same with another way to hash pairs.
    ///
    /// # Panics
    /// If the prefix exceeds the tree.
    pub fn hashed_by(
        prefix: Vec<Hash>,
        tail: Hash,
        base: Depth,
        depth: Depth,
        hash: HashPairs,
    ) -> Self {
        assert!(
            prefix.len() as u128 <= 1u128 << (depth - base),
            "{} nodes exceed depth {depth}",
            prefix.len()
        );
        let repeated = (0..base).fold(tail, |below, _| node(&below, &below));
        let mut tails = alloc::vec![repeated];
        let mut levels = alloc::vec![prefix];
        for height in 0..usize::from(depth - base) {
            levels.push(level_above(&levels[height], &tails[height], hash));
            tails.push(node(&tails[height], &tails[height]));
        }
        ConstantTail {
            depth: depth - base,
            levels,
            tails,
        }
    }

    /// Levels above the written nodes.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// The root.
    pub fn root(&self) -> Hash {
        self.node(self.depth, 0)
    }

    /// Node `index` at `height` above the written nodes.
    pub fn node(&self, height: Depth, index: u64) -> Hash {
        let level = &self.levels[usize::from(height)];
        usize::try_from(index)
            .ok()
            .and_then(|i| level.get(i))
            .copied()
            .unwrap_or(self.tails[usize::from(height)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keccak, padded_root};

    #[test]
    fn equals_the_written_out_tree() {
        let leaves: Vec<Hash> = (0..5u8).map(|i| keccak(&[i])).collect();
        let tree = ConstantTail::new(leaves.clone(), keccak(b"tail"), 4);
        assert_eq!(tree.root(), padded_root(leaves.clone(), keccak(b"tail"), 4));
        let halves: Vec<Hash> = (0..3).map(|i| tree.node(1, i)).collect();
        assert_eq!(
            ConstantTail::over(halves, keccak(b"tail"), 1, 4).root(),
            tree.root()
        );
    }
}
