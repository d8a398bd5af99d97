//! Nodes with their operands found among a program's slots and weights.

use gavel_kernels::shape;
use gavel_program::{Operand, Program, TILE_BYTES};

/// Where a node's operand lies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// A slot, by its place among the program's.
    Slot(usize),
    /// A weight, by its index.
    Weight(usize),
}

/// A node with its operands found.
#[derive(Clone, Debug)]
pub(super) struct Wired {
    pub(super) inputs: Vec<Source>,
    /// The place of the slot that it writes.
    pub(super) output: usize,
    /// Elements of a tile of the output.
    pub(super) per_tile: usize,
    /// Elements of a word of the output's tree.
    pub(super) per_word: usize,
}

impl Wired {
    /// All nodes of a program that passed its check.
    ///
    /// # Panics
    /// If a node names a slot that the program doesn't have.
    pub(super) fn all(program: &Program) -> Vec<Self> {
        let place = |index| {
            program
                .slot_place(index)
                .expect("a checked program names slots that there are")
        };
        let source = |operand: &Operand| match operand {
            Operand::Slot(index) => Source::Slot(place(*index)),
            Operand::Weight(index) => Source::Weight(*index as usize),
        };
        let nodes = program.nodes.iter().map(|node| {
            let dtype = shape::output(&node.op).dtype;
            Wired {
                inputs: node.inputs().iter().map(source).collect(),
                output: place(node.output),
                per_tile: TILE_BYTES * 8 / dtype.bits(),
                per_word: 32 / dtype.bits(),
            }
        });
        nodes.collect()
    }
}
