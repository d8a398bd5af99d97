//! `gavel bond`: what providers and watchers answer for.

use crate::{
    amount::Amount,
    chain::{self, Rollup, RollupArgs},
    key::KeyArgs,
    setup,
};
use alloy::{primitives::U256, signers::local::PrivateKeySigner};
use anyhow::{Context, Result};
use clap::Subcommand;
use gavel_chain::rollup::calls;
use serde_json::json;

/// What to do with a bond.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Add to the account's bond.
    Add(Change),
    /// Pay out of the account's bond what no proposal locks.
    Withdraw(Change),
}

/// Options of both.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  gavel bond add 2.5 --private-key-file provider.key
  gavel bond withdraw 500000gwei --private-key-file provider.key --json
  gavel status                                  (what a proposal locks, and what a watcher must have)")]
struct Change {
    /// How much: 1.5 or 1.5ether, 20gwei, 7wei.
    amount: Amount,
    #[command(flatten)]
    rollup: RollupArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    chain::runtime()?.block_on(change(&args.what))
}

async fn change(what: &What) -> Result<()> {
    let (What::Add(args) | What::Withdraw(args)) = what;
    let (rollup, signer) = chain::with_key(&args.rollup, &args.key).await?;
    let free = match what {
        What::Add(_) => setup::add_bond(&rollup, &signer, args.amount.0).await?,
        What::Withdraw(_) => withdraw(&rollup, &signer, args.amount).await?,
    };
    let account = signer.address();
    if args.json {
        println!("{}", json!({"account": account, "free": free.to_string()}));
    } else {
        println!("account {account}\nfree    {}", Amount(U256::from(free)));
    }
    Ok(())
}

async fn withdraw(rollup: &Rollup, signer: &PrivateKeySigner, amount: Amount) -> Result<u128> {
    let wei =
        u128::try_from(amount.0).with_context(|| format!("no bond is as large as {amount}"))?;
    let call = calls::withdraw_bond(&rollup.deployment, wei);
    rollup.send(signer, call).await?;
    setup::free_bond(rollup, signer.address()).await
}
