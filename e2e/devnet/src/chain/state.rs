//! Accounts, storage and code, now and at every earlier version.
//!
//! Keeping each cell's history makes a call on an old block a plain lookup, and a snapshot a
//! single number.

use std::collections::HashMap;
use std::convert::Infallible;

use alloy::primitives::{Address, B256, U256};
use revm::DatabaseRef;
use revm::state::{Account, AccountInfo, Bytecode, EvmState};

use super::block::MinedBlock;
use super::history::{History, Version};

/// All accounts of a chain with their past.
#[derive(Debug, Default)]
pub(super) struct State {
    accounts: HashMap<Address, History<Option<AccountInfo>>>,
    storage: HashMap<(Address, U256), History<U256>>,
    codes: HashMap<B256, Bytecode>,
    version: Version,
}

impl State {
    /// The version that the last change made.
    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// The account as it was at version `at`; `None` where it did not exist.
    pub(super) fn account(&self, address: Address, at: Version) -> Option<&AccountInfo> {
        self.accounts.get(&address)?.at(at)?.as_ref()
    }

    /// A storage slot as it was at version `at`; zero where it was never written.
    pub(super) fn slot(&self, address: Address, slot: U256, at: Version) -> U256 {
        let history = self.storage.get(&(address, slot));
        history
            .and_then(|history| history.at(at))
            .copied()
            .unwrap_or_default()
    }

    /// The code with this hash; empty where there is none.
    pub(super) fn code(&self, hash: B256) -> Bytecode {
        self.codes.get(&hash).cloned().unwrap_or_default()
    }

    /// Makes one transaction's changes the newest version.
    pub(super) fn apply(&mut self, changes: EvmState) {
        self.version = self.version.next();
        for (address, account) in changes {
            if account.is_touched() {
                self.apply_account(address, account);
            }
        }
    }

    /// Gives an account another balance, as a version of its own.
    pub(super) fn set_balance(&mut self, address: Address, balance: U256) {
        let mut info = self
            .account(address, self.version)
            .cloned()
            .unwrap_or_default();
        info.balance = balance;
        info.code = None;
        self.version = self.version.next();
        self.write_account(address, (!info.is_empty()).then_some(info));
    }

    /// Returns to an earlier version.
    pub(super) fn rewind(&mut self, version: Version) {
        self.accounts.retain(|_, history| history.rewind(version));
        self.storage.retain(|_, history| history.rewind(version));
        self.version = version;
    }

    fn apply_account(&mut self, address: Address, account: Account) {
        // EIP-161: a touched account without balance, nonce and code does not exist. EIP-6780:
        // an account destroys itself only in the transaction that created it, so it has no
        // storage from before.
        if account.is_selfdestructed() || account.is_empty() {
            return self.write_account(address, None);
        }
        for (slot, value) in account.changed_storage_slots() {
            let history = self.storage.entry((address, *slot)).or_default();
            history.write(self.version, value.present_value);
        }
        let mut info = account.info;
        if let Some(code) = info.code.take() {
            self.codes.entry(info.code_hash).or_insert(code);
        }
        self.write_account(address, Some(info));
    }

    fn write_account(&mut self, address: Address, info: Option<AccountInfo>) {
        self.accounts
            .entry(address)
            .or_default()
            .write(self.version, info);
    }
}

/// The state at one version, as the EVM reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    state: &'a State,
    blocks: &'a [MinedBlock],
    at: Version,
}

impl<'a> View<'a> {
    /// A view of `state` at version `at`, with `blocks` for the BLOCKHASH instruction.
    pub(super) fn new(state: &'a State, blocks: &'a [MinedBlock], at: Version) -> Self {
        Self { state, blocks, at }
    }
}

impl DatabaseRef for View<'_> {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.state.account(address, self.at).cloned())
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.state.code(code_hash))
    }

    fn storage_ref(&self, address: Address, index: U256) -> Result<U256, Infallible> {
        Ok(self.state.slot(address, index, self.at))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        let block = usize::try_from(number)
            .ok()
            .and_then(|index| self.blocks.get(index));
        Ok(block.map(MinedBlock::hash).unwrap_or_default())
    }
}
