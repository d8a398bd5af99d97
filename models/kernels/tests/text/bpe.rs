//! BpeIds and BpeCount: merges against a plain implementation, ranges, the largest prompts. The patterns are held against the shared
//! vectors here, and against Hugging Face's crate where tokenizers are imported.

use crate::vocabulary::{control, offsets, run, run_part, words};
use gavel_kernels::text::MAX_BPE_PROMPT;
use gavel_program::op::Bpe;
use gavel_program::{Control, Op, Pretokenizer};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const CAPACITY: usize = 64;
/// Tokens of bytes: byte b is token b.
const BYTES: u32 = 256;

/// Merges by rank: left, right and result.
#[derive(Clone, Debug, Default)]
struct Tables {
    merges: Vec<[u32; 3]>,
    whole: BTreeMap<Vec<u8>, u32>,
}

impl Tables {
    fn parameters(&self, prompt_capacity: usize, tokens_capacity: usize) -> Bpe {
        Bpe {
            pretokenizer: Pretokenizer::Gpt2,
            code_points: 128,
            merges: self.merges.len() as u32,
            specials: 0,
            longest_special: 0,
            whole: self.whole.len() as u32,
            longest_whole: self.whole.keys().map(Vec::len).max().unwrap_or(0) as u32,
            prompt_capacity: prompt_capacity as u32,
            tokens_capacity: tokens_capacity as u32,
            bos: 0,
            eos: 0,
            flags: 0,
        }
    }

    /// Inputs of the operators: all of ASCII's letters are letters, spaces are spaces.
    fn inputs(&self, prompt: &[u8], capacity: usize) -> Vec<Vec<u32>> {
        let mut padded = prompt.to_vec();
        padded.resize(capacity, 0);
        let mut classes = vec![0u8; 32];
        for byte in 0..128u8 {
            let class = match byte {
                b' ' => 3,
                byte => u8::from(byte.is_ascii_alphabetic()),
            };
            classes[usize::from(byte) / 4] |= class << (2 * (byte % 4));
        }
        let mut rows: Vec<[u32; 3]> = (0..)
            .zip(&self.merges)
            .map(|(rank, [left, right, _])| [*left, *right, rank])
            .collect();
        rows.sort_unstable();
        let whole: Vec<Vec<u8>> = self.whole.keys().cloned().collect();
        vec![
            words(&padded),
            words(&classes),
            (0..BYTES).collect(),
            rows.concat(),
            self.merges.iter().map(|merge| merge[2]).collect(),
            vec![],
            vec![0],
            vec![],
            words(&whole.concat()),
            offsets(&whole),
            self.whole.values().copied().collect(),
        ]
    }

    /// Ids as BpeIds and BpeCount give them together.
    fn ids(&self, prompt: &[u8], capacity: usize) -> Vec<u32> {
        let p = self.parameters(capacity, capacity);
        let inputs = self.inputs(prompt, capacity);
        let control = at(prompt);
        let ids = run(Op::BpeIds(p), &control, &inputs);
        let counts = run(Op::BpeCount(p), &control, &inputs);
        let count = counts[0] as usize;
        assert!(counts[1..].iter().all(|word| *word == 0), "{counts:?}");
        assert!(ids[count..].iter().all(|id| *id == 0), "{ids:?}");
        ids[..count].to_vec()
    }

    /// A word's tokens: of all pairs, the leftmost of the lowest rank merges, over and over.
    fn plain(&self, word: &[u8]) -> Vec<u32> {
        let mut tokens: Vec<u32> = word.iter().map(|byte| u32::from(*byte)).collect();
        let rank = |pair: &[u32]| self.merges.iter().position(|merge| merge[..2] == *pair);
        loop {
            let pairs = tokens.windows(2).enumerate();
            let ranked = pairs.filter_map(|(at, pair)| Some((rank(pair)?, at)));
            let Some((rank, at)) = ranked.min() else {
                return tokens;
            };
            tokens.splice(at..at + 2, [self.merges[rank][2]]);
        }
    }
}

fn at(prompt: &[u8]) -> Control {
    Control {
        prompt_len: prompt.len() as u32,
        ..control()
    }
}

