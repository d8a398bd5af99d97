//! Who has money here.

use crate::Node;
use alloy::{
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    primitives::{Address, B256, U256, keccak256},
    providers::Provider,
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
};
use anyhow::{Context, Result};
use gavel_chain::{Call, FeePolicy, Sender};

/// An account with a name and a key.
#[derive(Clone, Debug)]
pub struct Account {
    /// What it plays.
    pub name: &'static str,
    /// Its key.
    pub signer: PrivateKeySigner,
}

impl Account {
    /// Its address.
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// A wallet of its key.
    pub fn wallet(&self) -> EthereumWallet {
        EthereumWallet::from(self.signer.clone())
    }
}

/// Everyone on the stage.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// Deploys, registers the model, makes the lane.
    pub deployer: Account,
    /// Proposes honestly.
    pub provider: Account,
    /// Watches, and plays for what is right.
    pub watcher: Account,
    /// Proposes or challenges with a lie.
    pub liar: Account,
    /// Owns the dApp and pays for its requests.
    pub requester: Account,
}

impl Accounts {
    /// Derives everyone's key from the funder's and gives each `wei`.
    ///
    /// # Errors
    /// When the funder can't pay.
    pub async fn fund(node: &Node, wei: U256) -> Result<Self> {
        let secret = node.funder().to_bytes();
        let derive = |name: &'static str| -> Result<Account> {
            let key: B256 = keccak256([secret.as_slice(), name.as_bytes()].concat());
            Ok(Account {
                name,
                signer: PrivateKeySigner::from_bytes(&key)?,
            })
        };
        let accounts = Accounts {
            deployer: derive("deployer")?,
            provider: derive("provider")?,
            watcher: derive("watcher")?,
            liar: derive("liar")?,
            requester: derive("requester")?,
        };
        let wallet = EthereumWallet::from(node.funder().clone());
        let mut sender = Sender::new(node.provider().clone(), wallet, FeePolicy::local());
        for account in accounts.all() {
            let has = node.provider().get_balance(account.address()).await?;
            if has < wei {
                let gift = Call {
                    name: "fund",
                    to: account.address(),
                    input: Default::default(),
                    value: wei - has,
                };
                sender
                    .send(gift)
                    .await
                    .with_context(|| format!("the {} can't be funded", account.name))?;
            }
        }
        Ok(accounts)
    }

    /// Everyone.
    pub fn all(&self) -> [&Account; 5] {
        [
            &self.deployer,
            &self.provider,
            &self.watcher,
            &self.liar,
            &self.requester,
        ]
    }
}

/// Deploys a contract's code from an account and waits until it is there.
///
/// # Errors
/// The node's, or a deployment that reverts.
pub(crate) async fn deploy(node: &Node, from: &Account, code: Vec<u8>) -> Result<Address> {
    let provider = node.provider();
    let fees = provider.estimate_eip1559_fees().await?;
    let request = TransactionRequest::default()
        .with_from(from.address())
        .with_deploy_code(code)
        .with_chain_id(provider.get_chain_id().await?)
        .with_nonce(provider.get_transaction_count(from.address()).await?)
        .with_max_fee_per_gas(fees.max_fee_per_gas)
        .with_max_priority_fee_per_gas(fees.max_priority_fee_per_gas);
    let gas = provider.estimate_gas(request.clone()).await?;
    let envelope = request
        .with_gas_limit(gas + gas / 4)
        .build(&from.wallet())
        .await?;
    let receipt = provider
        .send_tx_envelope(envelope)
        .await?
        .get_receipt()
        .await?;
    receipt.contract_address.context("the deployment reverted")
}
