//! The trees behind a header's roots.

use crate::node::{RECORD_DEPTH, record_bytes};
use crate::{Header, Node, Program, Slot, TensorInfo};
use alloc::{vec, vec::Vec};
use gavel_primitives::{Depth, Hash, Tree, zero_root};

/// The trees of a program: what openings are proven under.
#[derive(Clone, Debug)]
pub struct ProgramTrees {
    /// The weight table, depth `weight_depth`.
    pub weights: Tree,
    /// The slot table, depth `slot_depth + 1`.
    pub slots: Tree,
    /// The node records, depth `node_depth + 3`.
    pub graph: Tree,
    /// The first roots of all slots, depth `slot_depth + 1`: the template of P in its left half, X0 in its right.
    pub template: Tree,
}

impl ProgramTrees {
    /// Builds the trees of a program.
    pub fn new(program: &Program) -> Self {
        let infos: Vec<TensorInfo> = program.weights.iter().map(|weight| weight.info).collect();
        ProgramTrees {
            weights: weight_table(&infos, program.header.weight_depth),
            slots: slot_table(&program.slots, program.header.slot_depth),
            graph: graph(&program.nodes, program.header.node_depth),
            template: template(&program.slots, program.header.slot_depth),
        }
    }

    /// Whether the trees' roots are those that the header commits to.
    pub fn match_header(&self, header: &Header) -> bool {
        let half = header.slot_depth;
        self.weights.root() == header.weights_root
            && self.slots.root() == header.slots_root
            && self.graph.root() == header.graph_root
            && self.template.node(half, 0) == header.template_root
            && self.template.node(half, 1) == header.scratch_root
    }
}

/// The table entry of a slot: its root is the zero tree's, since every slot starts as zero.
pub fn slot_info(slot: &Slot) -> TensorInfo {
    TensorInfo {
        root: zero_root(slot.depth),
        depth: slot.depth,
        dtype: slot.dtype,
    }
}

/// The tree of a weight table.
pub fn weight_table(weights: &[TensorInfo], depth: Depth) -> Tree {
    Tree::new(weights.iter().map(TensorInfo::hash).collect(), depth)
}

/// The tree of a slot table, depth `slot_depth + 1`, slots at their env indexes.
pub fn slot_table(slots: &[Slot], slot_depth: Depth) -> Tree {
    by_index(slots, slot_depth, |slot| slot_info(slot).hash())
}

/// The tree of the slots' first roots, depth `slot_depth + 1`.
pub fn template(slots: &[Slot], slot_depth: Depth) -> Tree {
    by_index(slots, slot_depth, |slot| zero_root(slot.depth))
}

/// The tree over node records, depth `node_depth + 3`.
pub fn graph(nodes: &[Node], node_depth: Depth) -> Tree {
    let bytes: Vec<u8> = nodes
        .iter()
        .flat_map(|node| record_bytes(&node.encode()))
        .collect();
    Tree::of_bytes(&bytes, node_depth + RECORD_DEPTH)
}

fn by_index(slots: &[Slot], slot_depth: Depth, leaf: impl Fn(&Slot) -> Hash) -> Tree {
    let end = slots.last().map_or(0, |slot| slot.index as usize + 1);
    let mut leaves = vec![Hash::ZERO; end];
    for slot in slots {
        leaves[slot.index as usize] = leaf(slot);
    }
    Tree::new(leaves, slot_depth + 1)
}
