//! Merkle trees over 32-byte leaves; `2^depth` leaves, missing ones are zero.

use crate::{Hash, node};
use alloc::{vec, vec::Vec};

/// Depth of a Merkle tree: it has `2^depth` leaves. Always known from the context.
pub type Depth = u8;

/// The deepest tree of the protocol.
pub const MAX_DEPTH: Depth = 63;

/// Writes the parent of each pair of nodes, as [`node`] defines it; there are as many parents as pairs.
pub type HashPairs = fn(pairs: &[[Hash; 2]], parents: &mut [Hash]);

/// [`HashPairs`], one after the other.
pub(crate) fn one_by_one(pairs: &[[Hash; 2]], parents: &mut [Hash]) {
    for ([left, right], parent) in pairs.iter().zip(parents) {
        *parent = node(left, right);
    }
}

/// The level above `below`, where a missing node is `filler`.
pub(crate) fn level_above(below: &[Hash], filler: &Hash, hash: HashPairs) -> Vec<Hash> {
    let (pairs, odd) = below.as_chunks::<2>();
    let mut above = vec![Hash::ZERO; below.len().div_ceil(2)];
    hash(pairs, &mut above[..pairs.len()]);
    if let [last] = odd {
        above[pairs.len()] = node(last, filler);
    }
    above
}

/// The root of a tree of `depth` whose leaves are all zero.
pub fn zero_root(depth: Depth) -> Hash {
    (0..depth).fold(Hash::ZERO, |below, _| node(&below, &below))
}

/// Places a tree of depth `from` leftmost in an otherwise zero tree of depth `to`.
///
/// # Panics
/// If `from > to`.
pub fn raise(root: Hash, from: Depth, to: Depth) -> Hash {
    assert!(
        from <= to,
        "a tree of depth {from} does not fit one of depth {to}"
    );
    let mut zero = zero_root(from);
    let mut raised = root;
    for _ in from..to {
        raised = node(&raised, &zero);
        zero = node(&zero, &zero);
    }
    raised
}

/// The root of the tree of `depth` over `leaves`, zero past their end.
///
/// # Panics
/// If there are more than `2^depth` leaves.
pub fn root_of_leaves(leaves: &[Hash], depth: Depth) -> Hash {
    padded_root(leaves.to_vec(), Hash::ZERO, depth)
}

/// The root of the tree of `depth` over `leaves`, every leaf past their end being `filler`.
///
/// # Panics
/// If there are more than `2^depth` leaves.
pub fn padded_root(mut level: Vec<Hash>, filler: Hash, depth: Depth) -> Hash {
    assert!(
        depth >= 64 || level.len() as u128 <= 1u128 << depth,
        "{} leaves exceed depth {depth}",
        level.len()
    );
    let mut filler = filler;
    for _ in 0..depth {
        level = level_above(&level, &filler, one_by_one);
        filler = node(&filler, &filler);
    }
    level.first().copied().unwrap_or(filler)
}

/// The root over bytes: 32 a leaf, zero-padded to `2^depth` leaves.
///
/// # Panics
/// If the bytes exceed the tree.
pub fn root_of_bytes(bytes: &[u8], depth: Depth) -> Hash {
    root_of_leaves(&leaves_of_bytes(bytes), depth)
}

/// Bytes as leaves of 32, the last one padded with zeros.
pub fn leaves_of_bytes(bytes: &[u8]) -> Vec<Hash> {
    bytes
        .chunks(32)
        .map(|chunk| {
            let mut leaf = [0u8; 32];
            leaf[..chunk.len()].copy_from_slice(chunk);
            Hash(leaf)
        })
        .collect()
}

/// A whole tree kept in memory, with updates of single leaves. Trailing zero leaves cost nothing.
#[derive(Clone, Debug)]
pub struct Tree {
    depth: Depth,
    /// `levels[0]` are the leaves; a level holds its nodes up to the last one touched.
    levels: Vec<Vec<Hash>>,
    zeros: Vec<Hash>,
}

impl Tree {
    /// A tree of `depth` over `leaves`, zero past their end.
    ///
    /// # Panics
    /// If there are more than `2^depth` leaves.
    pub fn new(leaves: Vec<Hash>, depth: Depth) -> Self {
        Tree::hashed_by(leaves, depth, one_by_one)
    }

    /// The same with another way to hash pairs.
    ///
    /// # Panics
    /// If there are more than `2^depth` leaves.
    pub fn hashed_by(leaves: Vec<Hash>, depth: Depth, hash: HashPairs) -> Self {
        assert!(
            leaves.len() as u128 <= 1u128 << depth,
            "{} leaves exceed depth {depth}",
            leaves.len()
        );
        let mut zeros = vec![Hash::ZERO];
        for height in 0..usize::from(depth) {
            zeros.push(node(&zeros[height], &zeros[height]));
        }
        let mut levels = Vec::with_capacity(usize::from(depth) + 1);
        levels.push(leaves);
        for height in 0..usize::from(depth) {
            levels.push(level_above(&levels[height], &zeros[height], hash));
        }
        Tree {
            depth,
            levels,
            zeros,
        }
    }

