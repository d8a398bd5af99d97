//! Vocabularies as the operators read them, and a way to run the operators.

use gavel_kernels::{run_range, shape};
use gavel_program::boot::SCRATCH_WORDS;
use gavel_program::control::CONTROL_WORDS;
use gavel_program::op::Tokenizer;
use gavel_program::{Control, Node, Op, Operand};
use std::collections::BTreeMap;

/// Tokens by id: text and score. Texts are distinct.
#[derive(Clone, Debug)]
pub(crate) struct Vocabulary {
    pub(crate) tokens: Vec<(Vec<u8>, f32)>,
    /// The token of each byte.
    pub(crate) bytes: Vec<Option<u32>>,
    /// Special tokens by their text.
    pub(crate) specials: BTreeMap<Vec<u8>, u32>,
}

impl Vocabulary {
    /// A vocabulary without byte tokens.
    pub(crate) fn new(tokens: &[(&str, f32)]) -> Self {
        Vocabulary {
            tokens: tokens
                .iter()
                .map(|(text, score)| (text.as_bytes().to_vec(), *score))
                .collect(),
            bytes: vec![None; 256],
            specials: BTreeMap::new(),
        }
    }

    /// Inputs of a tokenizer's node; `prompt` is padded to `capacity`.
    pub(crate) fn inputs(&self, prompt: &[u8], capacity: usize) -> Vec<Vec<u32>> {
        let mut padded = prompt.to_vec();
        padded.resize(capacity, 0);
        let mut sorted: Vec<u32> = (0..self.tokens.len() as u32).collect();
        sorted.sort_by_key(|id| &self.tokens[*id as usize].0);
        vec![
            words(&padded),
            words(&self.texts()),
            self.offsets(),
            self.tokens
                .iter()
                .map(|(_, score)| score.to_bits())
                .collect(),
            sorted,
            self.bytes.iter().map(|id| id.unwrap_or(u32::MAX)).collect(),
            words(&self.special_texts().concat()),
            offsets(&self.special_texts()),
            self.specials.values().copied().collect(),
        ]
    }

    /// Texts of special tokens, in order.
    fn special_texts(&self) -> Vec<Vec<u8>> {
        self.specials.keys().cloned().collect()
    }

    /// All texts, one after the other.
    pub(crate) fn texts(&self) -> Vec<u8> {
        self.tokens
            .iter()
            .flat_map(|(text, _)| text.clone())
            .collect()
    }

    /// Where each text starts, and the end of the last.
    pub(crate) fn offsets(&self) -> Vec<u32> {
        let texts: Vec<Vec<u8>> = self.tokens.iter().map(|(text, _)| text.clone()).collect();
        offsets(&texts)
    }

    /// Parameters of a tokenizer without BOS, end token or prefix; token 0 is the unknown one.
    pub(crate) fn parameters(&self, prompt_capacity: usize, tokens_capacity: usize) -> Tokenizer {
        Tokenizer {
            vocab: self.tokens.len() as u32,
            sorted_len: self.tokens.len() as u32,
            prompt_capacity: prompt_capacity as u32,
            tokens_capacity: tokens_capacity as u32,
            bos: 1,
            eos: 2,
            unk: 0,
            flags: 0,
            max_text: self
                .tokens
                .iter()
                .map(|(text, _)| text.len())
                .max()
                .unwrap_or(0) as u32,
            specials: self.specials.len() as u32,
            longest_special: self.specials.keys().map(Vec::len).max().unwrap_or(0) as u32,
        }
    }
}

/// Where each text starts, and the end of the last.
pub(crate) fn offsets(texts: &[Vec<u8>]) -> Vec<u32> {
    let mut offsets = vec![0];
    for text in texts {
        offsets.push(offsets[offsets.len() - 1] + text.len() as u32);
    }
    offsets
}

/// Bytes as words, padded with zeros.
pub(crate) fn words(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks(4)
        .map(|chunk| {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            u32::from_le_bytes(word)
        })
        .collect()
}

/// A control slot of zeros.
pub(crate) fn control() -> Control {
    Control::decode(&[0; CONTROL_WORDS])
}

/// The whole output of an operator, on a slot that was full of ones, with dirty scratch.
pub(crate) fn run(op: Op, control: &Control, inputs: &[Vec<u32>]) -> Vec<u32> {
    let shape = shape::output(&op);
    let len = shape.dtype.bytes(shape.len as usize).div_ceil(4);
    run_part(op, control, inputs, 0..shape.len as usize, len)
}

/// A range of the output of an operator, in `words` words.
pub(crate) fn run_part(
    op: Op,
    control: &Control,
    inputs: &[Vec<u32>],
    range: std::ops::Range<usize>,
    words: usize,
) -> Vec<u32> {
    let operands: Vec<Operand> = (0..inputs.len()).map(|i| Operand::Slot(i as u32)).collect();
    let node = Node::new(op, u32::MAX, &operands, 0);
    assert!(gavel_kernels::in_domain(&node), "{op:?}");
    let inputs: Vec<&[u32]> = inputs.iter().map(Vec::as_slice).collect();
    let mut out = vec![u32::MAX; words];
    let mut scratch = vec![0xdead_beef; SCRATCH_WORDS];
    run_range(&node, control, &inputs, range, &mut out, &mut scratch);
    out
}
