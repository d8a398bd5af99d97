//! Putting a rollup on a chain.

use crate::{
    ChainError, Deployment, Settings,
    bindings::{
        hub::Hub, mips_step::MipsStep, referee::Referee, registry::ModelRegistry, rollup::Rollup,
        tournament::Tournament,
    },
};
use alloy::{primitives::Address, providers::Provider};

/// Deploys all contracts of a rollup from `deployer`, whose key `provider` holds.
///
/// Tournament, rollup and hub know each other, so their addresses are computed beforehand from the
/// deployer's nonce; nothing else may be sent from that account meanwhile.
///
/// # Errors
/// [`ChainError`] when the node refuses a deployment, or a contract lands elsewhere than computed.
pub async fn deploy<P: Provider>(
    provider: &P,
    deployer: Address,
    settings: &Settings,
) -> Result<Deployment, ChainError> {
    let chain_id = provider.get_chain_id().await?;
    let start_block = provider.get_block_number().await? + 1;
    let mips_step = *MipsStep::deploy(provider).await?.address();
    let referee = *Referee::deploy(provider).await?.address();
    let nonce = provider.get_transaction_count(deployer).await?;
    let [tournament, registry, rollup, hub] =
        [0, 1, 2, 3].map(|after| deployer.create(nonce + after));

    let rules = settings.tournament_rules();
    let made = Tournament::deploy(provider, rules, rollup, referee, mips_step).await?;
    at("tournament", *made.address(), tournament)?;
    // A proposal's bond becomes the proposer's bond in the tournament over its batch.
    let bond = made.bond(0).call().await?;
    let bond = u128::try_from(bond).map_err(|_| ChainError::BondTooLarge { bond })?;
    // Its programs' depths are bounded by the tournaments' rules.
    let made = ModelRegistry::deploy(provider, settings.image_root, tournament).await?;
    at("registry", *made.address(), registry)?;
    let config = settings.rollup_config(bond);
    let made = Rollup::deploy(provider, hub, tournament, config).await?;
    at("rollup", *made.address(), rollup)?;
    let made = Hub::deploy(provider, registry, rollup, settings.refund_delay).await?;
    at("hub", *made.address(), hub)?;
    Ok(Deployment {
        chain_id,
        start_block,
        registry,
        hub,
        rollup,
        tournament,
        referee,
        mips_step,
    })
}

fn at(contract: &'static str, got: Address, expected: Address) -> Result<(), ChainError> {
    match got == expected {
        true => Ok(()),
        false => Err(ChainError::Misplaced {
            contract,
            got,
            expected,
        }),
    }
}
