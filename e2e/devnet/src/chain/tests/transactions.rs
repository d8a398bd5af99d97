//! What transactions do, cost and leave behind.

use alloy::consensus::{SignableTransaction, TxEip1559, TxEip2930, TxLegacy};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Bytes, TxKind, U256, b256};

use super::{CHAIN_ID, GWEI, NOW, SINK, STORE, Scene, store, transfer};
use crate::chain::transaction_logs;

/// Gas of a transfer (the Yellow Paper's G_transaction).
const TRANSFER_GAS: u64 = 21_000;

#[test]
fn a_transfer_moves_its_value_and_costs_gas() {
    let mut scene = Scene::new();
    let before = scene.balance(scene.address(0));
    let base_fee = u128::from(scene.chain.base_fee_of_next());
    scene.send(0, transfer(0)).unwrap();
    let fee = U256::from(TRANSFER_GAS) * U256::from(base_fee + GWEI);
    assert_eq!(scene.balance(SINK), U256::from(5));
    assert_eq!(
        scene.balance(scene.address(0)),
        before - fee - U256::from(5)
    );
    // The tip goes to the beneficiary, the base fee to nobody.
    let beneficiary = scene.chain.config().beneficiary;
    assert_eq!(
        scene.balance(beneficiary),
        U256::from(TRANSFER_GAS) * U256::from(GWEI)
    );
}

#[test]
fn all_three_fee_forms_are_taken() {
    let mut scene = Scene::new();
    let mut legacy = TxLegacy {
        chain_id: Some(CHAIN_ID),
        nonce: 0,
        gas_price: 20 * GWEI,
        gas_limit: TRANSFER_GAS,
        to: TxKind::Call(SINK),
        value: U256::from(1),
        input: Bytes::new(),
    };
    let signature = scene.signature(0, &mut legacy);
    let raw = legacy.into_signed(signature).encoded_2718();
    scene.chain.send_raw(&raw, NOW).unwrap();
    let mut with_list = TxEip2930 {
        chain_id: CHAIN_ID,
        nonce: 1,
        gas_price: 20 * GWEI,
        gas_limit: TRANSFER_GAS,
        to: TxKind::Call(SINK),
        value: U256::from(2),
        access_list: Default::default(),
        input: Bytes::new(),
    };
    let signature = scene.signature(0, &mut with_list);
    let raw = with_list.into_signed(signature).encoded_2718();
    scene.chain.send_raw(&raw, NOW).unwrap();
    scene.send(0, transfer(2)).unwrap();
    assert_eq!(scene.balance(SINK), U256::from(1 + 2 + 5));
}

#[test]
fn a_contract_stores_and_logs() {
    let mut scene = Scene::new();
    let contract = scene.deploy();
    let hash = scene.send(0, store(1, contract, 77)).unwrap();
    let (block, index) = scene.chain.transaction(hash).unwrap();
    let logs = transaction_logs(block, index);
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].address(), contract);
    assert_eq!(
        logs[0].topics(),
        [b256!(
            "0x0000000000000000000000000000000000000000000000000000000000000007"
        )]
    );
    assert_eq!(
        U256::from_be_slice(&logs[0].inner.data.data),
        U256::from(77)
    );
    assert_eq!(logs[0].transaction_hash, Some(hash));
    let head = scene
        .chain
        .world(alloy::eips::BlockId::latest(), NOW)
        .unwrap();
    assert_eq!(head.slot(contract, U256::ZERO), U256::from(77));
    assert_eq!(head.code(contract), STORE.slice(9..));
}

#[test]
fn a_revert_is_mined_charged_and_leaves_nothing_else() {
    let mut scene = Scene::new();
    let contract = scene.deploy();
    let before = scene.balance(scene.address(0));
    let hash = scene.send(0, store(1, contract, 0)).unwrap();
    let (block, index) = scene.chain.transaction(hash).unwrap();
    assert!(!block.receipts[index].success);
    assert!(block.receipts[index].logs.is_empty());
    assert!(scene.balance(scene.address(0)) < before);
    assert_eq!(scene.chain.pending_nonce(scene.address(0)), 2);
}

#[test]
fn calldata_costs_at_least_its_floor() {
    let mut scene = Scene::new();
    // 100 zero bytes and 300 others: EIP-7623 counts 1 and 4 tokens, at 10 gas each.
    let input: Vec<u8> = [vec![0; 100], vec![1; 300]].concat();
    let hash = scene
        .send(
            0,
            TxEip1559 {
                input: input.into(),
                ..transfer(0)
            },
        )
        .unwrap();
    let (block, index) = scene.chain.transaction(hash).unwrap();
    assert_eq!(block.gas_used(index), TRANSFER_GAS + 10 * (100 + 4 * 300));
}

#[test]
fn what_can_no_longer_be_paid_is_dropped() {
    let mut scene = Scene::manual();
    // Each is affordable alone, both together are not.
    let most = scene.balance(scene.address(0)) / U256::from(3) * U256::from(2);
    let hashes = [0, 1].map(|nonce| {
        scene
            .send(
                0,
                TxEip1559 {
                    value: most,
                    ..transfer(nonce)
                },
            )
            .unwrap()
    });
    assert_eq!(scene.chain.mine(NOW).transactions().len(), 1);
    assert!(scene.chain.transaction(hashes[0]).is_some());
    assert!(scene.chain.waiting_transaction(hashes[1]).is_none());
    assert_eq!(scene.balance(SINK), most);
}

#[test]
fn a_gap_in_the_nonces_waits_to_be_filled() {
    let mut scene = Scene::new();
    let later = scene.send(0, transfer(1)).unwrap();
    assert!(scene.chain.transaction(later).is_none());
    assert!(scene.chain.waiting_transaction(later).is_some());
    let first = scene.send(0, transfer(0)).unwrap();
    let numbers: Vec<_> = [first, later]
        .map(|hash| scene.chain.transaction(hash).unwrap().0.number())
        .into();
    assert_eq!(numbers, [1, 2]);
    assert!(scene.chain.waiting_transaction(later).is_none());
}
