//! `gavel example`: the example dApp of `contracts/src/examples`, for those who have no other tool at hand.

use crate::{
    amount::Amount,
    chain::{self, RollupArgs},
    key::KeyArgs,
};
use alloy::{
    primitives::{Address, B256},
    providers::Provider,
    sol_types::SolEvent,
};
use anyhow::{Context, Result, anyhow, ensure};
use clap::Subcommand;
use gavel_chain::{
    Call,
    bindings::{hub::Hub, triage::ProposalTriage},
};

/// What to do with the example.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Deploy ProposalTriage; prints its address.
    Deploy(Deploy),
    /// Ask through a deployed one; prints the request's id.
    Ask(Ask),
    /// Print the final answer that it holds.
    Answer(Answer),
}

/// Options of `gavel example deploy`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Example:
  gavel example deploy --private-key-file user.key")]
struct Deploy {
    #[command(flatten)]
    rollup: RollupArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// The lane that it asks.
    #[arg(long, default_value_t = 0)]
    lane: u64,
    /// Most bytes of an answer that its callback keeps, 2,432 at most.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(..=i64::from(gavel_stage::LONGEST_ANSWER)))]
    answer_bytes: u16,
}

/// Options of `gavel example ask`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Example:
  gavel example ask 0xDAPP \"We should pause the bridge.\" --private-key-file user.key")]
struct Ask {
    /// The dApp's address.
    dapp: Address,
    /// A DAO proposal.
    text: String,
    #[command(flatten)]
    rollup: RollupArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// Generate at most this many tokens.
    #[arg(long, default_value_t = 64)]
    max_tokens: u32,
    /// Send the text as it is, not as the embedded model reads proposals.
    #[arg(long)]
    raw: bool,
}

/// Options of `gavel example answer`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Example:
  gavel example answer 0xDAPP 0xREQUEST")]
struct Answer {
    /// The dApp's address.
    dapp: Address,
    /// The request's id.
    request: B256,
    #[command(flatten)]
    rollup: RollupArgs,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let runtime = chain::runtime()?;
    match &args.what {
        What::Deploy(args) => runtime.block_on(deploy(args)),
        What::Ask(args) => runtime.block_on(ask(args)),
        What::Answer(args) => runtime.block_on(answer(args)),
    }
}

async fn deploy(args: &Deploy) -> Result<()> {
    let (rollup, signer) = chain::with_key(&args.rollup, &args.key).await?;
    rollup.lane(args.lane).await?;
    let signing = chain::connect_signing(&args.rollup.node.rpc, signer).await?;
    let (hub, bytes) = (rollup.deployment.hub, args.answer_bytes);
    let made = ProposalTriage::deploy(&signing, hub, args.lane, bytes).await?;
    println!("{}", made.address());
    Ok(())
}

async fn ask(args: &Ask) -> Result<()> {
    let (rollup, signer) = chain::with_key(&args.rollup, &args.key).await?;
    let dapp = ProposalTriage::new(args.dapp, rollup.provider.clone());
    let no_dapp = || format!("there is no ProposalTriage at {}", args.dapp);
    let (lane, gas) = (
        dapp.lane().call().await.with_context(no_dapp)?,
        dapp.callbackGas().call().await.with_context(no_dapp)?,
    );
    let text = match args.raw {
        true => args.text.clone(),
        false => gavel_zoo::prompt(&args.text),
    };
    let quote = rollup
        .reader()
        .quote(lane, text.len(), args.max_tokens, gas)
        .await?;
    eprintln!("paid {}", Amount(quote));
    let ask = ProposalTriage::askCall {
        text,
        maxTokens: args.max_tokens,
    };
    let call = Call::new("ask", args.dapp, &ask).with_value(quote);
    let sent = rollup.send(&signer, call).await?;
    let receipt = rollup.provider.get_transaction_receipt(sent.hash).await?;
    let asked = receipt
        .iter()
        .flat_map(|receipt| receipt.logs())
        .find_map(|log| Hub::Requested::decode_log(&log.inner).ok());
    let asked = asked.ok_or_else(|| anyhow!("{} made no request", sent.hash))?;
    println!("{}", asked.requestId);
    Ok(())
}

async fn answer(args: &Answer) -> Result<()> {
    let rollup = args.rollup.rollup().await?;
    let dapp = ProposalTriage::new(args.dapp, rollup.provider.clone());
    let text = dapp.answers(args.request).call().await;
    let text = text.with_context(|| format!("there is no ProposalTriage at {}", args.dapp))?;
    ensure!(
        !text.is_empty(),
        "{} has no final answer to {} yet: `gavel status {}` says where it is",
        args.dapp,
        args.request,
        args.request
    );
    println!("{text}");
    Ok(())
}
