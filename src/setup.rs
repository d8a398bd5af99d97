//! Putting a rollup together: contracts, programs, lanes, bonds.

use crate::chain::{self, Rollup};
use alloy::{
    eips::BlockId,
    primitives::{Address, U256},
    providers::Provider,
    signers::local::PrivateKeySigner,
    sol_types::SolEvent,
};
use anyhow::{Context, Result, anyhow};
use gavel_chain::{
    Deployment, Settings,
    bindings::{hub::Hub, registry::ModelRegistry},
    convert::{account, b256},
    rollup::{Price, calls},
};
use gavel_primitives::Hash;
use gavel_program::Program;
use gavel_traces::opening::header_words;

/// The committed guest image's root, which the contracts are deployed for.
pub(crate) fn development(treasury: Address) -> Settings {
    Settings::development(b256(gavel_image::image_root()), treasury)
}

/// Deploys all contracts.
///
/// # Errors
/// The node's, or a contract's refusal of the settings.
pub(crate) async fn deploy(
    url: &str,
    signer: &PrivateKeySigner,
    settings: &Settings,
) -> Result<Deployment> {
    let provider = chain::connect_signing(url, signer.clone()).await?;
    gavel_chain::deploy(&provider, signer.address(), settings)
        .await
        .map_err(chain::decoded)
        .with_context(|| {
            format!(
                "account {} could not deploy the contracts at {url}",
                signer.address()
            )
        })
}

/// What a program is called, and where it can be fetched.
#[derive(Clone, Debug)]
pub(crate) struct Naming {
    pub(crate) name: String,
    pub(crate) uri: String,
}

/// Registers a program, unless it is registered already; gives whether it was done now.
///
/// # Errors
/// The registry's refusal.
pub(crate) async fn register(
    rollup: &Rollup,
    signer: &PrivateKeySigner,
    program: &Program,
    naming: &Naming,
) -> Result<bool> {
    let registry = ModelRegistry::new(rollup.deployment.registry, rollup.provider.clone());
    let known = registry.program(b256(program.id)).call().await?;
    if !known.registrant.is_zero() {
        return Ok(false);
    }
    let header = header_words(&program.header);
    let (at, parent) = (&rollup.deployment, Hash::ZERO);
    let call = calls::register(at, &header, parent, &naming.name, &naming.uri)?;
    rollup.send(signer, call).await?;
    Ok(true)
}

/// Makes a lane for a registered program; gives its number.
///
/// # Errors
/// The hub's refusal.
pub(crate) async fn make_lane(
    rollup: &Rollup,
    signer: &PrivateKeySigner,
    program: Hash,
    price: Price,
) -> Result<u64> {
    let call = calls::create_lane(&rollup.deployment, program, price);
    let sent = rollup.send(signer, call).await?;
    let receipt = rollup.provider.get_transaction_receipt(sent.hash).await?;
    let made = receipt
        .iter()
        .flat_map(|receipt| receipt.logs())
        .find_map(|log| Hub::LaneCreated::decode_log(&log.inner).ok());
    let made = made.ok_or_else(|| anyhow!("{} made no lane", sent.hash))?;
    Ok(made.lane)
}

/// Adds to an account's bond; gives what is free of it.
///
/// # Errors
/// The rollup's refusal.
pub(crate) async fn add_bond(
    rollup: &Rollup,
    signer: &PrivateKeySigner,
    wei: U256,
) -> Result<u128> {
    let call = calls::add_bond(&rollup.deployment, wei);
    rollup.send(signer, call).await?;
    free_bond(rollup, signer.address()).await
}

/// The part of an account's bond that no proposal locks, in wei.
///
/// # Errors
/// The node's.
pub(crate) async fn free_bond(rollup: &Rollup, of: Address) -> Result<u128> {
    let reader = rollup.reader();
    Ok(reader.free_bond(BlockId::latest(), account(of)).await?)
}
