//! What became of transactions that were sent.

use super::poster::{PostError, Poster, unix_time};
use crate::store::{Fate, SentTransaction};
use alloy::{
    consensus::TxEnvelope,
    eips::{BlockId, eip1559::Eip1559Estimation, eip2718::Decodable2718},
    network::TransactionBuilder,
    primitives::TxHash,
    providers::Provider,
    rpc::types::TransactionRequest,
};

/// A transaction whose fate is known now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its hash.
    pub hash: TxHash,
    /// What it was for.
    pub purpose: String,
    /// What became of it.
    pub fate: Fate,
}

impl Poster {
    /// Looks what became of the transactions under way. One that the node lost is sent again as it was, one that waits too
    /// long is replaced by one that offers more.
    ///
    /// # Errors
    /// [`PostError`].
    pub async fn settle(&self) -> Result<Vec<Settled>, PostError> {
        let _turn = self.turn.lock().await;
        let mut settled = Vec::new();
        for sent in self.store.unsettled().await? {
            let fate = self.fate(&sent).await?;
            if fate == Fate::Open {
                continue;
            }
            self.store.set_fate(sent.hash, fate).await?;
            settled.push(Settled {
                hash: sent.hash,
                purpose: sent.purpose,
                fate,
            });
        }
        self.hurry().await?;
        Ok(settled)
    }

    async fn fate(&self, sent: &SentTransaction) -> Result<Fate, PostError> {
        // The nonce is read first: a receipt that comes in between is then seen.
        let next = self.count(BlockId::latest()).await?;
        if let Some(receipt) = self.provider.get_transaction_receipt(sent.hash).await? {
            return Ok(match receipt.status() {
                true => Fate::Done,
                false => Fate::Reverted,
            });
        }
        Ok(match sent.nonce < next {
            true => Fate::Replaced,
            false => Fate::Open,
        })
    }

    /// Brings what is under way to its block.
    async fn hurry(&self) -> Result<(), PostError> {
        let open = self.store.unsettled().await?;
        for (place, sent) in open.iter().enumerate() {
            let has_successor = open[place + 1..]
                .iter()
                .any(|later| later.nonce == sent.nonce);
            if has_successor {
                continue;
            }
            let waits = unix_time() > sent.sent_at + self.policy.patience.as_secs();
            if waits && self.replace(sent).await? {
                continue;
            }
            if self
                .provider
                .get_transaction_by_hash(sent.hash)
                .await?
                .is_none()
            {
                self.hand_over(sent).await;
            }
        }
        Ok(())
    }

    /// Sends the same for more; false at the highest fee.
    async fn replace(&self, sent: &SentTransaction) -> Result<bool, PostError> {
        let fees = self.policy.bumped(Eip1559Estimation {
            max_fee_per_gas: sent.max_fee,
            max_priority_fee_per_gas: sent.priority_fee,
        });
        if fees.max_fee_per_gas <= sent.max_fee {
            tracing::warn!(target: "sequencer", purpose = sent.purpose, hash = %sent.hash, "waits at the highest fee");
            return Ok(false);
        }
        let envelope = TxEnvelope::decode_2718(&mut sent.raw.as_slice())
            .map_err(|error| PostError::Sign(Box::new(error)))?;
        let request = TransactionRequest::from_transaction(envelope)
            .with_max_fee_per_gas(fees.max_fee_per_gas)
            .with_max_priority_fee_per_gas(fees.max_priority_fee_per_gas);
        let next = self.sign(request, sent.purpose.clone()).await?;
        self.store.put_sent(&next).await?;
        tracing::info!(target: "sequencer", purpose = next.purpose, hash = %next.hash, "sent again with higher fees");
        self.hand_over(&next).await;
        Ok(true)
    }
}
