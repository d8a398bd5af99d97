//! The constants that a rollup is deployed with.

use crate::bindings::{rollup::Rollup, tournament::Tournament as t};
use alloy::primitives::{Address, B256, aliases::U48};
use serde::{Deserialize, Serialize};

/// The constants of one kind of tournament.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindSettings {
    /// A move reveals `2^radix` descendants.
    pub radix: u8,
    /// No tree of this kind is deeper.
    pub max_depth: u8,
    /// Seconds in which commitments may join.
    pub join_window: u32,
    /// Seconds on a commitment's clock; of an inner tournament the least.
    pub allowance: u32,
    /// Seconds that the winner of a match gains.
    pub match_effort: u32,
}

/// The constants of a rollup. All spans are in seconds, all amounts in wei.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Batch tournaments.
    pub batch: KindSettings,
    /// Execution tournaments.
    pub execution: KindSettings,
    /// Machine tournaments.
    pub machine: KindSettings,
    /// Radix of the tile descent.
    pub tile_radix: u8,
    /// In which a sealed match must be opened.
    pub open: u32,
    /// Gas is repaid at the base fee, at most at this many wei.
    pub fee_cap: u64,
    /// Receives what a loser's bond leaves.
    pub treasury: Address,
    /// In which a batch can be disputed.
    pub window: u64,
    /// Depth of a batch's tree.
    pub batch_depth: u8,
    /// What an attesting watcher must have free.
    pub attestation_bond: u128,
    /// Most that the summed limits of a batch (prompt bytes and max tokens) may be.
    pub max_limits: u128,
    /// After which an unanswered request can be refunded.
    pub refund_delay: u64,
    /// Root of the guest image that programs must use.
    pub image_root: B256,
}

impl Settings {
    /// Constants for one machine that plays all roles, where seconds matter more than censorship.
    pub fn development(image_root: B256, treasury: Address) -> Self {
        let kind = |radix, max_depth, join_window| KindSettings {
            radix,
            max_depth,
            join_window,
            allowance: 10 * join_window,
            match_effort: 2 * join_window,
        };
        Settings {
            batch: kind(4, 10, 60),
            execution: kind(5, 32, 60),
            machine: kind(5, 36, 60),
            tile_radix: 5,
            open: 120,
            fee_cap: 20_000_000_000,
            treasury,
            window: 60,
            batch_depth: 4,
            attestation_bond: 1_000_000_000_000_000_000,
            max_limits: 1 << 20,
            refund_delay: 24 * 3600,
            image_root,
        }
    }

    pub(crate) fn tournament_rules(&self) -> t::Rules {
        t::Rules {
            batch: self.batch.rules(),
            execution: self.execution.rules(),
            machine: self.machine.rules(),
            tileRadix: self.tile_radix,
            open: self.open,
            // The contract's field has 48 bits: 281,474 gwei, above any fee.
            feeCap: U48::saturating_from(self.fee_cap),
            treasury: self.treasury,
        }
    }

    pub(crate) fn rollup_config(&self, proposal_bond: u128) -> Rollup::Config {
        Rollup::Config {
            window: self.window,
            batchDepth: self.batch_depth,
            proposalBond: proposal_bond,
            attestationBond: self.attestation_bond,
            maxLimits: self.max_limits,
        }
    }
}

impl KindSettings {
    fn rules(&self) -> t::KindRules {
        t::KindRules {
            radix: self.radix,
            maxDepth: self.max_depth,
            joinWindow: self.join_window,
            allowance: self.allowance,
            matchEffort: self.match_effort,
        }
    }
}
