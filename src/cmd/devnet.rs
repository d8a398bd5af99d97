//! `gavel devnet`: a chain with a rollup on it, a sequencer and a watcher, in one process.

use crate::{
    amount::Amount,
    chain::{self, Rollup},
    deployment_file, logs,
    model::ModelArgs,
    setup, shutdown,
};
use alloy::{
    network::EthereumWallet,
    primitives::{Address, U256, hex},
    providers::Provider,
    signers::local::PrivateKeySigner,
};
use anyhow::{Context, Result, ensure};
use gavel_chain::{
    BoardReader, Deployment, FeePolicy, Sender,
    bindings::triage::ProposalTriage,
    rollup::{Price, calls},
};
use gavel_devnet::{DevAccount, Devnet, DevnetConfig};
use gavel_engine::Engine;
use gavel_sequencer::{ApiConfig, Config, EngineAnswers, Link, Sequencer, SqliteStore};
use gavel_stage::guest_image;
use gavel_traces::{Honest, Library};
use gavel_verifier::Verifier;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Prices of the lane, in wei.
const PRICE: Price = Price {
    per_request: 10_000_000_000_000,
    per_prompt_byte: 10_000_000_000,
    per_token: 1_000_000_000_000,
    per_callback_gas: 2_000_000_000,
};
/// Milliseconds between the daemons' passes.
const POLL_MS: u64 = 100;
/// No fewer blocks than the set-up makes.
const SET_UP_BLOCKS: u64 = 30;
/// Proposals that the provider has bonds for.
const PROPOSALS: u64 = 16;
/// The account whose key the printed commands use.
const USER: usize = 3;

/// Options of `gavel devnet`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  gavel devnet
  gavel devnet --model FILE.gguf --window 60
  gavel devnet --listen 127.0.0.1:0 --no-api --deployment devnet.json --json")]
pub(crate) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Where the chain's JSON-RPC listens; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8545")]
    listen: SocketAddr,
    /// Where the sequencer's REST API listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    api: SocketAddr,
    /// No REST API.
    #[arg(long, conflicts_with = "api")]
    no_api: bool,
    /// Seconds in which a batch can be disputed.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    window: u64,
    /// Write the addresses here.
    #[arg(
        long,
        value_name = "FILE",
        env = "GAVEL_DEPLOYMENT",
        default_value = deployment_file::DEFAULT
    )]
    deployment: PathBuf,
    /// Print addresses and keys as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Everything that runs.
struct Town {
    node: Devnet,
    rollup: Rollup,
    lane: u64,
    triage: Address,
    engine: Arc<Engine>,
}

/// Who does what.
struct Roles {
    operator: PrivateKeySigner,
    provider: PrivateKeySigner,
    watcher: PrivateKeySigner,
}

impl Roles {
    const NAMES: [&str; 3] = ["operator", "provider", "watcher"];

