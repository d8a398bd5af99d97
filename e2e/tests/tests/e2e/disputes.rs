//! Whole disputes on the embedded chain, through the daemons' own reconcilers: every lie and role on the embedded model, then
//! seeded random lies on small real models. The honest side wins all, loses nothing but gas, and gets that back.

use crate::world;
use gavel_adversaries::{Lie, LieKind, draw};
use gavel_engine::Engine;
use gavel_formats::ModelFile;
use gavel_stage::{Ask, Node, Report, Scene, play};
use std::{collections::BTreeSet, future::Future, sync::Arc};

fn on_runtime<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime starts").block_on(story)
}

async fn scene(engine: &Arc<Engine>) -> Scene {
    let node = Node::embedded().await.expect("the embedded chain starts");
    Scene::set(node, Arc::clone(engine), &|_| {})
        .await
        .expect("the contracts are deployed")
}

async fn dispute(
    scene: &Scene,
    prompt: &str,
    max_tokens: u32,
    lie: Lie,
    challenger_lies: bool,
) -> Report {
    let ask = Ask {
        prompt: prompt.into(),
        max_tokens,
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
    report
}

#[test]
fn an_honest_request_is_delivered_without_a_dispute() {
    on_runtime(async {
        let scene = scene(&world::embedded()).await;
        let prompt = gavel_zoo::prompt("Swap 250,000 USDC of the treasury into stETH.");
        let ask = Ask {
            prompt,
            max_tokens: 64,
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
                let report = dispute(&scene, &prompt, 12, lie, challenger_lies).await;
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

/// Random lies a model.
const RANDOM_LIES: u64 = 5;

#[test]
fn random_lies_on_small_models() {
    let models = [
        "stories260K-F32",
        "stories260K-Q8_0",
        "ts656k-Q4_0",
        "stories260K-F16",
    ];
    let (mut mnemonics, mut pcs) = (BTreeSet::new(), BTreeSet::new());
    let mut played = 0;
    for (number, name) in models.into_iter().enumerate() {
        let Some(path) = gavel_fixtures::model(&format!("llama/{name}.gguf")) else {
            continue;
        };
        let engine = world::engine(&ModelFile::open(&path).expect("a real file opens"));
        on_runtime(async {
            let scene = scene(&engine).await;
            for i in 0..RANDOM_LIES {
                let seed = number as u64 * 1000 + i;
                let lie = random_lie(&engine, seed);
                let report = dispute(&scene, "Once upon a time", 6, lie, i % 2 == 1).await;
                if let Some(instruction) = report.instruction {
                    mnemonics.insert(
                        instruction
                            .text
                            .split_whitespace()
                            .next()
                            .unwrap_or_default()
                            .to_owned(),
                    );
                    pcs.insert(instruction.pc);
                }
                played += 1;
            }
        });
    }
    eprintln!(
        "{played} random lies: {} mnemonics, {} pcs",
        mnemonics.len(),
        pcs.len()
    );
    if played == RANDOM_LIES * models.len() as u64 {
        assert!(mnemonics.len() >= 4, "{mnemonics:?}");
        assert!(pcs.len() >= 8, "{} pcs", pcs.len());
    }
}

/// A lie that ends in the machine, at a place that every one of these requests has.
fn random_lie(engine: &Engine, seed: u64) -> Lie {
    let kinds = [
        LieKind::Tokenizer,
        LieKind::Token,
        LieKind::Node,
        LieKind::Tile,
        LieKind::Machine,
    ];
    let kind = kinds[draw::below(seed, "kind", kinds.len() as u64) as usize];
    let nodes = engine.program().nodes.len() as u64;
    let places = match kind {
        LieKind::Tokenizer | LieKind::Token => 4,
        LieKind::Node => nodes,
        LieKind::Tile => 8,
        _ => 4_000,
    };
    Lie {
        kind,
        at: draw::below(seed, "place", places),
        seed,
    }
}
