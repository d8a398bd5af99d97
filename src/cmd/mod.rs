//! The commands, one file each.
mod run;

use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer one prompt here and now, without a chain.
    Run(run::Args),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Run(args) => run::run(&args),
        }
    }
}
