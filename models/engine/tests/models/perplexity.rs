//! Perplexity of a fixed text under the real files: ours against that of a float64 pass over the same weights and llama.cpp's, which
//! `perplexity/make_perplexities.py` has written down.

use crate::float64::Float64;
use crate::setting::llama;
use gavel_engine::{Engine, State};
use gavel_kernels::view::f32s;
use gavel_primitives::Params;
use gavel_program::Op;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How far the perplexity of float weights may be from float64's and from llama.cpp's, as a part of it.
const FLOAT: f64 = 0.001;
/// How far that of quantized weights may be from float64's on the numbers that they stand for. Activations of 8 bits put a logit off by
/// 0.72 % of the logits' size by the root of the parts of all layers (`random_models.rs`): 0.24 in stories260K (11 parts, size 10.1) and
/// 0.055 in ts656k (5 parts, 3.4). A token's logarithm is off by the root of 2 times that, and the mean over 436 and 215 tokens, if these
/// are independent, has a deviation of 1.6 % and 0.5 %: this is less than one and two of them.
const QUANTIZED: f64 = 0.01;

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

/// e to the mean of -ln p of each token but the first.
fn perplexity(tokens: &[u32], logits: &[Vec<f64>]) -> f64 {
    let surprise = |(logits, token): (&Vec<f64>, &u32)| {
        let most = logits.iter().copied().fold(f64::MIN, f64::max);
        let sum: f64 = logits.iter().map(|logit| (logit - most).exp()).sum();
        sum.ln() + most - logits[*token as usize]
    };
    let surprises = logits.iter().zip(&tokens[1..]).map(surprise);
    (surprises.sum::<f64>() / (tokens.len() - 1) as f64).exp()
}

#[test]
fn perplexity_is_that_of_the_weights() {
    let text = include_str!("perplexity/text.txt").trim_end();
    let expected: BTreeMap<String, Expected> =
        serde_json::from_str(include_str!("perplexity/llama_cpp.json"))
            .expect("the file is JSON of this shape");
    for (file, theirs) in expected {
        let Some(engine) = llama(&file) else { return };
        let (tokens, logits) = logits(&engine, text);
        assert_eq!(tokens.len(), theirs.tokens, "{file}");
        let path = gavel_fixtures::model(&format!("llama/{file}")).expect("it was there");
        let exact = Float64::new(std::fs::read(path).expect("it can be read"));
        let mut exact = exact.all_logits(&tokens);
        exact.pop();
        let [ours, exact] = [&logits, &exact].map(|logits| perplexity(&tokens, logits));
        let apart = |other: f64| (ours / other - 1.0).abs();
        println!(
            "{file}: {ours:.5}, float64 {exact:.5}, llama.cpp {:.5}",
            theirs.perplexity
        );
        if file.contains("-F") {
            assert!(apart(exact) <= FLOAT, "{file}: {ours}, float64 {exact}");
            let theirs = theirs.perplexity;
            assert!(apart(theirs) <= FLOAT, "{file}: {ours}, llama.cpp {theirs}");
        } else {
            assert!(apart(exact) <= QUANTIZED, "{file}: {ours}, float64 {exact}");
        }
    }
}
