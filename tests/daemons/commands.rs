//! A rollup put together, used and taken down by commands alone.

use crate::children::{Office, json, printed, refused, until};
use alloy::{
    eips::BlockId,
    primitives::U256,
    providers::{DynProvider, Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use gavel_chain::{Deployment, convert::hash, rollup::RollupReader};
use gavel_devnet::{Devnet, DevnetConfig};
use serde_json::json;
use std::fs;

/// One ether.
const ETHER: u128 = 1_000_000_000_000_000_000;

async fn balance(provider: &DynProvider, of: &PrivateKeySigner) -> U256 {
    let balance = provider.get_balance(of.address()).await;
    balance.expect("the node answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollup_by_commands_alone() {
    let node = Devnet::start(DevnetConfig::default()).expect("a free port");
    let office = Office::new(&node.url());
    let url = node.url().parse().expect("a URL");
    let chain = ProviderBuilder::new().connect_http(url).erased();
    let [operator, provider, watcher, user] = [0, 1, 2, 3].map(|i| node.accounts()[i].signer());

    // Contracts, from a key file, with settings from a file.
    let key = office.key("operator.key", &operator);
    let key = key.to_str().expect("a plain path");
    office.file("settings.toml", "window = 20\n");
    let deploy = [
        "deploy",
        "--private-key-file",
        key,
        "--settings",
        "settings.toml",
    ];
    let contracts = printed(office.gavel(&deploy));
    let file = fs::read_to_string(office.path("deployment.json")).expect("it was written");
    let deployment: Deployment = serde_json::from_str(&file).expect("addresses");
    assert!(
        contracts.contains(&deployment.hub.to_string()),
        "{contracts}"
    );
    let again = office.gavel(&deploy);
    refused(again, 1, &["deployment.json exists already", "--force"]);

    // A model in a lane, opened by a bonded watcher.
    let register = office.gavel(&["model", "register", "--private-key-file", key, "--json"]);
    assert_eq!(json(register)["lane"], 0);
    let request = [
        "request",
        "Proposal:",
        "--max-tokens",
        "3",
        "--wait=optimistic",
        "--json",
    ];
    refused(office.as_account(&user, &request), 1, &["LaneClosed"]);
    let reader = RollupReader::new(chain.clone(), deployment.clone());
    let constants = reader.constants().await.expect("constants");
    assert_eq!(constants.window, 20);
    let bond = json(office.as_account(&provider, &["bond", "add", "2.5", "--json"]));
    assert_eq!(bond["free"], (5 * ETHER / 2).to_string());
    let before = balance(&chain, &provider).await;
    let bond = json(office.as_account(&provider, &["bond", "withdraw", "1.5ether", "--json"]));
    assert_eq!(bond["free"], ETHER.to_string());
    let gained = balance(&chain, &provider).await - before;
    assert!(gained > U256::from(14 * ETHER / 10), "{gained}");
    refused(
        office.as_account(&provider, &["bond", "withdraw", "1.5"]),
        1,
        &["BondTooSmall"],
    );
    json(office.as_account(&watcher, &["bond", "add", "1", "--json"]));
    let verify = ["verify", "--poll-ms", "20"];
    let mut verifier = office.daemon("verify", office.as_account(&watcher, &verify));
    verifier.says("worst_case_gas=").await;
    verifier.says("attested").await;

    // A request, answered at once and then for good.
    office.file(
        "gavel.toml",
        "[sequencer]\npoll_ms = 20\ndata_dir_is_not_here = 1\n",
    );
    let sequence = [
        "sequence",
        "--config",
        "gavel.toml",
        "--listen",
        "127.0.0.1:0",
    ];
    let misspelt = office.as_account(&provider, &sequence);
    refused(misspelt, 2, &["data_dir_is_not_here", "gavel.toml"]);
    office.file("gavel.toml", "[sequencer]\npoll_ms = 20\n");
    let mut sequencer = office.daemon("sequence", office.as_account(&provider, &sequence));
    sequencer.says("listening").await;
    let api = format!("http://{}/", sequencer.after("listening at="));
    let drafted = [
        "verify",
        "--poll-ms",
        "20",
        "--watch-only",
        "--drafts",
        &api,
    ];
    let mut along_drafts = office.daemon("along-drafts", office.gavel(&drafted));
    let second = office.as_account(&provider, &sequence);
    refused(second, 1, &["another process uses the data folder"]);
    let asked = json(office.as_account(&user, &request));
    assert_eq!(asked["answer"]["final"], false);
    let id = asked["request_id"].as_str().expect("an id").to_owned();
    verifier.says("a batch is right").await;
    along_drafts
        .says(&format!("a draft request_id={id} tokens="))
        .await;
    along_drafts.says("a batch is right").await;
    let status = json(office.gavel(&["status", "0/0", "--json"]));
    assert_eq!(status["state"], "proposed");
    assert_eq!(status["requests"], json!([id]));
    let passed = chain.raw_request::<_, serde_json::Value>("evm_increaseTime".into(), (21,));
    passed.await.expect("time can be moved");
    let mined = chain.raw_request::<_, serde_json::Value>("evm_mine".into(), ());
    mined.await.expect("a block is made");
    until("the final answer", async || {
        let receipt = reader
            .receipt(BlockId::latest(), hash(id.parse().expect("an id")))
            .await;
        let receipt = receipt.expect("the node answers").expect("a request");
        receipt.state.name() == "delivered"
    })
    .await;
    let status = printed(office.gavel(&["status", &id]));
    assert!(status.contains("state: delivered"), "{status}");
    for daemon in [along_drafts, verifier, sequencer] {
        assert!(daemon.stop().success(), "SIGTERM ends a daemon cleanly");
    }
}
