//! Whole disputes on the embedded chain, through the daemons' own reconcilers: every lie and role on the embedded model. The
//! honest side wins all, loses nothing but gas, and gets that back.

use crate::world;
use gavel_adversaries::{Lie, LieKind};
use gavel_engine::Engine;
use gavel_primitives::{Params, StopText};
use gavel_stage::{Ask, Node, Report, Scene, play};
use std::{future::Future, sync::Arc};

/// Bound of the transaction that executes the contested instruction, the calldata floor included: what it is repaid.
const MOST_STEP_GAS: u64 = 120_000;

/// Runs a story on threads of its own.
pub(crate) fn on_runtime<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime starts").block_on(story)
}

/// A chain of its own, with everything deployed.
pub(crate) async fn scene(engine: &Arc<Engine>) -> Scene {
    let node = Node::embedded().await.expect("the embedded chain starts");
    Scene::set(node, Arc::clone(engine), &|_| {})
        .await
        .expect("the contracts are deployed")
}

/// Plays a lie; the honest side wins and everyone has what is theirs.
pub(crate) async fn dispute(
    scene: &Scene,
    prompt: impl Into<Vec<u8>>,
    max_tokens: u32,
    lie: Lie,
    challenger_lies: bool,
) -> Report {
    let params = Params::greedy(max_tokens);
    dispute_with(scene, prompt, params, lie, challenger_lies).await
}

/// The same with any sampling parameters.
pub(crate) async fn dispute_with(
    scene: &Scene,
    prompt: impl Into<Vec<u8>>,
    params: Params,
    lie: Lie,
    challenger_lies: bool,
) -> Report {
    let ask = Ask {
        prompt: prompt.into(),
        params,
        lie: Some(lie),
        challenger_lies,
        model: "test".into(),
    };
    let report = play(scene, &ask, &|_| {})
        .await
        .unwrap_or_else(|error| panic!("{lie:?}: {error:#}"));
    assert_eq!(
        report.winner, "honest",
        "{lie:?}, challenger lies: {challenger_lies}"
    );
    assert!(
        report.is_right(),
        "{lie:?}, challenger lies: {challenger_lies}:\n{report}"
    );
    assert!(
        report.gas.step < MOST_STEP_GAS,
        "{lie:?}: the step cost {} gas",
        report.gas.step
    );
    report
}

#[test]
fn an_honest_request_is_delivered_without_a_dispute() {
    on_runtime(async {
        let scene = scene(&world::embedded()).await;
        let prompt = gavel_zoo::prompt("Swap 250,000 USDC of the treasury into stETH.");
        let ask = Ask {
            prompt: prompt.into(),
            params: Params::greedy(64),
            lie: None,
            challenger_lies: false,
            model: "zoo".into(),
        };
        let report = play(&scene, &ask, &|_| {})
            .await
            .expect("the story comes to an end");
        assert!(report.is_right());
        assert_eq!(gavel_zoo::category(&report.callback.text), Some("treasury"));
        assert_eq!((report.transactions, report.levels.len()), (0, 0));
    });
}

#[test]
fn lies_about_penalties_draws_and_stop_texts() {
    on_runtime(async {
        let engine = world::embedded();
        let scene = scene(&engine).await;
        let prompt = gavel_zoo::prompt("We should pause the bridge, there was an exploit.");
        let drawn = Params {
            max_tokens: 4,
            ..world::DRAWN
        };
        let node = |name: &str| {
            let nodes = &engine.program().nodes;
            let found = nodes.iter().position(|node| node.op.name() == name);
            found.expect("the program has such a node") as u64
        };
        let plain = engine.answer(prompt.as_bytes(), &Params::greedy(12), |_| {});
        let plain = plain.expect("the prompt is short").output;
        // The stop text ends where the answer, as it would be without, goes on.
        let stopped = Params {
            stop: StopText::all([&plain[3..6]]).expect("a stop text"),
            ..Params::greedy(12)
        };
        for (params, kind, at) in [
            (drawn, LieKind::Token, 2),
            (drawn, LieKind::Node, node("Penalize")),
            (stopped, LieKind::Node, node("FindStop")),
        ] {
            let lie = Lie { kind, at, seed: 7 };
            let report = dispute_with(&scene, prompt.as_str(), params, lie, false).await;
            assert_eq!(report.reason.as_deref(), Some("proof"), "{lie:?}");
            assert!(report.instruction.is_some(), "the machine decided");
        }
    });
}

#[test]
fn every_lie_and_role_on_the_embedded_model() {
    on_runtime(async {
        let scene = scene(&world::embedded()).await;
        let prompt = gavel_zoo::prompt("We should pause the bridge, there was an exploit.");
        let places = [
            (LieKind::Result, 0),
            (LieKind::Tokenizer, 2),
            (LieKind::Token, 1),
            (LieKind::Node, 17),
        ];
        let others = [
            (LieKind::Tile, 3),
            (LieKind::Machine, 1000),
            (LieKind::Silent, 2),
        ];
        for (kind, at) in places.into_iter().chain(others) {
            for challenger_lies in [false, true] {
                let lie = Lie { kind, at, seed: 7 };
                let report = dispute(&scene, prompt.as_str(), 12, lie, challenger_lies).await;
                let by_clock = matches!(kind, LieKind::Result | LieKind::Silent);
                assert_eq!(
                    report.reason.as_deref(),
                    Some(if by_clock { "clock" } else { "proof" }),
                    "{lie:?}"
                );
                assert_eq!(report.instruction.is_some(), !by_clock, "{lie:?}");
                assert!(
                    report.gas.total < 8_000_000,
                    "{lie:?}: {} gas",
                    report.gas.total
                );
                if kind == LieKind::Tokenizer {
                    let instruction = report.instruction.expect("the machine decided");
                    assert!(
                        instruction.text.contains("gavel_kernels::text"),
                        "{}",
                        instruction.text
                    );
                }
            }
        }
    });
}
