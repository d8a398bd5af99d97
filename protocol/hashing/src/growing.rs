//! Trees that change again and again: only what is above a changed leaf is hashed, a level at once.

use crate::hash_pairs;
use gavel_primitives::{Depth, Hash, node};

/// A tree of `2^depth` leaves, zero but for those that were set. It grows up to the last one of these.
#[derive(Clone, Debug)]
pub struct GrowingTree {
    /// `levels[0]` are the leaves; a level holds its nodes up to the last one touched.
    levels: Vec<Vec<Hash>>,
    /// What stands past a level's end.
    zeros: Vec<Hash>,
    /// Kept between changes, so that they allocate nothing: the parents to hash, their children, and what comes out.
    dirty: Vec<usize>,
    pairs: Vec<[Hash; 2]>,
    parents: Vec<Hash>,
}

impl GrowingTree {
    /// The zero tree.
    pub fn new(depth: Depth) -> Self {
        let mut zeros = vec![Hash::ZERO];
        for height in 0..usize::from(depth) {
            zeros.push(node(&zeros[height], &zeros[height]));
        }
        GrowingTree {
            levels: vec![Vec::new(); zeros.len()],
            zeros,
            dirty: Vec::new(),
            pairs: Vec::new(),
            parents: Vec::new(),
        }
    }

    /// The root.
    pub fn root(&self) -> Hash {
        self.node(self.zeros.len() - 1, 0)
    }

    /// Makes it the zero tree again.
    pub fn clear(&mut self) {
        self.levels.iter_mut().for_each(Vec::clear);
    }

