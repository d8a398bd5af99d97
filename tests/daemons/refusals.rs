//! Daemons that refuse to start, and say why and what to do.

use crate::{
    children::{Office, exists, refused},
    restarts::embedded,
};
use alloy::{
    network::EthereumWallet,
    primitives::B256,
    providers::{Provider, ProviderBuilder},
};
use gavel_chain::Settings;
use gavel_devnet::{ChainConfig, Devnet, DevnetConfig};
use gavel_fixtures::random::{Family, LEAST_VOCAB, RandomModel, Storage};
use gavel_stage::{Node, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn wrong_chain_model_or_key() {
    let node = Node::embedded().await.expect("the embedded chain starts");
    let scene = Scene::set(node, embedded(), &|_| {}).await;
    let scene = scene.expect("the contracts are deployed");
    let office = Office::of(scene.node.url(), &scene.deployment);
    let signer = &scene.accounts.provider.signer;
    let config = DevnetConfig {
        chain: ChainConfig {
            chain_id: 5,
            ..ChainConfig::default()
        },
        ..DevnetConfig::default()
    };
    let other = Devnet::start(config).expect("a free port");
    let mut model = Vec::new();
    small_model(&mut model);
    office.file("other.gguf", model);
    office.file("garbled.gguf", &gavel_zoo::MODEL[..1000]);
    office.file("bad.key", "not a key");
    for daemon in ["sequence", "verify"] {
        let run = |args: &[&str]| office.as_account(signer, &[&[daemon], args].concat());
        refused(
            run(&["--rpc", &other.url()]),
            1,
            &[
                "the node is on chain 5",
                "the deployment on chain 31337",
                "--rpc",
            ],
        );
        refused(
            run(&["--rpc", "http://127.0.0.1:1"]),
            1,
            &["no node answers at http://127.0.0.1:1"],
        );
        refused(run(&["--rpc", "nonsense"]), 1, &["nonsense", "no HTTP URL"]);
        refused(run(&["--lane", "7"]), 1, &["there is no lane 7"]);
        refused(
            run(&["--model", "other.gguf"]),
            1,
            &["lane 0 runs program 0x", "--model"],
        );
        refused(run(&["--model", "garbled.gguf"]), 1, &["garbled.gguf"]);
        refused(run(&["--model", "missing.gguf"]), 1, &["missing.gguf"]);
        refused(
            run(&["--private-key-file", "bad.key"]),
            1,
            &["bad.key holds no private key"],
        );
        refused(
            run(&["--deployment", "none.json"]),
            1,
            &["there is no none.json"],
        );
        refused(
            office.gavel(&[daemon]),
            2,
            &["no private key", "GAVEL_PRIVATE_KEY"],
        );
    }
    assert!(!exists(&office.path("gavel-data/sequencer.db")));
    let mut watching = office.daemon("watch", office.gavel(&["verify", "--watch-only"]));
    watching.says("watch_only=true").await;
    assert!(watching.stop().success(), "watching needs no key");
}

fn small_model(into: &mut Vec<u8>) {
    let model = RandomModel {
        family: Family::Llama,
        dim: 32,
        layers: 1,
        heads: 2,
        kv_heads: 1,
        ffn: 64,
        vocab: LEAST_VOCAB,
        context: 64,
        storage: Storage::F32,
        seed: 1,
        ..RandomModel::STORIES15M
    };
    model.write(into).expect("a model is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn contracts_for_another_guest() {
    let node = Devnet::start(DevnetConfig::default()).expect("a free port");
    let account = &node.accounts()[0];
    let settings = Settings::development(B256::repeat_byte(7), account.address);
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(account.signer()))
        .connect_http(node.url().parse().expect("a URL"))
        .erased();
    let deployment = gavel_chain::deploy(&provider, account.address, &settings).await;
    let office = Office::of(&node.url(), &deployment.expect("it is deployed"));
    for daemon in ["sequence", "verify"] {
        let started = office.as_account(&account.signer(), &[daemon]);
        refused(started, 1, &["the guest image 0x0707", "use the version"]);
    }
    let register = office.as_account(&account.signer(), &["model", "register"]);
    refused(register, 1, &["UnknownImage"]);
}
