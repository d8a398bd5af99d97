//! The kernels as a MIPS program: what the chain executes, one instruction at a time.
//!
//! The image is flat: text from address 0, then constants, nothing writable. A run is one tile: `_start` sets the
//! stack, [`windows`] are the machine's memory as slices, `gavel_kernels::run_tile` rewrites the output chunk, and
//! `break 0x2A5` ends the run with success. Everything that could go wrong ends in `break 0`, which is a fault.
//!
//! Built for `mipsel-mti-none-elf` alone, by `cargo xtask artifacts`; for any other target it is an empty program.
#![cfg_attr(target_arch = "mips", no_std, no_main)]
#![cfg_attr(target_arch = "mips", feature(asm_experimental_arch))]

#[cfg(target_arch = "mips")]
mod no_heap;
#[cfg(target_arch = "mips")]
mod start;
#[cfg(target_arch = "mips")]
mod windows;

#[cfg(not(target_arch = "mips"))]
fn main() {}
