//! Whole runs of the committed guest, one for each operator of a real request, in Rust and in the EVM: every 1,000th
//! instruction, and of every run the first of each kind.

use crate::comparison::Tally;
use crate::evm::StepContract;
use gavel_engine::{Engine, Execution, Native};
use gavel_formats::{ImageInfo, Limits, ModelFile, import};
use gavel_image::{ENTRY, IMAGE, IMAGE_DEPTH, image_root, record};
use gavel_machine::isa::{Op, decode};
use gavel_machine::{Exit, Image, Machine, run, step};
use gavel_primitives::{Params, StopText};
use gavel_traces::{Committed, Tile, opening::input_windows};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// One instruction in so many is compared.
const EVERY: u64 = 1000;
/// A run that takes longer has hung.
const MOST_STEPS: u64 = 1 << 28;

fn image() -> Arc<Image> {
    static DECODED: OnceLock<Arc<Image>> = OnceLock::new();
    let load = || Image::from_parts(IMAGE, ENTRY, record().text_end).map(Arc::new);
    Arc::clone(DECODED.get_or_init(|| load().expect("the committed image is one")))
}

/// A request's execution by native code, to be looked at around each node.
fn execution(file: &Arc<ModelFile>, prompt: &str, params: &Params) -> Committed {
    let info = ImageInfo {
        root: image_root(),
        entry: ENTRY,
        depth: IMAGE_DEPTH,
    };
    let program = import(file, &Limits::default(), info).expect("the file is supported");
    let engine = Arc::new(Engine::new(Arc::new(program), Box::new(Native)));
    let execution = Execution::commit(engine, prompt.as_bytes(), params, Vec::new());
    Committed::new(execution.expect("the prompt is short"))
}

/// The first tile of the last node of each operator, in a step in which it runs.
fn tiles(committed: &Committed) -> BTreeMap<&'static str, Tile> {
    let engine = committed.engine();
    let header = engine.program().header;
    let last = committed.execution().steps() - 1;
    let mut tiles = BTreeMap::new();
    for (index, node) in engine.program().nodes.iter().enumerate() {
        for step in [0, last - 1, last] {
            let position = step * header.leaves_per_step() + index as u64;
            let before = committed.before(position);
            if node.predicate & before.state.control().phase().bit() == 0 {
                continue;
            }
            let windows = input_windows(engine, &before, index);
            let state = before.state.clone();
            let tile = Tile::new(Arc::clone(engine), image(), state, index, 0, windows);
            tiles.insert(node.op.name(), tile);
        }
    }
    tiles
}

/// Runs a tile to its end, comparing on the way; gives the number of instructions.
fn compare_run(tile: &Tile, contract: &mut StepContract, tally: &mut Tally) -> u64 {
    let (context, trees) = (tile.context(), tile.trees());
    let mut machine = tile.first();
    let mut met = BTreeSet::new();
    while !machine.registers.exited() {
        let word = context.image.word(machine.registers.pc);
        let is_new = met.insert(word.map_or(Op::Illegal, |word| decode(word).op));
        if is_new || machine.registers.steps.is_multiple_of(EVERY) {
            machine = tally.compare(contract, &context, &trees, &machine);
        } else {
            step(&context, &mut machine);
        }
        assert!(machine.registers.steps < MOST_STEPS);
    }
    tally.compare(contract, &context, &trees, &machine);
    assert_eq!(machine.registers.exit, Exit::Success.code());
    assert_same_as_fast(tile, &machine);
    machine.registers.steps
}

/// The fast path comes to the same state.
fn assert_same_as_fast(tile: &Tile, last: &Machine) {
    let fast = run(&tile.context(), &tile.first(), MOST_STEPS);
    assert_eq!(fast.registers, last.registers);
    assert_eq!(fast.hash(), last.hash());
}

/// Compares a run of each operator of a request; gives the operators.
fn compare_request(committed: &Committed, name: &str, tally: &mut Tally) -> BTreeSet<&'static str> {
    let mut contract = StepContract::new();
    let tiles = tiles(committed);
    for (operator, tile) in &tiles {
        let instructions = compare_run(tile, &mut contract, tally);
        println!("{name}, {operator}: {instructions} instructions");
    }
    tiles.into_keys().collect()
}

#[test]
fn every_operator_of_the_embedded_model() {
    let prompt = gavel_zoo::prompt("We should pause the bridge, there was an exploit.");
    let drawn = Params {
        temperature: 900,
        top_p: 950,
        seed: 7,
        repetition_penalty: 1200,
        presence_penalty: 300,
        stop: StopText::all([&b"never said"[..]]).expect("a stop text"),
        ..Params::greedy(4)
    };
    let committed = execution(&ModelFile::from_bytes(gavel_zoo::MODEL), &prompt, &drawn);
    let mut tally = Tally::default();
    let met = compare_request(&committed, "embedded model", &mut tally);
    let nodes = &committed.engine().program().nodes;
    let operators: BTreeSet<&str> = nodes.iter().map(|node| node.op.name()).collect();
    assert_eq!(met, operators);
    tally.report("runs of the embedded model");
    // What a compiler emits at all; the others are stepped over random states.
    assert!(tally.steps.len() >= 40, "{} kinds", tally.steps.len());
}

#[test]
fn a_vocabulary_without_byte_tokens() {
    let Some(path) = gavel_fixtures::model("llama/ts656k-Q4_0.gguf") else {
        return;
    };
    let file = ModelFile::open(&path).expect("a real file opens");
    let committed = execution(&file, "Once upon a time \u{1F980}", &Params::greedy(2));
    let mut tally = Tally::default();
    let met = compare_request(&committed, "ts656k-Q4_0", &mut tally);
    assert!(met.contains("TokenizeIds") && met.contains("Linear"));
    tally.report("runs of ts656k-Q4_0");
}
