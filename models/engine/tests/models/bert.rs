//! Encoders: a text's vector against float64.

use crate::bert64::Bert64;
use crate::setting::{engine, image};
use gavel_engine::{Call, Engine, Execution, Executor, Native, Outcome};
use gavel_fixtures::RandomBert;
use gavel_fixtures::random::BertStorage;
use gavel_formats::{Beside, Limits, ModelFile, import};
use gavel_kernels::run_range;
use gavel_primitives::{Hash, Params, Status};
use gavel_program::boot::SCRATCH_WORDS;
use rayon::{ThreadPoolBuilder, prelude::*};
use std::{fs, sync::Arc};

/// The least cosine with what float64 gives.
const LEAST: f64 = 0.99999;
/// Sentences, whole and cut.
const TEXTS: &str = include_str!("sentences.txt");

/// The engine of a random encoder.
fn random(model: &RandomBert) -> Arc<Engine> {
    computed_by(model, Box::new(Native))
}

/// The same with another executor.
fn computed_by(model: &RandomBert, executor: Box<dyn Executor>) -> Arc<Engine> {
    let beside = Beside(model.beside().into_iter().collect());
    let file = ModelFile::from_bytes(&model.weights()).with_beside(beside);
    let program = import(&file, &Limits::default(), image()).expect("it is supported");
    Arc::new(Engine::new(Arc::new(program), executor))
}

/// Every node as it is defined.
struct Defined;

impl Executor for Defined {
    fn run(&self, call: &Call<'_>, out: &mut [u32]) {
        let (range, mut scratch) = (call.range.clone(), vec![0; SCRATCH_WORDS]);
        run_range(
            call.node,
            call.control,
            call.inputs,
            range,
            out,
            &mut scratch,
        );
    }

    fn name(&self) -> &'static str {
        "defined"
    }
}

/// A request's outcome and the root of its execution, by so many threads.
fn committed(engine: &Arc<Engine>, text: &[u8], threads: usize) -> (Outcome, Hash) {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be had").install(|| {
        let params = Params::greedy(1);
        let execution = Execution::commit(Arc::clone(engine), text, &params, Vec::new());
        let execution = execution.expect("the text fits");
        let answer = engine.answer(text, &params, |_| {});
        let answer = answer.expect("the text fits");
        assert_eq!(answer, execution.outcome(), "without and with hashing");
        let checked = engine.check(text, &params, &[]).expect("the text fits");
        assert_eq!(checked.outcome, answer);
        (answer, execution.leaves().root())
    })
}

/// Texts of no token, of one, of the most, of more than fit, and none at all, by how many tokens they give; many enough that what one leaves in a
/// state would be seen in the next.
fn texts(most: usize) -> Vec<(Vec<u8>, usize)> {
    let repeated = |count: usize| "! ".repeat(count).into_bytes();
    vec![
        (repeated(most), most),
        (Vec::new(), 2),
        (b"!".to_vec(), 3),
        (repeated(most - 2), most),
        (repeated(5), 7),
        (vec![0xff; 256], 2),
        (repeated(most - 3), most - 1),
        (RandomBert::text(7, 3).into_bytes(), 0),
    ]
}

#[test]
fn encoders_give_the_defined_bits_with_any_number_of_threads() {
    let wide = RandomBert {
        dim: 128,
        heads: 4,
        ffn: 256,
        positions: 64,
        ..RandomBert::SMALL
    };
    let odd = RandomBert {
        dim: 20,
        heads: 5,
        ffn: 33,
        storage: BertStorage::BF16,
        ..RandomBert::SMALL
    };
    let half = RandomBert {
        storage: BertStorage::F16,
        ..RandomBert::SMALL
    };
    for model in [wide, odd, half, RandomBert::SMALL] {
        let defined = computed_by(&model, Box::new(Defined));
        let native = random(&model);
        for (text, tokens) in texts(model.positions as usize) {
            let expected = committed(&defined, &text, 1);
            let got = expected.0.prompt_tokens.len();
            assert!(tokens == 0 || got == tokens, "{got} tokens, not {tokens}");
            for threads in [1, 2, 7] {
                let native = committed(&native, &text, threads);
                assert!(
                    native == expected,
                    "{model:?}, {got} tokens, {threads} threads"
                );
            }
        }
    }
}

/// The numbers of an answer.
fn vector(outcome: &Outcome) -> Vec<f64> {
    assert_eq!(outcome.status, Status::Stop);
    let words = outcome.output.as_chunks::<4>().0.iter();
    words.map(|word| f32::from_le_bytes(*word).into()).collect()
}

/// Cosine of two vectors; the lengths' difference from 1 is checked.
fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    assert!((product(a, a).sqrt() - 1.0).abs() < 1e-6, "{a:?}");
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

fn answer(engine: &Engine, text: &str) -> Outcome {
    let outcome = engine.answer(text.as_bytes(), &Params::greedy(0), |_| {});
    outcome.expect("the text fits")
}

#[test]
fn random_encoders_are_close_to_float64() {
    for storage in [BertStorage::F32, BertStorage::F16, BertStorage::BF16] {
        for (dim, heads, ffn) in [(48, 3, 80), (64, 4, 128), (20, 5, 33)] {
            let model = RandomBert {
                dim,
                heads,
                ffn,
                storage,
                ..RandomBert::SMALL
            };
            let engine = random(&model);
            let config = &model.beside()[0].1;
            let reference = Bert64::new(&model.weights(), config);
            for (number, words) in [(0, 0), (1, 1), (2, 4), (3, 9), (4, 60)] {
                let outcome = answer(&engine, &RandomBert::text(number, words));
                let expected = reference.embedding(&outcome.prompt_tokens);
                let found = cosine(&vector(&outcome), &expected);
                assert!(found > LEAST, "{model:?}, {words} words: {found}");
            }
        }
    }
}

#[test]
fn all_minilm_l6_v2_is_close_to_float64() {
    let Some(folder) = gavel_fixtures::minilm() else {
        return;
    };
    let engine = engine(&folder);
    let read = |name: &str| fs::read(folder.join(name)).expect("the folder has it");
    let reference = Bert64::new(&read("model.safetensors"), &read("config.json"));
    let texts: Vec<&str> = TEXTS.lines().collect();
    assert_eq!(texts.len(), 200);
    let cosines = texts.into_par_iter().map(|text| {
        let outcome = answer(&engine, text);
        let expected = reference.embedding(&outcome.prompt_tokens);
        cosine(&vector(&outcome), &expected)
    });
    let least = cosines.reduce(|| 1.0, f64::min);
    assert!(least > LEAST, "{least}");
    println!("the least cosine is {least}");
}
