//! Tables of slots and weights: what a tensor is called by and committed with.

use crate::DType;
use gavel_primitives::{Depth, Hash, tag, tagged, word};

/// Leaf of the slot table or the weight table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Root over the bytes; a slot's as the template holds it.
    pub root: Hash,
    /// Depth of the tensor's tree.
    pub depth: Depth,
    /// Element type.
    pub dtype: DType,
}

impl TensorInfo {
    /// `H(root, depth, dtype)`.
    pub fn hash(&self) -> Hash {
        tagged(
            &tag::TENSOR,
            &[
                self.root.0,
                word(self.depth.into()),
                word(self.dtype as u64),
            ],
        )
    }
}

/// The depth of the smallest tree that holds `bytes`, at least a chunk's.
pub fn depth_of(bytes: usize) -> Depth {
    let leaves = bytes.div_ceil(32).max(1);
    let depth = leaves.next_power_of_two().trailing_zeros() as Depth;
    depth.max(crate::TILE_DEPTH)
}
