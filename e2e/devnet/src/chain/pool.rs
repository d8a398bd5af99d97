//! Transactions that wait for a block.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use alloy::consensus::Transaction;
use alloy::primitives::{Address, B256};

use super::block::RecoveredTx;
use super::error::TxRejected;

/// A replacement raises both fees of what it replaces by this many percent, as in go-ethereum's
/// pool (`PriceBump`).
const REPLACEMENT_BUMP_PERCENT: u128 = 10;

#[derive(Clone, Debug)]
struct Waiting {
    tx: RecoveredTx,
    arrival: u64,
}

/// The pool: at most one transaction per sender and nonce.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    waiting: BTreeMap<(Address, u64), Waiting>,
    arrivals: u64,
}

impl Pool {
    /// Takes a transaction in, in place of one with the same nonce if it pays enough more.
    ///
    /// # Errors
    ///
    /// [`TxRejected::AlreadyKnown`] and [`TxRejected::Underpriced`].
    pub(super) fn insert(&mut self, tx: RecoveredTx) -> Result<(), TxRejected> {
        let key = (tx.signer(), tx.nonce());
        if let Some(old) = self.waiting.get(&key) {
            check_replacement(&old.tx, &tx)?;
        }
        self.arrivals += 1;
        self.waiting.insert(
            key,
            Waiting {
                tx,
                arrival: self.arrivals,
            },
        );
        Ok(())
    }

    /// The waiting transaction with this hash.
    pub(super) fn get(&self, hash: B256) -> Option<&RecoveredTx> {
        let mut all = self.waiting.values();
        all.find(|waiting| *waiting.tx.tx_hash() == hash)
            .map(|waiting| &waiting.tx)
    }

    /// Takes the transaction with this hash out; false where there is none.
    pub(super) fn remove(&mut self, hash: B256) -> bool {
        let before = self.waiting.len();
        self.waiting
            .retain(|_, waiting| *waiting.tx.tx_hash() != hash);
        self.waiting.len() < before
    }

    /// Drops all of `sender`'s transactions below `nonce`: they are mined or can never be.
    pub(super) fn forget_below(&mut self, sender: Address, nonce: u64) {
        self.waiting
            .retain(|(from, waiting), _| *from != sender || *waiting >= nonce);
    }

    /// The first nonce from `nonce` on that has no waiting transaction of `sender`.
    pub(super) fn next_nonce(&self, sender: Address, nonce: u64) -> u64 {
        (nonce..)
            .find(|next| !self.waiting.contains_key(&(sender, *next)))
            .unwrap_or(u64::MAX)
    }

    /// What a block with `base_fee` can take, best tip first, each sender's in nonce order from
    /// `nonce_of` on.
    pub(super) fn ready(
        &self,
        base_fee: u64,
        nonce_of: impl Fn(Address) -> u64,
    ) -> Vec<RecoveredTx> {
        let mut next: BTreeMap<Address, u64> = self
            .waiting
            .keys()
            .map(|(sender, _)| (*sender, nonce_of(*sender)))
            .collect();
        let mut ready = Vec::new();
        while let Some(best) = self.best(base_fee, &next) {
            next.entry(best.signer()).and_modify(|nonce| *nonce += 1);
            ready.push(best.clone());
        }
        ready
    }

    fn best(&self, base_fee: u64, next: &BTreeMap<Address, u64>) -> Option<&RecoveredTx> {
        next.iter()
            .filter_map(|(sender, nonce)| self.waiting.get(&(*sender, *nonce)))
            .filter_map(|waiting| Some((waiting.tx.effective_tip_per_gas(base_fee)?, waiting)))
            .max_by_key(|(tip, waiting)| (*tip, Reverse(waiting.arrival)))
            .map(|(_, waiting)| &waiting.tx)
    }
}

fn check_replacement(old: &RecoveredTx, new: &RecoveredTx) -> Result<(), TxRejected> {
    if old.tx_hash() == new.tx_hash() {
        return Err(TxRejected::AlreadyKnown);
    }
    let tip = |tx: &RecoveredTx| {
        tx.max_priority_fee_per_gas()
            .unwrap_or(tx.max_fee_per_gas())
    };
    let raised = raises_enough(old.max_fee_per_gas(), new.max_fee_per_gas())
        && raises_enough(tip(old), tip(new));
    if raised {
        Ok(())
    } else {
        Err(TxRejected::Underpriced)
    }
}

fn raises_enough(old: u128, new: u128) -> bool {
    new > old && new.saturating_mul(100) >= old.saturating_mul(100 + REPLACEMENT_BUMP_PERCENT)
}
