//! Why a pass failed, or a sequencer doesn't start.

use crate::store::StoreError;
use gavel_chain::{ChainError, rollup::LedgerError};
use gavel_primitives::Hash;
use thiserror::Error;

/// An error of a sequencer.
#[derive(Debug, Error)]
pub enum SequencerError {
    /// The node failed; the next pass may succeed.
    #[error("the chain can't be read")]
    Chain(#[from] ChainError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The logs make no history.
    #[error("the lane's history can't be followed")]
    Ledger(#[from] LedgerError),
    /// The lane runs another program than the model at hand.
    #[error("lane {lane} runs program {expected}, the model at hand is {got}")]
    WrongProgram {
        /// The lane.
        lane: u64,
        /// The model's.
        got: Hash,
        /// The lane's.
        expected: Hash,
    },
    /// The REST API can't listen or failed.
    #[error("the API failed")]
    Api(#[source] std::io::Error),
}

impl SequencerError {
    /// Whether trying again can help.
    pub fn is_passing(&self) -> bool {
        matches!(self, SequencerError::Chain(_) | SequencerError::Ledger(_))
    }
}
