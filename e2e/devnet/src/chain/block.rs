//! A block of this chain with its receipts.

use alloy::consensus::{
    Block as ConsensusBlock, EthereumReceipt, EthereumTxEnvelope, Header, Transaction, TxEip4844,
    transaction::TransactionMeta,
};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, B256};
use reth_primitives_traits::{Recovered, RecoveredBlock};

use super::history::Version;

/// A signed transaction of any type that Ethereum knows.
pub type SignedTx = EthereumTxEnvelope<TxEip4844>;
/// A signed transaction and the address recovered from its signature.
pub type RecoveredTx = Recovered<SignedTx>;
/// A block of such transactions.
pub type Block = ConsensusBlock<SignedTx>;
/// What a transaction did: status, gas so far in its block, logs.
pub type Receipt = EthereumReceipt;

/// A block that is part of the chain.
#[derive(Clone, Debug)]
pub struct MinedBlock {
    /// The block, its hash and the senders of its transactions.
    pub block: RecoveredBlock<Block>,
    /// One receipt per transaction.
    pub receipts: Vec<Receipt>,
    /// The state after the block.
    pub version: Version,
}

impl MinedBlock {
    /// The block's hash.
    pub fn hash(&self) -> B256 {
        self.block.hash()
    }

    /// The block's header.
    pub fn header(&self) -> &Header {
        self.block.sealed_block().header()
    }

    /// The block's number.
    pub fn number(&self) -> u64 {
        self.header().number
    }

    /// The block's base fee in wei per gas.
    pub fn base_fee(&self) -> u64 {
        self.header().base_fee_per_gas.unwrap_or_default()
    }

    /// The transactions in order.
    pub fn transactions(&self) -> &[SignedTx] {
        &self.block.sealed_block().body().transactions
    }

    /// Where transaction `index` stands.
    pub fn meta(&self, index: usize) -> TransactionMeta {
        TransactionMeta {
            tx_hash: self.transactions()[index].trie_hash(),
            index: index as u64,
            block_hash: self.hash(),
            block_number: self.number(),
            base_fee: Some(self.base_fee()),
            excess_blob_gas: None,
            timestamp: self.header().timestamp,
        }
    }

    /// The sender of transaction `index`.
    pub fn sender(&self, index: usize) -> Address {
        self.block.senders()[index]
    }

    /// The gas that transaction `index` used alone, the calldata floor of EIP-7623 included.
    pub fn gas_used(&self, index: usize) -> u64 {
        let before = index
            .checked_sub(1)
            .map_or(0, |i| self.receipts[i].cumulative_gas_used);
        self.receipts[index].cumulative_gas_used - before
    }

    /// How many logs of the block come before those of transaction `index`.
    pub fn logs_before(&self, index: usize) -> usize {
        self.receipts[..index]
            .iter()
            .map(|receipt| receipt.logs.len())
            .sum()
    }

    /// The priority fee per gas that transaction `index` paid.
    pub fn tip(&self, index: usize) -> u128 {
        self.transactions()[index]
            .effective_tip_per_gas(self.base_fee())
            .unwrap_or_default()
    }
}
