//! Reading accounts, calling contracts, sending transactions.

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes, U64, U256};
use alloy::rpc::types::TransactionRequest;
use serde_json::Value;

use super::{Answer, Params, RpcError, answer};
use crate::chain::{Chain, UnixTime};

pub(super) fn balance(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(2)?;
    let address: Address = params.required(0)?;
    answer(
        chain
            .world(block_or_latest(params, 1)?, now)?
            .balance(address),
    )
}

pub(super) fn transaction_count(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(2)?;
    let address: Address = params.required(0)?;
    let block = block_or_latest(params, 1)?;
    if block == BlockId::pending() {
        return answer(U64::from(chain.pending_nonce(address)));
    }
    answer(U64::from(chain.world(block, now)?.nonce(address)))
}

pub(super) fn code(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(2)?;
    let address: Address = params.required(0)?;
    answer(chain.world(block_or_latest(params, 1)?, now)?.code(address))
}

pub(super) fn storage_at(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(3)?;
    let address: Address = params.required(0)?;
    let slot: U256 = params.required(1)?;
    let value = chain
        .world(block_or_latest(params, 2)?, now)?
        .slot(address, slot);
    answer(B256::from(value))
}

pub(super) fn call(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    refuse_overrides(params)?;
    let request: TransactionRequest = params.required(0)?;
    answer(chain.call(request, block_or_latest(params, 1)?, now)?)
}

/// Without a block this estimates for the next one, as clients expect.
pub(super) fn estimate_gas(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    refuse_overrides(params)?;
    let request: TransactionRequest = params.required(0)?;
    let block = params.optional(1)?.unwrap_or(BlockId::pending());
    answer(U64::from(chain.estimate_gas(request, block, now)?))
}

pub(super) fn send_raw_transaction(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let raw: Bytes = params.required(0)?;
    answer(chain.send_raw(&raw, now)?)
}

fn block_or_latest(params: &Params, index: usize) -> Result<BlockId, RpcError> {
    Ok(params.optional(index)?.unwrap_or(BlockId::latest()))
}

/// Other nodes take state and block overrides behind the block; this one says that it does not.
fn refuse_overrides(params: &Params) -> Result<(), RpcError> {
    params.at_most(4)?;
    for index in 2..4 {
        let overrides: Option<Value> = params.optional(index)?;
        if overrides.is_some_and(|value| value.as_object().is_none_or(|map| !map.is_empty())) {
            return Err(RpcError::invalid_params(
                "state and block overrides are not supported",
            ));
        }
    }
    Ok(())
}
