//! What hub and rollup say of themselves at a block.

use crate::{
    ChainError, Deployment,
    bindings::{hub::Hub, rollup::Rollup},
    convert::{account, address, b256, batch_state, hash, nonzero},
};
use alloy::{
    eips::BlockId,
    primitives::{U256, aliases::U96},
    providers::Provider,
};
use gavel_dispute::{Account, BatchState, TournamentId};
use gavel_primitives::Hash;

/// Prices of a lane, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// Every request.
    pub per_request: u64,
    /// Each byte of the prompt.
    pub per_prompt_byte: u64,
    /// Each token generated.
    pub per_token: u64,
    /// Each unit of callback gas.
    pub per_callback_gas: u64,
}

impl From<Price> for Hub::Price {
    fn from(price: Price) -> Self {
        Hub::Price {
            perRequest: U96::from(price.per_request),
            perPromptByte: U96::from(price.per_prompt_byte),
            perToken: U96::from(price.per_token),
            perCallbackGas: U96::from(price.per_callback_gas),
        }
    }
}

/// A lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneView {
    /// The program that it runs.
    pub program_id: Hash,
    /// Who made it.
    pub owner: Account,
    /// Requests in its inbox.
    pub length: u64,
}

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// In the inbox, in no batch, or in a void one.
    Pending,
    /// In a batch whose window is open.
    Proposed,
    /// In a batch whose tournament lives.
    Disputed,
    /// In a final batch, not delivered.
    Final,
    /// The final answer was handed to the callback.
    Delivered,
    /// The fee was given back.
    Refunded,
}

impl RequestState {
    /// The state by the code of the contracts' enum.
    fn from_code(code: u8) -> Option<Self> {
        const STATES: [RequestState; 6] = [
            RequestState::Pending,
            RequestState::Proposed,
            RequestState::Disputed,
            RequestState::Final,
            RequestState::Delivered,
            RequestState::Refunded,
        ];
        STATES.get(usize::from(code).checked_sub(1)?).copied()
    }

    /// The name in the interfaces.
    pub const fn name(self) -> &'static str {
        match self {
            RequestState::Pending => "pending",
            RequestState::Proposed => "proposed",
            RequestState::Disputed => "disputed",
            RequestState::Final => "final",
            RequestState::Delivered => "delivered",
            RequestState::Refunded => "refunded",
        }
    }
}

/// The receipt of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its lane.
    pub lane: u64,
    /// Its place in the inbox.
    pub index: u64,
    /// When it was made.
    pub created_at: u64,
    /// Where it is.
    pub state: RequestState,
}

/// A batch at a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchAt {
    /// Its root.
    pub root: Hash,
    /// Who proposed it, or won the tournament over it.
    pub provider: Account,
    /// When its present round was proposed.
    pub proposed_at: u64,
    /// Its first request.
    pub first: u64,
    /// How many it has.
    pub count: u64,
    /// Its present round.
    pub round: u64,
    /// Where it is.
    pub state: BatchState,
    /// The tournament over it, if there was one in this round.
    pub tournament: Option<TournamentId>,
}

/// What never changes of a rollup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constants {
    /// Seconds in which a batch can be disputed.
    pub window: u64,
    /// Depth of a batch's tree.
    pub batch_depth: u8,
    /// What a proposal locks, in wei.
    pub proposal_bond: u128,
    /// What an attesting watcher must have free, in wei.
    pub attestation_bond: u128,
    /// Most that the summed limits of a batch may be.
    pub max_limits: u128,
}

/// Reads hub and rollup.
#[derive(Clone, Debug)]
pub struct RollupReader<P> {
    provider: P,
    deployment: Deployment,
}

impl<P: Provider + Clone> RollupReader<P> {
    /// A reader of one deployment.
    pub fn new(provider: P, deployment: Deployment) -> Self {
        RollupReader {
            provider,
            deployment,
        }
    }

    /// The constants.
    ///
    /// # Errors
    /// [`ChainError`]; so do all below.
    pub async fn constants(&self) -> Result<Constants, ChainError> {
        let rollup = self.rollup();
        Ok(Constants {
            window: rollup.window().call().await?,
            batch_depth: rollup.batchDepth().call().await?,
            proposal_bond: rollup.proposalBond().call().await?,
            attestation_bond: rollup.attestationBond().call().await?,
            max_limits: rollup.maxLimits().call().await?,
        })
    }

    /// A lane.
    ///
    /// # Errors
    /// [`ChainError::Contract`] if there is none of that number.
    pub async fn lane(&self, at: BlockId, lane: u64) -> Result<LaneView, ChainError> {
        let lane = self.hub().laneOf(lane).block(at).call().await?;
        Ok(LaneView {
            program_id: hash(lane.programId),
            owner: account(lane.owner),
            length: lane.length,
        })
    }

    /// A batch; none if there is none of that number.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn batch(
        &self,
        at: BlockId,
        lane: u64,
        batch: u64,
    ) -> Result<Option<BatchAt>, ChainError> {
        let batch = self.rollup().batchOf(lane, batch).block(at).call().await?;
        Ok(batch_state(batch.state).map(|state| BatchAt {
            root: hash(batch.root),
            provider: account(batch.provider),
            proposed_at: batch.proposedAt,
            first: batch.first,
            count: batch.count,
            round: batch.round,
            state,
            tournament: nonzero(batch.tournament).map(TournamentId),
        }))
    }

    /// The number of the batch that holds a request's place, if one does.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn batch_holding(
        &self,
        at: BlockId,
        lane: u64,
        index: u64,
    ) -> Result<Option<u64>, ChainError> {
        let rollup = self.rollup();
        let holding = rollup.batchHolding(lane, index).block(at).call().await?;
        Ok(holding.found.then_some(holding.batch))
    }

    /// A request's receipt.
    ///
    /// # Errors
    /// [`ChainError::Contract`] if there is no such request.
    pub async fn receipt(&self, at: BlockId, id: Hash) -> Result<Option<Receipt>, ChainError> {
        let got = self.hub().receipt(b256(id)).block(at).call().await;
        let receipt = match got {
            Err(error) if error.as_decoded_error::<Hub::UnknownRequest>().is_some() => {
                return Ok(None);
            }
            got => got?,
        };
        Ok(RequestState::from_code(receipt.state).map(|state| Receipt {
            lane: receipt.stored.lane,
            index: receipt.stored.index,
            created_at: receipt.stored.createdAt,
            state,
        }))
    }

    /// The part of an account's bond that no proposal locks, in wei.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn free_bond(&self, at: BlockId, of: Account) -> Result<u128, ChainError> {
        let account = self.rollup().account(address(of)).block(at).call().await?;
        Ok(account.balance.saturating_sub(account.locked))
    }

    /// What an account may withdraw from the hub, in wei.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn credit(&self, at: BlockId, of: Account) -> Result<U256, ChainError> {
        Ok(self.hub().credit(address(of)).block(at).call().await?)
    }

    /// The most that a request costs, in wei.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn quote(
        &self,
        lane: u64,
        prompt_bytes: usize,
        max_tokens: u32,
        callback_gas: u32,
    ) -> Result<U256, ChainError> {
        let hub = self.hub();
        let quote = hub.quote(lane, U256::from(prompt_bytes), max_tokens, callback_gas);
        Ok(quote.call().await?)
    }

    fn hub(&self) -> Hub::HubInstance<P> {
        Hub::new(self.deployment.hub, self.provider.clone())
    }

    fn rollup(&self) -> Rollup::RollupInstance<P> {
        Rollup::new(self.deployment.rollup, self.provider.clone())
    }
}
