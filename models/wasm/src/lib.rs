//! The kernels as a WebAssembly module: sandboxed, metered, and equal to native code bit for bit.
//!
//! The module imports nothing and allocates nothing. It exports its memory, `__heap_base` (the first byte that is the host's to lay
//! out), `run_range` and, for batches of vectors, the fast paths of `gavel-simd`. The host grows the memory, writes record, control slot, inputs and the output's old words at
//! places of its choice (all 4-byte aligned), calls, and reads the output back.
//!
//! Built for `wasm32-unknown-unknown` with simd128 and one instruction of relaxed SIMD, on operands for which it has one result, by
//! `cargo xtask artifacts`; for any other target it is an empty library.
#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
mod batch;
#[cfg(target_arch = "wasm32")]
mod exports;
#[cfg(target_arch = "wasm32")]
mod no_heap;
