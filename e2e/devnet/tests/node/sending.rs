//! Deploying and sending through alloy, fees and nonces filled in by the client.

use alloy::consensus::Transaction as _;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256, address};
use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use gavel_devnet::{Devnet, DevnetConfig};

use crate::probe::{Node, client, creation_code, mined, refusal};

const SINK: Address = address!("0x00000000000000000000000000000000005117c0");

#[tokio::test]
async fn a_contract_is_deployed_changed_and_read() {
    let node = Node::start();
    let probe = node.probe().await;
    let code = node.client.get_code_at(*probe.address()).await.unwrap();
    assert!(creation_code().ends_with(&code) && !code.is_empty());
    let receipt = probe
        .set(U256::from(42), Bytes::from_static(b"hello"))
        .send()
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert!(receipt.status());
    assert_eq!(receipt.from, node.address(0));
    assert_eq!(receipt.to, Some(*probe.address()));
    assert_eq!(probe.value().call().await.unwrap(), U256::from(42));
    let slot = node
        .client
        .get_storage_at(*probe.address(), U256::ZERO)
        .await
        .unwrap();
    assert_eq!(slot, U256::from(42));
}

#[tokio::test]
async fn an_estimate_is_enough_and_hardly_more() {
    let node = Node::start();
    let probe = node.probe().await;
    for (name, call) in [
        (
            "set",
            probe
                .set(U256::from(1), Bytes::from(vec![7; 64]))
                .into_transaction_request(),
        ),
        (
            "nested",
            probe.nested(U256::from(2)).into_transaction_request(),
        ),
    ] {
        let request = call.with_from(node.address(0));
        let estimate = node.client.estimate_gas(request.clone()).await.unwrap();
        let receipt = mined(&node.client, request.with_gas_limit(estimate)).await;
        assert!(receipt.status(), "{name}");
        // What is over: the 64th part that the outer call keeps back.
        assert!(receipt.gas_used <= estimate, "{name}");
        assert!(
            estimate < receipt.gas_used + receipt.gas_used / 16,
            "{name}: {estimate}"
        );
    }
}

#[tokio::test]
async fn an_estimate_respects_the_calldata_floor() {
    let node = Node::start();
    let probe = node.probe().await;
    let request = probe
        .swallow(Bytes::from(vec![9; 4000]))
        .into_transaction_request();
    let input = request.input.input().unwrap().clone();
    // EIP-7623: 21,000 and 10 per token, 4 tokens for a byte other than zero.
    let tokens: u64 = input
        .iter()
        .map(|byte| if *byte == 0 { 1 } else { 4 })
        .sum();
    let floor = 21_000 + 10 * tokens;
    let request = request.with_from(node.address(0));
    assert_eq!(
        node.client.estimate_gas(request.clone()).await.unwrap(),
        floor
    );
    let receipt = mined(&node.client, request).await;
    assert_eq!(receipt.gas_used, floor);
}

#[tokio::test]
async fn fees_are_found_and_paid() {
    let node = Node::start();
    let fees = node.client.estimate_eip1559_fees().await.unwrap();
    let base_fee = node.client.get_gas_price().await.unwrap()
        - node.client.get_max_priority_fee_per_gas().await.unwrap();
    assert!(fees.max_fee_per_gas >= base_fee);
    let before = node.client.get_balance(node.address(0)).await.unwrap();
    let request = TransactionRequest::default()
        .with_to(SINK)
        .with_value(U256::from(1));
    let receipt = mined(&node.client, request).await;
    let paid = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
    let after = node.client.get_balance(node.address(0)).await.unwrap();
    assert_eq!(before - after, paid + U256::from(1));
    let tx = node
        .client
        .get_transaction_by_hash(receipt.transaction_hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(tx.max_fee_per_gas(), fees.max_fee_per_gas);
}

#[tokio::test]
async fn nonces_and_chain_ids_are_checked() {
    let node = Node::start();
    let request = || {
        TransactionRequest::default()
            .with_to(SINK)
            .with_nonce(0)
            .with_gas_limit(21_000)
            .with_max_fee_per_gas(20_000_000_000)
            .with_max_priority_fee_per_gas(1)
    };
    mined(&node.client, request()).await;
    let again = request().with_value(U256::from(1));
    let (code, message, _) = refusal(node.client.send_transaction(again).await);
    assert_eq!(
        (code, message.as_str()),
        (-32_000, "nonce too low: next nonce 1, tx nonce 0")
    );
    let foreign = request().with_nonce(1).with_chain_id(1);
    let (code, message, _) = refusal(node.client.send_transaction(foreign).await);
    assert_eq!(
        (code, message.as_str()),
        (-32_000, "invalid chain id for signer: have 1 want 31337")
    );
}

#[tokio::test]
async fn several_accounts_send_at_once() {
    let node = Node::start();
    let sends = (0..5).map(|who| {
        let request = TransactionRequest::default()
            .with_from(node.address(who))
            .with_to(SINK)
            .with_value(U256::from(1));
        let client = node.client.clone();
        tokio::spawn(async move { mined(&client, request).await })
    });
    for sent in sends.collect::<Vec<_>>() {
        assert!(sent.await.unwrap().status());
    }
    assert_eq!(node.client.get_balance(SINK).await.unwrap(), U256::from(5));
    assert_eq!(node.client.get_block_number().await.unwrap(), 5);
}

#[test]
fn a_node_stops_and_frees_its_port() {
    let devnet = Devnet::start(DevnetConfig::default()).unwrap();
    let address = devnet.address();
    devnet.stop();
    let again = Devnet::start(DevnetConfig {
        listen: address,
        ..DevnetConfig::default()
    });
    assert_eq!(again.unwrap().address(), address);
}

#[tokio::test]
async fn two_nodes_do_not_meet() {
    let (one, other) = (Node::start(), Node::start());
    one.probe().await;
    assert_eq!(one.client.get_block_number().await.unwrap(), 1);
    assert_eq!(other.client.get_block_number().await.unwrap(), 0);
    let url = one.devnet.url();
    drop(one);
    let gone = ProviderBuilder::new().connect_http(url.parse().unwrap());
    assert!(gone.get_chain_id().await.is_err());
    assert_eq!(
        client(&other.devnet.url(), other.devnet.accounts())
            .get_chain_id()
            .await
            .unwrap(),
        31_337
    );
}
