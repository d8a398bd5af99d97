//! The commands, one file each.
mod bench;
mod demo;
mod run;

use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer one prompt here and now, without a chain.
    Run(run::Args),
    /// Measure speed: the proving machine's, or a model's.
    Bench(bench::Args),
    /// Play a request, a liar and a dispute to the end on an embedded chain.
    Demo(demo::Args),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Run(args) => run::run(&args),
            Command::Bench(args) => bench::run(&args),
            Command::Demo(args) => demo::run(&args),
        }
    }
}
