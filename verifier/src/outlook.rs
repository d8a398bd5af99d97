//! What a player's account has, and what a dispute may need of it.

use crate::{
    VerifierError,
    cost::{self, Depths},
};
use alloy::{
    eips::BlockId,
    primitives::{Address, U256},
    providers::Provider,
};
use gavel_chain::{BoardReader, ChainError, JoinBonds, convert::account, rollup::RollupReader};
use gavel_dispute::rules::Radices;
use gavel_program::Program;

/// Money on both sides of a dispute, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The account.
    pub account: Address,
    /// What it has.
    pub balance: U256,
    /// The part of its bond at the rollup that nothing locks.
    pub free_bond: u128,
    /// Bonds of one commitment at every stage of one dispute.
    pub bonds: U256,
    /// Most gas that walking one opponent down all levels takes.
    pub gas: u64,
    /// The same at the node's present price.
    pub gas_cost: U256,
}

impl Outlook {
    /// What an account has and may need for one dispute about `program`.
    ///
    /// # Errors
    /// The node's.
    pub async fn of<P: Provider + Clone>(
        provider: &P,
        board: &BoardReader<P>,
        radices: Radices,
        owner: Address,
        program: &Program,
    ) -> Result<Self, VerifierError> {
        let reader = RollupReader::new(provider.clone(), board.deployment().clone());
        let bonds: JoinBonds = board.bonds();
        let depths = Depths::of(program, reader.constants().await?.batch_depth);
        let gas = cost::worst_case_gas(depths, radices);
        let price = provider.get_gas_price().await.map_err(ChainError::from)?;
        let balance = provider.get_balance(owner).await;
        Ok(Outlook {
            account: owner,
            balance: balance.map_err(ChainError::from)?,
            free_bond: reader.free_bond(BlockId::latest(), account(owner)).await?,
            bonds: cost::all_bonds(&bonds),
            gas,
            gas_cost: U256::from(gas) * U256::from(price),
        })
    }

    /// What one dispute may need at once.
    pub fn needed(&self) -> U256 {
        self.bonds + self.gas_cost
    }

    /// Whether the balance covers one dispute.
    pub fn suffices(&self) -> bool {
        self.balance >= self.needed()
    }
}
