//! Disputes about embeddings: whatever is lied about a text's vector, the chain's own run of one instruction decides, and the right
//! vector reaches the dApp.

use crate::disputes::{dispute, on_runtime, scene};
use crate::world;
use gavel_adversaries::{Lie, LieKind};
use gavel_engine::Engine;
use gavel_fixtures::RandomBert;
use gavel_formats::{Beside, ModelFile};
use gavel_primitives::Params;
use gavel_stage::{Ask, Report, play};
use std::{collections::BTreeSet, sync::Arc};

/// What is embedded.
const TEXT: &str = "shu-bace, fogu tre!";

/// The engine of a small random encoder.
fn encoder() -> Arc<Engine> {
    engine(RandomBert::SMALL)
}

fn engine(model: RandomBert) -> Arc<Engine> {
    let beside = Beside(model.beside().into_iter().collect());
    world::engine(&ModelFile::from_bytes(&model.weights()).with_beside(beside))
}

/// The first node of each kind of operator that the program has.
fn kinds(engine: &Engine) -> Vec<(&'static str, u64)> {
    let mut seen = BTreeSet::new();
    let names = engine.program().nodes.iter().map(|node| node.op.name());
    names
        .zip(0..)
        .filter(|(name, _)| seen.insert(*name))
        .collect()
}

/// A lie that the machine decides.
fn assert_proven(report: &Report, lie: Lie) -> &str {
    assert_eq!(report.reason.as_deref(), Some("proof"), "{lie:?}");
    let instruction = report.instruction.as_ref();
    &instruction
        .unwrap_or_else(|| panic!("{lie:?}: the machine decides"))
        .pc
}

#[test]
fn a_lie_about_any_operator_of_an_encoder_loses() {
    on_runtime(async {
        let engine = encoder();
        let scene = scene(&engine).await;
        let kinds = kinds(&engine);
        assert_eq!(kinds.len(), 14, "{kinds:?}");
        let mut places = BTreeSet::new();
        for (number, (name, at)) in (0u64..).zip(&kinds) {
            let lie = Lie {
                kind: LieKind::Node,
                at: *at,
                seed: 11 + number,
            };
            let report = dispute(&scene, TEXT, 1, lie, number % 2 == 1).await;
            let pc = assert_proven(&report, lie);
            eprintln!(
                "{name}: {} moves, {} gas, {:.1} s, ended at {pc}",
                report.transactions, report.gas.total, report.seconds.dispute
            );
            places.insert(pc.to_owned());
        }
        assert!(
            places.len() >= kinds.len() / 2,
            "they end at {places:?} alone"
        );
    });
}

#[test]
fn other_lies_about_an_embedding_lose() {
    on_runtime(async {
        let scene = scene(&encoder()).await;
        let lies = [
            (LieKind::Result, 0),
            (LieKind::Tokenizer, 2),
            (LieKind::Tile, 0),
            (LieKind::Machine, 700),
            (LieKind::Silent, 2),
        ];
        for (kind, at) in lies {
            for challenger_lies in [false, true] {
                let lie = Lie { kind, at, seed: 5 };
                let report = dispute(&scene, TEXT, 1, lie, challenger_lies).await;
                if !matches!(kind, LieKind::Result | LieKind::Silent) {
                    assert_proven(&report, lie);
                }
                if kind == LieKind::Tokenizer {
                    let text = &report.instruction.expect("the machine decided").text;
                    assert!(text.contains("gavel_kernels::text"), "{text}");
                }
            }
        }
    });
}

#[test]
fn embeddings_of_any_text_reach_the_dapp() {
    on_runtime(async {
        // An embedding of as many bytes as all-MiniLM-L6-v2's.
        let engine = engine(RandomBert {
            dim: 384,
            ..RandomBert::SMALL
        });
        let scene = scene(&engine).await;
        let long = RandomBert::text(3, 100);
        // The longest prompt that is taken, of no text at all; a text cut at its most tokens; one without a token of its own.
        for prompt in [vec![0xff; 256], long.into_bytes()[..250].into(), vec![b' ']] {
            let ask = Ask {
                prompt,
                params: Params::greedy(1),
                lie: None,
                challenger_lies: false,
                model: "encoder".into(),
            };
            let report = play(&scene, &ask, &|_| {}).await.expect("the story ends");
            assert!(report.is_right());
            assert!(report.callback.is_answer);
        }
    });
}
