//! The tree over a batch's results.

use gavel_primitives::{ConstantTail, Depth, Hash};

/// The tree of `depth` over the results of consecutive requests, zero past them.
///
/// # Panics
/// If there are more results than leaves.
pub fn tree(results: Vec<Hash>, depth: Depth) -> ConstantTail {
    ConstantTail::new(results, Hash::ZERO, depth)
}
