//! Calls that change nothing.

use alloy::eips::BlockId;
use alloy::primitives::{Bytes, TxKind, U256};
use alloy::rpc::types::TransactionRequest;
use revm::context::TxEnv;
use revm::context::result::{ExecutionResult, ResultGas};

use super::error::{CallFailed, TxRejected};
use super::{Chain, UnixTime, World, evm};

/// EIP-1559's transaction type.
const DYNAMIC_FEE: u8 = 2;
/// EIP-2930's transaction type.
const ACCESS_LIST: u8 = 1;

/// What a call that succeeded returned and used.
#[derive(Clone, Debug)]
pub(super) struct CallOutcome {
    pub(super) output: Bytes,
    pub(super) gas: ResultGas,
}

impl Chain {
    /// Runs a call on the state after block `at` and returns its output.
    ///
    /// # Errors
    ///
    /// [`CallFailed`]; a revert comes with its data.
    pub fn call(
        &self,
        request: TransactionRequest,
        at: BlockId,
        now: UnixTime,
    ) -> Result<Bytes, CallFailed> {
        let world = self.world(at, now)?;
        let env = call_env(request, &world)?;
        self.run_call(&world, env).map(|outcome| outcome.output)
    }

    /// Runs a call on `world`, which stays as it is.
    pub(super) fn run_call(
        &self,
        world: &World<'_>,
        env: TxEnv,
    ) -> Result<CallOutcome, CallFailed> {
        let chain_id = self.config.chain_id;
        let rules = evm::lenient_rules(chain_id, &env);
        let base_fee = world.block.basefee;
        let outcome = evm::execute(&world.state, rules, world.block.clone(), env.clone())
            .map_err(|error| TxRejected::from_evm(error, &env, base_fee, chain_id))?;
        match outcome.result {
            ExecutionResult::Success { output, gas, .. } => Ok(CallOutcome {
                output: output.into_data(),
                gas,
            }),
            ExecutionResult::Revert { output, .. } => Err(CallFailed::Reverted { output }),
            ExecutionResult::Halt { reason, .. } => Err(CallFailed::Halted { reason }),
        }
    }
}

/// The request as the EVM takes it, with what it leaves open filled in: the zero address as the
/// caller, a whole block's gas (which is also the most), no fees.
pub(super) fn call_env(
    request: TransactionRequest,
    world: &World<'_>,
) -> Result<TxEnv, CallFailed> {
    check_supported(&request)?;
    let caller = request.from.unwrap_or_default();
    let dynamic = request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
    let tx_type = match (dynamic, &request.access_list) {
        (true, _) => DYNAMIC_FEE,
        (false, Some(_)) => ACCESS_LIST,
        (false, None) => 0,
    };
    let tip = request.max_priority_fee_per_gas.unwrap_or_default();
    Ok(TxEnv {
        tx_type,
        caller,
        gas_limit: request.gas.unwrap_or(u64::MAX).min(world.block.gas_limit),
        gas_price: request.max_fee_per_gas.or(request.gas_price).unwrap_or(tip),
        gas_priority_fee: dynamic.then_some(tip),
        kind: request.to.unwrap_or(TxKind::Create),
        value: request.value.unwrap_or(U256::ZERO),
        // The address of a contract that the call creates depends on it.
        nonce: world.nonce(caller),
        chain_id: request.chain_id,
        access_list: request.access_list.unwrap_or_default(),
        data: request
            .input
            .try_into_unique_input()
            .map_err(|_differ| CallFailed::AmbiguousInput)?
            .unwrap_or_default(),
        ..TxEnv::default()
    })
}

fn check_supported(request: &TransactionRequest) -> Result<(), CallFailed> {
    let unsupported = [
        ("authorizationList", request.authorization_list.is_some()),
        (
            "blobVersionedHashes",
            request.blob_versioned_hashes.is_some(),
        ),
        ("maxFeePerBlobGas", request.max_fee_per_blob_gas.is_some()),
    ];
    match unsupported.into_iter().find(|(_, present)| *present) {
        Some((field, _)) => Err(CallFailed::Unsupported { field }),
        None => Ok(()),
    }
}
