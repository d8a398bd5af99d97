//! Measured costs of byte-level BPE, on prompts and tables that make much work.

use crate::text_cost::{control, joined, measure, node, packed};
use gavel_kernels::cost;
use gavel_program::op::Bpe;
use gavel_program::{Op, Pretokenizer};

const CAPACITY: usize = 256;
const PATTERNS: [Pretokenizer; 3] = [
    Pretokenizer::Gpt2,
    Pretokenizer::Llama3,
    Pretokenizer::Qwen2,
];

/// Tables of a tokenizer: classes of ASCII, merges, lexicons.
#[derive(Default)]
struct Tables {
    /// Left, right and rank.
    merges: Vec<[u32; 3]>,
    specials: Vec<Vec<u8>>,
    whole: Vec<Vec<u8>>,
}

impl Tables {
    /// Merges of runs of one byte, whose tokens are `byte` and 256 + their length: any two up to `longest` bytes together, the
    /// ranks by `rank` of their order.
    fn runs(byte: u8, longest: u32, rank: fn(u32, u32) -> u32) -> Self {
        let id = |len| if len == 1 { byte.into() } else { 256 + len };
        let pairs =
            (1..longest).flat_map(|left| (1..=longest - left).map(move |right| (left, right)));
        let count = pairs.clone().count() as u32;
        let rows = (0..)
            .zip(pairs)
            .map(|(order, (left, right))| [id(left), id(right), rank(order, count)]);
        let mut merges: Vec<[u32; 3]> = rows.collect();
        merges.sort_unstable();
        Tables {
            merges,
            ..Tables::default()
        }
    }

    fn parameters(&self, pretokenizer: Pretokenizer) -> Bpe {
        let longest = |texts: &[Vec<u8>]| texts.iter().map(Vec::len).max().unwrap_or(0) as u32;
        Bpe {
            pretokenizer,
            code_points: 128,
            merges: self.merges.len() as u32,
            specials: self.specials.len() as u32,
            longest_special: longest(&self.specials),
            whole: self.whole.len() as u32,
            longest_whole: longest(&self.whole),
            prompt_capacity: CAPACITY as u32,
            tokens_capacity: 64,
            bos: 0,
            eos: 0,
            flags: 0,
        }
    }

    fn inputs(&self, prompt: &[u8]) -> Vec<Vec<u32>> {
        let class = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' => 1,
            b'0'..=b'9' => 2,
            b' ' | b'\t'..=b'\r' => 3,
            _ => 0,
        };
        let classes: Vec<u8> = (0..32)
            .map(|at| (0..4).fold(0, |bits, place| bits | class(4 * at + place) << (2 * place)))
            .collect();
        // The result of a merge has the length of both parts.
        let len = |id: u32| if id < 256 { 1 } else { id - 256 };
        let mut results = vec![0; self.merges.len()];
        for [left, right, rank] in &self.merges {
            results[*rank as usize] = 256 + len(*left) + len(*right);
        }
        let mut inputs = vec![
            packed(prompt),
            packed(&classes),
            (0..256).collect(),
            self.merges.concat(),
            results,
        ];
        for texts in [&self.specials, &self.whole] {
            let [bytes, offsets] = joined(texts);
            inputs.extend([bytes, offsets, (0..texts.len() as u32).collect()]);
        }
        inputs
    }

    /// Instructions of the costliest of some prompts, and the formula.
    fn worst(&self, units: &[&str]) -> (u64, u64) {
        let (mut worst, mut most) = (0, 0);
        for (unit, pattern) in units
            .iter()
            .flat_map(|unit| PATTERNS.map(|pattern| (unit, pattern)))
        {
            let prompt: Vec<u8> = unit.bytes().cycle().take(CAPACITY).collect();
            let inputs = self.inputs(&prompt);
            let p = self.parameters(pattern);
            for op in [Op::BpeIds(p), Op::BpeCount(p)] {
                worst = worst.max(measure(op, &control(), &inputs));
                most = cost(&node(op, &inputs));
            }
        }
        (worst, most)
    }
}

fn check(tables: &Tables, units: &[&str], slack: u64) {
    let (worst, most) = tables.worst(units);
    assert!(
        most < slack * worst,
        "{worst} instructions at worst, formula {most}"
    );
}

#[test]
fn no_merging_costs_more_than_the_formula_says() {
    let ranks: [fn(u32, u32) -> u32; 2] = [|order, _| order, |order, count| count - 1 - order];
    for rank in ranks {
        for longest in [2, 8, 40] {
            check(&Tables::runs(b'a', longest, rank), &["a", "aaaaaaab"], 16);
        }
        let signs = Tables::runs(b'-', 20, rank);
        check(&signs, &["-"], 16);
    }
}

#[test]
fn no_splitting_costs_more_than_the_formula_says() {
    let units = [
        "a ", " a", " ", "\n", " \n", " \n\ta", "\t", "\t1", "1", "'s", "'ll'", "'", "é", "😀",
        "€ ", "-\n", "\u{2003}", "a1-",
    ];
    check(&Tables::default(), &units, 32);
    let text = |text: &str| text.as_bytes().to_vec();
    let whole = Tables {
        whole: (1..80).map(|len| text(&"a".repeat(len))).collect(),
        ..Tables::default()
    };
    check(&whole, &["a", "a ", "aaaaaaaaaaaaaaaa ", "b"], 32);
}

#[test]
fn no_search_for_special_tokens_costs_more_than_the_formula_says() {
    for unit in ["a", "<|reserved_special_token_"] {
        for count in [1, 40] {
            let name = |number: usize| [unit.as_bytes(), &b"a".repeat(number)].concat();
            let mut specials: Vec<Vec<u8>> = (1..=count)
                .map(name)
                .map(|text| [&text[..], b"|>"].concat())
                .collect();
            specials.sort();
            let tables = Tables {
                specials,
                ..Tables::default()
            };
            check(
                &tables,
                &[unit, "a", "<|", "<|reserved_special_token_aaa|>"],
                64,
            );
        }
    }
}
