//! The nodes that turn bytes into tokens and back, with their tables.

use crate::assemble::Assembly;
use crate::file::words_of;
use crate::vocab::{ByteLevel, Lexicon, Model, SentencePiece, Texts, Vocab, WordPiece};
use gavel_program::op::{Bpe, Detokenize, FindStop, Tokenizer, WordPiece as WordPieceOp};
use gavel_program::{DType, Op, Operand, Phase};
use std::sync::Arc;

/// Operators and operands of the text nodes.
pub(crate) struct TextNodes {
    /// The operators that write ids and their number.
    tokenizers: [Op; 2],
    tokenizer_inputs: Vec<Operand>,
    detokenizer: Detokenize,
    stop: FindStop,
    detokenizer_inputs: Vec<Operand>,
    tokens: u32,
    output: u32,
    count: u32,
}

/// The slots' sizes that the text operators know.
#[derive(Clone, Copy, Debug)]
pub struct Capacities {
    /// Bytes of the prompt slot.
    pub prompt: u32,
    /// Elements of the tokens slot.
    pub tokens: u32,
}

impl TextNodes {
    /// Adds the tables of a vocabulary to the weights. The capacities are those of prompt, tokens and output.
    pub(crate) fn new(
        assembly: &mut Assembly,
        vocab: &Vocab,
        [prompt, tokens, output, count]: [u32; 4],
        [prompt_capacity, tokens_capacity, output_capacity]: [u32; 3],
    ) -> Self {
        let capacities = Capacities {
            prompt: prompt_capacity,
            tokens: tokens_capacity,
        };
        let mut tokenizer_inputs = vec![Operand::Slot(prompt)];
        let tables = vocab.tables().into_iter();
        tokenizer_inputs.extend(
            tables.map(|table| assembly.weight(table.name, table.dtype, Arc::new(table.words))),
        );
        let printed = text_tables("printed", &vocab.printed).into_iter();
        let mut detokenizer_inputs = vec![Operand::Slot(tokens)];
        detokenizer_inputs.extend(
            printed.map(|table| assembly.weight(table.name, table.dtype, Arc::new(table.words))),
        );
        TextNodes {
            tokenizers: vocab.tokenizers(capacities),
            tokenizer_inputs,
            detokenizer: Detokenize {
                vocab: vocab.len() as u32,
                tokens_capacity,
                output_capacity,
            },
            stop: FindStop {
                vocab: vocab.len() as u32,
                tokens_capacity,
                longest: vocab.printed.longest(),
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
        for (op, output) in self.tokenizers.into_iter().zip([self.tokens, self.count]) {
            assembly.node(op, phase, &self.tokenizer_inputs, output);
        }
    }

    /// Adds the node that finds stop texts, after the sampler.
    pub(crate) fn find_stop(&self, assembly: &mut Assembly) {
        let inputs = &self.detokenizer_inputs;
        let phase = Phase::Generate.bit();
        assembly.node(Op::FindStop(self.stop), phase, inputs, self.count);
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

/// A weight of the text nodes.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name in the program.
    pub name: String,
    /// Element type.
    pub dtype: DType,
    /// The elements.
    pub words: Vec<u32>,
}

impl Table {
    fn new(name: &str, dtype: DType, words: Vec<u32>) -> Self {
        Table {
            name: format!("tokenizer.{name}"),
            dtype,
            words,
        }
    }

    fn ids(name: &str, ids: &[i32]) -> Self {
        Table::new(name, DType::I32, ids.iter().map(|id| *id as u32).collect())
    }
}

impl Vocab {
    /// The operators that write a prompt's ids and their number.
    pub fn tokenizers(&self, capacities: Capacities) -> [Op; 2] {
        match &self.model {
            Model::SentencePiece(model) => {
                let p = sentence_piece(self, model, capacities);
                [Op::TokenizeIds(p), Op::TokenizeCount(p)]
            }
            Model::ByteLevel(model) => {
                let p = byte_level(self, model, capacities);
                [Op::BpeIds(p), Op::BpeCount(p)]
            }
        }
    }

    /// Inputs of these operators after the prompt.
    pub fn tables(&self) -> Vec<Table> {
        let specials = lexicon_tables("specials", &self.specials);
        match &self.model {
            Model::SentencePiece(model) => {
                let mut tables = text_tables("texts", &self.texts).to_vec();
                let scores = model.scores.iter().map(|score| score.to_bits()).collect();
                tables.push(Table::new("scores", DType::F32, scores));
                tables.push(Table::ids("sorted", &model.sorted));
                tables.push(Table::ids("byte_tokens", &model.byte_tokens));
                tables.extend(specials);
                tables
            }
            Model::ByteLevel(model) => {
                let mut tables = vec![
                    Table::new("classes", DType::U8, words_of(&model.classes.bytes)),
                    Table::ids("byte_tokens", &model.byte_tokens),
                    Table::new("merges", DType::I32, model.merges.concat()),
                    Table::new("results", DType::I32, model.results.clone()),
                ];
                tables.extend(specials);
                tables.extend(lexicon_tables("whole", &model.whole));
                tables
            }
        }
    }
}

fn sentence_piece(vocab: &Vocab, model: &SentencePiece, capacities: Capacities) -> Tokenizer {
    Tokenizer {
        vocab: vocab.len() as u32,
        sorted_len: model.sorted.len() as u32,
        prompt_capacity: capacities.prompt,
        tokens_capacity: capacities.tokens,
        bos: vocab.bos,
        eos: vocab.ends[0],
        unk: model.unk,
        flags: vocab.flags,
        max_text: vocab.texts.longest(),
        specials: vocab.specials.ids.len() as u32,
        longest_special: vocab.specials.texts.longest(),
    }
}

fn byte_level(vocab: &Vocab, model: &ByteLevel, capacities: Capacities) -> Bpe {
    Bpe {
        pretokenizer: model.pretokenizer,
        code_points: model.classes.code_points,
        merges: model.results.len() as u32,
        specials: vocab.specials.ids.len() as u32,
        longest_special: vocab.specials.texts.longest(),
        whole: model.whole.ids.len() as u32,
        longest_whole: model.whole.texts.longest(),
        prompt_capacity: capacities.prompt,
        tokens_capacity: capacities.tokens,
        bos: vocab.bos,
        eos: vocab.ends[0],
        flags: vocab.flags,
    }
}

impl WordPiece {
    /// The operators that write a prompt's ids and their number, at most `limit`.
    pub fn tokenizers(&self, capacities: Capacities, limit: u32) -> [Op; 2] {
        let len = |lexicon: &Lexicon| lexicon.ids.len() as u32;
        let p = WordPieceOp {
            code_points: self.normal.code_points,
            mappings: self.normal.mappings.len() as u32,
            specials: len(&self.specials),
            longest_special: self.specials.texts.longest(),
            words: len(&self.words),
            longest_word: self.words.texts.longest(),
            continuations: len(&self.continuations),
            longest_continuation: self.continuations.texts.longest(),
            most_characters: self.most_characters,
            limit,
            prompt_capacity: capacities.prompt,
            tokens_capacity: capacities.tokens,
            first: self.first,
            last: self.last,
            unk: self.unk,
        };
        [Op::WordPieceIds(p), Op::WordPieceCount(p)]
    }

    /// Inputs of these operators after the prompt.
    pub fn tables(&self) -> Vec<Table> {
        let normal = &self.normal;
        let mut tables = vec![
            Table::new("classes", DType::U8, words_of(&normal.classes)),
            Table::new("mappings", DType::I32, normal.mappings.concat()),
        ];
        tables.extend(lexicon_tables("specials", &self.specials));
        tables.extend(lexicon_tables("words", &self.words));
        tables.extend(lexicon_tables("continuations", &self.continuations));
        tables
    }
}

/// Texts and their offsets.
fn text_tables(name: &str, texts: &Texts) -> [Table; 2] {
    [
        Table::new(name, DType::U8, words_of(&texts.bytes)),
        Table::ids(&format!("{name}.offsets"), &texts.offsets),
    ]
}

/// The three tables of a lexicon.
fn lexicon_tables(name: &str, lexicon: &Lexicon) -> [Table; 3] {
    let [texts, offsets] = text_tables(name, &lexicon.texts);
    [
        texts,
        offsets,
        Table::ids(&format!("{name}.ids"), &lexicon.ids),
    ]
}
