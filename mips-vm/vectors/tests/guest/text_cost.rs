//! Measured costs of the text operators, on prompts and vocabularies that make much work.

use crate::tile::{Setting, TILE_WORDS};
use gavel_kernels::cost;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::{Detokenize, FLAG_SPACE_PREFIX, Tokenizer};
use gavel_program::{Control, Node, Op, Operand};

const CAPACITY: usize = 256;

/// Texts by id; every text is a token of score `score(its length)`.
struct Vocabulary {
    texts: Vec<Vec<u8>>,
    score: fn(usize) -> f32,
}

impl Vocabulary {
    /// Bytes that make symbols of their own, and all runs of `unit` up to `longest` times.
    fn runs(unit: &[u8], longest: usize, score: fn(usize) -> f32) -> Self {
        let runs = (1..=longest).map(|count| unit.repeat(count));
        Vocabulary {
            texts: runs.collect(),
            score,
        }
    }

    fn tokenizer(&self) -> Tokenizer {
        Tokenizer {
            vocab: self.texts.len() as u32,
            sorted_len: self.texts.len() as u32,
            prompt_capacity: CAPACITY as u32,
            tokens_capacity: 64,
            bos: 0,
            eos: 0,
            unk: 0,
            flags: FLAG_SPACE_PREFIX,
            max_text: self.texts.iter().map(Vec::len).max().unwrap_or(0) as u32,
            specials: 0,
            longest_special: 0,
        }
    }

    fn inputs(&self, prompt: &[u8]) -> Vec<Vec<u32>> {
        let [texts, offsets] = joined(&self.texts);
        let mut sorted: Vec<u32> = (0..self.texts.len() as u32).collect();
        sorted.sort_by_key(|id| &self.texts[*id as usize]);
        let scores = self
            .texts
            .iter()
            .map(|text| (self.score)(text.len()).to_bits());
        vec![
            packed(prompt),
            texts,
            offsets,
            scores.collect(),
            sorted,
            vec![0; 256],
            vec![],
            vec![0],
            vec![],
        ]
    }
}

/// Texts one after the other, and where each begins and the last ends.
pub(crate) fn joined(texts: &[Vec<u8>]) -> [Vec<u32>; 2] {
    let mut offsets = vec![0];
    for text in texts {
        offsets.push(offsets[offsets.len() - 1] + text.len() as u32);
    }
    [packed(&texts.concat()), offsets]
}

/// Bytes as words, padded with zeros.
pub(crate) fn packed(bytes: &[u8]) -> Vec<u32> {
    let words = bytes.chunks(4).map(|chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        u32::from_le_bytes(word)
    });
    words.collect()
}

/// A node that reads these inputs.
pub(crate) fn node(op: Op, inputs: &[Vec<u32>]) -> Node {
    let slots: Vec<Operand> = (0..inputs.len() as u32).map(Operand::Slot).collect();
    Node::new(op, 31, &slots, 99)
}

/// Instructions of one tile, checked against the formula.
pub(crate) fn measure(op: Op, control: &Control, inputs: &[Vec<u32>]) -> u64 {
    let node = node(op, inputs);
    let setting = Setting::new(&node.encode(), &control.encode(), inputs);
    let (_, steps) = setting.run(0, &[0; TILE_WORDS]);
    let most = cost(&node);
    assert!(
        steps <= most,
        "{op:?}: {steps} instructions, at most {most}"
    );
    steps
}

/// The control slot of a prompt that fills its slot.
pub(crate) fn control() -> Control {
    Control {
        prompt_len: CAPACITY as u32,
        ..Control::decode(&[0; CONTROL_WORDS])
    }
}

#[test]
fn no_tokenization_costs_more_than_the_formula_says() {
    let scores: [fn(usize) -> f32; 3] = [|_| 0.0, |len| len as f32, |len| -(len as f32)];
    let units: [&[u8]; 5] = [b"a", "▁".as_bytes(), b"\x96", b"\xC2\xE2\x96\x81", b"ab"];
    let prompts: [&[u8]; 5] = [b"a", b" ", b"\xC2 ", b"\xE0 ", b"ab"];
    let mut worst = 0;
    let mut most = 0;
    for score in scores {
        for (unit, longest) in units.iter().flat_map(|unit| [(unit, 2), (unit, 40)]) {
            let vocabulary = Vocabulary::runs(unit, longest, score);
            for prompt in prompts {
                let prompt: Vec<u8> = prompt.iter().copied().cycle().take(CAPACITY).collect();
                let inputs = vocabulary.inputs(&prompt);
                for op in [
                    Op::TokenizeIds(vocabulary.tokenizer()),
                    Op::TokenizeCount(vocabulary.tokenizer()),
                ] {
                    worst = worst.max(measure(op, &control(), &inputs));
                    most = most.max(cost(&node(op, &inputs)));
                }
            }
        }
    }
    assert!(
        most < 64 * worst,
        "{worst} instructions at worst, formula {most}"
    );
}

#[test]
fn no_printing_costs_more_than_the_formula_says() {
    for (texts, tokens) in [
        ("", 500u32),
        ("x", 500),
        ("four", 64),
        ("a text of 256 bytes", 3),
    ] {
        let text = packed(texts.repeat(256 / texts.len().max(1)).as_bytes());
        let inputs = vec![vec![0; 500], text, vec![0, texts.len() as u32]];
        let control = Control {
            tokens_out: tokens,
            ..control()
        };
        let p = Detokenize {
            vocab: 1,
            tokens_capacity: 500,
            output_capacity: 256,
        };
        let steps = measure(Op::Detokenize(p), &control, &inputs);
        assert!(cost(&node(Op::Detokenize(p), &inputs)) < 64 * steps);
        measure(Op::DetokenizeLen(p), &control, &inputs);
    }
}
