//! The machine against itself (fast path, plain step, traces, proofs), against `MipsStep` under revm, and against an emulator
//! that others wrote.

mod comparison;
mod elf;
mod encoding;
mod evm;
mod worlds;

mod decoder;
mod gas;
mod guest_runs;
mod independent;
mod parity;
mod parity_refusals;
mod proofs;
mod runs;
mod semantics;
mod tags;
mod traces;
