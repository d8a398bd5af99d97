//! The sampler's operators against their definitions in `docs/spec/numerics.md`, on random logits, weights and control slots.

use gavel_kernels::{num, run_range, uniform};
use gavel_primitives::StopText;
use gavel_program::boot::SCRATCH_WORDS;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::{FindStop, Penalize, Probs, Sample};
use gavel_program::{Control, Node, Op, Operand};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Tokens of the vocabulary.
const VOCAB: usize = 40;
/// Elements of the tokens slot.
const TOKENS: usize = 12;

fn any_control() -> Control {
    Control::decode(&[0; CONTROL_WORDS])
}

/// The words of an output after the operator ran.
fn run(op: Op, control: &Control, inputs: &[Vec<u32>], old: Vec<u32>) -> Vec<u32> {
    let slots: Vec<Operand> = (0..inputs.len() as u32).map(Operand::Slot).collect();
    let inputs: Vec<&[u32]> = inputs.iter().map(Vec::as_slice).collect();
    let (mut out, mut scratch) = (old, vec![7; SCRATCH_WORDS]);
    let range = 0..out.len();
    run_range(
        &Node::new(op, 31, &slots, 99),
        control,
        &inputs,
        range,
        &mut out,
        &mut scratch,
    );
    out
}

/// A logit after the penalties, from how often its token is there.
fn penalized(control: &Control, logit: f32, prompt: usize, answer: usize) -> f32 {
    let thousandths = |value: f32| value / 1000.0;
    let mut logit = logit;
    let repetition = control.repetition_penalty;
    if prompt + answer > 0 && repetition != 0 && repetition != 1000 {
        let r = thousandths(repetition as f32);
        logit = if logit < 0.0 { logit * r } else { logit / r };
    }
    if answer > 0 {
        logit -= answer as f32 * thousandths(control.frequency_penalty as f32);
        logit -= thousandths(control.presence_penalty as f32);
    }
    logit
}

/// The token that is drawn from weights, none of which is negative or NaN: sorted lists in place of a heap.
fn drawn(control: &Control, weights: &[f32]) -> u32 {
    let mut ranked: Vec<usize> = (0..weights.len()).collect();
    ranked.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]).then(a.cmp(b)));
    let top_k = control.top_k as usize;
    let mut total = num::sum(weights.iter().copied());
    if top_k > 0 && top_k < weights.len() {
        ranked.truncate(top_k);
        total = ranked.iter().fold(0.0, |sum, token| sum + weights[*token]);
    }
    let enough = control.top_p as f32 / 1000.0 * total;
    let floor = control.min_p as f32 / 1000.0 * weights[ranked[0]];
    let above = ranked
        .iter()
        .skip(1)
        .take_while(|token| weights[**token] >= floor);
    let candidates = 1 + above.count();
    let mut kept = 0.0;
    let mut taken = 0;
    while taken < candidates && (taken == 0 || kept < enough) {
        kept += weights[ranked[taken]];
        taken += 1;
    }
    let goal = uniform(control.seed, control.position) * kept;
    let mut running = 0.0;
    for token in &ranked[..taken] {
        running += weights[*token];
        if running > goal {
            return *token as u32;
        }
    }
    ranked[0] as u32
}

/// Where a text is cut: before the first of the stop texts' occurrences that end within its last part.
fn cut(before: &[u8], last: &[u8], stops: &[Vec<u8>]) -> Option<usize> {
    let whole = [before, last].concat();
    let ends = |begin: usize, stop: &Vec<u8>| {
        whole[begin..].starts_with(stop) && begin + stop.len() > before.len()
    };
    (0..whole.len()).find(|begin| stops.iter().any(|stop| ends(*begin, stop)))
}

/// Weights that are few different numbers, or many, with zeros among them.
fn weights() -> impl Strategy<Value = Vec<f32>> {
    let weight = prop_oneof![
        1 => Just(0.0f32),
        2 => prop::sample::select(vec![0.25f32, 0.5, 1.0]),
        3 => 0.0f32..1.0,
    ];
    prop::collection::vec(weight, VOCAB)
}

