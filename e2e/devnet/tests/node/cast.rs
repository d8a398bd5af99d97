//! The `cast` command as a client. GAVEL_CAST names the binary; without it this is skipped.

use std::{path::Path, process::Command};

use alloy::primitives::hex;
use serde_json::Value;

use crate::probe::{Node, creation_code};

/// Runs `cast` against the node; its output is JSON where `--json` asks for it.
fn cast(binary: &Path, node: &Node, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(binary)
        .args([arguments[0], "--rpc-url", &node.devnet.url()])
        .args(&arguments[1..])
        .env_remove("ETH_RPC_URL")
        .output()
        .expect("cast runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text").trim().to_owned();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

fn send(binary: &Path, node: &Node, arguments: &[&str]) -> Value {
    let key = hex::encode_prefixed(node.devnet.accounts()[0].key);
    let signed = [
        &["send", "--json", "--private-key", key.as_str()],
        arguments,
    ]
    .concat();
    serde_json::from_str(&cast(binary, node, &signed).unwrap()).unwrap()
}

#[tokio::test]
async fn cast_deploys_calls_sends_and_reads() {
    let Some(binary) = gavel_fixtures::program("GAVEL_CAST", "cast as a client of the chain")
    else {
        return;
    };
    let node = Node::start();
    let run = |arguments: &[&str]| cast(&binary, &node, arguments).unwrap();
    assert_eq!(run(&["chain-id"]), "31337");
    let code = hex::encode_prefixed(creation_code());
    let deployed = send(&binary, &node, &["--create", code.as_str()]);
    let probe = deployed["contractAddress"].as_str().unwrap();
    let set = "set(uint256,bytes)";
    let estimate: u64 = run(&["estimate", probe, set, "33", "0x01"])
        .parse()
        .unwrap();
    let changed = send(&binary, &node, &[probe, set, "33", "0x01"]);
    assert_eq!(changed["status"], "0x1");
    let used = u64::from_str_radix(&changed["gasUsed"].as_str().unwrap()[2..], 16).unwrap();
    assert!(used <= estimate, "{used} {estimate}");
    assert_eq!(run(&["call", probe, "value()(uint256)"]), "33");
    assert_eq!(run(&["block-number"]), "2");
    assert_eq!(run(&["nonce", deployed["from"].as_str().unwrap()]), "2");
    let slot = run(&["storage", probe, "0"]);
    assert!(slot.ends_with("21"), "{slot}");
    let logs: Value = serde_json::from_str(&run(&[
        "logs",
        "--json",
        "--from-block",
        "0",
        "--address",
        probe,
    ]))
    .unwrap();
    assert_eq!(logs.as_array().unwrap().len(), 1);
    let hash = changed["transactionHash"].as_str().unwrap();
    assert_eq!(run(&["receipt", hash, "blockNumber"]), "2");
    assert_eq!(run(&["tx", hash, "nonce"]), "1");
    let block: Value = serde_json::from_str(&run(&["block", "--json", "--full", "2"])).unwrap();
    assert_eq!(block["transactions"][0]["hash"], hash);
    assert!(run(&["gas-price"]).parse::<u64>().unwrap() > 0);
    let error = cast(&binary, &node, &["call", probe, set, "1001", "0x"]).unwrap_err();
    assert!(error.contains("execution reverted"), "{error}");
    run(&["rpc", "evm_increaseTime", "1000"]);
    run(&["rpc", "evm_mine"]);
    let ages = [run(&["age", "2"]), run(&["age", "3"])];
    assert_ne!(ages[0], ages[1]);
}
