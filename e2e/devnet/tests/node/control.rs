//! The development methods, as clients call them.

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, U64, U256, address};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use serde_json::{Value, json};

use crate::probe::{Node, mined, refusal};

const SINK: Address = address!("0x00000000000000000000000000000000005117c0");

impl Node {
    async fn rpc(&self, method: &'static str, params: Value) -> Value {
        self.client
            .raw_request(method.into(), params)
            .await
            .unwrap()
    }

    async fn time(&self) -> u64 {
        self.head().await.timestamp
    }

    async fn pay(&self) -> alloy::primitives::TxHash {
        let request = TransactionRequest::default()
            .with_to(SINK)
            .with_value(U256::from(1));
        *self
            .client
            .send_transaction(request)
            .await
            .unwrap()
            .tx_hash()
    }
}

#[tokio::test]
async fn time_travels() {
    let node = Node::start();
    let start = node.time().await;
    assert_eq!(
        node.rpc("evm_increaseTime", json!([86_400])).await,
        json!(86_400)
    );
    node.rpc("evm_mine", json!([])).await;
    let later = node.time().await;
    assert!(
        (86_400..86_460).contains(&(later - start)),
        "{start} {later}"
    );
    node.rpc("evm_setNextBlockTimestamp", json!([later + 1_000]))
        .await;
    node.rpc("evm_mine", json!([])).await;
    assert_eq!(node.time().await, later + 1_000);
    let past = node
        .client
        .raw_request::<_, Value>("evm_setNextBlockTimestamp".into(), [later]);
    let (code, message, _) = refusal(past.await);
    assert_eq!(code, -32_602);
    assert!(
        message.contains("lower than or equal to previous block's timestamp"),
        "{message}"
    );
}

#[tokio::test]
async fn many_blocks_at_an_interval() {
    let node = Node::start();
    node.rpc("anvil_mine", json!(["0x5", "0x3c"])).await;
    assert_eq!(node.client.get_block_number().await.unwrap(), 5);
    let time = async |number: u64| {
        node.client
            .get_block(number.into())
            .await
            .unwrap()
            .unwrap()
            .header
            .timestamp
    };
    assert_eq!(time(5).await - time(1).await, 4 * 60);
}

#[tokio::test]
async fn a_snapshot_is_returned_to() {
    let node = Node::start();
    let id: U64 = serde_json::from_value(node.rpc("evm_snapshot", json!([])).await).unwrap();
    let hash = node.pay().await;
    assert_eq!(node.client.get_balance(SINK).await.unwrap(), U256::from(1));
    assert_eq!(node.rpc("evm_revert", json!([id])).await, json!(true));
    assert_eq!(node.client.get_balance(SINK).await.unwrap(), U256::ZERO);
    assert_eq!(node.client.get_block_number().await.unwrap(), 0);
    assert!(
        node.client
            .get_transaction_receipt(hash)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(node.rpc("evm_revert", json!([id])).await, json!(false));
}

#[tokio::test]
async fn transactions_wait_when_told_to() {
    let node = Node::start();
    node.rpc("evm_setAutomine", json!([false])).await;
    let hash = node.pay().await;
    let waiting = node
        .client
        .get_transaction_by_hash(hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(waiting.block_number, None);
    assert!(
        node.client
            .get_transaction_receipt(hash)
            .await
            .unwrap()
            .is_none()
    );
    let nonce = node
        .client
        .get_transaction_count(node.address(0))
        .pending()
        .await
        .unwrap();
    assert_eq!(nonce, 1);
    assert_eq!(
        node.client
            .get_transaction_count(node.address(0))
            .await
            .unwrap(),
        0
    );
    node.rpc("evm_mine", json!([])).await;
    let receipt = node
        .client
        .get_transaction_receipt(hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(receipt.block_number, Some(1));
}

#[tokio::test]
async fn blocks_come_by_the_clock() {
    let node = Node::start();
    node.rpc("evm_setIntervalMining", json!([1])).await;
    assert_eq!(node.rpc("anvil_getAutomine", json!([])).await, json!(false));
    let request = TransactionRequest::default()
        .with_to(SINK)
        .with_value(U256::from(1));
    assert!(mined(&node.client, request).await.status());
}

#[tokio::test]
async fn balances_and_base_fees_are_set() {
    let node = Node::start();
    node.rpc("anvil_setBalance", json!([SINK, "0x1234"])).await;
    assert_eq!(
        node.client.get_balance(SINK).await.unwrap(),
        U256::from(0x1234)
    );
    node.rpc("anvil_setNextBlockBaseFeePerGas", json!(["0x77"]))
        .await;
    node.rpc("evm_mine", json!([])).await;
    let head = node.head().await;
    assert_eq!(head.base_fee_per_gas, Some(0x77));
}