/// Merges of any two tokens that there are, each pair once; what they make may be any token.
fn tables() -> impl Strategy<Value = Tables> {
    let token = || prop_oneof![2 => 97u32..101, 3 => BYTES..BYTES + 12];
    prop::collection::vec((token(), token(), BYTES..BYTES + 12), 0..40).prop_map(|merges| {
        let mut seen = BTreeSet::new();
        let distinct = |(left, right, _): &(u32, u32, u32)| seen.insert((*left, *right));
        let merges = merges.into_iter().filter(distinct);
        Tables {
            merges: merges
                .map(|(left, right, result)| [left, right, result])
                .collect(),
            ..Tables::default()
        }
    })
}

#[test]
fn the_lowest_rank_merges_first_and_the_leftmost_of_equals() {
    let [a, b, c] = [97, 98, 99];
    let tables = Tables {
        merges: vec![[b, c, 300], [a, b, 301], [a, a, 302], [301, c, 303]],
        ..Tables::default()
    };
    assert_eq!(tables.ids(b"abc", CAPACITY), [a, 300]);
    assert_eq!(tables.ids(b"aabb", CAPACITY), [a, 301, b]);
    assert_eq!(tables.ids(b"aaa", CAPACITY), [302, a]);
    assert_eq!(tables.ids(b"ab c", CAPACITY), [301, 32, c]);
}

#[test]
fn a_word_that_is_to_be_whole_is_not_merged() {
    let whole = [(b"abc".to_vec(), 400), (b" a".to_vec(), 401)];
    let tables = Tables {
        merges: vec![[97, 98, 300]],
        whole: whole.into_iter().collect(),
    };
    assert_eq!(
        tables.ids(b"abc a ab abcd", CAPACITY)[..4],
        [400, 401, 32, 300]
    );
    assert_eq!(tables.ids(b"abcd", CAPACITY), [300, 99, 100]);
}

/// The largest prompts as one word, with merges that empty the room for candidates last.
#[test]
fn the_scratch_holds_the_largest_prompts() {
    let capacity = MAX_BPE_PROMPT as usize;
    let a = u32::from(b'a');
    let mut doubling = vec![[a, a, 300]];
    doubling.extend((300..314).map(|token| [token, token, token + 1]));
    let rising = doubling.clone();
    let falling = doubling.into_iter().rev().collect();
    for merges in [rising, falling] {
        let tables = Tables {
            merges,
            ..Tables::default()
        };
        assert_eq!(tables.ids(&vec![b'a'; capacity], capacity), [314]);
        assert_eq!(tables.ids(&vec![b'b'; capacity], capacity).len(), capacity);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn merges_equal_the_plain_ones(tables in tables(), word in prop::collection::vec(97u8..101, 1..CAPACITY)) {
        prop_assert_eq!(tables.ids(&word, CAPACITY), tables.plain(&word));
    }

    #[test]
    fn words_are_merged_apart(
        tables in tables(),
        parts in prop::collection::vec(prop::collection::vec(97u8..101, 1..6), 1..8),
    ) {
        let prompt = parts.join(&b'1');
        let mut expected = Vec::new();
        for part in &parts {
            if !expected.is_empty() {
                expected.push(u32::from(b'1'));
            }
            expected.extend(tables.plain(part));
        }
        prop_assert_eq!(tables.ids(&prompt, CAPACITY), expected);
    }

    #[test]
    fn any_range_is_a_part_of_the_whole(
        tables in tables(),
        prompt in prop::collection::vec(prop_oneof![97u8..101, Just(b' '), any::<u8>()], 0..CAPACITY),
        cut in 0..=CAPACITY,
    ) {
        let op = Op::BpeIds(tables.parameters(CAPACITY, CAPACITY));
        let inputs = tables.inputs(&prompt, CAPACITY);
        let whole = run(op, &at(&prompt), &inputs);
        let low = run_part(op, &at(&prompt), &inputs, 0..cut, cut);
        let high = run_part(op, &at(&prompt), &inputs, cut..CAPACITY, CAPACITY - cut);
        prop_assert_eq!([low, high].concat(), whole);
    }
}
