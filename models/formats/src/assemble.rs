//! From slots, weights and nodes to a program with its tables, depths, header and id.

use crate::cache::NamedPlane;
use crate::roots::tensor_root;
use crate::{ImportError, cost};
use gavel_primitives::{Depth, Hash};
use gavel_program::boot::WINDOW_BYTES;
use gavel_program::header::ABI_VERSION;
use gavel_program::table::depth_of;
use gavel_program::{
    DType, Header, Node, Op, Operand, Program, ProgramTrees, Slot, TensorInfo, Weight, Words,
};
use rayon::prelude::*;

/// The guest image that proves a program's tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    /// Root of the image's tree.
    pub root: Hash,
    /// Address of its first instruction.
    pub entry: u32,
    /// Depth of its tree.
    pub depth: Depth,
}

/// Index of the first scratch slot while a program is put together; the final one depends on the number of slots.
const SCRATCH_BASE: u32 = 1 << 24;

/// A program in the making.
#[derive(Default)]
pub(crate) struct Assembly {
    persistent: Vec<Slot>,
    scratch: Vec<Slot>,
    weights: Vec<(String, DType, Words, Option<Hash>)>,
    nodes: Vec<Node>,
}

/// What the header says beside the tables.
pub(crate) struct Bounds {
    pub(crate) prompt_slot: u32,
    pub(crate) control_slot: u32,
    pub(crate) output_slot: u32,
    pub(crate) max_prompt_bytes: u32,
    pub(crate) max_output_bytes: u32,
    pub(crate) context: u32,
}

impl Assembly {
    /// Adds a slot that lives from step to step; returns its index.
    pub(crate) fn persistent(
        &mut self,
        name: impl Into<String>,
        dtype: DType,
        dims: &[u32],
    ) -> Result<u32, ImportError> {
        let index = self.persistent.len() as u32;
        self.persistent.push(slot(name.into(), index, dtype, dims)?);
        Ok(index)
    }

    /// Adds a slot that restarts from zero with each step; returns its index, to be used in this assembly alone.
    pub(crate) fn scratch(
        &mut self,
        name: &str,
        dtype: DType,
        dims: &[u32],
    ) -> Result<u32, ImportError> {
        let index = SCRATCH_BASE + self.scratch.len() as u32;
        self.scratch.push(slot(name.into(), index, dtype, dims)?);
        Ok(index)
    }

    /// Adds a weight.
    pub(crate) fn weight(&mut self, name: String, dtype: DType, words: Words) -> Operand {
        self.weights.push((name, dtype, words, None));
        Operand::Weight(self.weights.len() as u32 - 1)
    }

    /// Adds a weight whose root may be known.
    pub(crate) fn plane(&mut self, plane: NamedPlane) -> Operand {
        let NamedPlane {
            name,
            dtype,
            words,
            root,
        } = plane;
        self.weights.push((name, dtype, words, root));
        Operand::Weight(self.weights.len() as u32 - 1)
    }

    /// Adds a node.
    pub(crate) fn node(&mut self, op: Op, predicate: u32, inputs: &[Operand], output: u32) {
        self.nodes.push(Node::new(op, predicate, inputs, output));
    }

