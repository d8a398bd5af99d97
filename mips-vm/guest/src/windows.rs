//! The machine's windows as slices. The map is `gavel_program::boot`.
#![allow(unsafe_code)] // fixed addresses are all the memory there is

use core::{ptr, slice};
use gavel_program::{
    MAX_INPUTS, TILE_BYTES,
    boot::{
        BOOT_WINDOW, BOOT_WORDS, CONTROL_WINDOW, INPUT_WINDOW, SCRATCH_WORDS, WINDOW_BYTES,
        WORK_BYTES, WORK_WINDOW, window_address,
    },
    control::CONTROL_WORDS,
};

/// Words of a window.
const WINDOW_WORDS: usize = WINDOW_BYTES / 4;
/// Where scratch begins in the work window, in bytes: a page past the chunk.
const SCRATCH_AT: usize = 0x1000;
/// What the stack keeps at least, in bytes.
const STACK_BYTES: usize = 1 << 20;

const _: () = assert!(INPUT_WINDOW + MAX_INPUTS == WORK_WINDOW);
const _: () = assert!(TILE_BYTES <= SCRATCH_AT);
const _: () = assert!(SCRATCH_AT + SCRATCH_WORDS * 4 + STACK_BYTES <= WORK_BYTES);

/// All memory that a tile may touch but image and stack.
pub(crate) struct Memory {
    /// Node record and tile index.
    pub(crate) boot: &'static [u32; BOOT_WORDS],
    /// The control slot when the node began.
    pub(crate) control: &'static [u32; CONTROL_WORDS],
    /// The inputs' windows, whole: zero past each tensor.
    pub(crate) inputs: [&'static [u32]; MAX_INPUTS],
    /// The output chunk, old words first.
    pub(crate) chunk: &'static mut [u32; TILE_BYTES / 4],
    /// Scratch.
    pub(crate) scratch: &'static mut [u32],
}

impl Memory {
    /// The map of this machine.
    ///
    /// # Safety
    /// Once a run: chunk and scratch are handed out as the only references to them.
    pub(crate) unsafe fn map() -> Memory {
        let work = window_address(WORK_WINDOW) as usize;
        // SAFETY: windows 1..=14 are mapped whole, aligned and never written; chunk and scratch lie in the mapped part of
        // the work window, apart from each other and from the stack (asserted above), and any words are valid u32s.
        unsafe {
            Memory {
                boot: &*read_only(BOOT_WINDOW).cast(),
                control: &*read_only(CONTROL_WINDOW).cast(),
                inputs: core::array::from_fn(|input| {
                    slice::from_raw_parts(read_only(INPUT_WINDOW + input), WINDOW_WORDS)
                }),
                chunk: &mut *ptr::with_exposed_provenance_mut(work),
                scratch: slice::from_raw_parts_mut(
                    ptr::with_exposed_provenance_mut(work + SCRATCH_AT),
                    SCRATCH_WORDS,
                ),
            }
        }
    }
}

/// First word of a window.
fn read_only(window: usize) -> *const u32 {
    ptr::with_exposed_provenance(window_address(window) as usize)
}
