//! What a program is, byte by byte: tensors' types, node records, the control slot, the tables of
//! slots and weights, the header and its id. A newcomer reads [`op`] for the list of operators and
//! [`control`] for how a request moves from phase to phase.
//!
//! `no_std` (with `alloc`); the kernels, the importers, the executors and the composer of the
//! machine's first states all read these layouts and nothing else knows them.
#![no_std]
extern crate alloc;

pub mod boot;
pub mod control;
pub mod dtype;
pub mod header;
pub mod node;
pub mod op;
pub mod pretokenizer;
pub mod program;
pub mod table;
pub mod trees;
pub mod weight_format;

pub use boot::{TILE_BYTES, TILE_DEPTH, WINDOW_DEPTH};
pub use control::{Control, Phase};
pub use dtype::DType;
pub use header::Header;
pub use node::{MAX_INPUTS, NODE_WORDS, Node, Operand, RECORD_DEPTH};
pub use op::Op;
pub use pretokenizer::Pretokenizer;
pub use program::{Program, Slot, Weight, Words};
pub use table::TensorInfo;
pub use trees::ProgramTrees;
pub use weight_format::{PlaneLayout, WeightFormat};
