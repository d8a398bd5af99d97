//! Settings.

use gavel_engine::{Capacity, Engine};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Settings of a sequencer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The lane that is served.
    pub lane: u64,
    /// Milliseconds between passes.
    pub poll_ms: u64,
    /// Whether answers are handed out before their batch is final, too.
    pub optimistic: bool,
    /// Most requests of a batch; the rollup's tree is a second limit.
    pub max_batch: u64,
    /// Requests whose answers are computed at a time, from chain and API together.
    pub concurrent: usize,
    /// Most MiB of keys and values of requests under way, and kept for requests that begin alike. Without it 2,048, or what one request of
    /// the model's whole context takes if that is more.
    pub cache_mib: Option<usize>,
    /// Milliseconds that a pass waits for the answers that are being computed; those that take longer are for later passes.
    pub answer_wait_ms: u64,
    /// How often a final answer is handed to a callback that fails.
    pub callback_attempts: u32,
    /// Seconds between the first two of these attempts; doubled for each further one.
    pub callback_retry_s: u64,
    /// Withdraws what the hub owes the account, once it is this much; in wei, 0 for never.
    pub withdraw_at_wei: u64,
    /// Seconds after which a transaction that is not included is sent again with higher fees.
    pub patience_s: u64,
    /// Most wei per gas that are ever offered.
    pub max_fee_wei: u64,
    /// How often a transaction for the same purpose may revert on chain before it is left alone.
    pub max_reverts: u32,
    /// The REST API; none if it is off.
    pub api: Option<ApiConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            lane: 0,
            poll_ms: 1_000,
            optimistic: true,
            max_batch: 16,
            concurrent: 16,
            cache_mib: None,
            answer_wait_ms: 1_000,
            callback_attempts: 3,
            callback_retry_s: 60,
            withdraw_at_wei: 0,
            patience_s: 45,
            max_fee_wei: 500_000_000_000,
            max_reverts: 3,
            api: None,
        }
    }
}

impl Config {
    /// What the computation of answers may use.
    pub fn capacity(&self, engine: &Engine) -> Capacity {
        let given = self.cache_mib.map(|mib| mib.saturating_mul(1 << 20));
        let fitting = Capacity::fitting(engine);
        Capacity {
            requests: self.concurrent,
            cache_bytes: given.unwrap_or(fitting.cache_bytes),
            ..fitting
        }
    }
}

/// Settings of the REST API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The model's name in requests and answers.
    pub model: String,
    /// Who may ask. With none, anyone on the network may, and nothing goes on chain.
    pub keys: Vec<ApiKey>,
    /// Completions a minute and key (or, without keys, together).
    pub per_minute: u32,
    /// Most bytes of a request's body.
    pub max_body_bytes: usize,
    /// Milliseconds that a completion waits for its transaction's receipt.
    pub receipt_wait_ms: u64,
}

impl Default for ApiConfig {
    fn default() -> Self {
        ApiConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            model: "gavel".to_owned(),
            keys: Vec::new(),
            per_minute: 60,
            max_body_bytes: 64 * 1024,
            receipt_wait_ms: 15_000,
        }
    }
}

/// One who may ask through the API.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// A name for logs.
    pub name: String,
    /// The secret.
    pub key: String,
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
