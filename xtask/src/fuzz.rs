//! `cargo xtask fuzz`: the tests that try changed files, for longer than `cargo test` gives them.

use crate::run;
use anyhow::Result;

/// Options.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What reads the files
    #[arg(value_enum)]
    reader: Reader,
    /// How long
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Seed of the first file; the next has the next one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Add files that end in a way not seen before to the corpus
    #[arg(long)]
    keep: bool,
}

/// Readers by name.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Reader {
    /// Import of GGUF files
    Gguf,
    /// Import of ONNX files
    Onnx,
    /// Import of opML's files
    Mlgo,
    /// Import of a folder's safetensors and configuration
    Safetensors,
    /// Import of a folder's tokenizer
    Tokenizer,
}

impl Reader {
    /// Package, test, and what the test calls it.
    fn test(self) -> [&'static str; 3] {
        let name = match self {
            Reader::Gguf => "gguf",
            Reader::Onnx => "onnx",
            Reader::Mlgo => "mlgo",
            Reader::Safetensors => "safetensors",
            Reader::Tokenizer => "tokenizer",
        };
        ["gavel-formats", "fuzz", name]
    }
}

/// Runs the test.
///
/// # Errors
/// When a file is not survived; the test says which.
pub(crate) fn fuzz(args: &Args) -> Result<()> {
    let [package, test, reader] = args.reader.test();
    let mut command = run::command("cargo", &["test", "--package", package, "--test", test]);
    command.args(["mutants_are_survived", "--", "--nocapture"]);
    command.env("GAVEL_FUZZ_READER", reader);
    command.env("GAVEL_FUZZ_SECONDS", (args.minutes * 60).to_string());
    command.env("GAVEL_FUZZ_SEED", args.seed.to_string());
    if args.keep {
        command.env("GAVEL_FUZZ_KEEP", "1");
    }
    run::run(&mut command)
}
