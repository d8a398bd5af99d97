//! Blocks, transactions, receipts and logs: what has happened.

use alloy::consensus::transaction::TransactionInfo;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{B256, U64};
use alloy::rpc::types::{Filter, Transaction};
use serde_json::Value;

use super::{Answer, Params, answer, view};
use crate::chain::{Chain, UnixTime};

pub(super) fn block_number(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    answer(U64::from(chain.head().number()))
}

pub(super) fn block_by_number(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(2)?;
    let tag: BlockNumberOrTag = params.required(0)?;
    let full: bool = params.optional(1)?.unwrap_or_default();
    match chain.block(BlockId::Number(tag)) {
        Some(block) => answer(view::block(block, full)),
        None if tag.is_pending() => answer(view::block(&chain.pending_block(now), full)),
        None => Ok(Value::Null),
    }
}

pub(super) fn block_by_hash(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(2)?;
    let hash: B256 = params.required(0)?;
    let full: bool = params.optional(1)?.unwrap_or_default();
    answer(
        chain
            .block_by_hash(hash)
            .map(|block| view::block(block, full)),
    )
}

pub(super) fn block_receipts(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let id: BlockId = params.required(0)?;
    answer(chain.block(id).map(view::receipts))
}

pub(super) fn transaction_by_hash(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let hash: B256 = params.required(0)?;
    if let Some((block, index)) = chain.transaction(hash) {
        return answer(view::transaction(block, index));
    }
    let waiting = chain.waiting_transaction(hash).cloned();
    answer(waiting.map(|tx| Transaction::from_transaction(tx, TransactionInfo::default())))
}

pub(super) fn transaction_receipt(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let hash: B256 = params.required(0)?;
    answer(
        chain
            .transaction(hash)
            .map(|(block, index)| view::receipt(block, index)),
    )
}

pub(super) fn logs(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let filter: Filter = params.required(0)?;
    answer(chain.logs(&filter)?)
}
