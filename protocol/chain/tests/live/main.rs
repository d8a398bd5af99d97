//! The crate against the embedded chain: real contracts, real transactions.

mod board;
mod dispute;
mod reorg;
mod rollup;
mod sending;