    fn of(accounts: &[DevAccount]) -> Self {
        Roles {
            operator: accounts[0].signer(),
            provider: accounts[1].signer(),
            watcher: accounts[2].signer(),
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<()> {
    logs::start();
    let runtime = chain::runtime()?;
    let result = runtime.block_on(async {
        let cancel = shutdown::on_signal()?;
        let started = cancel.run_until_cancelled(args.start()).await;
        let Some(town) = started.transpose()? else {
            return Ok(());
        };
        match args.json {
            true => println!("{}", args.json(&town)),
            false => println!("{}", args.text(&town)),
        }
        args.live(&town, cancel).await
    });
    // What is being computed is of no use any more.
    runtime.shutdown_background();
    result
}

impl Args {
    async fn start(&self) -> Result<Town> {
        let config = DevnetConfig {
            listen: self.listen,
            ..DevnetConfig::default()
        };
        demand_ours(&self.deployment, config.chain.chain_id)?;
        let engine = Arc::new(self.model.engine()?);
        let node = Devnet::start(config).with_context(|| {
            format!(
                "{}: is another node there? Choose with --listen",
                self.listen
            )
        })?;
        let roles = Roles::of(node.accounts());
        let mut settings = setup::development(roles.operator.address());
        settings.window = self.window;
        let deployment = setup::deploy(&node.url(), &roles.operator, &settings).await?;
        deployment_file::write(&self.deployment, &deployment)?;
        let rollup = Rollup {
            provider: chain::connect(&node.url()).await?,
            deployment,
        };
        let lane = self.open_lane(&rollup, &roles, &engine).await?;
        let signing = chain::connect_signing(&node.url(), roles.operator).await?;
        let triage = ProposalTriage::deploy(
            &signing,
            rollup.deployment.hub,
            lane,
            gavel_stage::answer_bytes(engine.program()),
        )
        .await?;
        let triage = *triage.address();
        catch_up(&rollup).await?;
        Ok(Town {
            node,
            rollup,
            lane,
            triage,
            engine,
        })
    }

    /// Registers the model, and posts the bonds that its lane needs.
    async fn open_lane(&self, rollup: &Rollup, roles: &Roles, engine: &Engine) -> Result<u64> {
        let program = engine.program();
        let naming = setup::Naming {
            name: self.model.name(),
            uri: String::new(),
        };
        setup::register(rollup, &roles.operator, program, &naming).await?;
        let lane = setup::make_lane(rollup, &roles.operator, program.id, PRICE).await?;
        let constants = rollup.reader().constants().await?;
        let proposals = U256::from(constants.proposal_bond) * U256::from(PROPOSALS);
        setup::add_bond(rollup, &roles.provider, proposals).await?;
        let attestation = U256::from(constants.attestation_bond);
        setup::add_bond(rollup, &roles.watcher, attestation).await?;
        let attest = calls::attest(&rollup.deployment, lane);
        rollup.send(&roles.watcher, attest).await?;
        Ok(lane)
    }

    /// Runs sequencer and watcher until they are called off.
    async fn live(&self, town: &Town, cancel: CancellationToken) -> Result<()> {
        let roles = Roles::of(town.node.accounts());
        let sequencer = self.sequencer(town, roles.provider).await?;
        let verifier = verifier(town, roles.watcher).await?;
        let watching = gavel_verifier::Settings {
            poll: Duration::from_millis(POLL_MS),
            attest_to: None,
        };
        // One that ends takes the other along.
        let _guard = cancel.clone().drop_guard();
        tokio::select! {
            ended = sequencer.run(cancel.clone()) => ended.context("the sequencer failed"),
            ended = gavel_verifier::run(verifier, watching, cancel.clone()) => ended.context("the watcher failed"),
        }
    }

    async fn sequencer(&self, town: &Town, signer: PrivateKeySigner) -> Result<Sequencer> {
        let api = ApiConfig {
            listen: self.api,
            ..ApiConfig::default()
        };
        let config = Config {
            lane: town.lane,
            poll_ms: POLL_MS,
            api: (!self.no_api).then_some(api),
            ..Config::default()
        };
        let link = Link {
            provider: town.rollup.provider.clone(),
            deployment: town.rollup.deployment.clone(),
            signer,
        };
        let pool = self.model.pool()?;
        let capacity = pool.install(|| config.capacity(&town.engine));
        let answers = EngineAnswers::new(Arc::clone(&town.engine), Some(pool), capacity)?;
        let store = SqliteStore::in_memory().await?;
        Ok(Sequencer::new(config, link, store.into(), Arc::new(answers)).await?)
    }

    fn json(&self, town: &Town) -> Value {
        let accounts = town.node.accounts().iter().enumerate();
        let accounts: Vec<_> = accounts
            .map(|(number, account)| {
                json!({
                    "role": role(number),
                    "address": account.address,
                    "key": hex::encode_prefixed(account.key),
                })
            })
            .collect();
        json!({
            "rpc": town.node.url(),
            "api": (!self.no_api).then(|| format!("http://{}", self.api)),
            "deployment": self.deployment,
            "contracts": town.rollup.deployment,
            "lane": town.lane,
            "program_id": town.engine.program().id.to_string(),
            "triage": town.triage,
            "accounts": accounts,
        })
    }

    fn text(&self, town: &Town) -> String {
        let Deployment { hub, rollup, .. } = town.rollup.deployment;
        let mut text = format!(
            "\nchain       {} (id {}), window {} s\nmodel       {} in lane {}\nhub         {hub}\nrollup      {rollup}\ntriage      {}   an example dApp\naddresses   {}\n\n",
            town.node.url(),
            town.node.chain_id(),
            self.window,
            self.model.name(),
            town.lane,
            town.triage,
            self.deployment.display(),
        );
        for (number, account) in town.node.accounts().iter().enumerate() {
            let key = hex::encode_prefixed(account.key);
            text += &format!("{:<11} {}  {key}\n", role(number), account.address);
        }
        text += &self.commands(town);
        text
    }

    /// What to try in another terminal.
    fn commands(&self, town: &Town) -> String {
        let mut exports = format!(
            "export GAVEL_PRIVATE_KEY={}\n",
            hex::encode_prefixed(town.node.accounts()[USER].key)
        );
        if town.node.url() != chain::DEFAULT_RPC {
            exports += &format!("  export GAVEL_RPC={}\n", town.node.url());
        }
        if self.deployment != Path::new(deployment_file::DEFAULT) {
            exports += &format!("  export GAVEL_DEPLOYMENT={}\n", self.deployment.display());
        }
        let curl = match self.no_api {
            true => String::new(),
            false => format!(
                "  curl http://{}/v1/completions -H 'content-type: application/json' -d '{{\"model\": \"gavel\", \"prompt\": \"Proposal:\", \"max_tokens\": 16}}'\n",
                self.api
            ),
        };
        format!(
            "\nEvery account has {}; the keys are public, use them nowhere else. Try in another terminal:\n\n  {exports}  gavel example ask {} \"We should pause the bridge, there was an exploit.\"\n  gavel request \"Proposal:\" --wait=optimistic\n  gavel status\n{curl}\nctrl-C ends it.",
            Amount(gavel_devnet::ChainConfig::default().balance),
            town.triage
        )
    }
}

/// Every block is at least a second later than the one before, so the set-up ran ahead of the clock: this lets the clock follow.
async fn catch_up(rollup: &Rollup) -> Result<()> {
    let _: Value = rollup
        .provider
        .raw_request("evm_increaseTime".into(), (SET_UP_BLOCKS,))
        .await?;
    Ok(())
}

async fn verifier(
    town: &Town,
    signer: PrivateKeySigner,
) -> Result<Verifier<alloy::providers::DynProvider>> {
    let (provider, deployment) = (town.rollup.provider.clone(), town.rollup.deployment.clone());
    let board = BoardReader::connect(provider.clone(), deployment, signer.address()).await?;
    let library = Library::new(guest_image(), Arc::new(Honest));
    library.add_program(Arc::clone(&town.engine));
    let wallet = EthereumWallet::from(signer);
    let sender = Sender::new(provider.clone(), wallet, FeePolicy::local());
    Ok(Verifier::new(
        provider,
        board,
        Some(sender),
        Arc::new(library),
    ))
}

fn role(number: usize) -> &'static str {
    Roles::NAMES.get(number).copied().unwrap_or("user")
}

/// A chain of this kind is a new one each time, so its addresses may be replaced; those of another chain may not.
fn demand_ours(file: &Path, chain_id: u64) -> Result<()> {
    if !file.exists() {
        return Ok(());
    }
    let there = deployment_file::read(file).map(|deployment| deployment.chain_id);
    ensure!(
        there.is_ok_and(|there| there == chain_id),
        "{} exists and is not a devnet's: name another file with --deployment",
        file.display()
    );
    Ok(())
}
