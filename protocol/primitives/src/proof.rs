//! Merkle proofs. Depth and index come from the context; the proof is siblings alone.

use crate::{Depth, Hash, Tree, node, zero_root};
use alloc::vec::Vec;
use core::fmt;

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// The proof has another number of siblings than the context's depth.
    WrongLength {
        /// Siblings given.
        got: usize,
        /// The context's depth.
        expected: Depth,
    },
    /// A sibling that equals the zero tree of its depth was written out, or the mask has bits past the depth.
    NotCanonical {
        /// Level of the sibling, 0 at the leaves.
        level: Depth,
    },
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProofError::WrongLength { got, expected } => {
                write!(
                    f,
                    "the proof has {got} siblings, its context wants {expected}"
                )
            }
            ProofError::NotCanonical { level } => {
                write!(f, "the sibling at level {level} is not in canonical form")
            }
        }
    }
}

impl core::error::Error for ProofError {}

/// All siblings of a leaf (or inner node), lowest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// One sibling a level, lowest first.
    pub siblings: Vec<Hash>,
}

impl Proof {
    /// The proof of the node at (`height`, `index`) of a tree.
    pub fn of(tree: &Tree, height: Depth, index: u64) -> Self {
        Proof {
            siblings: tree.siblings(height, index),
        }
    }

    /// The root that this proof gives for `leaf` at `index`; equals the tree's root iff the leaf is there.
    pub fn root(&self, index: u64, leaf: Hash) -> Hash {
        let climb = |(below, place): (Hash, u64), sibling: &Hash| {
            let parent = if place & 1 == 0 {
                node(&below, sibling)
            } else {
                node(sibling, &below)
            };
            (parent, place >> 1)
        };
        self.siblings.iter().fold((leaf, index), climb).0
    }

    /// Drops the siblings that equal the zero tree of their depth. `base` is the height of the proven node.
    pub fn compact(&self, base: Depth) -> CompactProof {
        let mut zero = zero_root(base);
        let mut compact = CompactProof {
            mask: 0,
            siblings: Vec::new(),
        };
        for (level, sibling) in self.siblings.iter().enumerate() {
            if *sibling != zero {
                compact.mask |= 1 << level;
                compact.siblings.push(*sibling);
            }
            zero = node(&zero, &zero);
        }
        compact
    }
}

/// A proof with zero-tree siblings left out: bit k of `mask` says that the sibling at level k is written out.
/// A written sibling must not equal the zero tree, so that every proof has one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactProof {
    /// Bit k: the sibling k levels above the proven node is in `siblings`.
    pub mask: u64,
    /// The written siblings, lowest first.
    pub siblings: Vec<Hash>,
}

impl CompactProof {
    /// Restores all siblings for a node at height `base` under a tree `levels` higher.
    ///
    /// # Errors
    /// [`ProofError`] when the form is not canonical for that depth.
    pub fn expand(&self, base: Depth, levels: Depth) -> Result<Proof, ProofError> {
        if self.mask.count_ones() as usize != self.siblings.len() {
            return Err(ProofError::WrongLength {
                got: self.siblings.len(),
                expected: levels,
            });
        }
        if levels < 64 && self.mask >> levels != 0 {
            return Err(ProofError::NotCanonical { level: levels });
        }
        let mut zero = zero_root(base);
        let mut written = self.siblings.iter();
        let mut siblings = Vec::with_capacity(usize::from(levels));
        for level in 0..levels {
            let sibling = match self.mask >> level & 1 {
                0 => zero,
                _ => *written.next().expect("the mask has one bit a sibling"),
            };
            if self.mask >> level & 1 == 1 && sibling == zero {
                return Err(ProofError::NotCanonical { level });
            }
            siblings.push(sibling);
            zero = node(&zero, &zero);
        }
        Ok(Proof { siblings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keccak;

    fn tree() -> Tree {
        Tree::new((0..5u8).map(|i| keccak(&[i])).collect(), 6)
    }

    #[test]
    fn a_proof_leads_to_the_root_for_its_leaf_and_place_alone() {
        let tree = tree();
        for index in 0..64u64 {
            let proof = Proof::of(&tree, 0, index);
            assert_eq!(proof.root(index, tree.node(0, index)), tree.root());
            assert_ne!(proof.root(index, keccak(b"other")), tree.root());
            let compact = proof.compact(0);
            assert_eq!(compact.expand(0, 6), Ok(proof));
        }
    }

    #[test]
    fn a_written_zero_sibling_is_refused() {
        let tree = tree();
        let mut compact = Proof::of(&tree, 0, 4).compact(0);
        assert_eq!(compact.mask & 1, 0, "leaf 5 is zero");
        compact.mask |= 1;
        compact.siblings.insert(0, Hash::ZERO);
        assert_eq!(
            compact.expand(0, 6),
            Err(ProofError::NotCanonical { level: 0 })
        );
    }
}
