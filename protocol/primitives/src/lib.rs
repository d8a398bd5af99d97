//! The words that every other room uses: one hash, one tree, one proof format, one table of
//! domain tags, and the encodings of requests and results.
//!
//! `no_std` (with `alloc`), no I/O, no clock. What is defined here is defined again in
//! `contracts/src/libraries`; the shared vectors in `mips-vm/vectors` hold the two together.
#![no_std]
extern crate alloc;

mod hash;
mod merkle;
mod proof;
mod request;
mod result;
mod sparse;
mod status;
mod stop;
pub mod tag;

pub use hash::{Hash, Hasher, keccak, node, tagged, word};
pub use merkle::{
    Depth, HashPairs, MAX_DEPTH, Tree, leaves_of_bytes, padded_root, raise, root_of_bytes,
    root_of_leaves, zero_root,
};
pub use proof::{CompactProof, Proof, ProofError};
pub use request::{Params, Request, prompt_depth_fits};
pub use result::ResultCommitment;
pub use sparse::ConstantTail;
pub use status::{Status, StatusCode};
pub use stop::{MOST_STOP_BYTES, STOP_TEXTS, StopError, StopText, StopTexts};
