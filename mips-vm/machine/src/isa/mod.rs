//! Words into instructions: one decoder for interpreter, disassembler and prover.

mod decode;
mod display;
mod op;

pub use decode::{SUCCESS, decode};
pub use display::register_name;
pub use op::Op;

/// A decoded word. Which fields count, and what `imm` holds, follows from `op`:
///
/// | instructions | `imm` |
/// |---|---|
/// | arithmetic and loads with an immediate | the immediate, extended as the instruction wants (`lui`: already shifted) |
/// | shifts by a constant | the amount |
/// | branches | distance from the branch itself to its target, in bytes |
/// | `j`, `jal` | bits 0 to 27 of the target |
/// | `ext` | mask of the field's size; `rd` holds its lowest bit |
/// | `ins` | mask of the field in place; `rd` holds its lowest bit |
/// | `break`, `syscall`, traps | the code field (immediate traps: the immediate, sign-extended) |
/// | illegal words | the word |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What it does.
    pub op: Op,
    /// First source register, base of a load or store.
    pub rs: u8,
    /// Second source, or destination of immediate instructions and loads.
    pub rt: u8,
    /// Destination, or lowest bit of a field.
    pub rd: u8,
    /// Constant, see the table.
    pub imm: u32,
}

const _: () = assert!(size_of::<Instruction>() == 8);
