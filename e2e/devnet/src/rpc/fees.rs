//! What to pay.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::U64;

use super::{Answer, Params, Quantity, RpcError, answer};
use crate::chain::{Chain, SUGGESTED_TIP, UnixTime};

/// The most percentiles that one request may ask for, as in go-ethereum (`maxQueryLimit`).
const MAX_PERCENTILES: usize = 100;

pub(super) fn gas_price(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    answer(U64::from(
        chain.base_fee_of_next().saturating_add(SUGGESTED_TIP),
    ))
}

pub(super) fn max_priority_fee_per_gas(_: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(0)?;
    answer(U64::from(SUGGESTED_TIP))
}

pub(super) fn fee_history(chain: &mut Chain, _: UnixTime, params: &Params) -> Answer {
    params.at_most(3)?;
    let Quantity(count) = params.required(0)?;
    let newest: BlockNumberOrTag = params.required(1)?;
    let percentiles: Vec<f64> = params.optional(2)?.unwrap_or_default();
    check_percentiles(&percentiles)?;
    answer(chain.fee_history(count, newest, &percentiles)?)
}

fn check_percentiles(percentiles: &[f64]) -> Result<(), RpcError> {
    let in_range = percentiles
        .iter()
        .all(|percentile| (0.0..=100.0).contains(percentile));
    if in_range && percentiles.is_sorted() && percentiles.len() <= MAX_PERCENTILES {
        return Ok(());
    }
    Err(RpcError::invalid_params("invalid reward percentile"))
}
