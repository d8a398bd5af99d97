//! Entry, success and failure.
#![allow(unsafe_code)] // the entry has no caller: it must be assembly and set the stack itself

use crate::windows;
use core::{arch::global_asm, panic::PanicInfo};

// The stack starts at the end of work memory, less the 16 bytes that a callee may use above its frame (o32) and alignment.
// `break 0x2A5` alone means success; the machine tests the whole word.
global_asm!(
    ".section .text.start, \"ax\", @progbits",
    ".globl _start",
    "_start:",
    ".set noreorder",
    "lui $sp, 0xF040",
    "jal gavel_tile",
    "addiu $sp, $sp, -32",
    ".word 0x02A5000D",
    ".set reorder",
    ".type _start, @function",
    ".size _start, . - _start",
);

/// One tile: reads the boot record, the control slot and the inputs, rewrites the chunk.
#[unsafe(no_mangle)]
extern "C" fn gavel_tile() {
    // SAFETY: called once, by `_start`: the slices made here are the only ones of this run.
    let memory = unsafe { windows::Memory::map() };
    gavel_kernels::run_tile(
        memory.boot,
        memory.control,
        &memory.inputs,
        memory.chunk,
        memory.scratch,
    );
}

/// A fault: `break 0` is not success, whatever the operator did before.
#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    // SAFETY: touches no memory and does not return.
    unsafe { core::arch::asm!("break 0", options(noreturn, nomem, nostack)) }
}
