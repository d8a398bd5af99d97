//! What moves carry: the mirrors of `contracts/src/types/Opening.sol`, field by field.

use gavel_primitives::{CompactProof, Hash, Request};

/// Words of a program header.
pub const HEADER_WORDS: usize = 26;

/// A program header as the 32-byte words that its id hashes, which is its ABI encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderWords(pub [[u8; 32]; HEADER_WORDS]);

/// Bytes of a control slot or node record, as eight leaves.
pub type Chunk = [Hash; 8];

/// The proof that a trace's end is contested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Batches have no ends: anyone with a bond may join.
    Batch,
    /// The result of an execution.
    Execution(Box<ExecutionEnd>),
    /// The chunk of a machine's run.
    Machine(Box<MachineEnd>),
}

/// Proves the end of an execution: its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionEnd {
    /// The program.
    pub header: HeaderWords,
    /// The last leaf under the root; the leaf itself is `node(persistent_root, X0)`.
    pub leaf: CompactProof,
    /// P_end.
    pub persistent_root: Hash,
    /// The control slot.
    pub control: Chunk,
    /// The control slot in P_end, from height 0 of the table of roots.
    pub control_path: CompactProof,
    /// The output slot's root; zero unless the control slot says done.
    pub output_root: Hash,
    /// The output slot in P_end; empty unless the control slot says done.
    pub output_path: CompactProof,
}

/// Proves the end of a machine's run: the tile's chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineEnd {
    /// The last leaf under the root; the leaf itself is the hash of the state below.
    pub leaf: CompactProof,
    /// Root of the work memory.
    pub work_root: Hash,
    /// The registers, packed: 152 bytes.
    pub registers: Vec<u8>,
    /// The chunk in place; zero unless the machine exited with success.
    pub chunk: Hash,
    /// The chunk's subtree under the work root, 14 levels; empty unless the machine exited with success.
    pub chunk_path: CompactProof,
}

/// Opens the request at a batch's contested leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchOpening {
    /// The program.
    pub header: HeaderWords,
    /// The request, whose chain and hub the contract knows.
    pub request: Request,
    /// Prompt and control slot in the program's template.
    pub slots: FirstSlots,
}

/// Puts a request's two slots into the program's template P root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstSlots {
    /// What the template holds in the prompt slot.
    pub prompt_old: Hash,
    /// The prompt slot under the template's root.
    pub prompt: CompactProof,
    /// What the template holds in the control slot.
    pub control_old: Hash,
    /// The control slot under the template with the prompt in place.
    pub control: CompactProof,
}

/// An entry of a slot or weight table with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableEntry {
    /// The tensor's root as the table has it.
    pub root: Hash,
    /// Depth of the tensor's tree.
    pub depth: u8,
    /// Code of the element type.
    pub dtype: u32,
    /// The entry under its table's root.
    pub path: CompactProof,
}

/// Opens the node at an execution's contested leaf.
///
/// At a step's end only the two roots are looked at. Otherwise `control` decides first; done, or a
/// node past the count, ends the opening there, and `record` and `tables` stay empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeOpening {
    /// The program.
    pub header: HeaderWords,
    /// P of the agreed env, at a step's end.
    pub persistent_root: Hash,
    /// X of the agreed env, at a step's end.
    pub scratch_root: Hash,
    /// The control slot under the agreed env.
    pub control: Chunk,
    /// Its path.
    pub control_path: CompactProof,
    /// The node record under the graph's root.
    pub record: Chunk,
    /// Its path.
    pub record_path: CompactProof,
    /// The entries of the inputs in order and then of the output, up to the first that is malformed: an
    /// index that its table does not have takes no entry, a depth out of bounds is the last entry.
    pub tables: Vec<TableEntry>,
}

/// A side's output tensor in its env, and the old one in the agreed env, at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// The output slot's root in the agreed env.
    pub tensor_old: Hash,
    /// The output slot's root in the side's env.
    pub tensor: Hash,
    /// The slot's path, the same under both.
    pub path: CompactProof,
}

/// What the node's opening learned of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedInput {
    /// The record's word: bit 31 set for a weight.
    pub code: u32,
    /// Depth of the tensor's tree.
    pub depth: u8,
    /// A weight's root; zero for a slot.
    pub root: Hash,
}

/// Opens the tile that a match came down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileOpening {
    /// The program.
    pub header: HeaderWords,
    /// Root of the node record.
    pub record_root: Hash,
    /// Root of the control slot as of env_k.
    pub control_root: Hash,
    /// The inputs as the node's opening hashed them.
    pub inputs: Vec<OpenedInput>,
    /// One for each input: a slot's root in the agreed env; zero for a weight.
    pub slot_roots: Vec<Hash>,
    /// One for each input: the slot's path under the agreed env; empty for a weight.
    pub slot_paths: Vec<CompactProof>,
    /// q_old.
    pub old_chunk: Hash,
    /// The chunk's subtree under T_old.
    pub chunk_path: CompactProof,
}

/// The proof of one instruction, in the layout of the machine's specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepProof(pub Vec<u8>);
