//! What is offered for a transaction's inclusion.

use alloy::eips::eip1559::Eip1559Estimation;
use std::time::Duration;

/// How fees start and rise.
#[derive(Clone, Copy, Debug)]
pub struct FeePolicy {
    /// How often receipts are looked for.
    pub poll: Duration,
    /// After which a transaction that is not included is sent again with higher fees.
    pub patience: Duration,
    /// How often it is.
    pub bumps: u32,
    /// Most wei per gas that are ever offered.
    pub max_fee: u128,
}

impl Default for FeePolicy {
    fn default() -> Self {
        FeePolicy {
            poll: Duration::from_millis(500),
            patience: Duration::from_secs(45),
            bumps: 12,
            max_fee: 500_000_000_000,
        }
    }
}

impl FeePolicy {
    /// Quick polling, for chains that include a transaction at once.
    pub fn local() -> Self {
        FeePolicy {
            poll: Duration::from_millis(20),
            patience: Duration::from_secs(10),
            ..FeePolicy::default()
        }
    }

    /// The fees of the first attempt.
    pub fn first(&self, estimate: Eip1559Estimation) -> Eip1559Estimation {
        self.capped(estimate)
    }

    /// The fees of the next attempt: nodes replace a transaction only for at least a tenth more of both.
    pub fn bumped(&self, fees: Eip1559Estimation) -> Eip1559Estimation {
        let raised = |wei: u128| wei.saturating_add(wei / 8).saturating_add(1);
        self.capped(Eip1559Estimation {
            max_fee_per_gas: raised(fees.max_fee_per_gas),
            max_priority_fee_per_gas: raised(fees.max_priority_fee_per_gas),
        })
    }

    fn capped(&self, fees: Eip1559Estimation) -> Eip1559Estimation {
        let max_fee_per_gas = fees.max_fee_per_gas.min(self.max_fee);
        Eip1559Estimation {
            max_fee_per_gas,
            max_priority_fee_per_gas: fees.max_priority_fee_per_gas.min(max_fee_per_gas),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fees(max: u128, priority: u128) -> Eip1559Estimation {
        Eip1559Estimation {
            max_fee_per_gas: max,
            max_priority_fee_per_gas: priority,
        }
    }

    #[test]
    fn a_bump_raises_both_fees_by_more_than_a_tenth() {
        let bumped = FeePolicy::default().bumped(fees(800, 80));
        assert_eq!(bumped.max_fee_per_gas, 901);
        assert_eq!(bumped.max_priority_fee_per_gas, 91);
        assert_eq!(FeePolicy::default().bumped(fees(0, 0)).max_fee_per_gas, 1);
    }

    #[test]
    fn nothing_above_the_cap_is_offered() {
        let policy = FeePolicy {
            max_fee: 100,
            ..FeePolicy::default()
        };
        let first = policy.first(fees(500, 300));
        assert_eq!(first.max_fee_per_gas, 100);
        assert_eq!(first.max_priority_fee_per_gas, 100);
    }
}
