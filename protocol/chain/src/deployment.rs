//! Where a rollup lives: what `deployment.json` holds.

use alloy::primitives::{Address, U256};
use serde::{Deserialize, Serialize};

/// Addresses of one deployed rollup, and the chain that they are on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// EIP-155 id of the chain.
    pub chain_id: u64,
    /// Block from which on logs are read: none of the contracts is older.
    pub start_block: u64,
    /// Programs.
    pub registry: Address,
    /// Requests and answers.
    pub hub: Address,
    /// Batches and bonds.
    pub rollup: Address,
    /// Tournaments.
    pub tournament: Address,
    /// Ends, first values and leaf rules.
    pub referee: Address,
    /// One instruction of the machine.
    pub mips_step: Address,
}

impl Deployment {
    /// All contracts with their names.
    pub fn contracts(&self) -> [(&'static str, Address); 6] {
        [
            ("registry", self.registry),
            ("hub", self.hub),
            ("rollup", self.rollup),
            ("tournament", self.tournament),
            ("referee", self.referee),
            ("mips_step", self.mips_step),
        ]
    }
}

/// The bonds of the three kinds of tournament, in wei: batch, execution, machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JoinBonds(pub [U256; 3]);
