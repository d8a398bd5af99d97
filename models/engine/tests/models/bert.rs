//! Encoders: a text's vector against float64.

use crate::bert64::Bert64;
use crate::setting::{engine, image};
use gavel_engine::{Engine, Native, Outcome};
use gavel_fixtures::RandomBert;
use gavel_fixtures::random::BertStorage;
use gavel_formats::{Beside, Limits, ModelFile, import};
use gavel_primitives::{Params, Status};
use rayon::prelude::*;
use std::{fs, sync::Arc};

/// The least cosine with what float64 gives.
const LEAST: f64 = 0.99999;
/// Sentences, whole and cut.
const TEXTS: &str = include_str!("sentences.txt");

/// The engine of a random encoder.
pub(crate) fn random(model: &RandomBert) -> Arc<Engine> {
    let beside = Beside(model.beside().into_iter().collect());
    let file = ModelFile::from_bytes(&model.weights()).with_beside(beside);
    let program = import(&file, &Limits::default(), image()).expect("it is supported");
    Arc::new(Engine::new(Arc::new(program), Box::new(Native)))
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
