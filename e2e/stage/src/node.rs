//! The chain that is played on.

use alloy::{
    providers::{DynProvider, Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use anyhow::{Context, Result};
use gavel_devnet::{Devnet, DevnetConfig};
use std::time::Duration;

/// How time passes on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// It can be moved forward.
    Moved,
    /// It has to be waited for.
    Waited,
}

/// A node: an embedded chain that lives as long as this, or another one by its URL.
pub struct Node {
    devnet: Option<Devnet>,
    url: String,
    provider: DynProvider,
    funder: PrivateKeySigner,
    time: Time,
}

impl Node {
    /// Starts an embedded chain.
    ///
    /// # Errors
    /// When it can't listen.
    pub async fn embedded() -> Result<Self> {
        let devnet = Devnet::start(DevnetConfig::default())?;
        let funder = devnet.accounts()[0].signer();
        let url = devnet.url();
        let mut node = Node::connect(&url, funder).await?;
        node.devnet = Some(devnet);
        Ok(node)
    }

    /// Connects to a node; `funder` pays for everything.
    ///
    /// # Errors
    /// When the URL is none, or nobody answers there.
    pub async fn connect(url: &str, funder: PrivateKeySigner) -> Result<Self> {
        let provider = provider(url)?;
        provider
            .get_chain_id()
            .await
            .with_context(|| format!("no node answers at {url}"))?;
        let moved = provider
            .raw_request::<_, serde_json::Value>("evm_increaseTime".into(), (0u64,))
            .await
            .is_ok();
        let time = if moved { Time::Moved } else { Time::Waited };
        Ok(Node {
            devnet: None,
            url: url.into(),
            provider,
            funder,
            time,
        })
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection.
    pub fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Who pays.
    pub fn funder(&self) -> &PrivateKeySigner {
        &self.funder
    }

    /// Whether time can be moved here.
    pub fn time(&self) -> Time {
        self.time
    }

    /// Lets `seconds` pass: at once where time can be moved, else a moment of it, to be asked for again.
    ///
    /// # Errors
    /// The node's.
    pub async fn pass(&self, seconds: u64) -> Result<()> {
        if self.time == Time::Waited {
            tokio::time::sleep(Duration::from_secs(seconds.clamp(1, 5))).await;
            return Ok(());
        }
        let _: serde_json::Value = self
            .provider
            .raw_request("evm_increaseTime".into(), (seconds,))
            .await?;
        let _: serde_json::Value = self.provider.raw_request("evm_mine".into(), ()).await?;
        Ok(())
    }
}

/// A connection to a node.
///
/// # Errors
/// When the URL is none.
fn provider(url: &str) -> Result<DynProvider> {
    let parsed = url
        .parse()
        .with_context(|| format!("{url:?} is no URL of a node"))?;
    Ok(ProviderBuilder::new()
        .disable_recommended_fillers()
        .connect_http(parsed)
        .erased())
}
