//! The `gavel` command line.
mod cmd;
mod model;

use clap::Parser;
use std::process::ExitCode;

/// An optimistic ML inference rollup: one command line for every role.
#[derive(Debug, Parser)]
#[command(name = "gavel", version)]
struct Cli {
    #[command(subcommand)]
    command: cmd::Command,
}

/// Errors end with 1, wrong usage (which clap reports) with 2.
fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
