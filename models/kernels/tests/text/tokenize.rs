//! TokenizeIds and TokenizeCount.

use crate::plain;
use crate::vocabulary::{Vocabulary, control, run, run_part};
use gavel_program::op::{FLAG_BOS, FLAG_EOS, FLAG_SPACE_PREFIX, NO_TOKEN, Tokenizer};
use gavel_program::{Control, Op};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const CAPACITY: usize = 64;

/// Ids as TokenizeIds and TokenizeCount give them together.
fn tokenize(vocabulary: &Vocabulary, p: Tokenizer, prompt: &[u8]) -> Vec<u32> {
    let inputs = vocabulary.inputs(prompt, p.prompt_capacity as usize);
    let control = Control {
        prompt_len: prompt.len() as u32,
        ..control()
    };
    let ids = run(Op::TokenizeIds(p), &control, &inputs);
    let counts = run(Op::TokenizeCount(p), &control, &inputs);
    let count = (counts[0] as usize).min(ids.len());
    assert!(counts[1..].iter().all(|word| *word == 0), "{counts:?}");
    assert!(ids[count..].iter().all(|id| *id == 0), "{ids:?}");
    ids[..count].to_vec()
}

fn check(vocabulary: &Vocabulary, flags: u32, prompt: &str, expected: &[u32]) {
    let p = Tokenizer {
        flags,
        ..vocabulary.parameters(CAPACITY, CAPACITY)
    };
    let ids = tokenize(vocabulary, p, prompt.as_bytes());
    assert_eq!(ids, expected, "{prompt:?}");
}

/// `<unk> <s> </s>` and the pieces of "low lower": the higher score merges first, whatever would give longer tokens.
fn small() -> Vocabulary {
    Vocabulary::new(&[
        ("<unk>", 0.0),
        ("<s>", 0.0),
        ("</s>", 0.0),
        ("l", -10.0),
        ("o", -11.0),
        ("w", -12.0),
        ("lo", -1.0),
        ("ow", -2.0),
        ("low", -3.0),
        ("▁", -13.0),
        ("▁l", -0.5),
        ("é", -14.0),
    ])
}

#[test]
fn the_highest_score_merges_first() {
    check(&small(), 0, "low", &[8]);
    check(&small(), 0, "ow", &[7]);
    check(&small(), FLAG_SPACE_PREFIX, "low", &[10, 7]);
    check(&small(), 0, "lol", &[6, 3]);
}

#[test]
fn of_equal_scores_the_leftmost_pair_merges_first() {
    let vocabulary = Vocabulary::new(&[("<unk>", 0.0), ("a", 0.0), ("aa", -1.0)]);
    check(&vocabulary, 0, "aaa", &[2, 1]);
    check(&vocabulary, 0, "aaaaa", &[2, 2, 1]);
}

#[test]
fn a_zero_score_of_either_sign_is_the_same() {
    let vocabulary = Vocabulary::new(&[
        ("<unk>", 0.0),
        ("a", 0.0),
        ("b", 0.0),
        ("c", 0.0),
        ("ab", -0.0),
        ("bc", 0.0),
    ]);
    check(&vocabulary, 0, "abc", &[4, 3]);
}

#[test]
fn flags_add_tokens_at_the_ends_and_a_space() {
    check(&small(), FLAG_BOS, "l", &[1, 3]);
    check(&small(), FLAG_BOS | FLAG_EOS, "l", &[1, 3, 2]);
    check(&small(), FLAG_SPACE_PREFIX, "w", &[9, 5]);
    check(&small(), 0, " w", &[9, 5]);
}

#[test]
fn an_empty_prompt_has_flagged_tokens_alone() {
    check(&small(), FLAG_SPACE_PREFIX, "", &[]);
    check(&small(), FLAG_SPACE_PREFIX | FLAG_BOS, "", &[1]);
}

#[test]
fn a_character_without_token_is_one_unknown() {
    check(&small(), 0, "l€l", &[3, 0, 3]);
    check(&small(), 0, "é", &[11]);
    let p = Tokenizer {
        unk: NO_TOKEN,
        ..small().parameters(CAPACITY, CAPACITY)
    };
    assert_eq!(tokenize(&small(), p, "l€l".as_bytes()), [3, 3]);
}

#[test]
fn a_character_without_token_is_spelled_if_all_its_bytes_have_tokens() {
    let mut vocabulary = small();
    vocabulary.bytes[0xE2] = Some(5);
    vocabulary.bytes[0x82] = Some(6);
    check(&vocabulary, 0, "€", &[0]);
    vocabulary.bytes[0xAC] = Some(7);
    check(&vocabulary, 0, "€", &[5, 6, 7]);
}

#[test]
fn a_prompt_longer_than_its_slot_ends_there() {
    let vocabulary = small();
    let p = vocabulary.parameters(4, CAPACITY);
    let control = Control {
        prompt_len: 1000,
        ..control()
    };
    let ids = run(Op::TokenizeIds(p), &control, &vocabulary.inputs(b"wwww", 4));
    assert_eq!(ids[..6], [5, 5, 5, 5, 0, 0]);
}

