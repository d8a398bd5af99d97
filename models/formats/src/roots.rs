//! Roots of tensors, large ones in parallel.

use gavel_primitives::{Depth, Hash, padded_root, root_of_bytes, zero_root};
use rayon::prelude::*;

/// Depth of the pieces that are hashed in parallel: 128 KiB.
const PIECE_DEPTH: Depth = 12;

/// The root of the tree of `depth` over a tensor's words, zero past their end.
///
/// # Panics
/// If the words exceed the tree.
pub fn tensor_root(words: &[u32], depth: Depth) -> Hash {
    let bytes: &[u8] = bytemuck::cast_slice(words);
    if depth <= PIECE_DEPTH {
        return root_of_bytes(bytes, depth);
    }
    let pieces = bytes
        .par_chunks(32 << PIECE_DEPTH)
        .map(|piece| root_of_bytes(piece, PIECE_DEPTH))
        .collect();
    padded_root(pieces, zero_root(PIECE_DEPTH), depth - PIECE_DEPTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_the_root_of_the_whole() {
        for len in [0usize, 1, 32_768, 32_769, 100_000] {
            let words: Vec<u32> = (0..len as u32)
                .map(|i| i.wrapping_mul(2_654_435_761))
                .collect();
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            assert_eq!(
                tensor_root(&words, 14),
                root_of_bytes(&bytes, 14),
                "{len} words"
            );
        }
    }
}
