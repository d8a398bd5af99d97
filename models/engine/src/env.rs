//! The Merkle trees over a state: what the env of the protocol is.

use crate::State;
use gavel_hashing::{set_range, tree};
use gavel_primitives::{Hash, Proof, Tree};
use gavel_program::Program;
use std::ops::Range;

/// Words of a leaf.
const LEAF_WORDS: usize = 8;

/// The trees of all slots and the tree over their roots: node(P, X).
#[derive(Clone, Debug)]
pub struct Env {
    /// In the order of [`Program::slots`].
    slots: Vec<Tree>,
    /// Their trees while they are zero.
    empty: Vec<Tree>,
    indexes: Vec<u64>,
    roots: Tree,
}

impl Env {
    /// Hashes a whole state.
    pub fn of(program: &Program, state: &State) -> Self {
        let slots: Vec<Tree> = (0..program.slots.len())
            .map(|place| tree(trimmed(state.slot(place)), program.slots[place].depth))
            .collect();
        let empty = program
            .slots
            .iter()
            .map(|slot| Tree::new(Vec::new(), slot.depth))
            .collect();
        let indexes: Vec<u64> = program
            .slots
            .iter()
            .map(|slot| u64::from(slot.index))
            .collect();
        let mut roots = Tree::new(Vec::new(), program.header.slot_depth + 1);
        for (tree, index) in slots.iter().zip(&indexes) {
            roots.set(*index, tree.root());
        }
        Env {
            slots,
            empty,
            indexes,
            roots,
        }
    }

    /// Takes over the words of a slot that may have changed; those that didn't cost no hashing.
    pub fn update(&mut self, place: usize, words: Range<usize>, state: &State) {
        let tree = &mut self.slots[place];
        let (first, end) = (words.start / LEAF_WORDS, words.end.div_ceil(LEAF_WORDS));
        let leaves = leaves_of(&state.slot(place)[first * LEAF_WORDS..end * LEAF_WORDS]);
        let changed = |tree: &Tree, at: usize| leaves[at] != tree.node(0, (first + at) as u64);
        let mut at = 0;
        while at < leaves.len() {
            if !changed(tree, at) {
                at += 1;
                continue;
            }
            let start = at;
            while at < leaves.len() && changed(tree, at) {
                at += 1;
            }
            set_range(tree, (first + start) as u64, &leaves[start..at]);
        }
        self.roots
            .set(self.indexes[place], self.slots[place].root());
    }

    /// Makes a slot the zero tree again.
    pub fn clear(&mut self, place: usize) {
        if self.slots[place].root() == self.empty[place].root() {
            return;
        }
        self.slots[place].clone_from(&self.empty[place]);
        self.roots
            .set(self.indexes[place], self.slots[place].root());
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
    leaves_of(&words[..used * LEAF_WORDS])
}

fn leaves_of(words: &[u32]) -> Vec<Hash> {
    let bytes: &[u8] = bytemuck::cast_slice(words);
    bytes
        .as_chunks::<32>()
        .0
        .iter()
        .map(|leaf| Hash(*leaf))
        .collect()
}
