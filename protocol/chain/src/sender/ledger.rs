//! What an account's transactions cost, by kind of call.

use alloy::primitives::U256;
use std::collections::BTreeMap;

/// Gas and wei of one kind of call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Transactions included, reverted ones too.
    pub transactions: u64,
    /// Of these, reverted.
    pub reverted: u64,
    /// Sum of the receipts' gas.
    pub gas: u64,
    /// Most gas of one of them.
    pub most_gas: u64,
    /// Sum of gas times price, in wei.
    pub wei: U256,
}

impl Spent {
    fn add(&mut self, gas: u64, price: u128, reverted: bool) {
        self.transactions += 1;
        self.reverted += u64::from(reverted);
        self.gas += gas;
        self.most_gas = self.most_gas.max(gas);
        self.wei += U256::from(gas) * U256::from(price);
    }
}

/// Gas by the name of the call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GasLedger {
    /// One entry for each kind of call that was sent.
    pub by_call: BTreeMap<&'static str, Spent>,
}

impl GasLedger {
    pub(super) fn add(&mut self, call: &'static str, gas: u64, price: u128, reverted: bool) {
        self.by_call
            .entry(call)
            .or_default()
            .add(gas, price, reverted);
    }

    /// All gas.
    pub fn gas(&self) -> u64 {
        self.by_call.values().map(|spent| spent.gas).sum()
    }

    /// All wei spent on gas.
    pub fn wei(&self) -> U256 {
        self.by_call.values().map(|spent| spent.wei).sum()
    }

    /// All transactions.
    pub fn transactions(&self) -> u64 {
        self.by_call.values().map(|spent| spent.transactions).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_summed_by_name() {
        let mut ledger = GasLedger::default();
        ledger.add("advance", 100, 2, false);
        ledger.add("advance", 300, 2, true);
        ledger.add("step", 50, 3, false);
        let advance = ledger.by_call["advance"];
        assert_eq!((advance.transactions, advance.reverted), (2, 1));
        assert_eq!((advance.gas, advance.most_gas), (400, 300));
        assert_eq!(ledger.gas(), 450);
        assert_eq!(ledger.wei(), U256::from(950));
        assert_eq!(ledger.transactions(), 3);
    }
}
