//! Perplexity of a fixed text under the real files, each passage from an empty context: ours against that of a float64 pass over the same weights and llama.cpp's, which
//! `perplexity/make_perplexities.py` has written down.

use crate::float64::Float64;
use crate::setting::llama;
use gavel_engine::{Engine, State};
use gavel_kernels::view::f32s;
use gavel_primitives::Params;
use gavel_program::Op;
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How far a perplexity may be from float64's on the numbers that the weights stand for and, of float weights, from llama.cpp's, as a
/// part of it.
///
/// Quantized weights meet activations of 8 bits, which put a logit off by 0.72 % of the logits' size by the root of the parts of all
/// layers (`random_models.rs`): 0.24 in stories260K (11 parts, size 10.1) and 0.055 in ts656k (5 parts, 3.4). A token's logarithm is off
/// by the root of 2 times that, and the mean over 6,701 and 3,038 tokens, if these are independent, has a deviation of 0.4 % and 0.14 %:
/// this is less than one of them.
const WITHIN: f64 = 0.001;

/// What llama.cpp says of a file.
#[derive(Deserialize)]
struct Expected {
    tokens: usize,
    perplexity: f64,
}

/// The text's tokens and the logits after each but the last.
fn logits(engine: &Engine, text: &str) -> (Vec<u32>, Vec<Vec<f64>>) {
    let program = engine.program();
    let place = |name: &str| {
        let mut slots = program.slots.iter();
        let found = slots.position(|slot| slot.name == name);
        found.unwrap_or_else(|| panic!("a Llama has {name}"))
    };
    let (out, tokens_place) = (place("logits"), place("tokens"));
    let whole = engine.answer(text.as_bytes(), &Params::greedy(0), |_| {});
    let tokens = whole.expect("the text fits the prompt").prompt_tokens;
    // The empty prompt is the first token; the others take the place of what is sampled, before anything reads it.
    let params = Params::greedy(tokens.len() as u32);
    let mut state = State::first(program, b"", &params).expect("nothing fits");
    let mut logits = Vec::new();
    while logits.len() < tokens.len() - 1 {
        engine.run_step(&mut state, |k, _, state| {
            let next = state.control().position as usize + 1;
            match program.nodes[k].op {
                Op::Linear(_) if engine.output_place(k) == out => {
                    let words = &f32s(state.slot(out))[..program.slots[out].len];
                    logits.push(words.iter().copied().map(f64::from).collect());
                }
                Op::Sample(_) => state.slot_mut(tokens_place)[next] = tokens[next],
                _ => {}
            }
        });
        engine.end_step(&mut state);
    }
    (tokens, logits)
}

/// -ln p of each token but the first.
fn surprises(tokens: &[u32], logits: &[Vec<f64>]) -> Vec<f64> {
    let surprise = |(logits, token): (&Vec<f64>, &u32)| {
        let most = logits.iter().copied().fold(f64::MIN, f64::max);
        let sum: f64 = logits.iter().map(|logit| (logit - most).exp()).sum();
        sum.ln() + most - logits[*token as usize]
    };
    logits.iter().zip(&tokens[1..]).map(surprise).collect()
}

/// e to the mean.
fn perplexity(surprises: &[f64]) -> f64 {
    (surprises.iter().sum::<f64>() / surprises.len() as f64).exp()
}

#[test]
fn perplexity_is_that_of_the_weights() {
    let text = include_str!("perplexity/text.txt").trim_end();
    let passages: Vec<&str> = text.split("\n\n").collect();
    let expected: BTreeMap<String, Expected> =
        serde_json::from_str(include_str!("perplexity/llama_cpp.json"))
            .expect("the file is JSON of this shape");
    for (file, theirs) in expected {
        let Some(engine) = llama(&file) else { return };
        let path = gavel_fixtures::model(&format!("llama/{file}")).expect("it was there");
        let exact = Float64::new(std::fs::read(path).expect("it can be read"));
        let of_passage = |passage: &&str| {
            let (tokens, logits) = logits(&engine, passage);
            let mut exact = exact.all_logits(&tokens);
            exact.pop();
            [&logits, &exact].map(|logits| surprises(&tokens, logits))
        };
        let all: Vec<[Vec<f64>; 2]> = passages.par_iter().map(of_passage).collect();
        let count: usize = all.iter().map(|[ours, _]| ours.len() + 1).sum();
        assert_eq!(count, theirs.tokens, "{file}");
        let whole = |at: usize| -> Vec<f64> {
            all.iter()
                .flat_map(|passage| passage[at].iter().copied())
                .collect()
        };
        let [ours, exact] = [0, 1].map(|at| perplexity(&whole(at)));
        let apart = |other: f64| (ours / other - 1.0).abs();
        println!(
            "{file}: {ours:.5}, float64 {exact:.5}, llama.cpp {:.5}",
            theirs.perplexity
        );
        assert!(apart(exact) <= WITHIN, "{file}: {ours}, float64 {exact}");
        if file.contains("-F") {
            let theirs = theirs.perplexity;
            assert!(
                apart(theirs) <= WITHIN,
                "{file}: {ours}, llama.cpp {theirs}"
            );
        }
    }
}
