//! The operators: the definition of every number. One source for native code, WebAssembly and MIPS.
//!
//! An operator is a function of the node's parameters, the control slot, the inputs and a range of output elements;
//! [`run_range`] computes any range, [`run_tile`] the 256 bytes that the machine proves. Kernels are stateless: they own no
//! memory but the scratch they are given (its content on entry is unspecified), and what they compute for an element does not depend on the
//! range in which it is asked for.
#![no_std]

use core::ops::Range;
use gavel_program::{Control, Node, boot::BOOT_WORDS, control::CONTROL_WORDS};

/// Computes the output elements `range` of `node`. `out` holds the old words of exactly that range on entry (ranges start and end
/// at whole tiles, but for the end of the slot's tree) and the new ones on return. `inputs` are the tensors' words, at least as long as
/// the parameters say. The predicate is the caller's to test.
pub fn run_range(
    _node: &Node,
    _control: &Control,
    _inputs: &[&[u32]],
    _range: Range<usize>,
    _out: &mut [u32],
    _scratch: &mut [u32],
) {
}

/// The elements of the output that `node` may change under this control; the rest keeps its value.
pub fn touched(_node: &Node, _control: &Control) -> Range<usize> {
    0..0
}

/// One tile, as the machine runs it: tests the predicate, then computes the tile's chunk in place.
pub fn run_tile(
    _boot: &[u32; BOOT_WORDS],
    _control: &[u32; CONTROL_WORDS],
    _inputs: &[&[u32]],
    _chunk: &mut [u32; 64],
    _scratch: &mut [u32],
) {
}
