//! Windows 1 to 14: what a node reads.

use super::{INPUTS_DEPTH, Image, WINDOW_BYTES, WINDOW_DEPTH};
use gavel_hashing::tree_of_bytes;
use gavel_primitives::{Depth, Hash, Tree, raise, root_of_leaves, zero_root};
use std::sync::OnceLock;

/// The bytes of windows 1 to 14, borrowed; a window is zero past the end of its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs<'a> {
    windows: [&'a [u8]; 16],
}

impl<'a> Inputs<'a> {
    /// Every window zero.
    pub fn new() -> Self {
        Inputs::default()
    }

    /// Puts `bytes` at the start of a window.
    ///
    /// # Panics
    /// If the window is not one of 1 to 14, or the bytes exceed it.
    #[must_use]
    pub fn with(mut self, window: usize, bytes: &'a [u8]) -> Self {
        assert!((1..15).contains(&window), "window {window} is no input");
        assert!(
            bytes.len() as u64 <= u64::from(WINDOW_BYTES),
            "{} bytes exceed a window",
            bytes.len()
        );
        self.windows[window] = bytes;
        self
    }

    /// The bytes of a window, without the zeros past their end.
    ///
    /// # Panics
    /// If the window is above 15.
    pub fn window(&self, window: usize) -> &'a [u8] {
        self.windows[window]
    }
}

/// What a machine is stepped in, and no part of its state.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Window 0.
    pub image: &'a Image,
    /// Windows 1 to 14.
    pub inputs: Inputs<'a>,
}

impl Context<'_> {
    /// The word at an aligned address of windows 0 to 14, if it is mapped.
    pub fn word(&self, address: u32) -> Option<u32> {
        match address >> 28 {
            0 => self.image.word(address),
            15 => None,
            window => Some(word_or_zero(
                self.inputs.windows[window as usize],
                address & 0x0FFF_FFFF,
            )),
        }
    }
}

/// The little-endian word at `offset`, zero past the end of `bytes`.
pub(crate) fn word_or_zero(bytes: &[u8], offset: u32) -> u32 {
    let rest = bytes.get(offset as usize..).unwrap_or_default();
    rest.iter()
        .take(4)
        .rev()
        .fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// The trees of the input windows, each of depth 23, as the prover asks for them.
pub trait InputTrees {
    /// Node `index` at `height` (0 = leaves, 23 = root) of a window's tree; `window` is one of 1 to 14.
    fn node(&self, window: usize, height: Depth, index: u64) -> Hash;

    /// The root over all windows.
    fn inputs_root(&self) -> Hash {
        inputs_root_of(|window| self.node(window, WINDOW_DEPTH, 0))
    }

    /// The siblings of a leaf of the inputs tree (index below 2^27), lowest first.
    fn siblings(&self, leaf: u64) -> Vec<Hash> {
        let (window, inside) = (
            (leaf >> WINDOW_DEPTH) as usize,
            leaf & ((1 << WINDOW_DEPTH) - 1),
        );
        let below = (0..WINDOW_DEPTH).map(|h| self.node(window, h, (inside >> h) ^ 1));
        let above = Tree::new(
            window_leaves(|w| self.node(w, WINDOW_DEPTH, 0)),
            INPUTS_DEPTH,
        );
        below.chain(above.siblings(0, window as u64)).collect()
    }
}

fn window_leaves(root: impl Fn(usize) -> Hash) -> Vec<Hash> {
    (0..15)
        .map(|window| {
            if window == 0 {
                Hash::ZERO
            } else {
                root(window)
            }
        })
        .collect()
}

/// The inputs root over window roots: zero at places 0 and 15.
pub fn inputs_root_of(root: impl Fn(usize) -> Hash) -> Hash {
    root_of_leaves(&window_leaves(root), INPUTS_DEPTH)
}

/// Trees built from the bytes of a window when it is first asked for.
pub struct LazyTrees<'a> {
    inputs: Inputs<'a>,
    trees: [OnceLock<Tree>; 16],
    known_roots: Option<[Hash; 16]>,
    zeros: [Hash; WINDOW_DEPTH as usize + 1],
}

