//! Attesting to holding a lane's program: it opens the lane, and tells sequencers that somebody watches.

use crate::{Verifier, VerifierError};
use alloy::{
    eips::BlockId,
    primitives::{Address, B256, U256},
    providers::Provider,
    rpc::types::Filter,
    sol_types::SolEvent,
};
use gavel_chain::{
    Deployment,
    bindings::rollup::Rollup::Attested,
    convert::account,
    rollup::{RollupReader, calls},
};

/// What became of the wish to attest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// It was done, now or earlier.
    Done,
    /// The account's free bond is too small.
    BondTooSmall {
        /// Wei that are free.
        free: u128,
        /// Wei that a watcher must have.
        needed: u128,
    },
    /// The account owns the lane: another one has to attest.
    OwnLane,
}

impl<P: Provider + Clone> Verifier<P> {
    /// Attests to a lane whose program is held, unless it was done before or can't be done.
    ///
    /// # Errors
    /// [`VerifierError`] of the node, or of the transaction.
    pub async fn attest(&mut self, lane: u64) -> Result<Attestation, VerifierError> {
        let (provider, deployment) = (self.provider.clone(), self.deployment().clone());
        let Some(sender) = &mut self.sender else {
            return Ok(Attestation::Done);
        };
        let own = sender.account();
        if attested(&provider, &deployment, lane, own).await? {
            return Ok(Attestation::Done);
        }
        let reader = RollupReader::new(provider, deployment.clone());
        if reader.lane(BlockId::latest(), lane).await?.owner == account(own) {
            return Ok(Attestation::OwnLane);
        }
        let needed = reader.constants().await?.attestation_bond;
        let free = reader.free_bond(BlockId::latest(), account(own)).await?;
        if free < needed {
            return Ok(Attestation::BondTooSmall { free, needed });
        }
        sender.send(calls::attest(&deployment, lane)).await?;
        Ok(Attestation::Done)
    }
}

async fn attested<P: Provider>(
    provider: &P,
    deployment: &Deployment,
    lane: u64,
    watcher: Address,
) -> Result<bool, VerifierError> {
    let filter = Filter::new()
        .address(deployment.rollup)
        .event_signature(Attested::SIGNATURE_HASH)
        .topic1(U256::from(lane))
        .topic2(B256::left_padding_from(watcher.as_slice()))
        .from_block(deployment.start_block);
    let logs = provider.get_logs(&filter).await;
    Ok(!logs.map_err(gavel_chain::ChainError::from)?.is_empty())
}
