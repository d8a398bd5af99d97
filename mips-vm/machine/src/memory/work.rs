//! Window 15: the one writable memory.

use gavel_hashing::tree_of_bytes;
use gavel_primitives::{CompactProof, Depth, Hash, Proof, Tree, node, zero_root};
use std::sync::{Arc, OnceLock};

/// Depth of the work tree.
pub const WORK_DEPTH: Depth = 17;
/// Bytes of the work memory.
pub const WORK_BYTES: usize = 32 << WORK_DEPTH;
/// Depth of a page's subtree.
pub const PAGE_DEPTH: Depth = 7;
/// Bytes of a page.
pub const PAGE_BYTES: usize = 32 << PAGE_DEPTH;
/// Depth of the output chunk's subtree.
pub const CHUNK_DEPTH: Depth = 3;
/// Bytes of the output chunk, at the start of the work memory.
pub const CHUNK_BYTES: usize = 32 << CHUNK_DEPTH;

const PAGES: usize = WORK_BYTES / PAGE_BYTES;

/// A page and, once asked for, its subtree. Shared between snapshots, so that it is hashed once.
#[derive(Debug)]
pub struct Page {
    bytes: [u8; PAGE_BYTES],
    tree: OnceLock<Tree>,
}

impl Page {
    /// A page of these bytes.
    pub fn new(bytes: [u8; PAGE_BYTES]) -> Self {
        Page {
            bytes,
            tree: OnceLock::new(),
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; PAGE_BYTES] {
        &self.bytes
    }

    /// The subtree over the bytes.
    pub fn tree(&self) -> &Tree {
        self.tree
            .get_or_init(|| tree_of_bytes(&self.bytes, PAGE_DEPTH))
    }
}

/// The work memory: pages that clones share until they are written. A page never written is zero.
#[derive(Clone, Debug)]
pub struct Work {
    pages: Vec<Option<Arc<Page>>>,
}

impl Default for Work {
    fn default() -> Self {
        Work {
            pages: vec![None; PAGES],
        }
    }
}

impl PartialEq for Work {
    /// Equal bytes, whichever pages were written.
    fn eq(&self, other: &Self) -> bool {
        let zero = [0u8; PAGE_BYTES];
        let bytes = |page: &Option<Arc<Page>>| page.as_ref().map_or(zero, |page| page.bytes);
        self.pages
            .iter()
            .zip(&other.pages)
            .all(|(a, b)| match (a, b) {
                (None, None) => true,
                (Some(a), Some(b)) if Arc::ptr_eq(a, b) => true,
                _ => bytes(a) == bytes(b),
            })
    }
}

impl Eq for Work {}

impl Work {
    /// The pages, `None` being zero.
    pub fn pages(&self) -> &[Option<Arc<Page>>] {
        &self.pages
    }

    /// Replaces a page.
    pub(crate) fn set_page(&mut self, page: usize, bytes: [u8; PAGE_BYTES]) {
        self.pages[page] = Some(Arc::new(Page::new(bytes)));
    }

    /// The word at an aligned byte offset below 4 MiB.
    ///
    /// # Panics
    /// If the offset is past the memory's end.
    pub fn word(&self, offset: u32) -> u32 {
        let (page, at) = (
            offset as usize / PAGE_BYTES,
            (offset as usize & !3) % PAGE_BYTES,
        );
        let page = &self.pages[page];
        page.as_ref().map_or(0, |page| {
            u32::from_le_bytes(
                *page.bytes[at..]
                    .first_chunk()
                    .expect("a word fits the page"),
            )
        })
    }

    /// Writes the word at an aligned byte offset below 4 MiB.
    ///
    /// # Panics
    /// If the offset is past the memory's end.
    pub fn set_word(&mut self, offset: u32, word: u32) {
        self.write(offset as usize & !3, &word.to_le_bytes());
    }

    /// The leaf at an index below 2^17.
    ///
    /// # Panics
    /// If the index is past the memory's end.
    pub fn leaf(&self, index: u64) -> Hash {
        let page = &self.pages[(index >> PAGE_DEPTH) as usize];
        let at = (index as usize % (1 << PAGE_DEPTH)) * 32;
        page.as_ref().map_or(Hash::ZERO, |page| {
            Hash(
                *page.bytes[at..]
                    .first_chunk()
                    .expect("a leaf fits the page"),
            )
        })
    }

    /// The output chunk.
    pub fn chunk(&self) -> [u8; CHUNK_BYTES] {
        let page = &self.pages[0];
        page.as_ref().map_or([0; CHUNK_BYTES], |page| {
            *page.bytes.first_chunk().expect("a chunk fits the page")
        })
    }

    /// Writes the output chunk.
    pub fn set_chunk(&mut self, chunk: &[u8; CHUNK_BYTES]) {
        self.write(0, chunk);
    }

