//! Every lie once on a real `anvil`. GAVEL_ANVIL names the binary; without it this is skipped, aloud.

use crate::world;
use gavel_adversaries::{Lie, LieKind};
use gavel_primitives::Params;
use gavel_stage::{Ask, Node, Scene, Time, play};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// The key of anvil's first account, which everyone knows.
const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// A running anvil, killed with the value.
struct Anvil {
    process: Child,
    url: String,
}

impl Anvil {
    fn start(binary: &Path) -> Self {
        let mut process = Command::new(binary)
            .args(["--port", "0", "--hardfork", "osaka"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("anvil starts");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        let address = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("Listening on ").map(str::to_owned))
            .expect("anvil says where it listens");
        Anvil {
            process,
            url: format!("http://{address}"),
        }
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let killed = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = killed {
            eprintln!("anvil did not stop: {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_loses_on_anvil() {
    let what = "every lie on anvil";
    let Some(binary) = gavel_fixtures::program("GAVEL_ANVIL", what) else {
        return;
    };
    let anvil = Anvil::start(&binary);
    let node = Node::connect(&anvil.url, KEY.parse().expect("a key")).await;
    let node = node.expect("anvil answers");
    assert_eq!(node.time(), Time::Moved, "anvil has time controls");
    let scene = Scene::set(node, world::embedded(), &|_| {}).await;
    let scene = scene.expect("the contracts are deployed");
    for (kind, at) in [
        (None, 0),
        (Some(LieKind::Result), 0),
        (Some(LieKind::Tokenizer), 1),
        (Some(LieKind::Token), 1),
        (Some(LieKind::Node), 17),
        (Some(LieKind::Tile), 1),
        (Some(LieKind::Machine), 1000),
        (Some(LieKind::Silent), 2),
    ] {
        let ask = Ask {
            prompt: "Pause it.".into(),
            params: Params::greedy(3),
            lie: kind.map(|kind| Lie { kind, at, seed: 5 }),
            challenger_lies: false,
            model: "zoo".into(),
        };
        let report = play(&scene, &ask, &|_| {}).await;
        let report = report.unwrap_or_else(|error| panic!("{kind:?}: {error:#}"));
        assert!(report.is_right(), "{kind:?}:\n{report}");
    }
}
