//! The choice of the next token.

mod heap;
mod penalize;
mod probs;
mod random;
mod sampler;

pub(crate) use penalize::penalize;
pub(crate) use probs::probs;
pub use random::uniform;
pub(crate) use sampler::{sample, slot};