    /// Computes roots, depths, header and id.
    pub(crate) fn finish(self, bounds: Bounds, image: ImageInfo) -> Program {
        let (persistent_count, scratch_count) = (self.persistent.len(), self.scratch.len());
        let slot_depth = depth_for(persistent_count.max(scratch_count));
        let place = |index: u32| match index.checked_sub(SCRATCH_BASE) {
            Some(scratch) => scratch + (1 << slot_depth),
            None => index,
        };
        let nodes: Vec<Node> = self
            .nodes
            .into_iter()
            .map(|node| replaced(node, place))
            .collect();
        let mut slots = self.persistent;
        slots.extend(self.scratch);
        slots
            .iter_mut()
            .for_each(|slot| slot.index = place(slot.index));
        let weights: Vec<Weight> = self.weights.into_par_iter().map(committed).collect();

        let depth_of_slot = |index: u32| slots[index as usize].depth;
        let header = Header {
            weights_root: Hash::ZERO,
            graph_root: Hash::ZERO,
            slots_root: Hash::ZERO,
            template_root: Hash::ZERO,
            scratch_root: Hash::ZERO,
            image_root: image.root,
            entry: image.entry,
            image_depth: image.depth,
            node_count: nodes.len() as u32,
            weight_count: weights.len() as u32,
            persistent_count: persistent_count as u32,
            scratch_count: scratch_count as u32,
            prompt_slot: bounds.prompt_slot,
            control_slot: bounds.control_slot,
            output_slot: bounds.output_slot,
            prompt_depth: depth_of_slot(bounds.prompt_slot),
            output_depth: depth_of_slot(bounds.output_slot),
            weight_depth: depth_for(weights.len()),
            slot_depth,
            // The last place of a step is its end, so a node more than there are.
            node_depth: depth_for(nodes.len() + 1),
            // Tokenize, one step a position, detokenize.
            step_depth: depth_for(bounds.context as usize + 2),
            trace_depth: cost::trace_depth(&nodes),
            max_prompt_bytes: bounds.max_prompt_bytes,
            context: bounds.context,
            max_output_bytes: bounds.max_output_bytes,
            abi_version: ABI_VERSION,
        };
        sealed(Program {
            header,
            id: Hash::ZERO,
            nodes,
            slots,
            weights,
        })
    }
}

/// Fills in the roots that the tables give, and the id.
fn sealed(mut program: Program) -> Program {
    let trees = ProgramTrees::new(&program);
    let p = program.header.slot_depth;
    program.header.weights_root = trees.weights.root();
    program.header.graph_root = trees.graph.root();
    program.header.slots_root = trees.slots.root();
    program.header.template_root = trees.template.node(p, 0);
    program.header.scratch_root = trees.template.node(p, 1);
    program.id = program.header.id();
    program
}

/// The depth of the smallest tree with at least `count` leaves.
pub(crate) fn depth_for(count: usize) -> Depth {
    count.next_power_of_two().trailing_zeros() as Depth
}

fn slot(name: String, index: u32, dtype: DType, dims: &[u32]) -> Result<Slot, ImportError> {
    let bytes = window_bytes(&name, dtype, dims)?;
    Ok(Slot {
        name,
        index,
        dtype,
        len: dims.iter().map(|dim| *dim as usize).product(),
        depth: depth_of(bytes),
    })
}

/// Bytes of a tensor that the importer makes, if a window holds it.
pub(crate) fn window_bytes(name: &str, dtype: DType, dims: &[u32]) -> Result<usize, ImportError> {
    let limit = WINDOW_BYTES as u64;
    let times = |product: u64, dim: &u32| product.checked_mul(u64::from(*dim));
    let bits = dims.iter().try_fold(dtype.bits() as u64, times);
    match bits.map_or(u64::MAX, |bits| bits.div_ceil(8)) {
        bytes if bytes <= limit => Ok(bytes as usize),
        got => Err(ImportError::TooLarge {
            name: name.into(),
            got,
            limit,
        }),
    }
}

/// A weight with its root.
fn committed((name, dtype, words, root): (String, DType, Words, Option<Hash>)) -> Weight {
    let view: &[u32] = (*words).as_ref();
    let depth = depth_of(view.len() * 4);
    let root = root.unwrap_or_else(|| tensor_root(view, depth));
    Weight {
        name,
        info: TensorInfo { root, depth, dtype },
        words,
    }
}

/// A node with all slot indexes replaced.
fn replaced(mut node: Node, place: impl Fn(u32) -> u32) -> Node {
    node.output = place(node.output);
    let count = node.input_count;
    for input in &mut node.inputs[..count] {
        if let Operand::Slot(index) = input {
            *index = place(*index);
        }
    }
    node
}
