//! The header that a program id commits to.

use gavel_primitives::{Depth, Hash, tag, tagged, word};

/// Version of the layouts in this crate.
pub const ABI_VERSION: u32 = 1;

/// Everything that the chain must know of a program. The id hashes the fields as 32-byte words in this order,
/// which is `abi.encode` of Solidity's `ProgramHeader`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Tree of depth `weight_depth` over the weight table.
    pub weights_root: Hash,
    /// Tree of depth `node_depth + 3` over the node records.
    pub graph_root: Hash,
    /// Tree of depth `slot_depth + 1` over the slot table, persistent slots in its left half.
    pub slots_root: Hash,
    /// Tree of depth `slot_depth` over the persistent slots' first roots.
    pub template_root: Hash,
    /// Tree of depth `slot_depth` over the scratch slots' zero roots: X0.
    pub scratch_root: Hash,
    /// The guest image.
    pub image_root: Hash,
    /// Address of the guest's first instruction.
    pub entry: u32,
    /// Depth of the image's tree.
    pub image_depth: Depth,
    /// Nodes of the graph, below `2^node_depth`.
    pub node_count: u32,
    /// Weights of the table.
    pub weight_count: u32,
    /// Persistent slots.
    pub persistent_count: u32,
    /// Scratch slots.
    pub scratch_count: u32,
    /// Index of the prompt slot.
    pub prompt_slot: u32,
    /// Index of the control slot.
    pub control_slot: u32,
    /// Index of the output slot.
    pub output_slot: u32,
    /// Depth of the prompt slot's tree.
    pub prompt_depth: Depth,
    /// Depth of the output slot's tree.
    pub output_depth: Depth,
    /// Depth of the weight table.
    pub weight_depth: Depth,
    /// p: depth of P and of X.
    pub slot_depth: Depth,
    /// n: log2 of leaves per step.
    pub node_depth: Depth,
    /// s: log2 of steps.
    pub step_depth: Depth,
    /// t: log2 of leaves of a machine trace.
    pub trace_depth: Depth,
    /// Bytes of the longest prompt.
    pub max_prompt_bytes: u32,
    /// Positions of the context: prompt and output tokens together.
    pub context: u32,
    /// Bytes of the longest answer.
    pub max_output_bytes: u32,
    /// [`ABI_VERSION`].
    pub abi_version: u32,
}

impl Header {
    /// Number of 32-byte words of the encoding.
    pub const WORDS: usize = 26;

    /// The words, in order.
    pub fn words(&self) -> [[u8; 32]; Self::WORDS] {
        let small = |value: u32| word(value.into());
        [
            self.weights_root.0,
            self.graph_root.0,
            self.slots_root.0,
            self.template_root.0,
            self.scratch_root.0,
            self.image_root.0,
            small(self.entry),
            small(self.image_depth.into()),
            small(self.node_count),
            small(self.weight_count),
            small(self.persistent_count),
            small(self.scratch_count),
            small(self.prompt_slot),
            small(self.control_slot),
            small(self.output_slot),
            small(self.prompt_depth.into()),
            small(self.output_depth.into()),
            small(self.weight_depth.into()),
            small(self.slot_depth.into()),
            small(self.node_depth.into()),
            small(self.step_depth.into()),
            small(self.trace_depth.into()),
            small(self.max_prompt_bytes),
            small(self.context),
            small(self.max_output_bytes),
            small(self.abi_version),
        ]
    }

    /// The program id: `H(header)`.
    pub fn id(&self) -> Hash {
        tagged(&tag::PROGRAM, &self.words())
    }

    /// Depth of an execution tree.
    pub fn execution_depth(&self) -> Depth {
        self.step_depth + self.node_depth
    }

    /// Leaves of one step.
    pub fn leaves_per_step(&self) -> u64 {
        1 << self.node_depth
    }

    /// Number of steps.
    pub fn steps(&self) -> u64 {
        1 << self.step_depth
    }
}
