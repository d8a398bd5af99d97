//! The rollup in short.

use super::dispute;
use crate::{amount::Amount, chain::Rollup};
use alloy::{
    eips::BlockNumberOrTag,
    primitives::{Address, U256},
    providers::Provider,
};
use anyhow::{Context, Result};
use gavel_chain::{BoardReader, InboxReader, Lane, RegisteredProgram, bindings};
use gavel_dispute::Board;
use serde_json::{Map, Value, json};

/// Chain, contracts, constants, lanes and open disputes.
pub(super) async fn status(rollup: &Rollup) -> Result<Value> {
    let latest = rollup
        .provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await?
        .context("the node has no latest block")?;
    let constants = rollup.reader().constants().await?;
    let board = BoardReader::connect(
        rollup.provider.clone(),
        rollup.deployment.clone(),
        Address::ZERO,
    )
    .await?
    .read()
    .await?;
    let amount = |wei: u128| Amount(U256::from(wei)).to_string();
    let contracts: Map<String, Value> = rollup
        .deployment
        .contracts()
        .into_iter()
        .map(|(name, address)| (name.to_owned(), json!(address)))
        .collect();
    Ok(json!({
        "chain": {
            "id": rollup.deployment.chain_id,
            "block": latest.header.number,
            "time": latest.header.timestamp,
        },
        "contracts": contracts,
        "constants": {
            "window_s": constants.window,
            "proposal_bond": amount(constants.proposal_bond),
            "attestation_bond": amount(constants.attestation_bond),
        },
        "lanes": lanes(rollup).await?,
        "disputes": disputes(&board),
    }))
}

async fn lanes(rollup: &Rollup) -> Result<Vec<Value>> {
    let mut inbox = InboxReader::new(rollup.provider.clone(), &rollup.deployment);
    let (_, inbox) = inbox.read().await?;
    let mut lanes = Vec::new();
    for lane in inbox.lanes.values() {
        let program = inbox.programs.get(&lane.program_id);
        lanes.push(lane_status(rollup, lane, program).await?);
    }
    Ok(lanes)
}

async fn lane_status(
    rollup: &Rollup,
    lane: &Lane,
    program: Option<&RegisteredProgram>,
) -> Result<Value> {
    let at = bindings::rollup::Rollup::new(rollup.deployment.rollup, &rollup.provider);
    let view = rollup.lane(lane.number).await?;
    Ok(json!({
        "lane": lane.number,
        "program_id": lane.program_id.to_string(),
        "model": program.map(|program| &program.name),
        "uri": program.map(|program| &program.uri),
        "owner": lane.owner,
        "open": at.isOpen(lane.number).call().await?,
        "requests": view.length,
        "batches": at.batchCount(lane.number).call().await?,
        "in_batches": at.nextRequest(lane.number).call().await?,
    }))
}

fn disputes(board: &Board) -> Vec<Value> {
    let living = board.tournaments.values().filter(|one| !one.over);
    living
        .map(|one| {
            json!({
                "dispute": one.id.0.to_string(),
                "kind": dispute::kind_name(one.context.kind),
                "commitments": one.commitments.len(),
                "live_matches": one.live_matches,
            })
        })
        .collect()
}
