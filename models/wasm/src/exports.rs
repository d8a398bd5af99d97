//! What the host calls.
#![allow(unsafe_code)] // the host's addresses become slices; the sandbox bounds whatever they are

use core::{panic::PanicInfo, slice};
use gavel_program::{
    Control, MAX_INPUTS, NODE_WORDS, Node, boot::SCRATCH_WORDS, control::CONTROL_WORDS,
};

/// Returned when the output was computed.
const DONE: u32 = 0;
/// Returned when the record decodes to no node: the output keeps its words.
const MALFORMED: u32 = 1;

/// A tensor in the module's memory.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Tensor {
    /// Address of the first word.
    address: *const u32,
    /// Number of words.
    words: usize,
}

/// Computes the output elements `first..end` of the node of a record, as `gavel_kernels::run_range`; the predicate is the caller's to test.
///
/// `inputs` are as many pairs (address, words) as the record has inputs, each at least as long as the parameters say; `out` holds the
/// `out_words` old words of the range; `scratch` has room for 3 * 2^17 words. Returns 0, or 1 if the record is malformed. Traps
/// where `gavel_kernels::run_range` panics.
///
/// # Safety
/// All addresses are 4-byte aligned; `out` and `scratch` overlap nothing.
#[allow(clippy::too_many_arguments)] // a flat call: nothing to marshal
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn run_range(
    record: &[u32; NODE_WORDS],
    control: &[u32; CONTROL_WORDS],
    inputs: *const Tensor,
    first: usize,
    end: usize,
    out: *mut u32,
    out_words: usize,
    scratch: *mut u32,
) -> u32 {
    let Some(node) = Node::decode(record) else {
        return MALFORMED;
    };
    let mut tensors: [&[u32]; MAX_INPUTS] = [&[]; MAX_INPUTS];
    // SAFETY: the host's promise above; any words are valid u32s, and the host leaves the memory alone during the call.
    let (out, scratch) = unsafe {
        let listed = slice::from_raw_parts(inputs, node.input_count);
        for (tensor, place) in tensors.iter_mut().zip(listed) {
            *tensor = slice::from_raw_parts(place.address, place.words);
        }
        (
            slice::from_raw_parts_mut(out, out_words),
            slice::from_raw_parts_mut(scratch, SCRATCH_WORDS),
        )
    };
    let tensors = &tensors[..node.input_count];
    gavel_kernels::run_range(
        &node,
        &Control::decode(control),
        tensors,
        first..end,
        out,
        scratch,
    );
    DONE
}

/// A trap.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
