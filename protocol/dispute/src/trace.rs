//! What a player defends: a Merkle tree whose every node can be asked for.

use gavel_primitives::{ConstantTail, Depth, Hash, Proof, Tree};

/// A trace: a tree of `2^depth` leaves, leaf j being the value after j + 1 transitions.
///
/// Implementations may compute on demand and keep only what is cheap to keep; the same node must
/// always have the same value, and a node must be the `keccak` of its two children.
pub trait Trace: Send + Sync {
    /// Depth of the tree.
    fn depth(&self) -> Depth;

    /// The node at `height` (0 = leaves) and place `index`, with `height <= depth` and
    /// `index < 2^(depth - height)`.
    fn node(&self, height: Depth, index: u64) -> Hash;

    /// The root: what a commitment commits to.
    fn root(&self) -> Hash {
        self.node(self.depth(), 0)
    }

    /// Leaf `index`.
    fn leaf(&self, index: u64) -> Hash {
        self.node(0, index)
    }

    /// The `2^width` descendants, `width` levels down, of the node at (`height`, `index`).
    ///
    /// # Panics
    /// If `width > height`.
    fn list(&self, height: Depth, index: u64, width: Depth) -> Vec<Hash> {
        let below = height
            .checked_sub(width)
            .expect("a list lies within its tree");
        let first = index << width;
        (first..first + (1u64 << width))
            .map(|place| self.node(below, place))
            .collect()
    }

    /// The siblings from the node at (`height`, `index`) up to the root.
    fn proof(&self, height: Depth, index: u64) -> Proof {
        let sibling = |h: Depth| self.node(h, (index >> (h - height)) ^ 1);
        Proof {
            siblings: (height..self.depth()).map(sibling).collect(),
        }
    }
}

impl Trace for Tree {
    fn depth(&self) -> Depth {
        Tree::depth(self)
    }

    fn node(&self, height: Depth, index: u64) -> Hash {
        Tree::node(self, height, index)
    }
}

/// The leaves of this trace are the tree's written nodes, whatever height those had.
impl Trace for ConstantTail {
    fn depth(&self) -> Depth {
        ConstantTail::depth(self)
    }

    fn node(&self, height: Depth, index: u64) -> Hash {
        ConstantTail::node(self, height, index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_primitives::keccak;

    fn leaves(count: u8) -> Vec<Hash> {
        (0..count).map(|i| keccak(&[i])).collect()
    }

    #[test]
    fn a_list_hashes_to_the_node_it_lists() {
        let tree = Tree::new(leaves(23), 5);
        for (height, index, width) in [(5, 0, 3), (4, 1, 4), (3, 2, 1), (2, 7, 0)] {
            let listed = Trace::list(&tree, height, index, width);
            assert_eq!(listed.len(), 1 << width);
            let root = gavel_primitives::root_of_leaves(&listed, width);
            assert_eq!(root, Trace::node(&tree, height, index));
        }
    }

    #[test]
    fn a_proof_leads_from_any_node_to_the_root() {
        let tail = ConstantTail::new(leaves(5), keccak(b"end"), 4);
        for height in 0..4 {
            for index in 0..1u64 << (4 - height) {
                let node = Trace::node(&tail, height, index);
                let proof = Trace::proof(&tail, height, index);
                assert_eq!(proof.root(index, node), Trace::root(&tail));
            }
        }
    }
}
