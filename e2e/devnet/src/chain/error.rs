//! What can be wrong with a transaction or a call, in the words that other nodes use.

use std::convert::Infallible;

use alloy::eips::BlockId;
use alloy::eips::eip2718::Eip2718Error;
use alloy::primitives::{Address, Bytes, U256};
use revm::context::TxEnv;
use revm::context::result::{EVMError, HaltReason, InvalidTransaction};

/// Why a transaction does not get into the pool or into a block.
#[derive(Debug, thiserror::Error)]
pub enum TxRejected {
    /// The bytes are no transaction envelope.
    #[error("rlp: {0}")]
    Encoding(#[source] Eip2718Error),
    /// A transaction type that this chain does not take.
    #[error("transaction type not supported: type {ty:#x}, supported: legacy, 0x1, 0x2")]
    Type {
        /// The type byte.
        ty: u8,
    },
    /// The envelope is larger than the pool takes.
    #[error("oversized data: transaction size {size}, limit {limit}")]
    Oversized {
        /// Bytes of the envelope.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A legacy signature without a chain id.
    #[error("only replay-protected (EIP-155) transactions allowed over RPC")]
    Unprotected,
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    ChainId {
        /// The transaction's chain id.
        have: u64,
        /// This chain's.
        want: u64,
    },
    /// The signature recovers to no address, or its s is in the upper half.
    #[error("invalid sender")]
    Signature,
    /// The pool has this very transaction.
    #[error("already known")]
    AlreadyKnown,
    /// The pool has a transaction with this nonce whose fees this one does not beat by 10 %.
    #[error("replacement transaction underpriced")]
    Underpriced,
    /// The nonce was used.
    #[error("nonce too low: next nonce {state}, tx nonce {tx}")]
    NonceTooLow {
        /// The sender's next nonce.
        state: u64,
        /// The transaction's nonce.
        tx: u64,
    },
    /// The sender can't pay.
    #[error(
        "insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {}",
        cost.saturating_sub(*balance)
    )]
    Funds {
        /// The sender's balance in wei.
        balance: U256,
        /// What the transaction may cost at most, in wei.
        cost: U256,
    },
    /// The fee cap does not cover the base fee.
    #[error(
        "max fee per gas less than block base fee: address {from}, maxFeePerGas: {max_fee}, baseFee: {base_fee}"
    )]
    FeeCapTooLow {
        /// The sender.
        from: Address,
        /// The transaction's fee cap in wei per gas.
        max_fee: u128,
        /// The next block's base fee in wei per gas.
        base_fee: u64,
    },
    /// The tip is above the fee cap.
    #[error(
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {max_fee}"
    )]
    TipAboveFeeCap {
        /// The priority fee in wei per gas.
        tip: u128,
        /// The fee cap in wei per gas.
        max_fee: u128,
    },
    /// The gas limit does not cover what is charged before execution.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGas {
        /// The transaction's gas limit.
        gas: u64,
        /// What it needs at least.
        needed: u64,
    },
    /// The gas limit does not cover the calldata floor of EIP-7623.
    #[error("insufficient gas for floor data gas cost: gas {gas}, minimum needed {needed}")]
    FloorGas {
        /// The transaction's gas limit.
        gas: u64,
        /// The floor.
        needed: u64,
    },
    /// No block can hold the transaction.
    #[error("exceeds block gas limit")]
    BlockGasLimit,
    /// The gas limit is above the cap of EIP-7825.
    #[error("transaction gas limit too high (cap: {cap}, tx: {gas})")]
    GasCap {
        /// The cap.
        cap: u64,
        /// The transaction's gas limit.
        gas: u64,
    },
    /// The init code is above the limit of EIP-3860.
    #[error("max initcode size exceeded: code size {size}")]
    InitCodeSize {
        /// Bytes of init code.
        size: usize,
    },
    /// The sender has code (EIP-3607).
    #[error("sender not an eoa: address {from}")]
    SenderHasCode {
        /// The sender.
        from: Address,
    },
    /// Anything else that the EVM finds wrong with it.
    #[error("invalid transaction: {0}")]
    Evm(#[source] EVMError<Infallible>),
}

