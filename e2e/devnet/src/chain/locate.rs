//! From block names (number, hash, tag) to blocks and the state after them.

use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, Bytes, U256};
use revm::DatabaseRef;
use revm::context::BlockEnv;
use revm::database::CacheDB;

use super::error::UnknownBlock;
use super::state::View;
use super::{Chain, MinedBlock, UnixTime, evm};

/// A state to read from or to call into, and the block that a call sees itself in.
#[derive(Debug)]
pub struct World<'a> {
    pub(super) state: CacheDB<View<'a>>,
    pub(super) block: BlockEnv,
}

impl World<'_> {
    /// An account's balance in wei.
    pub fn balance(&self, address: Address) -> U256 {
        let Ok(account) = self.state.basic_ref(address);
        account.map(|account| account.balance).unwrap_or_default()
    }

    /// The nonce of an account's next transaction.
    pub fn nonce(&self, address: Address) -> u64 {
        let Ok(account) = self.state.basic_ref(address);
        account.map_or(0, |account| account.nonce)
    }

    /// A contract's code; empty for other accounts.
    pub fn code(&self, address: Address) -> Bytes {
        let Ok(account) = self.state.basic_ref(address);
        let Some(account) = account else {
            return Bytes::new();
        };
        let Ok(stored) = self.state.code_by_hash_ref(account.code_hash);
        account.code.unwrap_or(stored).original_bytes()
    }

    /// A storage slot.
    pub fn slot(&self, address: Address, slot: U256) -> U256 {
        let Ok(value) = self.state.storage_ref(address, slot);
        value
    }
}

impl Chain {
    /// The block with this hash.
    pub fn block_by_hash(&self, hash: B256) -> Option<&MinedBlock> {
        self.block_by_number(*self.block_numbers.get(&hash)?)
    }

    /// The block with this number.
    pub fn block_by_number(&self, number: u64) -> Option<&MinedBlock> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    /// The block of this name; `None` for the pending one and for blocks that don't exist.
    pub fn block(&self, id: BlockId) -> Option<&MinedBlock> {
        match id {
            BlockId::Hash(hash) => self.block_by_hash(hash.block_hash),
            BlockId::Number(tag) => self.block_by_number(self.number(tag)?),
        }
    }

    /// The number that a tag stands for now; `None` for the pending block.
    pub fn number(&self, tag: BlockNumberOrTag) -> Option<u64> {
        let head = self.head().number();
        match tag {
            BlockNumberOrTag::Pending => None,
            BlockNumberOrTag::Latest => Some(head),
            BlockNumberOrTag::Safe | BlockNumberOrTag::Finalized => {
                Some(head.saturating_sub(self.config.finality_depth))
            }
            BlockNumberOrTag::Earliest => Some(0),
            BlockNumberOrTag::Number(number) => Some(number),
        }
    }

    /// The block that would be made now of what waits.
    pub fn pending_block(&self, now: UnixTime) -> MinedBlock {
        let built = self.pending(now).seal();
        let version = self.state.version();
        MinedBlock {
            block: built.block,
            receipts: built.receipts,
            version,
        }
    }

    /// The state after a block. A call on it runs as if inside that block; on the pending one, as
    /// the next transaction of the block being made.
    ///
    /// # Errors
    ///
    /// [`UnknownBlock`].
    pub fn world(&self, id: BlockId, now: UnixTime) -> Result<World<'_>, UnknownBlock> {
        if id == BlockId::pending() {
            let pending = self.pending(now);
            let block = evm::block_env(&pending.header);
            return Ok(World {
                state: pending.state,
                block,
            });
        }
        let mined = self.block(id).ok_or(UnknownBlock(id))?;
        let view = View::new(&self.state, &self.blocks, mined.version);
        Ok(World {
            state: CacheDB::new(view),
            block: evm::block_env(mined.header()),
        })
    }
}
