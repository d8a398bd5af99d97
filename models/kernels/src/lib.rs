//! The operators: the definition of every number. One source for native code, WebAssembly and MIPS.
//!
//! An operator is a function of the node's parameters, the control slot, the inputs and a range of output elements;
//! [`run_range`] computes any range, [`run_tile`] the 256 bytes that the machine proves. Kernels are stateless: they own no
//! memory but the scratch they are given (its content on entry is unspecified), and what they compute for an element does not depend on the
//! range in which it is asked for.
#![no_std]

mod advance;
mod attention;
pub mod cost;
mod dispatch;
mod elementwise;
mod embed;
mod experts;
mod image;
mod linear;
mod matrix;
mod norm;
pub mod num;
mod reply;
mod rope;
mod row_softmax;
mod rows;
mod sample;
pub mod shape;
mod spans;
mod store;
pub mod text;
mod tile;
pub mod view;

pub use cost::cost;
pub use dispatch::{run_range, touched, touched_by};
pub use sample::uniform;
pub use shape::{Shape, in_domain};
pub use tile::run_tile;