impl TxRejected {
    /// The EVM's verdict on `tx` in a block with `base_fee` on chain `chain_id`.
    pub fn from_evm(error: EVMError<Infallible>, tx: &TxEnv, base_fee: u64, chain_id: u64) -> Self {
        let EVMError::Transaction(invalid) = error else {
            return Self::Evm(error);
        };
        match invalid {
            InvalidTransaction::PriorityFeeGreaterThanMaxFee => Self::TipAboveFeeCap {
                tip: tx.gas_priority_fee.unwrap_or_default(),
                max_fee: tx.gas_price,
            },
            InvalidTransaction::GasPriceLessThanBasefee => Self::FeeCapTooLow {
                from: tx.caller,
                max_fee: tx.gas_price,
                base_fee,
            },
            InvalidTransaction::CallerGasLimitMoreThanBlock => Self::BlockGasLimit,
            InvalidTransaction::CallGasCostMoreThanGasLimit {
                initial_gas,
                gas_limit,
            } => Self::IntrinsicGas {
                gas: gas_limit,
                needed: initial_gas,
            },
            InvalidTransaction::GasFloorMoreThanGasLimit {
                gas_floor,
                gas_limit,
            } => Self::FloorGas {
                gas: gas_limit,
                needed: gas_floor,
            },
            InvalidTransaction::TxGasLimitGreaterThanCap { gas_limit, cap } => Self::GasCap {
                cap,
                gas: gas_limit,
            },
            InvalidTransaction::LackOfFundForMaxFee { fee, balance } => Self::Funds {
                balance: *balance,
                cost: *fee,
            },
            InvalidTransaction::NonceTooLow { tx, state } => Self::NonceTooLow { state, tx },
            InvalidTransaction::CreateInitCodeSizeLimit => Self::InitCodeSize {
                size: tx.data.len(),
            },
            InvalidTransaction::RejectCallerWithCode => Self::SenderHasCode { from: tx.caller },
            InvalidTransaction::InvalidChainId => Self::ChainId {
                have: tx.chain_id.unwrap_or_default(),
                want: chain_id,
            },
            other => Self::Evm(EVMError::Transaction(other)),
        }
    }
}

/// The block that was asked for does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("header not found: {0}")]
pub struct UnknownBlock(pub BlockId);

/// Why a call or a gas estimate has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallFailed {
    /// There is no such block.
    #[error(transparent)]
    Block(#[from] UnknownBlock),
    /// The request uses what this chain does not support.
    #[error("{field} is not supported")]
    Unsupported {
        /// The request's field.
        field: &'static str,
    },
    /// `input` and `data` are both given and differ.
    #[error("both \"data\" and \"input\" are set and not equal")]
    AmbiguousInput,
    /// The call is not a valid transaction.
    #[error(transparent)]
    Rejected(#[from] TxRejected),
    /// The contract reverted.
    #[error("execution reverted")]
    Reverted {
        /// What it returned.
        output: Bytes,
    },
    /// The EVM stopped with an exception.
    #[error("{}", halt_text(.reason))]
    Halted {
        /// The exception.
        reason: HaltReason,
    },
    /// No gas limit within the allowance lets the call succeed.
    #[error("gas required exceeds allowance ({allowance})")]
    Allowance {
        /// The highest gas limit tried.
        allowance: u64,
    },
}

/// The exception in the words of go-ethereum, which clients match on.
fn halt_text(reason: &HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(_) => "out of gas".into(),
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode => "invalid opcode".into(),
        HaltReason::InvalidJump => "invalid jump destination".into(),
        HaltReason::StackUnderflow => "stack underflow".into(),
        HaltReason::StackOverflow => "stack limit reached 1024".into(),
        HaltReason::OutOfOffset => "return data out of bounds".into(),
        HaltReason::CreateCollision => "contract address collision".into(),
        HaltReason::CreateContractSizeLimit => "max code size exceeded".into(),
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded".into(),
        HaltReason::StateChangeDuringStaticCall => "write protection".into(),
        HaltReason::OutOfFunds => "insufficient balance for transfer".into(),
        HaltReason::CallTooDeep => "max call depth exceeded".into(),
        other => format!("evm halted: {other:?}"),
    }
}
