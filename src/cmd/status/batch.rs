//! One batch.

use crate::chain::Rollup;
use alloy::{eips::BlockId, primitives::B256};
use anyhow::{Context, Result};
use gavel_chain::{
    bindings::hub::Hub,
    rollup::{BatchAt, BatchState},
};
use serde_json::{Value, json};

/// Where a batch is, and the requests in it.
pub(super) async fn status(rollup: &Rollup, lane: u64, number: u64) -> Result<Value> {
    rollup.lane(lane).await?;
    let batch = rollup
        .reader()
        .batch(BlockId::latest(), lane, number)
        .await?;
    let batch = batch.with_context(|| {
        format!("lane {lane} has no batch {number}: `gavel status` says how many there are")
    })?;
    let window = rollup.reader().constants().await?.window;
    Ok(json!({
        "batch": format!("{lane}/{number}"),
        "state": state_name(batch.state),
        "root": batch.root.to_string(),
        "provider": batch.provider.to_string(),
        "round": batch.round,
        "proposed": batch.proposed_at,
        "window_closes": batch.proposed_at + window,
        "dispute": batch.tournament.map(|id| id.0.to_string()),
        "requests": requests(rollup, lane, &batch).await?,
    }))
}

async fn requests(rollup: &Rollup, lane: u64, batch: &BatchAt) -> Result<Vec<B256>> {
    let hub = Hub::new(rollup.deployment.hub, &rollup.provider);
    let mut ids = Vec::new();
    for index in batch.first..batch.first + batch.count {
        ids.push(hub.requestAt(lane, index).call().await?);
    }
    Ok(ids)
}

const fn state_name(state: BatchState) -> &'static str {
    match state {
        BatchState::Proposed => "proposed",
        BatchState::Disputed => "disputed",
        BatchState::Final => "final",
        BatchState::Void => "void",
    }
}
