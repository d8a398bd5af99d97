//! The Merkle trees over a state: what the env of the protocol is.

use crate::State;
use gavel_hashing::tree;
use gavel_primitives::{Hash, Proof, Tree};
use gavel_program::Program;

/// Words of a leaf.
pub(crate) const LEAF_WORDS: usize = 8;

/// The trees of all slots and the tree over their roots: node(P, X).
#[derive(Clone, Debug)]
pub struct Env {
    /// In the order of [`Program::slots`].
    slots: Vec<Tree>,
    roots: Tree,
}

impl Env {
    /// Hashes a whole state.
    pub fn of(program: &Program, state: &State) -> Self {
        let slots: Vec<Tree> = (0..program.slots.len())
            .map(|place| tree(trimmed(state.slot(place)), program.slots[place].depth))
            .collect();
        let mut roots = Tree::new(Vec::new(), program.header.slot_depth + 1);
        for (tree, slot) in slots.iter().zip(&program.slots) {
            roots.set(slot.index.into(), tree.root());
        }
        Env { slots, roots }
    }

    /// The env: node(P, X).
    pub fn root(&self) -> Hash {
        self.roots.root()
    }

    /// P, the root over the persistent slots.
    pub fn persistent_root(&self) -> Hash {
        self.roots.node(self.roots.depth() - 1, 0)
    }

    /// X, the root over the scratch slots.
    pub fn scratch_root(&self) -> Hash {
        self.roots.node(self.roots.depth() - 1, 1)
    }

    /// The tree of the slot at a place of [`Program::slots`].
    pub fn slot(&self, place: usize) -> &Tree {
        &self.slots[place]
    }

    /// The path of a slot, by its index, up to the env.
    pub fn path(&self, index: u32) -> Proof {
        Proof::of(&self.roots, 0, u64::from(index))
    }

    /// The path of a persistent slot up to P.
    pub fn persistent_path(&self, index: u32) -> Proof {
        let mut path = self.path(index);
        path.siblings.pop();
        path
    }
}

/// Leaves of a slot without the zeros at its end, which a tree keeps for nothing.
fn trimmed(words: &[u32]) -> Vec<Hash> {
    let used = words
        .iter()
        .rposition(|word| *word != 0)
        .map_or(0, |last| last / LEAF_WORDS + 1);
    leaves_of(&words[..used * LEAF_WORDS]).to_vec()
}

/// Words as leaves.
///
/// # Panics
/// If they are no whole leaves.
pub(crate) fn leaves_of(words: &[u32]) -> &[Hash] {
    bytemuck::cast_slice(words)
}
