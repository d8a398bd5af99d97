//! The chain's blocks, transactions and receipts in the shapes that JSON-RPC gives them.

use alloy::consensus::transaction::TransactionInfo;
use alloy::consensus::{Receipt as EnvelopeReceipt, ReceiptEnvelope, Transaction as _, TxReceipt};
use alloy::primitives::{Sealed, U256};
use alloy::rpc::types::{Block, BlockTransactions, Header, Log, Transaction, TransactionReceipt};
use reth_primitives_traits::Recovered;

use crate::chain::{MinedBlock, SignedTx, transaction_logs};

pub(super) fn block(block: &MinedBlock, full: bool) -> Block<Transaction<SignedTx>> {
    let sealed = Sealed::new_unchecked(block.header().clone(), block.hash());
    let size = U256::from(block.block.sealed_block().rlp_length());
    let count = block.transactions().len();
    let transactions = if full {
        BlockTransactions::Full((0..count).map(|index| transaction(block, index)).collect())
    } else {
        let hashes = block.transactions().iter().map(|tx| *tx.tx_hash());
        BlockTransactions::Hashes(hashes.collect())
    };
    Block {
        header: Header::from_consensus(sealed, None, Some(size)),
        uncles: Vec::new(),
        transactions,
        withdrawals: Some(Default::default()),
    }
}

pub(super) fn transaction(block: &MinedBlock, index: usize) -> Transaction<SignedTx> {
    let tx = Recovered::new_unchecked(block.transactions()[index].clone(), block.sender(index));
    let info = TransactionInfo {
        hash: Some(*tx.tx_hash()),
        index: Some(index as u64),
        block_hash: Some(block.hash()),
        block_number: Some(block.number()),
        base_fee: Some(block.base_fee()),
        block_timestamp: Some(block.header().timestamp),
    };
    Transaction::from_transaction(tx, info)
}

pub(super) fn receipts(block: &MinedBlock) -> Vec<TransactionReceipt> {
    (0..block.receipts.len())
        .map(|index| receipt(block, index))
        .collect()
}

pub(super) fn receipt(block: &MinedBlock, index: usize) -> TransactionReceipt {
    let tx = &block.transactions()[index];
    let from = block.sender(index);
    TransactionReceipt {
        inner: envelope(block, index),
        transaction_hash: *tx.tx_hash(),
        transaction_index: Some(index as u64),
        block_hash: Some(block.hash()),
        block_number: Some(block.number()),
        gas_used: block.gas_used(index),
        effective_gas_price: tx.effective_gas_price(Some(block.base_fee())),
        blob_gas_used: None,
        blob_gas_price: None,
        from,
        to: tx.to(),
        contract_address: tx.is_create().then(|| from.create(tx.nonce())),
    }
}

fn envelope(block: &MinedBlock, index: usize) -> ReceiptEnvelope<Log> {
    let receipt = &block.receipts[index];
    let with_logs = EnvelopeReceipt {
        status: receipt.success.into(),
        cumulative_gas_used: receipt.cumulative_gas_used,
        logs: transaction_logs(block, index),
    };
    ReceiptEnvelope::from_typed(
        receipt.tx_type,
        with_logs.into_with_bloom_unchecked(receipt.bloom()),
    )
}
