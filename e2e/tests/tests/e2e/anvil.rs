//! Every lie once on a real `anvil`. GAVEL_ANVIL names the binary; without it this is skipped, aloud.

use crate::world;
use gavel_adversaries::{Lie, LieKind};
use gavel_fixtures::Anvil;
use gavel_primitives::Params;
use gavel_stage::{Ask, Node, Scene, Time, play};

/// The key of anvil's first account, which everyone knows.
const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_loses_on_anvil() {
    let Some(anvil) = Anvil::start("every lie on anvil", &[]) else {
        return;
    };
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
