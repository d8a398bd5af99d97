//! The least gas limit with which a transaction succeeds.

use alloy::eips::BlockId;
use alloy::eips::eip7825::MAX_TX_GAS_LIMIT_OSAKA;
use alloy::primitives::U256;
use alloy::rpc::types::TransactionRequest;
use revm::context::TxEnv;
use revm::context::result::HaltReason;

use super::call::{CallOutcome, call_env};
use super::error::{CallFailed, TxRejected};
use super::{Chain, UnixTime, World};

/// Gas that a call with value hands on for free, and that must yet be there (EIP-150).
const CALL_STIPEND: u64 = 2_300;

impl Chain {
    /// The exact least gas limit with which `request` succeeds on the state after block `at`,
    /// found by bisection. It covers intrinsic gas and the calldata floor (EIP-7623), and is at
    /// most the cap for one transaction (EIP-7825).
    ///
    /// # Errors
    ///
    /// [`CallFailed`]: what the call fails with when it has all the gas it may have.
    pub fn estimate_gas(
        &self,
        request: TransactionRequest,
        at: BlockId,
        now: UnixTime,
    ) -> Result<u64, CallFailed> {
        let world = self.world(at, now)?;
        let mut env = call_env(request, &world)?;
        let allowance = allowance(&env, &world)?;
        env.gas_limit = allowance;
        let Some(outcome) = self.attempt(&world, &env)? else {
            return Err(CallFailed::Allowance { allowance });
        };
        self.bisect(&world, env, &outcome)
    }

    fn bisect(
        &self,
        world: &World<'_>,
        mut env: TxEnv,
        outcome: &CallOutcome,
    ) -> Result<u64, CallFailed> {
        // `high` is known to suffice, `low` is not: nothing succeeds with less than it uses.
        let mut high = env.gas_limit;
        let mut low = outcome.gas.tx_gas_used() - 1;
        let mut guess = likely_limit(outcome).min(high);
        while low + 1 < high {
            env.gas_limit = guess;
            match self.run_call(world, env.clone()) {
                Ok(_) => high = guess,
                Err(_) => low = guess,
            }
            guess = low + (high - low) / 2;
        }
        Ok(high)
    }

    /// Runs the call; `None` where more gas might help.
    fn attempt(&self, world: &World<'_>, env: &TxEnv) -> Result<Option<CallOutcome>, CallFailed> {
        match self.run_call(world, env.clone()) {
            Ok(outcome) => Ok(Some(outcome)),
            Err(error) if wants_gas(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn wants_gas(error: &CallFailed) -> bool {
    matches!(
        error,
        CallFailed::Halted {
            reason: HaltReason::OutOfGas(_)
        } | CallFailed::Rejected(TxRejected::IntrinsicGas { .. } | TxRejected::FloorGas { .. })
    )
}

/// All that is used before refunds, the stipend, and the 64th part that each call keeps back.
fn likely_limit(outcome: &CallOutcome) -> u64 {
    let used = outcome.gas.total_gas_spent().max(outcome.gas.floor_gas());
    (used + CALL_STIPEND).saturating_mul(64) / 63
}

/// The highest gas limit worth trying: what the request, the block, EIP-7825 and, where fees are
/// given, the caller's balance allow.
fn allowance(env: &TxEnv, world: &World<'_>) -> Result<u64, CallFailed> {
    let limit = env
        .gas_limit
        .min(world.block.gas_limit)
        .min(MAX_TX_GAS_LIMIT_OSAKA);
    if env.gas_price == 0 {
        return Ok(limit);
    }
    let balance = world.balance(env.caller);
    let Some(for_gas) = balance.checked_sub(env.value) else {
        return Err(TxRejected::Funds {
            balance,
            cost: env.value,
        }
        .into());
    };
    let affordable = for_gas / U256::from(env.gas_price);
    Ok(limit.min(u64::try_from(affordable).unwrap_or(u64::MAX)))
}
