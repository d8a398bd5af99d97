//! Bad input through the commands and through the hub: a clear error or a defined status, and the next request is answered.

use crate::{
    children::{Office, json, refused},
    restarts::embedded,
};
use alloy::providers::Provider;
use gavel_stage::{Node, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_cost_nothing_and_stop_nobody() {
    let node = Node::embedded().await.expect("the embedded chain starts");
    let scene = Scene::set(node, embedded(), &|_| {}).await;
    let scene = scene.expect("the contracts are deployed");
    let office = Office::of(scene.node.url(), &scene.deployment);
    let user = &scene.accounts.requester;
    let run = |args: &[&str]| office.as_account(&user.signer, args);
    let nonce = async || {
        let count = scene.node.provider().get_transaction_count(user.address());
        count.await.expect("the node answers")
    };
    let before = nonce().await;
    let limit = embedded().program().header.max_prompt_bytes as usize;
    let huge = "x".repeat(limit + 1);
    let most = u32::MAX.to_string();
    for (args, code, says) in [
        (&["request", ""][..], 1, "the prompt is empty"),
        (&["request", &huge], 1, "takes at most 2048"),
        (&["request", "a", "--max-tokens", "0"], 1, "is outside 1..="),
        (
            &["request", "a", "--max-tokens", &most],
            1,
            "is outside 1..=",
        ),
        (&["request", "a", "--lane", "9"], 1, "there is no lane 9"),
        (
            &["request", "a", "--max-fee", "1wei"],
            1,
            "nothing was sent",
        ),
        (&["request", "a", "--max-fee", "many"], 2, "no amount"),
        (&["request", "--prompt-file", "none"], 1, "none"),
        (&["request"], 2, "<TEXT|--prompt-file"),
        (&["request", "a", "--wait=never"], 2, "optimistic"),
        (&["request", "a", "--private-key-file", "none"], 1, "none"),
        (&["bond", "add", "-1"], 2, "unexpected argument"),
        (&["bond", "withdraw", "1000"], 1, "BondTooSmall"),
        (
            &["status", "nonsense"],
            2,
            "neither a request's or dispute's id",
        ),
        (&["status", "0/9"], 1, "no batch 9"),
        (
            &["status", &format!("0x{}", "11".repeat(32))],
            1,
            "neither a request nor a dispute",
        ),
        (
            &["status", "--deployment", "none.json"],
            1,
            "there is no none.json",
        ),
        (
            &["status", "--rpc", "http://127.0.0.1:1"],
            1,
            "no node answers",
        ),
        (&["model", "register", "none.gguf"], 1, "none.gguf"),
    ] {
        refused(run(args), code, &[says]);
    }
    refused(office.gavel(&["request", "a"]), 2, &["no private key"]);
    office.file("broken.json", "{\"chain_id\": 1");
    let broken = ["status", "--deployment", "broken.json"];
    refused(run(&broken), 1, &["broken.json holds no deployment"]);
    let mut keyed = office.gavel(&["request", "a"]);
    keyed.env("GAVEL_PRIVATE_KEY", "0x1234");
    refused(keyed, 1, &["GAVEL_PRIVATE_KEY holds no private key"]);
    assert_eq!(nonce().await, before, "nothing was sent");

    // Bytes that are no text, and characters that the model doesn't know, have an answer like any others.
    let args = ["sequence", "--poll-ms", "20", "--no-api"];
    let command = office.as_account(&scene.accounts.provider.signer, &args);
    let sequencer = office.daemon("sequence", command);
    office.file("bytes.bin", [0xff, 0x00, 0xe2, 0x96, b'a']);
    for prompt in [
        &["--prompt-file", "bytes.bin"][..],
        &["\u{1F9D1}\u{200D}\u{2696}"],
        &["a"],
    ] {
        let options = ["--max-tokens", "2", "--wait=optimistic", "--json"];
        let asked = json(run(&[&["request"], prompt, &options].concat()));
        let status = asked["answer"]["status"].as_str();
        assert!(matches!(status, Some("Stop" | "Length")), "{asked}");
    }
    assert!(sequencer.stop().success());
}

#[test]
fn a_place_that_there_is_not_is_wrong_usage() {
    let office = Office::new("http://127.0.0.1:1");
    for (lie, says) in [
        ("tokenizer", "prompt token"),
        ("token", "output token"),
        ("node", "node of the last generation step"),
        ("tile", "chunk of the head's output"),
        ("machine", "instruction"),
    ] {
        let demo = [
            "demo",
            "--lie",
            lie,
            "--at",
            "99999999999",
            "--max-tokens",
            "4",
        ];
        refused(office.gavel(&demo), 2, &[says, "99999999999"]);
    }
}
