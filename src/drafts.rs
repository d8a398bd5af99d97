//! What a provider says of its answers' tokens, over its API.

use alloy::transports::http::reqwest::Client;
use anyhow::{Context, Result, ensure};
use gavel_primitives::Hash;
use gavel_traces::Drafts;
use serde::Deserialize;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long a provider may take: a draft only saves time.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of the longest reply that is read: the largest answers of the protocol with room to spare.
const LONGEST: usize = 8 << 20;

/// A provider's API.
pub(crate) struct ProviderDrafts {
    client: Client,
    url: String,
    runtime: Handle,
}

/// The part of a request's description that a draft is.
#[derive(Deserialize)]
struct Described {
    result: Option<Told>,
}

#[derive(Deserialize)]
struct Told {
    tokens: Vec<u32>,
}

impl ProviderDrafts {
    /// The provider whose API is at `url`.
    ///
    /// # Errors
    /// When there can be no HTTP client.
    pub(crate) fn new(url: &str, runtime: Handle) -> Result<Self> {
        let client = Client::builder().timeout(PATIENCE).build()?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(ProviderDrafts {
            client,
            url,
            runtime,
        })
    }

    async fn ask(&self, request_id: Hash) -> Result<Vec<u32>> {
        let url = format!("{}/v1/requests/{request_id}", self.url);
        let mut reply = self.client.get(&url).send().await?.error_for_status()?;
        let mut bytes = Vec::new();
        while let Some(chunk) = reply.chunk().await? {
            ensure!(
                bytes.len() + chunk.len() <= LONGEST,
                "the reply is too long"
            );
            bytes.extend_from_slice(&chunk);
        }
        let described: Described = serde_json::from_slice(&bytes).context("the reply")?;
        Ok(described.result.map(|told| told.tokens).unwrap_or_default())
    }
}

impl Drafts for ProviderDrafts {
    /// Blocks until the provider has replied, or shall not be waited for.
    fn tokens(&self, request_id: Hash) -> Vec<u32> {
        match self.runtime.block_on(self.ask(request_id)) {
            Ok(tokens) => {
                tracing::info!(target: "verifier", %request_id, tokens = tokens.len(), "a draft");
                tokens
            }
            Err(error) => {
                tracing::debug!(target: "verifier", %request_id, %error, "no draft");
                Vec::new()
            }
        }
    }
}
