//! Whether a program's tensors fit into sandboxes, which address four gigabytes each.

use super::WasmError;
use gavel_program::{Op, Operand, Program};
use std::collections::BTreeSet;

/// Bytes that an instance addresses.
const ADDRESSED: u64 = 1 << 32;
/// Bytes for a batch's rows and the module's own.
const ROWS: u64 = 256 << 20;

/// Looks whether a request of a program can be computed by so many instances. The estimate is of what the first one holds, which is
/// most: its share of the matrices, all other weights, and the slots that live as long as a request.
///
/// # Errors
/// [`WasmError::TooLarge`], with what the program needs.
pub(super) fn check(program: &Program, instances: usize) -> Result<(), WasmError> {
    let needed = needed(program, instances as u64);
    if needed <= ADDRESSED {
        return Ok(());
    }
    Err(WasmError::TooLarge {
        needed: needed >> 20,
        instances,
    })
}

fn needed(program: &Program, instances: u64) -> u64 {
    let (mut shared, mut whole) = (BTreeSet::new(), BTreeSet::new());
    for node in &program.nodes {
        let weights = node.inputs().iter().filter_map(|operand| match operand {
            Operand::Weight(index) => Some(*index as usize),
            Operand::Slot(_) => None,
        });
        match node.op {
            Op::Linear(_) | Op::ExpertLinear(_) => shared.extend(weights),
            _ => whole.extend(weights),
        }
    }
    let bytes = |weights: &BTreeSet<usize>| -> u64 {
        let words = |index: &usize| (*program.weights[*index].words).as_ref().len() as u64;
        weights.iter().map(|index| 4 * words(index)).sum()
    };
    let slots: u64 = program
        .slots
        .iter()
        .map(|slot| 4 * slot.words() as u64)
        .sum();
    // A matrix for short vectors has scales of 32 bits for those of 16: at most a fifth more.
    bytes(&shared) * 6 / 5 / instances + bytes(&whole) + slots + ROWS
}
