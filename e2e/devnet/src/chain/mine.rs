//! Taking transactions in and making blocks of them.

use std::time::Duration;

use alloy::primitives::B256;

use super::build::{Builder, Built};
use super::error::TxRejected;
use super::{Chain, MinedBlock, RecoveredTx, UnixTime};

/// When blocks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mining {
    /// At once, one for each transaction.
    Auto,
    /// By [`Chain::mine`] alone.
    Manual,
    /// Every so often, by whoever drives the chain, with all that waits.
    Interval(Duration),
}

impl Mining {
    /// Whether a transaction is mined as it comes in.
    pub fn is_auto(self) -> bool {
        self == Self::Auto
    }
}

impl Chain {
    /// Takes a signed transaction in and, while mining is automatic, makes its block.
    ///
    /// # Errors
    ///
    /// [`TxRejected`], with nothing changed. A transaction that reverts is no error: it is mined.
    pub fn send_raw(&mut self, raw: &[u8], now: UnixTime) -> Result<B256, TxRejected> {
        let tx = self.admit(raw, now)?;
        let hash = *tx.tx_hash();
        self.pool.insert(tx)?;
        match self
            .mine_if_auto(now)
            .into_iter()
            .find(|(rejected, _)| *rejected == hash)
        {
            Some((_, error)) => Err(error),
            None => Ok(hash),
        }
    }

    /// Makes a block of what waits; it may be empty.
    pub fn mine(&mut self, now: UnixTime) -> &MinedBlock {
        let ready = self.ready();
        let built = self.build(&ready, now);
        self.commit(built);
        self.head()
    }

    /// How blocks are made now.
    pub fn mining(&self) -> Mining {
        self.mining
    }

    /// Changes how blocks are made. Switching to [`Mining::Auto`] mines what waits.
    pub fn set_mining(&mut self, mining: Mining, now: UnixTime) {
        self.mining = mining;
        self.mine_if_auto(now);
    }

    /// The block that would be made at `now` of what waits, before it is sealed.
    pub(super) fn pending(&self, now: UnixTime) -> Builder<'_> {
        self.fill(&self.ready(), now)
    }

    /// Makes a block per ready transaction while mining is automatic. Returns those that turned
    /// out invalid.
    fn mine_if_auto(&mut self, now: UnixTime) -> Vec<(B256, TxRejected)> {
        let mut rejected = Vec::new();
        while self.mining.is_auto() {
            let Some(first) = self.ready().into_iter().next() else {
                break;
            };
            let built = self.build(&[first], now);
            rejected.extend(self.commit(built));
        }
        rejected
    }

    fn ready(&self) -> Vec<RecoveredTx> {
        self.pool
            .ready(self.base_fee_of_next(), |sender| self.nonce(sender))
    }

    fn fill(&self, transactions: &[RecoveredTx], now: UnixTime) -> Builder<'_> {
        let header = self.next_header(now);
        let mut builder = Builder::new(self.head_view(), header, self.config.chain_id);
        for tx in transactions {
            builder.push(tx);
        }
        builder
    }

    fn build(&self, transactions: &[RecoveredTx], now: UnixTime) -> Built {
        self.fill(transactions, now).seal()
    }

    fn commit(&mut self, built: Built) -> Vec<(B256, TxRejected)> {
        for changes in built.changes {
            self.state.apply(changes);
        }
        for (hash, error) in &built.rejected {
            tracing::debug!(target: "devnet", %hash, %error, "transaction dropped");
            self.pool.remove(*hash);
        }
        for sender in built.block.senders() {
            self.pool.forget_below(*sender, self.nonce(*sender));
        }
        self.clock.block_made();
        self.next_base_fee = None;
        self.append(MinedBlock {
            block: built.block,
            receipts: built.receipts,
            version: self.state.version(),
        });
        built.rejected
    }
}
