//! The machine against itself: fast path, plain step, traces, proofs.

mod encoding;
mod worlds;

mod decoder;
mod proofs;
mod runs;
mod semantics;
mod traces;
