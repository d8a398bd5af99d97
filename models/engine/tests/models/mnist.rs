//! Classic networks on the MNIST test set: how many images they name rightly, and their numbers against float64's and onnxruntime's
//! (`mnist/logits.json`, made by the script beside it).

use crate::setting::engine_with;
use gavel_engine::{Engine, Outcome};
use gavel_fixtures::mnist::{Images, PIXELS};
use gavel_formats::InputScale;
use gavel_primitives::{Params, Status};
use rayon::prelude::*;
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc};

const SMALL: &str = "mlgo-ggml-model-small-f32.bin";
const LARGE: &str = "mlgo-ggml-model-f32.bin";
const CONVOLUTIONAL: &str = "baskov-mnist-8.onnx";
/// A logit's error, of the largest logit's magnitude in the image: sums of at most 3,136 rounded products, each 2^-24 off at most and mostly
/// less by a lot.
const MOST_ERROR: f64 = 1e-6;

/// The file below `mnist/` as an engine, if it is there.
fn network(name: &str) -> Option<Arc<Engine>> {
    let path = gavel_fixtures::model(&format!("mnist/{name}"))?;
    let scale: InputScale = match name {
        CONVOLUTIONAL => "255,0.1307,0.3081".parse().expect("a scale"),
        _ => InputScale::default(),
    };
    Some(engine_with(&path, scale))
}

/// Ten logits and the class.
fn answer(outcome: &Outcome) -> ([f32; 10], u32) {
    assert_eq!(outcome.status, Status::Stop);
    let (words, rest) = outcome.output.as_chunks::<4>();
    assert_eq!((words.len(), rest.len()), (11, 0));
    let logits = std::array::from_fn(|at| f32::from_le_bytes(words[at]));
    (logits, u32::from_le_bytes(words[10]))
}

fn asked(engine: &Engine, pixels: &[u8]) -> Outcome {
    engine
        .answer(pixels, &Params::greedy(1), |_| {})
        .expect("an image is a prompt")
}

/// How many of the first `count` images are named rightly.
fn right(engine: &Engine, images: &Images, count: usize) -> usize {
    let is_right = |at: &usize| answer(&asked(engine, images.pixels(*at))).1 == images.label(*at);
    (0..count).into_par_iter().filter(is_right).count()
}

#[track_caller]
fn is_accurate(name: &str, count: usize, percent: f64) {
    let (Some(engine), Some(images)) = (network(name), Images::test_set()) else {
        return;
    };
    let got = 100.0 * right(&engine, &images, count) as f64 / count as f64;
    assert!(
        (got - percent).abs() <= 0.02,
        "{name}: {got} %, the file has {percent} %"
    );
}

#[test]
fn opmls_small_network_names_as_many_images_as_it_does() {
    is_accurate(SMALL, 10_000, 96.11);
}

#[test]
fn opmls_network_names_as_many_images_as_it_does() {
    is_accurate(LARGE, 10_000, 98.31);
}

#[test]
fn the_convolutional_network_names_as_many_images_as_it_does() {
    is_accurate(CONVOLUTIONAL, 1000, 97.4);
}

/// Logits of the first images, by file.
#[derive(Deserialize)]
struct Logits {
    float64: BTreeMap<String, Vec<[f64; 10]>>,
    onnxruntime: Peer,
}

#[derive(Deserialize)]
struct Peer {
    #[serde(rename = "baskov-mnist-8.onnx")]
    logits: Vec<[f64; 10]>,
}

fn is_close(name: &str, engine: &Engine, images: &Images, expected: &[[f64; 10]]) {
    assert!(expected.len() >= 20, "{name}: there are images");
    for (at, expected) in expected.iter().enumerate() {
        let (logits, class) = answer(&asked(engine, images.pixels(at)));
        let largest = expected.iter().fold(0.0f64, |most, x| most.max(x.abs()));
        for (logit, expected) in logits.iter().zip(expected) {
            let error = (f64::from(*logit) - expected).abs();
            assert!(
                error <= MOST_ERROR * largest,
                "{name}, image {at}: {logit}, {expected}"
            );
        }
        let best = (0..10).max_by(|a, b| expected[*a].total_cmp(&expected[*b]));
        assert_eq!(best, Some(class as usize));
    }
}

#[test]
fn logits_are_close_to_float64_and_to_onnxruntime() {
    let text = include_str!("mnist/logits.json");
    let known: Logits = serde_json::from_str(text).expect("the file is JSON of this shape");
    let Some(images) = Images::test_set() else {
        return;
    };
    for (name, expected) in &known.float64 {
        if let Some(engine) = network(name) {
            is_close(name, &engine, &images, expected);
        }
    }
    if let Some(engine) = network(CONVOLUTIONAL) {
        is_close("onnxruntime", &engine, &images, &known.onnxruntime.logits);
    }
}

#[test]
fn a_prompt_that_is_no_image_ends_as_a_status() {
    let Some(engine) = network(SMALL) else {
        return;
    };
    for len in [0, 1, PIXELS - 1] {
        let outcome = asked(&engine, &vec![200; len]);
        assert_eq!(outcome.status, Status::EmptyPrompt, "{len} bytes");
        assert!(outcome.output.is_empty());
        assert!(outcome.output_slot.iter().all(|byte| *byte == 0));
        assert_eq!((outcome.steps, outcome.tokens_out), (1, 0));
    }
    let longer = engine.answer(&[0; PIXELS + 1], &Params::greedy(1), |_| {});
    assert!(longer.is_err());
}
