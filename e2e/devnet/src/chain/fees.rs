//! Base fees and what was paid above them.

use alloy::eips::BlockNumberOrTag;
use alloy::eips::eip1559::{BaseFeeParams, calc_next_block_base_fee};
use alloy::rpc::types::FeeHistory;

use super::{Chain, MinedBlock, UnknownBlock};

/// The priority fee that clients are told to offer, in wei per gas (1 gwei).
pub const SUGGESTED_TIP: u64 = 1_000_000_000;

/// The most blocks that one fee history covers, as in go-ethereum (`maxBlockHistory`).
const MAX_HISTORY: u64 = 1024;

impl Chain {
    /// The base fee of the next block, in wei per gas.
    pub fn base_fee_of_next(&self) -> u64 {
        self.next_base_fee
            .unwrap_or_else(|| base_fee_after(self.head()))
    }

    /// Base fees, fullness and the tips at the given percentiles of gas of the `count` blocks up
    /// to `newest`.
    ///
    /// # Errors
    ///
    /// [`UnknownBlock`] where `newest` does not exist.
    pub fn fee_history(
        &self,
        count: u64,
        newest: BlockNumberOrTag,
        percentiles: &[f64],
    ) -> Result<FeeHistory, UnknownBlock> {
        let newest_number = self.number(newest).unwrap_or(self.head().number());
        let last = self
            .block_by_number(newest_number)
            .ok_or(UnknownBlock(alloy::eips::BlockId::Number(newest)))?;
        let count = count.min(MAX_HISTORY).min(newest_number + 1);
        let oldest = newest_number + 1 - count;
        let blocks: Vec<_> = (oldest..=newest_number)
            .filter_map(|number| self.block_by_number(number))
            .collect();
        let mut base_fees: Vec<u128> = blocks
            .iter()
            .map(|block| u128::from(block.base_fee()))
            .collect();
        base_fees.push(u128::from(self.base_fee_following(last)));
        Ok(FeeHistory {
            oldest_block: oldest,
            base_fee_per_blob_gas: vec![1; base_fees.len()],
            blob_gas_used_ratio: vec![0.0; blocks.len()],
            base_fee_per_gas: base_fees,
            gas_used_ratio: blocks.iter().map(|block| fullness(block)).collect(),
            reward: (!percentiles.is_empty()).then(|| {
                blocks
                    .iter()
                    .map(|block| tips_at(block, percentiles))
                    .collect()
            }),
        })
    }

    fn base_fee_following(&self, block: &MinedBlock) -> u64 {
        match self.block_by_number(block.number() + 1) {
            Some(child) => child.base_fee(),
            None => self.base_fee_of_next(),
        }
    }
}

fn base_fee_after(parent: &MinedBlock) -> u64 {
    let header = parent.header();
    let params = BaseFeeParams::ethereum();
    calc_next_block_base_fee(header.gas_used, header.gas_limit, parent.base_fee(), params)
}

fn fullness(block: &MinedBlock) -> f64 {
    block.header().gas_used as f64 / block.header().gas_limit as f64
}

/// The tip of the transaction within which each percentile of the block's gas is reached, when
/// they are sorted by tip; zeros for an empty block.
fn tips_at(block: &MinedBlock, percentiles: &[f64]) -> Vec<u128> {
    let mut paid: Vec<(u128, u64)> = (0..block.receipts.len())
        .map(|index| (block.tip(index), block.gas_used(index)))
        .collect();
    paid.sort_unstable();
    percentiles
        .iter()
        .map(|percentile| tip_at(&paid, block.header().gas_used, *percentile))
        .collect()
}

fn tip_at(paid: &[(u128, u64)], total: u64, percentile: f64) -> u128 {
    let threshold = total as f64 * percentile / 100.0;
    let mut reached = 0;
    for (tip, gas) in paid {
        reached += gas;
        if reached as f64 >= threshold {
            return *tip;
        }
    }
    paid.last().map_or(0, |(tip, _)| *tip)
}