impl<'a> LazyTrees<'a> {
    /// Trees over these inputs; every window is hashed when the root is asked for.
    pub fn new(inputs: Inputs<'a>) -> Self {
        LazyTrees {
            inputs,
            trees: Default::default(),
            known_roots: None,
            zeros: std::array::from_fn(|depth| zero_root(depth as Depth)),
        }
    }

    /// The same with the windows' roots (depth 23) known, so that only a touched window is hashed.
    pub fn with_roots(inputs: Inputs<'a>, roots: [Hash; 16]) -> Self {
        LazyTrees {
            known_roots: Some(roots),
            ..LazyTrees::new(inputs)
        }
    }

    fn tree(&self, window: usize) -> &Tree {
        self.trees[window].get_or_init(|| {
            let bytes = self.inputs.window(window);
            let leaves = bytes.len().div_ceil(super::LEAF_BYTES).max(1);
            tree_of_bytes(bytes, leaves.next_power_of_two().trailing_zeros() as Depth)
        })
    }

    fn raised(&self, window: usize, height: Depth) -> Hash {
        let tree = self.tree(window);
        raise(tree.root(), tree.depth(), height)
    }
}

impl InputTrees for LazyTrees<'_> {
    fn node(&self, window: usize, height: Depth, index: u64) -> Hash {
        if let (Some(roots), WINDOW_DEPTH) = (&self.known_roots, height) {
            return roots[window];
        }
        if height <= self.tree(window).depth() && index >> (self.tree(window).depth() - height) == 0
        {
            return self.tree(window).node(height, index);
        }
        match index {
            0 => self.raised(window, height),
            _ => self.zeros[usize::from(height)],
        }
    }
}

/// The root of a window from a tensor's root of any depth: the tensor leftmost, zero past it.
pub fn window_root(tensor: Hash, depth: Depth) -> Hash {
    raise(tensor, depth, WINDOW_DEPTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gavel_primitives::{Proof, node, root_of_bytes};

    #[test]
    fn a_leaf_of_every_window_leads_to_the_inputs_root() {
        let (boot, tensor) = ([7u8; 288], [9u8; 1000]);
        let inputs = Inputs::new().with(1, &boot).with(14, &tensor);
        let trees = LazyTrees::new(inputs);
        let leaf = |bytes: &[u8]| Hash(bytes.try_into().unwrap());
        let cases = [
            (1, 0, leaf(&boot[..32])),
            (1, 8, leaf(&boot[256..])),
            (1, 9, Hash::ZERO),
            (14, 30, leaf(&tensor[960..992])),
            (14, (1 << 23) - 1, Hash::ZERO),
            (5, 12345, Hash::ZERO),
        ];
        let mut roots = vec![Hash::ZERO; 16];
        for (window, root) in roots.iter_mut().enumerate().take(15).skip(1) {
            *root = root_of_bytes(inputs.window(window), 23);
        }
        let expected = Tree::new(roots, 4).root();
        assert_eq!(trees.inputs_root(), expected);
        for (window, place, value) in cases {
            let index = (window << 23) + place;
            let siblings = trees.siblings(index);
            assert_eq!(siblings.len(), 27);
            assert_eq!(
                Proof { siblings }.root(index, value),
                expected,
                "window {window}, leaf {place}"
            );
        }
    }

    #[test]
    fn parents_hash_their_children() {
        let bytes = [3u8; 200];
        let trees = LazyTrees::new(Inputs::new().with(2, &bytes));
        for height in 0..WINDOW_DEPTH {
            for index in [0, 1, 2] {
                if index >> (WINDOW_DEPTH - height - 1) == 0 {
                    let children = [2 * index, 2 * index + 1].map(|i| trees.node(2, height, i));
                    assert_eq!(
                        trees.node(2, height + 1, index),
                        node(&children[0], &children[1])
                    );
                }
            }
        }
    }
}
