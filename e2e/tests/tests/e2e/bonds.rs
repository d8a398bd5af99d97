//! A provider whose proposal won a tournament goes on proposing: its sequencer puts the bond back.

use crate::world;
use alloy::eips::BlockId;
use gavel_adversaries::{Lie, LieKind};
use gavel_chain::{
    convert::account,
    rollup::{RollupReader, calls},
};
use gavel_primitives::Params;
use gavel_stage::{Ask, Node, Scene, play};

async fn free_bond(scene: &Scene) -> u128 {
    let reader = RollupReader::new(scene.node.provider().clone(), scene.deployment.clone());
    let provider = account(scene.accounts.provider.address());
    let free = reader.free_bond(BlockId::latest(), provider).await;
    free.expect("the node answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bond_that_a_tournament_paid_back_is_bonded_again() {
    let node = Node::embedded().await.expect("the embedded chain starts");
    let scene = Scene::set(node, world::embedded(), &|_| {}).await;
    let scene = scene.expect("the contracts are deployed");
    let (provider, one) = (&scene.accounts.provider, scene.constants.proposal_bond);
    let rest = free_bond(&scene).await - one;
    let out = calls::withdraw_bond(&scene.deployment, rest);
    scene.send(provider, vec![out]).await.expect("it is free");
    assert_eq!(free_bond(&scene).await, one, "a bond for one proposal");
    for proposal in 0..2 {
        let lie = Lie {
            kind: LieKind::Silent,
            at: 1,
            seed: proposal,
        };
        let ask = Ask {
            prompt: "Pause it.".into(),
            params: Params::greedy(2),
            lie: Some(lie),
            challenger_lies: true,
            model: "zoo".into(),
        };
        let report = play(&scene, &ask, &|_| {}).await;
        let report = report.unwrap_or_else(|error| panic!("proposal {proposal}: {error:#}"));
        assert!(report.is_right(), "proposal {proposal}:\n{report}");
    }
}
