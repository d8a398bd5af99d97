//! The protocol itself: batches, notifications and malformed requests, over a plain socket.

use std::io::{Read, Write};
use std::net::TcpStream;

use alloy::primitives::{U64, U256};
use alloy::rpc::client::RpcClient;
use gavel_devnet::{Devnet, DevnetConfig};
use serde_json::{Value, json};

use crate::probe::Node;

/// Posts a body and returns the status line's code and the answer's body.
fn post(devnet: &Devnet, body: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(devnet.address()).unwrap();
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: devnet\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

fn answer(devnet: &Devnet, body: &str) -> Value {
    let (status, body) = post(devnet, body);
    assert_eq!(status, 200);
    serde_json::from_str(&body).unwrap()
}

fn error_code(devnet: &Devnet, body: &str) -> i64 {
    let answer = answer(devnet, body);
    assert_eq!(answer["jsonrpc"], "2.0");
    answer["error"]["code"].as_i64().unwrap()
}

fn devnet() -> Devnet {
    Devnet::start(DevnetConfig::default()).unwrap()
}

#[test]
fn errors_have_the_codes_of_the_specification() {
    let devnet = devnet();
    let code = |body: &str| error_code(&devnet, body);
    assert_eq!(code("{"), -32_700);
    assert_eq!(code("7"), -32_600);
    assert_eq!(code("[]"), -32_600);
    assert_eq!(code(r#"{"id":1,"method":"eth_chainId"}"#), -32_600);
    assert_eq!(code(r#"{"jsonrpc":"2.0","id":1}"#), -32_600);
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}"#),
        -32_600
    );
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}"#),
        -32_601
    );
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}"#),
        -32_602
    );
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":{}}"#),
        -32_602
    );
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}"#),
        -32_602
    );
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x03c0"]}"#),
        -32_000
    );
}

#[test]
fn an_answer_repeats_the_id() {
    let devnet = devnet();
    let body = r#"{"jsonrpc":"2.0","id":"seven","method":"eth_chainId"}"#;
    assert_eq!(
        answer(&devnet, body),
        json!({"jsonrpc":"2.0","id":"seven","result":"0x7a69"})
    );
    let body = r#"{"jsonrpc":"2.0","id":null,"method":"net_version","params":null}"#;
    assert_eq!(
        answer(&devnet, body),
        json!({"jsonrpc":"2.0","id":null,"result":"31337"})
    );
}

#[test]
fn a_batch_is_answered_in_order_and_notifications_are_not() {
    let devnet = devnet();
    let body = json!([
        {"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"},
        {"jsonrpc":"2.0","method":"evm_mine"},
        7,
        {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber"},
    ]);
    let answers = answer(&devnet, &body.to_string());
    assert_eq!(answers.as_array().unwrap().len(), 3);
    assert_eq!(answers[0]["result"], "0x0");
    assert_eq!(answers[1]["error"]["code"], -32_600);
    assert_eq!(answers[2]["result"], "0x1");
    let note = r#"{"jsonrpc":"2.0","method":"evm_mine"}"#;
    assert_eq!(post(&devnet, note), (204, String::new()));
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let devnet = devnet();
    let (status, _) = post(&devnet, &" ".repeat(5 * 1024 * 1024 + 1));
    assert_eq!(status, 413);
}

#[test]
fn overrides_are_refused_in_words() {
    let devnet = devnet();
    let body = json!({"jsonrpc":"2.0","id":1,"method":"eth_call",
        "params":[{}, "latest", {"0x0000000000000000000000000000000000000001":{"balance":"0x1"}}]});
    let answer = answer(&devnet, &body.to_string());
    assert_eq!(
        answer["error"]["message"],
        "state and block overrides are not supported"
    );
}

#[test]
fn the_node_says_what_it_is() {
    let devnet = devnet();
    let ask = |method: &str| {
        let body = json!({"jsonrpc":"2.0","id":1,"method":method,"params":[]});
        answer(&devnet, &body.to_string())["result"].clone()
    };
    assert!(
        ask("web3_clientVersion")
            .as_str()
            .unwrap()
            .starts_with("gavel-devnet/")
    );
    assert_eq!(ask("eth_syncing"), json!(false));
    let addresses: Vec<_> = devnet
        .accounts()
        .iter()
        .map(|account| account.address)
        .collect();
    assert_eq!(ask("eth_accounts"), json!(addresses));
}

#[tokio::test]
async fn alloy_batches_requests() {
    let node = Node::start();
    let client = RpcClient::new_http(node.devnet.url().parse().unwrap());
    let mut batch = client.new_batch();
    let chain_id = batch.add_call::<_, U64>("eth_chainId", &()).unwrap();
    let balance = batch
        .add_call::<_, U256>("eth_getBalance", &(node.address(1),))
        .unwrap();
    batch.send().await.unwrap();
    assert_eq!(chain_id.await.unwrap(), U64::from(31_337));
    let ether = U256::from(10).pow(U256::from(18));
    assert_eq!(balance.await.unwrap(), U256::from(10_000) * ether);
}
