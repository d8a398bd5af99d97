//! The nodes that turn bytes into tokens and back, with their tables.

use crate::assemble::Assembly;
use crate::file::words_of;
use crate::vocab::{Texts, Vocab};
use gavel_program::op::{Detokenize, Tokenizer};
use gavel_program::{DType, Op, Operand, Phase};
use std::sync::Arc;

/// Operators and operands of the text nodes.
pub(crate) struct TextNodes {
    tokenizer: Tokenizer,
    tokenizer_inputs: Vec<Operand>,
    detokenizer: Detokenize,
    detokenizer_inputs: Vec<Operand>,
    tokens: u32,
    output: u32,
    count: u32,
}

impl TextNodes {
    /// Adds the tables of a vocabulary to the weights. The capacities are those of prompt, tokens and output.
    pub(crate) fn new(
        assembly: &mut Assembly,
        vocab: &Vocab,
        [prompt, tokens, output, count]: [u32; 4],
        [prompt_capacity, tokens_capacity, output_capacity]: [u32; 3],
    ) -> Self {
        let mut tokenizer_inputs = vec![Operand::Slot(prompt)];
        tokenizer_inputs.extend(add_texts(assembly, "tokenizer.texts", &vocab.texts));
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect();
        let ids = |values: &[i32]| values.iter().map(|value| *value as u32).collect();
        let mut table = |name: &str, dtype, words: Vec<u32>| {
            tokenizer_inputs.push(assembly.weight(name.into(), dtype, Arc::new(words)));
        };
        table("tokenizer.scores", DType::F32, bits(&vocab.scores));
        table("tokenizer.sorted", DType::I32, ids(&vocab.sorted));
        table("tokenizer.byte_tokens", DType::I32, ids(&vocab.byte_tokens));
        let mut detokenizer_inputs = vec![Operand::Slot(tokens)];
        detokenizer_inputs.extend(add_texts(assembly, "tokenizer.printed", &vocab.printed));
        TextNodes {
            tokenizer: Tokenizer {
                vocab: vocab.len() as u32,
                sorted_len: vocab.sorted.len() as u32,
                prompt_capacity,
                tokens_capacity,
                bos: vocab.bos,
                eos: vocab.ends[0],
                unk: vocab.unk,
                flags: vocab.flags,
                max_text: vocab.longest_text(),
            },
            tokenizer_inputs,
            detokenizer: Detokenize {
                vocab: vocab.len() as u32,
                tokens_capacity,
                output_capacity,
            },
            detokenizer_inputs,
            tokens,
            output,
            count,
        }
    }

    /// Adds the first nodes of the graph.
    pub(crate) fn tokenize(&self, assembly: &mut Assembly) {
        let phase = Phase::Tokenize.bit();
        let inputs = &self.tokenizer_inputs;
        assembly.node(Op::TokenizeIds(self.tokenizer), phase, inputs, self.tokens);
        assembly.node(Op::TokenizeCount(self.tokenizer), phase, inputs, self.count);
    }

    /// Adds the nodes of the last step.
    pub(crate) fn detokenize(&self, assembly: &mut Assembly) {
        let phase = Phase::Detokenize.bit();
        let inputs = &self.detokenizer_inputs;
        assembly.node(Op::Detokenize(self.detokenizer), phase, inputs, self.output);
        assembly.node(
            Op::DetokenizeLen(self.detokenizer),
            phase,
            inputs,
            self.count,
        );
    }
}

/// Adds texts and their offsets.
fn add_texts(assembly: &mut Assembly, name: &str, texts: &Texts) -> [Operand; 2] {
    let offsets: Vec<u32> = texts.offsets.iter().map(|offset| *offset as u32).collect();
    [
        assembly.weight(name.into(), DType::U8, Arc::new(words_of(&texts.bytes))),
        assembly.weight(format!("{name}.offsets"), DType::I32, Arc::new(offsets)),
    ]
}
