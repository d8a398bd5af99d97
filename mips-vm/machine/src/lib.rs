//! The MIPS32 machine: run, hash and prove one step.
