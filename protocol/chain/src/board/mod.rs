//! Reading the player's board from the chain.

mod index;
mod reader;

pub use reader::{BoardReader, check};
