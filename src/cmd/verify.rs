//! `gavel verify`: the watcher and player as a process.

use crate::{
    amount::Amount,
    chain::{self, Rollup},
    drafts::ProviderDrafts,
    key, logs,
    model::Backend,
    settings::{DaemonArgs, Flags, Settings},
    shutdown,
    usage::Usage,
};
use alloy::{
    network::EthereumWallet, primitives::Address, providers::DynProvider,
    signers::local::PrivateKeySigner,
};
use anyhow::Result;
use gavel_chain::{BoardReader, FeePolicy, Sender};
use gavel_engine::Engine;
use gavel_stage::guest_image;
use gavel_traces::{Honest, Library};
use gavel_verifier::{Outlook, Verifier};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Options of `gavel verify`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  gavel verify --private-key-file watcher.key --model FILE.gguf
  gavel verify --watch-only --rpc https://node.example --model FILE.gguf      (says what it would do; needs no key)
  gavel verify --config gavel.toml --lane 2

The settings file is that of `gavel sequence`, with a section
  [verifier]
  lane = 0
  poll_ms = 1000
  watch_only = false
  drafts = \"http://provider.example:8080\"

The account must be used by nothing else. With a bond (`gavel bond add`) it attests to the lane, which opens it. It keeps nothing
that chain and model file don't hold: killed at any moment and started again, it goes on where it was.")]
pub(crate) struct Args {
    #[command(flatten)]
    daemon: DaemonArgs,
    /// The lane whose model this is, which the account attests to.
    #[arg(long)]
    lane: Option<u64>,
    /// Say what would be done, and send nothing.
    #[arg(long)]
    watch_only: bool,
    /// The provider's API: asked which tokens its answers have, so that right ones are re-checked in one pass. It is not trusted.
    #[arg(long, value_name = "URL")]
    drafts: Option<String>,
    /// Milliseconds between passes.
    #[arg(long, value_name = "MS")]
    poll_ms: Option<u64>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let flags = Flags::default()
        .with("verifier.lane", args.lane)
        .with("verifier.poll_ms", args.poll_ms)
        .with("verifier.drafts", args.drafts.clone())
        .switch("verifier.watch_only", args.watch_only);
    let settings = args.daemon.settings(flags)?;
    let signer = key::optional(settings.private_key_file.as_deref())?;
    if signer.is_none() && !settings.verifier.watch_only {
        return Err(Usage::NoKey.into());
    }
    logs::start();
    let runtime = chain::runtime()?;
    let result = runtime.block_on(async {
        let cancel = shutdown::on_signal()?;
        let rollup = Rollup::open(&settings.rpc, &settings.deployment).await?;
        let engine = Arc::new(settings.model(Backend::Native).engine()?);
        watch(&settings, &rollup, signer, engine, cancel).await
    });
    // What is being computed is of no use any more.
    runtime.shutdown_background();
    result
}

async fn watch(
    settings: &Settings,
    rollup: &Rollup,
    signer: Option<PrivateKeySigner>,
    engine: Arc<Engine>,
    cancel: CancellationToken,
) -> Result<()> {
    let own = &settings.verifier;
    rollup.demand_model(own.lane, engine.program().id).await?;
    let account = signer.as_ref().map_or(Address::ZERO, |key| key.address());
    let board = board(rollup, account, &engine, own.watch_only).await?;
    let mut library = Library::new(guest_image(), Arc::new(Honest));
    if let Some(url) = &own.drafts {
        let drafts = ProviderDrafts::new(url, tokio::runtime::Handle::current())?;
        library = library.with_drafts(Arc::new(drafts));
    }
    library.add_program(engine);
    let sender = signer.filter(|_| !own.watch_only).map(|key| {
        let wallet = EthereumWallet::from(key);
        Sender::new(rollup.provider.clone(), wallet, policy(settings))
    });
    let verifier = Verifier::new(rollup.provider.clone(), board, sender, Arc::new(library));
    let running = gavel_verifier::Settings {
        poll: Duration::from_millis(own.poll_ms.max(1)),
        attest_to: (!own.watch_only).then_some(own.lane),
    };
    gavel_verifier::run(verifier, running, cancel).await?;
    tracing::info!(target: "verifier", "stopped");
    Ok(())
}

/// The board as it is now, with a line about what a dispute may need.
async fn board(
    rollup: &Rollup,
    account: Address,
    engine: &Engine,
    watch_only: bool,
) -> Result<BoardReader<DynProvider>> {
    let (provider, deployment) = (rollup.provider.clone(), rollup.deployment.clone());
    let mut board = BoardReader::connect(provider, deployment, account).await?;
    let radices = board.read().await?.radices;
    let program = engine.program();
    let outlook = Outlook::of(&rollup.provider, &board, radices, account, program).await?;
    let amount = |wei| Amount(wei).to_string();
    tracing::info!(
        target: "verifier",
        %account,
        watch_only,
        program = %program.id,
        balance = amount(outlook.balance),
        free_bond = amount(alloy::primitives::U256::from(outlook.free_bond)),
        dispute_bonds = amount(outlook.bonds),
        worst_case_gas = outlook.gas,
        worst_case_gas_cost = amount(outlook.gas_cost),
        "started"
    );
    if !watch_only && !outlook.suffices() {
        tracing::warn!(
            target: "verifier",
            balance = amount(outlook.balance),
            needed = amount(outlook.needed()),
            "the balance may not last for one dispute: send ether to this account"
        );
    }
    Ok(board)
}

fn policy(settings: &Settings) -> FeePolicy {
    FeePolicy {
        patience: Duration::from_secs(settings.verifier.patience_s),
        max_fee: u128::from(settings.verifier.max_fee_wei),
        poll: Duration::from_millis(settings.verifier.poll_ms.clamp(20, 500)),
        ..FeePolicy::default()
    }
}
