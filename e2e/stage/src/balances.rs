//! What everyone has, before and after.

use crate::{BalanceReport, Scene};
use alloy::primitives::U256;
use anyhow::Result;
use std::collections::BTreeMap;

/// Everyone's wei before and after.
pub(crate) struct Balances(BTreeMap<String, (U256, U256)>);

impl Balances {
    pub(crate) async fn before(scene: &Scene) -> Result<Self> {
        let mut all = BTreeMap::new();
        for account in scene.accounts.all() {
            all.insert(
                account.name.to_owned(),
                (scene.worth(account).await?, U256::ZERO),
            );
        }
        Ok(Balances(all))
    }

    pub(crate) async fn after(&mut self, scene: &Scene) -> Result<()> {
        for account in scene.accounts.all() {
            let worth = scene.worth(account).await?;
            self.0.entry(account.name.to_owned()).or_default().1 = worth;
        }
        Ok(())
    }

    pub(crate) fn report(&self) -> BTreeMap<String, BalanceReport> {
        let report = |(before, after): &(U256, U256)| BalanceReport {
            before: before.to_string(),
            after: after.to_string(),
        };
        self.0
            .iter()
            .map(|(name, pair)| (name.clone(), report(pair)))
            .collect()
    }
}
