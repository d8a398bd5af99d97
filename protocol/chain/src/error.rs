//! What can go wrong between a daemon and its node.

use crate::Refusal;
use alloy::{
    primitives::{Address, TxHash, U256},
    transports::{RpcError, TransportErrorKind},
};
use thiserror::Error;

/// An error of the node, of the way to it, or of what it holds.
#[derive(Debug, Error)]
pub enum ChainError {
    /// The node can't be reached, or answered with an error.
    #[error("the node failed")]
    Rpc(#[from] RpcError<TransportErrorKind>),
    /// A contract call failed or its answer can't be read.
    #[error("a contract call failed")]
    Contract(#[from] alloy::contract::Error),
    /// A deployment or transaction could not be followed to its receipt.
    #[error("a transaction was lost")]
    Pending(#[from] alloy::providers::PendingTransactionError),
    /// An answer of the contracts doesn't have the form of this version.
    #[error("the contracts' answer can't be decoded")]
    Decode(#[from] alloy::sol_types::Error),
    /// The node is on another chain than the deployment.
    #[error("the node is on chain {got}, the deployment on chain {expected}")]
    WrongChain {
        /// The node's chain.
        got: u64,
        /// The deployment's.
        expected: u64,
    },
    /// There is no contract at an address of the deployment.
    #[error("there is no code at {address}, where the deployment has its {contract}")]
    NoCode {
        /// Which contract.
        contract: &'static str,
        /// Its address.
        address: Address,
    },
    /// A contract was deployed at another address than computed: the account sent something else meanwhile.
    #[error(
        "{contract} is at {got} instead of {expected}: its deployer's account is in use elsewhere"
    )]
    Misplaced {
        /// Which contract.
        contract: &'static str,
        /// Where it is.
        got: Address,
        /// Where it should be.
        expected: Address,
    },
    /// The bond that these constants ask for exceeds what the rollup can hold.
    #[error("a bond of {bond} wei exceeds the rollup's accounts: lower the fee cap or the depths")]
    BondTooLarge {
        /// The bond.
        bond: U256,
    },
    /// The node has no block of a number that it had announced.
    #[error("the node has no block {number}")]
    NoBlock {
        /// The number.
        number: u64,
    },
    /// The chain kept changing while it was read; the next read may succeed.
    #[error("the chain changed {attempts} times while it was read")]
    Unsettled {
        /// Times that reading was started.
        attempts: u32,
    },
}

/// Why a transaction was not sent, or had no effect.
#[derive(Debug, Error)]
pub enum SendError {
    /// The contract refuses it, as far as the node can tell beforehand.
    #[error("the contract refuses {call}: {refusal}")]
    Refused {
        /// The call's name.
        call: &'static str,
        /// Why.
        refusal: Refusal,
    },
    /// It was included and reverted: the state had changed in between.
    #[error("{call} was included as {hash} and reverted")]
    Reverted {
        /// The call's name.
        call: &'static str,
        /// Its transaction.
        hash: TxHash,
    },
    /// It was not included, at whatever fee the policy allows.
    #[error("{call} was not included within {waited_s} s; last sent as {hash}")]
    NotIncluded {
        /// The call's name.
        call: &'static str,
        /// The transaction that was sent last.
        hash: TxHash,
        /// Seconds waited.
        waited_s: u64,
    },
    /// The node failed.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl From<RpcError<TransportErrorKind>> for SendError {
    fn from(error: RpcError<TransportErrorKind>) -> Self {
        SendError::Chain(error.into())
    }
}