    /// Writes bytes that lie in one page.
    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let (page, at) = (offset / PAGE_BYTES, offset % PAGE_BYTES);
        let old = self.pages[page]
            .as_ref()
            .map_or([0; PAGE_BYTES], |page| page.bytes);
        let mut new = old;
        new[at..at + bytes.len()].copy_from_slice(bytes);
        self.set_page(page, new);
    }

    /// Root of the work tree.
    pub fn root(&self) -> Hash {
        self.upper().root()
    }

    /// The siblings from the node at (`height`, `index`) up to the root; `height` is at most 7.
    pub fn siblings(&self, height: Depth, index: u64) -> Vec<Hash> {
        let page = (index >> (PAGE_DEPTH - height)) as usize;
        let inside = index & ((1 << (PAGE_DEPTH - height)) - 1);
        let zeros = || (height..PAGE_DEPTH).map(zero_root).collect();
        let below: Vec<Hash> = self.pages[page]
            .as_ref()
            .map_or_else(zeros, |page| page.tree().siblings(height, inside));
        let above = self.upper().siblings(0, page as u64);
        below.into_iter().chain(above).collect()
    }

    /// The compact proof that the output chunk is in place.
    pub fn chunk_proof(&self) -> CompactProof {
        let siblings = self.siblings(CHUNK_DEPTH, 0);
        Proof { siblings }.compact(CHUNK_DEPTH)
    }

    /// The tree over the pages' roots.
    fn upper(&self) -> UpperTree {
        UpperTree::new(
            self.pages
                .iter()
                .map(|page| page.as_ref().map(|page| page.tree().root())),
        )
    }
}

/// The ten levels above the pages, in which zero subtrees are not hashed.
struct UpperTree {
    levels: Vec<Vec<Option<Hash>>>,
}

impl UpperTree {
    fn new(pages: impl Iterator<Item = Option<Hash>>) -> Self {
        let mut levels: Vec<Vec<Option<Hash>>> = vec![pages.collect()];
        let mut zero = zero_root(PAGE_DEPTH);
        for height in 0..usize::from(WORK_DEPTH - PAGE_DEPTH) {
            let parent = |pair: &[Option<Hash>]| match (pair[0], pair[1]) {
                (None, None) => None,
                (left, right) => Some(node(&left.unwrap_or(zero), &right.unwrap_or(zero))),
            };
            levels.push(levels[height].chunks_exact(2).map(parent).collect());
            zero = node(&zero, &zero);
        }
        UpperTree { levels }
    }

    fn node(&self, height: Depth, index: u64) -> Hash {
        self.levels[usize::from(height)][index as usize]
            .unwrap_or_else(|| zero_root(PAGE_DEPTH + height))
    }

    fn root(&self) -> Hash {
        self.node(WORK_DEPTH - PAGE_DEPTH, 0)
    }

    fn siblings(&self, _height: Depth, page: u64) -> Vec<Hash> {
        (0..WORK_DEPTH - PAGE_DEPTH)
            .map(|h| self.node(h, (page >> h) ^ 1))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_that_of_the_bytes() {
        let mut work = Work::default();
        assert_eq!(work.root(), zero_root(WORK_DEPTH));
        let mut bytes = vec![0u8; WORK_BYTES];
        for (offset, word) in [
            (0u32, 1u32),
            (252, 2),
            (4096, 3),
            (0x3F_FFFC, 0x0102_0304),
            (70_000, 5),
        ] {
            work.set_word(offset, word);
            bytes[offset as usize..][..4].copy_from_slice(&word.to_le_bytes());
            assert_eq!(work.word(offset), word);
        }
        let tree = Tree::of_bytes(&bytes, WORK_DEPTH);
        assert_eq!(work.root(), tree.root());
        for index in [0, 7, 127, 128, 5000, (1 << 17) - 1] {
            assert_eq!(work.leaf(index), tree.node(0, index));
            assert_eq!(
                work.siblings(0, index),
                tree.siblings(0, index),
                "leaf {index}"
            );
        }
        assert_eq!(work.siblings(CHUNK_DEPTH, 0), tree.siblings(CHUNK_DEPTH, 0));
        let restored = work
            .chunk_proof()
            .expand(CHUNK_DEPTH, WORK_DEPTH - CHUNK_DEPTH)
            .unwrap();
        assert_eq!(restored.root(0, tree.node(CHUNK_DEPTH, 0)), tree.root());
    }

    #[test]
    fn clones_do_not_see_later_writes() {
        let mut work = Work::default();
        work.set_word(8, 1);
        let snapshot = work.clone();
        work.set_word(8, 2);
        assert_eq!((snapshot.word(8), work.word(8)), (1, 2));
        assert_ne!(snapshot, work);
        work.set_word(8, 1);
        assert_eq!(snapshot, work);
    }
}
