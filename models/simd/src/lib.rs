//! Fast paths of the operators: many rows at once, in vectors, over weights that are interleaved for it.
//!
//! `gavel-kernels` defines what every number is; nothing here defines anything. Each function computes, for a whole batch of
//! vectors, exactly the bits that the operator of its name computes for each of them alone, whatever the batch, the range or the
//! [`Level`] of instructions; the tests hold each level against the definition.
//!
//! - [`level`]: which instructions a processor has
//! - [`mod@pack`]: weights with the rows of a group interleaved
//! - [`activations`]: quantized input vectors
//! - [`mod@linear`]: matrix times vectors
//! - [`attention`]: scores, softmax and weighted sum in one go
//! - [`rows`]: norms, rotations, sums, SwiGLU: what stays within a vector
//! - [`sequence`]: the operators on rows
#![cfg_attr(target_arch = "wasm32", no_std)]

pub mod activations;
pub mod attention;
mod exp;
mod half;
pub mod level;
pub mod linear;
pub mod pack;
pub mod rows;
pub mod sequence;

pub use activations::{Activations, Quantizing};
pub use level::Level;
pub use linear::linear;
pub use pack::{GROUP, Layout, Packed};
