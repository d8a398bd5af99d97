//! Greedy answers and first logits against llama.cpp's.

use crate::float64::Float64;
use crate::setting::{Reference, llama, references};
use gavel_engine::{Engine, Outcome, State};
use gavel_kernels::view::f32s;
use gavel_primitives::Params;

/// Tokens that the references have.
const TOKENS: u32 = 96;
/// How far float logits of magnitude 10 to 20 may be from llama.cpp's, whose caches hold keys and values as binary16 (2^-11 relative).
const FLOAT_TOLERANCE: f64 = 0.02;
/// The same for quantized weights: an activation on the edge between two of its 255 quants falls to one side here, to the other there.
const QUANTIZED_TOLERANCE: f64 = 0.25;

/// The cases of a file, with its engine.
fn cases(file: &str, each: impl Fn(&Engine, &Reference)) {
    let (Some(references), Some(engine)) = (references(), llama(file)) else {
        return;
    };
    let cases = &references[file];
    assert_eq!(cases.len(), 3, "{file}");
    for case in cases {
        each(&engine, case);
    }
}

/// The engine's answer to a case; its prompt has the reference's tokens.
fn answered(engine: &Engine, file: &str, case: &Reference) -> Outcome {
    let prompt = case.prompt.as_bytes();
    let outcome = engine.answer(prompt, &Params::greedy(TOKENS), |_| {});
    let outcome = outcome.expect("the prompt is short");
    let tokens = &outcome.prompt_tokens;
    assert_eq!(*tokens, case.prompt_tokens, "{file}: {}", case.prompt);
    outcome
}

/// Tokens equal the reference until its own two best logits are too close to call.
fn greedy_equals(file: &str) {
    cases(file, |engine, case| {
        let outcome = answered(engine, file, case);
        let exact = case
            .exact_until
            .expect("float files say how far they are exact");
        let until = exact.min(case.greedy_tokens.len());
        assert!(until > 0, "{file}: {} compares nothing", case.prompt);
        assert_eq!(
            outcome.tokens[..until],
            case.greedy_tokens[..until],
            "{file}: {}",
            case.prompt
        );
        if until == case.greedy_tokens.len() {
            let text = String::from_utf8_lossy(&outcome.output);
            assert_eq!(text, case.text, "{file}: {}", case.prompt);
        }
    });
}

/// The logits after the prompt, those of llama.cpp's eight highest, are at most `tolerance` away.
fn first_logits_near(file: &str, tolerance: f64) {
    cases(file, |engine, case| {
        let logits = first_logits(engine, case.prompt.as_bytes());
        for (token, expected) in &case.first_logits_top8 {
            let got = f64::from(logits[*token as usize]);
            assert!(
                (got - expected).abs() <= tolerance,
                "{file}: {}: token {token} has {got}, llama.cpp {expected}",
                case.prompt
            );
        }
    });
}

/// The logits of the first step that has any.
pub(crate) fn first_logits(engine: &Engine, prompt: &[u8]) -> Vec<f32> {
    let program = engine.program();
    let place = program
        .slots
        .iter()
        .position(|slot| slot.name == "logits")
        .expect("a Llama has logits");
    let mut state = State::first(program, prompt, &Params::greedy(1)).expect("the prompt is short");
    let mut logits = Vec::new();
    while logits.is_empty() {
        engine.run_step(&mut state, |k, _, state| {
            if engine.output_place(k) == place {
                logits = f32s(state.slot(place))[..program.slots[place].len].to_vec();
            }
        });
        engine.end_step(&mut state);
    }
    logits
}

/// Where tokens differ from the reference's, the float64 pass has the two within what both implementations may be off.
fn first_difference_is_explained(file: &str) {
    let Some(path) = gavel_fixtures::model(&format!("llama/{file}")) else {
        return;
    };
    let exact = Float64::new(std::fs::read(path).expect("the file was found"));
    cases(file, |engine, case| {
        let outcome = answered(engine, file, case);
        let pairs = outcome.tokens.iter().zip(&case.greedy_tokens);
        let Some(place) = pairs.clone().position(|(ours, theirs)| ours != theirs) else {
            return;
        };
        let (ours, theirs) = (outcome.tokens[place], case.greedy_tokens[place]);
        let prefix = [&case.prompt_tokens[..], &case.greedy_tokens[..place]].concat();
        let logits = exact.logits(&prefix);
        let apart = (logits[ours as usize] - logits[theirs as usize]).abs();
        assert!(
            apart <= 2.0 * QUANTIZED_TOLERANCE,
            "{file}: {}: at {place} {ours} instead of {theirs}, {apart} apart in float64",
            case.prompt
        );
    });
}

#[test]
fn stories_f32_answers_as_the_reference() {
    greedy_equals("stories260K-F32.gguf");
    first_logits_near("stories260K-F32.gguf", FLOAT_TOLERANCE);
}

#[test]
fn stories_f16_answers_as_the_reference() {
    greedy_equals("stories260K-F16.gguf");
    first_logits_near("stories260K-F16.gguf", FLOAT_TOLERANCE);
}

#[test]
fn ts656k_f32_answers_as_the_reference() {
    greedy_equals("ts656k-F32.gguf");
    first_logits_near("ts656k-F32.gguf", FLOAT_TOLERANCE);
}

#[test]
fn quantized_files_are_near_the_reference() {
    for file in [
        "stories260K-Q8_0.gguf",
        "stories260K-Q4_0.gguf",
        "ts656k-Q8_0.gguf",
        "ts656k-Q4_0.gguf",
    ] {
        first_logits_near(file, QUANTIZED_TOLERANCE);
        first_difference_is_explained(file);
    }
}
