//! The chain itself: state, blocks, pool and rules, without clock, network or threads.
//!
//! Every function that depends on the time takes it as an argument.
//!
//! What the headers claim: transactions root, receipts root, logs bloom, gas, fees and hashes are
//! as on mainnet. The state root is zero: the chain keeps no state trie, so it makes no claim
//! about the state and serves no account proofs. System contracts (EIP-2935, EIP-4788) are absent
//! and there are no blobs, withdrawals or requests.

mod admit;
mod block;
mod build;
mod call;
mod clock;
mod control;
mod error;
mod estimate;
mod evm;
mod fees;
mod history;
mod locate;
mod logs;
mod mine;
mod pool;
mod state;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use alloy::consensus::{BlockBody, EMPTY_ROOT_HASH, Header};
use alloy::eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use reth_primitives_traits::SealedBlock;

pub use self::admit::decode;
pub use self::block::{Block, MinedBlock, Receipt, RecoveredTx, SignedTx};
pub use self::clock::UnixTime;
pub use self::control::{SnapshotId, TimestampTooLow};
pub use self::error::{CallFailed, TxRejected, UnknownBlock};
pub use self::fees::SUGGESTED_TIP;
pub use self::history::Version;
pub use self::locate::World;
pub use self::logs::{LogsFailed, transaction_logs};
pub use self::mine::Mining;

use self::clock::ChainClock;
use self::control::Snapshots;
use self::pool::Pool;
use self::state::{State, View};
use crate::accounts::DevAccount;
use crate::config::ChainConfig;

/// What every header carries as extra data.
const EXTRA_DATA: &[u8] = b"gavel devnet";

/// A development chain.
#[derive(Debug)]
pub struct Chain {
    config: ChainConfig,
    state: State,
    blocks: Vec<MinedBlock>,
    block_numbers: HashMap<B256, u64>,
    /// Block index and position of every mined transaction.
    positions: HashMap<B256, (usize, usize)>,
    pool: Pool,
    clock: ChainClock,
    mining: Mining,
    snapshots: Snapshots,
    /// How often the chain was reverted. It goes into each block's randomness, so that no block
    /// after a revert repeats the hash of one that was dropped.
    branch: u64,
    next_base_fee: Option<u64>,
}

impl Chain {
    /// A chain with its genesis block, made at `now`.
    pub fn new(config: ChainConfig, now: UnixTime) -> Self {
        let mut chain = Self {
            state: State::default(),
            blocks: Vec::new(),
            block_numbers: HashMap::new(),
            positions: HashMap::new(),
            pool: Pool::default(),
            clock: ChainClock::default(),
            mining: Mining::Auto,
            snapshots: Snapshots::default(),
            branch: 0,
            next_base_fee: None,
            config,
        };
        for account in chain.dev_accounts() {
            chain
                .state
                .set_balance(account.address, chain.config.balance);
        }
        chain.append_genesis(now);
        chain
    }

    /// The settings that the chain was made with.
    pub fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// The accounts funded at genesis.
    pub fn dev_accounts(&self) -> Vec<DevAccount> {
        (0..self.config.accounts).map(DevAccount::derive).collect()
    }

    /// The newest block.
    ///
    /// # Panics
    ///
    /// Never: there is always a genesis block.
    pub fn head(&self) -> &MinedBlock {
        self.blocks.last().expect("the genesis block")
    }

    /// The mined block and position of the transaction with this hash.
    pub fn transaction(&self, hash: B256) -> Option<(&MinedBlock, usize)> {
        let (block, index) = self.positions.get(&hash)?;
        Some((&self.blocks[*block], *index))
    }

    /// The waiting transaction with this hash.
    pub fn waiting_transaction(&self, hash: B256) -> Option<&RecoveredTx> {
        self.pool.get(hash)
    }

    /// The nonce that `sender` should sign with next, counting waiting transactions.
    pub fn pending_nonce(&self, sender: Address) -> u64 {
        self.pool.next_nonce(sender, self.nonce(sender))
    }

    fn head_view(&self) -> View<'_> {
        View::new(&self.state, &self.blocks, self.state.version())
    }

    /// The header of a block made at `now` on the head, before any transaction.
    fn next_header(&self, now: UnixTime) -> Header {
        let parent = self.head();
        Header {
            parent_hash: parent.hash(),
            number: parent.number() + 1,
            timestamp: self.clock.timestamp(parent.header().timestamp, now),
            base_fee_per_gas: Some(self.base_fee_of_next()),
            mix_hash: self.randomness(parent.hash()),
            ..self.blank_header()
        }
    }

    fn randomness(&self, parent: B256) -> B256 {
        keccak256([parent.as_slice(), &self.branch.to_be_bytes()].concat())
    }

    fn blank_header(&self) -> Header {
        Header {
            beneficiary: self.config.beneficiary,
            gas_limit: self.config.block_gas_limit,
            extra_data: Bytes::from_static(EXTRA_DATA),
            state_root: B256::ZERO,
            withdrawals_root: Some(EMPTY_ROOT_HASH),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(B256::ZERO),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
            ..Header::default()
        }
    }

    fn append_genesis(&mut self, now: UnixTime) {
        let header = Header {
            timestamp: now.0,
            base_fee_per_gas: Some(self.config.base_fee),
            ..self.blank_header()
        };
        let body = BlockBody {
            withdrawals: Some(Default::default()),
            ..BlockBody::default()
        };
        let block = SealedBlock::seal_slow(Block { header, body });
        self.append(MinedBlock {
            block: block.with_senders(Vec::new()),
            receipts: Vec::new(),
            version: self.state.version(),
        });
    }

    fn append(&mut self, mined: MinedBlock) {
        self.block_numbers.insert(mined.hash(), mined.number());
        for (index, tx) in mined.transactions().iter().enumerate() {
            self.positions
                .insert(*tx.tx_hash(), (self.blocks.len(), index));
        }
        self.blocks.push(mined);
    }
}
