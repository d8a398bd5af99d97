//! The same bits with any number of threads and in batches of any shape: every shared model, and one with random weights of each family.

use crate::batches::FILES;
use crate::setting::{engine_of, llama};
use gavel_engine::batch::workshop::Row;
use gavel_engine::{Engine, Execution, Outcome};
use gavel_fixtures::random::{Family, RandomModel, Storage};
use gavel_formats::ModelFile;
use gavel_primitives::{Hash, Params};
use gavel_program::{Control, Phase};
use rayon::ThreadPoolBuilder;
use std::sync::Arc;

pub(crate) const PROMPT: &[u8] = b"Lily and Tom";
const DRAWN: Params = Params {
    temperature: 900,
    top_k: 40,
    top_p: 950,
    min_p: 10,
    repetition_penalty: 1150,
    frequency_penalty: 300,
    presence_penalty: -100,
    seed: 7,
    ..Params::greedy(12)
};

const SMALL: RandomModel = RandomModel {
    family: Family::Llama,
    dim: 128,
    layers: 2,
    heads: 4,
    kv_heads: 2,
    ffn: 256,
    vocab: 400,
    context: 64,
    storage: Storage::Q8_0,
    seed: 11,
    ..RandomModel::STORIES15M
};

/// Mixtures: K-quants, which take rows of 256, floats, and experts that are no whole groups of rows.
const MIXTURES: [RandomModel; 3] = [
    RandomModel {
        family: Family::Qwen3Moe,
        dim: 256,
        layers: 1,
        experts: [6, 2],
        storage: Storage::Q4KM,
        ..SMALL
    },
    RandomModel {
        family: Family::Qwen3Moe,
        experts: [4, 4],
        storage: Storage::F16,
        ..SMALL
    },
    RandomModel {
        family: Family::Qwen3Moe,
        ffn: 72,
        experts: [20, 5],
        storage: Storage::F32,
        ..SMALL
    },
];

/// The shared models that are there, and the random ones.
fn models() -> Vec<(String, Arc<Engine>)> {
    let shared = FILES.map(|file| Some((file.to_owned(), llama(file)?)));
    let families = Family::ALL.map(|family| RandomModel { family, ..SMALL });
    let random = families.into_iter().chain(MIXTURES).map(|model| {
        let mut file = Vec::new();
        model.write(&mut file).expect("a vector takes all bytes");
        let name = format!("{} {}", model.family.name(), model.storage.name());
        (name, engine_of(&ModelFile::from_bytes(&file)))
    });
    shared.into_iter().flatten().chain(random).collect()
}

/// Outcome and root of a request's execution; the answer as it is served, and checked again in one pass, is the same.
pub(crate) fn committed(engine: &Arc<Engine>, params: &Params) -> (Outcome, Hash) {
    let execution = Execution::commit(Arc::clone(engine), PROMPT, params, Vec::new());
    let execution = execution.expect("the prompt is short");
    let outcome = execution.outcome();
    let answer = engine.answer(PROMPT, params, |_| {});
    assert_eq!(answer.as_ref(), Ok(&outcome), "as it is served");
    let checked = engine.check(PROMPT, params, &outcome.tokens);
    let checked = checked.expect("the prompt is short");
    assert_eq!(checked.outcome, outcome, "in one pass");
    assert_eq!((checked.agreed, checked.passes), (outcome.tokens.len(), 1));
    (outcome, execution.leaves().root())
}

#[test]
fn one_two_and_seven_threads_commit_to_the_same_execution() {
    for (name, engine) in models() {
        for params in [Params::greedy(6), DRAWN] {
            let by = |threads| {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build();
                let pool = pool.expect("threads can be had");
                pool.install(|| committed(&engine, &params))
            };
            let one = by(1);
            assert!(!one.0.tokens.is_empty(), "{name}");
            for threads in [2, 7] {
                assert_eq!(by(threads), one, "{name}, {threads} threads");
            }
        }
    }
}

/// The tokens that the positions of an answer choose, `at_once` rows at a time.
fn chosen(engine: &Engine, outcome: &Outcome, at_once: usize) -> Vec<u32> {
    let mut session = engine.session().expect("the model has batches");
    let sequence = session.open();
    let prompt = outcome.prompt_tokens.len();
    let known = outcome.prompt_tokens.iter().chain(&outcome.tokens);
    let rows: Vec<Row> = known
        .enumerate()
        .map(|(position, token)| {
            let head = position + 1 >= prompt;
            let phase = if head {
                Phase::Generate
            } else {
                Phase::Prefill
            };
            let control = Control {
                phase: phase as u32,
                position: position as u32,
                prompt_tokens: prompt as u32,
                ..Control::first(PROMPT.len() as u32, &DRAWN)
            };
            Row {
                sequence,
                token: *token,
                head,
                control,
                scored: None,
            }
        })
        .collect();
    let (mut all, mut some) = (Vec::new(), Vec::new());
    for rows in rows.chunks(at_once) {
        session.forward(rows, &mut some);
        all.extend_from_slice(&some);
    }
    all
}

#[test]
fn batches_of_one_to_thirty_three_rows_choose_the_same_tokens() {
    for (name, engine) in models() {
        let params = Params {
            max_tokens: 30,
            ..DRAWN
        };
        let outcome = engine.answer(PROMPT, &params, |_| {});
        let outcome = outcome.expect("the prompt is short");
        let one_by_one = chosen(&engine, &outcome, 1);
        assert!(one_by_one.starts_with(&outcome.tokens), "{name}");
        for at_once in 2..=33 {
            let tokens = chosen(&engine, &outcome, at_once);
            assert_eq!(tokens, one_by_one, "{name}, {at_once} rows");
        }
    }
}
