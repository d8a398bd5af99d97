//! Health.

use super::{ApiError, ApiState};
use alloy::providers::Provider;
use axum::extract::State;
use gavel_primitives::Hash;

/// The process runs.
pub(super) async fn alive() -> &'static str {
    "ok"
}

/// Node and store answer.
pub(super) async fn ready(State(state): State<ApiState>) -> Result<&'static str, ApiError> {
    let parts = state.parts();
    if let Err(error) = parts.provider.get_block_number().await {
        tracing::warn!(target: "api", %error, "the node does not answer");
        return Err(ApiError::Unavailable { what: "the node" });
    }
    if let Err(error) = parts.stores.requests.answer(Hash::ZERO).await {
        tracing::warn!(target: "api", %error, "the store does not answer");
        return Err(ApiError::Unavailable { what: "the store" });
    }
    Ok("ready")
}
