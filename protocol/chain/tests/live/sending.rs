//! Nonces, fees and refusals.

use crate::rollup::{ETHER, PROVIDER, World};
use alloy::{
    primitives::{B256, U256},
    providers::Provider,
};
use gavel_chain::{Call, FeePolicy, Refusal, SendError, bindings::rollup::Rollup};
use serde_json::json;
use std::time::Duration;

fn add_bond(world: &World) -> Call {
    Call::new("addBond", world.deployment.rollup, &Rollup::addBondCall {})
        .with_value(U256::from(ETHER))
}

fn premature(world: &World) -> Call {
    let call = Rollup::proposeCall {
        lane: 0,
        first: 7,
        count: 1,
        root: B256::repeat_byte(1),
    };
    Call::new("propose", world.deployment.rollup, &call)
}

#[tokio::test]
async fn a_refusal_names_the_contract_s_error_and_costs_nothing() {
    let world = World::deployed().await;
    let mut sender = world.sender(PROVIDER);
    let refused = sender.send(premature(&world)).await.unwrap_err();
    let SendError::Refused { call, refusal } = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(*call, "propose");
    let expected = Refusal::Custom {
        text: "WrongFirst { got: 7, expected: 0 }".into(),
    };
    assert_eq!(*refusal, expected);
    assert_eq!(sender.ledger().transactions(), 0);
}

#[tokio::test]
async fn a_refused_call_does_not_hinder_those_beside_it() {
    let world = World::deployed().await;
    let mut sender = world.sender(PROVIDER);
    let calls = vec![add_bond(&world), premature(&world), add_bond(&world)];
    let results = sender.send_all(calls).await;
    assert!(results[0].is_ok() && results[2].is_ok(), "{results:?}");
    assert!(matches!(results[1], Err(SendError::Refused { .. })));
    let rollup = Rollup::new(world.deployment.rollup, world.provider());
    let account = rollup.account(sender.account()).call().await.unwrap();
    assert_eq!(account.balance, 2 * ETHER);
    assert_eq!(sender.ledger().by_call["addBond"].transactions, 2);
}

#[tokio::test]
async fn a_transaction_that_is_not_included_is_sent_again_for_more_and_counts_once() {
    let world = World::deployed().await;
    world.control("evm_setAutomine", json!([false])).await;
    let policy = FeePolicy {
        poll: Duration::from_millis(20),
        patience: Duration::from_millis(200),
        ..FeePolicy::default()
    };
    let mut sender = world.sender_with(PROVIDER, policy);
    let account = sender.account();
    let nonce = world
        .provider()
        .get_transaction_count(account)
        .await
        .unwrap();
    let call = add_bond(&world);
    let sending = tokio::spawn(async move { (sender.send(call).await, sender) });
    let first = pending_fee(&world).await;
    // Wait for the replacement to show in the pool.
    let mut fee = first;
    while fee == first {
        tokio::time::sleep(Duration::from_millis(20)).await;
        fee = pending_fee(&world).await;
    }
    assert!(fee > first, "{fee} after {first}");
    world.control("evm_mine", json!([])).await;
    let (sent, sender) = sending.await.unwrap();
    sent.unwrap();
    assert_eq!(sender.ledger().transactions(), 1);
    let after = world
        .provider()
        .get_transaction_count(account)
        .await
        .unwrap();
    assert_eq!(after, nonce + 1);
    let rollup = Rollup::new(world.deployment.rollup, world.provider());
    let stored = rollup.account(account).call().await.unwrap();
    assert_eq!(stored.balance, ETHER);
}

#[tokio::test]
async fn a_sender_waits_for_what_an_earlier_run_has_sent() {
    let world = World::deployed().await;
    world.control("evm_setAutomine", json!([false])).await;
    let mut earlier = world.sender(PROVIDER);
    let call = add_bond(&world);
    let killed = tokio::spawn(async move { earlier.send(call).await });
    pending_fee(&world).await;
    killed.abort();
    let later = world.sender(PROVIDER);
    let settled = tokio::spawn(async move { later.settle().await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!settled.is_finished());
    world.control("evm_mine", json!([])).await;
    settled.await.unwrap().unwrap();
}

/// The fee cap of the one transaction in the pool, once there is one.
async fn pending_fee(world: &World) -> u128 {
    loop {
        let block = world
            .provider()
            .get_block_by_number(alloy::eips::BlockNumberOrTag::Pending)
            .full()
            .await
            .unwrap();
        let fee = block.and_then(|block| {
            let transactions = block.transactions.into_transactions();
            let fees = transactions.map(|tx| alloy::consensus::Transaction::max_fee_per_gas(&tx));
            fees.max()
        });
        if let Some(fee) = fee {
            return fee;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
