//! One request.

use crate::{chain::Rollup, cmd::request};
use alloy::{eips::BlockId, primitives::B256};
use anyhow::Result;
use gavel_chain::convert::hash;
use serde_json::{Value, json};

/// Where a request is, what was answered, and which batch holds it; none if there is no such request.
pub(super) async fn status(rollup: &Rollup, id: B256) -> Result<Option<Value>> {
    let (at, reader) = (BlockId::latest(), rollup.reader());
    let Some(receipt) = reader.receipt(at, hash(id)).await? else {
        return Ok(None);
    };
    let (lane, index) = (receipt.lane, receipt.index);
    let batch = reader.batch_holding(at, lane, index).await?;
    let dispute = match batch {
        Some(number) => reader.batch(at, lane, number).await?,
        None => None,
    }
    .and_then(|batch| batch.tournament);
    let answers = request::answers(rollup, id, rollup.deployment.start_block).await?;
    let answers: Vec<_> = answers.iter().map(request::answer_json).collect();
    Ok(Some(json!({
        "request": id,
        "state": receipt.state.name(),
        "lane": lane,
        "index": index,
        "created": receipt.created_at,
        "batch": batch.map(|number| format!("{lane}/{number}")),
        "dispute": dispute.map(|id| id.0.to_string()),
        "answers": answers,
    })))
}
