//! Blocks that are taken back.

use crate::rollup::{WATCHER, World};
use alloy::{primitives::B256, providers::Provider};
use gavel_chain::LogReader;
use gavel_primitives::Hash;
use serde_json::json;

#[tokio::test]
async fn a_board_follows_the_chain_into_another_past() {
    let world = World::with_inbox(3).await;
    let mut reader = world.board_reader(WATCHER).await;
    let before = world.control("evm_snapshot", json!([])).await;
    world.propose(2, B256::repeat_byte(5)).await;
    world.wait(3).await;
    assert_eq!(reader.read().await.unwrap().batches[0].root, Hash([5; 32]));
    world.control("evm_revert", json!([before])).await;
    world.wait(7).await;
    assert_eq!(reader.read().await.unwrap().batches, []);
    world.propose(3, B256::repeat_byte(6)).await;
    let board = reader.read().await.unwrap();
    assert_eq!(board.batches[0].root, Hash([6; 32]));
    assert_eq!(board.batches[0].context.count, 3);
}

#[tokio::test]
async fn a_refresh_reads_only_what_is_new_and_tells_what_stayed() {
    let world = World::with_inbox(1).await;
    let addresses = vec![world.deployment.rollup];
    let mut reader = LogReader::new(world.provider(), addresses, world.deployment.start_block);
    let first = reader.refresh().await.unwrap();
    let count = reader.logs().len();
    assert_eq!(first.kept, 0);
    assert_eq!(count, 3, "two bonds and an attestation");
    let snapshot = world.control("evm_snapshot", json!([])).await;
    world.propose(1, B256::repeat_byte(5)).await;
    let second = reader.refresh().await.unwrap();
    assert_eq!((second.kept, reader.logs().len()), (count, count + 1));
    world.control("evm_revert", json!([snapshot])).await;
    world.propose(1, B256::repeat_byte(6)).await;
    let third = reader.refresh().await.unwrap();
    assert_eq!((third.kept, reader.logs().len()), (count, count + 1));
    let head = world.provider().get_block_number().await.unwrap();
    assert_eq!(third.head.number, head);
    assert_eq!(reader.logs()[count].data().data.as_ref()[96..], [6; 32]);
}
