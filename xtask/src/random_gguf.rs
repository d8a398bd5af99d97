//! `cargo xtask random-gguf`: a model file of any shape with random weights.

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use gavel_fixtures::random::{Family, LEAST_VOCAB, RandomModel, Storage};
use std::{fs::File, path::PathBuf};

/// Options: a named shape, and what differs from it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file to write
    #[arg(long, value_name = "FILE.gguf")]
    out: PathBuf,
    /// A published model's shape
    #[arg(long, value_enum, default_value_t)]
    shape: Shape,
    /// The family
    #[arg(long, value_parser = family, default_value = "llama")]
    family: Family,
    /// Elements of the residual stream
    #[arg(long)]
    dim: Option<u32>,
    /// Layers
    #[arg(long)]
    layers: Option<u32>,
    /// Query heads
    #[arg(long)]
    heads: Option<u32>,
    /// Key and value heads
    #[arg(long)]
    kv_heads: Option<u32>,
    /// Elements of the feed-forward network, of a mixture of each expert
    #[arg(long)]
    ffn: Option<u32>,
    /// Experts of a mixture's layer
    #[arg(long)]
    experts: Option<u32>,
    /// Experts that a token is sent to
    #[arg(long)]
    experts_used: Option<u32>,
    /// Tokens
    #[arg(long)]
    vocab: Option<u32>,
    /// Positions
    #[arg(long)]
    context: Option<u32>,
    /// How matrices are stored
    #[arg(long = "type", value_parser = storage, default_value = "q8_0")]
    storage: Storage,
    /// Whether the embedding table stands for the output matrix
    #[arg(long)]
    tied: bool,
    /// Everything random follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Shapes by name.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Shape {
    /// 288 wide, 6 layers
    #[default]
    Stories15m,
    /// 2,048 wide, 22 layers: 1.1 billion parameters
    Tinyllama,
}

/// A family by its name.
fn family(name: &str) -> Result<Family> {
    let names = Family::ALL.map(Family::name).join(", ");
    Family::ALL
        .into_iter()
        .find(|family| family.name() == name)
        .with_context(|| format!("{name:?} is none of {names}"))
}

/// A storage type by its name in files.
fn storage(name: &str) -> Result<Storage> {
    let names = || Storage::all().map(Storage::name).collect::<Vec<_>>();
    Storage::all()
        .find(|storage| storage.name() == name)
        .with_context(|| format!("{name:?} is none of {}", names().join(", ")))
}

/// Writes the file.
///
/// # Errors
/// When the shape is no model's, or the file can't be written.
pub(crate) fn run(args: &Args) -> Result<()> {
    let model = args.model();
    check(&model)?;
    let failed = || format!("{}", args.out.display());
    let file = File::create(&args.out).with_context(failed)?;
    match args.tied {
        true => model.write_tied(&file),
        false => model.write(&file),
    }
    .with_context(failed)?;
    let bytes = file.metadata().with_context(failed)?.len();
    println!("{}: {bytes} bytes, {model:?}", args.out.display());
    Ok(())
}

impl Args {
    fn model(&self) -> RandomModel {
        let named = match self.shape {
            Shape::Stories15m => RandomModel::STORIES15M,
            Shape::Tinyllama => RandomModel::TINYLLAMA,
        };
        RandomModel {
            family: self.family,
            dim: self.dim.unwrap_or(named.dim),
            layers: self.layers.unwrap_or(named.layers),
            heads: self.heads.unwrap_or(named.heads),
            kv_heads: self.kv_heads.unwrap_or(named.kv_heads),
            ffn: self.ffn.unwrap_or(named.ffn),
            experts: [
                self.experts.unwrap_or(named.experts[0]),
                self.experts_used.unwrap_or(named.experts[1]),
            ],
            vocab: self.vocab.unwrap_or(named.vocab),
            context: self.context.unwrap_or(named.context),
            storage: self.storage,
            seed: self.seed,
        }
    }
}

/// Refuses what no importer takes.
fn check(model: &RandomModel) -> Result<()> {
    ensure!(
        model.vocab >= LEAST_VOCAB,
        "--vocab is {}, at least {LEAST_VOCAB} are needed",
        model.vocab
    );
    for (name, size) in [
        ("layers", model.layers),
        ("heads", model.heads),
        ("kv-heads", model.kv_heads),
        ("ffn", model.ffn),
    ] {
        ensure!(size > 0, "--{name} is 0");
    }
    let [experts, used] = model.experts;
    ensure!(
        (1..=experts).contains(&used),
        "--experts-used is {used} of {experts}"
    );
    ensure!(
        model.context > 1,
        "--context is {}, at least 2 are needed",
        model.context
    );
    ensure!(
        model.dim > 0 && model.dim.is_multiple_of(2 * model.heads),
        "--dim {} does not make {} heads of an even size",
        model.dim,
        model.heads
    );
    ensure!(
        model.heads.is_multiple_of(model.kv_heads),
        "--heads {} is no multiple of --kv-heads {}",
        model.heads,
        model.kv_heads
    );
    Ok(())
}
