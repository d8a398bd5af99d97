//! Turning back and moving the clock.

use alloy::primitives::U256;

use super::{NOW, SINK, Scene, transfer};
use crate::chain::{Mining, SnapshotId, UnixTime};

#[test]
fn a_revert_brings_all_of_it_back() {
    let mut scene = Scene::new();
    scene.send(0, transfer(0)).unwrap();
    let head = scene.chain.head().hash();
    let id = scene.chain.snapshot();
    let gone = scene.send(0, transfer(1)).unwrap();
    let gone_block = scene.chain.head().hash();
    scene.chain.set_balance(SINK, U256::from(999));
    assert!(scene.chain.revert(id));
    assert_eq!(scene.chain.head().hash(), head);
    assert_eq!(scene.balance(SINK), U256::from(5));
    assert!(scene.chain.transaction(gone).is_none());
    assert!(scene.chain.block_by_hash(gone_block).is_none());
    assert!(!scene.chain.revert(id), "a snapshot is used up");
}

#[test]
fn a_block_after_a_revert_is_another_block() {
    let mut scene = Scene::new();
    let id = scene.chain.snapshot();
    let before = scene.chain.mine(NOW).hash();
    scene.chain.revert(id);
    assert_ne!(scene.chain.mine(NOW).hash(), before);
}

#[test]
fn a_revert_ends_the_snapshots_after_it() {
    let mut scene = Scene::new();
    let first = scene.chain.snapshot();
    let second = scene.chain.snapshot();
    assert!(scene.chain.revert(first));
    assert!(!scene.chain.revert(second));
    assert!(!scene.chain.revert(SnapshotId(77)));
}

#[test]
fn a_revert_brings_waiting_transactions_back() {
    let mut scene = Scene::manual();
    let hash = scene.send(0, transfer(0)).unwrap();
    let id = scene.chain.snapshot();
    scene.chain.mine(NOW);
    assert!(scene.chain.transaction(hash).is_some());
    scene.chain.revert(id);
    assert!(scene.chain.waiting_transaction(hash).is_some());
    scene.chain.mine(NOW);
    assert!(scene.chain.transaction(hash).is_some());
}

#[test]
fn a_balance_set_by_hand_stays_until_it_is_spent() {
    let mut scene = Scene::new();
    scene.chain.mine(NOW);
    scene.chain.set_balance(SINK, U256::from(100));
    assert_eq!(scene.balance(SINK), U256::from(100));
    scene.send(0, transfer(0)).unwrap();
    assert_eq!(scene.balance(SINK), U256::from(105));
    // The block before the change does not know of it.
    let genesis = scene.chain.world(0u64.into(), NOW).unwrap();
    assert_eq!(genesis.balance(SINK), U256::ZERO);
}

#[test]
fn time_moves_when_told_to() {
    let mut scene = Scene::new();
    assert_eq!(scene.chain.increase_time(3600, NOW), 3600);
    assert_eq!(scene.chain.mine(NOW).header().timestamp, NOW.0 + 3600);
    let later = NOW.0 + 10_000;
    scene.chain.set_next_timestamp(later, NOW).unwrap();
    assert_eq!(scene.chain.mine(NOW).header().timestamp, later);
    // Time goes on from there.
    assert_eq!(
        scene.chain.mine(UnixTime(NOW.0 + 60)).header().timestamp,
        later + 60
    );
    let error = scene.chain.set_next_timestamp(later, NOW).unwrap_err();
    assert_eq!((error.asked, error.head), (later, later + 60));
}

#[test]
fn switching_to_automatic_mines_what_waits() {
    let mut scene = Scene::manual();
    let hashes = [0, 1].map(|nonce| scene.send(0, transfer(nonce)).unwrap());
    assert_eq!(scene.chain.head().number(), 0);
    scene.chain.set_mining(Mining::Auto, NOW);
    let blocks = hashes.map(|hash| scene.chain.transaction(hash).unwrap().0.number());
    assert_eq!(blocks, [1, 2]);
}

#[test]
fn a_waiting_transaction_can_be_dropped() {
    let mut scene = Scene::manual();
    let hash = scene.send(0, transfer(0)).unwrap();
    assert!(scene.chain.drop_transaction(hash));
    assert!(!scene.chain.drop_transaction(hash));
    assert!(scene.chain.mine(NOW).transactions().is_empty());
}
