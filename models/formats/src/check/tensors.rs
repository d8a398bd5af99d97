//! The tables: slots and weights.

use super::CheckError;
use super::header::between;
use gavel_primitives::Depth;
use gavel_program::boot::{TILE_DEPTH, WINDOW_DEPTH};
use gavel_program::control::CONTROL_WORDS;
use gavel_program::table::depth_of;
use gavel_program::{DType, Program, Slot};

/// Slots at their indexes, of depths that fit them, and those that the chain knows as it expects them.
pub(super) fn check_slots(program: &Program) -> Result<(), CheckError> {
    let header = &program.header;
    let half = 1u32 << header.slot_depth;
    let indexes = (0..header.persistent_count).chain(half..half + header.scratch_count);
    for (slot, index) in program.slots.iter().zip(indexes) {
        slot_is(slot, "index", slot.index, index)?;
        slot_is(
            slot,
            "depth",
            slot.depth,
            depth_of(slot.dtype.bytes(slot.len)),
        )?;
        if slot.depth > WINDOW_DEPTH {
            return Err(slot_error(
                slot,
                "depth",
                slot.depth,
                format!("at most {WINDOW_DEPTH}"),
            ));
        }
    }
    check_special(
        program,
        header.control_slot,
        DType::I32,
        TILE_DEPTH,
        CONTROL_WORDS as u32,
    )?;
    let (prompt, output) = (header.max_prompt_bytes, header.max_output_bytes);
    check_special(
        program,
        header.prompt_slot,
        DType::U8,
        header.prompt_depth,
        prompt,
    )?;
    check_special(
        program,
        header.output_slot,
        DType::U8,
        header.output_depth,
        output,
    )
}

/// A slot that the chain knows: persistent, of the type and depth that it expects, and at least as long.
fn check_special(
    program: &Program,
    index: u32,
    dtype: DType,
    depth: Depth,
    len: u32,
) -> Result<(), CheckError> {
    let last = program.header.persistent_count - 1;
    between("slot of prompt, control or output", index, 0, last.into())?;
    let slot = &program.slots[index as usize];
    slot_is(slot, "type", slot.dtype, dtype)?;
    slot_is(slot, "depth", slot.depth, depth)?;
    if slot.len < len as usize {
        return Err(slot_error(
            slot,
            "length",
            slot.len,
            format!("at least {len}"),
        ));
    }
    Ok(())
}

fn slot_is<T: PartialEq + std::fmt::Debug>(
    slot: &Slot,
    what: &'static str,
    got: T,
    expected: T,
) -> Result<(), CheckError> {
    if got == expected {
        return Ok(());
    }
    Err(slot_error(slot, what, got, format!("{expected:?}")))
}

fn slot_error(
    slot: &Slot,
    what: &'static str,
    got: impl std::fmt::Debug,
    expected: String,
) -> CheckError {
    CheckError::Slot {
        index: slot.index,
        what,
        got: format!("{got:?}"),
        expected,
    }
}

/// Every weight fills its depth: not more bytes than its leaves, and more than a smaller tree holds.
pub(super) fn check_weights(program: &Program) -> Result<(), CheckError> {
    for (index, weight) in program.weights.iter().enumerate() {
        let bytes = (*weight.words).as_ref().len() as u64 * 4;
        let depth = weight.info.depth;
        if depth > WINDOW_DEPTH || depth_of(bytes as usize) != depth {
            let high = 32u64 << depth.min(WINDOW_DEPTH);
            return Err(CheckError::Weight {
                index,
                name: weight.name.clone(),
                got: bytes,
                depth,
                low: if depth > TILE_DEPTH { high / 2 + 1 } else { 0 },
                high,
            });
        }
    }
    Ok(())
}
