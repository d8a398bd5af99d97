//! Requests with their results and proofs.

use super::{ApiError, ApiState, state::Parts};
use crate::store::Answer;
use alloy::{eips::BlockId, primitives::hex};
use axum::{
    Json,
    extract::{Path, State},
};
use gavel_chain::rollup::BatchState;
use gavel_chain::rollup::{BatchAt, Receipt, RequestState};
use gavel_primitives::{Hash, Proof, Tree};
use serde_json::{Value, json};

/// A request: its state on chain, and, as far as they are known here, its result and the proof of that in its batch.
pub(super) async fn show(
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id = hex::decode_to_array(&id).map(Hash);
    let id = id.map_err(|_| ApiError::parameter("id", "an id is 32 bytes in hex"))?;
    let parts = state.parts();
    let at = BlockId::latest();
    let receipt = parts.reader.receipt(at, id).await;
    let receipt = receipt
        .map_err(ApiError::internal)?
        .filter(|receipt| receipt.lane == parts.lane)
        .ok_or(ApiError::NotFound { what: "request" })?;
    let batch = batch_of(parts, &receipt).await?;
    let answer = parts.stores.requests.answer(id).await;
    let answer = answer.map_err(ApiError::internal)?;
    let proof = match (&batch, &answer) {
        (Some((_, batch)), Some(_)) => proof_in(parts, batch, receipt.index).await?,
        _ => None,
    };
    let is_final = matches!(receipt.state, RequestState::Final | RequestState::Delivered);
    Ok(Json(json!({
        "id": id.to_string(),
        "object": "gavel.request",
        "lane": receipt.lane,
        "index": receipt.index,
        "created": receipt.created_at,
        "state": receipt.state.name(),
        // What is shown is final only if it is proven to be what the final batch says.
        "final": is_final && proof.is_some(),
        "result": answer.as_ref().map(result_json),
        "batch": batch.map(|(number, batch)| batch_json(number, &batch)),
        "proof": proof.map(|proof| proof_json(parts, &proof)),
    })))
}

async fn batch_of(parts: &Parts, receipt: &Receipt) -> Result<Option<(u64, BatchAt)>, ApiError> {
    let (at, reader) = (BlockId::latest(), &parts.reader);
    let holding = reader.batch_holding(at, receipt.lane, receipt.index).await;
    let Some(number) = holding.map_err(ApiError::internal)? else {
        return Ok(None);
    };
    let batch = reader.batch(at, receipt.lane, number).await;
    Ok(batch
        .map_err(ApiError::internal)?
        .map(|batch| (number, batch)))
}

/// The proof of a place's result in a batch; none if a result is missing here or the batch's root is another.
async fn proof_in(parts: &Parts, batch: &BatchAt, index: u64) -> Result<Option<Proof>, ApiError> {
    let ids = parts.stores.requests.ids(batch.first, batch.count).await;
    let ids = ids.map_err(ApiError::internal)?;
    let mut results = Vec::new();
    for (_, id) in &ids {
        let answer = parts.stores.requests.answer(*id).await;
        match answer.map_err(ApiError::internal)? {
            Some(answer) => results.push(answer.result.hash()),
            None => return Ok(None),
        }
    }
    if results.len() as u64 != batch.count {
        return Ok(None);
    }
    let tree = Tree::new(results, parts.batch_depth);
    let is_there = tree.root() == batch.root;
    Ok(is_there.then(|| Proof::of(&tree, 0, index - batch.first)))
}

fn result_json(answer: &Answer) -> Value {
    let result = &answer.result;
    json!({
        "status": format!("{:?}", result.status),
        "status_code": result.status.code(),
        "tokens_out": result.tokens_out,
        "output_length": result.output_len,
        "output_root": result.output_root.to_string(),
        "leaf": result.hash().to_string(),
        "text": String::from_utf8_lossy(&answer.answer),
        "bytes": hex::encode_prefixed(&answer.answer),
        "tokens": answer.tokens,
    })
}

fn batch_json(number: u64, batch: &BatchAt) -> Value {
    let state = match batch.state {
        BatchState::Proposed => "proposed",
        BatchState::Disputed => "disputed",
        BatchState::Final => "final",
        BatchState::Void => "void",
    };
    json!({
        "number": number,
        "first": batch.first,
        "count": batch.count,
        "round": batch.round,
        "root": batch.root.to_string(),
        "provider": batch.provider.to_string(),
        "proposed_at": batch.proposed_at,
        "state": state,
    })
}

fn proof_json(parts: &Parts, proof: &Proof) -> Value {
    let compact = proof.compact(0);
    let text = |hashes: &[Hash]| hashes.iter().map(Hash::to_string).collect::<Vec<_>>();
    json!({
        "depth": parts.batch_depth,
        "siblings": text(&proof.siblings),
        "compact": {"mask": compact.mask, "siblings": text(&compact.siblings)},
    })
}