    /// A tree over bytes, as [`root_of_bytes`].
    pub fn of_bytes(bytes: &[u8], depth: Depth) -> Self {
        Tree::new(leaves_of_bytes(bytes), depth)
    }

    /// The depth.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// The root.
    pub fn root(&self) -> Hash {
        self.node(self.depth, 0)
    }

    /// The node `index` of the level `height` (0 = leaves).
    pub fn node(&self, height: Depth, index: u64) -> Hash {
        let level = &self.levels[usize::from(height)];
        usize::try_from(index)
            .ok()
            .and_then(|i| level.get(i))
            .copied()
            .unwrap_or(self.zeros[usize::from(height)])
    }

    /// Replaces a leaf and the nodes above it.
    ///
    /// # Panics
    /// If the index is outside the tree.
    pub fn set(&mut self, index: u64, leaf: Hash) {
        assert!(
            index >> self.depth == 0,
            "leaf {index} is outside a tree of depth {}",
            self.depth
        );
        let mut value = leaf;
        let mut place = index as usize;
        for height in 0..=usize::from(self.depth) {
            let zero = self.zeros[height];
            let level = &mut self.levels[height];
            if level.len() <= place {
                level.resize(place + 1, zero);
            }
            level[place] = value;
            let sibling = level.get(place ^ 1).copied().unwrap_or(zero);
            value = if place.is_multiple_of(2) {
                node(&value, &sibling)
            } else {
                node(&sibling, &value)
            };
            place /= 2;
        }
    }

    /// Replaces consecutive leaves from `first` on and the nodes above them, each once.
    ///
    /// # Panics
    /// If a leaf falls outside the tree.
    pub fn set_range(&mut self, first: u64, leaves: &[Hash]) {
        self.set_range_by(first, leaves, one_by_one);
    }

    /// The same with another way to hash pairs.
    ///
    /// # Panics
    /// If a leaf falls outside the tree.
    pub fn set_range_by(&mut self, first: u64, leaves: &[Hash], hash: HashPairs) {
        if leaves.is_empty() {
            return;
        }
        let (mut low, mut high) = (first as usize, first as usize + leaves.len() - 1);
        assert!(
            (high as u64) >> self.depth == 0,
            "leaf {high} is outside a tree of depth {}",
            self.depth
        );
        let zero = self.zeros[0];
        let level = &mut self.levels[0];
        if level.len() <= high {
            level.resize(high + 1, zero);
        }
        level[low..=high].copy_from_slice(leaves);
        for height in 0..usize::from(self.depth) {
            (low, high) = (low / 2, high / 2);
            let (below, above) = self.levels.split_at_mut(height + 1);
            let (below, above) = (&mut below[height], &mut above[0]);
            if below.len() % 2 == 1 {
                below.push(self.zeros[height]);
            }
            if above.len() <= high {
                above.resize(high + 1, self.zeros[height + 1]);
            }
            let pairs = below.as_chunks::<2>().0;
            hash(&pairs[low..=high], &mut above[low..=high]);
        }
    }

    /// The siblings from the node at (`height`, `index`) up to the root.
    pub fn siblings(&self, height: Depth, index: u64) -> Vec<Hash> {
        (height..self.depth)
            .map(|h| self.node(h, (index >> (h - height)) ^ 1))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaf(i: u8) -> Hash {
        crate::keccak(&[i])
    }

    #[test]
    fn a_tree_of_depth_two_is_two_levels_of_pairs() {
        let l = [leaf(0), leaf(1), leaf(2)];
        let expected = node(&node(&l[0], &l[1]), &node(&l[2], &Hash::ZERO));
        assert_eq!(root_of_leaves(&l, 2), expected);
        assert_eq!(Tree::new(l.to_vec(), 2).root(), expected);
    }

    #[test]
    fn raising_pads_with_zeros_on_the_right() {
        let l = vec![leaf(1), leaf(2)];
        assert_eq!(raise(root_of_leaves(&l, 1), 1, 4), root_of_leaves(&l, 4));
    }

    proptest! {
        #[test]
        fn updates_equal_rebuilding(mut leaves in proptest::collection::vec(any::<u8>(), 0..40), first in 0usize..20, new in proptest::collection::vec(any::<u8>(), 1..40)) {
            let mut tree = Tree::new(leaves.iter().map(|b| leaf(*b)).collect(), 6);
            let new_leaves: Vec<Hash> = new.iter().map(|b| leaf(*b)).collect();
            let mut single = tree.clone();
            tree.set_range(first as u64, &new_leaves);
            for (i, l) in new_leaves.iter().enumerate() { single.set((first + i) as u64, *l); }
            prop_assert_eq!(tree.root(), single.root());
            let mut all: Vec<Hash> = leaves.drain(..).map(leaf).collect();
            if all.len() < first + new.len() { all.resize(first + new.len(), Hash::ZERO); }
            all[first..first + new.len()].copy_from_slice(&new_leaves);
            prop_assert_eq!(tree.root(), root_of_leaves(&all, 6));
        }
    }
}
