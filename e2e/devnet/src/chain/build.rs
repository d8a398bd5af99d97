//! A block in the making: transactions run one after the other on top of a state.

use std::collections::HashSet;

use alloy::consensus::proofs::calculate_receipt_root;
use alloy::consensus::{BlockBody, Header, Transaction, TxReceipt};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, B256, Bloom};
use reth_primitives_traits::proofs::calculate_transaction_root;
use reth_primitives_traits::{RecoveredBlock, SealedBlock};
use revm::DatabaseCommit;
use revm::context::result::{ExecutionResult, ResultAndState};
use revm::database::CacheDB;
use revm::state::EvmState;

use super::block::{Block, Receipt, RecoveredTx, SignedTx};
use super::error::TxRejected;
use super::evm;
use super::state::View;

/// EIP-7934: a block's RLP has at most 10 MiB less a margin of 2 MiB; 1 KiB is left for the header.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024 - 1024;

/// A block that transactions are added to.
pub(super) struct Builder<'a> {
    /// The state after the transactions so far.
    pub(super) state: CacheDB<View<'a>>,
    /// The header, without the fields that depend on the transactions.
    pub(super) header: Header,
    chain_id: u64,
    gas_used: u64,
    body_bytes: usize,
    transactions: Vec<SignedTx>,
    senders: Vec<Address>,
    receipts: Vec<Receipt>,
    changes: Vec<EvmState>,
    rejected: Vec<(B256, TxRejected)>,
    skipped: HashSet<Address>,
}

/// A finished block that is not part of the chain yet.
pub(super) struct Built {
    pub(super) block: RecoveredBlock<Block>,
    pub(super) receipts: Vec<Receipt>,
    /// What each transaction changed, in order.
    pub(super) changes: Vec<EvmState>,
    /// Transactions that turned out invalid when their turn came, by hash.
    pub(super) rejected: Vec<(B256, TxRejected)>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(parent: View<'a>, header: Header, chain_id: u64) -> Self {
        Self {
            state: CacheDB::new(parent),
            header,
            chain_id,
            gas_used: 0,
            body_bytes: 0,
            transactions: Vec::new(),
            senders: Vec::new(),
            receipts: Vec::new(),
            changes: Vec::new(),
            rejected: Vec::new(),
            skipped: HashSet::new(),
        }
    }

    /// Runs `tx` and adds it. One that does not fit stays out, with its sender's later ones.
    pub(super) fn push(&mut self, tx: &RecoveredTx) {
        if self.skipped.contains(&tx.signer()) {
            return;
        }
        if !self.fits(tx) {
            self.skipped.insert(tx.signer());
            return;
        }
        match self.run(tx) {
            Ok(outcome) => self.include(tx, outcome),
            Err(error) => {
                self.skipped.insert(tx.signer());
                self.rejected.push((*tx.tx_hash(), error));
            }
        }
    }

    fn fits(&self, tx: &RecoveredTx) -> bool {
        tx.gas_limit() <= self.header.gas_limit - self.gas_used
            && self.body_bytes + tx.encode_2718_len() <= MAX_BODY_BYTES
    }

    fn run(&self, tx: &RecoveredTx) -> Result<ResultAndState, TxRejected> {
        let block = evm::block_env(&self.header);
        let base_fee = block.basefee;
        let env = evm::tx_env(tx.inner(), tx.signer());
        evm::execute(&self.state, evm::rules(self.chain_id), block, env.clone())
            .map_err(|error| TxRejected::from_evm(error, &env, base_fee, self.chain_id))
    }

    fn include(&mut self, tx: &RecoveredTx, outcome: ResultAndState) {
        self.gas_used += outcome.result.gas().tx_gas_used();
        self.body_bytes += tx.encode_2718_len();
        self.receipts
            .push(receipt(tx, outcome.result, self.gas_used));
        self.state.commit(outcome.state.clone());
        self.changes.push(outcome.state);
        self.transactions.push(tx.inner().clone());
        self.senders.push(tx.signer());
    }

    /// Fills in what the header says of the transactions, and hashes the block.
    pub(super) fn seal(mut self) -> Built {
        let with_bloom: Vec<_> = self
            .receipts
            .iter()
            .map(|receipt| receipt.clone().into_with_bloom())
            .collect();
        self.header.gas_used = self.gas_used;
        self.header.transactions_root = calculate_transaction_root(&self.transactions);
        self.header.receipts_root = calculate_receipt_root(&with_bloom);
        self.header.logs_bloom = with_bloom
            .iter()
            .fold(Bloom::ZERO, |all, receipt| all | receipt.logs_bloom);
        let body = BlockBody {
            transactions: self.transactions,
            ommers: Vec::new(),
            withdrawals: Some(Default::default()),
        };
        let block = SealedBlock::seal_slow(Block {
            header: self.header,
            body,
        });
        Built {
            block: block.with_senders(self.senders),
            receipts: self.receipts,
            changes: self.changes,
            rejected: self.rejected,
        }
    }
}

fn receipt(tx: &RecoveredTx, result: ExecutionResult, cumulative_gas_used: u64) -> Receipt {
    Receipt {
        tx_type: tx.tx_type(),
        success: result.is_success(),
        cumulative_gas_used,
        // A transaction that failed leaves no logs.
        logs: if result.is_success() {
            result.into_logs()
        } else {
            Vec::new()
        },
    }
}
