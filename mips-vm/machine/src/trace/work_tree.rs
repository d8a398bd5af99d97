//! The work tree along a run: the roots after each of many stores, level by level.
//!
//! A store's new node at a level depends on the stores before it only through nodes of the level below. So all nodes
//! that a batch of stores makes at one level can be hashed at once.

use crate::memory::{PAGE_DEPTH, WORK_DEPTH, Work};
use gavel_hashing::parents;
use gavel_primitives::{Depth, Hash, zero_root};

/// A store as the tree sees it.
pub(super) struct Store {
    /// Byte offset in the work memory.
    pub(super) offset: u32,
    /// The two sibling leaves around it, after the store.
    pub(super) pair: [u8; 64],
}

/// The nodes of heights 1 to 17.
pub(super) struct WorkTree {
    levels: Vec<Vec<Hash>>,
}

impl WorkTree {
    pub(super) fn new(work: &Work) -> Self {
        let heights = 1..=WORK_DEPTH;
        let mut levels: Vec<Vec<Hash>> = heights
            .map(|h| vec![zero_root(h); 1 << (WORK_DEPTH - h)])
            .collect();
        let written = || {
            work.pages()
                .iter()
                .enumerate()
                .filter_map(|(at, page)| Some((at, page.as_ref()?)))
        };
        for (at, page) in written() {
            for height in 1..=PAGE_DEPTH {
                let nodes = 1usize << (PAGE_DEPTH - height);
                for inside in 0..nodes {
                    levels[usize::from(height) - 1][at * nodes + inside] =
                        page.tree().node(height, inside as u64);
                }
            }
        }
        let mut tree = WorkTree { levels };
        let mut touched: Vec<usize> = written().map(|(at, _)| at).collect();
        for height in PAGE_DEPTH..WORK_DEPTH {
            touched.iter_mut().for_each(|at| *at /= 2);
            touched.dedup();
            let pairs: Vec<[u8; 64]> = touched.iter().map(|at| tree.pair(height, *at)).collect();
            for (at, parent) in touched.iter().zip(parents(&pairs)) {
                tree.levels[usize::from(height)][*at] = parent;
            }
        }
        tree
    }

    pub(super) fn root(&self) -> Hash {
        self.levels[usize::from(WORK_DEPTH) - 1][0]
    }

    /// Applies the stores in order; gives the root after each.
    pub(super) fn apply(&mut self, stores: &[Store]) -> Vec<Hash> {
        let pairs: Vec<[u8; 64]> = stores.iter().map(|store| store.pair).collect();
        let mut places: Vec<usize> = stores
            .iter()
            .map(|store| store.offset as usize / 64)
            .collect();
        let mut nodes = parents(&pairs);
        for height in 1..WORK_DEPTH {
            let pairs: Vec<[u8; 64]> = places
                .iter()
                .zip(&nodes)
                .map(|(place, new)| self.put(height, *place, *new))
                .collect();
            nodes = parents(&pairs);
            places.iter_mut().for_each(|place| *place /= 2);
        }
        if let Some(root) = nodes.last() {
            self.levels[usize::from(WORK_DEPTH) - 1][0] = *root;
        }
        nodes
    }

    /// Writes a node; gives it with its sibling as they are at that moment.
    fn put(&mut self, height: Depth, place: usize, new: Hash) -> [u8; 64] {
        self.levels[usize::from(height) - 1][place] = new;
        self.pair(height, place / 2)
    }

    /// The children, of height `height`, of the node `parent`.
    fn pair(&self, height: Depth, parent: usize) -> [u8; 64] {
        let level = &self.levels[usize::from(height) - 1];
        joined(&level[2 * parent], &level[2 * parent + 1])
    }
}

/// Two nodes side by side, as their parent hashes them.
fn joined(left: &Hash, right: &Hash) -> [u8; 64] {
    let mut pair = [0u8; 64];
    pair[..32].copy_from_slice(&left.0);
    pair[32..].copy_from_slice(&right.0);
    pair
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_follow_single_stores() {
        let mut work = Work::default();
        work.set_word(40, 9);
        work.set_word(0x3F_FFF0, 8);
        let mut tree = WorkTree::new(&work);
        assert_eq!(tree.root(), work.root());
        let mut stores = Vec::new();
        let mut expected = Vec::new();
        for (i, offset) in [0u32, 32, 40, 0x3F_FFFC, 64, 0, 100_000, 36]
            .into_iter()
            .enumerate()
        {
            work.set_word(offset, i as u32 + 1);
            let leaf = u64::from(offset / 64) * 2;
            let pair = joined(&work.leaf(leaf), &work.leaf(leaf + 1));
            stores.push(Store { offset, pair });
            expected.push(work.root());
        }
        assert_eq!(tree.apply(&stores[..3]), expected[..3]);
        assert_eq!(tree.apply(&stores[3..]), expected[3..]);
        assert_eq!(tree.root(), work.root());
        assert!(tree.apply(&[]).is_empty());
    }
}
