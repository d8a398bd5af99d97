//! `gavel model`: programs on the chain.

use crate::{
    amount::Amount,
    chain::{self, RollupArgs},
    key::KeyArgs,
    model, setup,
};
use anyhow::{Context, Result};
use clap::Subcommand;
use gavel_chain::rollup::Price;
use serde_json::json;
use std::path::PathBuf;

/// What to do with models.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Register a model as a program, and make a lane for it.
    Register(Register),
}

/// Options of `gavel model register`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  gavel model register FILE.gguf --private-key-file key.txt --uri https://models.example/FILE.gguf
  gavel model register --private-key-file key.txt --per-token 1000gwei --json      (the embedded model)

The lane takes requests once a bonded watcher of another account attests to holding the model: `gavel verify` does.")]
struct Register {
    /// The model file; the embedded model if there is none.
    #[arg(value_name = "FILE.gguf")]
    model: Option<PathBuf>,
    #[command(flatten)]
    rollup: RollupArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// A name for people; the file's name if none is given.
    #[arg(long)]
    name: Option<String>,
    /// Where the model file can be fetched.
    #[arg(long, default_value = "")]
    uri: String,
    #[command(flatten)]
    prices: Prices,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What the lane's requests cost.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Prices {
    /// Price of every request.
    #[arg(long, value_name = "AMOUNT", default_value = "10000gwei")]
    per_request: Amount,
    /// Price of each byte of the prompt.
    #[arg(long, value_name = "AMOUNT", default_value = "10gwei")]
    per_prompt_byte: Amount,
    /// Price of each token generated.
    #[arg(long, value_name = "AMOUNT", default_value = "1000gwei")]
    per_token: Amount,
    /// Price of each unit of callback gas.
    #[arg(long, value_name = "AMOUNT", default_value = "2gwei")]
    per_callback_gas: Amount,
}

impl TryFrom<Prices> for Price {
    type Error = anyhow::Error;

    fn try_from(prices: Prices) -> Result<Price> {
        let wei = |amount: Amount| {
            u64::try_from(amount.0).with_context(|| format!("a price of {amount} is too high"))
        };
        Ok(Price {
            per_request: wei(prices.per_request)?,
            per_prompt_byte: wei(prices.per_prompt_byte)?,
            per_token: wei(prices.per_token)?,
            per_callback_gas: wei(prices.per_callback_gas)?,
        })
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    match &args.what {
        What::Register(args) => chain::runtime()?.block_on(register(args)),
    }
}

async fn register(args: &Register) -> Result<()> {
    let price = args.prices.try_into()?;
    let program = model::program(args.model.as_deref())?;
    let (rollup, signer) = chain::with_key(&args.rollup, &args.key).await?;
    let naming = setup::Naming {
        name: args
            .name
            .clone()
            .unwrap_or_else(|| model::name(args.model.as_deref())),
        uri: args.uri.clone(),
    };
    let is_new = setup::register(&rollup, &signer, &program, &naming).await?;
    if !is_new {
        eprintln!("program {} was registered before", program.id);
    }
    let lane = setup::make_lane(&rollup, &signer, program.id, price).await?;
    if args.json {
        let id = program.id.to_string();
        println!(
            "{}",
            json!({"program_id": id, "lane": lane, "registered": is_new})
        );
        return Ok(());
    }
    println!("program {}\nlane    {lane}", program.id);
    eprintln!(
        "It takes requests once a bonded watcher of another account attests to it: `gavel bond add` and `gavel verify`."
    );
    Ok(())
}
