//! Roots of tensors.

use gavel_primitives::{Depth, Hash};

/// The root of the tree of `depth` over a tensor's words, zero past their end; a large one on all threads.
///
/// # Panics
/// If the words exceed the tree.
pub fn tensor_root(words: &[u32], depth: Depth) -> Hash {
    gavel_hashing::par_tree_root(bytemuck::cast_slice(words), depth)
}
