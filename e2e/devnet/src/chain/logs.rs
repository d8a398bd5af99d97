//! Finding logs.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::B256;
use alloy::rpc::types::{Filter, FilterBlockOption, Log};

use super::{Chain, MinedBlock};

/// Why a log filter can't be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogsFailed {
    /// The range ends before it begins.
    #[error("invalid block range params: from {from} to {to}")]
    Range {
        /// First block.
        from: u64,
        /// Last block.
        to: u64,
    },
    /// There is no block with this hash.
    #[error("unknown block: {0}")]
    UnknownBlock(B256),
}

impl Chain {
    /// The logs that `filter` matches, in order. A range without ends is the head alone; one that
    /// goes beyond the head ends there, and one that begins beyond it is empty.
    ///
    /// # Errors
    ///
    /// [`LogsFailed`].
    pub fn logs(&self, filter: &Filter) -> Result<Vec<Log>, LogsFailed> {
        let blocks = match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                vec![
                    self.block_by_hash(hash)
                        .ok_or(LogsFailed::UnknownBlock(hash))?,
                ]
            }
            FilterBlockOption::Range {
                from_block,
                to_block,
            } => self.range(from_block, to_block)?,
        };
        let wanted = |block: &&MinedBlock| filter.matches_bloom(block.header().logs_bloom);
        let logs = blocks.into_iter().filter(wanted).flat_map(block_logs);
        Ok(logs.filter(|log| filter.matches(&log.inner)).collect())
    }

    fn range(
        &self,
        from: Option<BlockNumberOrTag>,
        to: Option<BlockNumberOrTag>,
    ) -> Result<Vec<&MinedBlock>, LogsFailed> {
        let head = self.head().number();
        // The pending block has no logs to offer yet: it reads as the head.
        let number = |tag: BlockNumberOrTag| self.number(tag).unwrap_or(head);
        let from = from.map_or(head, number);
        if let Some(BlockNumberOrTag::Number(to)) = to
            && from > to
        {
            return Err(LogsFailed::Range { from, to });
        }
        let to = to.map_or(head, number);
        Ok((from..=to.min(head))
            .filter_map(|number| self.block_by_number(number))
            .collect())
    }
}

/// The logs of transaction `index` of a block.
pub fn transaction_logs(block: &MinedBlock, index: usize) -> Vec<Log> {
    let logs = block.receipts[index].logs.clone();
    Log::collect_for_receipt(block.logs_before(index), block.meta(index), logs)
}

fn block_logs(block: &MinedBlock) -> impl Iterator<Item = Log> + '_ {
    (0..block.receipts.len()).flat_map(|index| transaction_logs(block, index))
}
