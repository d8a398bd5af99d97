//! The machine against itself (fast path, plain step, traces, proofs) and against `MipsStep` under revm.

mod encoding;
mod evm;
mod worlds;

mod decoder;
mod gas;
mod parity;
mod parity_refusals;
mod proofs;
mod runs;
mod semantics;
mod tags;
mod traces;
