//! Calls, estimates, and the past.

use alloy::eips::BlockId;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, U256};
use alloy::rpc::types::TransactionRequest;

use super::{GWEI, NOW, SINK, STORE, Scene, store, transfer};
use crate::chain::{CallFailed, TxRejected, UnknownBlock};

fn word(to: Address, word: u64) -> TransactionRequest {
    TransactionRequest::default()
        .with_to(to)
        .with_input(B256::from(U256::from(word)))
}

#[test]
fn a_call_changes_nothing_and_a_revert_brings_its_data() {
    let mut scene = Scene::new();
    let contract = scene.deploy();
    let latest = BlockId::latest();
    assert!(
        scene
            .chain
            .call(word(contract, 9), latest, NOW)
            .unwrap()
            .is_empty()
    );
    let world = scene.chain.world(latest, NOW).unwrap();
    assert_eq!(world.slot(contract, U256::ZERO), U256::ZERO);
    let CallFailed::Reverted { output } = scene
        .chain
        .call(word(contract, 0), latest, NOW)
        .unwrap_err()
    else {
        panic!("a revert")
    };
    assert_eq!(output, alloy::primitives::Bytes::from(B256::ZERO));
}

#[test]
fn the_past_stays_readable() {
    let mut scene = Scene::new();
    let contract = scene.deploy();
    for value in [11, 22] {
        scene.send(0, store(value / 11, contract, value)).unwrap();
    }
    let slot = |block: u64| {
        scene
            .chain
            .world(block.into(), NOW)
            .unwrap()
            .slot(contract, U256::ZERO)
            .to::<u64>()
    };
    assert_eq!([slot(1), slot(2), slot(3)], [0, 11, 22]);
    let world = scene.chain.world(0u64.into(), NOW).unwrap();
    assert!(world.code(contract).is_empty());
    assert_eq!(world.nonce(scene.address(0)), 0);
}

#[test]
fn a_block_that_is_not_there() {
    let scene = Scene::new();
    let error = scene
        .chain
        .call(word(SINK, 0), 7u64.into(), NOW)
        .unwrap_err();
    let CallFailed::Block(UnknownBlock(id)) = error else {
        panic!("{error}")
    };
    assert_eq!(id, 7u64.into());
}

#[test]
fn the_pending_world_has_what_waits() {
    let mut scene = Scene::manual();
    scene.send(0, transfer(0)).unwrap();
    let pending = scene.chain.world(BlockId::pending(), NOW).unwrap();
    assert_eq!(pending.balance(SINK), U256::from(5));
    assert_eq!(scene.balance(SINK), U256::ZERO);
    assert_eq!(scene.chain.pending_nonce(scene.address(0)), 1);
    assert_eq!(scene.chain.pending_block(NOW).transactions().len(), 1);
    assert_eq!(scene.chain.head().number(), 0);
}

#[test]
fn an_estimate_is_the_least_gas_that_works() {
    let mut scene = Scene::new();
    let contract = scene.deploy();
    let from = scene.address(0);
    let estimate = scene
        .chain
        .estimate_gas(word(contract, 5).with_from(from), BlockId::pending(), NOW)
        .unwrap();
    let with_gas = |gas| alloy::consensus::TxEip1559 {
        gas_limit: gas,
        ..store(1, contract, 5)
    };
    let id = scene.chain.snapshot();
    let hash = scene.send(0, with_gas(estimate - 1)).unwrap();
    let (block, index) = scene.chain.transaction(hash).unwrap();
    assert!(!block.receipts[index].success);
    assert!(scene.chain.revert(id));
    let hash = scene.send(0, with_gas(estimate)).unwrap();
    let (block, index) = scene.chain.transaction(hash).unwrap();
    assert!(block.receipts[index].success);
    // Nothing is refunded or handed on here, so all of it is used.
    assert_eq!(block.gas_used(index), estimate);
}

#[test]
fn an_estimate_covers_the_calldata_floor() {
    let scene = Scene::new();
    let request = TransactionRequest::default()
        .with_from(scene.address(0))
        .with_to(SINK)
        .with_input(vec![1; 1000]);
    let estimate = scene
        .chain
        .estimate_gas(request, BlockId::pending(), NOW)
        .unwrap();
    assert_eq!(estimate, 21_000 + 40 * 1000);
}

#[test]
fn an_estimate_of_what_can_not_work_says_why() {
    let mut scene = Scene::new();
    let contract = scene.deploy();
    let pending = BlockId::pending();
    let error = scene
        .chain
        .estimate_gas(word(contract, 0), pending, NOW)
        .unwrap_err();
    assert!(matches!(error, CallFailed::Reverted { .. }), "{error}");
    let short = word(contract, 1).with_gas_limit(30_000);
    let error = scene.chain.estimate_gas(short, pending, NOW).unwrap_err();
    assert!(
        matches!(error, CallFailed::Allowance { allowance: 30_000 }),
        "{error}"
    );
    let poor = word(contract, 1).with_from(SINK).with_value(U256::from(1));
    let error = scene.chain.estimate_gas(poor, pending, NOW).unwrap_err();
    assert!(
        matches!(error, CallFailed::Rejected(TxRejected::Funds { .. })),
        "{error}"
    );
}

#[test]
fn a_call_can_create_and_come_from_a_contract() {
    let mut scene = Scene::new();
    let contract = scene.deploy();
    let create = TransactionRequest::default()
        .with_from(contract)
        .with_deploy_code(STORE);
    let code = scene.chain.call(create, BlockId::latest(), NOW).unwrap();
    assert_eq!(code, STORE.slice(9..));
}

#[test]
fn fees_count_where_a_call_names_them() {
    let mut scene = Scene::new();
    let contract = scene.deploy();
    let call = |price, from| {
        let request = word(contract, 1)
            .with_from(from)
            .with_gas_price(price)
            .with_gas_limit(90_000);
        scene.chain.call(request, BlockId::latest(), NOW)
    };
    call(2 * GWEI, scene.address(0)).unwrap();
    let low = call(1, scene.address(0)).unwrap_err();
    assert!(
        matches!(low, CallFailed::Rejected(TxRejected::FeeCapTooLow { .. })),
        "{low}"
    );
    let poor = call(2 * GWEI, SINK).unwrap_err();
    assert!(
        matches!(poor, CallFailed::Rejected(TxRejected::Funds { .. })),
        "{poor}"
    );
}

#[test]
fn blobs_are_not_supported() {
    let scene = Scene::new();
    let request = TransactionRequest {
        max_fee_per_blob_gas: Some(1),
        ..word(SINK, 0)
    };
    let error = scene
        .chain
        .call(request, BlockId::latest(), NOW)
        .unwrap_err();
    assert_eq!(error.to_string(), "maxFeePerBlobGas is not supported");
}
