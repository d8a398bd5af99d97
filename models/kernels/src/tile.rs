//! One tile, as the machine proves it.

use crate::{run_range, shape};
use gavel_program::boot::{BOOT_WORDS, TILE_BYTES};
use gavel_program::control::CONTROL_WORDS;
use gavel_program::{Control, NODE_WORDS, Node};

/// Computes one tile's chunk in place, from the boot record, the control slot and the inputs.
///
/// The chunk keeps its bytes where the record is malformed or outside the operators' domain, where the node's predicate fails, and
/// past the output's end. `scratch` has [`SCRATCH_WORDS`](gavel_program::boot::SCRATCH_WORDS).
pub fn run_tile(
    boot: &[u32; BOOT_WORDS],
    control: &[u32; CONTROL_WORDS],
    inputs: &[&[u32]],
    chunk: &mut [u32; TILE_BYTES / 4],
    scratch: &mut [u32],
) {
    let (record, tile) = boot
        .split_first_chunk::<NODE_WORDS>()
        .expect("a boot record starts with a node record");
    let Some(node) = Node::decode(record) else {
        return;
    };
    let control = Control::decode(control);
    if node.predicate & control.phase().bit() == 0 {
        return;
    }
    let elements = shape::output(&node.op).dtype.per_tile();
    let Some(start) = (tile[0] as usize).checked_mul(elements) else {
        return;
    };
    let range = start..start.saturating_add(elements);
    run_range(&node, &control, inputs, range, chunk, scratch);
}
