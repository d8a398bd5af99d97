//! Calls and what they fail with.

use alloy::eips::BlockId;
use alloy::primitives::{Bytes, U256};
use alloy::providers::Provider;
use alloy::sol_types::SolError;

use crate::probe::{Node, Probe, refusal};

#[tokio::test]
async fn a_custom_error_arrives_with_its_operands() {
    let node = Node::start();
    let probe = node.probe().await;
    let error = probe
        .set(U256::from(1001), Bytes::new())
        .call()
        .await
        .unwrap_err();
    let decoded = error.as_decoded_error::<Probe::TooLarge>().unwrap();
    assert_eq!(
        (decoded.got, decoded.limit),
        (U256::from(1001), U256::from(1000))
    );
    let request = probe
        .set(U256::from(1001), Bytes::new())
        .into_transaction_request();
    let (code, message, data) = refusal(node.client.call(request.clone()).await);
    assert_eq!((code, message.as_str()), (3, "execution reverted"));
    assert_eq!(data.unwrap(), Bytes::from(decoded.abi_encode()));
    // An estimate fails in the same way.
    let (code, _, data) = refusal(node.client.estimate_gas(request).await);
    assert_eq!(code, 3);
    assert_eq!(data.unwrap(), Bytes::from(decoded.abi_encode()));
}

#[tokio::test]
async fn a_revert_text_is_in_the_message() {
    let node = Node::start();
    let probe = node.probe().await;
    let (code, message, _) = refusal(
        node.client
            .call(probe.refuse().into_transaction_request())
            .await,
    );
    assert_eq!(
        (code, message.as_str()),
        (3, "execution reverted: not today")
    );
}

#[tokio::test]
async fn a_call_sees_the_block_it_is_made_on() {
    let node = Node::start();
    let probe = node.probe().await;
    let seen = probe.surroundings().call().await.unwrap();
    let head = node.head().await;
    assert_eq!(seen.timestamp, U256::from(head.timestamp));
    assert_eq!(seen.number, U256::from(head.number));
    assert_eq!(seen.baseFee, U256::from(head.base_fee_per_gas.unwrap()));
    assert_eq!(seen.parent, head.parent_hash);
    let next = probe
        .surroundings()
        .block(BlockId::pending())
        .call()
        .await
        .unwrap();
    assert_eq!(next.number, seen.number + U256::from(1));
    assert_eq!(next.parent, head.hash);
}

#[tokio::test]
async fn a_call_on_an_old_block_sees_the_old_state() {
    let node = Node::start();
    let probe = node.probe().await;
    for value in [5u64, 6] {
        let sent = probe
            .set(U256::from(value), Bytes::new())
            .send()
            .await
            .unwrap();
        sent.get_receipt().await.unwrap();
    }
    assert_eq!(
        probe.value().block(2u64.into()).call().await.unwrap(),
        U256::from(5)
    );
    assert_eq!(probe.value().call().await.unwrap(), U256::from(6));
    let request = probe.value().into_transaction_request();
    let (code, message, _) = refusal(node.client.call(request).block(99u64.into()).await);
    assert_eq!(code, -32_000);
    assert!(message.starts_with("header not found"), "{message}");
}
