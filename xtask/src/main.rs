//! Repository tasks: `cargo xtask --help`.

mod artifacts;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Repository tasks.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Rebuild the committed artifacts: guest image and wasm module
    Artifacts {
        /// Only these: guest, wasm
        names: Vec<String>,
        /// Write nothing: compare a fresh build with what is committed
        #[arg(long)]
        check: bool,
    },
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::Artifacts { names, check } => artifacts::run(&names, check),
    }
}
