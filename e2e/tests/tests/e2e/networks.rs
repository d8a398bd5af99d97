//! Disputes about classic networks: whatever is lied about one image, the chain's own run of one instruction decides.

use crate::disputes::{dispute, on_runtime, scene};
use crate::world;
use gavel_adversaries::{Lie, LieKind, draw};
use gavel_engine::{Engine, replied};
use gavel_fixtures::mnist::{Images, PIXELS};
use gavel_formats::ModelFile;
use gavel_primitives::Params;
use gavel_stage::{Ask, Report, play};
use std::{collections::BTreeSet, sync::Arc};

/// A file as opML writes them, with random weights: `inputs` numbers, a hidden layer, ten numbers.
fn random_network(inputs: i32, hidden: i32) -> Vec<u8> {
    let mut file = b"lmgg".to_vec();
    for dims in [&[inputs, hidden][..], &[hidden], &[hidden, 10], &[10]] {
        let count = dims.len() as i32;
        file.extend(count.to_le_bytes());
        dims.iter().for_each(|dim| file.extend(dim.to_le_bytes()));
        for at in 0..dims.iter().product::<i32>() {
            let drawn = draw::below(at as u64, &format!("{dims:?}"), 4001) as f32;
            file.extend((drawn / 4000.0 - 0.5).to_le_bytes());
        }
    }
    file
}

/// A lie about an image, proven wrong by the machine.
async fn proven(engine: &Arc<Engine>, pixels: &[u8], lies: &[(LieKind, u64)]) -> Vec<Report> {
    let scene = scene(engine).await;
    let mut reports = Vec::new();
    for (kind, at) in lies {
        for challenger_lies in [false, true] {
            let lie = Lie {
                kind: *kind,
                at: *at,
                seed: 3,
            };
            let report = dispute(&scene, pixels, 1, lie, challenger_lies).await;
            assert_eq!(report.reason.as_deref(), Some("proof"), "{lie:?}");
            assert!(report.instruction.is_some(), "{lie:?}");
            reports.push(report);
        }
    }
    reports
}

#[test]
fn every_lie_about_a_small_network_loses() {
    on_runtime(async {
        let engine = world::engine(&ModelFile::from_bytes(&random_network(100, 70)));
        let pixels: Vec<u8> = (0..100).map(|at| (at * 37 % 256) as u8).collect();
        let nodes = engine.program().nodes.len() as u64;
        let mut lies: Vec<(LieKind, u64)> = (0..nodes).map(|node| (LieKind::Node, node)).collect();
        lies.extend([(LieKind::Tile, 0), (LieKind::Machine, 500)]);
        let reports = proven(&engine, &pixels, &lies).await;
        let stepped = reports
            .iter()
            .filter_map(|report| report.instruction.as_ref());
        let places: BTreeSet<&str> = stepped.map(|instruction| instruction.pc.as_str()).collect();
        assert!(
            places.len() >= lies.len() / 2,
            "the lies end at {places:?} alone"
        );
    });
}

#[test]
fn an_honest_answer_about_an_image_reaches_the_dapp() {
    on_runtime(async {
        let engine = world::engine(&ModelFile::from_bytes(&random_network(100, 20)));
        let ask = |prompt: Vec<u8>| Ask {
            prompt,
            params: Params::greedy(1),
            lie: None,
            challenger_lies: false,
            model: "network".into(),
        };
        let scene = scene(&engine).await;
        let whole = play(&scene, &ask(vec![0xff; 100]), &|_| {}).await;
        assert!(whole.expect("the story ends").is_right());
        // An image with a pixel too few has a result too: no answer, and a status that says why.
        let short = play(&scene, &ask(vec![0xff; 99]), &|_| {}).await;
        let short = short.expect("the story ends");
        assert!(short.is_right());
        assert_eq!(short.callback.text, "");
    });
}

#[test]
fn opmls_networks_are_disputed_down_to_an_instruction() {
    let Some(images) = Images::test_set() else {
        return;
    };
    let first_matrix = (LieKind::Node, 1);
    for (name, lies) in [
        (
            "mlgo-ggml-model-small-f32.bin",
            &[first_matrix, (LieKind::Node, 4), (LieKind::Machine, 500)][..],
        ),
        ("mlgo-ggml-model-f32.bin", &[first_matrix]),
    ] {
        let Some(path) = gavel_fixtures::model(&format!("mnist/{name}")) else {
            continue;
        };
        let engine = world::engine(&ModelFile::open(&path).expect("the file was found"));
        let outcome = engine.answer(
            images.pixels(0),
            &gavel_primitives::Params::greedy(1),
            |_| {},
        );
        let replied = replied(engine.program(), &outcome.expect("an image is a prompt"));
        assert_eq!(replied.and_then(|replied| replied.class), Some(7));
        assert_eq!(images.pixels(0).len(), PIXELS);
        on_runtime(async {
            let pixels = images.pixels(0);
            for report in proven(&engine, pixels, lies).await {
                let text = &report
                    .instruction
                    .as_ref()
                    .expect("the machine decided")
                    .text;
                eprintln!(
                    "{name}: {} moves, {} gas, {:.1} s, ended in {text}",
                    report.transactions, report.gas.total, report.seconds.dispute
                );
            }
        });
    }
}
