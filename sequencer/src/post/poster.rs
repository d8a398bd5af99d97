//! Sending.

use super::Purpose;
use crate::store::{Fate, SentStore, SentTransaction, StoreError};
use alloy::{
    consensus::TxEnvelope,
    eips::{BlockId, eip2718::Encodable2718},
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, TxHash},
    providers::{DynProvider, Provider},
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
    transports::{RpcError, TransportErrorKind},
};
use gavel_chain::{Call, ChainError, FeePolicy, Refusal};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use thiserror::Error;
use tokio::sync::Mutex;

/// Why a transaction could not be sent.
#[derive(Debug, Error)]
pub enum PostError {
    /// The node failed.
    #[error("the node failed")]
    Chain(#[from] ChainError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The transaction can't be signed.
    #[error("the transaction can't be signed")]
    Sign(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<RpcError<TransportErrorKind>> for PostError {
    fn from(error: RpcError<TransportErrorKind>) -> Self {
        PostError::Chain(error.into())
    }
}

/// What became of the wish to send a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It was written down and handed to the node.
    Sent {
        /// Its hash.
        hash: TxHash,
    },
    /// One for the same purpose is under way.
    UnderWay,
    /// The account has transactions under way that this store doesn't know, as after a start with an empty data directory.
    UnknownUnderWay {
        /// How many.
        count: u64,
    },
    /// The contract would refuse it.
    Refused(Refusal),
    /// The node refuses it, as when the account's balance is too small.
    NodeRefused {
        /// In the node's words.
        message: String,
    },
    /// It reverted on chain too often.
    LeftAlone {
        /// How often.
        reverts: u32,
    },
}

/// One account's way to the chain. Nothing else may send from that account.
pub struct Poster {
    pub(super) provider: DynProvider,
    wallet: EthereumWallet,
    account: Address,
    chain_id: u64,
    pub(super) store: Arc<dyn SentStore>,
    pub(super) policy: FeePolicy,
    max_reverts: u32,
    /// Held from the choice of a nonce until the transaction is written down.
    pub(super) turn: Mutex<()>,
}

impl Poster {
    /// The poster of one account on one chain.
    pub fn new(
        provider: DynProvider,
        signer: PrivateKeySigner,
        chain_id: u64,
        store: Arc<dyn SentStore>,
        policy: FeePolicy,
        max_reverts: u32,
    ) -> Self {
        Poster {
            provider,
            account: signer.address(),
            wallet: EthereumWallet::from(signer),
            chain_id,
            store,
            policy,
            max_reverts,
            turn: Mutex::new(()),
        }
    }

    /// The account.
    pub fn account(&self) -> Address {
        self.account
    }

    /// Sends a call for a purpose, unless one is under way, unknown ones are, or it would be refused. It doesn't wait for
    /// the receipt: [`Poster::settle`] looks for that.
    ///
    /// # Errors
    /// [`PostError`]; a transaction that was written down before is sent again by [`Poster::settle`].
    pub async fn post(&self, purpose: &Purpose, call: &Call) -> Result<Posted, PostError> {
        let _turn = self.turn.lock().await;
        let key = purpose.to_string();
        let open = self.store.unsettled().await?;
        if open.iter().any(|sent| sent.purpose == key) {
            return Ok(Posted::UnderWay);
        }
        let reverts = self.store.reverts(&key).await?;
        if reverts >= self.max_reverts {
            return Ok(Posted::LeftAlone { reverts });
        }
        let pending = self.count(BlockId::pending()).await?;
        let unknown = unknown(self.count(BlockId::latest()).await?, pending, &open);
        if unknown > 0 {
            return Ok(Posted::UnknownUnderWay { count: unknown });
        }
        let request = self.request(call);
        let gas = match self.provider.estimate_gas(request.clone()).await {
            Ok(gas) => gas + gas / 4,
            Err(error) => return refused(error),
        };
        // What was written down but never reached the node still holds its nonce.
        let known = open.last().map_or(0, |sent| sent.nonce + 1);
        let fees = self.provider.estimate_eip1559_fees().await?;
        let fees = self.policy.first(fees);
        let request = request
            .with_gas_limit(gas)
            .with_nonce(pending.max(known))
            .with_max_fee_per_gas(fees.max_fee_per_gas)
            .with_max_priority_fee_per_gas(fees.max_priority_fee_per_gas);
        let sent = self.sign(request, key).await?;
        self.store.put_sent(&sent).await?;
        self.hand_over(&sent).await;
        Ok(Posted::Sent { hash: sent.hash })
    }

    fn request(&self, call: &Call) -> TransactionRequest {
        TransactionRequest::default()
            .with_chain_id(self.chain_id)
            .with_from(self.account)
            .with_to(call.to)
            .with_input(call.input.clone())
            .with_value(call.value)
    }

    pub(super) async fn sign(
        &self,
        request: TransactionRequest,
        purpose: String,
    ) -> Result<SentTransaction, PostError> {
        let (nonce, max_fee, priority_fee) = (
            request.nonce.unwrap_or_default(),
            request.max_fee_per_gas.unwrap_or_default(),
            request.max_priority_fee_per_gas.unwrap_or_default(),
        );
        let envelope: TxEnvelope = request
            .build(&self.wallet)
            .await
            .map_err(|error| PostError::Sign(Box::new(error)))?;
        Ok(SentTransaction {
            hash: *envelope.tx_hash(),
            nonce,
            purpose,
            raw: envelope.encoded_2718(),
            max_fee,
            priority_fee,
            sent_at: unix_time(),
            fate: Fate::Open,
        })
    }

    /// Hands a transaction that is written down to the node. What the node answers changes nothing: whether the
    /// transaction is on its way is seen later.
    pub(super) async fn hand_over(&self, sent: &SentTransaction) {
        if let Err(error) = self.provider.send_raw_transaction(&sent.raw).await {
            tracing::warn!(target: "sequencer", purpose = sent.purpose, hash = %sent.hash, %error, "the node did not take a transaction");
        }
    }

    /// The account's nonce at a block.
    pub(super) async fn count(&self, at: BlockId) -> Result<u64, PostError> {
        let count = self.provider.get_transaction_count(self.account);
        Ok(count.block_id(at).await?)
    }
}

/// How many transactions that the node has, included ones aside, are not among the open ones.
fn unknown(latest: u64, pending: u64, open: &[SentTransaction]) -> u64 {
    let is_known = |nonce: &u64| open.iter().any(|sent| sent.nonce == *nonce);
    (latest..pending).filter(|nonce| !is_known(nonce)).count() as u64
}

/// A refusal of the contract or of the node is an answer; a node that can't be reached is an error.
fn refused(error: RpcError<TransportErrorKind>) -> Result<Posted, PostError> {
    if let Some(refusal) = Refusal::of(&error) {
        return Ok(Posted::Refused(refusal));
    }
    match error.as_error_resp() {
        Some(payload) => Ok(Posted::NodeRefused {
            message: payload.message.to_string(),
        }),
        None => Err(error.into()),
    }
}

/// Seconds of Unix time; 0 on a clock before that.
pub(super) fn unix_time() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}
