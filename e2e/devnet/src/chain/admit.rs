//! From raw bytes to a transaction that may wait for a block.

use alloy::consensus::Transaction;
use alloy::eips::eip2718::Decodable2718;
use alloy::primitives::Address;
use reth_primitives_traits::SignedTransaction;

use super::Chain;
use super::block::{RecoveredTx, SignedTx};
use super::clock::UnixTime;
use super::error::TxRejected;
use super::evm;

/// First bytes up to this one are transaction types (EIP-2718); higher ones begin a legacy
/// transaction's list.
const LAST_TYPE: u8 = 0x7f;

/// Decodes an envelope of exactly these bytes.
///
/// # Errors
///
/// [`TxRejected::Encoding`], or [`TxRejected::Type`] for blob (EIP-4844), set-code (EIP-7702) and
/// unknown transactions.
pub fn decode(raw: &[u8]) -> Result<SignedTx, TxRejected> {
    match raw.first() {
        Some(ty @ (0 | 3..=LAST_TYPE)) => Err(TxRejected::Type { ty: *ty }),
        None => Err(TxRejected::Encoding(
            alloy::rlp::Error::InputTooShort.into(),
        )),
        Some(_) => SignedTx::decode_2718_exact(raw).map_err(TxRejected::Encoding),
    }
}

impl Chain {
    /// Decodes, authenticates and checks a transaction against the head state.
    ///
    /// A nonce above the sender's next one is fine: the transaction waits for those before it. So
    /// is, while blocks are not made at once, a fee cap below the base fee.
    pub(super) fn admit(&self, raw: &[u8], now: UnixTime) -> Result<RecoveredTx, TxRejected> {
        let limit = self.config.max_transaction_bytes;
        if raw.len() > limit {
            return Err(TxRejected::Oversized {
                size: raw.len(),
                limit,
            });
        }
        let tx = decode(raw)?;
        self.check_chain_id(&tx)?;
        let tx = tx
            .try_into_recovered()
            .map_err(|_tx| TxRejected::Signature)?;
        self.check_nonce(&tx)?;
        self.check_validity(&tx, now)?;
        Ok(tx)
    }

    fn check_chain_id(&self, tx: &SignedTx) -> Result<(), TxRejected> {
        let want = self.config.chain_id;
        match tx.chain_id() {
            None => Err(TxRejected::Unprotected),
            Some(have) if have != want => Err(TxRejected::ChainId { have, want }),
            Some(_) => Ok(()),
        }
    }

    fn check_nonce(&self, tx: &RecoveredTx) -> Result<(), TxRejected> {
        let state = self.nonce(tx.signer());
        if tx.nonce() < state {
            return Err(TxRejected::NonceTooLow {
                state,
                tx: tx.nonce(),
            });
        }
        Ok(())
    }

    fn check_validity(&self, tx: &RecoveredTx, now: UnixTime) -> Result<(), TxRejected> {
        let mut rules = evm::rules(self.config.chain_id);
        rules.disable_nonce_check = true;
        rules.disable_base_fee = !self.mining.is_auto();
        let block = evm::block_env(&self.next_header(now));
        let base_fee = block.basefee;
        let env = evm::tx_env(tx.inner(), tx.signer());
        evm::validate(self.head_view(), rules, block, env.clone())
            .map_err(|error| TxRejected::from_evm(error, &env, base_fee, self.config.chain_id))
    }

    /// The nonce that `sender`'s next mined transaction has.
    pub(super) fn nonce(&self, sender: Address) -> u64 {
        let account = self.state.account(sender, self.state.version());
        account.map_or(0, |account| account.nonce)
    }
}
