//! Whole requests in the sandbox and as native code: the same text, tokens and execution commitment.

use gavel_engine::{
    Edit, Engine, Execution, Executor, Native, Outcome, Piece, Wasm, WasmError, fits_sandboxes,
};
use gavel_fixtures::random::{BertStorage, Family, RandomBert, RandomModel, Storage};
use gavel_formats::{Beside, ImageInfo, Limits, ModelFile, import};
use gavel_primitives::{Hash, Params, StopText, keccak};
use gavel_program::{Op, Program};
use rayon::ThreadPoolBuilder;
use std::sync::Arc;

fn imported(file: &Arc<ModelFile>) -> Program {
    imported_with(file, &Limits::default())
}

fn imported_with(file: &Arc<ModelFile>, limits: &Limits) -> Program {
    let image = ImageInfo {
        root: keccak(b"an image"),
        entry: 0,
        depth: 11,
    };
    import(file, limits, image).expect("the file is supported")
}

fn committed(
    program: &Arc<Program>,
    executor: Box<dyn Executor>,
    prompt: &str,
    params: &Params,
) -> (Outcome, Hash, Vec<Piece>) {
    let engine = Arc::new(Engine::new(Arc::clone(program), executor));
    let mut pieces = Vec::new();
    let scored = engine.answer_scored(prompt.as_bytes(), params, 3, |piece| {
        pieces.push(piece);
    });
    let execution = Execution::commit(Arc::clone(&engine), prompt.as_bytes(), params, Vec::new())
        .expect("the prompt is short");
    for threads in [3, 2, 1] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads can be had");
        let answer = pool.install(|| engine.answer(prompt.as_bytes(), params, |_| {}));
        let answer = answer.expect("the prompt is short");
        assert_eq!(answer, execution.outcome(), "in batches, {threads} threads");
        let checked = engine.check(prompt.as_bytes(), params, &answer.tokens);
        let checked = checked.expect("the prompt is short");
        assert_eq!(
            (checked.agreed, checked.outcome),
            (answer.tokens.len(), answer)
        );
    }
    assert_eq!(scored.as_ref(), Ok(&execution.outcome()));
    (execution.outcome(), execution.leaves().root(), pieces)
}

/// Drawn from everything, and from what filters and penalties leave.
const DRAWN: Params = Params {
    temperature: 900,
    top_p: 950,
    seed: 7,
    ..Params::greedy(8)
};

fn filtered() -> Params {
    Params {
        top_k: 20,
        min_p: 10,
        repetition_penalty: 1200,
        frequency_penalty: 300,
        presence_penalty: -100,
        stop: StopText::all([&b"e"[..], b" the"]).expect("two stop texts"),
        ..DRAWN
    }
}

/// Answers greedily and by drawing, by both executors.
fn check(file: &Arc<ModelFile>, prompt: &str) {
    check_program(&Arc::new(imported(file)), prompt);
}

fn check_program(program: &Arc<Program>, prompt: &str) {
    for params in [Params::greedy(8), DRAWN, filtered()] {
        check_one(program, prompt, &params);
    }
}

fn check_one(program: &Arc<Program>, prompt: &str, params: &Params) {
    let native = committed(program, Box::new(Native), prompt, params);
    let wasm = Wasm::new().expect("the engine takes the module");
    let sandboxed = committed(program, Box::new(wasm), prompt, params);
    assert!(!native.0.tokens.is_empty());
    assert_eq!(native.2.len(), native.0.tokens.len());
    assert_eq!(sandboxed, native, "{params:?}");
}

#[test]
fn the_embedded_model() {
    let prompt = gavel_zoo::prompt("Swap 250,000 USDC of the treasury into stETH.");
    check(&ModelFile::from_bytes(gavel_zoo::MODEL), &prompt);
}

#[test]
fn every_shared_file() {
    for name in [
        "stories260K-F32",
        "stories260K-F16",
        "stories260K-Q8_0",
        "stories260K-Q4_0",
        "ts656k-F32",
        "ts656k-Q8_0",
        "ts656k-Q4_0",
    ] {
        if let Some(path) = gavel_fixtures::model(&format!("llama/{name}.gguf")) {
            check(
                &ModelFile::open(&path).expect("a real file opens"),
                "Once upon a time",
            );
        }
    }
}

fn written(model: &RandomModel) -> Arc<ModelFile> {
    let mut file = Vec::new();
    model.write(&mut file).expect("a vector takes all bytes");
    ModelFile::from_bytes(&file)
}

/// A small random model.
fn random(family: Family, storage: Storage) -> RandomModel {
    RandomModel {
        family,
        dim: 256,
        layers: 1,
        heads: 4,
        kv_heads: 2,
        ffn: 512,
        vocab: 400,
        context: 64,
        storage,
        seed: 9,
        ..RandomModel::STORIES15M
    }
}

