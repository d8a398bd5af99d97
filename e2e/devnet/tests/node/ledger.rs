//! Blocks, receipts and logs.

use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::network::TransactionResponse;
use alloy::primitives::{B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;

use crate::probe::{Node, Probe, refusal};

/// A node with two contracts and four changes: blocks 3 to 6, values 10, 20, 30, 20, the last one
/// by the second contract.
async fn changed() -> (Node, [alloy::primitives::Address; 2]) {
    let node = Node::start();
    let (first, second) = (node.probe().await, node.probe().await);
    for value in [10u64, 20, 30] {
        let call = first.set(U256::from(value), Bytes::from_static(b"note"));
        call.send().await.unwrap().get_receipt().await.unwrap();
    }
    let call = second.set(U256::from(20), Bytes::new());
    call.send().await.unwrap().get_receipt().await.unwrap();
    let addresses = [*first.address(), *second.address()];
    (node, addresses)
}

async fn blocks_of(node: &Node, filter: Filter) -> Vec<u64> {
    let logs = node.client.get_logs(&filter).await.unwrap();
    logs.iter().map(|log| log.block_number.unwrap()).collect()
}

#[tokio::test]
async fn logs_are_found_by_range_address_and_topics() {
    let (node, [first, second]) = changed().await;
    let all = Filter::new().from_block(0);
    let twenty = B256::from(U256::from(20));
    assert_eq!(blocks_of(&node, all.clone()).await, [3, 4, 5, 6]);
    assert_eq!(blocks_of(&node, Filter::new()).await, [6]);
    assert_eq!(blocks_of(&node, all.clone().to_block(4)).await, [3, 4]);
    assert_eq!(
        blocks_of(&node, all.clone().from_block(5).to_block(99)).await,
        [5, 6]
    );
    assert_eq!(
        blocks_of(&node, all.clone().from_block(77)).await,
        [0u64; 0]
    );
    assert_eq!(blocks_of(&node, all.clone().address(second)).await, [6]);
    assert_eq!(
        blocks_of(&node, all.clone().address(vec![first, second])).await,
        [3, 4, 5, 6]
    );
    assert_eq!(blocks_of(&node, all.clone().topic2(twenty)).await, [4, 6]);
    let ten_or_thirty: Vec<B256> = [10, 30].map(|value| U256::from(value).into()).into();
    assert_eq!(
        blocks_of(&node, all.clone().topic2(ten_or_thirty)).await,
        [3, 5]
    );
    let changed = Probe::Changed::SIGNATURE_HASH;
    assert_eq!(
        blocks_of(&node, all.clone().event_signature(changed)).await,
        [3, 4, 5, 6]
    );
    assert_eq!(
        blocks_of(&node, all.event_signature(twenty)).await,
        [0u64; 0]
    );
}

#[tokio::test]
async fn logs_are_found_by_block_hash() {
    let (node, [first, _]) = changed().await;
    let block = node.client.get_block(4u64.into()).await.unwrap().unwrap();
    let logs = node
        .client
        .get_logs(&Filter::new().at_block_hash(block.header.hash))
        .await
        .unwrap();
    assert_eq!(logs.len(), 1);
    let log = logs[0].log_decode::<Probe::Changed>().unwrap();
    assert_eq!(log.address(), first);
    assert_eq!(log.inner.who, node.address(0));
    assert_eq!(log.inner.value, U256::from(20));
    assert_eq!(log.inner.note, Bytes::from_static(b"note"));
    assert_eq!(log.block_hash, Some(block.header.hash));
    assert_eq!(
        (log.transaction_index, log.log_index, log.removed),
        (Some(0), Some(0), false)
    );
    let unknown = Filter::new().at_block_hash(B256::repeat_byte(9));
    let (code, message, _) = refusal(node.client.get_logs(&unknown).await);
    assert_eq!(code, -32_000);
    assert!(message.starts_with("unknown block"), "{message}");
}

#[tokio::test]
async fn a_range_that_ends_before_it_begins_is_refused() {
    let node = Node::start();
    let filter = Filter::new().from_block(3).to_block(2);
    let raw = node
        .client
        .raw_request::<_, Vec<alloy::rpc::types::Log>>("eth_getLogs".into(), [filter]);
    let (code, message, _) = refusal(raw.await);
    assert_eq!(
        (code, message.as_str()),
        (-32_602, "invalid block range params: from 3 to 2")
    );
}

#[tokio::test]
async fn blocks_come_with_hashes_or_whole_transactions() {
    let (node, _) = changed().await;
    let by_number = node.client.get_block(5u64.into()).await.unwrap().unwrap();
    let hashes: Vec<_> = by_number.transactions.hashes().collect();
    assert_eq!(hashes.len(), 1);
    let full = node
        .client
        .get_block_by_hash(by_number.header.hash)
        .full()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(full.header, by_number.header);
    let txs = full.transactions.as_transactions().unwrap();
    assert_eq!(txs[0].tx_hash(), hashes[0]);
    assert_eq!(txs[0].from(), node.address(0));
    assert_eq!(full.header.hash, full.header.inner.hash_slow());
    assert!(node.client.get_block(99u64.into()).await.unwrap().is_none());
    for tag in [
        BlockNumberOrTag::Safe,
        BlockNumberOrTag::Finalized,
        BlockNumberOrTag::Latest,
    ] {
        let block = node.client.get_block(tag.into()).await.unwrap().unwrap();
        assert_eq!(block.header.number, 6);
    }
    let pending = node
        .client
        .get_block(BlockId::pending())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(pending.header.number, 7);
}

#[tokio::test]
async fn receipts_come_one_by_one_and_by_block() {
    let (node, _) = changed().await;
    let receipts = node
        .client
        .get_block_receipts(6u64.into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(receipts.len(), 1);
    let one = node
        .client
        .get_transaction_receipt(receipts[0].transaction_hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(one, receipts[0]);
    assert_eq!(one.logs().len(), 1);
    let unknown = B256::repeat_byte(1);
    assert!(
        node.client
            .get_transaction_receipt(unknown)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        node.client
            .get_transaction_by_hash(unknown)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        node.client
            .get_block_receipts(99u64.into())
            .await
            .unwrap()
            .is_none()
    );
}
