//! Detokenize and DetokenizeLen.

use crate::vocabulary::{Vocabulary, control, run, run_part, words};
use gavel_program::op::Detokenize;
use gavel_program::{Control, Op};
use proptest::prelude::*;

const TEXTS: [&str; 6] = ["", "a", " the", "é", "\n", "longer than a word"];

fn vocabulary() -> Vocabulary {
    Vocabulary::new(&TEXTS.map(|text| (text, 0.0)))
}

fn parameters(tokens: usize, output_capacity: u32) -> Detokenize {
    Detokenize {
        vocab: TEXTS.len() as u32,
        tokens_capacity: tokens as u32,
        output_capacity,
    }
}

fn inputs(tokens: &[u32]) -> Vec<Vec<u32>> {
    vec![
        tokens.to_vec(),
        words(&vocabulary().texts()),
        vocabulary().offsets(),
    ]
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn prints_what_follows_the_prompt_and_zeros() {
    let tokens = [1, 2, 2, 3, 0, 5, 1, 1];
    let control = Control {
        prompt_tokens: 2,
        tokens_out: 4,
        ..control()
    };
    let p = parameters(tokens.len(), 28);
    let printed = bytes(&run(Op::Detokenize(p), &control, &inputs(&tokens)));
    assert_eq!(printed, " theélonger than a word\0\0\0\0".as_bytes());
    let counts = run(Op::DetokenizeLen(p), &control, &inputs(&tokens));
    assert_eq!((counts[0], counts[1]), (24, 0));
}

#[test]
fn an_answer_longer_than_its_slot_is_cut_and_its_length_is_not() {
    let tokens = [5, 5];
    let control = Control {
        tokens_out: 2,
        ..control()
    };
    let p = parameters(2, 20);
    let printed = bytes(&run(Op::Detokenize(p), &control, &inputs(&tokens)));
    assert_eq!(printed, b"longer than a wordlo");
    assert_eq!(run(Op::DetokenizeLen(p), &control, &inputs(&tokens))[0], 36);
}

#[test]
fn ids_outside_the_vocabulary_and_tokens_outside_the_slot_print_nothing() {
    let tokens = [6, u32::MAX, 1, 1 << 31];
    let control = Control {
        prompt_tokens: 0,
        tokens_out: u32::MAX,
        ..control()
    };
    let p = parameters(tokens.len(), 4);
    assert_eq!(
        bytes(&run(Op::Detokenize(p), &control, &inputs(&tokens))),
        b"a\0\0\0"
    );
    let past = Control {
        prompt_tokens: u32::MAX,
        ..control
    };
    assert_eq!(run(Op::DetokenizeLen(p), &past, &inputs(&tokens))[0], 0);
}

proptest! {
    #[test]
    fn any_range_is_a_part_of_the_texts_joined(
        tokens in prop::collection::vec(0u32..7, 1..40),
        prompt_tokens in 0u32..40,
        tokens_out in 0u32..40,
        first in 0usize..40,
        len in 1usize..40,
    ) {
        let control = Control { prompt_tokens, tokens_out, ..control() };
        let (start, end) = (4 * first, 4 * (first + len));
        let p = parameters(tokens.len(), end as u32);
        let joined: String = tokens
            .iter()
            .skip(prompt_tokens as usize)
            .take(tokens_out as usize)
            .filter_map(|id| TEXTS.get(*id as usize).copied())
            .collect();
        let expected: Vec<u8> = joined.bytes().chain(std::iter::repeat(0)).take(end).skip(start).collect();
        let part = run_part(Op::Detokenize(p), &control, &inputs(&tokens), start..end, len);
        prop_assert_eq!(bytes(&part), expected);
        let counts = run(Op::DetokenizeLen(p), &control, &inputs(&tokens));
        prop_assert_eq!(counts[0] as usize, joined.len());
    }
}
