//! The chain without HTTP.

mod blocks;
mod calls;
mod control;
mod rejections;
mod transactions;

use alloy::consensus::{SignableTransaction, TxEip1559};
use alloy::eips::eip2718::Encodable2718;
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, bytes};

use super::{Chain, Mining, TxRejected, UnixTime};
use crate::accounts::DevAccount;
use crate::config::ChainConfig;

const NOW: UnixTime = UnixTime(1_800_000_000);
const GWEI: u128 = 1_000_000_000;
const CHAIN_ID: u64 = 31_337;
/// An address that nothing else uses.
const SINK: Address = address!("0x00000000000000000000000000000000005117c0");

/// Creation code of a contract that stores its first calldata word in slot 0, logs it under
/// topic 7, and reverts with it if it is zero:
///
/// ```text
/// runtime (0x18 bytes)
/// 00  5f 35       PUSH0 CALLDATALOAD        word
/// 02  80 5f 52    DUP1 PUSH0 MSTORE         memory[0] = word
/// 05  80 15       DUP1 ISZERO
/// 07  60 13 57    PUSH1 0x13 JUMPI          to the revert if the word is zero
/// 0a  5f 55       PUSH0 SSTORE              slot 0 = word
/// 0c  60 07 60 20 5f a1   PUSH1 7 PUSH1 32 PUSH0 LOG1
/// 12  00          STOP
/// 13  5b          JUMPDEST
/// 14  60 20 5f fd PUSH1 32 PUSH0 REVERT
/// init
/// 60 18 80 60 09 5f 39 5f f3   copy the 0x18 bytes behind these 9 and return them
/// ```
const STORE: Bytes = bytes!("60188060095f395ff35f35805f5280156013575f55600760205fa1005b60205ffd");

/// A chain, its funded accounts and the time.
struct Scene {
    chain: Chain,
    accounts: Vec<DevAccount>,
}

impl Scene {
    fn new() -> Self {
        Self::with(ChainConfig::default())
    }

    fn with(config: ChainConfig) -> Self {
        let chain = Chain::new(config, NOW);
        Self {
            accounts: chain.dev_accounts(),
            chain,
        }
    }

    fn manual() -> Self {
        let mut scene = Self::new();
        scene.chain.set_mining(Mining::Manual, NOW);
        scene
    }

    fn address(&self, who: usize) -> Address {
        self.accounts[who].address
    }

    fn balance(&self, address: Address) -> U256 {
        let at = alloy::eips::BlockId::latest();
        self.chain
            .world(at, NOW)
            .expect("the head")
            .balance(address)
    }

    /// Signs `tx` as account `who` and sends it.
    fn send(&mut self, who: usize, tx: TxEip1559) -> Result<B256, TxRejected> {
        let raw = self.sign(who, tx);
        self.chain.send_raw(&raw, NOW)
    }

    fn sign(&self, who: usize, mut tx: TxEip1559) -> Vec<u8> {
        let signature = self.signature(who, &mut tx);
        tx.into_signed(signature).encoded_2718()
    }

    fn signature<T: SignableTransaction<Signature>>(&self, who: usize, tx: &mut T) -> Signature {
        self.accounts[who]
            .signer()
            .sign_transaction_sync(tx)
            .expect("a signature")
    }

    /// Deploys [`STORE`] from account 0.
    fn deploy(&mut self) -> Address {
        let tx = TxEip1559 {
            to: TxKind::Create,
            value: U256::ZERO,
            input: STORE,
            ..transfer(0)
        };
        let hash = self.send(0, tx).expect("deployed");
        let (block, index) = self.chain.transaction(hash).expect("mined");
        assert!(block.receipts[index].success);
        self.address(0).create(0)
    }
}

/// A transaction that sends 5 wei to [`SINK`] with plenty of everything.
fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 200_000,
        max_fee_per_gas: 20 * GWEI,
        max_priority_fee_per_gas: GWEI,
        to: TxKind::Call(SINK),
        value: U256::from(5),
        access_list: Default::default(),
        input: Bytes::new(),
    }
}

/// A call of the contract at `to` with one word.
fn store(nonce: u64, to: Address, word: u64) -> TxEip1559 {
    TxEip1559 {
        to: TxKind::Call(to),
        value: U256::ZERO,
        input: B256::from(U256::from(word)).into(),
        ..transfer(nonce)
    }
}
