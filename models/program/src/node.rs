//! Node records: one entry of a program's graph, 256 bytes.
//!
//! | word | field |
//! |---|---|
//! | 0 | opcode |
//! | 1 | predicate: mask of phases |
//! | 2 | output slot |
//! | 3 | number of inputs, at most 12 |
//! | 4..15 | inputs: bit 31 set = weight index, else slot index; unused ones zero |
//! | 16..47 | parameters of the opcode |
//! | 48..63 | zero |

use crate::op::{Op, PARAM_WORDS};
use gavel_primitives::{Depth, Hash, root_of_bytes};

/// Words of a record.
pub const NODE_WORDS: usize = 64;
/// Depth of a record's tree: eight leaves.
pub const RECORD_DEPTH: Depth = 3;
/// Most inputs of a node.
pub const MAX_INPUTS: usize = 12;
/// First parameter word.
pub const PARAMS_AT: usize = 16;
/// Marks a weight among the inputs.
pub const WEIGHT_BIT: u32 = 1 << 31;

/// What a node reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A slot, by its index in the env tree.
    Slot(u32),
    /// A weight, by its index in the weight table.
    Weight(u32),
}

impl Operand {
    /// The word of a record.
    pub const fn code(self) -> u32 {
        match self {
            Operand::Slot(index) => index,
            Operand::Weight(index) => index | WEIGHT_BIT,
        }
    }

    /// Reads a record's word.
    pub const fn from_code(code: u32) -> Operand {
        if code & WEIGHT_BIT != 0 {
            Operand::Weight(code & !WEIGHT_BIT)
        } else {
            Operand::Slot(code)
        }
    }
}

/// One node of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Operator and its parameters.
    pub op: Op,
    /// Mask of the phases in which it runs.
    pub predicate: u32,
    /// Slot that it writes, by its index in the env tree.
    pub output: u32,
    /// Inputs; those past `input_count` are `Slot(0)`.
    pub inputs: [Operand; MAX_INPUTS],
    /// Number of inputs.
    pub input_count: usize,
}

impl Node {
    /// A node.
    ///
    /// # Panics
    /// If there are more than [`MAX_INPUTS`] inputs.
    pub fn new(op: Op, predicate: u32, inputs: &[Operand], output: u32) -> Self {
        let mut all = [Operand::Slot(0); MAX_INPUTS];
        all[..inputs.len()].copy_from_slice(inputs);
        Node {
            op,
            predicate,
            output,
            inputs: all,
            input_count: inputs.len(),
        }
    }

    /// The inputs.
    pub fn inputs(&self) -> &[Operand] {
        &self.inputs[..self.input_count]
    }

    /// The record's words.
    pub fn encode(&self) -> [u32; NODE_WORDS] {
        let mut words = [0; NODE_WORDS];
        words[0] = self.op.code();
        words[1] = self.predicate;
        words[2] = self.output;
        words[3] = self.input_count as u32;
        for (word, input) in words[4..].iter_mut().zip(self.inputs()) {
            *word = input.code();
        }
        words[PARAMS_AT..PARAMS_AT + PARAM_WORDS].copy_from_slice(&self.op.params());
        words
    }

    /// Reads a record; `None` if the opcode is unknown, there are too many inputs, or a parameter is out of its domain.
    pub fn decode(words: &[u32; NODE_WORDS]) -> Option<Node> {
        let input_count = words[3] as usize;
        if input_count > MAX_INPUTS {
            return None;
        }
        let mut inputs = [Operand::Slot(0); MAX_INPUTS];
        for (input, word) in inputs.iter_mut().zip(&words[4..4 + input_count]) {
            *input = Operand::from_code(*word);
        }
        let mut params = [0; PARAM_WORDS];
        params.copy_from_slice(&words[PARAMS_AT..PARAMS_AT + PARAM_WORDS]);
        Some(Node {
            op: Op::decode(words[0], &params)?,
            predicate: words[1],
            output: words[2],
            inputs,
            input_count,
        })
    }
}

/// The bytes of a record, little-endian.
pub fn record_bytes(words: &[u32; NODE_WORDS]) -> [u8; NODE_WORDS * 4] {
    let mut bytes = [0; NODE_WORDS * 4];
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// Root of a record's own tree.
pub fn record_root(words: &[u32; NODE_WORDS]) -> Hash {
    root_of_bytes(&record_bytes(words), RECORD_DEPTH)
}