    /// Replaces runs of leaves, each from its first one on, by rising first ones. Leaves that stay as they are cost no hashing.
    ///
    /// # Panics
    /// If a leaf falls outside the tree.
    pub fn set<'a>(&mut self, runs: impl IntoIterator<Item = (usize, &'a [Hash])>) {
        self.dirty.clear();
        for (first, leaves) in runs {
            self.set_leaves(first, leaves);
        }
        for height in 1..self.levels.len() {
            if self.dirty.is_empty() {
                return;
            }
            self.hash_dirty(height);
            for place in &mut self.dirty {
                *place /= 2;
            }
            self.dirty.dedup();
        }
    }

    /// Replaces leaves one after the other; gives the root after each. The hashes of a level don't wait for each other: only the order in
    /// which nodes change matters.
    ///
    /// # Panics
    /// If a leaf falls outside the tree.
    pub fn set_in_turn(&mut self, leaves: &[(usize, Hash)]) -> Vec<Hash> {
        let mut places: Vec<usize> = leaves.iter().map(|(place, _)| *place).collect();
        let mut values: Vec<Hash> = leaves.iter().map(|(_, leaf)| *leaf).collect();
        self.demand(places.iter().copied().max());
        for height in 0..self.levels.len() - 1 {
            self.pairs.clear();
            for (place, value) in places.iter_mut().zip(&values) {
                self.put(height, *place, *value);
                let left = *place & !1;
                self.pairs
                    .push([self.node(height, left), self.node(height, left + 1)]);
                *place /= 2;
            }
            hash_pairs(&self.pairs, &mut values);
        }
        if let Some(last) = values.last() {
            self.put(self.levels.len() - 1, 0, *last);
        }
        values
    }

    fn node(&self, height: usize, place: usize) -> Hash {
        let node = self.levels[height].get(place);
        node.copied().unwrap_or(self.zeros[height])
    }

    fn put(&mut self, height: usize, place: usize, value: Hash) {
        self.grow(height, place + 1);
        self.levels[height][place] = value;
    }

    fn grow(&mut self, height: usize, nodes: usize) {
        let level = &mut self.levels[height];
        if level.len() < nodes {
            level.resize(nodes, self.zeros[height]);
        }
    }

    fn demand(&self, last: Option<usize>) {
        let depth = self.zeros.len() - 1;
        let fits = last.is_none_or(|last| last as u64 >> depth == 0);
        assert!(fits, "leaf {last:?} is outside a tree of depth {depth}");
    }

    /// Takes over those leaves that differ.
    fn set_leaves(&mut self, first: usize, leaves: &[Hash]) {
        if leaves.is_empty() {
            return;
        }
        let end = first + leaves.len();
        self.demand(Some(end - 1));
        self.grow(0, end);
        let own = &mut self.levels[0][first..end];
        for (at, (own, leaf)) in own.iter_mut().zip(leaves).enumerate() {
            let parent = (first + at) / 2;
            if own != leaf {
                *own = *leaf;
                if self.dirty.last() != Some(&parent) {
                    self.dirty.push(parent);
                }
            }
        }
    }

    /// Hashes the dirty nodes of a level above the leaves.
    fn hash_dirty(&mut self, height: usize) {
        let last = self.dirty[self.dirty.len() - 1];
        self.grow(height - 1, 2 * last + 2);
        self.grow(height, last + 1);
        let below = self.levels[height - 1].as_chunks::<2>().0;
        self.pairs.clear();
        self.pairs
            .extend(self.dirty.iter().map(|place| below[*place]));
        self.parents.resize(self.pairs.len(), Hash::ZERO);
        hash_pairs(&self.pairs, &mut self.parents);
        for (place, parent) in self.dirty.iter().zip(&self.parents) {
            self.levels[height][*place] = *parent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_primitives::{Tree, keccak};
    use proptest::prelude::*;

    fn leaf(salt: usize) -> Hash {
        match salt {
            0 => Hash::ZERO,
            salt => keccak(&salt.to_le_bytes()),
        }
    }

    /// Runs of leaves by rising first ones: gaps, then what is put there.
    fn runs() -> impl Strategy<Value = Vec<(usize, Vec<Hash>)>> {
        let run = (0usize..9, prop::collection::vec(0usize..4, 0..6));
        prop::collection::vec(run, 0..5).prop_map(|gaps| {
            let mut end = 0;
            let placed = gaps.into_iter().map(|(gap, salts)| {
                let first = end + gap;
                end = first + salts.len();
                (first, salts.into_iter().map(leaf).collect())
            });
            placed.collect()
        })
    }

    proptest! {
        #[test]
        fn changes_equal_the_defined_tree(changes in prop::collection::vec((runs(), 0u8..8), 1..6)) {
            let (mut fast, mut slow) = (GrowingTree::new(7), Tree::new(Vec::new(), 7));
            for (runs, cleared) in changes {
                fast.set(runs.iter().map(|(first, leaves)| (*first, &leaves[..])));
                for (first, leaves) in &runs {
                    slow.set_range(*first as u64, leaves);
                }
                prop_assert_eq!(fast.root(), slow.root());
                if cleared == 0 {
                    fast.clear();
                    slow = Tree::new(Vec::new(), 7);
                }
            }
        }

        #[test]
        fn leaves_in_turn_equal_one_after_the_other(
            turns in prop::collection::vec(prop::collection::vec((0usize..16, 0usize..3), 0..40), 1..4),
        ) {
            let (mut fast, mut slow) = (GrowingTree::new(4), Tree::new(Vec::new(), 4));
            for turn in turns {
                let leaves: Vec<(usize, Hash)> = turn.into_iter().map(|(place, salt)| (place, leaf(salt))).collect();
                let roots = fast.set_in_turn(&leaves);
                prop_assert_eq!(roots.len(), leaves.len());
                for ((place, leaf), root) in leaves.iter().zip(roots) {
                    slow.set(*place as u64, *leaf);
                    prop_assert_eq!(root, slow.root());
                }
                prop_assert_eq!(fast.root(), slow.root());
            }
        }
    }

    #[test]
    #[should_panic(expected = "outside a tree of depth 2")]
    fn a_leaf_past_the_end_is_refused() {
        GrowingTree::new(2).set([(3, &[leaf(1), leaf(2)][..])]);
    }
}
