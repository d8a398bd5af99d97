//! Who computes a node.

use crate::batch::workshop::{Planned, Prepared};
use gavel_program::{Control, Node};
use std::ops::Range;

/// One node to compute, or a part of it.
pub struct Call<'a> {
    /// The node's index in the graph, by which an executor may keep prepared weights.
    pub index: usize,
    /// The node; its predicate holds.
    pub node: &'a Node,
    /// The control slot as it was when the node began.
    pub control: &'a Control,
    /// The inputs' words.
    pub inputs: &'a [&'a [u32]],
    /// Output elements to compute: whole tiles, but for the end of the slot's tree.
    pub range: Range<usize>,
}

/// An executor: native code, WebAssembly. All give the same bits.
pub trait Executor: Send + Sync {
    /// Computes the output elements of a call. `out` holds the range's old words, and the new ones on return.
    fn run(&self, call: &Call<'_>, out: &mut [u32]);

    /// Makes a program's weights ready for batches; `None` if this executor runs node by node alone.
    fn prepare(&self, _: &Planned) -> Option<Box<dyn Prepared>> {
        None
    }

    /// A name for people.
    fn name(&self) -> &'static str;
}
