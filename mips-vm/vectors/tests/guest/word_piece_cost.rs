//! Measured costs of WordPiece, on prompts and tables that make much work.

use crate::text_cost::{control, joined, measure, node, packed};
use gavel_kernels::cost;
use gavel_program::Op;
use gavel_program::op::WordPiece;

const CAPACITY: usize = 256;
/// Code points that the tables cover.
const CODE_POINTS: usize = 0x250;

/// Tables of a tokenizer: classes, mappings and lexicons.
struct Tables {
    /// The class of a code point.
    class: fn(usize) -> u8,
    /// What code points of class 5 become.
    becomes: [u32; 3],
    words: Vec<Vec<u8>>,
    specials: Vec<Vec<u8>>,
}

impl Tables {
    fn plain(words: Vec<Vec<u8>>) -> Self {
        Tables {
            class: |code| u8::from(code == usize::from(b' ')),
            becomes: [0; 3],
            words,
            specials: Vec::new(),
        }
    }

    fn parameters(&self, most_characters: u32) -> WordPiece {
        let longest = |texts: &[Vec<u8>]| texts.iter().map(Vec::len).max().unwrap_or(0) as u32;
        WordPiece {
            code_points: CODE_POINTS as u32,
            mappings: CODE_POINTS as u32,
            specials: self.specials.len() as u32,
            longest_special: longest(&self.specials),
            words: self.words.len() as u32,
            longest_word: longest(&self.words),
            continuations: self.words.len() as u32,
            longest_continuation: longest(&self.words),
            most_characters,
            limit: 64,
            prompt_capacity: CAPACITY as u32,
            tokens_capacity: 64,
            first: 0,
            last: 0,
            unk: 0,
        }
    }

    fn inputs(&self, prompt: &[u8]) -> Vec<Vec<u32>> {
        let pair = |at: usize| (self.class)(2 * at) | (self.class)(2 * at + 1) << 4;
        let classes: Vec<u8> = (0..CODE_POINTS / 2).map(pair).collect();
        let rows = (0..CODE_POINTS as u32).flat_map(|code| {
            let [one, two, three] = self.becomes;
            [code, one, two, three]
        });
        let mut inputs = vec![packed(prompt), packed(&classes), rows.collect()];
        for texts in [&self.specials, &self.words, &self.words] {
            let [bytes, offsets] = joined(texts);
            inputs.extend([bytes, offsets, (0..texts.len() as u32).collect()]);
        }
        inputs
    }

    /// No prompt costs more than the formula, and the formula less than `slack` times the costliest.
    fn check(&self, units: &[&str], slack: u64) {
        let (mut worst, mut most) = (0, 0);
        for (unit, characters) in units
            .iter()
            .flat_map(|unit| [1, 20, 300].map(|n| (unit, n)))
        {
            let prompt: Vec<u8> = unit.bytes().cycle().take(CAPACITY).collect();
            let inputs = self.inputs(&prompt);
            let p = self.parameters(characters);
            for op in [Op::WordPieceIds(p), Op::WordPieceCount(p)] {
                let steps = measure(op, &control(), &inputs);
                most = cost(&node(op, &inputs));
                assert!(
                    steps <= most,
                    "{unit:?}: {steps} instructions, formula {most}"
                );
                worst = worst.max(steps);
            }
        }
        assert!(
            most < slack * worst,
            "{worst} instructions at worst, formula {most}"
        );
    }
}

/// Runs of a letter of every length, and many others beside them.
fn runs(longest: usize, others: usize) -> Vec<Vec<u8>> {
    let runs = (1..=longest).map(|len| vec![b'a'; len]);
    let others = (0..others).map(|at| format!("a{}b{at}", "a".repeat(at % longest)).into_bytes());
    let mut texts: Vec<Vec<u8>> = runs.chain(others).collect();
    texts.sort();
    texts
}

#[test]
fn no_word_costs_more_than_the_formula_says() {
    for longest in [1, 8, 40] {
        Tables::plain(runs(longest, 500))
            .check(&["a", "a ", "aaaaaaab", "aaaaaaaaaaaaaaaa "], 1024);
    }
    Tables::plain(Vec::new()).check(&["a", " ", "é", "a "], 1024);
}

#[test]
fn no_character_costs_more_than_the_formula_says() {
    for becomes in [[97, 97, 97], [0x10_0000; 3], [32, 97, 32], [0; 3]] {
        let tables = Tables {
            class: |code| match code {
                97 => 0,
                32 => 1,
                _ => 5,
            },
            becomes,
            words: runs(8, 100),
            specials: Vec::new(),
        };
        tables.check(&["!", "!a", "é", "\u{10ffff}"], 256);
    }
    // Marks in the reverse of their order.
    let marks = Tables {
        class: |code| 6 + (code % 10) as u8,
        becomes: [0; 3],
        words: runs(8, 100),
        specials: Vec::new(),
    };
    marks.check(&["abcde", "cccccccccbbbbbbbbb"], 256);
    let (first, second) = ("m".repeat(128), "d".repeat(128));
    marks.check(&[&[first, second].concat()], 256);
}

#[test]
fn no_search_for_special_tokens_costs_more_than_the_formula_says() {
    let tables = Tables {
        specials: runs(40, 100),
        ..Tables::plain(Vec::new())
    };
    tables.check(&["a", "aaaaaaab", "b"], 256);
}
