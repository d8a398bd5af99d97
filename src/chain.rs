//! The node and the rollup on it.

use crate::{deployment_file, key::KeyArgs};
use alloy::{
    eips::BlockId,
    network::EthereumWallet,
    providers::{DynProvider, Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use anyhow::{Context, Result, ensure};
use gavel_chain::{
    Call, ChainError, Deployment, FeePolicy, Sender, Sent,
    rollup::{LaneView, RollupReader},
};
use gavel_primitives::Hash;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The node that is asked where nothing else is said.
pub(crate) const DEFAULT_RPC: &str = "http://127.0.0.1:8545";

/// The options that say where a node is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct NodeArgs {
    /// The node's JSON-RPC over HTTP.
    #[arg(long, value_name = "URL", env = "GAVEL_RPC", default_value = DEFAULT_RPC)]
    pub(crate) rpc: String,
}

/// The options that say which rollup is meant.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RollupArgs {
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// The rollup's addresses, as `gavel deploy` and `gavel devnet` write them.
    #[arg(
        long,
        value_name = "FILE",
        env = "GAVEL_DEPLOYMENT",
        default_value = deployment_file::DEFAULT
    )]
    pub(crate) deployment: PathBuf,
}

/// A rollup on a node that answers.
#[derive(Clone)]
pub(crate) struct Rollup {
    pub(crate) provider: DynProvider,
    pub(crate) deployment: Deployment,
}

/// Connects to a node, and makes sure that one answers.
pub(crate) async fn connect(url: &str) -> Result<DynProvider> {
    let provider = ProviderBuilder::new()
        .disable_recommended_fillers()
        .connect_http(parsed(url)?)
        .erased();
    answers(&provider, url).await?;
    Ok(provider)
}

/// The same with a key that signs by itself, as deployments need.
pub(crate) async fn connect_signing(url: &str, signer: PrivateKeySigner) -> Result<DynProvider> {
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(signer))
        .connect_http(parsed(url)?)
        .erased();
    answers(&provider, url).await?;
    Ok(provider)
}

fn parsed<U: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    url: &str,
) -> Result<U> {
    ensure!(
        url.starts_with("http://") || url.starts_with("https://"),
        "{url:?} is no HTTP URL of a node: one looks like {DEFAULT_RPC}"
    );
    url.parse()
        .with_context(|| format!("{url:?} is no URL of a node: one looks like {DEFAULT_RPC}"))
}

async fn answers(provider: &DynProvider, url: &str) -> Result<()> {
    provider.get_chain_id().await.with_context(|| {
        format!("no node answers at {url}: start one (`gavel devnet`), or name another with --rpc or GAVEL_RPC")
    })?;
    Ok(())
}

impl RollupArgs {
    /// Reads the addresses and finds the rollup there.
    pub(crate) async fn rollup(&self) -> Result<Rollup> {
        Rollup::open(&self.node.rpc, &self.deployment).await
    }
}

impl Rollup {
    /// Reads the addresses and finds the rollup there.
    ///
    /// # Errors
    /// When the file holds no addresses, no node answers, or it is on another chain.
    pub(crate) async fn open(url: &str, file: &Path) -> Result<Self> {
        let deployment = deployment_file::read(file)?;
        let provider = connect(url).await?;
        gavel_chain::check(&provider, &deployment)
            .await
            .with_context(|| {
                format!(
                    "the rollup of {} is not on the node at {url}: give the --rpc of its chain, or the --deployment of that node's rollup",
                    file.display()
                )
            })?;
        Ok(Rollup {
            provider,
            deployment,
        })
    }

    /// A reader of hub and rollup.
    pub(crate) fn reader(&self) -> RollupReader<DynProvider> {
        RollupReader::new(self.provider.clone(), self.deployment.clone())
    }

    /// A lane as of now.
    pub(crate) async fn lane(&self, lane: u64) -> Result<LaneView> {
        self.reader()
            .lane(BlockId::latest(), lane)
            .await
            .map_err(decoded)
            .with_context(|| {
                format!("there is no lane {lane}: `gavel status` lists them, `gavel model register` makes one")
            })
    }

    /// Refuses a model that the lane doesn't run, and a guest image that the contracts weren't deployed for.
    ///
    /// # Errors
    /// Says which of the two differs.
    pub(crate) async fn demand_model(&self, lane: u64, program: Hash) -> Result<()> {
        use gavel_chain::bindings::registry::ModelRegistry;
        let registry = ModelRegistry::new(self.deployment.registry, self.provider.clone());
        let expected = Hash(registry.imageRoot().call().await?.0);
        let got = gavel_image::image_root();
        ensure!(
            got == expected,
            "the contracts were deployed for the guest image {expected}, this gavel has {got}: use the version that deployed them"
        );
        let runs = self.lane(lane).await?.program_id;
        ensure!(
            runs == program,
            "lane {lane} runs program {runs}, the model at hand is program {program}: give that lane's model file with --model, or another --lane"
        );
        Ok(())
    }

    /// A sender for a key.
    pub(crate) fn sender(&self, signer: &PrivateKeySigner) -> Sender<DynProvider> {
        let policy = FeePolicy {
            poll: Duration::from_millis(50),
            ..FeePolicy::default()
        };
        let wallet = EthereumWallet::from(signer.clone());
        Sender::new(self.provider.clone(), wallet, policy)
    }

    /// Sends one call from a key's account and waits for its receipt.
    pub(crate) async fn send(&self, signer: &PrivateKeySigner, call: Call) -> Result<Sent> {
        let name = call.name;
        let account = signer.address();
        self.sender(signer)
            .send(call)
            .await
            .with_context(|| format!("{name} was not done for account {account}"))
    }
}

/// A rollup and the key that acts on it.
pub(crate) async fn with_key(
    rollup: &RollupArgs,
    key: &KeyArgs,
) -> Result<(Rollup, PrivateKeySigner)> {
    let signer = key.signer()?;
    Ok((rollup.rollup().await?, signer))
}

/// A contract's refusal in words, where an error is one.
pub(crate) fn decoded(error: ChainError) -> anyhow::Error {
    match refusal(&error) {
        Some(refusal) => anyhow::anyhow!("the contract refuses: {refusal}"),
        None => error.into(),
    }
}

fn refusal(error: &ChainError) -> Option<gavel_chain::Refusal> {
    match error {
        ChainError::Contract(alloy::contract::Error::TransportError(error))
        | ChainError::Rpc(error) => gavel_chain::Refusal::of(error),
        _ => None,
    }
}

/// A runtime for a command.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads to run on")
}
