//! The methods that only development chains have.

use std::time::Duration;

use alloy::primitives::{Address, B256, U64, U256};
use serde_json::Value;

use super::{Answer, Params, Quantity, RpcError, answer};
use crate::chain::{Chain, Mining, SnapshotId, UnixTime};

/// The most blocks that one request may make.
const MAX_MINED: u64 = 100_000;

pub(super) fn snapshot(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    answer(U64::from(chain.snapshot().0))
}

pub(super) fn revert(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let Quantity(id) = params.required(0)?;
    answer(chain.revert(SnapshotId(id)))
}

/// One block; an optional parameter is its timestamp.
pub(super) fn mine_one(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    if let Some(Quantity(timestamp)) = params.optional(0)? {
        chain.set_next_timestamp(timestamp, now)?;
    }
    chain.mine(now);
    answer(U64::ZERO)
}

/// A number of blocks (one by default), optionally with this many seconds between them.
pub(super) fn mine_many(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(2)?;
    let Quantity(count) = params.optional(0)?.unwrap_or(Quantity(1));
    let interval: Option<Quantity> = params.optional(1)?;
    if count > MAX_MINED {
        return Err(RpcError::invalid_params(format!(
            "more than {MAX_MINED} blocks at once"
        )));
    }
    for index in 0..count {
        if let Some(Quantity(seconds)) = interval.filter(|_| index > 0) {
            let timestamp = chain.head().header().timestamp.saturating_add(seconds);
            chain.set_next_timestamp(timestamp, now)?;
        }
        chain.mine(now);
    }
    Ok(Value::Null)
}

pub(super) fn increase_time(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let Quantity(seconds) = params.required(0)?;
    answer(chain.increase_time(seconds, now))
}

pub(super) fn set_next_timestamp(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let Quantity(timestamp) = params.required(0)?;
    chain.set_next_timestamp(timestamp, now)?;
    Ok(Value::Null)
}

pub(super) fn set_automine(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let auto: bool = params.required(0)?;
    chain.set_mining(if auto { Mining::Auto } else { Mining::Manual }, now);
    Ok(Value::Null)
}

pub(super) fn get_automine(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    answer(chain.mining().is_auto())
}

/// Seconds between blocks; 0 stops mining.
pub(super) fn set_interval_mining(chain: &mut Chain, now: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let Quantity(seconds) = params.required(0)?;
    let mining = match seconds {
        0 => Mining::Manual,
        seconds => Mining::Interval(Duration::from_secs(seconds)),
    };
    chain.set_mining(mining, now);
    Ok(Value::Null)
}

pub(super) fn set_balance(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(2)?;
    let address: Address = params.required(0)?;
    let balance: U256 = params.required(1)?;
    chain.set_balance(address, balance);
    Ok(Value::Null)
}

pub(super) fn set_next_base_fee(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let Quantity(base_fee) = params.required(0)?;
    chain.set_next_base_fee(base_fee);
    Ok(Value::Null)
}

/// The hash, or null where no transaction with it waits.
pub(super) fn drop_transaction(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(1)?;
    let hash: B256 = params.required(0)?;
    answer(chain.drop_transaction(hash).then_some(hash))
}
