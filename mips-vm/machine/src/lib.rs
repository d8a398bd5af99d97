//! The MIPS32 machine: run, hash and prove one step. `docs/spec/machine.md` is its definition.

mod exec;
mod exit;
pub mod isa;
pub mod memory;
mod proof;
mod run;
mod state;
mod step;
mod trace;

pub use exit::Exit;
pub use memory::{Context, Image, InputTrees, Inputs, LazyTrees, Work};
pub use proof::{Opening, Part, ProofRefused, StepProof, prove, step_proof};
pub use run::run;
pub use state::{Machine, REGISTERS_BYTES, Registers};
pub use step::step;
pub use trace::{FaultyStore, SEGMENT_DEPTH, Trace, run_faulty};
