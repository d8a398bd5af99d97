//! Tensors of any content: nothing fails, and a tensor reads like the machine's window, which is zero past its end.

use crate::vocabulary::{run, words};
use gavel_kernels::shape;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::{Advance, Bpe, Detokenize, FindStop, Tokenizer, WordPiece};
use gavel_program::{Control, Op, Pretokenizer};
use proptest::prelude::*;

/// Words that are offsets, ids, lengths or nonsense.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![3 => 0u32..12, 1 => (0u32..70).prop_map(u32::wrapping_neg), 1 => any::<u32>()]
}

fn ops() -> impl Strategy<Value = Op> {
    let parameters = [0u32..9, 0..9, 0..30, 0..30, 0..30, 0..30];
    let end = parameters.clone();
    (parameters, end).prop_flat_map(|(a, b)| {
        let [
            vocab,
            sorted_len,
            prompt_capacity,
            tokens_capacity,
            flags,
            max_text,
        ] = a;
        let tokenizer = Tokenizer {
            vocab,
            sorted_len,
            prompt_capacity,
            tokens_capacity,
            bos: b[0],
            eos: b[1],
            unk: b[2],
            flags,
            max_text,
            specials: b[4].min(9),
            longest_special: b[3],
        };
        let bpe = Bpe {
            pretokenizer: Pretokenizer::from_code(b[0] % 3).expect("there are three"),
            code_points: 64 * tokens_capacity,
            merges: sorted_len,
            specials: b[1],
            longest_special: b[3],
            whole: vocab,
            longest_whole: max_text,
            prompt_capacity,
            tokens_capacity,
            bos: b[0],
            eos: b[1],
            flags,
        };
        let word_piece = WordPiece {
            code_points: 2 * prompt_capacity,
            mappings: b[1] / 4,
            specials: b[4].min(9),
            longest_special: b[3],
            words: vocab,
            longest_word: max_text,
            continuations: sorted_len,
            longest_continuation: b[5],
            most_characters: 1 + b[2],
            limit: 2 + tokens_capacity / 2,
            prompt_capacity,
            tokens_capacity: 2 + tokens_capacity,
            first: b[0],
            last: flags,
            unk: b[1],
        };
        let detokenize = Detokenize {
            vocab,
            tokens_capacity,
            output_capacity: 4 * b[3],
        };
        let find_stop = FindStop {
            vocab,
            tokens_capacity,
            longest: b[3],
        };
        let advance = Advance {
            context: b[0],
            tokens_capacity,
            output_capacity: b[2],
            eos_count: b[0].min(4),
            eos0: b[1],
            eos1: b[2],
            eos2: b[3],
            eos3: b[4],
        };
        prop_oneof![
            Just(Op::TokenizeIds(tokenizer)),
            Just(Op::TokenizeCount(tokenizer)),
            Just(Op::BpeIds(bpe)),
            Just(Op::BpeCount(bpe)),
            Just(Op::WordPieceIds(word_piece)),
            Just(Op::WordPieceCount(word_piece)),
            Just(Op::Detokenize(detokenize)),
            Just(Op::DetokenizeLen(detokenize)),
            Just(Op::FindStop(find_stop)),
            Just(Op::Advance(advance)),
        ]
    })
}

/// As many words as the operator asks for, the texts being `texts`.
fn inputs(op: &Op, words: &[u32], texts: &[u32]) -> Vec<Vec<u32>> {
    let mut words = words.iter().copied().cycle();
    (0..)
        .map_while(|index| shape::input(op, index))
        .map(|shape| match shape.len {
            0 => texts.to_vec(),
            len => words
                .by_ref()
                .take(shape.dtype.bytes(len as usize).div_ceil(4))
                .collect(),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_tensor_reads_like_a_window(
        op in ops(),
        data in prop::collection::vec(word(), 64),
        texts in prop::collection::vec(0u8..4, 0..40),
        mut control in prop::collection::vec(word(), CONTROL_WORDS),
    ) {
        control[0] %= 6;
        let control = Control::decode(control.as_slice().try_into().unwrap());
        let short = inputs(&op, &data, &words(&texts));
        let long: Vec<Vec<u32>> = short
            .iter()
            .map(|tensor| [tensor.as_slice(), &[0; 500]].concat())
            .collect();
        prop_assert_eq!(run(op, &control, &short), run(op, &control, &long));
    }
}
