//! The `gavel` command line.
mod amount;
mod chain;
mod cmd;
mod deployment_file;
mod drafts;
mod key;
mod logs;
mod model;
mod progress;
mod settings;
mod setup;
mod shutdown;
mod usage;

use clap::Parser;
use std::process::ExitCode;

/// An optimistic ML inference rollup: one command line for every role.
///
/// Exit status: 0 if it was done, 1 if it failed, 2 for wrong usage.
#[derive(Debug, Parser)]
#[command(name = "gavel", version)]
struct Cli {
    #[command(subcommand)]
    command: cmd::Command,
}

/// Errors end with 1, wrong usage (which clap reports, as far as it can see it) with 2.
fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            usage::exit_if_usage(&error);
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