#[test]
fn random_models_of_every_family_and_storage() {
    let plain = Storage::all().next().expect("there is a storage");
    for storage in Storage::all() {
        check(&written(&random(Family::ALL[0], storage)), "Once");
    }
    for family in Family::ALL {
        check(&written(&random(family, plain)), "Once");
    }
}

/// A prompt of more tokens than a mixture has experts, some of them the same.
const LONG: &str = "Once upon a time there was a time, once upon a time";

#[test]
fn mixtures_of_every_storage() {
    for (seed, storage) in Storage::all().enumerate() {
        let model = RandomModel {
            ffn: 256,
            experts: [5, 2],
            seed: seed as u64,
            ..random(Family::Qwen3Moe, storage)
        };
        check_one(&Arc::new(imported(&written(&model))), LONG, &DRAWN);
    }
}

#[test]
fn mixtures_whose_experts_are_no_whole_groups_of_rows_or_one_group() {
    for (ffn, experts, storage) in [
        (40, [3, 3], Storage::Q8_0),
        (8, [9, 4], Storage::F16),
        (24, [7, 1], Storage::F32),
        (16, [4, 2], Storage::Q4_0),
        (16, [128, 8], Storage::Q4_0),
    ] {
        let model = RandomModel {
            ffn,
            experts,
            ..random(Family::Qwen3Moe, storage)
        };
        check_one(&Arc::new(imported(&written(&model))), LONG, &DRAWN);
    }
}

#[test]
fn experts_that_there_are_not_add_zeros_to_a_commitment() {
    let file = written(&random(Family::Qwen3Moe, Storage::Q8_0));
    let params = Params::greedy(3);
    let root = |executor: Box<dyn Executor>, number: Option<u32>| {
        let engine = Arc::new(Engine::new(Arc::new(imported(&file)), executor));
        let nodes = &engine.program().nodes;
        let node = nodes
            .iter()
            .position(|node| matches!(node.op, Op::TopExperts(_)));
        let node = node.expect("the model is a mixture");
        let edits = number.map(|number| Edit {
            step: 2,
            node,
            rewrite: Arc::new(move |words| words[1] = number),
        });
        let edits = edits.into_iter().collect();
        let execution = Execution::commit(engine, b"Once", &params, edits);
        execution.expect("the prompt is short").leaves().root()
    };
    let wasm = || Box::new(Wasm::new().expect("the engine takes the module"));
    let honest = root(Box::new(Native), None);
    for number in [8, u32::MAX] {
        let edited = root(Box::new(Native), Some(number));
        assert_ne!(edited, honest);
        assert_eq!(root(wasm(), Some(number)), edited, "{number}");
    }
}

#[test]
fn matrices_in_shards() {
    let storages = [Storage::F32, Storage::F16, Storage::Q8_0, Storage::Q4K];
    let of_llama = storages.map(|storage| (Family::Llama, storage));
    let others = [Family::Gemma3, Family::Phi3].map(|family| (family, Storage::Q8_0));
    for (family, storage) in of_llama.into_iter().chain(others) {
        // So many bytes have 64 rows of the widest matrix; the table has 400 rows.
        let max_plane_bytes = match storage {
            Storage::F32 => 128 << 10,
            Storage::F16 => 64 << 10,
            Storage::Q8_0 => 32 << 10,
            _ => 16 << 10,
        };
        let limits = Limits {
            max_plane_bytes,
            ..Limits::default()
        };
        let program = imported_with(&written(&random(family, storage)), &limits);
        check_program(&Arc::new(program), "Once");
    }
}

#[test]
fn random_encoders_of_every_storage() {
    for storage in [BertStorage::F32, BertStorage::F16, BertStorage::BF16] {
        let model = RandomBert {
            storage,
            ..RandomBert::SMALL
        };
        let beside = Beside(model.beside().into_iter().collect());
        let file = ModelFile::from_bytes(&model.weights()).with_beside(beside);
        let program = Arc::new(imported(&file));
        for text in ["", "!", "shu-bace, fogu tre!", &"! ".repeat(60)] {
            let params = Params::greedy(1);
            let native = committed(&program, Box::new(Native), text, &params);
            let wasm = Wasm::new().expect("the engine takes the module");
            let sandboxed = committed(&program, Box::new(wasm), text, &params);
            assert_eq!(native.0.output.len(), 4 * model.dim as usize);
            assert_eq!(sandboxed, native, "{storage:?}, {text:?}");
        }
    }
}

#[test]
fn a_program_that_sandboxes_cannot_hold_is_refused() {
    let mut program = imported(&ModelFile::from_bytes(gavel_zoo::MODEL));
    assert!(fits_sandboxes(&program, 1).is_ok());
    program.slots[0].depth = 30;
    let refused = fits_sandboxes(&program, 2).expect_err("32 GiB are more than a sandbox holds");
    assert!(
        matches!(refused, WasmError::TooLarge { instances: 2, .. }),
        "{refused}"
    );
}
