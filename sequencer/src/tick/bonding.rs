//! Putting bonds back that tournaments paid out.
//!
//! A proposal's bond goes to the tournament over its batch. If the batch is right it comes back as a credit there, not as a
//! bond: without this a provider that wins disputes would soon have nothing left to propose with.

use super::{Scene, Sequencer};
use crate::{Event, Purpose, SequencerError};
use alloy::{
    eips::BlockId,
    primitives::{Address, U256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use gavel_chain::{
    Call, Deployment,
    bindings::{
        rollup::Rollup::BondAdded,
        tournament::Tournament::{self, Withdrawn},
    },
    convert::account,
    rollup::calls,
};

/// What tournaments paid out to an account, and what of it was bonded since.
#[derive(Clone, Debug)]
pub(super) struct Returns {
    own: Address,
    tournament: Address,
    rollup: Address,
    paid_out: U256,
    put_back: U256,
}

impl Returns {
    pub(super) fn new(own: Address, deployment: &Deployment) -> Self {
        Returns {
            own,
            tournament: deployment.tournament,
            rollup: deployment.rollup,
            paid_out: U256::ZERO,
            put_back: U256::ZERO,
        }
    }

    /// Forgets all logs.
    pub(super) fn clear(&mut self) {
        (self.paid_out, self.put_back) = (U256::ZERO, U256::ZERO);
    }

    /// Takes in one log; logs come in the chain's order.
    pub(super) fn apply(&mut self, log: &Log) {
        if log.address() == self.tournament
            && let Ok(event) = Withdrawn::decode_log(&log.inner)
            && event.account == self.own
        {
            self.paid_out += event.amount;
        }
        // What was bonded before the first payment was other money.
        if log.address() == self.rollup
            && !self.paid_out.is_zero()
            && let Ok(event) = BondAdded::decode_log(&log.inner)
            && event.account == self.own
        {
            self.put_back += event.amount;
        }
    }

    /// Wei that came back and were not bonded since.
    fn left(&self) -> U256 {
        self.paid_out.saturating_sub(self.put_back)
    }
}

impl Sequencer {
    /// When less bond is free than a proposal locks: takes what tournaments owe the account, and bonds as much of what they
    /// have paid as is missing. Other money of the account is left alone.
    pub(super) async fn restore_bond(
        &mut self,
        scene: Scene,
        events: &mut Vec<Event>,
    ) -> Result<(), SequencerError> {
        if !self.ledger.was_challenged() {
            return Ok(());
        }
        let at = BlockId::from(scene.head.hash);
        let own = self.poster.account();
        let free = self.reader.free_bond(at, account(own)).await?;
        let missing = U256::from(self.constants.proposal_bond.saturating_sub(free));
        if missing.is_zero() {
            return Ok(());
        }
        if !self.tournament_credit(at, own).await?.is_zero() {
            let withdraw = Tournament::withdrawCall { account: own };
            let call = Call::new("withdraw", self.deployment.tournament, &withdraw);
            return self.post(Purpose::CollectBond, &call, events).await;
        }
        if self.returns.left() >= missing {
            let call = calls::add_bond(&self.deployment, missing);
            return self.post(Purpose::RestoreBond, &call, events).await;
        }
        Ok(())
    }

    async fn tournament_credit(&self, at: BlockId, own: Address) -> Result<U256, SequencerError> {
        let provider = self.logs.provider().clone();
        let contract = Tournament::new(self.deployment.tournament, provider);
        let credit = contract.credit(own).block(at).call().await;
        Ok(credit.map_err(gavel_chain::ChainError::from)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{B256, Bytes, LogData};

    const OWN: Address = Address::repeat_byte(1);
    const OTHER: Address = Address::repeat_byte(2);
    const TOURNAMENT: Address = Address::repeat_byte(3);
    const ROLLUP: Address = Address::repeat_byte(4);

    fn returns() -> Returns {
        let deployment = Deployment {
            chain_id: 1,
            start_block: 0,
            registry: Address::ZERO,
            hub: Address::ZERO,
            rollup: ROLLUP,
            tournament: TOURNAMENT,
            referee: Address::ZERO,
            mips_step: Address::ZERO,
        };
        Returns::new(OWN, &deployment)
    }

    fn log(address: Address, signature: B256, account: Address, amount: u64) -> Log {
        let topics = vec![signature, account.into_word()];
        let data = Bytes::copy_from_slice(B256::from(U256::from(amount)).as_slice());
        let inner = alloy::primitives::Log {
            address,
            data: LogData::new_unchecked(topics, data),
        };
        Log {
            inner,
            ..Log::default()
        }
    }

    #[test]
    fn only_what_tournaments_paid_to_this_account_is_put_back() {
        let (paid, bonded) = (Withdrawn::SIGNATURE_HASH, BondAdded::SIGNATURE_HASH);
        let mut returns = returns();
        returns.apply(&log(ROLLUP, bonded, OWN, 500));
        returns.apply(&log(TOURNAMENT, paid, OTHER, 70));
        returns.apply(&log(OTHER, paid, OWN, 70));
        assert_eq!(returns.left(), U256::ZERO);
        returns.apply(&log(TOURNAMENT, paid, OWN, 70));
        assert_eq!(returns.left(), U256::from(70));
        returns.apply(&log(ROLLUP, bonded, OTHER, 30));
        returns.apply(&log(ROLLUP, bonded, OWN, 30));
        assert_eq!(returns.left(), U256::from(40));
        returns.apply(&log(ROLLUP, bonded, OWN, 100));
        assert_eq!(returns.left(), U256::ZERO);
        returns.clear();
        returns.apply(&log(ROLLUP, bonded, OWN, 5));
        assert_eq!(returns.left(), U256::ZERO);
    }
}
