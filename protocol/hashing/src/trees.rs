//! The trees of `gavel_primitives`, a level hashed at once.

use crate::hash_pairs;
use gavel_primitives::{ConstantTail, Depth, Hash, Tree};

/// As [`Tree::new`].
///
/// # Panics
/// If there are more than `2^depth` leaves.
pub fn tree(leaves: Vec<Hash>, depth: Depth) -> Tree {
    Tree::hashed_by(leaves, depth, hash_pairs)
}

/// As [`Tree::of_bytes`].
///
/// # Panics
/// If the bytes exceed the tree.
pub fn tree_of_bytes(bytes: &[u8], depth: Depth) -> Tree {
    tree(gavel_primitives::leaves_of_bytes(bytes), depth)
}

/// As [`Tree::set_range`].
///
/// # Panics
/// If a leaf falls outside the tree.
pub fn set_range(tree: &mut Tree, first: u64, leaves: &[Hash]) {
    tree.set_range_by(first, leaves, hash_pairs);
}

/// As [`ConstantTail::over`].
///
/// # Panics
/// If the prefix exceeds the tree.
pub fn constant_tail(prefix: Vec<Hash>, tail: Hash, base: Depth, depth: Depth) -> ConstantTail {
    ConstantTail::hashed_by(prefix, tail, base, depth, hash_pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_primitives::keccak;
    use proptest::prelude::*;

    fn leaves(count: usize, salt: u8) -> Vec<Hash> {
        (0..count).map(|i| keccak(&[salt, i as u8])).collect()
    }

    /// All nodes, also those past the last leaf.
    fn nodes(tree: &Tree) -> Vec<Hash> {
        (0..=tree.depth())
            .flat_map(|height| (0..1u64 << (tree.depth() - height)).map(move |i| (height, i)))
            .map(|(height, i)| tree.node(height, i))
            .collect()
    }

    proptest! {
        #[test]
        fn trees_equal_the_definition(count in 0usize..64, first in 0usize..64, new in 0usize..64) {
            let mut fast = tree(leaves(count, 0), 6);
            let mut slow = Tree::new(leaves(count, 0), 6);
            prop_assert_eq!(nodes(&fast), nodes(&slow));
            let new = leaves(new.min(64 - first), 1);
            set_range(&mut fast, first as u64, &new);
            for (i, leaf) in new.iter().enumerate() {
                slow.set((first + i) as u64, *leaf);
            }
            prop_assert_eq!(nodes(&fast), nodes(&slow));
        }

        #[test]
        fn tails_equal_the_definition(count in 0usize..33, base in 0u8..3) {
            let fast = constant_tail(leaves(count, 0), keccak(b"tail"), base, base + 5);
            let slow = ConstantTail::over(leaves(count, 0), keccak(b"tail"), base, base + 5);
            for height in 0..=5u8 {
                for i in 0..1u64 << (5 - height) {
                    prop_assert_eq!(fast.node(height, i), slow.node(height, i));
                }
            }
        }
    }
}
