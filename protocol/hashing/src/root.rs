//! Roots over bytes, read where they lie.

use crate::pairs::{hash_byte_pairs, hash_pairs};
use gavel_primitives::{Depth, Hash, node, zero_root};
use rayon::prelude::*;

/// Depth of the pieces that are hashed in parallel: 128 KiB, whose nodes stay in a core's cache.
const PIECE_DEPTH: Depth = 12;

/// The root over bytes: 32 a leaf, zero-padded to `2^depth` leaves. Equals `gavel_primitives::root_of_bytes`.
///
/// # Panics
/// If the bytes exceed the tree.
pub fn tree_root(bytes: &[u8], depth: Depth) -> Hash {
    demand(bytes, depth);
    if depth == 0 {
        return Hash(padded(bytes));
    }
    let (pairs, rest) = bytes.as_chunks::<64>();
    let mut level = vec![Hash::ZERO; bytes.len().div_ceil(64)];
    hash_byte_pairs(pairs, &mut level[..pairs.len()]);
    if !rest.is_empty() {
        hash_byte_pairs(&[padded(rest)], &mut level[pairs.len()..]);
    }
    root_of_level(level, 1, depth)
}

/// The same, with the pieces of large trees hashed on all threads of the rayon pool in which it is called.
///
/// # Panics
/// If the bytes exceed the tree.
pub fn par_tree_root(bytes: &[u8], depth: Depth) -> Hash {
    demand(bytes, depth);
    if depth <= PIECE_DEPTH {
        return tree_root(bytes, depth);
    }
    let pieces = bytes
        .par_chunks(32 << PIECE_DEPTH)
        .map(|piece| tree_root(piece, PIECE_DEPTH))
        .collect();
    root_of_level(pieces, PIECE_DEPTH, depth)
}

fn demand(bytes: &[u8], depth: Depth) {
    assert!(
        bytes.len().div_ceil(32) as u128 <= 1u128 << depth.min(127),
        "{} bytes exceed depth {depth}",
        bytes.len()
    );
}

/// The root at height `depth` over the nodes of height `height`, zero trees past their end.
fn root_of_level(mut level: Vec<Hash>, height: Depth, depth: Depth) -> Hash {
    let mut zero = zero_root(height);
    let mut above = Vec::with_capacity(level.len().div_ceil(2));
    for _ in height..depth {
        if level.len() % 2 == 1 {
            level.push(zero);
        }
        let pairs = level.as_chunks::<2>().0;
        above.resize(pairs.len(), Hash::ZERO);
        hash_pairs(pairs, &mut above);
        std::mem::swap(&mut level, &mut above);
        zero = node(&zero, &zero);
    }
    level.first().copied().unwrap_or(zero)
}

/// Bytes with zeros behind them.
fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut padded = [0; N];
    padded[..bytes.len()].copy_from_slice(bytes);
    padded
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_primitives::root_of_bytes;
    use proptest::prelude::*;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len as u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect()
    }

    proptest! {
        #[test]
        fn small_trees_of_any_length_have_the_defined_root(len in 0usize..5000, more in 0u8..4) {
            let bytes = bytes(len);
            let least = len.div_ceil(32).next_power_of_two().trailing_zeros() as Depth;
            prop_assert_eq!(tree_root(&bytes, least + more), root_of_bytes(&bytes, least + more));
        }
    }

    #[test]
    fn pieces_give_the_root_of_the_whole() {
        for len in [0usize, 1, 131_072, 131_073, 131_103, 262_144, 400_001] {
            let bytes = bytes(len);
            for depth in [14, 15, 20] {
                let expected = root_of_bytes(&bytes, depth);
                assert_eq!(par_tree_root(&bytes, depth), expected, "{len} bytes");
                assert_eq!(tree_root(&bytes, depth), expected, "{len} bytes");
            }
        }
    }

    #[test]
    #[should_panic(expected = "65 bytes exceed depth 1")]
    fn too_many_bytes_are_refused() {
        par_tree_root(&[0; 65], 1);
    }
}
