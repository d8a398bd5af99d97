//! Seeded random lies on real and on random weights: whatever the place, the honest side wins, and the instructions that decide are
//! of many kinds.

use crate::{
    disputes::{dispute, on_runtime, scene},
    world,
};
use gavel_adversaries::{Lie, LieKind, draw};
use gavel_engine::Engine;
use gavel_fixtures::RandomModel;
use gavel_formats::ModelFile;
use gavel_stage::InstructionReport;
use std::{
    collections::BTreeSet,
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

/// Random lies a model.
const LIES: u64 = 25;
/// The real models; every weight type is among them.
const MODELS: [&str; 4] = [
    "stories260K-F32",
    "stories260K-Q8_0",
    "ts656k-Q4_0",
    "stories260K-F16",
];
/// Different mnemonics and addresses that a hundred lies must at least bring to the chain.
const LEAST_MNEMONICS: usize = 15;
const LEAST_PCS: usize = 50;

#[test]
fn a_hundred_random_lies_on_small_models_lose() {
    let files: Vec<PathBuf> = MODELS
        .into_iter()
        .filter_map(|name| gavel_fixtures::model(&format!("llama/{name}.gguf")))
        .collect();
    // A chain and a thread for each model: most of a dispute is one side waiting for the other.
    let stepped: Vec<InstructionReport> = thread::scope(|threads| {
        let stories: Vec<_> = files
            .iter()
            .zip(0..)
            .map(|(file, number)| threads.spawn(move || random_lies(file, number * 1000)))
            .collect();
        stories
            .into_iter()
            .flat_map(|story| story.join().expect("every lie loses"))
            .collect()
    });
    let mnemonics: BTreeSet<&str> = stepped
        .iter()
        .filter_map(|instruction| instruction.text.split_whitespace().next())
        .collect();
    let pcs: BTreeSet<&str> = stepped
        .iter()
        .map(|instruction| instruction.pc.as_str())
        .collect();
    eprintln!(
        "{} random lies, {} instructions stepped: {} addresses, mnemonics {mnemonics:?}",
        LIES * files.len() as u64,
        stepped.len(),
        pcs.len()
    );
    if files.len() == MODELS.len() {
        assert!(mnemonics.len() >= LEAST_MNEMONICS, "{mnemonics:?}");
        assert!(pcs.len() >= LEAST_PCS, "{} addresses", pcs.len());
    }
}

#[test]
fn lies_on_a_file_of_32_000_tokens_lose() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("random-288-6-32000.gguf");
    let file = File::create(&path).expect("the folder of test files can be written");
    RandomModel::STORIES15M
        .write(BufWriter::new(file))
        .expect("the disk has room for 16 MB");
    let engine = world::engine(&ModelFile::open(&path).expect("our own file opens"));
    on_runtime(async {
        let scene = scene(&engine).await;
        for (kind, at) in [(LieKind::Node, 17), (LieKind::Machine, 1000)] {
            let lie = Lie { kind, at, seed: 1 };
            let report = dispute(&scene, "Once upon a time", 8, lie, kind == LieKind::Machine);
            assert!(report.await.instruction.is_some(), "{lie:?}");
        }
    });
}

/// Plays them on one model; returns the instructions that the chain executed.
fn random_lies(file: &Path, first_seed: u64) -> Vec<InstructionReport> {
    let engine = world::engine(&ModelFile::open(file).expect("a real file opens"));
    on_runtime(async {
        let scene = scene(&engine).await;
        let mut stepped = Vec::new();
        for seed in first_seed..first_seed + LIES {
            let lie = random_lie(&engine, seed);
            let report = dispute(&scene, "Once upon a time", 6, lie, seed % 2 == 1).await;
            stepped.extend(report.instruction);
        }
        stepped
    })
}

/// A lie that ends in the machine, at a place that every one of these requests has.
fn random_lie(engine: &Arc<Engine>, seed: u64) -> Lie {
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
