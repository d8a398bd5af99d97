//! Asking on chain what was asked here.

use super::{ApiError, ApiState};
use crate::{Purpose, post::Posted};
use alloy::{primitives::TxHash, providers::Provider};
use gavel_chain::{bindings::hub::Hub, rollup::calls};
use gavel_primitives::{Hash, Params};
use std::time::Duration;
use tokio::time::Instant;

/// How often a receipt is looked for.
const POLL: Duration = Duration::from_millis(50);

/// Where a completion is on chain.
pub(super) struct OnChain {
    /// The transaction that asks.
    pub(super) transaction: TxHash,
    /// The request, once the transaction is included.
    pub(super) request_id: Option<Hash>,
}

/// Sends a request without a callback, paid by the operator's account.
pub(super) async fn ask(
    state: &ApiState,
    prompt: &[u8],
    params: &Params,
) -> Result<TxHash, ApiError> {
    let parts = state.parts();
    let quote = parts
        .reader
        .quote(parts.lane, prompt.len(), params.max_tokens, 0)
        .await
        .map_err(ApiError::internal)?;
    let call = calls::request(&parts.deployment, parts.lane, prompt, params, 0, quote);
    let token = rand::random();
    let posted = parts
        .poster
        .post(&Purpose::Ask { token }, &call)
        .await
        .map_err(ApiError::internal)?;
    match posted {
        Posted::Sent { hash } => Ok(hash),
        refused => {
            tracing::warn!(target: "api", ?refused, "a request did not go on chain");
            let what = "the request can't go on chain";
            Err(ApiError::Unavailable { what })
        }
    }
}

/// Waits a while for the request's id.
pub(super) async fn included(state: &ApiState, transaction: TxHash) -> Result<OnChain, ApiError> {
    let wait = Duration::from_millis(state.config().receipt_wait_ms);
    let deadline = Instant::now() + wait;
    loop {
        let receipt = state.parts().provider.get_transaction_receipt(transaction);
        if let Some(receipt) = receipt.await.map_err(ApiError::internal)? {
            let asked = receipt.decoded_log::<Hub::Requested>();
            return Ok(OnChain {
                transaction,
                request_id: asked.map(|event| Hash(event.data.requestId.0)),
            });
        }
        if Instant::now() >= deadline {
            return Ok(OnChain {
                transaction,
                request_id: None,
            });
        }
        tokio::time::sleep(POLL).await;
    }
}