#[test]
fn the_count_goes_past_the_tokens_slot() {
    let vocabulary = small();
    let p = vocabulary.parameters(CAPACITY, 3);
    let inputs = vocabulary.inputs(b"wwwww", CAPACITY);
    let control = Control {
        prompt_len: 5,
        ..control()
    };
    assert_eq!(run(Op::TokenizeCount(p), &control, &inputs)[0], 5);
    assert_eq!(run(Op::TokenizeIds(p), &control, &inputs), [5, 5, 5]);
}

/// The largest prompts, in the shapes that make most symbols, most merges and longest texts.
#[test]
fn the_scratch_holds_the_largest_prompts() {
    let capacity = gavel_kernels::text::MAX_PROMPT as usize;
    let mut vocabulary =
        Vocabulary::new(&[("<unk>", 0.0), ("▁", 0.0), ("▁▁", -1.0), ("▁▁▁▁", -2.0)]);
    for (text, score) in [
        (&b"\x96"[..], -1.0),
        (b"\x81", -1.0),
        (b"\x96\x81", -1.0),
        (b"\xC2\xE2", -1.0),
        (b"\xC2\xE2\x96", 3.0),
        (b"\xC2\xE2\x96\x81", -3.0),
    ] {
        vocabulary.tokens.push((text.to_vec(), score));
    }
    for pattern in [&b" "[..], b"\xC2 ", b"\xE0 ", b"\xF0 ", b"a"] {
        let prompt: Vec<u8> = pattern.iter().copied().cycle().take(capacity).collect();
        for (flags, prefix) in [(0, false), (FLAG_SPACE_PREFIX, true)] {
            let p = Tokenizer {
                flags,
                ..vocabulary.parameters(capacity, 2 * capacity)
            };
            let ids = tokenize(&vocabulary, p, &prompt);
            let texts: usize = ids
                .iter()
                .filter(|id| **id != 0)
                .map(|id| vocabulary.tokens[*id as usize].0.len())
                .sum();
            let spaces = prompt.iter().filter(|byte| **byte == b' ').count();
            if pattern == b" " {
                assert_eq!(texts, 3 * (spaces + usize::from(prefix)));
                assert_eq!(ids.len(), (spaces + usize::from(prefix)).div_ceil(4));
            }
            if pattern == b"a" {
                assert_eq!(ids.len(), capacity + usize::from(prefix));
            }
        }
    }
}

/// Symbols that collide with the escaped space and with one another.
fn letters() -> impl Strategy<Value = u8> {
    prop_oneof![
        4 => Just(b'a'),
        3 => Just(b'b'),
        3 => Just(b' '),
        1 => Just(0xC3),
        1 => Just(0xE2),
        1 => Just(0x96),
        1 => Just(0x81),
        1 => Just(0xF0),
        1 => any::<u8>(),
    ]
}

/// Random texts of few letters, few different scores, some bytes with tokens.
fn vocabularies() -> impl Strategy<Value = Vocabulary> {
    let letter = prop_oneof![
        Just(b"a".to_vec()),
        Just(b"b".to_vec()),
        Just("▁".as_bytes().to_vec()),
        letters().prop_map(|byte| vec![byte]),
    ];
    let text = prop::collection::vec(letter, 1..5).prop_map(|letters| letters.concat());
    let token = (text, -3i8..3);
    let bytes = prop::collection::vec(any::<bool>(), 256);
    (prop::collection::vec(token, 1..60), bytes).prop_map(|(tokens, bytes)| {
        let mut seen = BTreeSet::new();
        let tokens: Vec<(Vec<u8>, f32)> = tokens
            .into_iter()
            .filter(|(text, _)| seen.insert(text.clone()))
            .map(|(text, score)| (text, f32::from(score)))
            .collect();
        let count = tokens.len() as u32;
        let bytes = (0..)
            .zip(bytes)
            .map(|(byte, has)| has.then_some(byte % count));
        Vocabulary {
            tokens,
            bytes: bytes.collect(),
            specials: BTreeMap::new(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn equals_the_plain_tokenizer(
        vocabulary in vocabularies(),
        prompt in prop::collection::vec(letters(), 0..CAPACITY),
        prefix in any::<bool>(),
    ) {
        let p = Tokenizer {
            flags: if prefix { FLAG_SPACE_PREFIX } else { 0 },
            ..vocabulary.parameters(CAPACITY, 4 * CAPACITY)
        };
        let ids = tokenize(&vocabulary, p, &prompt);
        prop_assert_eq!(ids, plain::tokenize(&vocabulary, prefix, &prompt));
    }

    #[test]
    fn any_range_is_a_part_of_the_whole(
        vocabulary in vocabularies(),
        prompt in prop::collection::vec(letters(), 0..CAPACITY),
        cut in 0..4 * CAPACITY,
    ) {
        let p = vocabulary.parameters(CAPACITY, 4 * CAPACITY);
        let inputs = vocabulary.inputs(&prompt, CAPACITY);
        let control = Control { prompt_len: prompt.len() as u32, ..control() };
        let whole = run(Op::TokenizeIds(p), &control, &inputs);
        let low = run_part(Op::TokenizeIds(p), &control, &inputs, 0..cut, cut);
        let high = run_part(Op::TokenizeIds(p), &control, &inputs, cut..4 * CAPACITY, 4 * CAPACITY - cut);
        prop_assert_eq!([low, high].concat(), whole);
    }
}
