//! What a token prints, for those who show an answer as it comes.

use gavel_program::{Op, Operand, Program};

/// Bytes that a token prints, from the tables that the program's detokenizer reads; `None` for a token or a program without a text.
pub fn printed(program: &Program, token: u32) -> Option<&[u8]> {
    let node = program
        .nodes
        .iter()
        .find(|node| matches!(node.op, Op::Detokenize(_)))?;
    let words = |place: usize| match node.inputs().get(place)? {
        Operand::Weight(index) => Some((*program.weights.get(*index as usize)?.words).as_ref()),
        Operand::Slot(_) => None,
    };
    let (texts, offsets) = (words(1)?, words(2)?);
    let offset = |place: usize| offsets.get(place).map(|offset| *offset as usize);
    let token = token as usize;
    bytemuck::cast_slice(texts).get(offset(token)?..offset(token + 1)?)
}
