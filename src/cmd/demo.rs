//! `gavel demo`: a request, a liar, a dispute, the verdict, the callback.

use crate::{key, model::ModelArgs};
use anyhow::{Context, bail};
use gavel_adversaries::{Lie, LieKind};
use gavel_primitives::Params;
use gavel_stage::{Ask, Node, Report, Scene, play};
use indicatif::ProgressBar;
use std::{fs, path::PathBuf, sync::Arc, time::Duration};

/// What the demo asks the embedded model.
const DEFAULT_PROPOSAL: &str = "We should pause the bridge, there was an exploit.";

/// Options of `gavel demo`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  gavel demo
  gavel demo --lie tokenizer --at 3 --json
  gavel demo --model FILE.gguf --prompt \"Once upon a time\" --max-tokens 64 --lie node --at 17
  gavel demo --model FILE.onnx --prompt-file image.raw --max-tokens 1 --lie node --at 1
  gavel demo --rpc http://127.0.0.1:8545 --private-key-file key.txt --lie machine --challenger-lies")]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The text that the dApp sends; a DAO proposal if none is given.
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// A file whose bytes the dApp sends instead, whatever they are.
    #[arg(long, value_name = "FILE", conflicts_with = "prompt")]
    prompt_file: Option<PathBuf>,
    /// Generate at most this many tokens; a classic network takes 1.
    #[arg(long, default_value_t = 64)]
    max_tokens: u32,
    /// Play one request with this lie: none, result, tokenizer, token, node, tile, machine or silent. Without it request 1 is
    /// honest and request 2 has a lie about a node.
    #[arg(long, value_parser = parse_lie)]
    lie: Option<LieArg>,
    /// Where: prompt token, output token, node index, chunk, instruction, or number of moves made.
    #[arg(long, requires = "lie")]
    at: Option<u64>,
    /// Seed of what lie and place leave open.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// An honest provider, and a challenger that lies.
    #[arg(long, requires = "lie")]
    challenger_lies: bool,
    /// Play on this node instead of the embedded chain.
    #[arg(long, value_name = "URL")]
    rpc: Option<String>,
    /// File with the hexadecimal key that pays for everything on that node; without it GAVEL_PRIVATE_KEY holds the key.
    #[arg(long, value_name = "FILE", requires = "rpc")]
    private_key_file: Option<PathBuf>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

/// A lie on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LieArg {
    None,
    Of(LieKind),
}

fn parse_lie(name: &str) -> Result<LieArg, gavel_adversaries::lie::UnknownLie> {
    if name == "none" {
        Ok(LieArg::None)
    } else {
        name.parse().map(LieArg::Of)
    }
}

/// Where a lie is told if nobody says.
const fn default_place(kind: LieKind) -> u64 {
    match kind {
        LieKind::Node => 17,
        LieKind::Machine => 1000,
        LieKind::Silent => 3,
        _ => 0,
    }
}

impl Args {
    fn prompt(&self) -> anyhow::Result<Vec<u8>> {
        match (&self.prompt_file, &self.prompt) {
            (Some(path), _) => fs::read(path).with_context(|| format!("prompt {}", path.display())),
            (None, Some(text)) => Ok(text.clone().into_bytes()),
            (None, None) => Ok(gavel_zoo::prompt(DEFAULT_PROPOSAL).into_bytes()),
        }
    }

    fn asks(&self) -> anyhow::Result<Vec<Ask>> {
        let prompt = self.prompt()?;
        let ask = |lie| Ask {
            prompt: prompt.clone(),
            params: Params::greedy(self.max_tokens),
            lie,
            challenger_lies: self.challenger_lies,
            model: self.model.model.as_ref().map_or_else(
                || gavel_zoo::MODEL_NAME.into(),
                |path| path.display().to_string(),
            ),
        };
        let lie = |kind| Lie {
            kind,
            at: self.at.unwrap_or(default_place(kind)),
            seed: self.seed,
        };
        Ok(match self.lie {
            None => vec![ask(None), ask(Some(lie(LieKind::Node)))],
            Some(LieArg::None) => vec![ask(None)],
            Some(LieArg::Of(kind)) => vec![ask(Some(lie(kind)))],
        })
    }

    async fn node(&self) -> anyhow::Result<Node> {
        match &self.rpc {
            None => Node::embedded().await,
            Some(url) => Node::connect(url, key::signer(self.private_key_file.as_deref())?).await,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let engine = Arc::new(args.model.engine()?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let reports = runtime.block_on(perform(args, engine));
    let reports = reports?;
    for report in &reports {
        eprintln!("\n{report}");
    }
    let last = reports.last().context("a demo has a request")?;
    if args.json {
        println!("{}", serde_json::to_string(last)?);
    }
    if let Some(wrong) = reports.iter().find(|report| !report.is_right()) {
        bail!(
            "the story with lie {:?} did not end as it must: winner {}",
            wrong.lie,
            wrong.winner
        );
    }
    Ok(())
}

async fn perform(args: &Args, engine: Arc<gavel_engine::Engine>) -> anyhow::Result<Vec<Report>> {
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(120));
    let say = |line: &str| {
        spinner.set_message(line.to_owned());
        spinner.suspend(|| eprintln!("  {line}"));
    };
    let scene = Scene::set(args.node().await?, engine, &say).await?;
    let mut reports = Vec::new();
    for ask in args.asks()? {
        let lie = ask.lie.map_or_else(
            || "honest".into(),
            |lie| format!("a lie about {} {}", lie.kind.place(), lie.at),
        );
        say(&format!("-- request {}: {lie}", reports.len() + 1));
        reports.push(play(&scene, &ask, &say).await?);
    }
    spinner.finish_and_clear();
    Ok(reports)
}
