//! Making the proof of one step.

use super::encoding::{Opening, StepProof};
use super::touch::touched;
use crate::memory::{Context, InputTrees, Place};
use crate::state::Machine;
use gavel_primitives::{Hash, Proof};

/// The proof of the step from `state`.
pub fn prove(context: &Context<'_>, state: &Machine, trees: &dyn InputTrees) -> StepProof {
    let registers = &state.registers;
    let word = context
        .image
        .word(registers.pc)
        .filter(|_| !registers.exited());
    let image_depth = context.image.depth();
    let touch = touched(registers, word, image_depth);
    StepProof {
        work_root: state.work.root(),
        registers: registers.clone(),
        fetch: word.map(|_| {
            open(
                context,
                state,
                trees,
                Place::Image(u64::from(registers.pc >> 5)),
            )
        }),
        data: touch.map(|touch| open(context, state, trees, touch.place)),
    }
}

fn open(context: &Context<'_>, state: &Machine, trees: &dyn InputTrees, place: Place) -> Opening {
    let (leaf, siblings) = match place {
        Place::Image(index) => {
            let tree = context.image.tree();
            (tree.node(0, index), tree.siblings(0, index))
        }
        Place::Inputs(index) => (input_leaf(context, index), trees.siblings(index)),
        Place::Work(index) => (state.work.leaf(index), state.work.siblings(0, index)),
    };
    let proof = Proof { siblings }.compact(0);
    Opening { leaf, proof }
}

fn input_leaf(context: &Context<'_>, index: u64) -> Hash {
    let bytes = context.inputs.window((index >> 23) as usize);
    let at = (index as usize & 0x7F_FFFF) * 32;
    let mut leaf = [0u8; 32];
    let rest = bytes.get(at..).unwrap_or_default();
    leaf.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    Hash(leaf)
}
