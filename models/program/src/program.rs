//! A program in memory: header, graph, slots and weights.

use crate::{DType, Header, Node, TensorInfo};
use alloc::{string::String, sync::Arc, vec::Vec};
use gavel_primitives::{Depth, Hash};

/// A tensor's words, owned or mapped from a file: little-endian, zero-padded to whole words.
pub type Words = Arc<dyn AsRef<[u32]> + Send + Sync>;

/// A weight: its table entry and its bytes.
#[derive(Clone)]
pub struct Weight {
    /// The tensor's name in the model file, with a suffix for the plane.
    pub name: String,
    /// Root, depth and element type.
    pub info: TensorInfo,
    /// The bytes, as words.
    pub words: Words,
}

/// A slot of the env: fixed element type, length and depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What it holds, for people.
    pub name: String,
    /// Index in the env tree: below `2^slot_depth` persistent, else scratch.
    pub index: u32,
    /// Element type.
    pub dtype: DType,
    /// Logical number of elements.
    pub len: usize,
    /// Depth of its tree.
    pub depth: Depth,
}

impl Slot {
    /// Words of the slot's whole tree, padding included.
    pub fn words(&self) -> usize {
        8 << self.depth
    }
}

/// A program: what a program id commits to, with the data behind every root.
#[derive(Clone)]
pub struct Program {
    /// The header.
    pub header: Header,
    /// The id: the header's hash.
    pub id: Hash,
    /// The graph, node k at index k.
    pub nodes: Vec<Node>,
    /// The slots, by rising index. All start as zero; prompt and control are set by the request.
    pub slots: Vec<Slot>,
    /// The weights, weight w at index w.
    pub weights: Vec<Weight>,
}

impl Program {
    /// The slot of an env index.
    pub fn slot(&self, index: u32) -> Option<&Slot> {
        self.slot_place(index).map(|place| &self.slots[place])
    }

    /// The place among [`Program::slots`] of an env index.
    pub fn slot_place(&self, index: u32) -> Option<usize> {
        self.slots
            .binary_search_by_key(&index, |slot| slot.index)
            .ok()
    }
}
