//! The same transactions on this node and on a real `anvil`: the same gas and the same statuses.
//! GAVEL_ANVIL names the binary; without it this is skipped.

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bloom, Bytes, U256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use gavel_devnet::DevAccount;
use gavel_fixtures::Anvil;
use serde_json::Value;

use crate::probe::{Node, Probe, client, deploy, mined};

/// What two nodes must agree on.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    name: &'static str,
    status: bool,
    gas_used: u64,
    logs: usize,
    created: Option<Address>,
    receipts_root: B256,
    logs_bloom: Bloom,
}

impl Outcome {
    async fn new(name: &'static str, client: &DynProvider, receipt: &TransactionReceipt) -> Self {
        let number = receipt.block_number.unwrap();
        let block = client.get_block(number.into()).await.unwrap().unwrap();
        Self {
            name,
            status: receipt.status(),
            gas_used: receipt.gas_used,
            logs: receipt.logs().len(),
            created: receipt.contract_address,
            receipts_root: block.header.receipts_root,
            logs_bloom: block.header.logs_bloom,
        }
    }
}

async fn send(client: &DynProvider, request: TransactionRequest) -> TransactionReceipt {
    // The gas limit is given, so that a transaction that fails is sent nevertheless.
    let request = request.with_gas_limit(1_000_000);
    mined(client, request).await
}

async fn play(client: &DynProvider, account: Address) -> (Vec<Outcome>, Vec<u64>) {
    let deployed = deploy(client).await;
    let probe = Probe::new(deployed.contract_address.unwrap(), client.clone());
    let one = U256::from(1);
    let requests = [
        (
            "set from zero",
            probe
                .set(one, Bytes::from(vec![1; 100]))
                .into_transaction_request(),
        ),
        (
            "set again",
            probe
                .set(U256::from(2), Bytes::new())
                .into_transaction_request(),
        ),
        (
            "set to zero",
            probe
                .set(U256::ZERO, Bytes::new())
                .into_transaction_request(),
        ),
        (
            "custom error",
            probe
                .set(U256::from(1001), Bytes::new())
                .into_transaction_request(),
        ),
        ("revert", probe.refuse().into_transaction_request()),
        (
            "floor",
            probe
                .swallow(Bytes::from(vec![3; 9000]))
                .into_transaction_request(),
        ),
        (
            "nested",
            probe.nested(U256::from(5)).into_transaction_request(),
        ),
        (
            "transfer",
            TransactionRequest::default()
                .with_to(account)
                .with_value(one),
        ),
        (
            "invalid",
            TransactionRequest::default().with_deploy_code(vec![0xfe]),
        ),
    ];
    let mut outcomes = vec![Outcome::new("deploy", client, &deployed).await];
    let mut estimates = Vec::new();
    for (name, request) in requests {
        // Anvil's estimates may lie above the least; those of this node must not lie below use.
        if let Ok(estimate) = client
            .estimate_gas(request.clone().with_from(account))
            .await
        {
            estimates.push(estimate);
        }
        let receipt = send(client, request).await;
        outcomes.push(Outcome::new(name, client, &receipt).await);
    }
    (outcomes, estimates)
}

#[tokio::test]
async fn anvil_agrees_on_gas_and_statuses() {
    let what = "gas and statuses as on anvil";
    let Some(anvil) = Anvil::start(what, &["--gas-limit", "60000000"]) else {
        return;
    };
    let node = Node::start();
    let accounts: &[DevAccount] = node.devnet.accounts();
    let theirs = client(&anvil.url, accounts);
    let funding = (accounts[0].address, U256::from(10).pow(U256::from(21)));
    theirs
        .raw_request::<_, Value>("anvil_setBalance".into(), funding)
        .await
        .unwrap();
    let (our_outcomes, our_estimates) = play(&node.client, accounts[0].address).await;
    let (their_outcomes, their_estimates) = play(&theirs, accounts[0].address).await;
    assert_eq!(our_outcomes, their_outcomes);
    let statuses: Vec<_> = our_outcomes.iter().map(|outcome| outcome.status).collect();
    assert_eq!(
        statuses,
        [
            true, true, true, true, false, false, true, true, true, false
        ]
    );
    assert_eq!(our_estimates.len(), their_estimates.len());
    for (ours, theirs) in our_estimates.iter().zip(&their_estimates) {
        assert!(ours <= theirs, "{our_estimates:?} {their_estimates:?}");
    }
}
