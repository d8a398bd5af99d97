//! The `gavel` binary as separate processes, against chains that live in the test's own.

mod bad_input;
mod children;
mod commands;
mod devnet;
mod refusals;
mod restarts;