fn draws() -> impl Strategy<Value = Control> {
    (0u32..50, 1u32..=1000, 0u32..1000, any::<u64>(), 0u32..10).prop_map(
        |(top_k, top_p, min_p, seed, position)| Control {
            position,
            temperature: 700,
            top_k,
            top_p,
            min_p,
            seed,
            ..any_control()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn draws_are_the_definition_s(control in draws(), weights in weights()) {
        let words: Vec<u32> = weights.iter().map(|weight| weight.to_bits()).collect();
        let p = Sample { vocab: VOCAB as u32, tokens_capacity: TOKENS as u32 };
        let tokens = run(Op::Sample(p), &control, &[words.clone(), words], vec![0; 64]);
        prop_assert_eq!(tokens[control.position as usize + 1], drawn(&control, &weights));
    }

    #[test]
    fn penalties_are_the_definition_s(
        logits in prop::collection::vec(-20.0f32..20.0, VOCAB),
        tokens in prop::collection::vec(0u32..12, TOKENS),
        position in 0u32..14, prompt_tokens in 0u32..14,
        repetition in 0u32..3000, frequency in -2000i32..2000, presence in -2000i32..2000,
    ) {
        let control = Control {
            position,
            prompt_tokens,
            repetition_penalty: repetition,
            frequency_penalty: frequency,
            presence_penalty: presence,
            ..any_control()
        };
        let known = &tokens[..TOKENS.min(position as usize + 1)];
        let (prompt, answer) = known.split_at(known.len().min(prompt_tokens as usize));
        let times = |list: &[u32], token: usize| list.iter().filter(|id| **id as usize == token).count();
        let words: Vec<u32> = logits.iter().map(|logit| logit.to_bits()).collect();
        let p = Penalize { vocab: VOCAB as u32, tokens_capacity: TOKENS as u32 };
        let out = run(Op::Penalize(p), &control, &[words.clone(), tokens.clone()], words);
        for (token, logit) in logits.iter().enumerate() {
            let counts = (times(prompt, token), times(answer, token));
            let expected = penalized(&control, *logit, counts.0, counts.1);
            prop_assert_eq!(out[token], expected.to_bits(), "token {}", token);
        }
    }

    #[test]
    fn texts_end_before_the_first_stop_text(
        texts in prop::collection::vec(prop::collection::vec(0u8..3, 0..5), 6),
        tokens in prop::collection::vec(0u32..7, 2..60),
        prompt in 0usize..4,
        stops in prop::collection::vec(prop::collection::vec(0u8..3, 1..9), 1..4),
    ) {
        let text = |token: &u32| texts.get(*token as usize).cloned().unwrap_or_default();
        let offsets = texts.iter().scan(0, |at, text| { *at += text.len() as u32; Some(*at) });
        let offsets: Vec<u32> = [0].into_iter().chain(offsets).collect();
        let mut bytes = texts.concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let blob = bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        let blob: Vec<u32> = blob.collect();
        let p = FindStop { vocab: 6, tokens_capacity: tokens.len() as u32, longest: 4 };
        for position in 0..tokens.len() - 1 {
            let control = Control {
                position: position as u32,
                prompt_tokens: prompt as u32,
                stop: StopText::all(stops.iter().map(Vec::as_slice)).expect("short texts"),
                ..any_control()
            };
            let answer = &tokens[prompt.min(position + 1)..=position];
            let before: Vec<u8> = answer.iter().flat_map(text).collect();
            let expected = cut(&before, &text(&tokens[position + 1]), &stops);
            let inputs = [tokens.clone(), blob.clone(), offsets.clone()];
            let out = run(Op::FindStop(p), &control, &inputs, vec![7; 64]);
            prop_assert_eq!(out[0] as usize, expected.map_or(0, |begin| begin + 1));
            prop_assert!(out[1..].iter().all(|word| *word == 0));
        }
    }
}

/// Forty logits that the figures below are of.
fn forty() -> Vec<u32> {
    let logit = |k: u32| ((k * 37) % 101) as f32 / 12.0 - 4.0;
    (0..40).map(|k| logit(k).to_bits()).collect()
}

/// Tokens that are left by the processors of Hugging Face's `transformers` 5.23.0 (`TemperatureLogitsWarper`, `TopKLogitsWarper`,
/// `TopPLogitsWarper`, `MinPLogitsWarper`, one after the other) for the forty logits; temperature, top-k, top-p and min-p as here.
const KEPT: [([u32; 4], &[u32]); 7] = [
    ([700, 5, 1000, 0], &[8, 19, 27, 30, 38]),
    ([700, 0, 600, 0], &[8, 19, 30, 38]),
    ([700, 0, 1000, 300], &[8, 19, 27, 30, 38]),
    ([1500, 12, 700, 0], &[5, 8, 16, 19, 27, 30, 38]),
    ([1500, 12, 900, 300], &[5, 8, 16, 19, 24, 27, 30, 35, 38]),
    ([2000, 0, 900, 450], &[5, 8, 16, 19, 27, 30, 35, 38]),
    ([2000, 6, 500, 200], &[8, 19, 30]),
];

#[test]
fn the_tokens_that_hugging_face_keeps_are_drawn_and_no_others() {
    let logits = forty();
    for ([temperature, top_k, top_p, min_p], kept) in KEPT {
        let control = Control {
            temperature,
            top_k,
            top_p,
            min_p,
            ..any_control()
        };
        let vocab = 40;
        let op = Op::Probs(Probs { vocab });
        let weights = run(op, &control, std::slice::from_ref(&logits), vec![0; 64]);
        let op = Op::Sample(Sample {
            vocab,
            tokens_capacity: 3,
        });
        let drawn: BTreeSet<u32> = (0..3000)
            .map(|seed| {
                let control = Control { seed, ..control };
                run(
                    op,
                    &control,
                    &[logits.clone(), weights.clone()],
                    vec![0; 64],
                )[1]
            })
            .collect();
        let drawn: Vec<u32> = drawn.into_iter().collect();
        assert_eq!(
            drawn, kept,
            "temperature {temperature}, {top_k}, {top_p}, {min_p}"
        );
    }
}

/// By `RepetitionPenaltyLogitsProcessor(1.3)` of the same, after tokens 3, 7, 7, 11, 30, 3, 3 and 39.
#[test]
fn repetition_penalties_are_hugging_face_s() {
    let tokens = vec![3, 7, 7, 11, 30, 3, 3, 39];
    let control = Control {
        position: 7,
        prompt_tokens: 4,
        repetition_penalty: 1300,
        ..any_control()
    };
    let op = Op::Penalize(Penalize {
        vocab: 40,
        tokens_capacity: 8,
    });
    let out = run(op, &control, &[forty(), tokens], vec![0; 64]);
    for (token, expected) in [
        (3, -4.116_667),
        (7, 0.576_923),
        (11, -4.875),
        (30, 3.333_333),
        (39, -2.058_333),
        (0, -4.0),
    ] {
        let got = f32::from_bits(out[token]);
        assert!((got - expected).abs() < 2e-6, "token {token}: {got}");
    }
}

/// Gemma 3's, from four billion parameters on.
#[test]
fn the_largest_published_vocabulary_is_drawn_from() {
    let vocab = 262_208;
    let mut weights = vec![0; vocab];
    weights[vocab - 3] = 1.0f32.to_bits();
    let control = Control {
        temperature: 1000,
        top_p: 1000,
        ..any_control()
    };
    let p = Sample {
        vocab: vocab as u32,
        tokens_capacity: TOKENS as u32,
    };
    let inputs = [weights.clone(), weights];
    let tokens = run(Op::Sample(p), &control, &inputs, vec![0; 64]);
    assert_eq!(tokens[1], vocab as u32 - 3);
}
