//! The commands, one file each.
mod bench;
mod bond;
mod demo;
mod deploy;
mod devnet;
mod example;
mod import;
mod inspect;
mod model;
mod request;
mod run;
mod sequence;
mod status;
mod verify;

use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer one prompt here and now, without a chain.
    Run(run::Args),
    /// Import a model file: what is computed of it once is kept beside it, and its program id printed.
    Import(import::Args),
    /// Show what a model's program is made of and what its steps cost.
    Inspect(inspect::Args),
    /// Play a request, a liar and a dispute to the end on an embedded chain.
    Demo(demo::Args),
    /// Run a chain with a rollup, a sequencer and a watcher until ctrl-C.
    Devnet(devnet::Args),
    /// Deploy the contracts of a rollup.
    Deploy(deploy::Args),
    /// Register models.
    Model(model::Args),
    /// Add to an account's bond, or withdraw from it.
    Bond(bond::Args),
    /// Ask a lane's model through the hub.
    Request(request::Args),
    /// Show what the chain says of the rollup, a request, a batch or a dispute.
    Status(status::Args),
    /// Answer a lane's requests and propose batches, until SIGINT or SIGTERM.
    Sequence(sequence::Args),
    /// Check batches, dispute what is wrong and defend what is right, until SIGINT or SIGTERM.
    Verify(verify::Args),
    /// Deploy the example dApp and ask through it.
    Example(example::Args),
    /// Measure speed: the proving machine's, or a model's.
    Bench(bench::Args),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Run(args) => run::run(&args),
            Command::Import(args) => import::run(&args),
            Command::Inspect(args) => inspect::run(&args),
            Command::Demo(args) => demo::run(&args),
            Command::Devnet(args) => devnet::run(&args),
            Command::Deploy(args) => deploy::run(&args),
            Command::Model(args) => model::run(&args),
            Command::Bond(args) => bond::run(&args),
            Command::Request(args) => request::run(&args),
            Command::Status(args) => status::run(&args),
            Command::Sequence(args) => sequence::run(&args),
            Command::Verify(args) => verify::run(&args),
            Command::Example(args) => example::run(&args),
            Command::Bench(args) => bench::run(&args),
        }
    }
}
